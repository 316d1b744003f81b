//! A borrowed tree over JSON text: what validation, markings and canonical JSON walk.
//!
//! `serde_json` says whether a text is JSON. The tree is built by hand afterwards because it keeps what a
//! `serde_json::Value` loses: the spelling of numbers, the order of members, and members that occur twice.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// How deep arrays and objects may be nested.
pub(crate) const DEPTH_MAX: usize = 128;
/// From how many members on an object is searched by bisection.
const INDEXED_FROM: usize = 24;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'a> {
    Null,
    Bool(bool),
    /// The number as it is written.
    Number(&'a str),
    String(Cow<'a, str>),
    Array(Vec<Self>),
    Object(Object<'a>),
}

/// The members of an object in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object<'a> {
    members: Vec<(Cow<'a, str>, Node<'a>)>,
    /// The places of the members in the order of their names, for objects large enough to be worth it.
    index: Vec<u32>,
}

/// Why there is no tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// Said by `serde_json`.
    Syntax(String),
    TooDeep,
    LoneSurrogate,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Syntax(reason) => f.write_str(reason),
            Self::TooDeep => write!(f, "arrays and objects are nested deeper than {DEPTH_MAX}"),
            Self::LoneSurrogate => f.write_str("a `\\u` escape is half of a surrogate pair"),
        }
    }
}

impl<'a> Node<'a> {
    /// Reads one JSON value that fills the text.
    pub(crate) fn parse(text: &'a str) -> Result<Self, JsonError> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|e| JsonError::Syntax(e.to_string()))?;
        Self::parse_checked(text)
    }

    /// Reads a text that is known to be JSON.
    pub(crate) fn parse_checked(text: &'a str) -> Result<Self, JsonError> {
        Walk { text, position: 0 }.value(0)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The number, to the nearest representable one.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What the value is called in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn new(members: Vec<(Cow<'a, str>, Node<'a>)>) -> Self {
        let mut index = Vec::new();
        if let (INDEXED_FROM.., Ok(count)) = (members.len(), u32::try_from(members.len())) {
            let name = |place: u32| members.get(place as usize).map(|(name, _)| name.as_ref());
            index.extend(0..count);
            index.sort_by(|a, b| name(*a).cmp(&name(*b)));
        }
        Self { members, index }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Node<'a>)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The value of the member of this name; of one of them where the name occurs twice.
    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        if self.index.is_empty() {
            return self.members.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        }
        let key = |place: &u32| self.members.get(*place as usize).map(|(key, _)| key.as_ref());
        let found = self.index.binary_search_by(|place| key(place).cmp(&Some(name))).ok()?;
        self.members.get(*self.index.get(found)? as usize).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn string(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }
}

/// A place in a text that is known to be JSON, so that nothing but depth and escapes need be checked.
struct Walk<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Walk<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Node::String(self.string()?)),
            _ => {
                let start = self.position;
                let rest = self.text.as_bytes().get(start..).unwrap_or_default();
                let ends = |b: &u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
                // Never less than a byte, so that the walk ends whatever the text is.
                self.position += rest.iter().position(ends).unwrap_or(rest.len()).max(1);
                Ok(match self.text.get(start..self.position).unwrap_or_default() {
                    "null" => Node::Null,
                    "true" => Node::Bool(true),
                    "false" => Node::Bool(false),
                    number => Node::Number(number),
                })
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        let mut members = Vec::new();
        self.open(depth)?;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    let name = self.string()?;
                    self.skip(b':');
                    members.push((name, self.value(depth + 1)?));
                }
                b'}' => {
                    self.position += 1;
                    break;
                }
                _ => self.position += 1,
            }
        }
        Ok(Node::Object(Object::new(members)))
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        let mut items = Vec::new();
        self.open(depth)?;
        while let Some(byte) = self.peek() {
            match byte {
                b']' => {
                    self.position += 1;
                    break;
                }
                b',' => self.position += 1,
                _ => items.push(self.value(depth + 1)?),
            }
        }
        Ok(Node::Array(items))
    }

    fn open(&mut self, depth: usize) -> Result<(), JsonError> {
        self.position += 1;
        if depth < DEPTH_MAX { Ok(()) } else { Err(JsonError::TooDeep) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.position += 1;
        let rest = self.text.get(self.position..).unwrap_or_default();
        let bytes = rest.as_bytes();
        let Some(first) = memchr::memchr2(b'"', b'\\', bytes) else {
            self.position = self.text.len();
            return Ok(Cow::Borrowed(rest));
        };
        if bytes.get(first) == Some(&b'"') {
            self.position += first + 1;
            return Ok(Cow::Borrowed(rest.get(..first).unwrap_or_default()));
        }
        let mut length = first;
        let mut out = String::with_capacity(first + 16);
        out.push_str(rest.get(..first).unwrap_or_default());
        loop {
            match bytes.get(length) {
                Some(b'\\') => length += escape(rest.get(length..).unwrap_or_default(), &mut out)?,
                Some(b'"') | None => break,
                Some(_) => {
                    let plain = bytes.get(length..).unwrap_or_default();
                    let end = memchr::memchr2(b'"', b'\\', plain).unwrap_or(plain.len());
                    out.push_str(rest.get(length..length + end).unwrap_or_default());
                    length += end;
                }
            }
        }
        self.position += length + 1;
        Ok(Cow::Owned(out))
    }

    fn skip(&mut self, byte: u8) {
        if self.peek() == Some(byte) {
            self.position += 1;
        }
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.position) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.position += 1,
                other => return other.copied(),
            }
        }
    }
}

/// Reads the escape that `rest` begins with, and gives its length.
fn escape(rest: &str, out: &mut String) -> Result<usize, JsonError> {
    let plain = match rest.as_bytes().get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(rest, out),
        Some(other) => char::from(*other),
        None => return Ok(1),
    };
    out.push(plain);
    Ok(2)
}

fn unicode_escape(rest: &str, out: &mut String) -> Result<usize, JsonError> {
    let unit = |start: usize| {
        let digits = rest.get(start..start + 4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(2).ok_or(JsonError::LoneSurrogate)?;
    if let Some(plain) = char::from_u32(first) {
        out.push(plain);
        return Ok(6);
    }
    let second = match rest.get(6..8) {
        Some("\\u") => unit(8).filter(|unit| (0xdc00..0xe000).contains(unit)),
        _ => None,
    };
    let (0xd800..0xdc00, Some(second)) = (first, second) else {
        return Err(JsonError::LoneSurrogate);
    };
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    out.push(char::from_u32(code).ok_or(JsonError::LoneSurrogate)?);
    Ok(12)
}

/// Appends a string as JSON, escaping no more than JSON asks for (RFC 8785, section 3.2.2.2).
pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut start = 0;
    for (place, byte) in text.bytes().enumerate() {
        let short = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x09 => "\\t",
            0x0a => "\\n",
            0x0c => "\\f",
            0x0d => "\\r",
            0x00..0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(start..place).unwrap_or_default());
        start = place + 1;
        if short.is_empty() {
            out.push_str("\\u00");
            out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        } else {
            out.push_str(short);
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn to_value(node: &Node<'_>) -> Value {
        match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(text) => serde_json::from_str(text).unwrap(),
            Node::String(text) => Value::String(text.to_string()),
            Node::Array(items) => Value::Array(items.iter().map(to_value).collect()),
            Node::Object(object) => {
                Value::Object(object.iter().map(|(k, v)| (k.to_owned(), to_value(v))).collect())
            }
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(5, 60, 40, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                proptest::collection::btree_map(any::<String>(), inner, 0..40)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        // Catches a tree that differs from what `serde_json` reads, in either layout.
        #[test]
        fn agrees_with_serde_json(value in any_json()) {
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                let read: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(to_value(&Node::parse(&text).unwrap()), read);
            }
        }

        // Catches an escape that is not read back as it was written.
        #[test]
        fn strings_survive(text: String) {
            let mut out = String::new();
            write_string(&text, &mut out);
            prop_assert_eq!(Node::parse(&out).unwrap(), Node::String(text.into()));
        }

        // Catches an input that panics.
        #[test]
        fn never_panics(text in "[\\[\\]{}\",:\\\\u0-9dD8cC a-f.+-]{0,60}") {
            let _ = Node::parse(&text);
            let _ = Node::parse_checked(&text);
        }
    }

    // Catches recursion without a bound, and pairs of surrogates that are torn apart.
    #[test]
    fn limits_and_surrogates() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Node::parse_checked(&deep), Err(JsonError::TooDeep));
        assert_eq!(Node::parse(r#""\ud83d\ude00""#).unwrap().as_str(), Some("\u{1f600}"));
        for lone in [r#""\ud83d""#, r#""\ude00""#, r#""\ud83d\u0041""#] {
            assert_eq!(Node::parse_checked(lone), Err(JsonError::LoneSurrogate), "{lone}");
        }
    }
}

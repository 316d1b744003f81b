//! Checking single values against what the table says they must be.

use super::{Run, Segment, excerpt};
use crate::{
    HashAlgorithm,
    json::{Node, Object},
    spec_version::SpecVersion,
    validate::{
        Code,
        format::{self, Problem},
        rules,
        shape::{Dictionary, INTEGER_MAX, Shape, Targets, Value},
        time::{self, Instant},
        vocabulary,
    },
};

impl<'n> Run<'_, 'n> {
    /// Checks one value against what it must be.
    pub(in crate::validate) fn value(&mut self, node: &'n Node<'n>, expected: &'static Value) {
        if let Node::Null = node {
            self.find(Code::NullValue, format_args!("the value is null"));
            return;
        }
        match (expected, node) {
            (Value::Any, _) | (Value::Bool, Node::Bool(_)) | (Value::Text, Node::String(_)) => {}
            (Value::Integer(min, max), Node::Number(text)) => self.integer(text, *min, *max),
            (Value::Number(min, max), Node::Number(_)) => self.number(node, *min, *max),
            (Value::Formatted(format), Node::String(text)) => self.formatted(*format, text),
            (Value::Timestamp, Node::String(text)) => {
                self.timestamp(text);
            }
            (Value::VersionTime, Node::String(text)) => self.version_time(text),
            (Value::WholeSeconds, Node::String(text)) => {
                if self.timestamp(text).is_some_and(|instant| instant.digits > 0) {
                    self.find(
                        Code::TimestampPrecision,
                        format_args!("`{text}` is more precise than a second"),
                    );
                }
            }
            (Value::Identifier, _) => self.identifier(node, None),
            (Value::Reference(targets), Node::String(text)) => self.reference(text, *targets),
            (Value::Enumeration(words), Node::String(text)) => self.enumeration(text, words),
            (Value::Vocabulary(words), Node::String(text)) => self.vocabulary(text, words),
            (Value::List(item), Node::Array(items)) => self.list(items, item),
            (Value::Hashes, Node::Object(hashes)) => self.hashes(hashes),
            (Value::Dictionary(kind), Node::Object(entries)) => self.dictionary(entries, *kind),
            (Value::Object(shape), Node::Object(object)) => {
                self.under(shape.section, |run| run.nested(object, shape));
            }
            (Value::Extensions(predefined), Node::Object(extensions)) => {
                self.extensions(extensions, predefined);
            }
            _ => {
                let wanted = name_of(expected);
                self.find(
                    Code::WrongType,
                    format_args!("expected {wanted}, found {}", node.kind()),
                );
            }
        }
    }

    fn integer(&mut self, text: &str, min: i64, max: i64) {
        // `1.0` and `1e3` are whole numbers too.
        let whole = text.parse::<i64>().ok().or_else(|| {
            let value = text.parse::<f64>().ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
            (value.fract() == 0.0 && value.abs() < 9.1e15).then_some(value as i64)
        });
        match whole {
            Some(value) if (min..=max).contains(&value) => {}
            Some(_) if min == -INTEGER_MAX => {
                self.find(Code::NumberRange, format_args!("`{text}` is no integer of 54 bits"));
            }
            Some(_) if max == INTEGER_MAX => {
                self.find(Code::NumberRange, format_args!("`{text}` is below {min} or too large"));
            }
            Some(_) => {
                self.find(Code::NumberRange, format_args!("`{text}` is not {min} to {max}"));
            }
            None => {
                let whole_but_huge = text.parse::<f64>().is_ok_and(|value| value.fract() == 0.0);
                let code = if whole_but_huge { Code::NumberRange } else { Code::WrongType };
                self.find(code, format_args!("`{text}` is no integer of 54 bits"));
            }
        }
    }

    fn number(&mut self, node: &Node<'_>, min: f64, max: f64) {
        if node.as_f64().is_none_or(|value| !(min..=max).contains(&value)) {
            self.find(Code::NumberRange, format_args!("the number is not {min} to {max}"));
        }
    }

    pub(in crate::validate) fn formatted(&mut self, format: format::Format, text: &str) {
        if let Err(Problem { code, reason }) = format.check(self.version, text) {
            let shown = excerpt(text);
            self.find(code, format_args!("`{shown}` {reason}"));
        }
    }

    fn timestamp(&mut self, text: &str) -> Option<Instant> {
        match time::parse(text) {
            Ok(instant) => Some(instant),
            Err(reason) => {
                let shown = excerpt(text);
                self.under("2.16", |run| {
                    run.find(Code::Timestamp, format_args!("`{shown}` is no timestamp: {reason}"));
                });
                None
            }
        }
    }

    fn version_time(&mut self, text: &str) {
        let Some(instant) = self.timestamp(text) else { return };
        let (fits, expected) = match self.version {
            SpecVersion::V20 => (instant.digits == 3, "exactly three fractional digits"),
            _ => (instant.digits >= 3, "three fractional digits or more"),
        };
        if !fits {
            self.find(
                Code::TimestampPrecision,
                format_args!("`{}` has not {expected}", excerpt(text)),
            );
        }
    }

    pub(super) fn identifier(&mut self, node: &Node<'_>, kind: Option<&str>) {
        let Some(text) = node.as_str() else {
            self.find(
                Code::WrongType,
                format_args!("expected an identifier, found {}", node.kind()),
            );
            return;
        };
        match format::identifier(self.version, text) {
            Err(reason) => {
                let shown = excerpt(text);
                self.under("2.9", |run| {
                    run.find(
                        Code::Identifier,
                        format_args!("`{shown}` is no identifier: {reason}"),
                    );
                });
            }
            Ok(found) => {
                if let Some(kind) = kind
                    && found.kind != kind
                {
                    self.under("2.9", |run| {
                        run.find(
                            Code::IdentifierType,
                            format_args!("`{text}` does not begin with the type `{kind}`"),
                        );
                    });
                }
            }
        }
    }

    fn reference(&mut self, text: &str, targets: Targets) {
        let kind = match self.container {
            Some(container) => match container.get(text) {
                Some(object) => object.as_object().and_then(|object| object.string("type")),
                None if self.version == SpecVersion::V20 || !text.contains("--") => {
                    let shown = excerpt(text);
                    self.under("2.13", |run| {
                        run.find(
                            Code::UnresolvedReference,
                            format_args!("`objects` has no object `{shown}`"),
                        );
                    });
                    return;
                }
                None => self.reference_kind(text),
            },
            None => self.reference_kind(text),
        };
        let Some(kind) = kind else { return };
        if !targets.allow(kind) {
            let allowed = targets.describe();
            self.find(
                Code::ReferenceType,
                format_args!("`{kind}` is referred to, expected {allowed}"),
            );
        }
    }

    /// The type that an identifier names; a malformed one is reported.
    fn reference_kind<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        match format::identifier(self.version, text) {
            Ok(found) => Some(found.kind),
            Err(reason) => {
                let shown = excerpt(text);
                self.under("2.9", |run| {
                    run.find(
                        Code::Identifier,
                        format_args!("`{shown}` is no identifier: {reason}"),
                    );
                });
                None
            }
        }
    }

    fn enumeration(&mut self, text: &str, words: &'static [&'static str]) {
        if !words.contains(&text) {
            let shown = excerpt(text);
            let code = if matches!(words, ["2.1" | "2.0"]) {
                Code::SpecVersion
            } else {
                Code::Enumeration
            };
            self.find(code, format_args!("`{shown}` is none of `{}`", words.join("`, `")));
        }
    }

    fn vocabulary(&mut self, text: &str, words: &'static [&'static str]) {
        if !words.contains(&text) {
            let shown = excerpt(text);
            self.under("2.14", |run| {
                run.find(
                    Code::OpenVocabulary,
                    format_args!("`{shown}` is not a word of the vocabulary"),
                );
            });
        }
    }

    fn list(&mut self, items: &'n [Node<'n>], item: &'static Value) {
        if items.is_empty() {
            self.under("2.12", |run| run.find(Code::EmptyList, format_args!("the list is empty")));
        }
        for (index, node) in items.iter().enumerate() {
            self.at(Segment::Index(index), |run| run.value(node, item));
        }
    }

    fn hashes(&mut self, hashes: &'n Object<'n>) {
        self.under("2.7", |run| {
            run.entries(hashes, |run, name, value| {
                if !matches!(name.len(), 3..=250) {
                    run.find(Code::DictionaryKey, format_args!("a name has 3 to 250 characters"));
                }
                let Some(text) = value.as_str() else {
                    run.find(
                        Code::WrongType,
                        format_args!("expected a string, found {}", value.kind()),
                    );
                    return;
                };
                let known = match run.version {
                    SpecVersion::V20 => vocabulary::HASH_ALGORITHM_20.contains(&name),
                    _ => HashAlgorithm::VOCABULARY.iter().any(|word| word.as_str() == name),
                };
                if !known {
                    run.find(
                        Code::HashAlgorithm,
                        format_args!("`{name}` is not a word of `hash-algorithm-ov`"),
                    );
                } else if HashAlgorithm::from_name(name)
                    .is_some_and(|algorithm| !algorithm.is_valid(text))
                {
                    let shown = excerpt(text);
                    run.find(Code::HashValue, format_args!("`{shown}` is no value of {name}"));
                }
            });
        });
    }

    /// Walks a dictionary: it has entries, and keys of the right characters (section 2.3).
    fn entries(
        &mut self,
        entries: &'n Object<'n>,
        mut work: impl FnMut(&mut Self, &'n str, &'n Node<'n>),
    ) {
        if entries.is_empty() && self.version != SpecVersion::V20 {
            self.under("2.3", |run| {
                run.find(Code::EmptyObject, format_args!("the dictionary is empty"));
            });
        }
        for (name, value) in entries.iter() {
            self.path.push(Segment::Name(name));
            let length = match self.version {
                SpecVersion::V20 => 3..=256,
                _ => 1..=250,
            };
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
            if !plain || !length.contains(&name.len()) {
                self.under("2.3", |run| {
                    run.find(
                        Code::DictionaryKey,
                        format_args!("a key is made of `a-z`, `A-Z`, `0-9`, `-` and `_`"),
                    );
                });
            }
            match value {
                Node::Null => self.find(Code::NullValue, format_args!("the value is null")),
                Node::Array(items) if items.is_empty() => {
                    self.find(Code::EmptyList, format_args!("the list is empty"));
                }
                _ => work(self, name, value),
            }
            self.path.pop();
        }
        self.repeated(&entries.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }

    fn dictionary(&mut self, entries: &'n Object<'n>, kind: Dictionary) {
        self.entries(entries, |run, name, value| {
            if let Some(expected) = format::dictionary_key(kind, name) {
                run.find(Code::DictionaryKey, format_args!("{expected}"));
                return;
            }
            let fits = match (kind, value) {
                (Dictionary::Any, _)
                | (
                    Dictionary::Texts
                    | Dictionary::TextsOrIntegers
                    | Dictionary::ExifTags
                    | Dictionary::HeaderFields,
                    Node::String(_),
                ) => true,
                (
                    Dictionary::TextsOrIntegers | Dictionary::ExifTags | Dictionary::SocketOptions,
                    Node::Number(number),
                ) => !number.contains(['.', 'e', 'E']) || number.ends_with(".0"),
                (Dictionary::TextLists | Dictionary::HeaderFields, Node::Array(items)) => {
                    items.iter().all(|item| item.as_str().is_some())
                }
                (Dictionary::StartupInfo, _) => format::startup_info(name, value),
                _ => false,
            };
            if !fits {
                run.find(
                    Code::WrongType,
                    format_args!("{} is not what the dictionary holds", value.kind()),
                );
            }
        });
    }

    fn extensions(
        &mut self,
        extensions: &'n Object<'n>,
        predefined: &'static [(&'static str, &'static Shape)],
    ) {
        if extensions.is_empty() && self.version != SpecVersion::V20 {
            self.find(Code::EmptyObject, format_args!("the dictionary is empty"));
        }
        for (name, value) in extensions.iter() {
            self.path.push(Segment::Name(name));
            let defined = predefined.iter().find(|(known, _)| *known == name);
            match (value, defined) {
                (Node::Object(extension), Some((_, shape))) => {
                    self.under(shape.section, |run| {
                        if extension.is_empty() {
                            run.find(
                                Code::EmptyObject,
                                format_args!("the extension has no properties"),
                            );
                        }
                        run.nested(extension, shape);
                    });
                }
                (Node::Object(extension), None) => {
                    self.under("7.3", |run| rules::extension(run, name, extension));
                }
                _ => self.find(
                    Code::WrongType,
                    format_args!("expected an object, found {}", value.kind()),
                ),
            }
            self.path.pop();
        }
        self.repeated(&extensions.iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

/// What a value of the table is called in a message.
fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Any => "a value",
        Value::Bool => "a boolean",
        Value::Integer(..) => "an integer",
        Value::Number(..) => "a number",
        Value::Timestamp | Value::VersionTime | Value::WholeSeconds => "a timestamp",
        Value::Identifier | Value::Reference(_) => "an identifier",
        Value::Text | Value::Formatted(_) | Value::Enumeration(_) | Value::Vocabulary(_) => {
            "a string"
        }
        Value::List(_) => "a list",
        Value::Hashes | Value::Dictionary(_) | Value::Extensions(_) => "a dictionary",
        Value::Object(_) => "an object",
    }
}

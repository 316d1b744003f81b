//! The walk over a document that may be larger than memory.
//!
//! Values are parsed by `serde_json`, which tells where each one ends, out of a window that is read as far as
//! they need it. Windows at least double, so that parsing a value again costs no more than reading it once.

use std::{borrow::Cow, io};

use bytes::{Buf, Bytes};
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use crate::{
    RawObject, Rejected,
    cut::is_cut_off,
    model::{Cursor, Next},
    raw::{is_json_space, not_an_object},
    scan::Scan,
};

/// Names under which the known wrappers keep their objects.
const WRAPPED: &[&str] = &["objects", "items", "data", "bundle", "object"];
/// How deep wrappers may be nested: an answer that wraps a list of bundles needs three.
const DEPTH_MAX: usize = 4;
/// How much is read at once, at least, when more is needed.
const CHUNK: usize = 64 * 1024;
/// Values up to this size are read as a whole before anything is said of them.
const WHOLE_MAX: usize = 16 * 1024;
/// Within so many bytes the `type` of an object decides whether it is a bundle that is read piece by piece.
const HEAD_MAX: usize = 1024;
/// How much of an item that is too large is kept.
const EXCERPT_MAX: usize = 1024;

/// Where objects come from.
pub(crate) struct Engine<R> {
    source: Option<R>,
    /// What was read and not yet taken.
    window: Bytes,
    /// The place of the window in the document.
    offset: usize,
    levels: Vec<Level>,
    /// How many items were found.
    count: usize,
    item_size_max: usize,
    /// How many bytes were looked at in vain for the end of broken items.
    wasted: usize,
    failure: Option<io::Error>,
    pub(crate) nested_bundles: usize,
}

/// What is around the place where reading stands.
enum Level {
    Array { is_first: bool },
    Wrapper { is_first: bool, is_bundle: bool },
}

/// What reading one step further gave.
enum Step {
    Found(Result<RawObject, Rejected>),
    Onward,
    End,
}

/// Why the document at hand cannot be read on.
struct Fault(String);

/// What a value turned out to be, and its length.
enum Value<T> {
    Whole(T, usize),
    TooLarge,
    Broken(String),
}

impl<R: io::Read> Engine<R> {
    pub(crate) fn new(source: Option<R>, window: Bytes, item_size_max: usize) -> Self {
        Self {
            source,
            window,
            offset: 0,
            levels: Vec::new(),
            count: 0,
            item_size_max,
            wasted: 0,
            failure: None,
            nested_bundles: 0,
        }
    }

    /// The next object, or the next item that is none. `None` at the end, and when the source fails.
    pub(crate) fn next(&mut self) -> Option<Result<RawObject, Rejected>> {
        loop {
            let step = self.step().unwrap_or_else(|fault| self.give_up(fault));
            if self.failure.is_some() {
                return None;
            }
            match step {
                Step::Found(item) => {
                    self.count += 1;
                    return Some(item);
                }
                Step::Onward => {}
                Step::End => return None,
            }
        }
    }

    /// Why the source failed, once.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn step(&mut self) -> Result<Step, Fault> {
        match self.levels.last_mut() {
            None => self.document(),
            Some(Level::Array { is_first }) => {
                let is_first = std::mem::replace(is_first, false);
                self.element(is_first)
            }
            Some(Level::Wrapper { is_first, is_bundle }) => {
                let (is_first, is_bundle) = (std::mem::replace(is_first, false), *is_bundle);
                self.member(is_first, is_bundle)
            }
        }
    }

    fn document(&mut self) -> Result<Step, Fault> {
        if self.offset == 0 {
            // A byte order mark, which some editors write.
            while self.window.len() < 3 && self.fill() {}
            if self.window.starts_with(b"\xef\xbb\xbf") {
                self.take(3);
            }
        }
        match self.peek() {
            None => Ok(Step::End),
            Some(b',' | b']' | b'}') => Err(Fault("expected a value".to_owned())),
            Some(b'[') => Ok(self.open_array()),
            Some(_) => self.value(false),
        }
    }

    fn element(&mut self, is_first: bool) -> Result<Step, Fault> {
        match self.peek() {
            Some(b']') => {
                self.take(1);
                self.levels.pop();
                return Ok(Step::Onward);
            }
            Some(b',') if !is_first => {
                self.take(1);
            }
            Some(_) if is_first => {}
            _ => return Err(self.expected("`,` or `]`")),
        }
        self.value(true)
    }

    fn member(&mut self, is_first: bool, is_bundle: bool) -> Result<Step, Fault> {
        match self.peek() {
            Some(b'}') => {
                self.take(1);
                self.levels.pop();
                return Ok(Step::Onward);
            }
            Some(b',') if !is_first => {
                self.take(1);
            }
            Some(_) if is_first => {}
            _ => return Err(self.expected("`,` or `}`")),
        }
        if self.peek() != Some(b'"') {
            return Err(self.expected("a property name"));
        }
        let name = self.parse(self.item_size_max, |window| {
            let mut stream = Deserializer::from_slice(window).into_iter::<Cow<'_, str>>();
            let name = stream.next().transpose()?.unwrap_or_default();
            Ok((WRAPPED.contains(&&*name), stream.byte_offset()))
        });
        let is_wrapped = match name {
            Value::Whole(is_wrapped, length) => {
                self.take(length);
                is_wrapped
            }
            Value::TooLarge => return Err(Fault("a property name is too long".to_owned())),
            Value::Broken(reason) => return Err(Fault(reason)),
        };
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.take(1);
        match self.peek() {
            Some(b'[') if is_wrapped => Ok(self.open_array()),
            Some(b'{') if is_wrapped && !is_bundle => self.value(false),
            Some(_) => self.pass_over(),
            None => Err(self.expected("a value")),
        }
    }

    fn open_array(&mut self) -> Step {
        self.take(1);
        self.levels.push(Level::Array { is_first: true });
        Step::Onward
    }

    /// Goes into the object at hand, which holds others.
    fn open_wrapper(&mut self, is_bundle: bool) -> Step {
        let is_nested = |level: &Level| matches!(level, Level::Wrapper { is_bundle: true, .. });
        self.nested_bundles += usize::from(is_bundle && self.levels.iter().any(is_nested));
        self.take(1);
        self.levels.push(Level::Wrapper { is_first: true, is_bundle });
        Step::Onward
    }

    /// Reads the value at hand: an object, a wrapper around others, or what is neither.
    fn value(&mut self, in_array: bool) -> Result<Step, Fault> {
        let is_wrapper = |level: &&Level| matches!(level, Level::Wrapper { .. });
        let may_wrap =
            self.peek() == Some(b'{') && self.levels.iter().filter(is_wrapper).count() < DEPTH_MAX;
        let mut head = Head::Object;
        let mut value = self.parse(WHOLE_MAX.min(self.item_size_max), scan);
        if !matches!(value, Value::Whole(..)) {
            if may_wrap {
                head = self.head();
            }
            if matches!(head, Head::Bundle) {
                return Ok(self.open_wrapper(true));
            }
            value = self.parse(self.item_size_max, scan);
        }
        match value {
            Value::Whole(Ok(object), length) => {
                let object_type = object.object_type();
                let is_bundle = object_type == Some("bundle");
                if may_wrap && (is_bundle || object_type.is_none() && wraps(object.as_str())) {
                    return Ok(self.open_wrapper(is_bundle));
                }
                self.take(length);
                Ok(Step::Found(Ok(object)))
            }
            Value::Whole(Err(reason), length) => Ok(self.reject(length, reason)),
            Value::TooLarge if matches!(head, Head::Unknown) => Ok(self.open_wrapper(false)),
            Value::TooLarge => Ok(self.discard()),
            Value::Broken(reason) if in_array => match self.end_of_broken() {
                Some(length) => Ok(self.reject(length, reason)),
                None => Err(Fault(reason)),
            },
            Value::Broken(reason) => Err(Fault(reason)),
        }
    }

    /// Reads over the value of a property that holds no objects.
    fn pass_over(&mut self) -> Result<Step, Fault> {
        let value = self.parse(self.item_size_max, |window| {
            let mut stream = Deserializer::from_slice(window).into_iter::<IgnoredAny>();
            stream.next().transpose()?;
            Ok(((), stream.byte_offset()))
        });
        match value {
            Value::Whole((), length) => {
                self.take(length);
                Ok(Step::Onward)
            }
            Value::TooLarge => {
                self.discard();
                Ok(Step::Onward)
            }
            Value::Broken(reason) => Err(Fault(reason)),
        }
    }

    /// Parses the value at hand, reading on until all of it is in the window, up to `size_max` bytes.
    fn parse<T>(
        &mut self,
        size_max: usize,
        parse: impl Fn(&Bytes) -> Result<(T, usize), serde_json::Error>,
    ) -> Value<T> {
        loop {
            let window = self.window.slice(..self.window.len().min(size_max));
            let is_cut = window.len() < self.window.len();
            match parse(&window) {
                Ok((value, length)) => {
                    let last = length.checked_sub(1).and_then(|at| window.get(at));
                    let is_closed = matches!(last, Some(b'}' | b']' | b'"'));
                    if length < window.len() || is_closed || !is_cut && !self.fill() {
                        return Value::Whole(value, length);
                    }
                    if is_cut {
                        return Value::TooLarge;
                    }
                }
                Err(error) if !is_cut_off(&error, &window) => {
                    return Value::Broken(reason_of(&error));
                }
                Err(_) if window.len() == size_max => return Value::TooLarge,
                Err(error) if !self.fill() => return Value::Broken(reason_of(&error)),
                Err(_) => {}
            }
        }
    }

    /// What the first bytes of the object at hand say about it.
    fn head(&mut self) -> Head {
        loop {
            let window = self.window.get(..self.window.len().min(HEAD_MAX)).unwrap_or_default();
            let text = match std::str::from_utf8(window) {
                Ok(text) => text,
                Err(error) => {
                    std::str::from_utf8(window.get(..error.valid_up_to()).unwrap_or_default())
                        .unwrap_or_default()
                }
            };
            let is_full = window.len() == HEAD_MAX;
            if let Some(head) = head_of(text) {
                return head;
            }
            if is_full || !self.fill() {
                return Head::Unknown;
            }
        }
    }

    /// The length of a broken value, by its brackets and strings alone, where an array goes on behind it.
    fn end_of_broken(&mut self) -> Option<usize> {
        if self.wasted > self.offset {
            // Too much was looked at in vain: a hostile text could make that grow with its square.
            return None;
        }
        let mut brackets = Brackets::default();
        let mut at = 0;
        let end = loop {
            match self.window.get(at).copied() {
                Some(byte) if brackets.is_end(byte) => break Some(at),
                Some(_) if at < self.item_size_max => at += 1,
                None if self.fill() => {}
                _ => break None,
            }
        };
        let mut behind = end.unwrap_or(at);
        let mut is_followed = false;
        while end.is_some() {
            match self.window.get(behind).copied() {
                Some(byte) if is_json_space(byte) => behind += 1,
                Some(byte) => {
                    is_followed = matches!(byte, b',' | b']');
                    break;
                }
                None if self.fill() => {}
                None => break,
            }
        }
        if !is_followed {
            self.wasted += behind;
        }
        end.filter(|_| is_followed)
    }

    /// Sets aside the item of this length.
    fn reject(&mut self, length: usize, reason: String) -> Step {
        let offset = self.offset;
        let text = self.take(length);
        let reason = match std::str::from_utf8(&text) {
            Ok(_) => reason,
            Err(error) => format!("invalid UTF-8 at byte {}", error.valid_up_to()),
        };
        Step::Found(Err(Rejected::new(self.count, offset, reason, text)))
    }

    /// Reads over a value that is too large, and keeps its beginning.
    fn discard(&mut self) -> Step {
        let offset = self.offset;
        let excerpt = self.window.slice(..self.window.len().min(EXCERPT_MAX));
        let excerpt = Bytes::copy_from_slice(&excerpt);
        let mut brackets = Brackets::default();
        loop {
            let end = self.window.iter().position(|byte| brackets.is_end(*byte));
            self.take(end.unwrap_or(self.window.len()));
            if end.is_some() || !self.fill() {
                break;
            }
        }
        let reason = format!("it is larger than {} bytes", self.item_size_max);
        Step::Found(Err(Rejected::new(self.count, offset, reason, excerpt)))
    }

    /// Leaves the document at hand: reading goes on with the next line.
    fn give_up(&mut self, fault: Fault) -> Step {
        self.levels.clear();
        let offset = self.offset;
        let mut text = Bytes::new();
        loop {
            let end = memchr::memchr(b'\n', &self.window);
            let part = self.take(end.unwrap_or(self.window.len()));
            let room = self.item_size_max.saturating_sub(text.len());
            let part = part.slice(..part.len().min(room));
            text = if text.is_empty() { part } else { [text, part].concat().into() };
            if end.is_some() || !self.fill() {
                break;
            }
        }
        Step::Found(Err(Rejected::new(self.count, offset, fault.0, text)))
    }

    /// The next byte that is no white space, which is then the first of the window.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let space = self.window.iter().take_while(|byte| is_json_space(**byte)).count();
            self.take(space);
            if let Some(byte) = self.window.first() {
                return Some(*byte);
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Takes bytes from the beginning of the window.
    fn take(&mut self, length: usize) -> Bytes {
        let length = length.min(self.window.remaining());
        self.offset += length;
        self.window.split_to(length)
    }

    /// Reads on until the window is twice as large at least. False at the end of the source.
    fn fill(&mut self) -> bool {
        let Some(source) = &mut self.source else { return false };
        let old = self.window.len();
        let wanted = old.max(1);
        let mut window = vec![0; old + wanted.max(CHUNK)];
        let (start, _) = window.split_at_mut(old);
        start.copy_from_slice(&self.window);
        let mut filled = old;
        while filled - old < wanted {
            match source.read(window.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => {
                    self.source = None;
                    break;
                }
                Ok(length) => filled += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(error);
                    self.source = None;
                    break;
                }
            }
        }
        window.truncate(filled);
        self.window = window.into();
        filled > old
    }

    fn expected(&mut self, what: &str) -> Fault {
        let found = if self.peek().is_none() { ", found the end" } else { "" };
        Fault(format!("expected {what}{found}"))
    }
}

/// What the beginning of an object says about it.
enum Head {
    /// It is a bundle, which is read piece by piece.
    Bundle,
    /// It has another type.
    Object,
    /// Only all of it can tell.
    Unknown,
}

/// `None` where the text ends too early to tell.
fn head_of(text: &str) -> Option<Head> {
    let mut cursor = Cursor::new(text);
    let mut is_first = true;
    if !cursor.take(b'{') {
        return None;
    }
    while let Next::Name(name) = cursor.name(is_first)? {
        is_first = false;
        match cursor.peek()? {
            b'"' if name == "type" => {
                let is_bundle = cursor.string()? == "bundle";
                return Some(if is_bundle { Head::Bundle } else { Head::Object });
            }
            b'{' | b'[' => return Some(Head::Unknown),
            _ => cursor.skip()?,
        };
    }
    Some(Head::Unknown)
}

/// Whether an object without a type holds others.
fn wraps(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    let mut is_first = true;
    cursor.take(b'{');
    while let Some(Next::Name(name)) = cursor.name(is_first) {
        is_first = false;
        if WRAPPED.contains(&&*name) && matches!(cursor.peek(), Some(b'[' | b'{')) {
            return true;
        }
        if cursor.skip().is_none() {
            break;
        }
    }
    false
}

/// Reads one value as an object, or as what stands in the place of one.
fn scan(window: &Bytes) -> Result<(Result<RawObject, String>, usize), serde_json::Error> {
    let mut stream = Deserializer::from_slice(window).into_iter::<Scan<'_>>();
    let scan = stream.next().transpose()?.unwrap_or(Scan::Other("nothing"));
    let length = stream.byte_offset();
    let text = window.slice(..length);
    let object = match scan {
        Scan::Other(kind) => Err(not_an_object(kind)),
        Scan::Object(found) => match std::str::from_utf8(&text) {
            Ok(_) => Ok(RawObject::with_head(text, found)),
            Err(error) => Err(format!("invalid UTF-8 at byte {}", error.valid_up_to())),
        },
    };
    Ok((object, length))
}

fn reason_of(error: &serde_json::Error) -> String {
    format!("broken JSON: {error}")
}

/// Finds the end of a value by its brackets and strings.
#[derive(Default)]
struct Brackets {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    is_closed: bool,
}

impl Brackets {
    /// Whether the value ended before this byte.
    fn is_end(&mut self, byte: u8) -> bool {
        if self.is_closed {
            return true;
        }
        if std::mem::take(&mut self.is_escaped) {
            return false;
        }
        match byte {
            b'"' => self.in_string = !self.in_string,
            b'\\' if self.in_string => self.is_escaped = true,
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' | b',' if self.depth == 0 => return true,
            b'}' | b']' => {
                self.depth -= 1;
                self.is_closed = self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

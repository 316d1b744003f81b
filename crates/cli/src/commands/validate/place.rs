//! From a place in an object to a line and a column of its file.

use crate::print::Json;

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = [0].into_iter().chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// Where a line begins, counted from 1.
    pub(super) fn start(&self, line: usize) -> Option<usize> {
        self.starts.get(line.checked_sub(1)?).copied()
    }

    /// The first line from this one on that begins with a document; the one behind the last where none does.
    pub(super) fn next_document(&self, line: usize) -> usize {
        let begins = |line: &usize| {
            let text = self.start(*line).and_then(|start| self.text.get(start..));
            text.is_some_and(|text| text.starts_with(['{', '[']))
        };
        (line..=self.starts.len()).find(begins).unwrap_or(self.starts.len() + 1)
    }

    /// Line and column of a byte, from 1; columns count characters.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// How far a part of a text is from its beginning.
pub(super) fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// A document, and the members of its list of objects: opened once, so that a place in a long bundle is found at once.
pub(super) struct Members<'a> {
    text: &'a str,
    items: Vec<&'a str>,
}

impl<'a> Members<'a> {
    /// The items of a list, or of the `objects` of a bundle.
    pub(super) fn of(text: &'a str) -> Self {
        let list = match Json::open(text) {
            Json::Array(items) => return Self { text, items },
            Json::Object(members) => members.into_iter().find(|(name, _)| name == "objects"),
            _ => None,
        };
        let items = match list.map(|(_, list)| Json::open(list)) {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        };
        Self { text, items }
    }

    pub(super) fn items(&self) -> &[&'a str] {
        &self.items
    }

    /// The value that a JSON pointer leads to; where it leads nowhere, the last value on the way.
    pub(super) fn at(&self, pointer: &str) -> &'a str {
        match self.item(pointer) {
            Some((item, rest)) => follow(item, rest),
            None => follow(self.text, pointer),
        }
    }

    /// The identifier of the object that a JSON pointer leads into.
    pub(super) fn id(&self, pointer: &str) -> Option<String> {
        let object = self.item(pointer).map_or(self.text, |(item, _)| item);
        let Json::Object(members) = Json::open(object) else { return None };
        match members.into_iter().find(|(name, _)| name == "id").map(|(_, id)| Json::open(id)) {
            Some(Json::Text(id)) => Some(id),
            _ => None,
        }
    }

    fn item<'p>(&self, pointer: &'p str) -> Option<(&'a str, &'p str)> {
        let rest = pointer.strip_prefix("/objects/")?;
        let (number, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        Some((self.items.get(number.parse::<usize>().ok()?).copied()?, rest))
    }
}

fn follow<'a>(text: &'a str, pointer: &str) -> &'a str {
    let mut text = text;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match Json::open(text) {
            Json::Object(members) => {
                members.into_iter().find(|(name, _)| *name == step).map(|(_, value)| value)
            }
            Json::Array(items) => step.parse().ok().and_then(|at: usize| items.get(at).copied()),
            Json::Text(_) | Json::Plain(_) => None,
        };
        match next {
            Some(next) => text = next,
            None => break,
        }
    }
    text
}

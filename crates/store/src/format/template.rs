//! Templates of feeds in a custom format: text with variables.
//!
//! The rules are those of Python's `string.Template.safe_substitute`, which the service's variables look like
//! (CONTRACT 3.1): `$name` and `${name}` are replaced, `$$` is one `$`, and what is no variable stands as it is written.

use inthreat_api::FeedField;

/// How many variables of a template are replaced, so that a short template does not make a page without end.
const VARIABLES_MAX: usize = 200;

/// A template, cut at its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Variable(FeedField),
}

impl Template {
    /// Reads a template; every text is one.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut variables = 0;
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            plain.push_str(before);
            let (length, name) = variable(behind);
            if let Some(field) = name.and_then(FeedField::from_name)
                && variables < VARIABLES_MAX
            {
                variables += 1;
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Variable(field));
            } else {
                plain.push('$');
                if !behind.starts_with('$') {
                    plain.push_str(behind.get(..length).unwrap_or_default());
                }
            }
            rest = behind.get(length..).unwrap_or_default();
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Self { pieces }
    }
}

#[cfg(test)]
impl Template {
    /// A template of this text alone.
    pub(super) fn parse_plain(text: &str) -> Self {
        let pieces = [text].into_iter().filter(|text| !text.is_empty());
        Self { pieces: pieces.map(|text| Piece::Text(text.to_owned())).collect() }
    }
}

/// How long what stands behind a `$` is, and the name in it. Nothing but a second `$` belongs to one that begins no
/// variable.
fn variable(behind: &str) -> (usize, Option<&str>) {
    if behind.starts_with('$') {
        return (1, None);
    }
    let braced = behind.strip_prefix('{');
    let text = braced.unwrap_or(behind);
    let name = text.get(..identifier_length(text)).filter(|name| !name.is_empty());
    match (name, braced) {
        (Some(name), None) => (name.len(), Some(name)),
        (Some(name), Some(text)) if text.get(name.len()..).is_some_and(|s| s.starts_with('}')) => {
            (name.len() + 2, Some(name))
        }
        _ => (0, None),
    }
}

fn identifier_length(text: &str) -> usize {
    let is_part = |(index, byte): &(usize, u8)| {
        byte.is_ascii_alphabetic() || *byte == b'_' || (*index > 0 && byte.is_ascii_digit())
    };
    text.bytes().enumerate().take_while(is_part).count()
}

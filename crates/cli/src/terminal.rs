//! What comes from objects is written by strangers: nothing of it may steer a terminal.

use std::{
    borrow::Cow,
    env,
    io::{self, IsTerminal},
};

use clap::builder::styling::{AnsiColor, Style};

/// How an error and its hint begin, and the colours that these words have on a terminal.
const HEADS: [(&str, AnsiColor); 2] = [("error:", AnsiColor::Red), ("hint:", AnsiColor::Cyan)];

/// The first word of each line of an error in a colour, where standard error is a terminal and nobody forbids it. The words
/// say it all without.
pub(crate) fn coloured(text: &str) -> Cow<'_, str> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_set("NO_COLOR") || is_dumb || !io::stderr().is_terminal() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.lines().map(coloured_line).collect::<Vec<_>>().join("\n"))
}

fn coloured_line(line: &str) -> String {
    for (head, colour) in HEADS {
        if let Some(rest) = line.strip_prefix(head) {
            let style = Style::new().bold().fg_color(Some(colour.into()));
            return format!("{style}{head}{style:#}{rest}");
        }
    }
    line.to_owned()
}

/// Replaces control characters and those that turn the direction of text by visible escapes such as `\u{202e}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// The same for messages of several lines: their line breaks are ours.
pub(crate) fn visible_words(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// The same JSON with such characters spelled `\u202e`. In JSON they stand within strings only, but for white space
/// between values, which stays.
pub(crate) fn visible_json(text: &str) -> Cow<'_, str> {
    let steers = |c: char| steers(c) && !matches!(c, '\t' | '\n' | '\r');
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if steers(character) {
            safe.extend(format!("\\u{:04x}", u32::from(character)).chars());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Whether a character may steer a terminal or turn the direction of text.
pub(crate) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text cut to so many columns, where it is longer.
pub(crate) fn cut(text: &str, width: usize) -> String {
    let mut columns = 0;
    let mut room = text.len();
    for (at, character) in text.char_indices() {
        if columns < width {
            room = at;
        }
        columns += columns_of(character);
        if columns > width {
            return format!("{}…", text.get(..room).unwrap_or_default());
        }
    }
    text.to_owned()
}

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// How many columns of a terminal a character takes: the wide ones of East Asia and pictures take two.
fn columns_of(character: char) -> usize {
    match u32::from(character) {
        0x300..=0x36f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a line that is longer than the terminal is wide, and one that is cut for nothing.
    #[test]
    fn a_line_fits() {
        for (line, width, expected) in [
            ("└── uses", 8, "└── uses"),
            ("└── uses", 7, "└── us…"),
            ("海莲花", 6, "海莲花"),
            ("海莲花", 5, "海莲…"),
            ("海莲花", 4, "海…"),
            ("ab", 1, "…"),
        ] {
            assert_eq!(cut(line, width), expected);
        }
    }

    // Catches an object that colours the terminal, rings it, or writes backwards.
    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\n"), "a\\u{1b}[31m\\u{202e}b\\u{a}");
        assert_eq!(visible("Équation 海莲花"), "Équation 海莲花");
        let json = "{\n\"a\":\"\u{9b}31m\u{202e}\"}";
        assert_eq!(visible_json(json), "{\n\"a\":\"\\u009b31m\\u202e\"}");
        let values = [json.to_owned(), visible_json(json).into_owned()]
            .map(|text| serde_json::from_str::<serde_json::Value>(&text).unwrap());
        assert_eq!(values[0], values[1]);
    }
}

//! What commands print: data to standard output, words to standard error.

mod field;
mod json;
mod listing;
mod table;
mod yaml;

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::Table;

use crate::{failure::Outcome, pager, terminal};

pub(crate) use field::Field;
pub(crate) use json::Json;
pub(crate) use listing::Listing;

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One JSON document, objects byte for byte as they were written.
    Json,
    /// One object a line.
    Ndjson,
    /// One document for each object.
    Yaml,
    /// A table for programs (RFC 4180), its first row the names.
    Csv,
}

/// Words for the person at the terminal. Nothing is stopped because nobody listens: `inthreat … 2>&1 | head`.
pub(crate) fn say(words: impl AsRef<str>) {
    let _ = writeln!(io::stderr(), "{}", words.as_ref());
}

/// Standard output, which may be a terminal that strangers must not steer.
pub(crate) struct Output {
    out: BufWriter<io::Stdout>,
    is_terminal: bool,
}

/// Whole objects, or parts of JSON that end between characters; on a terminal with what would steer it spelled out.
impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_terminal {
            let text = String::from_utf8_lossy(bytes);
            self.out.write_all(terminal::visible_json(&text).as_bytes())?;
        } else {
            self.out.write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Output {
    pub(crate) fn new() -> Self {
        let out = io::stdout();
        let is_terminal = out.is_terminal();
        Self { out: BufWriter::with_capacity(1 << 16, out), is_terminal }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// The format that was asked for, or a table for people and NDJSON for programs.
    pub(crate) fn format(&self, wanted: Option<Format>) -> Format {
        wanted.unwrap_or(if self.is_terminal { Format::Table } else { Format::Ndjson })
    }

    /// Prints JSON text as it is; on a terminal with what would steer it spelled out.
    pub(crate) fn json(&mut self, text: &[u8]) -> Outcome {
        self.write_all(text)?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Prints JSON text on one line: JSON strings hold no line breaks, so those between values become blanks.
    pub(crate) fn json_line(&mut self, text: &[u8]) -> Outcome {
        let line: Vec<u8> =
            text.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }).collect();
        self.json(&line)
    }

    /// Prints a line of text, made visible.
    pub(crate) fn line(&mut self, text: &str) -> Outcome {
        self.out.write_all(terminal::visible(text).as_bytes())?;
        self.out.write_all(b"\n")?;
        Ok(())
    }

    /// Prints a text of several lines that is data; on a terminal with what would steer it spelled out.
    pub(crate) fn text(&mut self, text: &str) -> Outcome {
        if self.is_terminal {
            for line in text.lines() {
                self.line(line)?;
            }
        } else {
            self.out.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// Prints a table for people; on a terminal it fits the width.
    pub(crate) fn table<R: IntoIterator<Item = String>>(
        &mut self,
        head: &[impl AsRef<str>],
        rows: impl Iterator<Item = R>,
    ) -> Outcome {
        let text = table::laid_out(head, rows, Table::new().width());
        if self.is_terminal {
            // What was printed before stands above it.
            self.out.flush()?;
            if pager::show(&text) {
                return Ok(());
            }
        }
        self.out.write_all(text.as_bytes())?;
        Ok(())
    }

    /// Hands over what is still in hand. To be called at the end of a command: an error on the way out counts.
    pub(crate) fn finish(mut self) -> Outcome {
        self.out.flush()?;
        Ok(())
    }
}

/// How many columns the terminal has; `None` where there is none.
pub(crate) fn terminal_width() -> Option<usize> {
    Table::new().width().filter(|width| *width > 0).map(usize::from)
}

//! What commands print: data to standard output, words to standard error.

use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use inthreat_stix::{RawObject, bundle::write_joined};

use crate::{failure::Outcome, pager, summary::Summary, terminal};

/// How data is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// One JSON document, objects byte for byte as they were written.
    Json,
    /// One object a line.
    Ndjson,
    /// For people.
    Table,
}

/// Words for the person at the terminal.
#[expect(clippy::print_stderr, reason = "this is the one place that talks to people")]
pub(crate) fn say(words: impl AsRef<str>) {
    eprintln!("{}", words.as_ref());
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

    /// The format that was asked for, or a table for people and NDJSON for programs.
    pub(crate) fn format(&self, wanted: Option<Format>) -> Format {
        wanted.unwrap_or(if self.is_terminal { Format::Table } else { Format::Ndjson })
    }

    /// Prints JSON text as it is; on a terminal with what would steer it spelled out.
    pub(crate) fn json(&mut self, text: &[u8]) -> Outcome {
        if self.is_terminal {
            let text = String::from_utf8_lossy(text);
            self.out.write_all(terminal::visible_json(&text).as_bytes())?;
        } else {
            self.out.write_all(text)?;
        }
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

    /// Prints objects: an array, a line each, or a table of what they are.
    pub(crate) fn objects(&mut self, objects: &[RawObject], format: Format) -> Outcome {
        match format {
            Format::Ndjson => {
                objects.iter().try_for_each(|object| self.json_line(object.as_bytes()))
            }
            Format::Json => {
                let mut text = b"[".to_vec();
                write_joined(objects, &mut text);
                text.push(b']');
                self.json(&text)
            }
            Format::Table => {
                let rows = objects.iter().map(|object| Summary::of(object).row());
                self.table(&Summary::HEAD, rows)
            }
        }
    }

    /// Prints a table for people; on a terminal it fits the width.
    pub(crate) fn table<R: IntoIterator<Item = String>>(
        &mut self,
        head: &[&str],
        rows: impl Iterator<Item = R>,
    ) -> Outcome {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(head.iter().copied());
        for row in rows {
            table.add_row(row.into_iter().map(|cell| terminal::visible(&cell).into_owned()));
        }
        let text = table.to_string();
        let text: String = text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
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

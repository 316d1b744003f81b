//! A list that is printed item by item, in any format.

use std::mem;

use inthreat_stix::RawObject;

use super::{Field, Format, Output, field, say, yaml};
use crate::{arguments::Shown, failure::Outcome, summary::Summary, terminal};

/// A list of items. Tables are laid out when all is known; everything else is printed as it comes.
pub(crate) struct Listing {
    output: Output,
    format: Format,
    fields: Vec<Field>,
    safe_csv: bool,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    is_begun: bool,
}

impl Listing {
    /// A list whose items have these columns where no fields are chosen.
    pub(crate) fn new(shown: &Shown, head: &[&str]) -> Self {
        Self::with_first(shown, &[], head)
    }

    /// The same with columns that stand in front of chosen fields too.
    pub(crate) fn with_first(shown: &Shown, first: &[&str], head: &[&str]) -> Self {
        let output = Output::new();
        let format = output.format(shown.output);
        let fields = shown.columns.fields.clone();
        let first = first.iter().map(|&name| name.to_owned());
        let head = match fields.as_slice() {
            [] => first.chain(head.iter().map(|&name| name.to_owned())).collect(),
            _ => first.chain(fields.iter().map(|field| field.name().to_owned())).collect(),
        };
        let safe_csv = shown.columns.safe_csv;
        Self { output, format, fields, safe_csv, head, rows: Vec::new(), is_begun: false }
    }

    /// Whether rows of cells are printed ([`row`](Self::row)), and not values ([`value`](Self::value)).
    pub(crate) fn takes_rows(&self) -> bool {
        matches!(self.format, Format::Table | Format::Csv)
    }

    /// Whether it is a table for people.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// Prints one thing alone: as JSON or what was chosen of it, or a row for each of its properties.
    pub(crate) fn thing(
        &mut self,
        json: &str,
        properties: impl IntoIterator<Item = [String; 2]>,
    ) -> Outcome {
        if self.takes_rows() && self.fields.is_empty() {
            return properties.into_iter().try_for_each(|row| self.row(row.into()));
        }
        self.item(json, Vec::new)
    }

    /// Prints an object.
    pub(crate) fn object(&mut self, object: &RawObject) -> Outcome {
        self.item(object.as_str(), || Summary::of(object).row().into())
    }

    /// Prints an item: as JSON or what was chosen of it, or as a row.
    pub(crate) fn item(&mut self, json: &str, row: impl FnOnce() -> Vec<String>) -> Outcome {
        if self.takes_rows() {
            let cells = self.cells(json, row);
            return self.row(cells);
        }
        let chosen = self.chosen(json);
        self.value(chosen.as_deref().unwrap_or(json))
    }

    /// What was chosen of an item; `None` where nothing was.
    pub(crate) fn chosen(&self, json: &str) -> Option<String> {
        (!self.fields.is_empty()).then(|| field::chosen(&self.fields, json))
    }

    /// The cells that were chosen of an item, or these.
    pub(crate) fn cells(&self, json: &str, otherwise: impl FnOnce() -> Vec<String>) -> Vec<String> {
        match self.fields.as_slice() {
            [] => otherwise(),
            fields => fields.iter().map(|field| field.cell(json)).collect(),
        }
    }

    /// Prints a row of a table.
    pub(crate) fn row(&mut self, cells: Vec<String>) -> Outcome {
        if self.format == Format::Csv {
            self.begin_csv()?;
            return self.output.text(&csv_row(&cells, self.safe_csv));
        }
        self.rows.push(cells);
        Ok(())
    }

    /// Prints a value of JSON.
    pub(crate) fn value(&mut self, json: &str) -> Outcome {
        let is_first = !mem::replace(&mut self.is_begun, true);
        match self.format {
            Format::Json => {
                let text = [if is_first { "[" } else { "," }, json].concat();
                Ok(std::io::Write::write_all(&mut self.output, text.as_bytes())?)
            }
            Format::Yaml => {
                let mut text = String::new();
                yaml::document(json, &mut text);
                self.output.text(&text)
            }
            Format::Ndjson | Format::Table | Format::Csv => self.output.json_line(json.as_bytes()),
        }
    }

    /// Ends the list. An empty one is an empty JSON list, the head of CSV alone, and otherwise nothing.
    pub(crate) fn finish(mut self) -> Outcome {
        match self.format {
            Format::Json if self.is_begun => self.output.json(b"]")?,
            Format::Json => self.output.json(b"[]")?,
            Format::Csv => self.begin_csv()?,
            Format::Table if !self.rows.is_empty() => {
                self.tell_empty();
                let head: Vec<String> =
                    self.head.iter().map(|name| name.to_uppercase().replace('_', " ")).collect();
                let rows = mem::take(&mut self.rows);
                self.output.table(&head, rows.into_iter())?;
            }
            Format::Table | Format::Ndjson | Format::Yaml => {}
        }
        self.output.finish()
    }

    /// Says which chosen fields nothing has: they may be misspelled, which an empty column does not tell.
    fn tell_empty(&self) {
        let first = self.head.len().saturating_sub(self.fields.len());
        for (column, field) in (first..).zip(&self.fields) {
            let is_empty = |row: &Vec<String>| row.get(column).is_none_or(String::is_empty);
            if self.rows.iter().all(is_empty) {
                say(terminal::visible(&format!("nothing here has `{}`", field.name())));
            }
        }
    }

    fn begin_csv(&mut self) -> Outcome {
        if mem::replace(&mut self.is_begun, true) {
            return Ok(());
        }
        self.output.text(&csv_row(&self.head, false))
    }
}

/// A row of CSV (RFC 4180), ended by a line feed.
fn csv_row(cells: &[impl AsRef<str>], is_safe: bool) -> String {
    let cells = cells.iter().map(|cell| {
        let cell = cell.as_ref();
        // A spreadsheet takes such a cell for a formula.
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        let mark = if is_safe && is_formula { "'" } else { "" };
        if cell.contains(['"', ',', '\n', '\r']) {
            format!("\"{mark}{}\"", cell.replace('"', "\"\""))
        } else {
            format!("{mark}{cell}")
        }
    });
    let row = cells.collect::<Vec<_>>().join(",");
    // An empty line would be no row at all.
    if row.is_empty() { "\"\"\n".to_owned() } else { row + "\n" }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches cells that are others when the row is read back.
        #[test]
        fn rows_read_back_as_they_were(cells in prop::collection::vec("[a\",;\r\n=é ]{0,6}", 1..6)) {
            let text = csv_row(&cells, false);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].iter().collect::<Vec<_>>(), cells);
        }
    }

    // Catches a cell that breaks its row, and a formula that a spreadsheet would run.
    #[test]
    fn cells_stay_cells() {
        let row = ["=1+1", "a,b", "say \"x\"", "two\nlines", "", "-\"1"];
        assert_eq!(
            csv_row(&row, false),
            "=1+1,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,\"-\"\"1\"\n"
        );
        assert_eq!(
            csv_row(&row, true),
            "'=1+1,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,\"'-\"\"1\"\n"
        );
        assert_eq!(csv_row(&[""], true), "\"\"\n");
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(csv_row(&row, false).into_bytes().leak() as &[u8]);
        assert_eq!(reader.records().next().unwrap().unwrap(), row.to_vec());
    }
}

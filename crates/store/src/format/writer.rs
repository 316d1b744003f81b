//! The formats, and the writer of a page.

use inthreat_api::{Cursor, Error, FeedDraft, FeedField, FeedFormat, Result};
use inthreat_stix::{Id, RawObject};

use super::{
    csv,
    record::Record,
    template::{Piece, Template},
};

/// What becomes of cells of CSV that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Formulas {
    /// They stand as they are, so that what is read back is what was written.
    #[default]
    Kept,
    /// A cell that begins with `=`, `+`, `-`, `@`, a tab or the end of a line gets a `'` in front of it.
    Neutralised,
}

/// How a page is written.
#[derive(Clone, Debug)]
pub struct Format(Shape);

#[derive(Clone, Debug)]
enum Shape {
    Json,
    Text,
    Csv(Vec<FeedField>, Formulas),
    Custom(Template),
}

impl Format {
    /// The objects as they are stored, and the next cursor: `{"items":[…],"next_cursor":"…"}` (CONTRACT 2.1).
    pub fn json() -> Self {
        Self(Shape::Json)
    }

    /// A line for each object: the value of an indicator that names one alone, else the object's name; where there is none,
    /// its identifier (CONTRACT 11, U8). Control characters become blanks, so that there are as many lines as objects.
    pub fn text() -> Self {
        Self(Shape::Text)
    }

    /// A table (RFC 4180, lines end with a line feed) with a row of names above it; lists are joined by commas (CONTRACT
    /// 11, U6). Without fields it has all of them.
    ///
    /// Fails with [`InvalidRequest`](inthreat_api::ErrorKind::InvalidRequest) for a field that is none.
    pub fn csv(fields: &[String], formulas: Formulas) -> Result<Self> {
        let known = |name: &String| {
            FeedField::from_name(name).ok_or_else(|| {
                let name: String = name.escape_debug().take(80).collect();
                Error::invalid("fields", format_args!("`{name}` is not a field"))
            })
        };
        let fields = match fields {
            [] => FeedField::ALL.to_vec(),
            fields => fields.iter().map(known).collect::<Result<_>>()?,
        };
        Ok(Self(Shape::Csv(fields, formulas)))
    }

    /// A template for each object, ended by a line feed: `$name` and `${name}` are replaced by fields, `$$` is one `$`,
    /// and what is no variable stands as it is written (CONTRACT 3.1). A field that an object does not have is empty.
    pub fn custom(template: &str) -> Self {
        Self(Shape::Custom(Template::parse(template)))
    }

    /// The format that a feed has of itself.
    pub fn of(draft: &FeedDraft, formulas: Formulas) -> Result<Self> {
        match draft.format {
            FeedFormat::Json => Ok(Self::json()),
            FeedFormat::Text => Ok(Self::text()),
            FeedFormat::Csv => Self::csv(&draft.fields, formulas),
            FeedFormat::Custom => Ok(Self::custom(&draft.template)),
            _ => Err(Error::unsupported("a feed in this format")),
        }
    }

    /// Whether each object is one line of text.
    pub fn is_text(&self) -> bool {
        matches!(self.0, Shape::Text)
    }

    /// What such a page is called over HTTP (CONTRACT 11, U7).
    pub fn content_type(&self) -> &'static str {
        match self.0 {
            Shape::Json => "application/json",
            Shape::Text => "text/plain; charset=utf-8",
            Shape::Csv(..) => "text/csv; charset=utf-8",
            Shape::Custom(_) => "text/plain",
        }
    }
}

/// Writes a page, object by object, to the end of a buffer that can be emptied between two objects.
///
/// A page without objects is empty in every format but JSON, so that whoever reads until a page is empty ends
/// (CONTRACT 11, U9).
///
/// ```
/// use std::convert::Infallible;
///
/// use inthreat_stix::{Id, RawObject};
/// use inthreat_store::format::{Format, Formulas, PageWriter};
///
/// let object = RawObject::new(r#"{"name":"a, b","x_inthreat_sources_refs":["identity--1"]}"#)?;
/// let names = |_: &Id| Ok::<_, Infallible>(Some("ACME".to_owned()));
/// let mut page = Vec::new();
/// let format = Format::csv(&["name".into(), "sources".into()], Formulas::Kept)?;
/// let mut writer = PageWriter::new(&format);
/// writer.write(&object, names, &mut page)?;
/// writer.finish(None, &mut page);
/// assert_eq!(page, b"name,sources\n\"a, b\",ACME\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PageWriter<'f> {
    format: &'f Format,
    is_begun: bool,
    /// The cells of a row, one behind the other, and where each ends.
    cells: String,
    ends: Vec<usize>,
}

impl<'f> PageWriter<'f> {
    /// A page in this format, of which nothing is written yet.
    pub fn new(format: &'f Format) -> Self {
        Self { format, is_begun: false, cells: String::new(), ends: Vec::new() }
    }

    /// Appends an object. `names` tells the name of an identity or a marking definition; an error of it is handed on,
    /// and what was appended then is a part of the object at most.
    pub fn write<E>(
        &mut self,
        object: &RawObject,
        mut names: impl FnMut(&Id) -> Result<Option<String>, E>,
        out: &mut Vec<u8>,
    ) -> Result<(), E> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match &self.format.0 {
            Shape::Json => {
                out.extend_from_slice(if is_first { b"{\"items\":[" } else { b"," });
                out.extend_from_slice(object.as_bytes());
            }
            Shape::Text => {
                let record = Record::of(object);
                let blank = |c: char| if c.is_control() { ' ' } else { c };
                let line: String = record.line().chars().map(blank).collect();
                out.extend_from_slice(line.as_bytes());
                out.push(b'\n');
            }
            Shape::Csv(fields, formulas) => {
                if is_first {
                    csv::row(fields.iter().map(|field| field.as_str()), out);
                }
                self.row(&Record::of(object), fields, *formulas, &mut names)?;
                let starts = [0].into_iter().chain(self.ends.iter().copied());
                let places = starts.zip(&self.ends);
                csv::row(places.filter_map(|(start, end)| self.cells.get(start..*end)), out);
            }
            Shape::Custom(template) => {
                let record = Record::of(object);
                self.cells.clear();
                for piece in &template.pieces {
                    match piece {
                        Piece::Text(text) => self.cells.push_str(text),
                        Piece::Variable(field) => {
                            record.field(*field, &mut names, &mut self.cells)?;
                        }
                    }
                }
                out.extend_from_slice(self.cells.as_bytes());
                out.push(b'\n');
            }
        }
        Ok(())
    }

    /// Fills the cells of a row.
    fn row<E>(
        &mut self,
        record: &Record<'_>,
        fields: &[FeedField],
        formulas: Formulas,
        names: &mut impl FnMut(&Id) -> Result<Option<String>, E>,
    ) -> Result<(), E> {
        self.cells.clear();
        self.ends.clear();
        for field in fields {
            let start = self.cells.len();
            record.field(*field, names, &mut self.cells)?;
            let is_formula = self.cells.get(start..).is_some_and(csv::is_formula);
            if is_formula && formulas == Formulas::Neutralised {
                self.cells.insert(start, '\'');
            }
            self.ends.push(self.cells.len());
        }
        Ok(())
    }

    /// Ends the page. JSON tells the next cursor here; in the other formats it stands beside the page.
    pub fn finish(self, next_cursor: Option<&Cursor>, out: &mut Vec<u8>) {
        if !matches!(self.format.0, Shape::Json) {
            return;
        }
        if !self.is_begun {
            out.extend_from_slice(b"{\"items\":[");
        }
        let cursor = serde_json::Value::from(next_cursor.map(Cursor::as_str));
        out.extend_from_slice(format!("],\"next_cursor\":{cursor}}}").as_bytes());
    }
}

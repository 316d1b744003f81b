//! All objects of a state, or those that a feed selects, as one stream of bytes.

#[cfg(test)]
mod tests;

use std::io::Write;

use inthreat_api::{FeedId, PageRequest};
use inthreat_stix::{Id, Kind, RawObject};
use inthreat_store::Result;
use uuid::Uuid;

use crate::{
    context::NAMESPACE,
    fault::Fault,
    feeds::{self, Filter, Order},
    moment::Moment,
    page,
    place::Place,
    reader::Reader,
    replica::Replica,
};

/// How many objects are held at a time.
const PART: usize = if cfg!(test) { 3 } else { 500 };

/// How exported objects stand beside each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// One object a line. Line breaks inside of an object, which stand between its values alone, become blanks.
    #[default]
    Ndjson,
    /// One bundle (STIX 2.1 section 8). Its identifier is made of the state and the feed, so that the same export gives the
    /// same bytes.
    Bundle,
}

/// What is exported.
///
/// ```
/// use inthreat_replica::{ExportFormat, ExportOptions};
///
/// let options = ExportOptions::default().with_format(ExportFormat::Bundle);
/// assert!(options.feed.is_default() && options.as_of.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportOptions {
    /// How objects stand beside each other.
    pub format: ExportFormat,
    /// The feed whose objects are exported; the default one has all.
    pub feed: FeedId,
    /// The state whose objects are exported. `None`: that of now.
    pub as_of: Option<Moment>,
}

impl ExportOptions {
    /// Sets how objects stand beside each other.
    #[must_use]
    pub fn with_format(mut self, format: ExportFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets the feed whose objects are exported.
    #[must_use]
    pub fn with_feed(mut self, feed: FeedId) -> Self {
        self.feed = feed;
        self
    }

    /// Sets the state whose objects are exported.
    #[must_use]
    pub fn with_as_of(mut self, moment: Moment) -> Self {
        self.as_of = Some(moment);
        self
    }
}

/// How much was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// How many objects.
    pub objects: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The state that they are of.
    pub moment: Moment,
}

impl Replica {
    /// Writes the newest versions of all objects of a state, or of those that a feed selects then, in the order of their arrival.
    /// Stored bytes are copied, never written anew from their meaning. Blocks.
    ///
    /// The output gets whole objects, one or more at a time; an error of it ends the export and is the source of an error of
    /// kind `Io`. It is all of one state, whatever is written meanwhile; the write-ahead log only grows until it is done.
    /// `Replica` takes it back as [`Sink`](inthreat_store::Sink).
    ///
    /// ```
    /// use inthreat_replica::{ExportOptions, Options, Replica};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// let mut lines = Vec::new();
    /// let exported = replica.export(&ExportOptions::default(), &mut lines)?;
    /// assert_eq!((exported.objects, lines.len()), (0, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn export(&self, options: &ExportOptions, mut out: impl Write) -> Result<Exported> {
        let (now, community) = (self.readers.options.now(), self.community());
        self.ask_snapshot("export", |reader| {
            let moment = options.as_of.map_or_else(|| reader.moment(now), Ok)?;
            reader.reach(moment)?;
            let feed = feeds::find(&reader.connection, community.as_deref(), &options.feed)?;
            let mut filter = Filter::new(&feed.draft, &PageRequest::default());
            filter.order = Order::OldestFirst;
            filter.as_of = Some(moment.sequence.cast_signed());
            let mut export = Export { out: &mut out, options, objects: 0, bytes: 0 };
            export.all(reader, &filter, moment)?;
            Ok(Exported { objects: export.objects, bytes: export.bytes, moment })
        })
    }
}

/// An export on its way.
struct Export<'a> {
    out: &'a mut dyn Write,
    options: &'a ExportOptions,
    objects: u64,
    bytes: u64,
}

impl Export<'_> {
    fn all(&mut self, reader: &mut Reader, filter: &Filter, moment: Moment) -> Result<(), Fault> {
        let is_bundle = self.options.format == ExportFormat::Bundle;
        if is_bundle {
            let id = self.bundle_id(reader, filter, moment)?;
            self.write(format!(r#"{{"type":"bundle","id":"{id}","objects":["#).as_bytes())?;
        }
        let mut place = Place::default();
        loop {
            let (objects, reached) = reader.select(filter, place, PART, moment.instant.micros())?;
            let is_last = objects.len() < PART;
            self.part(&objects, is_bundle)?;
            if is_last {
                break;
            }
            place.sequence = reached;
        }
        if is_bundle {
            self.write(b"]}\n")?;
        }
        Ok(self.out.flush()?)
    }

    fn part(&mut self, objects: &[RawObject], is_bundle: bool) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        for object in objects {
            if is_bundle {
                if self.objects > 0 {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(object.as_bytes());
            } else {
                let blank = |byte: &u8| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte };
                bytes.extend(object.as_bytes().iter().map(blank));
                bytes.push(b'\n');
            }
            self.objects += 1;
        }
        self.write(&bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.out.write_all(bytes)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn bundle_id(&self, reader: &Reader, filter: &Filter, moment: Moment) -> Result<Id, Fault> {
        let tag = page::tag(&reader.connection)?;
        let instant = filter.skip_expired.then_some(moment.instant.micros());
        let name = format!("{tag} {} {instant:?} {}", moment.sequence, self.options.feed);
        Ok(Id::new(Kind::Bundle, *Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_bytes()))
    }
}

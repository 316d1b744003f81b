//! Reading objects one by one from a source of any size.

pub(crate) mod engine;

use std::{collections::HashSet, fmt, io};

use bytes::Bytes;

use self::engine::Engine;
use crate::{Id, RawObject, Rejected, Timestamp};

/// Reads objects from a source in bounded memory: a bundle, a JSON array, NDJSON, documents one after the other,
/// and the wrappers that [`split::document`](crate::split::document) knows.
///
/// It is an iterator. An item that is no object is an error that reading goes on after, with its place and the
/// reason; only when the source itself fails does reading end ([`ReadErrorKind`]). Objects of bundles within
/// bundles and objects that come twice are delivered like all others; [`Reader::summary`] counts them.
///
/// Memory holds one object at a time, up to [`ReaderOptions::object_size_max`], and the identifiers of those
/// that were read. Objects share the bytes of the block that they were read in: one that is kept for long should
/// be detached ([`RawObject::detach`]).
///
/// ```
/// use inthreat_stix::Reader;
///
/// let file = br#"{"type":"bundle","id":"bundle--1","objects":[{"type":"tool","id":"tool--1"},7,{"type":"url","id":"url--1"}]}"#;
/// let mut reader = Reader::new(file.as_slice());
/// for item in &mut reader {
///     match item {
///         Ok(object) => assert!(object.id().is_some()),
///         Err(error) => assert_eq!(error.to_string(), "read an item as an object"),
///     }
/// }
/// assert_eq!((reader.summary().objects, reader.summary().rejected), (2, 1));
/// ```
pub struct Reader<R> {
    engine: Engine<R>,
    options: ReaderOptions,
    summary: Summary,
    seen: HashSet<(Id, Option<Timestamp>)>,
}

/// How a [`Reader`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReaderOptions {
    /// The largest object that is read, in bytes; 64 MiB. Larger ones are rejected without being kept.
    pub object_size_max: usize,
    /// How many identifiers are remembered to find objects that come twice; 1,000,000, which take some 100 MB.
    /// Later ones are not compared. 0 switches the comparison off.
    pub remembered_ids_max: usize,
}

/// What a [`Reader`] came across.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Objects that were delivered.
    pub objects: usize,
    /// Items that are no objects.
    pub rejected: usize,
    /// Bundles within bundles, which the specification does not allow (section 8).
    pub nested_bundles: usize,
    /// Objects with the identifier and `modified` of one before.
    pub duplicates: usize,
    /// The identifiers of those, in their order; the first [`Summary::DUPLICATE_IDS_MAX`].
    pub duplicate_ids: Vec<Id>,
}

impl Summary {
    /// How many identifiers of duplicates are listed.
    pub const DUPLICATE_IDS_MAX: usize = 100;
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { object_size_max: 64 * 1024 * 1024, remembered_ids_max: 1_000_000 }
    }
}

impl ReaderOptions {
    /// The same with another limit for the size of an object, in bytes.
    #[must_use]
    pub fn with_object_size_max(self, object_size_max: usize) -> Self {
        Self { object_size_max, ..self }
    }

    /// The same with another number of identifiers to remember.
    #[must_use]
    pub fn with_remembered_ids_max(self, remembered_ids_max: usize) -> Self {
        Self { remembered_ids_max, ..self }
    }
}

impl<R: io::Read> Reader<R> {
    /// Reads from a source. It is read in large pieces, so it needs no buffer of its own.
    pub fn new(source: R) -> Self {
        Self::with_options(source, ReaderOptions::default())
    }

    /// Reads from a source with other limits.
    pub fn with_options(source: R, options: ReaderOptions) -> Self {
        Self {
            engine: Engine::new(Some(source), Bytes::new(), options.object_size_max),
            options,
            summary: Summary::default(),
            seen: HashSet::new(),
        }
    }

    /// What was read so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn note(&mut self, object: &RawObject) {
        self.summary.objects += 1;
        let Some(id) = object.id().and_then(|id| Id::lenient(id).ok()) else { return };
        let version = (id, object.modified());
        if self.seen.contains(&version) {
            self.summary.duplicates += 1;
            if self.summary.duplicate_ids.len() < Summary::DUPLICATE_IDS_MAX {
                self.summary.duplicate_ids.push(version.0);
            }
        } else if self.seen.len() < self.options.remembered_ids_max {
            self.seen.insert(version);
        }
    }
}

impl<R: io::Read> Iterator for Reader<R> {
    type Item = Result<RawObject, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.engine.next();
        self.summary.nested_bundles = self.engine.nested_bundles;
        match item {
            Some(Ok(object)) => {
                self.note(&object);
                Some(Ok(object))
            }
            Some(Err(rejected)) => {
                self.summary.rejected += 1;
                Some(Err(ReadError(Cause::Rejected(rejected))))
            }
            None => {
                let failure = self.engine.take_failure()?;
                Some(Err(ReadError(Cause::Source(failure))))
            }
        }
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// What a [`Reader`] could not read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ReadError(Cause);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("read an item as an object")]
    Rejected(#[source] Rejected),
    #[error("read from the source")]
    Source(#[source] io::Error),
}

/// What can be done about a [`ReadError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// One item is no object; reading goes on with the next.
    Rejected,
    /// The source failed; nothing more is read.
    Source,
}

impl ReadError {
    /// What can be done about it.
    pub fn kind(&self) -> ReadErrorKind {
        match self.0 {
            Cause::Rejected(_) => ReadErrorKind::Rejected,
            Cause::Source(_) => ReadErrorKind::Source,
        }
    }

    /// The item that is no object.
    pub fn rejected(&self) -> Option<&Rejected> {
        match &self.0 {
            Cause::Rejected(rejected) => Some(rejected),
            Cause::Source(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;

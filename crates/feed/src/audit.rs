//! Compares a source with what a sink holds.

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use inthreat_api::{Collections, Cursor, PageRequest, Timer};
use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::{Held, Holdings};
use xxhash_rust::xxh3::xxh3_64;

use crate::{Error, Filter, Options, Result, shutdown::Shutdown, step::Circle, timer::SystemTimer};

/// How a source is compared with a sink.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditOptions {
    /// What is asked of the source, as in [`Options::request`]; the whole feed, or what is newer than its `modified_after`.
    pub request: PageRequest,
    /// Compares one object of so many, always the same ones; 1 for all, which is what is done when nothing is said.
    pub one_of: u64,
    /// What the sink was given; the rest is not missing.
    pub filter: Filter,
    /// What was modified later is passed over, because the sink cannot have it yet: the newest `modified` up to its cursor.
    pub until: Option<Timestamp>,
    /// How many differences are told one by one; 1000 when nothing is said. All are counted.
    pub told_max: usize,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            request: Options::default().request,
            one_of: 1,
            filter: Filter::default(),
            until: None,
            told_max: 1000,
        }
    }
}

impl AuditOptions {
    /// Compares what these options read.
    pub fn of(options: &Options) -> Self {
        Self { request: options.request.clone(), filter: options.filter.clone(), ..Self::default() }
    }

    /// Sets of how many objects one is compared; at least 1.
    #[must_use]
    pub fn with_one_of(mut self, objects: u64) -> Self {
        self.one_of = objects.max(1);
        self
    }

    /// Sets after which `modified` objects are passed over.
    #[must_use]
    pub fn with_until(mut self, until: impl Into<Option<Timestamp>>) -> Self {
        self.until = until.into();
        self
    }

    /// Sets how many differences are told one by one.
    #[must_use]
    pub fn with_told_max(mut self, differences: usize) -> Self {
        self.told_max = differences;
        self
    }
}

/// Compares a source with what a sink holds, by identifier and `modified`. It writes nothing and moves no cursor.
///
/// An object that the sink has and the source does not is not found: a source cannot be asked for everything that it
/// does not have.
#[derive(Clone)]
pub struct Audit {
    source: Arc<dyn Collections>,
    holdings: Arc<dyn Holdings>,
    options: AuditOptions,
    timer: Arc<dyn Timer>,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// Objects that were compared.
    pub compared: u64,
    /// Objects of the source that were passed over: not in the sample, dropped by the filter, or too new.
    pub passed_over: u64,
    /// Objects that the sink does not have.
    pub missing: u64,
    /// Objects of which the sink has an older version.
    pub stale: u64,
    /// Objects of which one side says that they are revoked and the other does not, in the same version.
    pub revoked: u64,
    /// The first differences, in the order of the feed.
    pub drift: Vec<Drift>,
    /// Whether it was told to stop before the end.
    pub is_interrupted: bool,
}

/// An object in which the sink differs from the source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drift {
    /// Its identifier.
    pub id: String,
    /// What differs.
    pub kind: DriftKind,
    /// The `modified` of the source.
    pub source: Option<Timestamp>,
    /// The `modified` of the sink.
    pub held: Option<Timestamp>,
}

/// In what a sink differs from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DriftKind {
    /// The sink does not have the object.
    Missing,
    /// The sink has an older version.
    Stale,
    /// The same version is revoked on one side alone.
    Revoked,
}

impl AuditReport {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.missing == 0 && self.stale == 0 && self.revoked == 0
    }

    fn add(&mut self, object: &RawObject, held: Option<Held>, told_max: usize) {
        self.compared += 1;
        let kind = match held {
            None => DriftKind::Missing,
            Some(held) if held.modified < object.modified() => DriftKind::Stale,
            Some(held)
                if held.modified == object.modified() && held.revoked != object.is_revoked() =>
            {
                DriftKind::Revoked
            }
            // A newer version is what the feed brings later on.
            Some(_) => return,
        };
        match kind {
            DriftKind::Missing => self.missing += 1,
            DriftKind::Stale => self.stale += 1,
            DriftKind::Revoked => self.revoked += 1,
        }
        if self.drift.len() < told_max {
            self.drift.push(Drift {
                id: object.id().unwrap_or_default().to_owned(),
                kind,
                source: object.modified(),
                held: held.and_then(|held| held.modified),
            });
        }
    }
}

impl Audit {
    /// Compares what `source` delivers with what `holdings` has.
    pub fn new(
        source: Arc<dyn Collections>,
        holdings: Arc<dyn Holdings>,
        options: AuditOptions,
    ) -> Self {
        Self { source, holdings, options, timer: Arc::new(SystemTimer::default()) }
    }

    /// Sets where the time comes from, in the place of the system: it decides what has expired.
    #[must_use]
    pub fn with_timer(mut self, timer: Arc<dyn Timer>) -> Self {
        self.timer = timer;
        self
    }

    /// Compares page by page until the feed is at its end or `shutdown` is ready.
    ///
    /// Fails when the source or the sink does. Dropping the future leaves nothing behind.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<AuditReport> {
        let mut shutdown = Shutdown::new(shutdown);
        let mut report = AuditReport::default();
        let mut request = self.options.request.clone();
        let mut circle = Circle::new(None);
        loop {
            let next = tokio::select! {
                biased;
                () = &mut shutdown => {
                    report.is_interrupted = true;
                    return Ok(report);
                }
                next = self.page(request.clone(), &mut report) => next?,
            };
            let is_new = |cursor: &_| request.cursor.as_ref() != Some(cursor);
            match next.filter(is_new) {
                Some(cursor) if !circle.closes(&cursor) => {
                    request = request.with_cursor(cursor);
                    request.modified_after = None;
                }
                _ => return Ok(report),
            }
        }
    }

    /// Compares one page, and gives the cursor behind it; none at the end.
    async fn page(&self, request: PageRequest, report: &mut AuditReport) -> Result<Option<Cursor>> {
        let feed = request.feed.clone();
        let page = self.source.page(request).await.map_err(|error| {
            Error::source_failed(format!("compare the feed `{feed}` with the sink"), error)
        })?;
        if page.is_empty() {
            return Ok(None);
        }
        let all = page.objects.len() as u64;
        let mut objects = page.objects;
        objects.retain(|object| self.is_compared(object));
        self.options.filter.apply(&mut objects, self.timer.unix_seconds());
        let pairs: Vec<_> = objects
            .iter()
            .filter_map(|object| Some((object, Id::lenient(object.id()?).ok()?)))
            .collect();
        let ids = pairs.iter().map(|(_, id)| id.clone()).collect();
        let held = self.holdings.holdings(ids).await.map_err(|error| {
            Error::store_failed(format!("compare the feed `{feed}` with the sink"), error)
        })?;
        report.passed_over += all - pairs.len() as u64;
        for ((object, _), held) in pairs.into_iter().zip(held) {
            report.add(object, held, self.options.told_max);
        }
        Ok(page.next_cursor)
    }

    fn is_compared(&self, object: &RawObject) -> bool {
        let id = object.id().unwrap_or_default();
        let is_in_sample = xxh3_64(id.as_bytes()).is_multiple_of(self.options.one_of.max(1));
        let is_known = self.options.until.is_none_or(|until| object.modified() <= Some(until));
        is_in_sample && is_known
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("options", &self.options).finish_non_exhaustive()
    }
}

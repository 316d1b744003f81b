//! Reports and what they name (CONTRACT 2.4).

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use inthreat_api::{
    Error, ObjectList, ObservableType, PageRequest, Reports, ReportsRequest, Result, TypedRequest,
};
use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use inthreat_store::index::IndexRows;
use rusqlite::params;
use serde::Deserialize;

use crate::{
    bitmaps::{Dimension, Mark},
    fault::Fault,
    feeds::{self, Filter},
    key::Key,
    listing::{Among, CHECKED_MAX, Conditions, Marked, Part, Window, has_type},
    names,
    reader::Reader,
    replica::Replica,
};

/// How many contents of a report are told when nothing is said, and at most (CONTRACT 2.4).
const CONTENTS_DEFAULT: u32 = 100;
const CONTENTS_MAX: u32 = 2000;
/// How many bodies of reports are opened for one question.
const OPENED_MAX: usize = 10_000;

/// Answers with the objects of type `report`.
#[async_trait]
impl Reports for Replica {
    /// Reports, the newest arrivals first. FLINT reports are those that say so (`x_ic_is_in_flint`). By an instant or a type, no more
    /// than 10,000 reports are looked at, and the total is what was found among these.
    async fn list_reports(&self, request: ReportsRequest) -> Result<ObjectList> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = request.feed.as_ref();
            let feed = feed.map(|id| feeds::find(&reader.connection, community.as_deref(), id));
            let filter =
                feed.transpose()?.map(|feed| Filter::new(&feed.draft, &PageRequest::default()));
            let part = reader.reports(&request, filter.as_ref(), now)?;
            reader.objects_of(&part)
        };
        self.answer("list the reports of", answer).await
    }

    async fn report(&self, id: Id) -> Result<RawObject> {
        self.answer("read a report from", move |reader| reader.report(&id)).await
    }

    /// The objects that a report names as far as they are known, observables left out, in the order of their arrival.
    async fn report_objects(&self, id: Id, request: TypedRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = contents(&request)?;
            let report = reader.report(&id)?;
            let mut named = BTreeSet::new();
            for id in IndexRows::of(&report).references {
                let kind = id.kind();
                let is_wanted = request.types.is_empty()
                    || request.types.iter().any(|one| one == kind.as_str());
                if is_wanted && !is_observable(&kind) {
                    named.extend(reader.resolve(&Key::of(&id))?);
                }
            }
            let part = window.of(named);
            reader.objects_of(&part)
        };
        self.answer("read the contents of a report from", answer).await
    }

    /// The observables that a report names as far as they are known, and then those that its indicators name.
    async fn report_observables(&self, id: Id, request: TypedRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = contents(&request)?;
            let report = reader.report(&id)?;
            let part = reader.observables_in(&report, &request.types, window)?;
            let (total, has_more) = (part.total, part.has_more());
            Ok(ObjectList::new(part.items, Some(total), has_more))
        };
        self.answer("read the contents of a report from", answer).await
    }
}

fn contents(request: &TypedRequest) -> Result<Window, Error> {
    Window::within(request.limit, request.offset, CONTENTS_DEFAULT, CONTENTS_MAX)
}

/// Whether objects of a type are observables: those of STIX, and those that only the service knows.
pub(crate) fn is_observable(kind: &Kind) -> bool {
    kind.category() == inthreat_stix::Category::Observable
        || !matches!(ObservableType::from(kind.as_str()), ObservableType::Other(_))
}

/// What a report says about itself that no row has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Published {
    published: Option<String>,
}

impl Reader {
    fn report(&mut self, id: &Id) -> Result<RawObject, Fault> {
        let unknown = || Error::not_found(format!("report `{id}`"));
        let object = self.get(id)?.ok_or_else(unknown)?;
        if object.object_type() != Some(Kind::Report.as_str()) {
            return Err(unknown().into());
        }
        Ok(object)
    }

    fn reports(
        &mut self,
        request: &ReportsRequest,
        feed: Option<&Filter>,
        now: i64,
    ) -> Result<Part<i64>, Fault> {
        let window = Window::new(request.limit, request.offset)?;
        let types = [Kind::Report.as_str().to_owned()];
        let mut marked = Marked::all(&self.connection)?
            .with(&self.connection, Dimension::Type, &types)?
            .with_flag(Mark::FLINT, request.only_flint.then_some(true));
        if let Some(filter) = feed {
            marked = marked.with_filter(&self.connection, filter)?;
        }
        let conditions = Conditions {
            valid_behind: feed.filter(|feed| feed.skip_expired).map(|_| now),
            ..Conditions::default()
        };
        let among = Among::All { is_backward: true };
        if request.start.is_none() && request.end.is_none() && request.types.is_empty() {
            return self.list(among, &marked, &conditions, window);
        }
        let opened_max = u32::try_from(OPENED_MAX).unwrap_or(u32::MAX);
        let opened = Window::within(Some(opened_max), None, opened_max, opened_max)?;
        let opened = self.list(among, &marked, &conditions, opened)?;
        let mut part = Part::new(window);
        part.is_cut = opened.has_more();
        for sequence in opened.items {
            if is_asked_for(&self.object(sequence)?, request) {
                part.add(sequence);
            }
        }
        Ok(part)
    }

    /// The reports that name one of these identifiers, by arrival; of these names where some are given.
    pub(crate) fn reports_naming(
        &self,
        keys: &[Key],
        texts: &[String],
        window: Window,
    ) -> Result<Part<i64>, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT sequence FROM mentions WHERE key = ?1 LIMIT ?2")?;
        let limit = i64::try_from(CHECKED_MAX).unwrap_or(i64::MAX);
        let mut found = BTreeSet::new();
        let mut is_cut = false;
        for key in keys {
            let before = found.len();
            for sequence in statement.query_map(params![key, limit], |row| row.get::<_, i64>(0))? {
                found.insert(sequence?);
            }
            is_cut |= found.len() - before == CHECKED_MAX;
            if found.len() >= CHECKED_MAX {
                is_cut = true;
                break;
            }
        }
        let conditions = Conditions {
            names: texts.iter().map(|name| names::fold(name)).collect(),
            ..Conditions::default()
        };
        let among = Among::Some(found.into_iter().collect(), is_cut);
        self.list(among, &Marked::all(&self.connection)?, &conditions, window)
    }

    /// The observables that a report names, and those of the indicators that it names; of these types where some are given.
    pub(crate) fn observables_in(
        &mut self,
        report: &RawObject,
        types: &[String],
        window: Window,
    ) -> Result<Part<RawObject>, Fault> {
        let references = IndexRows::of(report).references;
        let (direct, indicators): (Vec<_>, Vec<_>) = references
            .into_iter()
            .filter(|id| is_observable(&id.kind()) || id.kind() == Kind::Indicator)
            .partition(|id| id.kind() != Kind::Indicator);
        let mut part = Part::new(window);
        let mut seen = HashSet::new();
        for id in direct.into_iter().chain(indicators) {
            let Some(object) = self.get(&id)? else { continue };
            let all = match object.object_type() {
                Some("indicator") => self.observables_named_by(&object)?,
                _ => vec![object],
            };
            for observable in all {
                if has_type(&observable, types) && seen.insert(observable.id().map(str::to_owned)) {
                    part.add(observable);
                }
            }
            // What lies further behind is not worth its making.
            if part.total > window.end() {
                break;
            }
        }
        Ok(part)
    }
}

/// Whether a report was published when it is asked for, and mentions what is asked for.
fn is_asked_for(report: &RawObject, request: &ReportsRequest) -> bool {
    let is_in_time = || {
        let Published { published } = serde_json::from_str(report.as_str()).unwrap_or_default();
        let published = published.and_then(|text| Timestamp::lenient(&text).ok());
        published.is_some_and(|published| {
            request.start.is_none_or(|start| published >= start)
                && request.end.is_none_or(|end| published <= end)
        })
    };
    let mentions = || {
        let references = IndexRows::of(report).references;
        references.iter().any(|id| request.types.iter().any(|one| one == id.kind().as_str()))
    };
    (request.start.is_none() && request.end.is_none() || is_in_time())
        && (request.types.is_empty() || mentions())
}

//! Which objects of a feed a TAXII filter selects.
//!
//! Of each object a feed has the newest version, and all are STIX 2.1. An object was added when its newest version arrived, where the
//! center tells that; see [`ByDates`] for what counts elsewhere.

use inthreat_api::{
    Arrival, ArrivalPageRequest, Cursor, Error, FeedId, IntelligenceCenter, LIMIT_DEFAULT,
    LIMIT_MAX, PageRequest, Result, Roles,
};
use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_wire::taxii::TaxiiFilter;

use super::by_dates::ByDates;

/// How many pages without a selected object are passed over, before the client is told to go on by itself.
const PAGES_MAX: u32 = 20;

/// Some objects, and how to go on behind them.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    pub(crate) objects: Vec<Arrival>,
    pub(crate) more: bool,
    /// Never absent behind a page of a feed: clients keep it and ask with it for what is new (CONTRACT 6).
    pub(crate) next: Option<String>,
}

/// Which version of an object it is: when it was modified, or else created. One that says neither has always been the same.
pub(crate) fn version(object: &RawObject) -> Timestamp {
    object.modified().or_else(|| object.created()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The objects of a feed that a filter selects.
pub(crate) async fn objects(
    center: &dyn Roles,
    feed: FeedId,
    filter: TaxiiFilter,
) -> Result<Selected> {
    let by_dates = ByDates(center);
    let center = center.as_arrivals().unwrap_or(&by_dates);
    let versions = Wanted::read(&filter)?;
    if !filter.ids.is_empty() {
        let found = center.arrivals_of(feed, filter.ids.clone()).await?;
        return window(found, &filter, &versions);
    }
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let mut request = ArrivalPageRequest::new(feed).with_limit(limit).with_types(filter.types);
    request.arrived_after = filter.added_after;
    request.cursor =
        filter.next.map(Cursor::new).transpose().map_err(|error| wrong_next(&error))?;
    if versions == Wanted::Of(Vec::new()) {
        center.arrival_page(request.clone().with_limit(1)).await.map_err(of_next)?;
        let next = request.cursor.map(|cursor| cursor.as_str().to_owned());
        return Ok(Selected { next, ..Selected::default() });
    }
    let mut turn = 0;
    loop {
        turn += 1;
        let page = center.arrival_page(request.clone()).await.map_err(of_next)?;
        let is_full = page.len() >= limit as usize;
        let next = page.next_cursor.or_else(|| request.cursor.clone());
        let mut more = is_full && next != request.cursor;
        request.cursor = next;
        if more {
            // Whoever is told that there is more must find something.
            more = !center.arrival_page(request.clone().with_limit(1)).await?.is_empty();
        }
        let is_wanted = |arrival: &Arrival| versions.is_wanted(&arrival.object);
        let objects: Vec<_> = page.arrivals.into_iter().filter(is_wanted).collect();
        if !objects.is_empty() || !more || turn == PAGES_MAX {
            let next = request.cursor.map(|cursor| cursor.as_str().to_owned());
            return Ok(Selected { objects, more, next });
        }
    }
}

/// One object of a feed, if the filter selects its version. Fails with
/// [`NotFound`](inthreat_api::ErrorKind::NotFound) when the feed does not have it.
pub(crate) async fn object(
    center: &dyn Roles,
    feed: FeedId,
    id: Id,
    filter: TaxiiFilter,
) -> Result<Selected> {
    let by_dates = ByDates(center);
    let center = center.as_arrivals().unwrap_or(&by_dates);
    let versions = Wanted::read(&filter)?;
    let found = center.arrivals_of(feed.clone(), vec![id.clone()]).await?;
    if found.is_empty() {
        return Err(Error::not_found(format_args!("object `{id}` in collection `{feed}`")));
    }
    window(found, &filter, &versions)
}

/// Fails with [`NotFound`](inthreat_api::ErrorKind::NotFound) where there is no such feed.
pub(crate) async fn check_feed(center: &dyn IntelligenceCenter, feed: &FeedId) -> Result<()> {
    // Feeds of which only pages are known are feeds, too.
    center.page(whole(feed.clone()).with_limit(1)).await.map(drop)
}

/// Asks for objects as they were written: what narrows them is for the filter to say.
pub(crate) fn whole(feed: FeedId) -> PageRequest {
    let mut request = PageRequest::new(feed);
    (request.return_all_fields, request.convert_network_traffic) = (Some(true), Some(false));
    request
}

/// What a filter leaves of objects that were asked for by name, in pages whose `next` counts.
fn window(mut objects: Vec<Arrival>, filter: &TaxiiFilter, versions: &Wanted) -> Result<Selected> {
    objects.retain(|Arrival { object, arrived, .. }| {
        let is_type = |one: &String| object.object_type() == Some(one);
        (filter.types.is_empty() || filter.types.iter().any(is_type))
            && filter.added_after.is_none_or(|after| *arrived > after)
            && versions.is_wanted(object)
    });
    objects.sort_by(|one, other| {
        (one.arrived, one.object.id()).cmp(&(other.arrived, other.object.id()))
    });
    let passed = filter.next.as_ref().map(|next| next.parse::<usize>()).transpose();
    let passed = passed.map_err(|error| wrong_next(&error))?.unwrap_or(0);
    let limit = filter.limit.unwrap_or(LIMIT_MAX) as usize;
    let more = objects.len().saturating_sub(passed) > limit;
    let next = more.then(|| (passed + limit).to_string());
    let objects = objects.into_iter().skip(passed).take(limit).collect();
    Ok(Selected { objects, more, next })
}

/// Tells of a cursor by the name that it has here.
fn of_next(error: Error) -> Error {
    if error.field() == Some("cursor") { wrong_next(&error) } else { error }
}

fn wrong_next(reason: &impl ToString) -> Error {
    Error::invalid("next", format_args!("it was never given out ({})", reason.to_string()))
}

/// Which versions of objects are selected.
#[derive(Debug, PartialEq)]
enum Wanted {
    /// The newest, which is the only one.
    Newest,
    /// Those of these instants.
    Of(Vec<Timestamp>),
}

impl Wanted {
    fn read(filter: &TaxiiFilter) -> Result<Self> {
        let is_ours = |version: &String| version == "2.1";
        if !filter.spec_versions.is_empty() && !filter.spec_versions.iter().any(is_ours) {
            return Ok(Self::Of(Vec::new()));
        }
        let mut instants = Vec::new();
        let mut is_newest = filter.versions.is_empty();
        for version in &filter.versions {
            if matches!(version.as_str(), "first" | "last" | "all") {
                is_newest = true;
                continue;
            }
            let instant = Timestamp::lenient(version)
                .map_err(|error| Error::invalid("match[version]", error))?;
            instants.push(instant);
        }
        Ok(if is_newest { Self::Newest } else { Self::Of(instants) })
    }

    fn is_wanted(&self, object: &RawObject) -> bool {
        match self {
            Self::Newest => true,
            Self::Of(instants) => instants.contains(&version(object)),
        }
    }
}

//! Which objects of a feed a TAXII filter selects.
//!
//! An object counts as added when it was modified, or else created: that is what feeds sort and select by. Of each
//! object a feed has the newest version, and all are STIX 2.1.

use std::collections::HashSet;

use inthreat_api::{
    Cursor, Error, FeedId, IntelligenceCenter, LIMIT_DEFAULT, LIMIT_MAX, PageRequest, Result,
};
use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_wire::taxii::TaxiiFilter;

/// How many pages without a selected object are passed over, before the client is told to go on by itself.
const PAGES_MAX: u32 = 20;

/// Some objects, and how to go on behind them.
#[derive(Debug, Default)]
pub(crate) struct Selected {
    pub(crate) objects: Vec<RawObject>,
    pub(crate) more: bool,
    /// Never absent behind a page of a feed: clients keep it and ask with it for what is new (CONTRACT 6).
    pub(crate) next: Option<String>,
}

/// When an object was added. One that does not say so has always been there.
pub(crate) fn date_added(object: &RawObject) -> Option<Timestamp> {
    let date = object.modified().or_else(|| object.created());
    date.or_else(|| Timestamp::from_unix(0, 0))
}

/// The objects of a feed that a filter selects.
pub(crate) async fn objects(
    center: &dyn IntelligenceCenter,
    feed: FeedId,
    filter: TaxiiFilter,
) -> Result<Selected> {
    let versions = Wanted::read(&filter)?;
    if !filter.ids.is_empty() {
        let found = members(center, &feed, filter.ids.clone()).await?;
        return window(found, &filter, &versions);
    }
    let limit = filter.limit.unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let mut request = whole(feed).with_limit(limit).with_types(filter.types);
    request.modified_after = filter.added_after;
    request.cursor =
        filter.next.map(Cursor::new).transpose().map_err(|error| wrong_next(&error))?;
    if versions == Wanted::Of(Vec::new()) {
        center.page(request.clone().with_limit(1)).await.map_err(of_next)?;
        let next = request.cursor.map(|cursor| cursor.as_str().to_owned());
        return Ok(Selected { next, ..Selected::default() });
    }
    let mut turn = 0;
    loop {
        turn += 1;
        let page = center.page(request.clone()).await.map_err(of_next)?;
        let is_full = page.len() >= limit as usize;
        let next = page.next_cursor.or_else(|| request.cursor.clone());
        let mut more = is_full && next != request.cursor;
        request.cursor = next;
        if more {
            // Whoever is told that there is more must find something.
            more = !center.page(request.clone().with_limit(1)).await?.is_empty();
        }
        let is_wanted = |object: &RawObject| versions.is_wanted(object);
        let objects: Vec<_> = page.objects.into_iter().filter(is_wanted).collect();
        if !objects.is_empty() || !more || turn == PAGES_MAX {
            let next = request.cursor.map(|cursor| cursor.as_str().to_owned());
            return Ok(Selected { objects, more, next });
        }
    }
}

/// One object of a feed, if the filter selects its version. Fails with
/// [`NotFound`](inthreat_api::ErrorKind::NotFound) when the feed does not have it.
pub(crate) async fn object(
    center: &dyn IntelligenceCenter,
    feed: FeedId,
    id: Id,
    filter: TaxiiFilter,
) -> Result<Selected> {
    let versions = Wanted::read(&filter)?;
    let found = members(center, &feed, vec![id.clone()]).await?;
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

/// Those of the objects that are in the feed.
///
/// No feed is asked by identifiers, so it is read from the oldest of the objects on, with their types alone.
async fn members(
    center: &dyn IntelligenceCenter,
    feed: &FeedId,
    ids: Vec<Id>,
) -> Result<Vec<RawObject>> {
    let known = center.objects(ids).await?;
    let mut request = whole(feed.clone());
    if known.is_empty() {
        // A feed that does not exist is to be told even so.
        check_feed(center, feed).await?;
    }
    if known.is_empty() || feed.is_default() {
        return Ok(known);
    }
    request.limit = Some(LIMIT_MAX);
    let types: Option<HashSet<_>> = known.iter().map(RawObject::object_type).collect();
    request = request.with_types(types.into_iter().flatten());
    if known.iter().all(|object| object.modified().or_else(|| object.created()).is_some()) {
        let oldest = known.iter().map(date_added).min();
        request.modified_after = oldest.flatten().and_then(|date| date.plus_seconds(-1));
    }
    let mut wanted: HashSet<_> =
        known.iter().filter_map(|object| object.id().map(str::to_owned)).collect();
    let mut found = Vec::new();
    while !wanted.is_empty() {
        let page = center.page(request.clone()).await?;
        let is_last = page.objects.is_empty() && page.rejected.is_empty();
        let is_wanted = |object: &RawObject| object.id().is_some_and(|id| wanted.remove(id));
        found.extend(page.objects.into_iter().filter(is_wanted));
        if is_last || page.next_cursor.is_none() || page.next_cursor == request.cursor {
            break;
        }
        request.cursor = page.next_cursor;
    }
    Ok(found)
}

/// What a filter leaves of objects that were asked for by name, in pages whose `next` counts.
fn window(
    mut objects: Vec<RawObject>,
    filter: &TaxiiFilter,
    versions: &Wanted,
) -> Result<Selected> {
    objects.retain(|object| {
        let is_type = |one: &String| object.object_type() == Some(one);
        (filter.types.is_empty() || filter.types.iter().any(is_type))
            && filter.added_after.is_none_or(|after| date_added(object) > Some(after))
            && versions.is_wanted(object)
    });
    objects.sort_by(|one, other| (date_added(one), one.id()).cmp(&(date_added(other), other.id())));
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
            Self::Of(instants) => date_added(object).is_some_and(|date| instants.contains(&date)),
        }
    }
}

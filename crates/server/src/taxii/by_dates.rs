//! Collections of a center that does not tell when what arrived.

use std::collections::HashSet;

use async_trait::async_trait;
use inthreat_api::{
    Arrival, ArrivalPage, ArrivalPageRequest, Arrivals, FeedId, IntelligenceCenter, LIMIT_MAX,
    Result,
};
use inthreat_stix::{Id, RawObject};

use super::select::{check_feed, version, whole};

/// A center whose objects count as arrived when they were modified, or else created: that is what feeds sort and select by.
///
/// It is as good as it gets, and breaks what [`Arrivals`] promises: two objects may have one instant, and what arrives late with
/// an old instant is only found by cursors. Pages come in the order of their feed.
pub(super) struct ByDates<'a>(pub(super) &'a dyn IntelligenceCenter);

#[async_trait]
impl Arrivals for ByDates<'_> {
    async fn arrival_page(&self, request: ArrivalPageRequest) -> Result<ArrivalPage> {
        let mut asked = whole(request.feed).with_cursor(request.cursor).with_types(request.types);
        (asked.limit, asked.modified_after) = (request.limit, request.arrived_after);
        let page = self.0.page(asked).await?;
        let arrivals = page.objects.into_iter().map(dated).collect();
        let mut answer = ArrivalPage::new(arrivals, page.next_cursor);
        answer.rejected = page.rejected;
        Ok(answer)
    }

    /// No feed is asked by identifiers, so it is read from the oldest of the objects on, with their types alone.
    async fn arrivals_of(&self, feed: FeedId, ids: Vec<Id>) -> Result<Vec<Arrival>> {
        let known = self.0.objects(ids).await?;
        if known.is_empty() {
            // A feed that does not exist is to be told even so.
            check_feed(self.0, &feed).await?;
        }
        if known.is_empty() || feed.is_default() {
            return Ok(known.into_iter().map(dated).collect());
        }
        let types: Option<HashSet<_>> = known.iter().map(RawObject::object_type).collect();
        let mut request = whole(feed).with_limit(LIMIT_MAX);
        request = request.with_types(types.into_iter().flatten());
        if known.iter().all(|object| object.modified().or_else(|| object.created()).is_some()) {
            let oldest = known.iter().map(version).min();
            request.modified_after = oldest.and_then(|date| date.plus_seconds(-1));
        }
        let mut wanted: HashSet<_> =
            known.iter().filter_map(|object| object.id().map(str::to_owned)).collect();
        let mut found = Vec::new();
        while !wanted.is_empty() {
            let page = self.0.page(request.clone()).await?;
            let is_last = page.is_empty();
            let is_wanted = |object: &RawObject| object.id().is_some_and(|id| wanted.remove(id));
            found.extend(page.objects.into_iter().filter(is_wanted).map(dated));
            if is_last || page.next_cursor.is_none() || page.next_cursor == request.cursor {
                break;
            }
            request.cursor = page.next_cursor;
        }
        Ok(found)
    }
}

fn dated(object: RawObject) -> Arrival {
    let arrived = version(&object);
    Arrival::new(object, arrived)
}

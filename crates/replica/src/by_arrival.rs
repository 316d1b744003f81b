//! Feeds by arrival: pages of what came behind an instant, and when an object came.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use async_trait::async_trait;
use inthreat_api::{
    Arrival, ArrivalPage, ArrivalPageRequest, Arrivals, Error, Feed, FeedId, LIMIT_DEFAULT,
    LIMIT_MAX, PageRequest, Result,
};
use inthreat_stix::{Id, RawObject};

use crate::{
    arrivals,
    fault::Fault,
    feeds::{self, Filter, Order},
    instant,
    key::Key,
    page,
    place::Place,
    reader::Reader,
    replica::Replica,
};

/// A version counts as arrived when its batch was committed, less a microsecond for each version behind it in the batch, so that no two
/// have one instant. Where the log of commits was cut off by a compaction or begun anew by a rebuild, what came before counts as
/// arrived in front of the first commit that is known, in its order.
///
/// What a process that does not write finds is behind what was stored by some batches, as it is in pages of feeds with filters.
#[async_trait]
impl Arrivals for Replica {
    async fn arrival_page(&self, request: ArrivalPageRequest) -> Result<ArrivalPage> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = feeds::find(&reader.connection, community.as_deref(), &request.feed)?;
            reader.arrival_page(&feed, &request, now)
        };
        self.answer_page("read a page of", answer).await
    }

    async fn arrivals_of(&self, feed: FeedId, ids: Vec<Id>) -> Result<Vec<Arrival>> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = feeds::find(&reader.connection, community.as_deref(), &feed)?;
            reader.arrivals_of(&feed, &ids, now)
        };
        self.answer_page("read objects from", answer).await
    }
}

impl Reader {
    fn arrival_page(
        &mut self,
        feed: &Feed,
        request: &ArrivalPageRequest,
        now: i64,
    ) -> Result<ArrivalPage, Fault> {
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")).into());
        }
        let filter = oldest_first(feed, &request.types);
        let tag = page::tag(&self.connection)?;
        let cursor = request.cursor.as_ref();
        let mut place =
            cursor.map(|cursor| Place::from_cursor(cursor, tag)).transpose()?.unwrap_or_default();
        if let Some(after) = request.arrived_after {
            let arrived = arrivals::last_until(&self.connection, after.micros())?;
            place.sequence = place.sequence.max(arrived);
        }
        let (sequences, reached) = self.choose(&filter, place, limit as usize, now)?;
        let next_cursor = match &request.cursor {
            Some(sent) if sequences.is_empty() => sent.clone(),
            _ => Place { sequence: reached, ..place }.to_cursor(tag)?,
        };
        let objects = self.objects_of_page(&sequences)?;
        Ok(ArrivalPage::new(self.dated(&sequences, objects)?, Some(next_cursor)))
    }

    fn arrivals_of(&mut self, feed: &Feed, ids: &[Id], now: i64) -> Result<Vec<Arrival>, Fault> {
        let filter = oldest_first(feed, &[]);
        let mut seen = HashSet::new();
        let mut sequences = Vec::new();
        for id in ids {
            let Some(sequence) = self.resolve(&Key::of(id))? else { continue };
            if seen.insert(sequence) && self.selects(&filter, sequence, now)? {
                sequences.push(sequence);
            }
        }
        let objects = sequences.iter().map(|sequence| self.object(*sequence));
        let objects = objects.collect::<Result<_, _>>()?;
        self.dated(&sequences, objects)
    }

    fn dated(&self, sequences: &[i64], objects: Vec<RawObject>) -> Result<Vec<Arrival>, Fault> {
        let arrived = arrivals::instants_of(&self.connection, sequences)?;
        let dated = objects.into_iter().zip(arrived).map(|(object, arrived)| {
            let arrived = instant::from_micros(arrived)
                .ok_or_else(|| Fault::corrupt("an instant in `arrivals` is none"))?;
            Ok(Arrival::new(object, arrived))
        });
        dated.collect()
    }
}

/// What a feed selects, in the order of arrival, whatever its own.
fn oldest_first(feed: &Feed, types: &[String]) -> Filter {
    let request = PageRequest::default().with_types(types);
    Filter { order: Order::OldestFirst, ..Filter::new(&feed.draft, &request) }
}

//! Pages of observables, relationships and patterns (CONTRACT 2.2).

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use inthreat_api::{
    Cursor, Error, Feed, FeedId, LIMIT_DEFAULT, LIMIT_MAX, LiveCollections, ObservablePageRequest,
    ObservableType, Page, PageRequest, PatternEntry, PatternPage, PatternPageRequest, Related,
    RelatedPage, RelationshipPageRequest, Result,
};
use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use rusqlite::params;
use serde::Deserialize;

use crate::{
    bitmaps::{Dimension, Mark},
    fault::Fault,
    feeds, instant,
    key::Key,
    listing::{Marked, go_on, has_type},
    newest, page,
    place::Place,
    reader::Reader,
    replica::Replica,
    words,
};

/// How many objects one may ask for the relationships of.
const IDS_MAX: usize = 200;
/// The cursor of a page of observables has its place within an indicator in so many bits.
const ORDINAL_BITS: u32 = 12;
/// So many observables of one indicator are delivered.
const ORDINAL_MAX: usize = 1 << ORDINAL_BITS;
/// How many objects that name observables are taken up at a time.
const STEP: usize = 256;

/// Delivers in the order of arrival, by cursors that are good for ever.
///
/// What a process that does not write finds is behind what was stored by some batches, as it is in pages of feeds with
/// filters.
#[async_trait]
impl LiveCollections for Replica {
    /// A page of the observables that are stored or that indicators name. One is delivered again when another object comes that
    /// names it, or when one changes that does; in a page it stands once. Tags are always delivered.
    async fn observable_page(&self, request: ObservablePageRequest) -> Result<Page> {
        let answer = move |reader: &mut Reader| reader.observable_page(&request);
        self.answer_page("read a page of observables of", answer).await
    }

    /// A page of the relationships of at most 200 objects, revoked ones too, each with the end that it does not share with the one that
    /// was asked for first.
    async fn relationship_page(&self, request: RelationshipPageRequest) -> Result<RelatedPage> {
        let answer = move |reader: &mut Reader| reader.relationship_page(&request);
        self.answer_page("read a page of relationships of", answer).await
    }

    /// A page of the patterns of the indicators that a feed selects, in the order of the feed; patterns are as they are written.
    async fn patterns(&self, feed: FeedId, request: PatternPageRequest) -> Result<PatternPage> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = feeds::find(&reader.connection, community.as_deref(), &feed)?;
            reader.patterns(&feed, &request, now)
        };
        self.answer_page("read a page of patterns of", answer).await
    }
}

/// An indicator as a page of patterns reads it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Patterned {
    pattern: Option<String>,
    pattern_type: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

impl Reader {
    fn observable_page(&mut self, request: &ObservablePageRequest) -> Result<Page, Fault> {
        let limit = checked(request.limit)?;
        let place = self.place(request.cursor.as_ref(), request.modified_after)?;
        let (first, skipped) =
            (place.sequence >> ORDINAL_BITS, place.sequence % (1 << ORDINAL_BITS));
        let marked = self.naming_observables(&request.types)?;
        let mut objects = Vec::new();
        let mut seen = HashSet::new();
        let mut next = first.max(1);
        let mut skipped = usize::try_from(skipped).unwrap_or_default();
        let mut reached = place.sequence;
        'page: loop {
            if let Some(after) = place.after {
                // Stretches of the arrival log in which nothing is new enough are passed over.
                let chunk = next.div_euclid(newest::CHUNK);
                match newest::next_chunk(&self.connection, chunk, after, false)? {
                    Some(found) => next = next.max(found.saturating_mul(newest::CHUNK)),
                    None => break,
                }
            }
            let mut sequences = Vec::with_capacity(STEP);
            marked.walk(&self.connection, next, false, |sequence| {
                sequences.push(sequence);
                Ok(go_on(sequences.len() < STEP))
            })?;
            let Some(last) = sequences.last() else {
                // What names no observable need not be read again.
                reached = reached.max(end_of(next - 1));
                break;
            };
            next = last.saturating_add(1);
            for sequence in sequences {
                let passed = if sequence == first { skipped } else { 0 };
                if !self.is_modified_after(sequence, place.after)? {
                    continue;
                }
                let object = self.object(sequence)?;
                let found = self.observables_named_by(&object)?;
                for (ordinal, observable) in
                    found.into_iter().enumerate().take(ORDINAL_MAX - 1).skip(passed)
                {
                    let is_wanted = has_type(&observable, &request.types);
                    if !is_wanted || !seen.insert(observable.id().map(str::to_owned)) {
                        continue;
                    }
                    if objects.len() == limit {
                        break 'page;
                    }
                    objects.push(observable);
                    let ordinal = i64::try_from(ordinal + 1).unwrap_or_default();
                    reached = sequence.saturating_mul(1 << ORDINAL_BITS).saturating_add(ordinal);
                }
            }
            skipped = 0;
        }
        let next_cursor =
            self.behind(request.cursor.as_ref(), place, reached, objects.is_empty())?;
        Ok(Page::new(objects, Some(next_cursor)))
    }

    /// The objects that may name observables of these types; of any type where none is named.
    fn naming_observables(&self, types: &[String]) -> Result<Marked, Fault> {
        let mut marks = Vec::new();
        let all: Vec<&str> = ObservableType::KNOWN.iter().map(ObservableType::as_str).collect();
        for text in all.into_iter().chain([Kind::Indicator.as_str()]) {
            if types.is_empty() || text == "indicator" || types.iter().any(|one| one == text) {
                let word = words::find(&self.connection, text)?;
                marks.extend(word.map(|word| Mark::new(Dimension::Type, word)));
            }
        }
        Ok(Marked::all(&self.connection)?.with_any(marks))
    }

    fn is_modified_after(&self, sequence: i64, after: Option<(i64, i64)>) -> Result<bool, Fault> {
        match after {
            None => Ok(true),
            Some(after) => Ok(self.listed(sequence)?.is_some_and(|row| row.is_after(after))),
        }
    }

    fn relationship_page(
        &mut self,
        request: &RelationshipPageRequest,
    ) -> Result<RelatedPage, Fault> {
        let limit = checked(request.limit)?;
        if !(1..=IDS_MAX).contains(&request.ids.len()) {
            let reason = format!("expected 1 to {IDS_MAX} identifiers");
            return Err(Error::invalid("match[id]", reason).into());
        }
        let place = self.place(request.cursor.as_ref(), request.modified_after)?;
        let mut found = BTreeMap::new();
        for id in &request.ids {
            for (sequence, other) in self.edges_behind(id, place, limit)? {
                found.entry(sequence).or_insert(other);
            }
        }
        let mut items = Vec::new();
        let mut reached = place.sequence;
        for (sequence, other) in found.into_iter().take(limit) {
            let relationship = self.object(sequence)?;
            let related = match self.resolve(&other)? {
                Some(sequence) => Some(self.object(sequence)?),
                None => None,
            };
            items.push(Related::new(relationship, related));
            reached = sequence;
        }
        let next_cursor = self.behind(request.cursor.as_ref(), place, reached, items.is_empty())?;
        let mut page = RelatedPage::default();
        page.items = items;
        page.next_cursor = Some(next_cursor);
        Ok(page)
    }

    /// The first relationships of an object behind a place: their sequences, and the keys of their other ends.
    fn edges_behind(&self, id: &Id, place: Place, limit: usize) -> Result<Vec<(i64, Key)>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.sequence, e.other FROM edges e CROSS JOIN objects o ON o.sequence = e.sequence
             WHERE e.key = ?1 AND e.sequence > ?2 AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
                 AND (?3 IS NULL OR
                     (coalesce(modified, created), coalesce(modified_rest, created_rest)) > (?3, ?4))
             ORDER BY e.sequence LIMIT ?5",
        )?;
        let (micros, rest) = place.after.unzip();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![Key::of(id), place.sequence, micros, rest, limit];
        let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn patterns(
        &mut self,
        feed: &Feed,
        request: &PatternPageRequest,
        now: i64,
    ) -> Result<PatternPage, Fault> {
        let mut question = PageRequest::new(feed.id.clone()).with_types([Kind::Indicator.as_str()]);
        question.limit = request.limit;
        question.modified_after = request.modified_after;
        question.include_revoked = Some(request.include_revoked);
        question.convert_network_traffic = Some(false);
        question.cursor.clone_from(&request.cursor);
        if let (None, Some(uuid)) = (&request.cursor, &request.after_id) {
            let sequence = self.indicator_at(uuid)?;
            let after = request.modified_after.map(instant::to_pair);
            question.cursor =
                Some(Place { sequence, after }.to_cursor(page::tag(&self.connection)?)?);
        }
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT) as usize;
        let found = self.page(feed, &question, now)?;
        let mut answer = PatternPage::default();
        answer.items = found.objects.iter().map(entry).collect();
        answer.next_id = match answer.items.last() {
            Some(last) if answer.items.len() == limit => Some(last.uuid.clone()),
            _ => None,
        };
        answer.next_cursor = found.next_cursor;
        Ok(answer)
    }

    /// The sequence of the indicator with this UUID.
    fn indicator_at(&self, uuid: &str) -> Result<i64, Fault> {
        let refused = || Error::invalid("after_id", "it was never given out");
        let id: Id = format!("indicator--{uuid}").parse().map_err(|_| refused())?;
        Ok(self.resolve(&Key::of(&id))?.ok_or_else(refused)?)
    }

    /// Where a page begins.
    fn place(&self, cursor: Option<&Cursor>, after: Option<Timestamp>) -> Result<Place, Fault> {
        Ok(match cursor {
            Some(cursor) => Place::from_cursor(cursor, page::tag(&self.connection)?)?,
            None => Place { sequence: 0, after: after.map(instant::to_pair) },
        })
    }

    /// The cursor behind a page: the one that was sent where it is empty.
    fn behind(
        &self,
        sent: Option<&Cursor>,
        place: Place,
        reached: i64,
        is_empty: bool,
    ) -> Result<Cursor, Fault> {
        match sent {
            Some(sent) if is_empty => Ok(sent.clone()),
            _ => Ok(Place { sequence: reached, ..place }.to_cursor(page::tag(&self.connection)?)?),
        }
    }
}

/// The place behind everything that an object names.
fn end_of(sequence: i64) -> i64 {
    sequence.saturating_mul(1 << ORDINAL_BITS).saturating_add((1 << ORDINAL_BITS) - 1)
}

fn checked(limit: Option<u32>) -> Result<usize, Error> {
    let limit = limit.unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")));
    }
    Ok(limit as usize)
}

fn entry(indicator: &RawObject) -> PatternEntry {
    let found: Patterned = serde_json::from_str(indicator.as_str()).unwrap_or_default();
    let instant = |text: Option<String>| text.and_then(|text| Timestamp::lenient(&text).ok());
    let id = indicator.id().unwrap_or_default();
    let mut entry = PatternEntry::default();
    id.split_once("--").map_or(id, |(_, uuid)| uuid).clone_into(&mut entry.uuid);
    entry.pattern = found.pattern.unwrap_or_default();
    entry.pattern_type = found.pattern_type.unwrap_or_else(|| "stix".to_owned());
    entry.revoked = indicator.is_revoked();
    entry.created = indicator.created();
    entry.modified = indicator.modified();
    entry.valid_from = instant(found.valid_from);
    entry.valid_until = instant(found.valid_until);
    entry
}

//! Questions, and what both sides answer.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use inthreat_api::{
    Collections, ErrorKind, FeedId, FormattedPages, Indicators, Objects, Observable, PageFormat,
    RelationshipsRequest,
};
use inthreat_replica::{Hit, LookupOptions, Replica};
use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::Holdings;
use proptest::{prelude::*, sample::Index};

use super::{Held, Outcome, RUNTIME, World, ok};
use crate::{
    centre::Place,
    feeds::Question,
    formats,
    objects::{Instant, Name, RELATIONSHIP_TYPES, Thing, chosen},
    patterns::{QUERIES, Query},
};

/// How many cursors are held.
const HELD_MAX: usize = 8;
/// How many indicators, and how many contexts, an answer has at most.
const INDICATORS_MAX: usize = 100;
const CONTEXTS_MAX: usize = 20;

pub(super) fn id(name: Name) -> Id {
    Id::lenient(&name.id()).unwrap()
}

pub(super) fn texts(objects: &[RawObject]) -> Vec<&str> {
    objects.iter().map(RawObject::as_str).collect()
}

pub(super) fn observable(query: &Query) -> Observable {
    Observable::new(query.0.into(), query.1)
}

/// What there is to compare of a hit.
type Told = (u64, String, String, Option<String>, [bool; 2], [Option<u64>; 2], Option<u8>);

pub(super) fn told(hits: &[Hit]) -> Vec<Told> {
    let first: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let micros = |instant: Option<Timestamp>| {
        instant.map(|instant| (instant.micros() - first.micros()).cast_unsigned())
    };
    let tell = |hit: &Hit| {
        let validity = [hit.valid_from, hit.valid_until].map(micros);
        let flags = [hit.revoked, hit.deprecated];
        let kind = hit.kind.as_str().to_owned();
        (hit.sequence, hit.id.to_string(), kind, hit.name.clone(), flags, validity, hit.confidence)
    };
    hits.iter().map(tell).collect()
}

pub(super) fn expected_hits(found: &[(usize, &Thing)]) -> Vec<Told> {
    let tell = |(sequence, thing): &(usize, &Thing)| {
        let validity = [thing.valid_from(), thing.valid_until()];
        let validity = validity.map(|instant| instant.map(Instant::micros));
        let flags = [thing.revoked, thing.deprecated];
        let kind = thing.name.kind().to_owned();
        let title = thing.title().map(ToOwned::to_owned);
        (*sequence as u64, thing.name.id(), kind, title, flags, validity, thing.confidence)
    };
    found.iter().map(tell).collect()
}

impl World {
    /// Asks for a page, compares it, and holds its cursor.
    pub(super) fn page(&mut self, feed: &FeedId, question: &Question) -> Outcome {
        let after = question.modified_after.map(Instant::rank);
        let place = Place { sequence: 0, after };
        if let Some(held) = self.page_at(feed, question, place, None)? {
            self.hold(held);
        }
        Ok(())
    }

    fn hold(&mut self, held: Held) {
        if self.held.len() == HELD_MAX {
            self.held.remove(0);
        }
        self.held.push(held);
    }

    /// Asks for a page at a place; `None` where there is no such feed.
    fn page_at(
        &self,
        feed: &FeedId,
        question: &Question,
        place: Place,
        cursor: Option<&str>,
    ) -> Outcome<Option<Held>> {
        let request = Self::request(question, feed, cursor);
        let answer = RUNTIME.block_on(self.replica().page(request));
        let Some(filter) = self.centre.filter(feed, self.community.as_ref()) else {
            prop_assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound);
            return Ok(None);
        };
        let page = ok(answer)?;
        let (expected, place) = self.centre.page(&filter, question, place, self.centre.head());
        let expected: Vec<String> =
            expected.iter().map(|thing| thing.text(question.converts())).collect();
        prop_assert_eq!(texts(&page.objects), expected);
        let next = page.next_cursor.as_ref().map(|cursor| cursor.as_str().to_owned());
        let next = next.ok_or_else(|| TestCaseError::fail("a page has no cursor"))?;
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        // What was sent and is given back may be written otherwise.
        prop_assert!(cursor == Some(&*next) || next.bytes().all(is_plain), "`{}`", next);
        if let Some(sent) = cursor {
            prop_assert_eq!(page.objects.is_empty(), next == sent);
        }
        Ok(Some(Held { feed: feed.clone(), question: question.clone(), place, cursor: next }))
    }

    pub(super) fn follow(&mut self, held: Index, limit: u32, pages: u8) -> Outcome {
        if self.held.is_empty() {
            return Ok(());
        }
        self.follow_one(held.index(self.held.len()), limit, pages)
    }

    /// Goes on from one of the cursors, which is then where that led to.
    pub(super) fn follow_one(&mut self, which: usize, limit: u32, pages: u8) -> Outcome {
        for _ in 0..pages {
            let Held { feed, question, place, cursor } = &self.held[which];
            let mut question = question.clone();
            question.limit = limit;
            let Some(next) = self.page_at(feed, &question, *place, Some(cursor))? else {
                return Ok(());
            };
            self.held[which] = next;
        }
        Ok(())
    }

    /// A cursor as clients make it up (CONTRACT 2.1, 13).
    pub(super) fn fabricated(
        &mut self,
        feed: &FeedId,
        after: Instant,
        way: u8,
        limit: u32,
    ) -> Outcome {
        let text = after.text();
        let text = match way % 3 {
            0 => text.to_owned(),
            1 => text.replace('Z', "+00:00"),
            _ => text.replace('Z', "+00:00Z"),
        };
        let engine = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
        let cursor = engine[usize::from(way / 3)].encode(text);
        let question = Question::plain(limit);
        let place = Place { sequence: 0, after: Some(after.rank()) };
        if let Some(held) = self.page_at(feed, &question, place, Some(&cursor))? {
            self.hold(held);
        }
        Ok(())
    }

    pub(super) fn formatted(
        &self,
        feed: &FeedId,
        question: &Question,
        format: PageFormat,
    ) -> Outcome {
        // The default feed names no fields.
        let is_default_table = feed.is_default() && format == PageFormat::Csv;
        let format = if is_default_table { PageFormat::Text } else { format };
        let request = Self::request(question, feed, None);
        let answer = RUNTIME.block_on(self.replica().formatted_page(request.clone(), format));
        let Some(filter) = self.centre.filter(feed, self.community.as_ref()) else {
            prop_assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound);
            return Ok(());
        };
        let answer = ok(answer)?;
        let cursor =
            answer.next_cursor.map(|cursor| cursor.as_str().to_owned()).unwrap_or_default();
        let body = ok(RUNTIME.block_on(answer.body.collect(1 << 20)))?;
        let after = question.modified_after.map(Instant::rank);
        let place = Place { sequence: 0, after };
        let (things, _) = self.centre.page(&filter, question, place, self.centre.head());
        let is_plain = question.converts();
        let expected = formats::page(&self.centre, &filter, format, &things, is_plain, &cursor);
        prop_assert_eq!(String::from_utf8_lossy(&body), expected);
        let page = ok(RUNTIME.block_on(self.replica().page(request)))?;
        prop_assert_eq!(page.next_cursor.map(|one| one.as_str().to_owned()), Some(cursor));
        Ok(())
    }

    pub(super) fn get(&self, names: &[Name]) -> Outcome {
        let ids: Vec<Id> = names.iter().copied().map(id).collect();
        for name in names {
            let expected = self.centre.get(*name).map(|version| &*version.text);
            let found = ok(self.replica().get(&id(*name)))?;
            prop_assert_eq!(found.as_ref().map(RawObject::as_str), expected);
            match (RUNTIME.block_on(self.replica().object(id(*name))), expected) {
                (Ok(found), expected) => prop_assert_eq!(Some(found.as_str()), expected),
                (Err(error), None) => prop_assert_eq!(error.kind(), ErrorKind::NotFound),
                (Err(error), Some(_)) => ok(Err(error))?,
            }
        }
        let mut distinct: Vec<Name> = Vec::new();
        for name in names {
            if !distinct.contains(name) {
                distinct.push(*name);
            }
        }
        let known = || distinct.iter().filter_map(|name| self.centre.get(*name));
        let found = ok(RUNTIME.block_on(self.replica().objects(ids.clone())))?;
        prop_assert_eq!(texts(&found), known().map(|version| &*version.text).collect::<Vec<_>>());
        let found = ok(RUNTIME.block_on(self.replica().relationships(ids.clone())))?;
        let relationships = known().filter(|version| version.thing.is_relationship());
        let relationships: Vec<_> = relationships.map(|version| &*version.text).collect();
        prop_assert_eq!(texts(&found), relationships);
        let held = ok(RUNTIME.block_on(self.replica().holdings(ids)))?;
        for (name, held) in names.iter().zip(held) {
            let expected = self.centre.get(*name).map(|version| {
                let modified = version.thing.modified.map(|one| one.text().parse().unwrap());
                (modified, version.thing.revoked)
            });
            prop_assert_eq!(held.map(|held| (held.modified, held.revoked)), expected);
        }
        Ok(())
    }

    pub(super) fn look_up(&self, queries: &[usize], active_at: Option<Instant>) -> Outcome {
        let replica = self.replica();
        let mut options = LookupOptions::default();
        options.active_at = active_at.map(|instant| instant.text().parse().unwrap());
        let asked: Vec<Observable> =
            queries.iter().map(|query| observable(&QUERIES[*query])).collect();
        let many = ok(replica.lookup_many(&asked, options))?;
        prop_assert_eq!(many.len(), asked.len());
        for ((query, asked), many) in queries.iter().zip(asked).zip(many) {
            let query = &QUERIES[*query];
            let active = self.centre.look_up(query, active_at, self.centre.head());
            prop_assert_eq!(told(&many), expected_hits(&active), "{:?}, many", query);
            let all = self.centre.look_up(query, None, self.centre.head());
            let found = ok(replica.lookup(&asked))?;
            prop_assert_eq!(told(&found), expected_hits(&all), "{:?}", query);
            self.indicators(replica, asked, &all)?;
        }
        Ok(())
    }

    fn indicators(&self, replica: &Replica, asked: Observable, all: &[(usize, &Thing)]) -> Outcome {
        let indicators: Vec<Name> = all
            .iter()
            .map(|(_, thing)| thing.name)
            .filter(|name| name.kind() == "indicator")
            .collect();
        let list = ok(RUNTIME.block_on(replica.indicators(asked.clone())))?;
        let expected = indicators.iter().filter_map(|name| self.centre.get(*name));
        let expected: Vec<_> =
            expected.map(|version| &*version.text).take(INDICATORS_MAX).collect();
        prop_assert_eq!(texts(&list.items), expected);
        prop_assert_eq!(list.has_more, indicators.len() > INDICATORS_MAX);
        let list = ok(RUNTIME.block_on(replica.indicator_contexts(asked)))?;
        let found: Vec<Vec<&str>> =
            list.items.iter().map(|bundle| texts(&bundle.objects)).collect();
        let expected = indicators.iter().filter_map(|name| self.centre.context(*name));
        prop_assert_eq!(found, expected.take(CONTEXTS_MAX).collect::<Vec<_>>());
        prop_assert_eq!(list.has_more, indicators.len() > CONTEXTS_MAX);
        Ok(())
    }

    pub(super) fn context(&self, name: Name) -> Outcome {
        let answer = RUNTIME.block_on(self.replica().context(id(name)));
        let Some(expected) = self.centre.context(name) else {
            prop_assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound);
            return Ok(());
        };
        let bundle = ok(answer)?;
        prop_assert_eq!(texts(&bundle.objects), expected);
        Ok(())
    }

    pub(super) fn related(
        &self,
        name: Name,
        types: u8,
        kinds: &[&str],
        include_revoked: bool,
        (limit, offset): (u32, u32),
    ) -> Outcome {
        let types = chosen(&RELATIONSHIP_TYPES, types);
        let mut request = RelationshipsRequest::new(id(name));
        request.limit = Some(limit);
        request.offset = Some(offset);
        request.types = types.iter().map(ToString::to_string).collect();
        request.target_types = kinds.iter().map(ToString::to_string).collect();
        request.include_revoked = include_revoked;
        let answer = RUNTIME.block_on(self.replica().relationships_of(request));
        // A relationship has none (CONTRACT 2.4).
        if self.centre.get(name).is_none() || name.kind() == "relationship" {
            prop_assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound);
            return Ok(());
        }
        let list = ok(answer)?;
        let mut edges = self.centre.edges(name, include_revoked);
        edges.retain(|(edge, other)| {
            (types.is_empty() || types.contains(&edge.thing.relationship_type()))
                && (kinds.is_empty() || kinds.contains(&other.kind()))
        });
        let (skipped, told) = (offset as usize, limit as usize);
        let expected: Vec<_> = edges
            .iter()
            .skip(skipped)
            .take(told)
            .map(|(edge, other)| (&*edge.text, self.centre.get(*other).map(|other| &*other.text)))
            .collect();
        let found: Vec<_> = list
            .items
            .iter()
            .map(|item| {
                let other = item.related_object.as_ref().map(RawObject::as_str);
                (item.relationship.as_str(), other)
            })
            .collect();
        prop_assert_eq!(found, expected);
        prop_assert_eq!(list.total, edges.len() as u64);
        prop_assert_eq!(list.has_more, edges.len() > skipped + told);
        Ok(())
    }
}

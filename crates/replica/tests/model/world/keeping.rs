//! What is written and kept, and what is done to the replica as a whole.

use std::collections::BTreeMap;

use inthreat_api::{
    Collections, ErrorKind, FeedId, Feeds, FeedsRequest, Objects, RelationshipsRequest,
};
use inthreat_replica::{CompactOptions, Replica};
use inthreat_stix::{RawObject, Timestamp, split};
use inthreat_store::{
    Batch, Commit, CursorStore, ErrorKind as StoreErrorKind, Quarantine, Sink, TransactionalSink,
    Written,
};
use proptest::{prelude::*, sample::Index};

use super::{
    Outcome, RUNTIME, World,
    answers::{expected_hits, id, observable, texts, told},
    ok,
};
use crate::{
    centre::{Kept, Place},
    feeds::{Filter, Question},
    objects::{FIRST_SECOND, Instant, Name},
    patterns::QUERIES,
    steps::{BAD, Delivery},
};

fn micros(instant: Option<Timestamp>) -> u64 {
    let first = FIRST_SECOND.cast_signed() * 1_000_000;
    instant.map_or(0, |instant| (instant.micros() - first).cast_unsigned())
}

impl World {
    pub(super) fn write(&mut self, delivery: &Delivery) -> Outcome {
        let things = delivery.objects();
        let lines = things.iter().map(|thing| thing.text(false));
        let lines = lines.chain(delivery.bad.iter().map(|bad| BAD[*bad].to_owned()));
        let split = split::ndjson(lines.collect::<Vec<_>>().join("\n"));
        let feed = delivery.feed.map_or_else(String::new, |feed| format!("feed-{feed}"));
        let mut batch = Batch::new(feed.parse().unwrap_or_default());
        batch.rejected = split.rejected;
        batch.extend(split.objects);
        prop_assert_eq!(batch.rejected.len(), delivery.bad.len());
        let source = batch.feed.to_string();

        let answer = match delivery.feed {
            None => RUNTIME.block_on(self.replica().write(batch)),
            Some(_) => {
                let known = self.centre.cursors.iter().find(|(key, ..)| *key == feed);
                let generation = known.map_or(0, |(_, _, generation, _)| *generation);
                let cursor = format!("c{}", self.centre.head() + 1);
                let stale = u64::from(delivery.is_late);
                let newest = delivery.newest.map(|one| one.text().parse::<Timestamp>().unwrap());
                let commit =
                    Commit::new(feed.parse().unwrap(), generation + stale, cursor.parse().unwrap());
                let commit = commit.with_newest(newest);
                let answer = RUNTIME.block_on(self.replica().write_and_commit(batch, commit));
                if delivery.is_late {
                    // Nothing of it is written.
                    prop_assert_eq!(answer.unwrap_err().kind(), StoreErrorKind::Conflict);
                    return Ok(());
                }
                let (written, next) = ok(answer)?;
                prop_assert_eq!(next, generation + 1);
                self.move_cursor(feed, cursor, next, delivery.newest);
                Ok(written)
            }
        };
        let mut expected: Written = self.centre.write(&things);
        expected.quarantined = delivery.bad.len() as u64;
        prop_assert_eq!(ok(answer)?, expected);
        if !delivery.is_large {
            self.boundaries.clear();
        }
        self.boundaries.push(self.centre.head());
        if !delivery.bad.is_empty() {
            for bad in &delivery.bad {
                let bytes = BAD[*bad].to_owned();
                if !self.centre.quarantine.iter().any(|(.., known)| *known == bytes) {
                    self.centre.quarantine.push((source.clone(), self.centre.now, bytes));
                }
            }
            self.quarantine()?;
        }
        Ok(())
    }

    fn move_cursor(&mut self, key: String, cursor: String, next: u64, newest: Option<Instant>) {
        let cursors = &mut self.centre.cursors;
        match cursors.iter_mut().find(|(known, ..)| *known == key) {
            Some(known) => {
                let is_newer = newest.map(Instant::rank) > known.3.map(Instant::rank);
                *known = (key, cursor, next, if is_newer { newest } else { known.3 });
            }
            None => cursors.push((key, cursor, next, newest)),
        }
    }

    pub(super) fn cursors(&self) -> Outcome {
        let found = ok(RUNTIME.block_on(CursorStore::list(self.replica())))?;
        let found: Vec<_> = found
            .into_iter()
            .map(|(key, position)| {
                let cursor = position.cursor.map(|cursor| cursor.as_str().to_owned());
                (key.as_str().to_owned(), cursor, position.generation, position.newest)
            })
            .collect();
        let expected =
            self.centre.cursors.iter().cloned().map(|(key, cursor, generation, newest)| {
                let newest = newest.map(|one| one.text().parse::<Timestamp>().unwrap());
                (key, Some(cursor), generation, newest)
            });
        let mut expected: Vec<_> = expected.collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(found, expected);
        Ok(())
    }

    pub(super) fn quarantine(&mut self) -> Outcome {
        let items = ok(RUNTIME.block_on(self.replica().quarantined(0, 100)))?;
        prop_assert!(items.is_sorted_by_key(|item| item.number));
        self.number = items.last().map_or(self.number, |item| item.number.max(self.number));
        let found = items.into_iter().map(|item| {
            (item.feed, micros(item.received), String::from_utf8_lossy(&item.bytes).into_owned())
        });
        let mut found: Vec<_> = found.collect();
        let mut expected = self.centre.quarantine.clone();
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
        Ok(())
    }

    pub(super) fn release(&mut self, which: &[Index]) -> Outcome {
        let items = ok(RUNTIME.block_on(self.replica().quarantined(0, 100)))?;
        // Numbers that are no item's are passed over.
        let mut numbers = vec![self.number + 1];
        if !items.is_empty() {
            numbers.extend(which.iter().map(|one| one.get(&items).number));
        }
        let taken: Vec<_> = items.iter().filter(|item| numbers.contains(&item.number)).collect();
        let released = ok(RUNTIME.block_on(self.replica().release(numbers.clone())))?;
        prop_assert_eq!(released, taken.len() as u64);
        self.centre
            .quarantine
            .retain(|(.., bytes)| !taken.iter().any(|item| item.bytes == bytes.as_bytes()));
        self.quarantine()
    }

    pub(super) fn make_feed(&mut self, filter: &Filter) -> Outcome {
        let feed = ok(RUNTIME.block_on(self.replica().create_feed(filter.draft())))?;
        prop_assert_eq!(&feed.draft, &filter.draft());
        let (community, now) = (self.community.clone(), self.centre.now);
        let id = feed.id;
        let kept = Kept { id, filter: *filter, community, created: now, modified: now };
        self.centre.feeds.push(kept);
        Ok(())
    }

    pub(super) fn change_feed(&mut self, feed: &FeedId, filter: &Filter) -> Outcome {
        let answer = RUNTIME.block_on(self.replica().update_feed(feed.clone(), filter.draft()));
        if let Some(kind) = self.refusal(feed) {
            prop_assert_eq!(answer.unwrap_err().kind(), kind);
            return Ok(());
        }
        let changed = ok(answer)?;
        let now = self.centre.now;
        let kept = self.centre.feeds.iter_mut().find(|kept| kept.id == *feed).unwrap();
        (kept.filter, kept.modified) = (*filter, now);
        prop_assert_eq!(&changed.draft, &filter.draft());
        Self::is_as_kept(&changed, kept)?;
        let found = ok(RUNTIME.block_on(self.replica().feed(feed.clone())))?;
        prop_assert_eq!(found, changed);
        Ok(())
    }

    pub(super) fn drop_feed(&mut self, feed: &FeedId) -> Outcome {
        let answer = RUNTIME.block_on(self.replica().delete_feed(feed.clone()));
        if let Some(kind) = self.refusal(feed) {
            prop_assert_eq!(answer.unwrap_err().kind(), kind);
            return Ok(());
        }
        ok(answer)?;
        self.centre.feeds.retain(|kept| kept.id != *feed);
        Ok(())
    }

    /// Why a feed cannot be changed, where it cannot.
    fn refusal(&self, feed: &FeedId) -> Option<ErrorKind> {
        if feed.is_default() {
            return Some(ErrorKind::Forbidden);
        }
        let is_seen = self.centre.filter(feed, self.community.as_ref()).is_some();
        (!is_seen).then_some(ErrorKind::NotFound)
    }

    pub(super) fn feeds(&self, term: &str, (limit, offset): (u32, u32)) -> Outcome {
        let mut request = FeedsRequest::default();
        (request.limit, request.offset) = (Some(limit), Some(offset));
        request.term = Some(term.to_owned());
        let list = ok(RUNTIME.block_on(self.replica().feeds(request)))?;
        let mut kept: Vec<&Kept> = self.centre.seen(self.community.as_ref()).collect();
        kept.sort_by_key(|feed| (feed.created, feed.id.as_str()));
        kept.retain(|feed| feed.filter.title().to_lowercase().contains(term));
        let default = "default feed".contains(term).then(FeedId::default);
        let ids = default.iter().chain(kept.iter().map(|feed| &feed.id));
        prop_assert_eq!(list.total, ids.clone().count() as u64);
        let told: Vec<_> = ids.skip(offset as usize).take(limit as usize).collect();
        prop_assert_eq!(list.items.iter().map(|feed| &feed.id).collect::<Vec<_>>(), told);
        for feed in list.items.iter().filter(|feed| !feed.id.is_default()) {
            let kept = kept.iter().find(|kept| kept.id == feed.id).unwrap();
            prop_assert_eq!(&feed.draft, &kept.filter.draft());
            Self::is_as_kept(feed, kept)?;
        }
        Ok(())
    }

    fn is_as_kept(feed: &inthreat_api::Feed, kept: &Kept) -> Outcome {
        let instants = [feed.created, feed.modified].map(micros);
        prop_assert_eq!(instants, [kept.created, kept.modified]);
        prop_assert_eq!(&feed.community_uuid, &kept.community);
        Ok(())
    }

    pub(super) fn stats(&self) -> Outcome {
        let stats = ok(self.replica().stats())?;
        let mut types: BTreeMap<String, u64> = BTreeMap::new();
        for (_, version) in self.centre.newest() {
            *types.entry(version.thing.name.kind().to_owned()).or_default() += 1;
        }
        prop_assert!(stats.types.is_sorted_by(|one, next| one.1 >= next.1));
        prop_assert_eq!(stats.types.into_iter().collect::<BTreeMap<_, _>>(), types);
        let newest = self.centre.newest().count() as u64;
        let revoked = self.centre.newest().filter(|(_, version)| version.thing.revoked).count();
        let head = self.centre.head() as u64;
        let length: usize = self.centre.kept().map(|version| version.text.len()).sum();
        let kept = self.centre.kept().count() as u64;
        let latest = self.centre.newest().filter_map(|(_, version)| version.thing.modified);
        let latest = latest.max_by_key(|instant| instant.rank()).map(Instant::micros);
        prop_assert_eq!((stats.objects, stats.revoked), (newest, revoked as u64));
        prop_assert_eq!((stats.sequence, stats.retired), (head, kept - newest));
        prop_assert_eq!(stats.body_bytes, length as u64);
        prop_assert_eq!(stats.newest.map(|newest| micros(Some(newest))), latest);
        prop_assert_eq!(stats.quarantined, self.centre.quarantine.len() as u64);
        Ok(())
    }

    pub(super) fn verify(&self) -> Outcome {
        let verified = ok(self.replica().verify())?;
        prop_assert_eq!(&verified.findings, &[]);
        prop_assert_eq!(verified.objects, self.centre.kept().count() as u64);
        Ok(())
    }

    pub(super) fn rebuild(&self) -> Outcome {
        let rebuilt = ok(self.replica().rebuild())?;
        prop_assert_eq!((rebuilt.objects, rebuilt.mended), (self.centre.kept().count() as u64, 0));
        Ok(())
    }

    /// Drops what is not newest; cursors that were given out stay good.
    pub(super) fn compact(&mut self) -> Outcome {
        let before = self.centre.kept().count();
        let compacted = ok(self.replica().compact(CompactOptions::default(), |_| true))?;
        self.centre.compacted = self.centre.head();
        let dropped = before - self.centre.kept().count();
        prop_assert_eq!((compacted.versions, compacted.is_complete), (dropped as u64, true));
        // It begins with writing the rows that wait.
        self.boundaries = vec![self.centre.head()];
        Ok(())
    }

    /// Copies the replica while it is open, and goes on with the copy; cursors stay good.
    pub(super) fn copy(&mut self, is_restored: bool) -> Outcome {
        let from = self.folder();
        self.copies += 1;
        ok(self.replica().backup(self.folder()))?;
        if is_restored {
            let copy = self.folder();
            self.copies += 1;
            let verified = ok(Replica::restore(&copy, self.folder()))?;
            prop_assert!(verified.is_sound());
        }
        self.open()?;
        let old = ok(Replica::open(from, self.options()))?;
        prop_assert!(ok(self.replica().diff(&old))?.is_identical());
        Ok(())
    }

    /// Asks through another handle, as another process does. What is found is what was there after one of the last batches; the
    /// default feed is never behind.
    pub(super) fn beside(&self, question: &Question) -> Outcome {
        let second = Replica::open_writer(self.folder(), self.options());
        prop_assert_eq!(second.unwrap_err().kind(), StoreErrorKind::Busy);
        let reader = ok(Replica::open(self.folder(), self.options()))?;
        let refused = RUNTIME.block_on(reader.write(Batch::default()));
        prop_assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Incompatible);

        let all = Question::plain(2000);
        let request = Self::request(&all, &FeedId::default(), None);
        let page = ok(RUNTIME.block_on(reader.page(request)))?;
        let head = self.centre.head();
        let (expected, _) = self.centre.page(&Filter::ALL, &all, Place::default(), head);
        let expected: Vec<_> = expected.iter().map(|thing| thing.text(true)).collect();
        prop_assert_eq!(texts(&page.objects), expected);

        // Rows that wait are written when nothing else is to be done, so that a later answer may be of a later state.
        let mut reached = 0;
        let mut is_explained = |is_right: &dyn Fn(usize) -> bool| {
            let later = self.boundaries.iter().copied().filter(|head| *head >= reached);
            let found = later.into_iter().find(|head| is_right(*head));
            reached = found.unwrap_or(reached);
            found.is_some()
        };
        for name in Name::all() {
            let found = ok(reader.get(&id(name)))?;
            let found = found.as_ref().map(RawObject::as_str);
            let is_right =
                |head| self.centre.get_at(head, name).map(|version| &*version.text) == found;
            prop_assert!(is_explained(&is_right), "{:?} is {:?}", name, found);
        }
        for query in &QUERIES {
            let found = told(&ok(reader.lookup(&observable(query)))?);
            let is_right = |head| expected_hits(&self.centre.look_up(query, None, head)) == found;
            prop_assert!(is_explained(&is_right), "{:?} finds {:?}", query, found);
        }
        for name in Name::all() {
            let mut request = RelationshipsRequest::new(id(name));
            request.limit = Some(100);
            let found = match RUNTIME.block_on(reader.relationships_of(request)) {
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                answer => Some(ok(answer)?),
            };
            let found = found.as_ref().map(|list| {
                let items = list.items.iter();
                items.map(|item| item.relationship.as_str()).collect::<Vec<_>>()
            });
            let is_right = |head| {
                let known = self.centre.get_at(head, name);
                let known = known.filter(|version| !version.thing.is_relationship());
                let edges = known.map(|_| self.centre.edges_at(head, name, false));
                let expected = edges
                    .as_ref()
                    .map(|edges| edges.iter().map(|(edge, _)| &*edge.text).collect::<Vec<_>>());
                expected == found
            };
            prop_assert!(is_explained(&is_right), "{:?} has {:?}", name, found);
        }
        for kept in self.centre.seen(self.community.as_ref()) {
            let request = Self::request(question, &kept.id, None);
            let page = ok(RUNTIME.block_on(reader.page(request)))?;
            let place = Place { sequence: 0, after: question.modified_after.map(Instant::rank) };
            let is_right = |head: usize| {
                let (things, _) = self.centre.page(&kept.filter, question, place, head);
                let expected: Vec<_> =
                    things.iter().map(|thing| thing.text(question.converts())).collect();
                texts(&page.objects) == expected
            };
            prop_assert!(
                is_right(head) || is_explained(&is_right),
                "{:?}: {:?}",
                kept,
                page.objects
            );
        }
        Ok(())
    }
}

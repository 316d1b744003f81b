//! The Intelligence Center as one would write it who has a few objects and much time: every answer looks at everything.

use inthreat_api::FeedId;
use inthreat_store::Written;

use crate::{
    feeds::{Filter, Question},
    objects::{Instant, Name, Thing, numbers},
    patterns::Query,
};

/// A version of an object that was accepted.
pub(crate) struct Version {
    pub(crate) thing: Thing,
    pub(crate) text: String,
    /// The sequence of the version that took its place.
    retired_by: Option<usize>,
}

/// A place in a feed: behind a sequence, or in front of it where the newest comes first; and of that only what changed
/// behind an instant, by its rank. Sequence 0 is where every feed begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) sequence: usize,
    pub(crate) after: Option<u8>,
}

/// A feed that was made.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: FeedId,
    pub(crate) filter: Filter,
    pub(crate) community: Option<String>,
    /// Microseconds behind the first instant.
    pub(crate) created: u64,
    pub(crate) modified: u64,
}

/// What an item in quarantine is: feed, microseconds behind the first instant, and bytes.
pub(crate) type SetAside = (String, u64, String);

/// Everything that a replica holds.
#[derive(Default)]
pub(crate) struct Centre {
    /// The version with the sequence n is the one at n - 1.
    pub(crate) log: Vec<Version>,
    /// Where the log ended when it was last compacted.
    pub(crate) compacted: usize,
    pub(crate) quarantine: Vec<SetAside>,
    pub(crate) feeds: Vec<Kept>,
    /// Key, cursor, generation and newest `modified` of each feed that was read.
    pub(crate) cursors: Vec<(String, String, u64, Option<Instant>)>,
    /// Microseconds behind the first instant.
    pub(crate) now: u64,
}

impl Centre {
    /// Takes objects one after the other.
    pub(crate) fn write(&mut self, things: &[Thing]) -> Written {
        let mut written = Written::default();
        for thing in things {
            let text = thing.text(false);
            let sequence = self.log.len() + 1;
            let is_held =
                |held: &&mut Version| held.retired_by.is_none() && held.thing.name == thing.name;
            if let Some(held) = self.log.iter_mut().find(is_held) {
                let ranks = [thing.modified, held.thing.modified].map(|one| one.map(Instant::rank));
                if held.text == text {
                    written.unchanged += 1;
                    continue;
                }
                if ranks[0] < ranks[1] {
                    written.outdated += 1;
                    continue;
                }
                held.retired_by = Some(sequence);
            }
            self.log.push(Version { thing: *thing, text, retired_by: None });
            written.accepted += 1;
        }
        written
    }

    pub(crate) fn head(&self) -> usize {
        self.log.len()
    }

    /// The versions that no compaction has dropped.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Version> {
        let is_kept = |newer: usize| newer > self.compacted;
        self.log.iter().filter(move |version| version.retired_by.is_none_or(is_kept))
    }

    /// The newest versions as they were when the log ended at a sequence, with their sequences.
    pub(crate) fn newest_at(
        &self,
        head: usize,
    ) -> impl DoubleEndedIterator<Item = (usize, &Version)> {
        let log = self.log.iter().enumerate().map(|(place, version)| (place + 1, version));
        log.filter(move |(sequence, version)| {
            *sequence <= head && version.retired_by.is_none_or(|newer| newer > head)
        })
    }

    pub(crate) fn newest(&self) -> impl DoubleEndedIterator<Item = (usize, &Version)> {
        self.newest_at(self.head())
    }

    pub(crate) fn get_at(&self, head: usize, name: Name) -> Option<&Version> {
        self.newest_at(head).map(|(_, version)| version).find(|held| held.thing.name == name)
    }

    pub(crate) fn get(&self, name: Name) -> Option<&Version> {
        self.get_at(self.head(), name)
    }

    /// A page of a feed at a place, and the place behind it.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        question: &Question,
        place: Place,
        head: usize,
    ) -> (Vec<&Thing>, Place) {
        let is_latest = question.latest == Some(true);
        let is_newest_first = is_latest || !filter.is_ascending;
        let is_ahead = |sequence: usize| {
            if is_latest || filter.is_ascending {
                sequence > place.sequence
            } else {
                place.sequence == 0 || sequence < place.sequence
            }
        };
        let is_new = |thing: &Thing| place.after.is_none_or(|after| thing.changed() > Some(after));
        let mut found: Vec<_> = self
            .newest_at(head)
            .filter(|(sequence, version)| {
                is_ahead(*sequence)
                    && is_new(&version.thing)
                    && question.selects(filter, &version.thing, self.now)
            })
            .collect();
        if is_newest_first {
            found.reverse();
        }
        found.truncate(question.limit as usize);
        let is_full = found.len() == question.limit as usize;
        let sequence = match found.last() {
            None => place.sequence,
            Some((last, _)) if is_full && !is_latest => *last,
            // Behind the oldest object nothing will ever come.
            Some(_) if is_newest_first && !is_latest => 1,
            Some(_) => head.max(place.sequence),
        };
        let things = found.into_iter().map(|(_, version)| &version.thing).collect();
        (things, Place { sequence, ..place })
    }

    /// The newest versions that are found by an observable, oldest `modified` first, with their sequences.
    pub(crate) fn look_up(
        &self,
        query: &Query,
        active_at: Option<Instant>,
        head: usize,
    ) -> Vec<(usize, &Thing)> {
        let is_active = |thing: &Thing| {
            active_at.is_none_or(|at| {
                !thing.revoked
                    && !thing.deprecated
                    && thing.valid_from().is_none_or(|from| from.rank() <= at.rank())
                    && thing.valid_until().is_none_or(|until| until.rank() > at.rank())
            })
        };
        let newest = self.newest_at(head).map(|(sequence, version)| (sequence, &version.thing));
        let mut found: Vec<_> = newest
            .filter(|(_, thing)| thing.keys().iter().any(|key| query.2.contains(key)))
            .filter(|(_, thing)| is_active(thing))
            .collect();
        found.sort_by_key(|(sequence, thing)| (thing.modified.map(Instant::rank), *sequence));
        found
    }

    /// The relationships of an object, oldest `modified` first, each with the name of the other end.
    pub(crate) fn edges(&self, name: Name, include_revoked: bool) -> Vec<(&Version, Name)> {
        self.edges_at(self.head(), name, include_revoked)
    }

    pub(crate) fn edges_at(
        &self,
        head: usize,
        name: Name,
        include_revoked: bool,
    ) -> Vec<(&Version, Name)> {
        let newest = self.newest_at(head).filter(|(_, version)| version.thing.is_relationship());
        let mut found: Vec<_> = newest
            .filter(|(_, version)| include_revoked || !version.thing.revoked)
            .filter_map(|(sequence, version)| {
                let (source, target) = version.thing.ends;
                let other = if source == name { target } else { source };
                (source == name || target == name).then_some((sequence, version, other))
            })
            .collect();
        found.sort_by_key(|(sequence, version, _)| {
            (version.thing.modified.map(Instant::rank), *sequence)
        });
        found.into_iter().map(|(_, version, other)| (version, other)).collect()
    }

    /// The bundle around an object (CONTRACT 8), in the order in which the replica promises it.
    pub(crate) fn context(&self, name: Name) -> Option<Vec<&str>> {
        let mut members: Vec<&Version> = vec![self.get(name)?];
        let near = self.edges(name, false);
        let others: Vec<&Version> = near.iter().filter_map(|(_, other)| self.get(*other)).collect();
        extend(&mut members, others.iter().copied());
        extend(&mut members, near.iter().map(|(edge, _)| *edge));
        let mut techniques: Vec<Name> = Vec::new();
        for other in others.iter().map(|other| other.thing.name) {
            if other.kind() == "attack-pattern" && !techniques.contains(&other) {
                techniques.push(other);
            }
        }
        let beyond: Vec<(&Version, &Version)> = techniques
            .into_iter()
            .flat_map(|technique| self.edges(technique, false))
            .filter(|(edge, other)| {
                edge.thing.relationship_type() == "mitigates" && other.kind() == "course-of-action"
            })
            .filter_map(|(edge, other)| Some((edge, self.get(other)?)))
            .collect();
        extend(&mut members, beyond.iter().map(|(_, course)| *course));
        extend(&mut members, beyond.iter().map(|(edge, _)| *edge));
        let identities: Vec<Name> = members
            .iter()
            .flat_map(|member| numbers(member.thing.sources).chain(member.thing.creator))
            .map(Name::identity)
            .collect();
        extend(&mut members, identities.into_iter().filter_map(|name| self.get(name)));
        let mut markings: Vec<Name> = Vec::new();
        for member in &members {
            let mut carried: Vec<Name> =
                numbers(member.thing.markings).map(Name::marking).collect();
            carried.sort_by_key(|name| name.id());
            markings.extend(carried);
        }
        extend(&mut members, markings.into_iter().filter_map(|name| self.get(name)));
        Some(members.into_iter().map(|member| &*member.text).collect())
    }

    /// The filter of a feed as a community sees it; `None` when it does not exist for that one.
    pub(crate) fn filter(&self, id: &FeedId, community: Option<&String>) -> Option<Filter> {
        if id.is_default() {
            return Some(Filter::ALL);
        }
        self.seen(community).find(|feed| feed.id == *id).map(|feed| feed.filter)
    }

    /// The feeds that a community sees, but for the default one.
    pub(crate) fn seen(&self, community: Option<&String>) -> impl Iterator<Item = &Kept> {
        self.feeds
            .iter()
            .filter(move |feed| community.is_none() || feed.community.as_ref() == community)
    }
}

/// Adds what is not there.
fn extend<'a>(members: &mut Vec<&'a Version>, more: impl Iterator<Item = &'a Version>) {
    for version in more {
        if !members.iter().any(|known| known.thing.name == version.thing.name) {
            members.push(version);
        }
    }
}

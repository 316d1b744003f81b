//! Which indicator stands in which event: read from the default feed, and kept up to date by its cursor.
//!
//! An indicator costs some 60 bytes of memory for each of its sources; no object is kept.

use std::collections::{BTreeMap, HashMap};

use inthreat_api::{
    Cursor, Error, ErrorKind, FeedId, IntelligenceCenter, LIMIT_MAX, PageRequest, Result,
};
use inthreat_stix::marking::Tlp;
use uuid::Uuid;

use crate::indicator::Indicator;

/// The name space of the UUIDs of events.
const NAMESPACE: Uuid = Uuid::from_u128(0x1f4a_8d0e_6c4b_4f0a_9d57_2b6c_e11d_73a9);
/// How many pairs of an indicator and a source there may be: about 1 GB.
const MEMBERS_MAX: usize = 16_000_000;
/// How many sources there may be.
const SOURCES_MAX: usize = 100_000;

/// The events that there are, without their contents.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Where the feed was read to.
    cursor: Option<Cursor>,
    members: BTreeMap<Member, State>,
    /// The identifiers of sources, by their numbers.
    sources: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
    events: HashMap<Uuid, Key>,
}

/// What makes an event: a source, by its number, and a day since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    source: u32,
    day: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    event: Key,
    /// The UUID, big-endian, which needs no alignment like a number of that length.
    indicator: [u8; 16],
}

/// What is known of a member. Instants are seconds since 1970, which last until 2106.
#[derive(Clone, Copy, Debug)]
struct State {
    modified: u32,
    /// From when on it says nothing; [`u32::MAX`] for never.
    ends: u32,
    tlp: Option<Tlp>,
}

/// An event without its attributes: what a source said of the indicators that were created on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MispEvent {
    pub(crate) uuid: Uuid,
    /// The identifier of its source; empty where the indicators name none.
    pub(crate) source: Box<str>,
    /// The day that its indicators were created on, since 1970.
    pub(crate) day: i32,
    /// When it changed last, in seconds since 1970: one of its indicators was changed, or ended.
    pub(crate) changed: u32,
    /// The strictest level of its indicators.
    pub(crate) tlp: Option<Tlp>,
}

impl MispEvent {
    /// The UUID in its text form: the name of its file, without `.json`.
    pub fn uuid(&self) -> String {
        self.uuid.to_string()
    }

    /// The UUID of the event of a source and a day: always the same.
    pub(crate) fn uuid_of(source: &str, day: i32) -> Uuid {
        Uuid::new_v5(&NAMESPACE, format!("{source}/{day}").as_bytes())
    }
}

/// The UUID that stands for a source whose identifier has none.
pub(crate) fn source_uuid(source: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, source.as_bytes())
}

impl Index {
    /// Reads what is new in the feed. When the future is dropped, the next one goes on where it was.
    pub(crate) async fn refresh(
        &mut self,
        center: &dyn IntelligenceCenter,
        feed: &FeedId,
    ) -> Result<()> {
        loop {
            let mut request = PageRequest::new(feed.clone()).with_limit(LIMIT_MAX);
            request = request.with_types(["indicator"]).with_cursor(self.cursor.clone());
            (request.include_revoked, request.skip_expired) = (Some(true), Some(false));
            let page = match center.page(request).await {
                Err(error)
                    if error.kind() == ErrorKind::InvalidRequest && self.cursor.is_some() =>
                {
                    // The center is another one than it was, so that nothing of this need be true.
                    *self = Self::default();
                    continue;
                }
                page => page?,
            };
            for object in &page.objects {
                if let Some(indicator) = Indicator::read(object) {
                    self.take(&indicator)?;
                }
            }
            let is_end =
                page.is_empty() || page.next_cursor.is_none() || page.next_cursor == self.cursor;
            if page.next_cursor.is_some() {
                self.cursor = page.next_cursor;
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// Every event that has something to say at an instant, ordered by source and day. Takes time for each member.
    pub(crate) fn events(&self, now: i64) -> Vec<MispEvent> {
        let mut events = Vec::new();
        let mut members = self.members.iter().peekable();
        while let Some((first, _)) = members.peek() {
            let key = first.event;
            let of_event =
                std::iter::from_fn(|| members.next_if(|(member, _)| member.event == key));
            events.extend(self.event(key, of_event.map(|(_, state)| *state), now));
        }
        events
    }

    /// One event, and the UUIDs of the indicators in it that have something to say.
    pub(crate) fn find(&self, uuid: Uuid, now: i64) -> Option<(MispEvent, Vec<[u8; 16]>)> {
        let key = *self.events.get(&uuid)?;
        let member = |indicator| Member { event: key, indicator };
        let members = || self.members.range(member([0; 16])..=member([u8::MAX; 16]));
        let event = self.event(key, members().map(|(_, state)| *state), now)?;
        let active = members().filter(|(_, state)| state.is_active(now));
        Some((event, active.map(|(member, _)| member.indicator).collect()))
    }

    fn event(&self, key: Key, states: impl Iterator<Item = State>, now: i64) -> Option<MispEvent> {
        let (mut changed, mut tlp, mut is_empty) = (0, None, true);
        for state in states {
            changed = state.changed(now).max(changed);
            if state.is_active(now) {
                is_empty = false;
                tlp = state.tlp.max(tlp);
            }
        }
        let source = self.sources.get(usize::try_from(key.source).ok()?).filter(|_| !is_empty)?;
        let uuid = MispEvent::uuid_of(source, key.day);
        Some(MispEvent { uuid, source: source.clone(), day: key.day, changed, tlp })
    }

    /// Takes the newest version of an indicator.
    fn take(&mut self, indicator: &Indicator) -> Result<()> {
        let Some((uuid, day)) = indicator.uuid().zip(indicator.day()) else { return Ok(()) };
        let state = State {
            modified: seconds(indicator.modified()),
            ends: indicator.ends().map_or(u32::MAX, seconds),
            tlp: indicator.tlp(),
        };
        for source in indicator.sources() {
            let event = Key { source: self.number(source)?, day };
            let member = Member { event, indicator: uuid.to_be_bytes() };
            if self.members.insert(member, state).is_none() {
                self.events.insert(MispEvent::uuid_of(source, day), event);
            }
        }
        if self.members.len() > MEMBERS_MAX {
            return Err(too_many("indicators"));
        }
        Ok(())
    }

    fn number(&mut self, source: &str) -> Result<u32> {
        if let Some(number) = self.numbers.get(source) {
            return Ok(*number);
        }
        if self.sources.len() >= SOURCES_MAX {
            return Err(too_many("sources"));
        }
        let number = u32::try_from(self.sources.len()).map_err(|_| too_many("sources"))?;
        self.sources.push(source.into());
        self.numbers.insert(source.into(), number);
        Ok(number)
    }
}

impl State {
    fn is_active(&self, now: i64) -> bool {
        self.ends == u32::MAX || i64::from(self.ends) > now
    }

    fn changed(&self, now: i64) -> u32 {
        if self.is_active(now) { self.modified } else { self.modified.max(self.ends) }
    }
}

fn seconds(instant: i64) -> u32 {
    // The last second stands for never.
    u32::try_from(instant.max(0)).map_or(u32::MAX, |seconds| seconds.min(u32::MAX - 1))
}

fn too_many(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("there are too many {what} for a feed of MISP"))
}

#[cfg(test)]
mod tests;

//! Where somebody who follows changes stands, as a text to be kept.

use std::{fmt, str::FromStr};

use base64::Engine;
use inthreat_store::{Error, ErrorKind};

use crate::{
    fault::Fault,
    instant,
    moment::Moment,
    place::{BASE64, check},
};

/// The first byte of a position; cursors of feeds begin with another one.
const VERSION: u8 = 2;
/// Stands for a state in front of everything.
const NOTHING: i64 = -1;

/// Where somebody who follows changes stands: see [`Replica::delta`](crate::Replica::delta).
///
/// Its text is kept and read back with `Display` and `FromStr`: URL-safe, without blanks. It belongs to one replica, and to
/// copies of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DeltaPosition {
    /// What tells the positions of a replica from those of others; 0 for any.
    tag: u32,
    from: Option<State>,
    /// Where it stands on the way to the next state.
    way: Option<Way>,
}

/// A state as two numbers: a sequence, and microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) sequence: i64,
    pub(super) instant: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Way {
    until: State,
    day: i64,
    sequence: i64,
}

/// What lies between two states, and how far it was told: of bounds, up to a sequence of a day; with the greatest day, of
/// arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) from: Option<State>,
    pub(super) until: State,
    pub(super) day: i64,
    pub(super) sequence: i64,
}

impl State {
    pub(super) fn of(moment: Moment) -> Self {
        let sequence = i64::try_from(moment.sequence).unwrap_or(i64::MAX);
        Self { sequence, instant: moment.instant.micros() }
    }

    pub(super) fn moment(self) -> Result<Moment, Fault> {
        let instant = instant::from_micros(self.instant);
        let sequence = u64::try_from(self.sequence).ok();
        let moment =
            sequence.zip(instant).map(|(sequence, instant)| Moment::new(sequence, instant));
        moment.ok_or_else(|| {
            Fault::Told(ErrorKind::Incompatible, "the position names no state".into())
        })
    }
}

impl DeltaPosition {
    /// In front of everything: the first delta tells all that is active.
    pub fn beginning() -> Self {
        Self::default()
    }

    /// Behind a state: the next delta tells what changed since.
    pub fn behind(moment: Moment) -> Self {
        Self { tag: 0, from: Some(State::of(moment)), way: None }
    }

    pub(super) fn at(tag: u32, state: State) -> Self {
        Self { tag, from: Some(state), way: None }
    }

    pub(super) fn within(tag: u32, leg: Leg) -> Self {
        let Leg { from, until, day, sequence } = leg;
        Self { tag, from, way: Some(Way { until, day, sequence }) }
    }

    pub(super) fn state(&self) -> Option<State> {
        self.from
    }

    /// How far a delta was told which is not complete, for the replica with this tag.
    pub(super) fn leg(&self, tag: u32) -> Result<Option<Leg>, Fault> {
        if self.tag != 0 && self.tag != tag {
            let message = "the position was given out by another replica";
            return Err(Fault::Told(ErrorKind::Incompatible, message.into()));
        }
        let from = self.from;
        Ok(self.way.map(|Way { until, day, sequence }| Leg { from, until, day, sequence }))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text).ok()?;
        let (content, sum) = bytes.split_last_chunk::<2>()?;
        let (version, content) = content.split_first()?;
        if *version != VERSION || *sum != check(bytes.get(..bytes.len() - 2)?) {
            return None;
        }
        let (tag, numbers) = content.split_first_chunk()?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let numbers: Vec<i64> = numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect();
        let (from, way) = match (&*numbers, rest) {
            ([sequence, instant], []) => ((*sequence, *instant), None),
            ([sequence, instant, until, then, day, reached], []) => {
                let until = State { sequence: *until, instant: *then };
                ((*sequence, *instant), Some(Way { until, day: *day, sequence: *reached }))
            }
            _ => return None,
        };
        let (sequence, instant) = from;
        let from = (sequence != NOTHING).then_some(State { sequence, instant });
        Some(Self { tag: u32::from_be_bytes(*tag), from, way })
    }
}

impl fmt::Display for DeltaPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.unwrap_or(State { sequence: NOTHING, instant: 0 });
        let mut numbers = vec![from.sequence, from.instant];
        if let Some(Way { until, day, sequence }) = self.way {
            numbers.extend([until.sequence, until.instant, day, sequence]);
        }
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.tag.to_be_bytes());
        bytes.extend(numbers.into_iter().flat_map(i64::to_be_bytes));
        let sum = check(&bytes);
        bytes.extend_from_slice(&sum);
        f.write_str(&BASE64.encode(bytes))
    }
}

impl FromStr for DeltaPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::read(text).ok_or_else(|| {
            let message = "read a position of changes: it was never given out, or was changed";
            Error::new(ErrorKind::Incompatible, message)
        })
    }
}

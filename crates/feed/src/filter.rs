//! Which objects of a feed are kept, and what was dropped for which reason.

mod read;
#[cfg(test)]
mod tests;

use std::ops::AddAssign;

use inthreat_api::ObservableType;
use inthreat_stix::{RawObject, Timestamp, marking::Tlp};
use inthreat_store::index::IndexRows;

use read::Properties;

pub(crate) use read::{is_above, is_text_above};

/// Which objects of a feed are kept; by default all. Items that are no objects are never dropped.
///
/// A dropped object never reaches the sink, and neither does the news that it brings: a sink that has an earlier version
/// goes on having it. Who wants to learn that an indicator was withdrawn keeps revoked objects.
///
/// ```
/// use inthreat_feed::Filter;
/// use inthreat_stix::marking::Tlp;
///
/// let filter = Filter::default().with_types(["indicator"]).with_tlp_max(Tlp::Amber).with_confidence_min(50);
/// assert_eq!(filter.tlp_max, Some(Tlp::Amber));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Only objects of these STIX types. Empty: all.
    pub types: Vec<String>,
    /// Only indicators whose pattern contains observables of these types; other objects are not concerned. Empty: all.
    pub observable_types: Vec<ObservableType>,
    /// Only objects that are marked no more strictly than this, all markings of properties included. What is not marked
    /// by the Traffic Light Protocol is kept; markings that cannot be read count as [`Tlp::Red`].
    pub tlp_max: Option<Tlp>,
    /// Only objects with this confidence (0 to 100) or more; those that tell none are kept.
    pub confidence_min: Option<u8>,
    /// Whether revoked objects are dropped.
    pub drop_revoked: bool,
    /// Whether objects whose `valid_until` is past are dropped.
    pub drop_expired: bool,
}

impl Filter {
    /// Sets the STIX types that are kept.
    #[must_use]
    pub fn with_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the types of observables whose indicators are kept.
    #[must_use]
    pub fn with_observable_types(
        mut self,
        types: impl IntoIterator<Item = ObservableType>,
    ) -> Self {
        self.observable_types = types.into_iter().collect();
        self
    }

    /// Sets the strictest marking that is kept.
    #[must_use]
    pub fn with_tlp_max(mut self, tlp: impl Into<Option<Tlp>>) -> Self {
        self.tlp_max = tlp.into();
        self
    }

    /// Sets the least confidence that is kept.
    #[must_use]
    pub fn with_confidence_min(mut self, confidence: impl Into<Option<u8>>) -> Self {
        self.confidence_min = confidence.into();
        self
    }

    /// Sets whether revoked objects are dropped.
    #[must_use]
    pub fn with_drop_revoked(mut self, drop: bool) -> Self {
        self.drop_revoked = drop;
        self
    }

    /// Sets whether objects whose `valid_until` is past are dropped.
    #[must_use]
    pub fn with_drop_expired(mut self, drop: bool) -> Self {
        self.drop_expired = drop;
        self
    }

    /// Whether everything is kept.
    pub fn keeps_all(&self) -> bool {
        *self == Self::default()
    }

    /// Takes what is not kept out of `objects`, and counts it. `now` decides what has expired, in seconds since 1970.
    pub(crate) fn apply(&self, objects: &mut Vec<RawObject>, now: i64) -> Dropped {
        let mut dropped = Dropped::default();
        if !self.keeps_all() {
            objects.retain(|object| match self.reason(object, now) {
                None => true,
                Some(reason) => {
                    *dropped.count_mut(reason) += 1;
                    false
                }
            });
        }
        dropped
    }

    /// Why an object is dropped: the first reason that holds, the cheapest ones first.
    fn reason(&self, object: &RawObject, now: i64) -> Option<Reason> {
        let object_type = object.object_type().unwrap_or_default();
        if !self.types.is_empty() && !self.types.iter().any(|kept| kept == object_type) {
            return Some(Reason::Type);
        }
        if self.drop_revoked && object.is_revoked() {
            return Some(Reason::Revoked);
        }
        let asks_for_observables = object_type == "indicator" && !self.observable_types.is_empty();
        if self.tlp_max.is_none()
            && self.confidence_min.is_none()
            && !self.drop_expired
            && !asks_for_observables
        {
            return None;
        }
        let properties = Properties::of(object);
        if self.tlp_max.is_some_and(|max| properties.tlp > Some(max)) {
            return Some(Reason::Tlp);
        }
        if self.drop_expired && properties.valid_until.is_some_and(|until| is_past(until, now)) {
            return Some(Reason::Expired);
        }
        if let (Some(min), Some(confidence)) = (self.confidence_min, properties.confidence)
            && confidence < u64::from(min)
        {
            return Some(Reason::Confidence);
        }
        // What the pattern says is read only where it is asked for.
        let is_wanted = |found: &ObservableType| self.observable_types.contains(found);
        (asks_for_observables && !IndexRows::of(object).observable_types.iter().any(is_wanted))
            .then_some(Reason::ObservableType)
    }
}

fn is_past(until: Timestamp, now: i64) -> bool {
    until.seconds() < now || until.seconds() == now && until.subsec_nanos() == 0
}

/// Why an object was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    Type,
    ObservableType,
    Tlp,
    Confidence,
    Revoked,
    Expired,
}

/// How many objects of a feed were dropped, by reason; each counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// Objects of other types.
    pub types: u64,
    /// Indicators of other observables.
    pub observable_types: u64,
    /// Objects that are marked too strictly.
    pub tlp: u64,
    /// Objects of too little confidence.
    pub confidence: u64,
    /// Revoked objects.
    pub revoked: u64,
    /// Expired objects.
    pub expired: u64,
    /// Objects behind the end of a [`Range`](crate::Range).
    pub beyond: u64,
}

impl Dropped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts().into_iter().map(|(_, count)| count).sum()
    }

    /// Each reason by its name, as in a metric.
    pub fn counts(&self) -> [(&'static str, u64); 7] {
        [
            ("type", self.types),
            ("observable_type", self.observable_types),
            ("tlp", self.tlp),
            ("confidence", self.confidence),
            ("revoked", self.revoked),
            ("expired", self.expired),
            ("beyond", self.beyond),
        ]
    }

    fn count_mut(&mut self, reason: Reason) -> &mut u64 {
        match reason {
            Reason::Type => &mut self.types,
            Reason::ObservableType => &mut self.observable_types,
            Reason::Tlp => &mut self.tlp,
            Reason::Confidence => &mut self.confidence,
            Reason::Revoked => &mut self.revoked,
            Reason::Expired => &mut self.expired,
        }
    }
}

impl AddAssign for Dropped {
    fn add_assign(&mut self, other: Self) {
        self.types += other.types;
        self.observable_types += other.observable_types;
        self.tlp += other.tlp;
        self.confidence += other.confidence;
        self.revoked += other.revoked;
        self.expired += other.expired;
        self.beyond += other.beyond;
    }
}

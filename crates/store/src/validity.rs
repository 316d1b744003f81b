//! When an object counts, and what happened to that between two instants.

use inthreat_stix::{RawObject, Timestamp};

use crate::index::IndexRows;

/// What decides when an object counts. Objects other than indicators have no bounds (STIX 2.1 section 4.7).
///
/// ```
/// use inthreat_store::{State, Validity};
///
/// let at = |text: &str| text.parse().unwrap();
/// let validity = Validity::default()
///     .with_from(Some(at("2026-01-01T00:00:00Z")))
///     .with_until(Some(at("2026-02-01T00:00:00Z")));
/// assert!(validity.is_active(at("2026-01-01T00:00:00Z")));
/// assert_eq!(validity.state(at("2026-02-01T00:00:00Z")), State::Expired);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Validity {
    /// Whether it was withdrawn (`revoked`).
    pub revoked: bool,
    /// Whether it is out of date (`x_ic_deprecated`).
    pub deprecated: bool,
    /// From when on it is valid; `None`: from ever on.
    pub from: Option<Timestamp>,
    /// From when on it no longer is; `None`: never.
    pub until: Option<Timestamp>,
}

/// How an object stands at an instant. Where several are true, the first of this list is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It was withdrawn.
    Revoked,
    /// It is out of date.
    Deprecated,
    /// Its `valid_until` has come.
    Expired,
    /// Its `valid_from` is still to come.
    Pending,
    /// None of these: it counts.
    Active,
}

/// What happened to an object between two instants, for whoever keeps a list of those that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// It did not count and now does.
    Began,
    /// It counted and no longer does: how it stands now, or `None` when it is no longer there.
    Ended(Option<State>),
}

impl Validity {
    /// What an object says.
    pub fn of(object: &RawObject) -> Self {
        Self::from(&IndexRows::of(object))
    }

    /// Sets whether it was withdrawn.
    #[must_use]
    pub fn with_revoked(mut self, revoked: bool) -> Self {
        self.revoked = revoked;
        self
    }

    /// Sets whether it is out of date.
    #[must_use]
    pub fn with_deprecated(mut self, deprecated: bool) -> Self {
        self.deprecated = deprecated;
        self
    }

    /// Sets from when on it is valid.
    #[must_use]
    pub fn with_from(mut self, from: Option<Timestamp>) -> Self {
        self.from = from;
        self
    }

    /// Sets from when on it no longer is valid.
    #[must_use]
    pub fn with_until(mut self, until: Option<Timestamp>) -> Self {
        self.until = until;
        self
    }

    /// How the object stands at an instant.
    pub fn state(&self, at: Timestamp) -> State {
        if self.revoked {
            State::Revoked
        } else if self.deprecated {
            State::Deprecated
        } else if self.until.is_some_and(|until| until <= at) {
            State::Expired
        } else if self.from.is_some_and(|from| from > at) {
            State::Pending
        } else {
            State::Active
        }
    }

    /// Whether the object counts at an instant: it is neither revoked nor deprecated, and `from` ≤ `at` < `until`.
    pub fn is_active(&self, at: Timestamp) -> bool {
        self.state(at) == State::Active
    }
}

impl From<&IndexRows> for Validity {
    fn from(rows: &IndexRows) -> Self {
        Self {
            revoked: rows.revoked,
            deprecated: rows.deprecated,
            from: rows.valid_from,
            until: rows.valid_until,
        }
    }
}

impl Change {
    /// What happened to an object that stood as `before` at one instant and as `after` at a later one: `None` for an
    /// object that was not there, or that counts as it did. A version may stand unchanged and yet begin or end, by the
    /// instants alone.
    ///
    /// Changes of neighbouring spans add up: who follows them holds what counts at the end of the last.
    pub fn between(
        before: (Option<&Validity>, Timestamp),
        after: (Option<&Validity>, Timestamp),
    ) -> Option<Self> {
        let was_active = before.0.is_some_and(|validity| validity.is_active(before.1));
        let state = after.0.map(|validity| validity.state(after.1));
        match (was_active, state == Some(State::Active)) {
            (false, true) => Some(Self::Began),
            (true, false) => Some(Self::Ended(state)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The instant that is this many seconds behind a fixed one.
    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(1_600_000_000 + seconds, 0).unwrap()
    }

    // Catches a bound that is off by one instant, and a reason that hides a stronger one.
    #[test]
    fn the_first_reason_is_told() {
        let valid = Validity::default().with_from(Some(at(10))).with_until(Some(at(20)));
        for (second, state) in [
            (9, State::Pending),
            (10, State::Active),
            (19, State::Active),
            (20, State::Expired),
            (21, State::Expired),
        ] {
            assert_eq!(valid.state(at(second)), state, "{second}");
            assert_eq!(valid.with_deprecated(true).state(at(second)), State::Deprecated);
            let revoked = valid.with_deprecated(true).with_revoked(true);
            assert_eq!(revoked.state(at(second)), State::Revoked);
        }
        assert_eq!(Validity::default().state(at(0)), State::Active);
        // Never valid: over before it begins.
        let empty = Validity::default().with_from(Some(at(20))).with_until(Some(at(10)));
        assert_eq!((empty.state(at(15)), empty.state(at(5))), (State::Expired, State::Pending));
    }

    // Catches a property of an object that is not taken into account.
    #[test]
    fn an_object_says_when_it_counts() {
        let object = |rest: &str| {
            let text =
                format!(r#"{{"type":"indicator","valid_from":"2020-01-01T00:00:00Z"{rest}}}"#);
            Validity::of(&RawObject::new(text).unwrap())
        };
        let now = "2020-06-01T00:00:00Z".parse().unwrap();
        assert!(object("").is_active(now));
        assert!(object(r#","valid_until":"2020-06-01T00:00:00.000001Z""#).is_active(now));
        let expired = object(r#","valid_until":"2020-06-01T00:00:00.000000Z""#);
        assert_eq!(expired.state(now), State::Expired);
        assert_eq!(object(r#","revoked":true"#).state(now), State::Revoked);
        assert_eq!(object(r#","x_ic_deprecated":true"#).state(now), State::Deprecated);
    }

    fn arb_validity() -> impl Strategy<Value = Option<Validity>> {
        let instant = || prop::option::of((0_i64..8).prop_map(at));
        let validity = (any::<bool>(), any::<bool>(), instant(), instant());
        prop::option::of(validity.prop_map(|(revoked, deprecated, from, until)| Validity {
            revoked,
            deprecated,
            from,
            until,
        }))
    }

    proptest! {
        // Catches a follower of changes whose list is not what counts at the end, over any history of versions.
        #[test]
        fn changes_add_up(history in prop::collection::vec(prop::array::uniform3(arb_validity()), 1..8)) {
            let mut held = BTreeSet::new();
            let mut before = ([None; 3], at(-1));
            for (second, versions) in (0..).zip(history) {
                for (id, (old, new)) in before.0.iter().zip(&versions).enumerate() {
                    match Change::between((old.as_ref(), before.1), (new.as_ref(), at(second))) {
                        Some(Change::Began) => prop_assert!(held.insert(id), "began twice"),
                        Some(Change::Ended(_)) => prop_assert!(held.remove(&id), "ended twice"),
                        None => {}
                    }
                    let counts = new.is_some_and(|new| {
                        !new.revoked && !new.deprecated
                            && new.from.is_none_or(|from| from <= at(second))
                            && new.until.is_none_or(|until| at(second) < until)
                    });
                    prop_assert_eq!(held.contains(&id), counts);
                }
                before = (versions, at(second));
            }
        }
    }
}

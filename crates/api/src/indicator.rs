//! Answers to the look-up of an observable.

use inthreat_stix::{Bundle, RawObject};

/// The indicators that name an observable (CONTRACT 2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndicatorList {
    /// The indicators, oldest `modified` first; revoked and expired ones too.
    pub items: Vec<RawObject>,
    /// Whether there are more than are told.
    pub has_more: bool,
}

impl IndicatorList {
    /// These indicators.
    pub fn new(items: Vec<RawObject>, has_more: bool) -> Self {
        Self { items, has_more }
    }
}

/// The contexts of the indicators that name an observable: a bundle each (CONTRACT 2.5, 8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContextList {
    /// A bundle for every indicator.
    pub items: Vec<Bundle>,
    /// Whether there are more than are told.
    pub has_more: bool,
}

impl ContextList {
    /// These contexts.
    pub fn new(items: Vec<Bundle>, has_more: bool) -> Self {
        Self { items, has_more }
    }
}

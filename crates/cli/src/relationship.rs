//! What a relationship says, borrowed from its text.

use std::borrow::Cow;

use serde::Deserialize;

/// The verb and the two ends of a relationship.
#[derive(Deserialize)]
pub(crate) struct Relationship<'a> {
    #[serde(borrow, rename = "relationship_type")]
    pub(crate) verb: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) source_ref: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) target_ref: Cow<'a, str>,
}

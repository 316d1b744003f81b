//! Objects and their relationships: questions and answers.

use inthreat_stix::{Id, RawObject};

/// Asks for the relationships of an object (CONTRACT 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelationshipsRequest {
    /// The object.
    pub id: Id,
    /// At most this many, 1 to 100; 20 when nothing is said.
    pub limit: Option<u32>,
    /// How many to pass over.
    pub offset: Option<u32>,
    /// Only relationships of these types. Empty: all.
    pub types: Vec<String>,
    /// Only relationships whose other end has one of these STIX types. Empty: all.
    pub target_types: Vec<String>,
    /// Whether revoked relationships count.
    pub include_revoked: bool,
}

impl RelationshipsRequest {
    /// The first relationships of this object.
    pub fn new(id: Id) -> Self {
        Self {
            id,
            limit: None,
            offset: None,
            types: Vec::new(),
            target_types: Vec::new(),
            include_revoked: false,
        }
    }
}

/// A relationship and the object at its other end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Related {
    /// The relationship.
    pub relationship: RawObject,
    /// Its other end, where it is known.
    pub related_object: Option<RawObject>,
}

impl Related {
    /// A relationship and its other end.
    pub fn new(relationship: RawObject, related_object: Option<RawObject>) -> Self {
        Self { relationship, related_object }
    }
}

/// Some relationships of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelationshipList {
    /// The relationships, oldest first.
    pub items: Vec<Related>,
    /// How many there are in all.
    pub total: u64,
    /// Whether more follow.
    pub has_more: bool,
}

impl RelationshipList {
    /// Some relationships out of `total`.
    pub fn new(items: Vec<Related>, total: u64, has_more: bool) -> Self {
        Self { items, total, has_more }
    }
}

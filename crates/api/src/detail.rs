//! What the service tells about one object, besides the object (CONTRACT 2.4).

use std::collections::BTreeMap;

/// How many relationships of which kind an object has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelationshipStatistics {
    /// By the service's categories.
    pub categories: BTreeMap<String, u64>,
    /// By the type of the relationship.
    pub relationship_types: BTreeMap<String, u64>,
    /// By the type of the other end.
    pub remote_types: BTreeMap<String, u64>,
    /// By the type of the other end, and then by the type of the relationship.
    pub relationship_types_by_object_type: BTreeMap<String, BTreeMap<String, u64>>,
    /// In all, where it was counted.
    pub total: Option<u64>,
}

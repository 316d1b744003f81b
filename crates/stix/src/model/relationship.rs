//! STIX Relationship Objects (STIX 2.1, section 5).

use super::object;
use crate::{Id, Timestamp};

object! {
    /// How one object is related to another (section 5.1).
    ///
    /// Which types of relationship the specification defines between which kinds of objects is told by
    /// [`relationship::is_defined`](crate::relationship::is_defined).
    Relationship "relationship" domain(relationship_type: String, source_ref: Id, target_ref: Id) {
        /// What the source does to the target, such as `indicates`.
        relationship_type with_relationship_type: String;
        /// A description in words.
        description with_description: String;
        /// The object that the relationship comes from.
        source_ref with_source_ref: Id;
        /// The object that it goes to.
        target_ref with_target_ref: Id;
        /// From when on it holds.
        start_time with_start_time: Timestamp;
        /// When it no longer holds; later than `start_time`.
        stop_time with_stop_time: Timestamp;
    }
}

object! {
    /// That something was seen (section 5.2).
    Sighting "sighting" domain(sighting_of_ref: Id) {
        /// A description in words.
        description with_description: String;
        /// When it was first seen.
        first_seen with_first_seen: Timestamp;
        /// When it was last seen; not before `first_seen`.
        last_seen with_last_seen: Timestamp;
        /// How often it was seen, from 0 to 999,999,999.
        count with_count: u64;
        /// What was seen, such as an indicator or a malware.
        sighting_of_ref with_sighting_of_ref: Id;
        /// The observed data behind it.
        observed_data_refs with_observed_data_refs: Vec<Id>;
        /// Where it was seen: identities and locations.
        where_sighted_refs with_where_sighted_refs: Vec<Id>;
        /// Whether it sums up other sightings.
        summary with_summary: bool;
    }
}

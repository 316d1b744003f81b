//! The Traffic Light Protocol.

use std::fmt;

use super::query::{granular, of_object};
use crate::{Id, RawObject, json::Node};

/// How far what is marked may be passed on, by the Traffic Light Protocol, from the most open to the strictest.
///
/// STIX 2.1 defines markings for version 1 (section 7.2.1.4); those for version 2.0 are OASIS common objects.
/// `TLP:WHITE` of version 1 is `TLP:CLEAR` of version 2.0.
///
/// ```
/// use inthreat_stix::{RawObject, marking::Tlp};
///
/// let object = RawObject::new(r#"{"object_marking_refs":[
///     "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
///     "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}"#)?;
/// assert_eq!(Tlp::of_object(&object), Some(Tlp::Amber));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Tlp {
    /// `TLP:CLEAR`, and `TLP:WHITE` of version 1: no limit.
    Clear,
    /// `TLP:GREEN`: within the community.
    Green,
    /// `TLP:AMBER`: within the recipient's organization and its clients.
    Amber,
    /// `TLP:AMBER+STRICT`: within the recipient's organization. Version 2.0 alone.
    AmberStrict,
    /// `TLP:RED`: for the recipients alone.
    Red,
}

/// The marking definitions: the UUID, the version of the protocol, and what it means.
const MARKINGS: [(u128, u8, Tlp); 9] = [
    (0x613f_2e26_407d_48c7_9eca_b8e9_1df9_9dc9, 1, Tlp::Clear),
    (0x3409_8fce_860f_48ae_8e50_ebd3_cc5e_41da, 1, Tlp::Green),
    (0xf88d_31f6_486f_44da_b317_0133_3bde_0b82, 1, Tlp::Amber),
    (0x5e57_c739_391a_4eb3_b6be_7d15_ca92_d5ed, 1, Tlp::Red),
    (0x9486_8c89_83c2_464b_929b_a1a8_aa3c_8487, 2, Tlp::Clear),
    (0xbab4_a63c_aed9_4cf5_a766_dfca_5aba_c2bb, 2, Tlp::Green),
    (0x55d9_20b0_5e8b_4f79_9ee9_91f8_68d9_b421, 2, Tlp::Amber),
    (0x939a_9414_2ddd_4d32_a0cd_375e_a402_b003, 2, Tlp::AmberStrict),
    (0xe828_b379_4e03_4974_9ac4_e53a_884c_97c1, 2, Tlp::Red),
];

impl Tlp {
    /// What a marking definition of the protocol means, of either version.
    pub fn of_marking(id: &Id) -> Option<Self> {
        Self::versioned(&id.to_string()).map(|(_, tlp)| tlp)
    }

    /// The version of the protocol, and what the marking means.
    pub(crate) fn versioned(id: &str) -> Option<(u8, Self)> {
        let id: Id =
            id.parse().ok().filter(|id: &Id| id.kind() == crate::Kind::MarkingDefinition)?;
        let uuid = u128::from_be_bytes(id.uuid()?);
        let (_, version, tlp) = MARKINGS.into_iter().find(|(known, ..)| *known == uuid)?;
        Some((version, tlp))
    }

    /// What results for an object: the strictest of the markings of the object as a whole. `None` when none of
    /// them is one of the protocol.
    pub fn of_object(object: &RawObject) -> Option<Self> {
        let root = Node::parse_checked(object.as_str()).ok()?;
        strictest(of_object(root.as_object()?).iter())
    }

    /// What results for an object with everything in it: the strictest of all its markings, those of single
    /// properties included. Who passes on the whole object is bound by this one.
    pub fn of_object_and_properties(object: &RawObject) -> Option<Self> {
        let root = Node::parse_checked(object.as_str()).ok()?;
        let members = root.as_object()?;
        let granular = granular(members).into_iter().map(|(marking, _)| marking);
        strictest(of_object(members).iter()).max(strictest(granular.collect::<Vec<_>>().iter()))
    }

    /// The marking definition of version 2.0.
    pub fn marking(self) -> Id {
        let found = MARKINGS.iter().find(|(_, version, tlp)| *version == 2 && *tlp == self);
        let uuid = found.map_or(0, |(uuid, ..)| *uuid);
        Id::new(crate::Kind::MarkingDefinition, uuid.to_be_bytes())
    }

    /// The label of version 2.0, such as `TLP:AMBER+STRICT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "TLP:CLEAR",
            Self::Green => "TLP:GREEN",
            Self::Amber => "TLP:AMBER",
            Self::AmberStrict => "TLP:AMBER+STRICT",
            Self::Red => "TLP:RED",
        }
    }
}

fn strictest<'m>(markings: impl Iterator<Item = &'m super::Marking> + 'm) -> Option<Tlp> {
    let tlp = |marking: &super::Marking| match marking {
        super::Marking::Definition(id) => Tlp::versioned(id).map(|(_, tlp)| tlp),
        super::Marking::Language(_) => None,
    };
    markings.filter_map(tlp).max()
}

impl fmt::Display for Tlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

//! Typed objects: one structure for each type of STIX 2.1, and what they are made of.
//!
//! [`Object`](crate::Object) is any of them, read by [`RawObject::to_object`](crate::RawObject::to_object). Where
//! the type is known, [`RawObject::new`](crate::RawObject::new) reads the structure itself.
//!
//! # Nothing is lost
//!
//! Reading is never strict. Every property of the specification is a field of type `Option`: `None` says that the
//! object has no such property, or one whose value the field cannot hold. All that the fields do not hold is in
//! [`Common::extra`] (and in the `extra` of nested structures) as it was written: custom properties, `null`s,
//! numbers such as `1.0` where an integer belongs, malformed timestamps. [`Object::misfits`](crate::Object::misfits)
//! and [`Object::custom_properties`](crate::Object::custom_properties) tell the two apart. Words that a vocabulary
//! does not list are its `Other`, types that the specification does not define are [`CustomObject`]s, and
//! extensions are kept as JSON that [`Common::extension`] reads.
//!
//! So an object that is read and written is an equal JSON value, numbers and timestamps spelled as they were.
//! What is not kept is white space, the order of names, which escapes a string is written with, and of properties
//! with the same name all but the last, which is the one that nearly every reader of JSON takes. Bytes are kept by
//! [`RawObject`](crate::RawObject). An absent property is never written, an empty list stays an empty list.
//!
//! When a field is set, it is written in the place of what `extra` has under its name.
//!
//! # STIX 2.0
//!
//! Objects of STIX 2.0 are read by the same structures: they have no `spec_version`, `observed-data` has
//! [`objects`](ObservedData::objects), and what else 2.1 no longer defines is in `extra`.
//!
//! # Building
//!
//! Constructors take what the specification always requires, `with_*` methods set the rest, and `build` finishes the
//! object: it gives a cyber-observable the identifier that its properties make (section 2.9), and refuses what does
//! not conform, such as an identifier of another type or an end before its beginning, with a [`BuildError`] that
//! names every fault and its place. Who leaves `build` out gets the object as it is. Identifiers and times come in
//! as arguments: there is no clock and no randomness in here.
//!
//! ```
//! use inthreat_stix::{Id, Object, Timestamp, model::{Malware, Relationship, Url}, vocabulary::MalwareType};
//!
//! let created: Timestamp = "2024-03-01T12:00:00Z".parse()?;
//! let id: Id = "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b".parse()?;
//! let malware = Malware::family(id.clone(), created, "Poison Ivy")
//!     .with_malware_types([MalwareType::RemoteAccessTrojan])
//!     .with_custom("x_score", &97)?
//!     .build()?;
//! let url = Url::new("http://malware.example/").build()?;
//! let indicates = Relationship::new(
//!     "relationship--44298a74-ba52-4f0c-87a3-1824e67d7fad".parse()?,
//!     created,
//!     "indicates",
//!     "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f".parse::<Id>()?,
//!     id,
//! )
//! .build()?;
//! let objects: [Object; 3] = [malware.into(), url.into(), indicates.into()];
//! assert!(objects[0].to_json().ends_with(r#""x_score":97}"#));
//! assert!(objects[1].id().is_some());
//!
//! let refused = Malware::instance("tool--31b940d4-6f7f-459a-80ea-9c1f17b5891b".parse()?, created).build();
//! assert_eq!(refused.map_err(|error| error.report().findings()[0].pointer().to_owned()), Err("/id".to_owned()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Serde
//!
//! All types implement serde's traits for JSON: the spelling of numbers can only be had from `serde_json`, so
//! other formats are refused or get JSON text.

mod build;
mod common;
mod cursor;
mod dictionary;
mod domain;
mod extensions;
mod fields;
mod json;
mod meta;
mod network;
mod number;
pub(crate) mod object;
mod observable;
pub(crate) mod references;
mod relationship;
mod value;

pub use build::BuildError;
pub use common::{Common, Extension, ExternalReference, GranularMarking, KillChainPhase};
pub use dictionary::Dictionary;
pub use domain::{
    AttackPattern, Campaign, CourseOfAction, Grouping, Identity, Incident, Indicator,
    Infrastructure, IntrusionSet, Location, Malware, MalwareAnalysis, Note, ObservedData, Opinion,
    Report, ThreatActor, Tool, Vulnerability,
};
pub use extensions::{
    AlternateDataStream, ArchiveExtension, HttpRequestExtension, IcmpExtension, NtfsExtension,
    PdfExtension, PeBinaryExtension, PeOptionalHeader, PeSection, RasterImageExtension,
    SocketExtension, TcpExtension, UnixAccountExtension, WindowsProcessExtension,
    WindowsServiceExtension,
};
pub use json::Json;
pub use meta::{
    ExtensionDefinition, LanguageContent, MarkingDefinition, MarkingObject, Tlp2Marking,
};
pub use network::{AutonomousSystem, DomainName, Ipv4Addr, Ipv6Addr, MacAddr, NetworkTraffic, Url};
pub use number::Number;
pub use object::{CustomObject, CustomType, TypedObject};
pub use observable::{
    Artifact, Directory, EmailAddr, EmailMessage, File, MimePart, Mutex, Process, RegistryValue,
    Software, UserAccount, WindowsRegistryKey, X509Certificate, X509V3Extensions,
};
pub use references::Reference;
pub use relationship::{Relationship, Sighting};

pub(crate) use cursor::{Cursor, Next};
pub(crate) use fields::{
    Fields, Outcome, common_setters, object, property, read_into, read_object, record, vocabulary,
};
pub(crate) use value::Value;

use build::build;
use serde::Serialize;

/// Writes an object as JSON.
fn to_json<T: Serialize>(object: &T) -> String {
    // Nothing in an object can fail to be written: names are strings, and raw values are JSON.
    serde_json::to_string(object).unwrap_or_default()
}

/// Appends an object as JSON.
fn write_json<T: Serialize>(object: &T, out: &mut Vec<u8>) {
    let length = out.len();
    if serde_json::to_writer(&mut *out, object).is_err() {
        out.truncate(length);
    }
}

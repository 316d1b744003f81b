//! Typed objects: one structure for each type of STIX 2.1, and what they are made of.

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
pub use meta::{ExtensionDefinition, LanguageContent, Marking, MarkingDefinition, Tlp2Marking};
pub use network::{AutonomousSystem, DomainName, Ipv4Addr, Ipv6Addr, MacAddr, NetworkTraffic, Url};
pub use number::Number;
pub use object::{CustomObject, CustomType, TypedObject};
pub use observable::{
    Artifact, Directory, EmailAddr, EmailMessage, File, MimePart, Mutex, Process, RegistryValue,
    Software, UserAccount, WindowsRegistryKey, X509Certificate, X509V3Extensions,
};
pub use references::Reference;
pub use relationship::{Relationship, Sighting};

pub(crate) use cursor::Cursor;
pub(crate) use fields::{
    Fields, Outcome, common_setters, object, property, read_into, read_object, record, vocabulary,
};
pub(crate) use value::Value;

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

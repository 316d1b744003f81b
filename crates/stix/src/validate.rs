//! Validation: what of an object or bundle does not conform to the specification.
//!
//! Reading never judges, so this is a call of its own. It throws nothing away and stops at nothing: every MUST
//! of STIX 2.1 that a single object or bundle can show gives an error, every SHOULD a warning, each with a code
//! that programs can rely on, its place as a JSON pointer, and the section of the specification.
//!
//! ```
//! use inthreat_stix::{RawObject, validate::{self, Options}};
//!
//! let object = RawObject::new(r#"{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.300"}"#)?;
//! let report = validate::object(&object, &Options::default());
//! assert!(!report.is_valid());
//! assert_eq!(report.findings()[0].pointer(), "/value");
//! assert_eq!(report.findings()[0].code().as_str(), "ip-address");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Objects of STIX 2.0 are held to STIX 2.0: see [`SpecVersion::detect`], and [`Options::with_version`] for
//! callers who know better.
//!
//! # Where this differs from the OASIS validator
//!
//! Verdicts are those of cti-stix-validator but where it departs from the specification:
//!
//! | rule | here | there | because |
//! |---|---|---|---|
//! | `reference-kinds` | a reference must point to a type that the property allows | only references of domain objects are checked | sections 3.2 and 6: "MUST be of type …" |
//! | `property-names` | all of a property's name is checked | its first three characters are | section 3.1 |
//! | `nested-empty-lists` | no list is empty, nor any dictionary | only some are looked at | sections 2.3 and 2.12 |
//! | `integer-range` | integers have 54 bits, and counts are not negative | no bound | section 2.10 and the types' sections |
//! | `creation-time` | `created` of a marking definition is precise to the millisecond | any precision | section 3.2 |
//! | `custom-identifiers` | the identifier of an object of any type begins with that type | only defined types are checked | section 2.9 |
//! | `nested-bundles` | a bundle in a bundle is an error | it is taken | section 8 |
//! | `timestamps` | an existing leap second is taken, a line feed behind the `Z` is not | the other way round | RFC 3339, section 5.6 |
//! | `language-markings` | a granular marking has a language or a marking | it must have a marking | section 7.2.3 |
//! | `languages` | any well-formed tag with a known language is taken | 232 tags are known | RFC 5646 |
//! | `addresses` | IPv6 addresses that end in dotted decimals are taken; blocks in STIX 2.0 too | they are not | RFC 4291, section 2.2 |
//! | `mailboxes` | every `addr-spec` is taken | the domain must have a dot, the rest be ASCII | section 6.5, RFC 5322 |
//! | `selectors` | keys of dictionaries may be selected in their case | lower case alone | section 7.2.3.1 |
//! | `media-types` | any media type is taken for an artifact | it must be registered | section 6.1: "SHOULD" |
//! | `header-fields` | header fields are strings or lists of strings | lists have two items at least | section 6.6 |
//! | `pattern-properties` | a pattern may name any well-formed type and property | `id` is refused, and in STIX 2.0 custom names without `x-` or `x_` | section 9.4; the prefix is a SHOULD |
//! | `registry-hives` | the hive alone must not be abbreviated | `HKLM` may occur nowhere | section 6.17 |
//!
//! Besides, a name that occurs twice in one object is an error (RFC 7493, section 2.3): there, the last one counts.
//!
//! # Where the crate differs from other tools
//!
//! These are all the differences beside validation that the tools' own tests show; [`pattern`](crate::pattern) and
//! [`marking`](crate::marking) tell more of theirs.
//!
//! | rule | here | there | because |
//! |---|---|---|---|
//! | `hashes-in-sets` | a set of well-formed hashes after `IN` is acceptable | stix2-patterns refuses every such set | it takes the text of the whole set for one hash |
//! | `start-stop-strings` | `START` and `STOP` take timestamps | stix2-matcher also takes plain strings | the grammar of section 9.4; strings are of drafts of STIX 2.0 |
//! | `timestamps-as-written` | timestamps contribute to identifiers as they are written | python-stix2 writes them anew first | section 2.9: the values of the properties |
//! | `meta-objects` | an extension definition is no domain object | python-stix2 counts it among them | section 7 |
//! | `unchanged-objects` | a change of markings that changes nothing makes no new version | python-stix2 makes one | section 3.6: a version is a change |

mod engine;
mod finding;
mod format;
mod registry;
mod rules;
mod shape;
mod table;
mod time;
mod vocabulary;

pub use finding::{Code, Finding, Report, Severity};

use crate::{
    RawObject,
    json::Node,
    spec_version::SpecVersion,
    validate::engine::{Place, Run},
};

/// How to validate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The version to hold objects to, instead of the one that they say themselves. Objects without
    /// `spec_version` in a bundle of STIX 2.1 are of STIX 2.0 nevertheless.
    pub version: Option<SpecVersion>,
    /// Whether to report what the specification recommends (default: true).
    pub warnings: bool,
    /// How many findings to keep, errors before warnings; the others are counted (default: 1,000).
    pub findings_max: usize,
    /// Whether to warn of relationships and sightings whose ends are not in the bundle (default: false).
    pub complete: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { version: None, warnings: true, findings_max: 1_000, complete: false }
    }
}

impl Options {
    /// Holds objects to this version.
    #[must_use]
    pub fn with_version(self, version: SpecVersion) -> Self {
        Self { version: Some(version), ..self }
    }

    /// Reports recommendations or leaves them out.
    #[must_use]
    pub fn with_warnings(self, warnings: bool) -> Self {
        Self { warnings, ..self }
    }

    /// Keeps this many findings.
    #[must_use]
    pub fn with_findings_max(self, findings_max: usize) -> Self {
        Self { findings_max, ..self }
    }

    /// Warns of relationships and sightings whose ends are not in the bundle.
    #[must_use]
    pub fn with_complete(self, complete: bool) -> Self {
        Self { complete, ..self }
    }
}

/// Validates an object, or a bundle and the objects in it.
///
/// Takes time in proportion to the object's text.
pub fn object(object: &RawObject, options: &Options) -> Report {
    match Node::parse_checked(object.as_str()) {
        Ok(root) => tree(&root, options),
        Err(error) => {
            let mut run = Run::new(options, SpecVersion::default());
            run.under("1", |run| run.find(Code::Json, format_args!("{error}")));
            run.into_report()
        }
    }
}

fn tree(root: &Node<'_>, options: &Options) -> Report {
    let members = root.as_object();
    let version = options.version.or_else(|| members.map(SpecVersion::of_members));
    let mut run = Run::new(options, version.unwrap_or_default());
    match members {
        Some(members) => run.object(members, Place::Top),
        None => run.find(Code::WrongType, format_args!("expected an object")),
    }
    run.into_report()
}

#[cfg(test)]
mod tests;

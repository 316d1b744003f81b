//! STIX 2.1, lossless: read objects of any feed, look at them, make new ones, and judge them.
//!
//! Reading never judges. Real feeds leave out `spec_version`, invent properties, types and words, and misspell
//! what is there; whoever reads them strictly loses objects. Here every object is read, nothing of it is lost
//! when it is written again, and whether it conforms is a question of its own ([`validate`]).
//!
//! | to do | use |
//! |---|---|
//! | take a document apart | [`split`] in memory, [`Reader`] from a source of any size, [`Bundle`] |
//! | keep an object as it is, and know its id, type and version | [`RawObject`] |
//! | look at its properties, change them | [`Object`], [`model`], [`vocabulary`] |
//! | make an object | the constructors in [`model`], [`deterministic_id`] |
//! | know what is wrong with it | [`validate`] |
//! | read, print, match and compare patterns | [`pattern`] |
//! | make a new version, revoke | [`version`] |
//! | mark it, know its Traffic Light Protocol | [`marking`] |
//! | know which relationships are defined | [`relationship`] |
//! | put confidence into words | [`confidence`] |
//!
//! # Reading a bundle
//!
//! [`Reader`] reads bundles, JSON arrays, NDJSON and answers of the service from anything that implements
//! [`std::io::Read`], one object after the other. What is no object is an error beside the good ones, with its
//! place and the reason.
//!
//! ```
//! use inthreat_stix::{Kind, Reader};
//!
//! let file = br#"{"type":"bundle","id":"bundle--357447d7-9229-4ce1-b7fa-f1b83587048e","objects":[
//!     {"type":"identity","id":"identity--357447d7-9229-4ce1-b7fa-f1b83587048e","modified":"2019-09-30T07:54:40.149166Z"},
//!     42,
//!     {"type":"x-rating","id":"x-rating--1","stars":5}
//! ]}"#;
//! let mut kinds = Vec::new();
//! for item in Reader::new(file.as_slice()) {
//!     match item {
//!         Ok(object) => kinds.push(Kind::from(object.object_type().unwrap_or_default())),
//!         Err(error) => assert_eq!(
//!             error.rejected().map(|item| item.reason()),
//!             Some("expected an object, found a number"),
//!         ),
//!     }
//! }
//! assert_eq!(kinds, [Kind::Identity, Kind::from("x-rating")]);
//! ```
//!
//! # Looking at an indicator
//!
//! A [`RawObject`] has its JSON text byte for byte. It is typed when it is asked for; that cannot fail: what a
//! type does not define, or what has another form than it should, is kept as it was written.
//!
//! ```
//! use inthreat_stix::{Object, RawObject, pattern::Pattern, vocabulary::IndicatorType};
//!
//! let raw = RawObject::new(r#"{
//!     "type": "indicator",
//!     "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "indicator_types": ["malicious-activity", "x-beaconing"],
//!     "pattern": "[domain-name:value = 'example.com' OR url:value = 'http://example.com/']",
//!     "valid_from": "2016-01-01T00:00:00Z"
//! }"#)?;
//! let Object::Indicator(indicator) = raw.to_object() else { panic!("another type") };
//! let types = indicator.indicator_types.as_deref().unwrap_or_default();
//! assert_eq!(types[0], IndicatorType::MaliciousActivity);
//! assert_eq!(types[1].as_str(), "x-beaconing");
//!
//! let pattern = Pattern::parse(indicator.pattern.as_deref().unwrap_or_default())?;
//! let values: Vec<_> = pattern.observables().map(|found| found.value.to_text()).collect();
//! assert_eq!(values, ["example.com", "http://example.com/"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keeping custom properties
//!
//! What the fields of a type do not hold is in `common.extra`, and is written again with the object.
//!
//! ```
//! use inthreat_stix::{Object, RawObject};
//!
//! let raw = RawObject::new(r#"{"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "name":"nmap","x_score":1.50,"confidence":null}"#)?;
//! let mut object = raw.to_object();
//! assert_eq!(object.custom_properties().next().map(|(name, _)| name), Some("x_score"));
//! assert_eq!(object.misfits().next().map(|(name, value)| (name, value.as_str())), Some(("confidence", "null")));
//! if let Object::Tool(tool) = &mut object {
//!     tool.name = Some("Nmap".to_owned());
//! }
//! assert!(object.to_json().ends_with(r#""name":"Nmap","x_score":1.50,"confidence":null}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Making an object
//!
//! Constructors ask for what the specification requires, `build` refuses what does not conform and gives
//! observables their identifiers; see [`model`].
//!
//! ```
//! use inthreat_stix::{Bundle, Id, Timestamp, marking::Tlp, model::{Indicator, Ipv4Addr}, vocabulary::PatternType};
//!
//! let created: Timestamp = "2024-03-01T12:00:00Z".parse()?;
//! let indicator = Indicator::new(
//!     "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc".parse()?,
//!     created,
//!     "[ipv4-addr:value = '198.51.100.3']",
//!     PatternType::Stix,
//!     created,
//! )
//! .with_object_marking_refs([Tlp::Green.marking()])
//! .build()?;
//! let address = Ipv4Addr::new("198.51.100.3").build()?;
//! assert_eq!(
//!     address.common.id.as_ref().map(Id::to_string).as_deref(),
//!     Some("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"),
//! );
//!
//! let id = "bundle--44298a74-ba52-4f0c-87a3-1824e67d7fad".parse()?;
//! let bundle = Bundle::new(id, vec![indicator.to_raw(), address.to_raw()]);
//! let mut text = Vec::new();
//! bundle.write_json(&mut text);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Types of your own
//!
//! Types of objects that the specification does not define are [`Object::Custom`]; give them a structure with
//! [`model::CustomType`], and extensions of objects with [`model::Extension`].
//!
//! ```
//! use inthreat_stix::{Object, RawObject, model::CustomType};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Rating {
//!     stars: u8,
//! }
//!
//! impl CustomType for Rating {
//!     const TYPE: &'static str = "x-rating";
//! }
//!
//! let raw = RawObject::new(r#"{"type":"x-rating","id":"x-rating--1","stars":4,"x_by":"me"}"#)?;
//! let Object::Custom(mut object) = raw.to_object() else { panic!("a type of STIX") };
//! let rating: Rating = object.parse()?;
//! object.update(&Rating { stars: rating.stars + 1 })?;
//! assert_eq!(object.to_json(), r#"{"type":"x-rating","id":"x-rating--1","stars":5,"x_by":"me"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Validating
//!
//! ```
//! use inthreat_stix::{RawObject, validate::{self, Options}};
//!
//! let object = RawObject::new(r#"{"type":"url","id":"url--1","value":"http://example.com/"}"#)?;
//! let report = validate::object(&object, &Options::default());
//! assert_eq!(report.findings()[0].code(), validate::Code::Identifier);
//! assert_eq!((report.findings()[0].pointer(), report.findings()[0].section()), ("/id", "2.9"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Markings and versions
//!
//! ```
//! use inthreat_stix::{RawObject, Timestamp, marking::{self, Marking, Target, Tlp}, version::{self, Changes}};
//!
//! let now: Timestamp = "2024-05-01T12:00:00Z".parse()?;
//! let object = RawObject::new(r#"{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"nmap"}"#)?;
//! let renamed = version::new_version(&object, &Changes::default().with("name", "Nmap")?, now)?;
//! let marked = marking::add(&renamed, &[Marking::from(Tlp::Red)], Target::Object, now)?;
//! assert_eq!(Tlp::of_object(&marked), Some(Tlp::Red));
//! assert!(marked.modified() > object.modified());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Limits
//!
//! Nothing takes more than linear time in its input, and no input panics. JSON nests 128 levels at most; what
//! nests deeper is rejected. There is no clock, no randomness, no network and no I/O but [`std::io::Read`] in here.

pub mod bundle;
mod calendar;
mod canonical;
pub mod confidence;
mod cut;
mod edit;
mod hash;
mod id;
mod json;
mod kind;
pub mod marking;
pub mod model;
pub mod pattern;
mod raw;
mod reader;
pub mod relationship;
mod scan;
mod sco_id;
mod spec_version;
pub mod split;
mod timestamp;
pub mod validate;
pub mod version;
pub mod vocabulary;

pub use bundle::Bundle;
pub use canonical::{CanonicalError, canonical_json};
pub use hash::HashAlgorithm;
pub use id::{Id, IdError};
pub use kind::{Category, Kind};
pub use model::object::Object;
pub use raw::{RawObject, Rejected, TypeError};
pub use reader::{ReadError, ReadErrorKind, Reader, ReaderOptions, Summary};
pub use sco_id::deterministic_id;
pub use spec_version::SpecVersion;
pub use timestamp::{Timestamp, TimestampError};

//! STIX 2.1, lossless: what an object is, how a page of them is split, and what they say.
//!
//! Reading never judges. An object keeps its JSON text byte for byte in a [`RawObject`], with the few
//! properties that every program asks for at hand; whatever is wrong with one item of a page is reported
//! as a [`Rejected`] beside the good ones.
//!
//! # Reading
//!
//! [`split`] takes documents in memory apart without copying them, [`Reader`] those of any size:
//!
//! ```
//! use inthreat_stix::split;
//!
//! let page = br#"{"type":"bundle","id":"bundle--1","objects":[
//!     {"type":"identity","id":"identity--357447d7-9229-4ce1-b7fa-f1b83587048e","modified":"2019-09-30T07:54:40.149166Z"},
//!     42
//! ]}"#;
//! let found = split::document(page.to_vec());
//! assert_eq!(found.objects[0].id(), Some("identity--357447d7-9229-4ce1-b7fa-f1b83587048e"));
//! assert_eq!(found.rejected[0].reason(), "expected an object, found a number");
//! ```
//!
//! # Looking at objects
//!
//! An object is typed when it is asked for. Typing loses nothing and cannot fail: what a type does not define,
//! or what has another form than it should, is kept as it was written. The structures are in [`model`], the words
//! in [`vocabulary`].
//!
//! ```
//! use inthreat_stix::{Object, RawObject, vocabulary::IndicatorType};
//!
//! let raw = RawObject::new(r#"{
//!     "type": "indicator",
//!     "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "indicator_types": ["malicious-activity", "x-beaconing"],
//!     "pattern": "[domain-name:value = 'example.com']",
//!     "valid_from": "2016-01-01T00:00:00Z",
//!     "x_ic_deprecated": false,
//!     "confidence": null
//! }"#)?;
//! let mut object = raw.to_object();
//! if let Object::Indicator(indicator) = &mut object {
//!     let types = indicator.indicator_types.as_deref().unwrap_or_default();
//!     assert_eq!(types[0], IndicatorType::MaliciousActivity);
//!     assert_eq!(types[1].as_str(), "x-beaconing");
//!     indicator.name = Some("example".to_owned());
//! }
//! // Custom properties and values that do not fit are still there.
//! assert_eq!(object.custom_properties().next().map(|(name, _)| name), Some("x_ic_deprecated"));
//! assert_eq!(object.misfits().next().map(|(name, value)| (name, value.as_str())), Some(("confidence", "null")));
//! assert!(object.to_json().contains(r#""confidence":null"#));
//! # Ok::<(), inthreat_stix::Rejected>(())
//! ```
//!
//! # Making objects
//!
//! See [`model`] for building objects, [`model::Extension`] for typed extensions, and [`model::CustomType`] for
//! types of objects that you define.

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

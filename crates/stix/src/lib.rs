//! STIX 2.1, lossless: what an object is, how a page of them is split, and what they say.
//!
//! Reading never judges. An object keeps its JSON text byte for byte in a [`RawObject`], with the few
//! properties that every program asks for at hand; whatever is wrong with one item of a page is reported
//! as a [`Rejected`] beside the good ones.
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

pub mod bundle;
mod id;
mod kind;
pub mod model;
pub mod pattern;
mod raw;
mod reader;
pub mod relationship;
mod scan;
pub mod split;
mod timestamp;
pub mod vocabulary;

pub use bundle::Bundle;
pub use id::{Id, IdError};
pub use kind::{Category, Kind};
pub use model::object::Object;
pub use raw::{RawObject, Rejected, TypeError};
pub use reader::{ReadError, ReadErrorKind, Reader, ReaderOptions, Summary};
pub use timestamp::{Timestamp, TimestampError};

//! Data markings: who may see what (STIX 2.1, section 7.2).
//!
//! An object is marked as a whole by `object_marking_refs`, and property by property by `granular_markings`,
//! whose *selectors* name properties and items of lists with dots between them: `external_references.[0].url`.
//!
//! ```
//! use inthreat_stix::{RawObject, marking::{self, Marking, Scope, Target}};
//!
//! let object = RawObject::new(r#"{"type":"tool","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"a","labels":["b"]}"#)?;
//! let now = "2024-05-01T12:00:00Z".parse()?;
//! let english = Marking::Language("en".to_owned());
//!
//! let marked = marking::add(&object, &[english.clone()], Target::Properties(&["labels"]), now)?;
//! let scope = Scope::default().with_inherited(true);
//! assert_eq!(marking::get(&marked, Target::Properties(&["labels.[0]"]), scope), Ok(vec![english]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where python-stix2 does otherwise: a change that changes nothing gives the object back as it is, without a new
//! version; and what is part of what is compared step by step, so that `labels` is no part of `label`.

mod change;
mod error;
mod query;
mod tlp;

pub use change::{add, clear, remove, set};
pub use error::{MarkingError, MarkingErrorKind};
pub(crate) use query::selected;
pub use query::{Marking, Scope, Target, get, is_marked};
pub use tlp::Tlp;

#[cfg(test)]
mod tests;

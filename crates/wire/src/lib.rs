//! How each question and answer of the Intelligence Center is spelled: bytes in, bytes out.
//!
//! Client and server share this one definition. [`encode`] writes a [`Question`] as a [`Request`], [`decode`] reads
//! one as the server gets it, with all the tolerance that clients in the field need (CONTRACT 2, 12); [`decode_any`] also
//! reads the questions of further roles. [`answer`] and [`live_answer`] have both directions of every answer and
//! [`failure`] those of errors. [`openapi`] writes the OpenAPI document of all of it.
//!
//! ```
//! use inthreat_api::{FeedId, PageRequest};
//! use inthreat_wire::{Question, decode, encode};
//!
//! let question = Question::Page(PageRequest::new(FeedId::default()).with_limit(500));
//! let request = encode(&question)?;
//! assert_eq!(request.path, "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects");
//! assert_eq!(request.query, "limit=500");
//! assert_eq!(decode("GET", &request.path, Some(&request.query), b"")?, question);
//! # Ok::<(), inthreat_api::Error>(())
//! ```
//!
//! [`Required`] says which permissions a path asks for.
//!
//! Not here: sockets, keys, retries, and what an answer says.

pub mod answer;
pub mod failure;
mod feed;
mod http_date;
mod limits;
mod live;
pub mod live_answer;
mod openapi;
mod parameters;
mod permission;
mod properties;
mod question;
mod quote;
mod role;
mod route;
pub mod taxii;

pub use limits::{BODY_LENGTH_MAX, CURSOR_HEADER, IDS_MAX, QUERY_LENGTH_MAX, VALUE_LENGTH_MAX};
pub use live::{LiveQuestion, decode_live, encode_live};
pub use openapi::openapi;
pub use permission::{Permission, Required};
pub use question::{Asked, Method, Question, Request, decode, decode_any, encode};
pub use role::Role;
pub use route::{allowed_methods, path_template, paths};

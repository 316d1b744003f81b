//! The HTTP face of an Intelligence Center: the service's own API over anything that answers its traits.
//!
//! [`serve`] takes a listening socket and any center that tells its `Roles` and answers the service's clients by its
//! contract, with the service's own statuses and error bodies, TAXII 2.1 clients by that specification, MISP by its format of
//! feeds, and firewalls by lists of lines; what the center plays no role for is 501. `/v2/inthreat/openapi.json` describes what
//! the center is asked for, and `/v2/inthreat/docs` shows it.
//!
//! [`Keys`] are what strangers need to be answered: each may do what its permissions say, sees the feeds of its community,
//! perhaps expires, and keeps to a [`RequestRate`]. [`SharedKeys`] are replaced while a server runs, so is the certificate of
//! `Tls` (feature `tls`). Behind a proxy all clients have one address, which is slowed down when many wrong keys come from
//! it; right ones are taken all the same.
//!
//! With [`ServerOptions::with_ui`] there is a page to look at under `/`, for people.
//!
//! [`Cached`] stands before a center that is far away, and [`Faults`] make a server that misbehaves on purpose.
//!
//! ```no_run
//! use std::{net::TcpListener, sync::Arc};
//! use inthreat_api::Roles;
//! use inthreat_server::{ServerOptions, serve};
//!
//! # async fn example(center: Arc<dyn Roles>) -> Result<(), Box<dyn std::error::Error>> {
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! serve(listener, center, ServerOptions::default(), std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is sent
//!
//! Answers of a kilobyte or more are compressed with zstd or gzip as `Accept-Encoding` asks, and have an `ETag`: a client
//! that sends it in `If-None-Match` is answered 304 when it has what there is. Pages of feeds are kept with their codings
//! ([`ServerOptions::page_cache_bytes`]) and sent again for as long as the center's `page_version` is the same; a page is read,
//! hashed and compressed once then, however many ask for it. So are objects, contexts and look-ups, in a quarter of that room,
//! for as long as the center's `state_version` is the same. `HEAD` is answered as `GET`, without the body.
//!
//! # Who watches it
//!
//! [`Event`]s tell of every answer, without what was looked up, and of requests that were none. `/healthz` says that the server
//! lives; `/readyz`, that its center answers and the program's [check](ServerOptions::with_check) agrees, else 503 with the
//! reason. Neither needs a key. `/metrics` has figures in the text format of Prometheus, by route, method and status: for those
//! who ask from this machine, or with a key. What a proxy on this machine passes on counts as coming from elsewhere when it
//! has a header `X-Forwarded-For`, `X-Real-IP` or `Forwarded`, which the proxy has to set, or it must not pass on `/metrics`.
//!
//! Not here: where the objects come from, how the questions are spelled, files of keys, and files of logs.

mod access;
mod account;
mod asset;
mod attempts;
mod bucket;
mod cached;
mod clock;
mod community;
mod docs;
mod edl;
mod encoding;
mod event;
mod faults;
mod handler;
mod keys;
mod metrics;
mod misp;
mod options;
mod pages;
mod pieces;
mod places;
mod questions;
mod ready;
mod reply;
mod roles;
mod route;
mod sent;
mod serve;
mod stall;
mod taxii;
#[cfg(feature = "tls")]
mod tls;
mod ui;
mod usage;
mod validator;
mod watched;

pub use cached::{CacheOptions, Cached};
pub use event::Event;
pub use faults::{Fault, Faults};
pub use keys::{KeyDraft, KeyRecord, Keys, KeysError, KeysErrorKind, NewKey, SharedKeys};
pub use metrics::described_metrics;
pub use options::ServerOptions;
pub use serve::{ServeError, ServeErrorKind, serve};
#[cfg(feature = "tls")]
pub use tls::{Tls, TlsError, TlsErrorKind};
pub use usage::RequestRate;

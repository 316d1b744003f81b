//! The HTTP face of an Intelligence Center: the service's own API over anything that answers its traits.
//!
//! [`serve`] takes a listening socket and any center that tells its `Roles` and answers the service's clients by its
//! contract, with the service's own statuses and error bodies, TAXII 2.1 clients by that specification, MISP by its format of
//! feeds, and firewalls by lists of lines; what the center plays no role for is 501. [`Keys`] are what strangers need to be answered.
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
//! Not here: where the objects come from, how the questions are spelled, and files of keys.

mod access;
mod edl;
mod event;
mod handler;
mod keys;
mod misp;
mod options;
mod patterns;
mod pieces;
mod roles;
mod serve;
mod stall;
mod taxii;

pub use event::Event;
pub use keys::{KeyRecord, Keys, KeysError, KeysErrorKind, NewKey};
pub use options::ServerOptions;
pub use serve::{ServeError, ServeErrorKind, serve};

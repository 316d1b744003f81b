//! The feed that MISP reads, made of what an Intelligence Center answers: a manifest, an event for each source and day of
//! creation, and the hashes of all values (MISP core format; CONTRACT 7).
//!
//! [`MispFeed`] remembers which indicator stands in which event and keeps that up to date with the cursor of a feed. What is
//! served or written to a folder are three kinds of files: [`manifest`] (`manifest.json`), [`MispFeed::event_text`]
//! (`UUID.json`) and [`MispFeed::hashes_text`] (`hashes.csv`). UUIDs never change, so an update replaces what is there.
//!
//! ```
//! use std::sync::Arc;
//! use inthreat_api::{IntelligenceCenter, Result};
//! use inthreat_misp::{MispFeed, manifest};
//! use inthreat_stix::Timestamp;
//!
//! async fn read(center: Arc<dyn IntelligenceCenter>, now: Timestamp) -> Result<()> {
//!     let mut feed = MispFeed::default();
//!     feed.refresh(center.as_ref()).await?;
//!     let events = feed.events(now);
//!     println!("{}", String::from_utf8_lossy(&manifest(center.as_ref(), &events).await?));
//!     for event in &events {
//!         let Some(mut text) = feed.event_text(Arc::clone(&center), &event.uuid(), now) else { continue };
//!         while let Some(piece) = text.next_piece().await? {
//!             print!("{}", String::from_utf8_lossy(&piece));
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Not here: how the files are served, and folders.

mod feed;
mod index;
mod indicator;
mod text;
mod write;

pub use feed::{MispFeed, manifest};
pub use index::MispEvent;
pub use text::MispText;

//! What can be asked of an Intelligence Center, wherever it is: traits and types, no transport.
//!
//! The live service, a local copy and a test double answer the same traits, so that a program is written once
//! against [`IntelligenceCenter`] (or the one role that it needs) and is handed whichever is at hand.
//!
//! ```
//! use inthreat_api::{Indicators, Observable, ObservableType, Result};
//!
//! async fn is_known(center: &dyn Indicators, address: &str) -> Result<bool> {
//!     let answer = center.indicators(Observable::new(ObservableType::Ipv4Addr, address)).await?;
//!     Ok(!answer.items.is_empty())
//! }
//! ```
//!
//! Not here: how a question is spelled on the wire, retries, timeouts and storage.

mod center;
mod cursor;
pub mod dialect;
mod error;
mod feed;
mod indicator;
mod object;
mod observable;
mod page;

pub use center::{Collections, Feeds, Indicators, IntelligenceCenter, Objects};
#[cfg(feature = "mocks")]
pub use center::{MockCollections, MockFeeds, MockIndicators, MockIntelligenceCenter, MockObjects};
pub use cursor::{Cursor, CursorError};
pub use error::{Error, ErrorKind, Result};
pub use feed::{
    Feed, FeedDraft, FeedFormat, FeedId, FeedIdError, FeedList, FeedsRequest, SortOrder,
};
pub use indicator::{ContextList, IndicatorList};
pub use object::{Related, RelationshipList, RelationshipsRequest};
pub use observable::{Observable, ObservableType};
pub use page::{LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest};

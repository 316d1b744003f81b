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
//! What not every one of them answers is in traits of its own ([`ObjectSearch`], [`Observables`], [`Exports`] and
//! others); [`Roles`] tells which of them a center plays. [`Pager`] reads a list or a feed to its end, and [`retry`] decides when to ask again.
//!
//! Not here: how a question is spelled on the wire, timeouts and storage.

mod account;
mod arrival;
mod blocked;
mod body;
mod center;
#[cfg(feature = "conformance")]
pub mod conformance;
mod cursor;
mod detail;
pub mod dialect;
mod error;
mod export;
mod extension;
mod feed;
mod formatted;
mod indicator;
mod ioc;
mod list;
mod live;
mod object;
mod observable;
mod observables;
mod options;
mod page;
mod pager;
pub mod retry;
mod roles;
mod timer;
mod wide;

pub use account::{KeyCommunity, KeyInfo, Profile};
#[cfg(feature = "mocks")]
pub use arrival::MockArrivals;
pub use arrival::{Arrival, ArrivalPage, ArrivalPageRequest, Arrivals};
pub use blocked::blocked_values;
pub use body::{Body, Chunks};
pub use center::{Collections, Feeds, Indicators, IntelligenceCenter, Objects};
#[cfg(feature = "mocks")]
pub use center::{MockCollections, MockFeeds, MockIndicators, MockIntelligenceCenter, MockObjects};
pub use cursor::{Cursor, CursorError};
pub use detail::RelationshipStatistics;
pub use error::{Error, ErrorKind, Result};
pub use export::{Export, ExportFormat, ExportRequest};
pub use extension::FeedsExt;
pub use feed::{
    Feed, FeedDraft, FeedField, FeedFormat, FeedId, FeedIdError, FeedList, FeedsRequest, SortOrder,
};
pub use formatted::FormattedPages;
#[cfg(feature = "mocks")]
pub use formatted::MockFormattedPages;
pub use indicator::{ContextList, IndicatorList};
pub use ioc::{
    IOCS_MAX, Ioc, IocCollection, IocCollectionDraft, IocCollectionList, IocCollectionsRequest,
    IocCount, IocFields, IocText, IocTextFormat, IocsAdded, IocsRequest, KillChainPhase,
};
pub use list::{
    Comparison, LightObject, LightObjectList, NamedRequest, OFFSET_MAX, ObjectList, ObjectsRequest,
    ReportsRequest, SearchRequest, SearchSort, TypedRequest, WindowRequest,
};
pub use live::{
    Account, Exports, IocCollections, LiveCollections, ObjectDetails, ObjectSearch, Observables,
    Relationships, Reports,
};
#[cfg(feature = "mocks")]
pub use live::{
    MockAccount, MockExports, MockIocCollections, MockLiveCollections, MockObjectDetails,
    MockObjectSearch, MockObservables, MockRelationships, MockReports,
};
pub use object::{Related, RelationshipList, RelationshipsRequest};
pub use observable::{Observable, ObservableType};
pub use observables::{
    BulkFound, BulkSearchRequest, ObservableIndicatorsRequest, ObservableSearchRequest,
    ObservablesRequest, TagList,
};
pub use page::{LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest};
pub use pager::{Items, Listing, Paged, Pager};
pub use roles::Roles;
pub use timer::Timer;
pub use wide::{
    FormattedPage, ObservablePageRequest, PageFormat, PatternEntry, PatternPage,
    PatternPageRequest, RelatedPage, RelationshipPageRequest, TEXT_LIMIT_MAX,
};

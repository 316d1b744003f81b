//! Feeds: selections of objects that are read page by page (CONTRACT 3).

mod check;
mod field;

use std::{fmt, str::FromStr};

use inthreat_stix::{Id, Timestamp};
use thiserror::Error;

use crate::ObservableType;

pub use field::FeedField;

/// The identifier of a feed or of the feed of an IOC collection.
///
/// ```
/// use inthreat_api::FeedId;
///
/// assert_eq!(FeedId::default().as_str(), "d6092c37-d8d7-45c3-8aff-c4dc26030608");
/// assert!("../objects".parse::<FeedId>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeedId(Box<str>);

/// A text that is no identifier of a feed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("parse `{}` as the id of a feed: expected 1 to 128 letters, digits, `-` or `_`", .0.escape_default())]
pub struct FeedIdError(Box<str>);

impl FeedId {
    /// The id of the feed without filters, which everyone may read (CONTRACT 2.1).
    pub const DEFAULT: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";

    /// The identifier as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the feed without filters.
    pub fn is_default(&self) -> bool {
        &*self.0 == Self::DEFAULT
    }
}

impl Default for FeedId {
    /// The feed without filters.
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

impl FromStr for FeedId {
    type Err = FeedIdError;

    fn from_str(text: &str) -> Result<Self, FeedIdError> {
        let fits = (1..=128).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits {
            Ok(Self(text.into()))
        } else {
            Err(FeedIdError(text.chars().take(80).collect::<String>().into()))
        }
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a feed's pages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedFormat {
    /// STIX objects.
    #[default]
    Json,
    /// A table of chosen fields.
    Csv,
    /// One name or observable a line.
    Text,
    /// What the feed's template says.
    Custom,
}

/// The order of a feed by `modified`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortOrder {
    /// Oldest first: fit for paging.
    Ascending,
    /// Newest first: one batch, unfit for paging. What the service takes when nothing is said.
    #[default]
    Descending,
}

/// What a feed selects and how it is written. An empty list selects everything; the lists of one draft are
/// joined by AND, the values within a list by OR (CONTRACT 3.1).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FeedDraft {
    /// The name that people see.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// STIX types, such as `indicator`. Relationships come only when this is empty or names them.
    pub types: Vec<String>,
    /// Types of the observables that an indicator's pattern contains.
    pub observable_types: Vec<ObservableType>,
    /// Identities that are sources.
    pub sources: Vec<Id>,
    /// Marking definitions.
    pub tlps: Vec<Id>,
    /// Labels.
    pub labels: Vec<String>,
    /// Identities that are sectors.
    pub sectors: Vec<Id>,
    /// Locations.
    pub locations: Vec<Id>,
    /// How pages are written.
    pub format: FeedFormat,
    /// The columns of CSV: names of [`FeedField`]. Empty: all of them.
    pub fields: Vec<String>,
    /// The template of [`FeedFormat::Custom`]: text with variables, `$name` or `${name}`, named as [`FeedField`].
    pub template: String,
    /// Whether revoked objects are delivered.
    pub include_revoked: bool,
    /// Whether indicators whose `valid_until` is past are left out.
    pub skip_expired: bool,
    /// The order of its pages.
    pub sort_order: SortOrder,
}

impl Default for FeedDraft {
    /// What the service takes for properties that are not given (CONTRACT 3.1).
    fn default() -> Self {
        Self {
            title: String::new(),
            description: String::new(),
            types: Vec::new(),
            observable_types: Vec::new(),
            sources: Vec::new(),
            tlps: Vec::new(),
            labels: Vec::new(),
            sectors: Vec::new(),
            locations: Vec::new(),
            format: FeedFormat::default(),
            fields: Vec::new(),
            template: String::new(),
            include_revoked: true,
            skip_expired: false,
            sort_order: SortOrder::default(),
        }
    }
}

/// A feed as the service keeps it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Feed {
    /// What its pages are asked for by.
    pub id: FeedId,
    /// What it selects.
    pub draft: FeedDraft,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// The community that may read it.
    pub community_uuid: Option<String>,
}

impl Feed {
    /// A feed of this id.
    pub fn new(id: FeedId, draft: FeedDraft) -> Self {
        Self { id, draft, created: None, modified: None, community_uuid: None }
    }

    /// The feed without filters, oldest objects first.
    pub fn unfiltered() -> Self {
        let draft = FeedDraft {
            title: "Default feed".into(),
            sort_order: SortOrder::Ascending,
            ..FeedDraft::default()
        };
        Self::new(FeedId::default(), draft)
    }
}

/// Which feeds to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FeedsRequest {
    /// At most this many, 1 to 100; the service takes 20 when nothing is said.
    pub limit: Option<u32>,
    /// How many to pass over.
    pub offset: Option<u32>,
    /// Only feeds whose title or description contains this.
    pub term: Option<String>,
    /// Only these feeds, when there are any.
    pub ids: Vec<FeedId>,
}

/// Some of the feeds that a key may read.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FeedList {
    /// The feeds.
    pub items: Vec<Feed>,
    /// How many there are in all.
    pub total: u64,
}

impl FeedList {
    /// Some feeds out of `total`.
    pub fn new(items: Vec<Feed>, total: u64) -> Self {
        Self { items, total }
    }
}

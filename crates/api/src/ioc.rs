//! IOC collections: a community's own indicators (CONTRACT 2.8).

use inthreat_stix::{Id, RawObject, Timestamp};

use crate::options::options;

/// How many indicators one question may add.
pub const IOCS_MAX: usize = 100;

options! {
    /// Lists IOC collections.
    IocCollectionsRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`](crate::OFFSET_MAX).
        with_offset offset: option u32;
        /// Only collections whose name contains this.
        with_term term: option String;
        /// Only collections of these communities. Empty: all.
        with_communities communities: list String;
        /// Whether each collection says how many indicators it has.
        with_count indicators_count: flag bool;
    }
}

options! {
    /// What a collection is made of, or what is changed of it: whatever is `None` stays as it is.
    IocCollectionDraft {
        /// Its identifier; the service chooses one when nothing is said.
        with_id id: option Id;
        /// Its name; a new collection must have one.
        with_name name: option String;
        /// What it is for, at most 500 characters.
        with_description description: option String;
        /// The community that it belongs to; counts for a new collection only.
        with_community community_uuid: option String;
        /// Whether communities below may read it.
        with_available_for_sub_communities available_for_sub_communities: option bool;
    }
}

/// A collection as the service keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IocCollection {
    /// Its identifier, `ioc-collection--<UUID>`.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Who created it.
    pub created_by: Option<String>,
    /// Who changed it last.
    pub modified_by: Option<String>,
    /// The community that it belongs to.
    pub community_uuid: Option<String>,
    /// Whether communities below may read it.
    pub available_for_sub_communities: bool,
    /// How many indicators it has, where it was counted.
    pub indicators_count: Option<u64>,
}

impl IocCollection {
    /// A collection of which no more is known.
    pub fn new(id: Id, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            description: String::new(),
            created: None,
            modified: None,
            created_by: None,
            modified_by: None,
            community_uuid: None,
            available_for_sub_communities: false,
            indicators_count: None,
        }
    }
}

/// Some of the collections that a key may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IocCollectionList {
    /// The collections.
    pub items: Vec<IocCollection>,
    /// How many there are in all.
    pub total: u64,
}

impl IocCollectionList {
    /// Some collections out of `total`.
    pub fn new(items: Vec<IocCollection>, total: u64) -> Self {
        Self { items, total }
    }
}

/// A phase of a kill chain (STIX 2.1, section 2.11).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "STIX defines exactly these two properties")]
pub struct KillChainPhase {
    /// The chain, such as `mitre-attack`.
    pub kill_chain_name: String,
    /// The phase, such as `command-and-control`.
    pub phase_name: String,
}

options! {
    /// What can be said about an indicator of a collection besides its value.
    IocFields {
        /// What it is about.
        with_description description: option String;
        /// From when on it counts.
        with_valid_from valid_from: option Timestamp;
        /// From when on it no longer does.
        with_valid_until valid_until: option Timestamp;
        /// The phases in which it is seen.
        with_kill_chain_phases kill_chain_phases: list KillChainPhase;
        /// The threats that it belongs to.
        with_related_threats related_threats: list Id;
    }
}

/// A value to add to a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ioc {
    /// The value: an address, a name, a URL, a hash.
    pub value: String,
    /// What is said about it; what is not said comes from the question's defaults.
    pub fields: IocFields,
}

impl Ioc {
    /// A value of which no more is said.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), fields: IocFields::default() }
    }

    /// Sets what is said about it.
    #[must_use]
    pub fn with_fields(mut self, fields: IocFields) -> Self {
        self.fields = fields;
        self
    }
}

/// What the lines of a text of indicators are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IocTextFormat {
    /// Anything, one per line; the service finds out what each is.
    #[default]
    OnePerLine,
    /// Domain names.
    DomainName,
    /// IPv4 addresses.
    Ipv4Addr,
    /// IPv6 addresses.
    Ipv6Addr,
    /// URLs.
    Url,
    /// Email addresses.
    EmailAddr,
    /// Hashes; those of one file stand on one line with commas between them.
    FileHashes,
}

/// A text of indicators to add to a collection. The service does it later and gives the name of the task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IocText {
    /// The text.
    pub indicators: String,
    /// What its lines are.
    pub format: IocTextFormat,
    /// What is said about each of them.
    pub fields: IocFields,
}

impl IocText {
    /// A text with one indicator per line.
    pub fn new(indicators: impl Into<String>) -> Self {
        Self { indicators: indicators.into(), ..Self::default() }
    }

    /// Sets what the lines are.
    #[must_use]
    pub fn with_format(mut self, format: IocTextFormat) -> Self {
        self.format = format;
        self
    }

    /// Sets what is said about each indicator.
    #[must_use]
    pub fn with_fields(mut self, fields: IocFields) -> Self {
        self.fields = fields;
        self
    }
}

options! {
    /// Lists the indicators of a collection.
    IocsRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`](crate::OFFSET_MAX).
        with_offset offset: option u32;
        /// Only indicators that contain this.
        with_term term: option String;
    }
}

/// The indicators that a question added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IocsAdded {
    /// The indicators that the values became.
    pub items: Vec<RawObject>,
    /// How many the service counts.
    pub total: u64,
}

impl IocsAdded {
    /// These indicators.
    pub fn new(items: Vec<RawObject>, total: u64) -> Self {
        Self { items, total }
    }
}

/// How many indicators a community has in all its collections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IocCount {
    /// How many there are.
    pub count: u64,
    /// How many there may be.
    pub max: Option<u64>,
}

impl IocCount {
    /// This many, out of those that there may be.
    pub fn new(count: u64, max: Option<u64>) -> Self {
        Self { count, max }
    }
}

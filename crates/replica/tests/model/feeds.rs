//! Feeds and questions to them, and which objects they select.

use inthreat_api::{
    FeedDraft, FeedFormat, FeedId, ObservableType, PageFormat, PageRequest, SortOrder,
};
use inthreat_stix::Id;
use proptest::prelude::*;

use crate::objects::{
    Instant, KINDS, LABELS, Name, Thing, bits, chosen, instant, location, numbers,
};

/// The types that feeds are made for; the service delivers no observables.
const FEED_TYPES: [&str; 5] =
    ["indicator", "malware", "relationship", "marking-definition", "x-own"];
const OBSERVABLE_TYPES: [&str; 4] = ["ipv4-addr", "url", "domain-name", "file"];
pub(crate) const FIELDS: [&str; 9] =
    ["name", "id", "type", "created", "modified", "pattern", "tlp", "sources", "confidence"];
/// What a feed in a custom format has as its template.
pub(crate) const TEMPLATE: &str = "$name|${id}$$$unknown";
const FORMATS: [FeedFormat; 4] =
    [FeedFormat::Json, FeedFormat::Text, FeedFormat::Csv, FeedFormat::Custom];

/// What a feed selects and how it is written. No bits mean no restriction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    title: u8,
    types: u8,
    observable_types: u8,
    labels: u8,
    sources: u8,
    sectors: u8,
    locations: u8,
    tlps: u8,
    pub(crate) include_revoked: bool,
    pub(crate) skip_expired: bool,
    pub(crate) is_ascending: bool,
    pub(crate) format: FeedFormat,
}

impl Filter {
    /// The default feed: everything, oldest first.
    pub(crate) const ALL: Self = Self {
        title: 0,
        types: 0,
        observable_types: 0,
        labels: 0,
        sources: 0,
        sectors: 0,
        locations: 0,
        tlps: 0,
        include_revoked: true,
        skip_expired: false,
        is_ascending: true,
        format: FeedFormat::Json,
    };

    pub(crate) fn title(&self) -> String {
        format!("Feed \u{c9}{}", self.title)
    }

    pub(crate) fn draft(&self) -> FeedDraft {
        let owned = |texts: Vec<&str>| texts.into_iter().map(ToOwned::to_owned).collect();
        let ids = |bits, id: &dyn Fn(u8) -> String| {
            numbers(bits).map(|number| Id::lenient(&id(number)).unwrap()).collect()
        };
        let identity = |number| Name::identity(number).id();
        let mut draft = FeedDraft::default();
        draft.title = self.title();
        draft.types = owned(chosen(&FEED_TYPES, self.types));
        draft.observable_types = observable_types(self.observable_types);
        draft.labels = owned(chosen(&LABELS, self.labels));
        draft.sources = ids(self.sources, &identity);
        draft.sectors = ids(self.sectors, &identity);
        draft.locations = ids(self.locations, &location);
        draft.tlps = ids(self.tlps, &|number| Name::marking(number).id());
        draft.include_revoked = self.include_revoked;
        draft.skip_expired = self.skip_expired;
        draft.sort_order =
            if self.is_ascending { SortOrder::Ascending } else { SortOrder::Descending };
        draft.format = self.format;
        draft.fields = owned(FIELDS.to_vec());
        draft.template = TEMPLATE.into();
        draft
    }

    /// Whether an object is in the feed, whatever is to be said of its being revoked or expired.
    fn selects(&self, thing: &Thing) -> bool {
        let any = |wanted: Vec<&str>, has: &[&str]| {
            wanted.is_empty() || wanted.iter().any(|one| has.contains(one))
        };
        let meets = |wanted: u8, has: u8| wanted == 0 || wanted & has != 0;
        // Both markings of a level are meant by each of them.
        let levels = |bits: u8| {
            let is_green = |number: &u8| Name::marking(*number).is_green();
            let greens = numbers(bits).any(|number| is_green(&number));
            if greens { bits | 0b101 } else { bits }
        };
        any(chosen(&FEED_TYPES, self.types), &[thing.name.kind()])
            && any(chosen(&OBSERVABLE_TYPES, self.observable_types), &thing.observable_types())
            && meets(self.labels, thing.labels)
            && meets(self.sources, thing.sources)
            && meets(self.sectors, thing.sectors)
            && meets(self.locations, thing.locations)
            && meets(levels(self.tlps), thing.markings)
    }
}

fn observable_types(bits: u8) -> Vec<ObservableType> {
    chosen(&OBSERVABLE_TYPES, bits).into_iter().map(ObservableType::from).collect()
}

/// What is asked for a page of a feed.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    types: Vec<&'static str>,
    observable_types: u8,
    include_revoked: Option<bool>,
    skip_expired: Option<bool>,
    pub(crate) modified_after: Option<Instant>,
    pub(crate) latest: Option<bool>,
    convert: Option<bool>,
    pub(crate) limit: u32,
}

impl Question {
    /// Everything that the feed has.
    pub(crate) fn plain(limit: u32) -> Self {
        Self {
            types: Vec::new(),
            observable_types: 0,
            include_revoked: None,
            skip_expired: None,
            modified_after: None,
            latest: None,
            convert: None,
            limit,
        }
    }

    pub(crate) fn request(&self, feed: FeedId) -> PageRequest {
        let types = self.types.iter().copied();
        let mut request = PageRequest::new(feed).with_limit(self.limit).with_types(types);
        request.observable_types = observable_types(self.observable_types);
        request.include_revoked = self.include_revoked;
        request.skip_expired = self.skip_expired;
        request.modified_after = self.modified_after.map(|instant| instant.text().parse().unwrap());
        request.latest = self.latest;
        request.convert_network_traffic = self.convert;
        request
    }

    /// Whether patterns are made plain.
    pub(crate) fn converts(&self) -> bool {
        self.convert.unwrap_or(true)
    }

    /// Whether a feed delivers an object to who asks this; `now` in microseconds behind the first instant.
    pub(crate) fn selects(&self, filter: &Filter, thing: &Thing, now: u64) -> bool {
        let asked = chosen(&OBSERVABLE_TYPES, self.observable_types);
        let is_asked =
            asked.is_empty() || asked.iter().any(|one| thing.observable_types().contains(one));
        let skips = self.skip_expired.unwrap_or(filter.skip_expired);
        let is_expired = thing.valid_until().is_some_and(|until| until.micros() <= now);
        filter.selects(thing)
            && (self.types.is_empty() || self.types.contains(&thing.name.kind()))
            && is_asked
            && (self.include_revoked.unwrap_or(filter.include_revoked) || !thing.revoked)
            && !(skips && is_expired)
    }
}

pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let lists = (0_u8..32, 1_u8..16, 1_u8..8, 1_u8..8, 1_u8..8, 1_u8..8, 1_u8..8);
    // Mostly one or two of the filters, so that something is left.
    let kept = prop_oneof![4 => (0_u8..7).prop_map(|one| 1 << one), 1 => any::<u8>(), 1 => Just(0)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    (0_u8..3, lists, kept, flags, prop::sample::select(&FORMATS)).prop_map(
        |(title, lists, kept, (include_revoked, skip_expired, is_ascending), format)| {
            let keep = |place: u8, bits: u8| if kept & (1 << place) == 0 { 0 } else { bits };
            Filter {
                title,
                types: keep(0, lists.0),
                observable_types: keep(1, lists.1),
                labels: keep(2, lists.2),
                sources: keep(3, lists.3),
                sectors: keep(4, lists.4),
                locations: keep(5, lists.5),
                tlps: keep(6, lists.6),
                include_revoked,
                skip_expired,
                is_ascending,
                format,
            }
        },
    )
}

pub(crate) fn question() -> impl Strategy<Value = Question> {
    let flag = |weight| prop::option::weighted(weight, any::<bool>());
    let kinds: Vec<&'static str> = KINDS.into_iter().chain(["unheard-of"]).collect();
    let types = prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::sample::subsequence(kinds, 1..6),
    ];
    let limit = prop_oneof![4 => 1_u32..6, 1 => Just(2000)];
    (
        types,
        prop_oneof![4 => Just(0), 1 => bits()],
        (flag(0.3), flag(0.3), flag(0.15), flag(0.3)),
        prop::option::weighted(0.25, instant()),
        limit,
    )
        .prop_map(|(types, observable_types, flags, modified_after, limit)| Question {
            types,
            observable_types,
            include_revoked: flags.0,
            skip_expired: flags.1,
            modified_after,
            latest: flags.2,
            convert: flags.3,
            limit,
        })
}

pub(crate) fn page_format() -> impl Strategy<Value = PageFormat> {
    prop::sample::select(&[PageFormat::Own, PageFormat::Json, PageFormat::Text, PageFormat::Csv])
}

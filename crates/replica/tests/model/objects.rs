//! The objects of the test: small and few, so that identifiers and instants collide; what each says is known by how it was made.

use std::fmt;

use proptest::prelude::*;

use crate::patterns::{PATTERNS, Pattern};

pub(crate) const KINDS: [&str; 9] = [
    "indicator",
    "malware",
    "attack-pattern",
    "course-of-action",
    "identity",
    "marking-definition",
    "relationship",
    "domain-name",
    "x-own",
];
const IDENTITY: usize = 4;
const MARKING: usize = 5;
pub(crate) const RELATIONSHIP_TYPES: [&str; 3] = ["indicates", "mitigates", "uses"];
pub(crate) const LABELS: [&str; 3] = ["a", "indicator", "\u{e9}"];
/// The second says that a feed's table begins with a formula, the third names a level of the protocol.
pub(crate) const TITLES: [&str; 4] = ["N0", "=x, \"y\"", "TLP:OWN", "N0"];
pub(crate) const TOLD: [&str; 2] = ["ipv4-addr", "url"];
/// The values of the observables of their own right.
const VALUES: [&str; 3] = ["a.example", "b.example", "c.example"];

/// Seconds since 1970 of the first instant.
pub(crate) const FIRST_SECOND: u64 = 1_767_225_600;

/// Texts of instants, their places in time, of which two are one, and the microseconds behind the first.
pub(crate) const INSTANTS: [(&str, u8, u64); 7] = [
    ("2026-01-01T00:00:00Z", 0, 0),
    ("2026-01-01T00:00:00.5Z", 1, 500_000),
    ("2026-01-01T00:00:00.500Z", 1, 500_000),
    ("2026-01-01T00:00:00.500001Z", 2, 500_001),
    ("2026-01-01T00:00:01Z", 4, 1_000_000),
    ("2026-01-02T00:00:00Z", 5, 86_400_000_000),
    // The last, so that indicators never expire in the midst of a microsecond.
    ("2026-01-01T00:00:00.500001001Z", 3, 500_001),
];

/// One of [`INSTANTS`].
#[derive(Clone, Copy)]
pub(crate) struct Instant(usize);

impl Instant {
    pub(crate) fn text(self) -> &'static str {
        INSTANTS[self.0].0
    }

    /// Its place in time.
    pub(crate) fn rank(self) -> u8 {
        INSTANTS[self.0].1
    }

    /// Microseconds behind the first.
    pub(crate) fn micros(self) -> u64 {
        INSTANTS[self.0].2
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Any instant.
pub(crate) fn instant() -> impl Strategy<Value = Instant> {
    (0..INSTANTS.len()).prop_map(Instant)
}

/// An instant in whole microseconds.
pub(crate) fn whole_instant() -> impl Strategy<Value = Instant> {
    (0..INSTANTS.len() - 1).prop_map(Instant)
}

/// The identifier of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    kind: usize,
    number: u8,
}

impl Name {
    pub(crate) fn kind(self) -> &'static str {
        KINDS[self.kind]
    }

    pub(crate) fn id(self) -> String {
        match (self.kind(), self.number) {
            // The green one of both versions of the protocol.
            ("marking-definition", 0) => {
                "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da".into()
            }
            ("marking-definition", 2) => {
                "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb".into()
            }
            ("x-own", number) => format!("x-own--{number}"),
            (kind, number) => format!("{kind}--00000000-0000-4000-8000-{number:012}"),
        }
    }

    pub(crate) fn marking(number: u8) -> Self {
        Self { kind: MARKING, number }
    }

    pub(crate) fn identity(number: u8) -> Self {
        Self { kind: IDENTITY, number }
    }

    /// Whether it is a marking that says the level green.
    pub(crate) fn is_green(self) -> bool {
        self.kind == MARKING && self.number != 1
    }

    /// Every identifier that there can be.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..KINDS.len()).flat_map(|kind| (0..3).map(move |number| Self { kind, number }))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id())
    }
}

pub(crate) fn name() -> impl Strategy<Value = Name> {
    let kind = prop_oneof![
        4 => Just(0),
        4 => Just(6),
        2 => 2_usize..4,
        3 => 0..KINDS.len(),
    ];
    (kind, 0_u8..3).prop_map(|(kind, number)| Name { kind, number })
}

/// An end of a relationship: few, so that objects have several.
fn end() -> impl Strategy<Value = Name> {
    let few = (prop::sample::select(&[0_usize, 2, 3, 6, 8]), 0_u8..2)
        .prop_map(|(kind, number)| Name { kind, number });
    prop_oneof![4 => few, 1 => name()]
}

/// Numbers of identities, markings and so on, a bit for each.
pub(crate) fn numbers(bits: u8) -> impl Iterator<Item = u8> {
    (0..3).filter(move |number| bits & (1 << number) != 0)
}

/// What the bits choose of some values.
pub(crate) fn chosen<'a>(values: &[&'a str], bits: u8) -> Vec<&'a str> {
    let is_chosen = |place: &usize| bits & (1 << place) != 0;
    (0..values.len()).filter(is_chosen).map(|place| values[place]).collect()
}

/// A version of an object.
#[derive(Clone, Copy)]
pub(crate) struct Thing {
    pub(crate) name: Name,
    /// Bytes that mean nothing.
    flavour: u8,
    pub(crate) created: Option<Instant>,
    pub(crate) modified: Option<Instant>,
    valid: (Option<Instant>, Option<Instant>),
    pub(crate) revoked: bool,
    pub(crate) deprecated: bool,
    pub(crate) labels: u8,
    pub(crate) sources: u8,
    pub(crate) sectors: u8,
    pub(crate) locations: u8,
    pub(crate) markings: u8,
    pub(crate) creator: Option<u8>,
    title: Option<usize>,
    pub(crate) confidence: Option<u8>,
    pattern: usize,
    told: u8,
    relationship_type: usize,
    pub(crate) ends: (Name, Name),
}

impl Thing {
    fn is_indicator(&self) -> bool {
        self.name.kind() == "indicator"
    }

    pub(crate) fn is_relationship(&self) -> bool {
        self.name.kind() == "relationship"
    }

    /// What counts as the instant of its last change.
    pub(crate) fn changed(&self) -> Option<u8> {
        self.modified.or(self.created).map(Instant::rank)
    }

    pub(crate) fn valid_from(&self) -> Option<Instant> {
        self.valid.0.filter(|_| self.is_indicator())
    }

    pub(crate) fn valid_until(&self) -> Option<Instant> {
        self.valid.1.filter(|_| self.is_indicator())
    }

    /// The name; observables have none, by which they would be found too.
    pub(crate) fn title(&self) -> Option<&'static str> {
        self.title.filter(|_| self.name.kind() != "domain-name").map(|title| TITLES[title])
    }

    pub(crate) fn relationship_type(&self) -> &'static str {
        RELATIONSHIP_TYPES[self.relationship_type]
    }

    pub(crate) fn pattern(&self) -> Option<&'static Pattern> {
        self.is_indicator().then(|| &PATTERNS[self.pattern])
    }

    fn told(&self) -> Vec<&'static str> {
        let tells =
            self.pattern().is_some_and(|one| !one.literals.is_empty() || one.language != "stix");
        if tells { chosen(&TOLD, self.told) } else { Vec::new() }
    }

    /// The types of the observables that it is about.
    pub(crate) fn observable_types(&self) -> Vec<&'static str> {
        match (self.pattern(), self.told()) {
            (Some(pattern), told) if told.is_empty() => pattern.types.to_vec(),
            (_, told) => told,
        }
    }

    /// The types and values that it is found by.
    pub(crate) fn keys(&self) -> Vec<(&'static str, &'static str)> {
        if self.name.kind() == "domain-name" {
            return vec![("domain-name", VALUES[usize::from(self.name.number)])];
        }
        let Some(pattern) = self.pattern() else { return Vec::new() };
        match self.told() {
            told if told.is_empty() => pattern.keys.to_vec(),
            told => {
                let literals = pattern.literals.iter();
                literals.flat_map(|value| told.iter().map(move |one| (*one, *value))).collect()
            }
        }
    }

    /// What a line of text tells of it.
    pub(crate) fn line(&self) -> String {
        let pattern = self.pattern().and_then(|pattern| pattern.line);
        let value =
            (self.name.kind() == "domain-name").then(|| VALUES[usize::from(self.name.number)]);
        pattern.or_else(|| self.title()).or(value).map_or_else(|| self.name.id(), ToOwned::to_owned)
    }

    /// The pattern as a page has it.
    pub(crate) fn pattern_text(&self, is_plain: bool) -> &'static str {
        self.pattern().map_or("", |one| if is_plain { one.plain } else { one.text })
    }

    /// The object, its pattern made plain or as it is stored.
    pub(crate) fn text(&self, is_plain: bool) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let list = |texts: Vec<String>| serde_json::Value::from(texts).to_string();
        let ids = |kind: &str, bits: u8| {
            let kind = KINDS.iter().position(|known| *known == kind);
            let id = |number| match kind {
                Some(kind) => Name { kind, number }.id(),
                None => location(number),
            };
            list(numbers(bits).map(id).collect())
        };
        let strings = |texts: Vec<&str>| list(texts.into_iter().map(ToOwned::to_owned).collect());
        let instant = |instant: Option<Instant>| instant.map(|instant| text(instant.text()));
        let when = |condition: bool, value: String| condition.then_some(value);
        let pattern = self.pattern();
        let tells = !self.told().is_empty() || (pattern.is_some() && self.flavour == 1);
        let creator = self.creator.map(|number| text(&Name::identity(number).id()));
        let value = (self.name.kind() == "domain-name")
            .then(|| text(VALUES[usize::from(self.name.number)]));
        let end = |end: Name| when(self.is_relationship(), text(&end.id()));
        let properties = [
            ("type", Some(text(self.name.kind()))),
            ("id", Some(text(&self.name.id()))),
            ("created", instant(self.created)),
            ("modified", instant(self.modified)),
            ("x_flavour", when(self.flavour > 0, self.flavour.to_string())),
            ("revoked", when(self.revoked, "true".into())),
            ("x_ic_deprecated", when(self.deprecated, "true".into())),
            ("name", self.title().map(text)),
            ("value", value),
            ("confidence", self.confidence.map(|confidence| confidence.to_string())),
            // On all of them, although only indicators expire.
            ("valid_from", instant(self.valid.0)),
            ("valid_until", instant(self.valid.1)),
            ("pattern", pattern.map(|_| text(self.pattern_text(is_plain)))),
            ("pattern_type", pattern.map(|pattern| text(pattern.language))),
            ("x_ic_observable_types", when(tells, strings(self.told()))),
            ("labels", when(self.labels > 0, strings(chosen(&LABELS, self.labels)))),
            ("x_inthreat_sources_refs", when(self.sources > 0, ids("identity", self.sources))),
            ("x_ic_impacted_sectors", when(self.sectors > 0, ids("identity", self.sectors))),
            ("x_ic_impacted_locations", when(self.locations > 0, ids("location", self.locations))),
            (
                "object_marking_refs",
                when(self.markings > 0, ids("marking-definition", self.markings)),
            ),
            ("created_by_ref", creator),
            ("relationship_type", when(self.is_relationship(), text(self.relationship_type()))),
            ("source_ref", end(self.ends.0)),
            ("target_ref", end(self.ends.1)),
        ];
        let properties = properties.into_iter();
        let members: Vec<String> =
            properties.filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?))).collect();
        format!("{{{}}}", members.join(","))
    }
}

impl fmt::Debug for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(false))
    }
}

/// The identifier of a location, which only filters name.
pub(crate) fn location(number: u8) -> String {
    format!("location--00000000-0000-4000-8000-{number:012}")
}

pub(crate) fn bits() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(0_u8), 1 => 0_u8..8]
}

pub(crate) fn thing() -> impl Strategy<Value = Thing> {
    let maybe = |weight, strategy| prop::option::weighted(weight, strategy);
    let instants = (
        maybe(0.2, whole_instant().boxed()),
        maybe(0.9, instant().boxed()),
        maybe(0.3, whole_instant().boxed()),
        maybe(0.4, whole_instant().boxed()),
    );
    let lists = (bits(), bits(), bits(), bits(), bits());
    let own = (
        prop::option::weighted(0.3, 0_u8..3),
        prop::option::weighted(0.6, 0..TITLES.len()),
        prop::option::weighted(0.3, 0_u8..=100),
        0..PATTERNS.len(),
        prop_oneof![2 => Just(0_u8), 1 => 1_u8..4],
    );
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.1), 0_u8..3);
    let relationship = (0..RELATIONSHIP_TYPES.len(), end(), end());
    (name(), instants, lists, own, flags, relationship).prop_map(
        |(name, instants, lists, own, (revoked, deprecated, flavour), relationship)| Thing {
            name,
            flavour,
            created: instants.0,
            modified: instants.1,
            valid: (instants.2, instants.3),
            revoked,
            deprecated,
            labels: lists.0,
            sources: lists.1,
            sectors: lists.2,
            locations: lists.3,
            markings: lists.4,
            creator: own.0,
            title: own.1,
            confidence: own.2,
            pattern: own.3,
            told: own.4,
            relationship_type: relationship.0,
            ends: (relationship.1, relationship.2),
        },
    )
}

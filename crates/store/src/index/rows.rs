//! The rows of one object.

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::{Id, RawObject, Timestamp};

use super::{
    keys, pattern,
    read::{Properties, Property},
};

/// What an object is indexed by, beside its type, id, `created` and `modified`, which [`RawObject`] has at hand.
///
/// Lists are sorted and hold nothing twice. A property that is missing or malformed gives no row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexRows {
    /// Under which keys an indicator is found, and an observable by its own value. Look them up by the keys that
    /// [`normalise`](super::normalise) gives.
    pub observables: Vec<Observable>,
    /// The two ends of a relationship.
    pub ends: Option<Ends>,
    /// Marking definitions (`object_marking_refs`).
    pub markings: Vec<Id>,
    /// Identities that are its sources (`x_inthreat_sources_refs`).
    pub sources: Vec<Id>,
    /// Who created it (`created_by_ref`).
    pub created_by: Option<Id>,
    /// Labels.
    pub labels: Vec<String>,
    /// Sectors that it concerns (`x_ic_impacted_sectors`).
    pub sectors: Vec<Id>,
    /// Locations that it concerns (`x_ic_impacted_locations`).
    pub locations: Vec<Id>,
    /// The types of the observables in an indicator's pattern (`x_ic_observable_types`, or what the pattern says).
    pub observable_types: Vec<ObservableType>,
    /// From when an indicator is valid.
    pub valid_from: Option<Timestamp>,
    /// Until when an indicator is valid.
    pub valid_until: Option<Timestamp>,
    /// How much its creator trusts it, 0 to 100.
    pub confidence: Option<u8>,
    /// Its name.
    pub name: Option<String>,
    /// Whether it was withdrawn (`revoked`).
    pub revoked: bool,
    /// Whether it is out of date (`x_ic_deprecated`).
    pub deprecated: bool,
    /// Other names: aliases, and the ids that external references give it, such as `T1059`.
    pub names: Vec<String>,
    /// Those of [`names`](Self::names) that external references give it.
    pub external_ids: Vec<String>,
    /// The objects that a report names (`object_refs`).
    pub references: Vec<Id>,
    /// What a report or an identity says that it is.
    pub classes: Vec<Class>,
}

/// What a report or an identity says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// One of the service's flash reports (`x_ic_is_in_flint`).
    FlashReport,
    /// A sector of activity (`x_ic_is_sector`).
    Sector,
    /// A source of intelligence (`x_ic_is_source`).
    Source,
}

/// The two ends of a `relationship` or an `observable-relationship`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ends {
    /// Its `relationship_type`, such as `indicates`.
    pub relationship_type: String,
    /// Its `source_ref`.
    pub source: Id,
    /// Its `target_ref`.
    pub target: Id,
}

impl Ends {
    /// A relationship of this type between these objects.
    pub fn new(relationship_type: impl Into<String>, source: Id, target: Id) -> Self {
        Self { relationship_type: relationship_type.into(), source, target }
    }
}

impl IndexRows {
    /// The rows of an object.
    ///
    /// An indicator is found (CONTRACT 2.5, 5.2, 5.6) by every type of its `x_ic_observable_types`, or where that is
    /// absent by those of its pattern, together with every literal that its pattern compares for equality. Where
    /// the far end of network traffic is compared, the type that its value has the form of counts too.
    ///
    /// ```
    /// use inthreat_api::{Observable, ObservableType};
    /// use inthreat_stix::RawObject;
    /// use inthreat_store::index::IndexRows;
    ///
    /// let text = r#"{"type":"indicator","pattern_type":"stix","pattern":"[domain-name:value = 'Evil.example.']"}"#;
    /// let rows = IndexRows::of(&RawObject::new(text)?);
    /// assert_eq!(rows.observables, [Observable::new(ObservableType::DomainName, "evil.example")]);
    /// # Ok::<(), inthreat_stix::Rejected>(())
    /// ```
    pub fn of(object: &RawObject) -> Self {
        let properties = Properties::of(object);
        let ids = |property: Option<Property<'_>>| sorted(property.map(Property::ids));
        let mut rows = Self {
            markings: ids(properties.object_marking_refs),
            sources: ids(properties.x_inthreat_sources_refs),
            created_by: properties.created_by_ref.and_then(Property::id),
            labels: texts(properties.labels),
            sectors: ids(properties.x_ic_impacted_sectors),
            locations: ids(properties.x_ic_impacted_locations),
            confidence: properties.confidence.and_then(Property::percent),
            name: properties.name.and_then(Property::text).map(String::from),
            revoked: object.is_revoked(),
            deprecated: properties.x_ic_deprecated.is_some_and(Property::flag),
            external_ids: external_ids(&properties),
            ..Self::default()
        };
        rows.names = names(&properties, &rows.external_ids);
        match object.object_type() {
            Some("indicator") => rows.add_indicator(&properties),
            Some("report") => {
                rows.references = ids(properties.object_refs);
                rows.classes = classes([(properties.x_ic_is_in_flint, Class::FlashReport)]);
            }
            Some("identity") => {
                rows.classes = classes([
                    (properties.x_ic_is_sector, Class::Sector),
                    (properties.x_ic_is_source, Class::Source),
                ]);
            }
            Some("relationship" | "observable-relationship") => rows.ends = ends(&properties),
            Some(other) => rows.observables = keys::of_observable(other, &properties),
            None => {}
        }
        rows
    }

    fn add_indicator(&mut self, properties: &Properties<'_>) {
        self.valid_from = properties.valid_from.and_then(Property::instant);
        self.valid_until = properties.valid_until.and_then(Property::instant);
        let told = properties.x_ic_observable_types.map(Property::texts).unwrap_or_default();
        let told = sorted(Some(told.iter().map(|text| ObservableType::from(&**text)).collect()));
        (self.observable_types, self.observables) = pattern::keys(properties, told);
    }
}

fn classes<const N: usize>(told: [(Option<Property<'_>>, Class); N]) -> Vec<Class> {
    let is_told = |(property, class): (Option<Property<'_>>, Class)| {
        property.is_some_and(Property::flag).then_some(class)
    };
    told.into_iter().filter_map(is_told).collect()
}

fn ends(properties: &Properties<'_>) -> Option<Ends> {
    Some(Ends {
        relationship_type: properties.relationship_type?.text()?.into_owned(),
        source: properties.source_ref?.id()?,
        target: properties.target_ref?.id()?,
    })
}

fn names(properties: &Properties<'_>, external_ids: &[String]) -> Vec<String> {
    let mut names = external_ids.to_vec();
    for aliases in [properties.aliases, properties.mitre_aliases].into_iter().flatten() {
        names.extend(aliases.texts().into_iter().map(String::from));
    }
    sorted(Some(names))
}

fn external_ids(properties: &Properties<'_>) -> Vec<String> {
    let members = properties.external_references.map(Property::members).unwrap_or_default();
    let ids = members.into_iter().filter_map(|reference| reference.member("external_id")?.text());
    sorted(Some(ids.map(String::from).collect()))
}

fn texts(property: Option<Property<'_>>) -> Vec<String> {
    sorted(property.map(|list| list.texts().into_iter().map(String::from).collect()))
}

/// The members of a list, sorted, each once.
pub(super) fn sorted<T: Ord>(list: Option<Vec<T>>) -> Vec<T> {
    let mut list = list.unwrap_or_default();
    list.sort_unstable();
    list.dedup();
    list
}

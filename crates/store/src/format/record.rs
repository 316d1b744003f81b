//! What a format tells of an object, read without parsing what is not told.

use std::{borrow::Cow, cell::OnceCell};

use inthreat_api::FeedField;
use inthreat_stix::{Id, RawObject, marking::Tlp, pattern::Pattern};

use crate::index::{self, Property, properties};

properties! {
    confidence b"confidence";
    created b"created";
    definition b"definition";
    first_seen b"first_seen";
    id b"id";
    kill_chain_phases b"kill_chain_phases";
    last_seen b"last_seen";
    modified b"modified";
    name b"name";
    object_marking_refs b"object_marking_refs";
    object_type b"type";
    pattern b"pattern";
    pattern_type b"pattern_type";
    valid_from b"valid_from";
    valid_until b"valid_until";
    value b"value";
    x_ic_observable_types b"x_ic_observable_types";
    x_inthreat_sources_refs b"x_inthreat_sources_refs";
}

/// What separates the members of a list in one cell (CONTRACT 11, U6).
const SEPARATOR: &str = ",";
/// How the name of every marking of the Traffic Light Protocol begins.
const TLP: &str = "TLP:";

/// The name that an object is written by where another one refers to it: its `name`, or `TLP:…` for a marking
/// definition without one.
///
/// ```
/// use inthreat_stix::RawObject;
/// use inthreat_store::format::name_of;
///
/// let marking = RawObject::new(r#"{"definition_type":"tlp","definition":{"tlp":"green"}}"#)?;
/// assert_eq!(name_of(&marking).as_deref(), Some("TLP:GREEN"));
/// # Ok::<(), inthreat_stix::Rejected>(())
/// ```
pub fn name_of(object: &RawObject) -> Option<String> {
    let properties = Properties::of(object);
    let tlp = || properties.definition?.member("tlp")?.text();
    match properties.name.and_then(Property::text) {
        Some(name) => Some(name.into_owned()),
        None => tlp().map(|level| format!("{TLP}{}", level.to_uppercase())),
    }
}

/// An object that is being written.
pub(super) struct Record<'a> {
    properties: Properties<'a>,
    /// Parsed when it is first told.
    pattern: OnceCell<Option<Pattern>>,
}

impl<'a> Record<'a> {
    pub(super) fn of(object: &'a RawObject) -> Self {
        Self { properties: Properties::of(object), pattern: OnceCell::new() }
    }

    /// The one line that an object has in text: the value of an indicator that names one, else the name, and where
    /// there is none the value of an observable or the identifier (CONTRACT 11, U8).
    pub(super) fn line(&self) -> Cow<'_, str> {
        if let Some(value) = self.single_value() {
            return value;
        }
        let Properties { name, value, id, .. } = self.properties;
        [name, value, id].into_iter().find_map(|one| one?.text()).unwrap_or_default()
    }

    /// Appends what a field says; `names` knows the names of identities and markings.
    pub(super) fn field<E>(
        &self,
        field: FeedField,
        names: &mut impl FnMut(&Id) -> Result<Option<String>, E>,
        out: &mut String,
    ) -> Result<(), E> {
        let own = &self.properties;
        let plain = match field {
            FeedField::Id => own.id,
            FeedField::Type => own.object_type,
            FeedField::Name => own.name,
            FeedField::Created => own.created,
            FeedField::Modified => own.modified,
            FeedField::Confidence => own.confidence,
            FeedField::PatternType => own.pattern_type,
            FeedField::Pattern => own.pattern,
            FeedField::ValidFrom => own.valid_from,
            FeedField::ValidUntil => own.valid_until,
            FeedField::FirstSeen => own.first_seen,
            FeedField::LastSeen => own.last_seen,
            FeedField::Tlp => return self.tlp(names, out),
            FeedField::Sources => return self.sources(names, out),
            FeedField::KillChain => {
                join(self.kill_chain(), out);
                return Ok(());
            }
            FeedField::ObservableTypes => {
                join(self.observable_types(), out);
                return Ok(());
            }
            FeedField::Observables => {
                join(self.values(), out);
                return Ok(());
            }
            _ => None,
        };
        out.push_str(&plain.and_then(Property::text_or_integer).unwrap_or_default());
        Ok(())
    }

    /// The names of the markings of the Traffic Light Protocol.
    fn tlp<E>(
        &self,
        names: &mut impl FnMut(&Id) -> Result<Option<String>, E>,
        out: &mut String,
    ) -> Result<(), E> {
        let mut found = Vec::new();
        for id in ids(self.properties.object_marking_refs) {
            let name = names(&id)?.filter(|name| {
                name.get(..TLP.len()).is_some_and(|start| start.eq_ignore_ascii_case(TLP))
            });
            found.extend(name.or_else(|| Tlp::of_marking(&id).map(|tlp| tlp.to_string())));
        }
        join(found, out);
        Ok(())
    }

    /// The names of the sources; an identifier where the name is not known.
    fn sources<E>(
        &self,
        names: &mut impl FnMut(&Id) -> Result<Option<String>, E>,
        out: &mut String,
    ) -> Result<(), E> {
        let mut found = Vec::new();
        for id in ids(self.properties.x_inthreat_sources_refs) {
            found.push(names(&id)?.unwrap_or_else(|| id.to_string()));
        }
        join(found, out);
        Ok(())
    }

    fn kill_chain(&self) -> impl Iterator<Item = String> {
        let phases = self.properties.kill_chain_phases.map(Property::members).unwrap_or_default();
        phases.into_iter().filter_map(|phase| {
            let name = phase.member("kill_chain_name")?.text()?;
            Some(format!("{name}:{}", phase.member("phase_name")?.text()?))
        })
    }

    fn observable_types(&self) -> Vec<Cow<'_, str>> {
        match self.properties.x_ic_observable_types {
            Some(told) => told.texts(),
            None => {
                let types = self.pattern().map(index::types_of).unwrap_or_default();
                types.iter().map(|one| Cow::Owned(one.to_string())).collect()
            }
        }
    }

    /// The values that the pattern names, each once.
    fn values(&self) -> Vec<Cow<'_, str>> {
        let mut values: Vec<_> = self.pattern().into_iter().flat_map(index::values_of).collect();
        let mut seen = std::collections::HashSet::new();
        values.retain(|value| seen.insert(value.clone()));
        values
    }

    /// The value of a pattern that names one alone.
    fn single_value(&self) -> Option<Cow<'_, str>> {
        let mut values = index::values_of(self.pattern()?);
        let first = values.next().filter(|value| !value.is_empty())?;
        values.all(|other| other == first).then_some(first)
    }

    fn pattern(&self) -> Option<&Pattern> {
        let Properties { pattern, pattern_type, .. } = self.properties;
        self.pattern.get_or_init(|| index::stix_pattern(pattern, pattern_type)).as_ref()
    }
}

fn ids(property: Option<Property<'_>>) -> Vec<Id> {
    property.map(Property::ids).unwrap_or_default()
}

fn join<T: AsRef<str>>(texts: impl IntoIterator<Item = T>, out: &mut String) {
    for (index, text) in texts.into_iter().enumerate() {
        out.push_str(if index == 0 { "" } else { SEPARATOR });
        out.push_str(text.as_ref());
    }
}

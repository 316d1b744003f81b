//! New versions of objects, and revocation (STIX 2.1, section 3.6).
//!
//! ```
//! use inthreat_stix::{RawObject, version::{self, Changes}};
//!
//! let object = RawObject::new(r#"{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
//!     "created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"a","x_size":1.50}"#)?;
//! let now = "2024-05-01T12:00:00Z".parse()?;
//!
//! let changes = Changes::default().with("name", "b")?;
//! let newer = version::new_version(&object, &changes, now)?;
//! assert!(newer.as_str().ends_with(r#""modified":"2024-05-01T12:00:00.000Z","name":"b","x_size":1.50}"#));
//! assert!(version::revoke(&newer, now)?.is_revoked());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::Serialize;
use thiserror::Error;

use crate::{
    Category, Id, Kind, RawObject, SpecVersion, Timestamp,
    edit::Draft,
    json::{Node, Object, write_string},
    sco_id,
};

/// What is to be different in a new version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names, and the JSON text of the new value, or nothing.
    properties: Vec<(String, Option<String>)>,
}

/// Why there is no new version.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{reason}")]
pub struct VersionError {
    kind: VersionErrorKind,
    reason: String,
}

/// Why there is no new version, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionErrorKind {
    /// Objects of this type have no versions, or the object has no type.
    TypeNotVersionable,
    /// The object has no `created`, without which there are no versions.
    ObjectNotVersionable,
    /// The object is revoked: there will be no other versions.
    Revoked,
    /// A property that must be the same in all versions was to be changed.
    UnmodifiableProperty,
    /// The new version would not be later than the old one.
    NotLater,
    /// A new value is no JSON.
    Value,
}

/// The properties that are the same in all versions.
const UNMODIFIABLE: [&str; 4] = ["type", "id", "created", "created_by_ref"];

impl Changes {
    /// Sets a property to a value.
    pub fn with<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Result<Self, VersionError> {
        let text = serde_json::to_string(value)
            .map_err(|error| VersionError::new(VersionErrorKind::Value, error.to_string()))?;
        Ok(self.push(name, Some(text)))
    }

    /// Sets a property to the value that a JSON text says, spelled as it is.
    pub fn with_json(self, name: &str, text: &str) -> Result<Self, VersionError> {
        match Node::parse(text) {
            Ok(_) => Ok(self.push(name, Some(text.to_owned()))),
            Err(error) => Err(VersionError::new(VersionErrorKind::Value, error.to_string())),
        }
    }

    /// Leaves a property out.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        self.push(name, None)
    }

    fn push(mut self, name: &str, text: Option<String>) -> Self {
        self.properties.push((name.to_owned(), text));
        self
    }
}

impl VersionError {
    fn new(kind: VersionErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// Why, for programs.
    pub fn kind(&self) -> VersionErrorKind {
        self.kind
    }
}

/// Makes a new version of an object; the text of what does not change stays as it is.
///
/// `modified` becomes `now`, or an instant just behind the old version where the clock is behind it, or what
/// `changes` say. It is written to the millisecond at least; for objects of STIX 2.0, exactly.
///
/// Marking definitions and bundles have no versions, nor have observables but those that carry `created`,
/// `modified` and `revoked`; of these, what their identifier is made from cannot change.
pub fn new_version(
    object: &RawObject,
    changes: &Changes,
    now: Timestamp,
) -> Result<RawObject, VersionError> {
    let json = |reason: String| VersionError::new(VersionErrorKind::Value, reason);
    let root = Node::parse_checked(object.as_str()).map_err(|error| json(error.to_string()))?;
    let no_object =
        || VersionError::new(VersionErrorKind::TypeNotVersionable, "expected an object");
    let members = root.as_object().ok_or_else(no_object)?;
    check_versionable(members)?;
    check_unmodifiable(members, changes)?;
    let mut draft = Draft::of(object).map_err(json)?;
    for (name, text) in &changes.properties {
        match text {
            Some(text) => draft.set(name, text.clone()),
            None => draft.remove(name),
        }
    }
    let given = changes.properties.iter().rev().find(|(name, _)| name == "modified");
    match given {
        Some((_, Some(text))) => check_later(members, text)?,
        _ => write_modified(&mut draft, members, now)?,
    }
    draft.finish().map_err(json)
}

/// Revokes an object: a last version, of which `revoked` is true.
pub fn revoke(object: &RawObject, now: Timestamp) -> Result<RawObject, VersionError> {
    let changes = Changes::default().push("revoked", Some("true".to_owned()));
    new_version(object, &changes, now)
}

/// Makes a draft the next version of the object it was made from; an observable without versions is left alone.
pub(crate) fn advance(
    draft: &mut Draft<'_>,
    object: &Object<'_>,
    now: Timestamp,
) -> Result<(), VersionError> {
    let kind = Kind::from(object.string("type").unwrap_or_default());
    if kind.category() == Category::Observable && !object.contains("modified") {
        return Ok(());
    }
    check_versionable(object)?;
    write_modified(draft, object, now)
}

fn check_versionable(object: &Object<'_>) -> Result<(), VersionError> {
    if object.get("revoked") == Some(&Node::Bool(true)) {
        return Err(VersionError::new(VersionErrorKind::Revoked, "the object is revoked"));
    }
    if ["created", "modified", "revoked"].iter().all(|name| object.contains(name)) {
        return Ok(());
    }
    let text = object.string("type").unwrap_or_default();
    let kind = Kind::from(text);
    let has_versions = !matches!(kind.category(), Category::Observable | Category::Bundle)
        && kind != Kind::MarkingDefinition
        && !text.is_empty();
    if !has_versions {
        let reason = format!("objects of type `{}` have no versions", text.escape_debug());
        return Err(VersionError::new(VersionErrorKind::TypeNotVersionable, reason));
    }
    if !object.contains("created") {
        let reason = "the object has no `created`";
        return Err(VersionError::new(VersionErrorKind::ObjectNotVersionable, reason));
    }
    Ok(())
}

fn check_unmodifiable(object: &Object<'_>, changes: &Changes) -> Result<(), VersionError> {
    let kind = Kind::from(object.string("type").unwrap_or_default());
    let is_derived = object
        .string("id")
        .and_then(|id| id.parse::<Id>().ok()?.uuid())
        .is_some_and(|uuid| uuid.get(6).is_some_and(|byte| byte >> 4 == 5));
    let contributing = if is_derived { sco_id::contributing_properties(&kind) } else { &[] };
    for (name, text) in &changes.properties {
        let is_locked = UNMODIFIABLE.iter().chain(contributing).any(|locked| locked == name);
        let is_same = match text {
            Some(text) => Node::parse(text).ok().as_ref() == object.get(name),
            None => !object.contains(name),
        };
        if is_locked && !is_same {
            let reason = format!("the property `{name}` is the same in all versions");
            return Err(VersionError::new(VersionErrorKind::UnmodifiableProperty, reason));
        }
    }
    Ok(())
}

/// The instant of the version at hand.
fn version_of(object: &Object<'_>) -> Option<Timestamp> {
    let text = object.string("modified").or_else(|| object.string("created"))?;
    Timestamp::lenient(text).ok()
}

fn check_later(object: &Object<'_>, text: &str) -> Result<(), VersionError> {
    let value = Node::parse(text).ok();
    let instant =
        value.as_ref().and_then(Node::as_str).and_then(|text| Timestamp::lenient(text).ok());
    let Some(instant) = instant else {
        let reason = format!("`modified` is set to {text}, which is no timestamp");
        return Err(VersionError::new(VersionErrorKind::Value, reason));
    };
    match version_of(object) {
        Some(old) if instant <= old => {
            let reason = format!("`modified` is set to {text}, which is not after `{old}`");
            Err(VersionError::new(VersionErrorKind::NotLater, reason))
        }
        _ => Ok(()),
    }
}

fn write_modified(
    draft: &mut Draft<'_>,
    object: &Object<'_>,
    now: Timestamp,
) -> Result<(), VersionError> {
    let is_legacy = SpecVersion::of_members(object) == SpecVersion::V20;
    let precise = |instant: Timestamp| {
        let digits = if is_legacy { 3 } else { instant.trimmed().digits().clamp(3, 6) };
        instant.with_digits(digits)
    };
    let mut modified = precise(now);
    if let Some(old) = version_of(object)
        && modified <= old
    {
        let step = if is_legacy { 1_000_000 } else { 1_000 };
        let later = old.with_digits(9).plus_nanos(step).map(precise);
        let too_late = || {
            VersionError::new(
                VersionErrorKind::NotLater,
                format!("there is no instant after `{old}`"),
            )
        };
        modified = later.filter(|later| *later > old).ok_or_else(too_late)?;
    }
    let mut text = String::new();
    write_string(&modified.to_string(), &mut text);
    draft.set("modified", text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOOL: &str = r#"{"type":"tool","spec_version":"2.1","id":"tool--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"a","x_size":1.50}"#;

    proptest! {
        // Catches a version that is not later than the one before, which consumers would drop, or that is not
        // precise to the millisecond.
        #[test]
        fn versions_are_later(
            instants in proptest::collection::vec((-1_000_000_000_i64..3_000_000_000, 0_u32..1_000_000_000), 1..6),
            legacy: bool,
        ) {
            let text = if legacy { TOOL.replace("\"spec_version\":\"2.1\",", "") } else { TOOL.to_owned() };
            let mut object = RawObject::new(text).unwrap();
            for (seconds, nanos) in instants {
                let now = Timestamp::from_unix(seconds, nanos).unwrap();
                let newer = new_version(&object, &Changes::default(), now).unwrap();
                prop_assert!(newer.modified() > object.modified());
                let digits = newer.modified().unwrap().digits();
                let expected = if legacy { 3..=3 } else { 3..=6 };
                prop_assert!(expected.contains(&digits));
                object = newer;
            }
        }
    }

    // Catches a change of what makes versions versions of one object, and of a spelling that was not asked for.
    #[test]
    fn some_properties_never_change() {
        let object = RawObject::new(TOOL).unwrap();
        let now = "2024-01-01T00:00:00Z".parse().unwrap();
        for name in UNMODIFIABLE {
            let changes = Changes::default().with(name, "x").unwrap();
            let error = new_version(&object, &changes, now).unwrap_err();
            assert_eq!(error.kind(), VersionErrorKind::UnmodifiableProperty);
        }
        let same = Changes::default().with("type", "tool").unwrap().without("name");
        let newer = new_version(&object, &same, now).unwrap();
        assert!(
            newer.as_str().ends_with(r#""modified":"2024-01-01T00:00:00.000Z","x_size":1.50}"#)
        );
    }

    // Catches versions behind the last one.
    #[test]
    fn revoked_is_the_end() {
        let object = RawObject::new(TOOL).unwrap();
        let now = "2024-01-01T00:00:00Z".parse().unwrap();
        let revoked = revoke(&object, now).unwrap();
        assert!(revoked.is_revoked());
        assert_eq!(revoke(&revoked, now).unwrap_err().kind(), VersionErrorKind::Revoked);
    }

    // Catches a revocation that replaces the first of two properties of one name, while readers take the last.
    #[test]
    fn a_doubled_property_is_revoked_too() {
        let doubled = TOOL.replacen('{', r#"{"revoked":false,"revoked":false,"#, 1);
        let object = RawObject::new(doubled).unwrap();
        let now = "2024-01-01T00:00:00Z".parse().unwrap();
        assert!(revoke(&object, now).unwrap().is_revoked());
    }
}

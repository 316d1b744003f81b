//! Finishing the objects that a program makes: their identifiers, and the check that they conform.

use thiserror::Error;

use super::{CustomObject, TypedObject, to_json};
use crate::{
    Category, RawObject, SpecVersion, deterministic_id,
    validate::{self, Options, Report},
};

/// Why an object cannot be built: it does not conform to STIX 2.1.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("build an object of STIX 2.1: {}", summary(report))]
pub struct BuildError {
    report: Report,
}

impl BuildError {
    /// Everything that is wrong, each with its code and its place.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

fn summary(report: &Report) -> String {
    let mut errors = report.errors();
    let first = errors.next().map(ToString::to_string).unwrap_or_default();
    match errors.count() {
        0 => first,
        others => format!("{first}, and {others} more"),
    }
}

/// Finishes an object of a type that the specification defines.
pub(super) fn build<T: TypedObject>(mut object: T) -> Result<T, BuildError> {
    if T::KIND.category() == Category::Observable && object.common().id.is_none() {
        let raw = RawObject::of_written(to_json(&object));
        // What has no identifier for its text is refused below.
        object.common_mut().id = deterministic_id(&raw).ok().flatten();
    }
    check(&RawObject::of_written(to_json(&object)))?;
    Ok(object)
}

impl CustomObject {
    /// The object, when it conforms to STIX 2.1 as far as that binds types that it does not define.
    pub fn build(self) -> Result<Self, BuildError> {
        check(&self.to_raw())?;
        Ok(self)
    }
}

fn check(object: &RawObject) -> Result<(), BuildError> {
    let options = Options::default().with_version(SpecVersion::V21).with_warnings(false);
    let report = validate::object(object, &options);
    if report.is_valid() { Ok(()) } else { Err(BuildError { report }) }
}

#[cfg(test)]
mod tests;

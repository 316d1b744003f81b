//! Follows an object path through the objects of an observation (STIX 2.1 section 9.7).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::observation::Observation;
use super::{MatchError, MatchErrorKind, PathStep};

/// A value a path has led to.
#[derive(Debug)]
pub(super) enum Selected<'o> {
    /// As it stands in the JSON.
    Json(&'o Value),
    /// A `_hex` or `_bin` property, decoded.
    Bytes(Vec<u8>),
    /// A `_refs` property: the objects it refers to.
    Objects(Vec<&'o Value>),
}

/// How much work a match may still do.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

impl Budget {
    pub(super) fn new(steps: u64) -> Self {
        Self { left: steps }
    }

    pub(super) fn spend(&mut self, steps: usize) -> Result<(), MatchError> {
        match self.left.checked_sub(u64::try_from(steps).unwrap_or(u64::MAX)) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(MatchError::new(
                MatchErrorKind::TooComplex,
                "the match takes more steps than permitted",
            )),
        }
    }
}

/// Every value the steps lead to from `root`.
pub(super) fn select<'o>(
    observation: &'o Observation,
    root: &'o Value,
    steps: &[PathStep<'_>],
    budget: &mut Budget,
) -> Result<Vec<Selected<'o>>, MatchError> {
    let mut values = vec![Selected::Json(root)];
    for step in steps {
        budget.spend(values.len() + 1)?;
        let mut next = Vec::new();
        for value in values {
            match step {
                PathStep::Property(name) => {
                    if let Selected::Json(Value::Object(object)) = value
                        && let Some(inner) = object.get(&**name)
                    {
                        next.extend(property(observation, name, inner)?);
                    }
                }
                PathStep::Index(index) => {
                    let Ok(index) = usize::try_from(*index) else { continue };
                    next.extend(elements(value).nth(index).map(Selected::Json));
                }
                PathStep::AnyIndex => next.extend(elements(value).map(Selected::Json)),
            }
        }
        budget.spend(next.len())?;
        values = next;
    }
    Ok(values)
}

/// Whether the steps lead to a property or element, whatever it holds: a reference at their end is not followed.
pub(super) fn exists(
    observation: &Observation,
    root: &Value,
    steps: &[PathStep<'_>],
    budget: &mut Budget,
) -> Result<bool, MatchError> {
    let Some((last, steps)) = steps.split_last() else { return Ok(true) };
    let values = select(observation, root, steps, budget)?;
    Ok(values.into_iter().any(|value| match last {
        PathStep::Property(name) => {
            matches!(value, Selected::Json(Value::Object(object)) if object.contains_key(&**name))
        }
        PathStep::Index(index) => {
            usize::try_from(*index).is_ok_and(|index| elements(value).nth(index).is_some())
        }
        PathStep::AnyIndex => elements(value).next().is_some(),
    }))
}

fn elements(value: Selected<'_>) -> impl Iterator<Item = &Value> {
    let (list, objects) = match value {
        Selected::Json(Value::Array(list)) => (list.as_slice(), Vec::new()),
        Selected::Objects(objects) => (Default::default(), objects),
        Selected::Json(_) | Selected::Bytes(_) => (Default::default(), Vec::new()),
    };
    list.iter().chain(objects)
}

/// The suffix of a property's name says what its value is (section 2.2, 2.9 and 3.1).
fn property<'o>(
    observation: &'o Observation,
    name: &str,
    value: &'o Value,
) -> Result<Option<Selected<'o>>, MatchError> {
    if name.ends_with("_ref") {
        let id = value.as_str().ok_or_else(|| invalid(name, "is no reference"))?;
        return Ok(observation.resolve(id).map(Selected::Json));
    }
    if name.ends_with("_refs") {
        let list = value.as_array().ok_or_else(|| invalid(name, "is no list of references"))?;
        let mut objects = Vec::new();
        for id in list {
            let id = id.as_str().ok_or_else(|| invalid(name, "holds what is no reference"))?;
            objects.extend(observation.resolve(id));
        }
        return Ok((!objects.is_empty()).then_some(Selected::Objects(objects)));
    }
    let Some(text) = value.as_str() else { return Ok(Some(Selected::Json(value))) };
    if name.ends_with("_hex") {
        let bytes = hex(text).ok_or_else(|| invalid(name, "is not hexadecimal"))?;
        return Ok(Some(Selected::Bytes(bytes)));
    }
    if name.ends_with("_bin") {
        let bytes = STANDARD.decode(text).map_err(|_| invalid(name, "is not base64"))?;
        return Ok(Some(Selected::Bytes(bytes)));
    }
    Ok(Some(Selected::Json(value)))
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)).collect()
}

fn invalid(name: &str, what: &str) -> MatchError {
    MatchError::new(MatchErrorKind::Value, format!("the property `{name}` {what}"))
}

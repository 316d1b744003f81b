//! Observed data as a pattern sees it: when, how often, and the objects that were seen together.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{Category, Kind, Object, model::ObservedData};

use super::instant::Instant;
use super::{MatchError, MatchErrorKind};

/// One `observed-data` object with the observables it holds or refers to (STIX 2.1 section 4.14).
///
/// It counts as `number_observed` observations, each somewhere between `first_observed` and `last_observed`.
#[derive(Clone)]
pub struct Observation {
    pub(super) first: Instant,
    pub(super) last: Instant,
    pub(super) count: u64,
    objects: Vec<Arc<Value>>,
    by_id: HashMap<String, usize>,
    roots: Vec<usize>,
}

impl Observation {
    /// Reads the observations of a JSON text, in its order.
    ///
    /// The text is one of, or a list of any of:
    /// - a STIX 2.0 object with a dictionary `objects` and the three properties of an observation,
    /// - a STIX 2.1 `observed-data` object with `object_refs`,
    /// - an observable, for the `object_refs` of any `observed-data` of the text to refer to by `id`,
    /// - a bundle of these.
    ///
    /// References to what the text does not hold are ignored, as are other objects.
    ///
    /// ```
    /// use inthreat_stix::pattern::{Observation, Pattern};
    ///
    /// let seen = Observation::from_json(
    ///     r#"{"type":"bundle","objects":[
    ///         {"type":"observed-data","id":"observed-data--1","number_observed":1,"object_refs":["ipv4-addr--1"],
    ///          "first_observed":"2024-05-01T10:00:00Z","last_observed":"2024-05-01T10:00:00Z"},
    ///         {"type":"ipv4-addr","id":"ipv4-addr--1","value":"198.51.100.7"}]}"#,
    /// )?;
    /// let pattern = Pattern::parse("[ipv4-addr:value ISSUBSET '198.51.100.0/24']").unwrap();
    /// assert!(pattern.matches(&seen)?);
    /// # Ok::<(), inthreat_stix::pattern::MatchError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Vec<Self>, MatchError> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| invalid("the observations are not JSON").caused_by(error))?;
        let mut observed = Vec::new();
        let mut pool = HashMap::new();
        collect(value, &mut observed, &mut pool);
        observed.iter().map(|data| Self::read(data, &pool)).collect()
    }

    /// The observation that an `observed-data` object is, with the observables that it refers to; a STIX 2.0 object
    /// holds its own. Other objects are ignored.
    ///
    /// # Errors
    ///
    /// [`MatchErrorKind::Observation`] where `first_observed`, `last_observed` or `number_observed` is missing or
    /// wrong, or the object neither holds nor refers to objects.
    ///
    /// ```
    /// use inthreat_stix::{Object, RawObject, pattern::{Observation, Pattern}};
    ///
    /// let read = |text: &str| RawObject::new(text).map(|raw| raw.to_object());
    /// let address = read(r#"{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4",
    ///     "value":"198.51.100.3"}"#)?;
    /// let Object::ObservedData(data) = read(
    ///     r#"{"type":"observed-data","id":"observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf","number_observed":2,
    ///     "object_refs":["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"],
    ///     "first_observed":"2024-05-01T10:00:00Z","last_observed":"2024-05-01T10:00:00Z"}"#,
    /// )? else { panic!("another type") };
    /// let seen = Observation::new(&data, [&address])?;
    /// assert!(Pattern::parse("[ipv4-addr:value = '198.51.100.3'] REPEATS 2 TIMES")?.matches(&[seen])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        data: &ObservedData,
        objects: impl IntoIterator<Item: Borrow<Object>>,
    ) -> Result<Self, MatchError> {
        let mut observed = Vec::new();
        let mut pool = HashMap::new();
        for object in objects {
            let value = serde_json::from_str(&object.borrow().to_json()).unwrap_or_default();
            collect(value, &mut Vec::new(), &mut pool);
        }
        let value = serde_json::from_str(data.to_raw().as_str()).unwrap_or_default();
        collect(value, &mut observed, &mut pool);
        let data = observed.first().ok_or_else(|| invalid("no `observed-data` object"))?;
        Self::read(data, &pool)
    }

    fn read(
        data: &Map<String, Value>,
        pool: &HashMap<String, Arc<Value>>,
    ) -> Result<Self, MatchError> {
        let (first, last) = (instant(data, "first_observed")?, instant(data, "last_observed")?);
        if last < first {
            return Err(invalid("`last_observed` is before `first_observed`"));
        }
        let count = data.get("number_observed").and_then(Value::as_u64);
        let count = count.filter(|count| *count > 0);
        let count = count.ok_or_else(|| invalid("`number_observed` is no number above 0"))?;
        let mut observation = Self {
            first,
            last,
            count,
            objects: Vec::new(),
            by_id: HashMap::new(),
            roots: Vec::new(),
        };
        match (data.get("objects"), data.get("object_refs")) {
            (Some(Value::Object(objects)), _) => {
                for (id, object) in objects {
                    observation.add(id, Arc::new(object.clone()), true);
                }
            }
            (_, Some(Value::Array(references))) => {
                for id in references.iter().filter_map(Value::as_str) {
                    if let Some(object) = pool.get(id) {
                        // Patterns speak of observables alone (section 9.3), custom ones among them.
                        let is_root = matches!(
                            Kind::from(object_type(object)).category(),
                            Category::Observable | Category::Custom
                        );
                        observation.add(id, Arc::clone(object), is_root);
                    }
                }
            }
            _ => return Err(invalid("an observation has neither `objects` nor `object_refs`")),
        }
        Ok(observation)
    }

    fn add(&mut self, id: &str, object: Arc<Value>, is_root: bool) {
        let index = self.objects.len();
        // An object that is referred to twice is one object.
        if self.by_id.insert(id.to_owned(), index).is_none() && is_root {
            self.roots.push(index);
        }
        self.objects.push(object);
    }

    /// Every object a path can start from.
    pub(super) fn all_roots(&self) -> impl Iterator<Item = &Value> {
        self.roots.iter().filter_map(|index| self.objects.get(*index)).map(|object| &**object)
    }

    /// The object a reference property names.
    pub(super) fn resolve(&self, id: &str) -> Option<&Value> {
        self.objects.get(*self.by_id.get(id)?).map(|object| &**object)
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation")
            .field("first", &self.first)
            .field("last", &self.last)
            .field("count", &self.count)
            .field("objects", &self.objects.len())
            .finish_non_exhaustive()
    }
}

/// The `type` of an object, or nothing.
pub(super) fn object_type(object: &Value) -> &str {
    object.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn collect(
    value: Value,
    observed: &mut Vec<Map<String, Value>>,
    pool: &mut HashMap<String, Arc<Value>>,
) {
    match value {
        Value::Array(items) => items.into_iter().for_each(|item| collect(item, observed, pool)),
        Value::Object(mut object) => {
            if let Some(Value::Array(items)) = object.get_mut("objects") {
                collect(Value::Array(std::mem::take(items)), observed, pool);
                return;
            }
            let is_observed = object.get("objects").is_some_and(Value::is_object)
                || object.get("type").and_then(Value::as_str) == Some("observed-data");
            if is_observed {
                observed.push(object);
            } else if let Some(id) = object.get("id").and_then(Value::as_str).map(str::to_owned) {
                pool.insert(id, Arc::new(Value::Object(object)));
            }
        }
        _ => {}
    }
}

fn instant(data: &Map<String, Value>, name: &str) -> Result<Instant, MatchError> {
    let text = data.get(name).and_then(Value::as_str);
    text.and_then(Instant::parse).ok_or_else(|| invalid(format!("`{name}` is no timestamp")))
}

fn invalid(message: impl Into<String>) -> MatchError {
    MatchError::new(MatchErrorKind::Observation, message)
}

//! The bundle, a container that objects travel in (STIX 2.1, section 8).

use crate::{
    Id, RawObject, Rejected, TypeError,
    model::{Dictionary, Json},
    split,
};

/// A bundle of objects, each kept as it was written (section 8).
///
/// ```
/// use inthreat_stix::Bundle;
///
/// let text = r#"{"type":"bundle","id":"bundle--357447d7-9229-4ce1-b7fa-f1b83587048e","spec_version":"2.0",
///     "objects":[{"type":"url","id":"url--1"},7]}"#;
/// let (bundle, rejected) = Bundle::parse(text)?;
/// assert_eq!((bundle.objects.len(), rejected.len()), (1, 1));
/// assert_eq!(bundle.extra.get("spec_version").map(|value| value.as_str()), Some("\"2.0\""));
/// # Ok::<(), inthreat_stix::TypeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The identifier of the bundle, `bundle--<UUID>`.
    pub id: Id,
    /// The objects, in their order.
    pub objects: Vec<RawObject>,
    /// All other properties, as they were written: `spec_version` in STIX 2.0, and custom ones.
    pub extra: Dictionary<Json>,
}

impl Bundle {
    /// A bundle of these objects.
    pub fn new(id: Id, objects: Vec<RawObject>) -> Self {
        Self { id, objects, extra: Dictionary::new() }
    }

    /// Reads a bundle that is held in memory, and gives the items of it that are no objects. An error where the
    /// text is no bundle or has no identifier: for those, and for larger ones, there is [`Reader`](crate::Reader).
    pub fn parse(text: impl Into<Vec<u8>>) -> Result<(Self, Vec<Rejected>), TypeError> {
        let refuse = |reason: &str| TypeError::message(reason.to_owned());
        let envelope = split::envelope(text, "objects")
            .map_err(|error| TypeError::message(error.to_string()))?;
        let mut extra: Dictionary<Json> =
            envelope.properties().map(|(name, text)| (name, Json::from_text(text))).collect();
        let object_type = extra.remove("type");
        if object_type.as_ref().and_then(Json::as_string).as_deref() != Some("bundle") {
            return Err(refuse("expected an object of type `bundle`"));
        }
        let id = extra.remove("id").ok_or_else(|| refuse("the bundle has no identifier"))?;
        let items = envelope.items.unwrap_or_default();
        Ok((Self { id: id.parse()?, objects: items.objects, extra }, items.rejected))
    }

    /// Appends the bundle as JSON; the objects' bytes stay what they are.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let length: usize = self.objects.iter().map(|object| object.as_bytes().len() + 1).sum();
        out.reserve(length + 100);
        out.extend_from_slice(br#"{"type":"bundle","id":"#);
        out.extend_from_slice(serde_json::Value::from(self.id.to_string()).to_string().as_bytes());
        for (name, value) in self.extra.iter().filter(|(name, _)| !WRITTEN.contains(name)) {
            out.push(b',');
            out.extend_from_slice(serde_json::Value::from(name).to_string().as_bytes());
            out.push(b':');
            out.extend_from_slice(value.as_str().as_bytes());
        }
        out.extend_from_slice(br#","objects":["#);
        write_joined(&self.objects, out);
        out.extend_from_slice(b"]}");
    }
}

/// The properties that have fields, or are always the same.
const WRITTEN: [&str; 3] = ["type", "id", "objects"];

/// Appends the objects' bytes with a comma between them: what stands between `[` and `]` of an array.
pub fn write_joined(objects: &[RawObject], out: &mut Vec<u8>) {
    for (index, object) in objects.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(object.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a bundle that does not parse, or that changes its objects.
    #[test]
    fn a_bundle_gives_its_objects_back() {
        let objects = ["{ \"id\":\"a\",\"x\":1.0}", "{\"id\":\"b\"}"];
        let objects: Vec<_> = objects.map(|text| RawObject::new(text).unwrap()).into();
        let mut bundle =
            Bundle::new("bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap(), objects);
        let mut out = Vec::new();
        bundle.write_json(&mut out);
        assert_eq!(Bundle::parse(out).unwrap(), (bundle.clone(), Vec::new()));
        bundle.extra = [("x_n", Json::from_text("1.50"))].into_iter().collect();
        let mut out = Vec::new();
        bundle.write_json(&mut out);
        assert_eq!(Bundle::parse(out).unwrap().0, bundle);
        assert!(Bundle::parse(r#"{"type":"tool","id":"tool--1"}"#).is_err());
        assert!(Bundle::parse(r#"{"type":"bundle","objects":[]}"#).is_err());
    }
}

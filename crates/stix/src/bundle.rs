//! The bundle, a container that objects travel in (STIX 2.1, section 8).

use crate::{Id, RawObject};

/// A bundle of objects, each kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bundle {
    /// The identifier of the bundle, `bundle--<UUID>`.
    pub id: Id,
    /// The objects, in their order.
    pub objects: Vec<RawObject>,
}

impl Bundle {
    /// A bundle of these objects.
    pub fn new(id: Id, objects: Vec<RawObject>) -> Self {
        Self { id, objects }
    }

    /// Appends the bundle as JSON; the objects' bytes stay what they are.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let length: usize = self.objects.iter().map(|object| object.as_bytes().len() + 1).sum();
        out.reserve(length + 100);
        out.extend_from_slice(br#"{"type":"bundle","id":"#);
        out.extend_from_slice(serde_json::Value::from(self.id.to_string()).to_string().as_bytes());
        out.extend_from_slice(br#","objects":["#);
        write_joined(&self.objects, out);
        out.extend_from_slice(b"]}");
    }
}

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
    use crate::split;

    // Catches a bundle that does not parse, or that changes its objects.
    #[test]
    fn a_bundle_gives_its_objects_back() {
        let objects = ["{ \"id\":\"a\",\"x\":1.0}", "{\"id\":\"b\"}"];
        let objects: Vec<_> = objects.map(|text| RawObject::new(text).unwrap()).into();
        let bundle =
            Bundle::new("bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap(), objects);
        let mut out = Vec::new();
        bundle.write_json(&mut out);
        let envelope = split::envelope(out, "objects").unwrap();
        assert_eq!(envelope.property("type"), Some("\"bundle\""));
        assert_eq!(envelope.items.unwrap().objects, bundle.objects);
    }
}

//! What observables and indicators indicate (CONTRACT 2.6, 5.7).

use inthreat_stix::{Kind, RawObject};
use inthreat_store::index::named;
use serde::Serialize;

use crate::{fault::Fault, key::Key, listing::go_on, reader::Reader, words};

/// How many threats are told of one object, and how many of its indicators are asked.
const THREATS_MAX: usize = 20;
const INDICATORS_MAX: usize = 20;
const PROPERTY: &str = "x_ic_indicated_threats";

/// A threat as an observable names it.
#[derive(Serialize)]
struct Threat {
    id: String,
    name: Option<String>,
    #[serde(rename = "type")]
    object_type: String,
}

impl Reader {
    /// An observable, or an indicator, that says which threats it indicates; as it stands where it says so already.
    pub(super) fn with_threats(&self, object: RawObject) -> Result<RawObject, Fault> {
        let text = object.as_str();
        let Some(open) = text.strip_suffix('}').filter(|_| !text.contains(PROPERTY)) else {
            return Ok(object);
        };
        let threats = self.threats_of(&object)?;
        let threats =
            serde_json::to_string(&threats).map_err(|error| Fault::corrupt(error.to_string()))?;
        let told = RawObject::new(format!(r#"{open},"{PROPERTY}":{threats}}}"#));
        told.map_err(|error| Fault::corrupt(error.reason().to_owned()))
    }

    /// The other ends of the `indicates` relationships of an indicator, or of those that name an observable.
    fn threats_of(&self, object: &RawObject) -> Result<Vec<Threat>, Fault> {
        let mut indicators = Vec::new();
        if object.object_type() == Some(Kind::Indicator.as_str()) {
            let id = object.id().and_then(|id| inthreat_stix::Id::lenient(id).ok());
            indicators.extend(id.map(|id| Key::of(&id)));
        } else {
            for one in named(object) {
                let word = words::find(&self.connection, one.observable_type.as_str())?;
                let Some(word) = word else { continue };
                for sequence in self.naming(word, &one.value, INDICATORS_MAX)? {
                    indicators.extend(self.key_at(sequence)?);
                }
            }
            indicators.truncate(INDICATORS_MAX);
        }
        let indicates = words::find(&self.connection, "indicates")?;
        let mut found: Vec<(Key, Option<i64>)> = Vec::new();
        for key in indicators {
            self.edges(&key, false, |edge| {
                let is_new = !found.iter().any(|(known, _)| *known == edge.other);
                if Some(edge.relationship_type) == indicates && is_new {
                    found.push((edge.other, edge.other_sequence));
                }
                go_on(found.len() < THREATS_MAX)
            })?;
        }
        let mut threats = Vec::with_capacity(found.len());
        for (key, sequence) in found {
            let id = key.id()?;
            let name = match sequence {
                Some(sequence) => self.listed(sequence)?.and_then(|row| row.name),
                None => None,
            };
            let object_type = id.kind().as_str().to_owned();
            threats.push(Threat { id: id.to_string(), name, object_type });
        }
        Ok(threats)
    }
}

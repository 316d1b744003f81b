//! What all types of objects have in common.

use serde::{Serialize, de::DeserializeOwned, ser::SerializeMap};

use super::{Cursor, Dictionary, Fields, Json, Outcome, read_into, record};
use crate::{Id, SpecVersion, Timestamp, TypeError};

/// The common properties of STIX 2.1 (section 3.2), for every family of objects.
///
/// The specification gives cyber-observables fewer of them than other objects (`id`, `spec_version`,
/// `object_marking_refs`, `granular_markings`, `defanged`, `extensions`); what a feed writes beyond that is read
/// all the same.
///
/// A property is `None` when the object does not have it, and also when its value is none that the field can
/// hold (`"revoked": "yes"`, `"confidence": null`): then [`Common::extra`] has it as it was written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Common {
    /// The version of the specification that the object follows; objects of STIX 2.0 do not have it. A version
    /// that there is not is in `extra`.
    pub spec_version: Option<SpecVersion>,
    /// The identifier (section 2.9). Texts of any form are read; see [`Id::is_conformant`].
    pub id: Option<Id>,
    /// The identity that created the object.
    pub created_by_ref: Option<Id>,
    /// When the first version of the object was created.
    pub created: Option<Timestamp>,
    /// When this version of the object was made.
    pub modified: Option<Timestamp>,
    /// Whether the object is withdrawn; see [`Common::is_revoked`].
    pub revoked: Option<bool>,
    /// Terms that describe the object.
    pub labels: Option<Vec<String>>,
    /// How sure the creator is that the object is right, from 0 to 100.
    pub confidence: Option<u8>,
    /// The language of the object's text, as RFC 5646 names it.
    pub lang: Option<String>,
    /// Where else the object is described.
    pub external_references: Option<Vec<ExternalReference>>,
    /// The markings that apply to the whole object.
    pub object_marking_refs: Option<Vec<Id>>,
    /// The markings that apply to parts of the object.
    pub granular_markings: Option<Vec<GranularMarking>>,
    /// Whether the data of a cyber-observable was defanged.
    pub defanged: Option<bool>,
    /// The extensions (section 7.3), by their names; see [`Common::extension`].
    pub extensions: Option<Dictionary<Json>>,
    /// Properties that the specification does not define for the type, and those whose value has another type
    /// than it asks for: as they were written.
    pub extra: Dictionary<Json>,
}

/// An extension of objects: a type of your own, or one of those that the specification predefines.
///
/// ```
/// use inthreat_stix::{RawObject, model::{Extension, Identity}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Ranking {
///     extension_type: String,
///     rank: u32,
/// }
///
/// impl Extension for Ranking {
///     const KEY: &'static str = "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e";
/// }
///
/// let raw = RawObject::new(r#"{"type":"identity","name":"ACME","extensions":{
///     "extension-definition--d83fce45-ef58-4c6c-a3f4-1fbc32e98c6e":{"extension_type":"property-extension","rank":5}}}"#)?;
/// let mut identity: Identity = raw.parse()?;
/// let mut ranking = identity.common.extension::<Ranking>().ok_or("no ranking")??;
/// ranking.rank += 1;
/// identity.common.set_extension(&ranking)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Extension: Serialize + DeserializeOwned {
    /// The name of the extension in `extensions`: the identifier of its definition, or the name of a
    /// predefined one.
    const KEY: &'static str;
}

impl Common {
    pub(crate) fn empty() -> Self {
        Self {
            spec_version: None,
            id: None,
            created_by_ref: None,
            created: None,
            modified: None,
            revoked: None,
            labels: None,
            confidence: None,
            lang: None,
            external_references: None,
            object_marking_refs: None,
            granular_markings: None,
            defanged: None,
            extensions: None,
            extra: Dictionary::new(),
        }
    }

    /// What every object has but cyber-observables: `modified` is `created`, and `spec_version` is 2.1. The
    /// instant is written to the millisecond at least, as the specification asks for.
    pub fn new(id: Id, created: Timestamp) -> Self {
        let created = created.with_digits(created.digits().max(3));
        Self {
            spec_version: Some(SpecVersion::V21),
            id: Some(id),
            created: Some(created),
            modified: Some(created),
            ..Self::empty()
        }
    }

    /// What a cyber-observable has before its identifier is computed.
    pub fn of_observable() -> Self {
        Self { spec_version: Some(SpecVersion::V21), ..Self::empty() }
    }

    /// Whether the object is withdrawn: `revoked` is `false` where it is absent (section 3.2).
    pub fn is_revoked(&self) -> bool {
        self.revoked == Some(true)
    }

    /// Reads an extension; `None` where the object does not have it.
    pub fn extension<E: Extension>(&self) -> Option<Result<E, TypeError>> {
        self.extensions.as_ref()?.parse(E::KEY)
    }

    /// Puts an extension among `extensions`, in the place of one that is there.
    pub fn set_extension<E: Extension>(&mut self, extension: &E) -> Result<(), TypeError> {
        let value = Json::new(extension)?;
        self.extensions.get_or_insert_default().insert(E::KEY, value);
        Ok(())
    }

    pub(crate) fn read_field(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Outcome {
        match name {
            "spec_version" => read_into(&mut self.spec_version, cursor),
            "id" => read_into(&mut self.id, cursor),
            "created_by_ref" => read_into(&mut self.created_by_ref, cursor),
            "created" => read_into(&mut self.created, cursor),
            "modified" => read_into(&mut self.modified, cursor),
            "revoked" => read_into(&mut self.revoked, cursor),
            "labels" => read_into(&mut self.labels, cursor),
            "confidence" => read_into(&mut self.confidence, cursor),
            "lang" => read_into(&mut self.lang, cursor),
            "external_references" => read_into(&mut self.external_references, cursor),
            "object_marking_refs" => read_into(&mut self.object_marking_refs, cursor),
            "granular_markings" => read_into(&mut self.granular_markings, cursor),
            "defanged" => read_into(&mut self.defanged, cursor),
            "extensions" => read_into(&mut self.extensions, cursor),
            _ => Outcome::Unknown,
        }
    }

    pub(crate) fn is_set(&self, name: &str) -> Option<bool> {
        Some(match name {
            "spec_version" => self.spec_version.is_some(),
            "id" => self.id.is_some(),
            "created_by_ref" => self.created_by_ref.is_some(),
            "created" => self.created.is_some(),
            "modified" => self.modified.is_some(),
            "revoked" => self.revoked.is_some(),
            "labels" => self.labels.is_some(),
            "confidence" => self.confidence.is_some(),
            "lang" => self.lang.is_some(),
            "external_references" => self.external_references.is_some(),
            "object_marking_refs" => self.object_marking_refs.is_some(),
            "granular_markings" => self.granular_markings.is_some(),
            "defanged" => self.defanged.is_some(),
            "extensions" => self.extensions.is_some(),
            _ => return None,
        })
    }

    /// Writes the properties that are set, without `extra`.
    pub(crate) fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        entry(map, "spec_version", self.spec_version.as_ref())?;
        entry(map, "id", self.id.as_ref())?;
        entry(map, "created_by_ref", self.created_by_ref.as_ref())?;
        entry(map, "created", self.created.as_ref())?;
        entry(map, "modified", self.modified.as_ref())?;
        entry(map, "revoked", self.revoked.as_ref())?;
        entry(map, "labels", self.labels.as_ref())?;
        entry(map, "confidence", self.confidence.as_ref())?;
        entry(map, "lang", self.lang.as_ref())?;
        entry(map, "external_references", self.external_references.as_ref())?;
        entry(map, "object_marking_refs", self.object_marking_refs.as_ref())?;
        entry(map, "granular_markings", self.granular_markings.as_ref())?;
        entry(map, "defanged", self.defanged.as_ref())?;
        entry(map, "extensions", self.extensions.as_ref())
    }
}

/// Writes a property when it has a value: an absent one is never written.
fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Option<&impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

record! {
    /// A reference to something outside of STIX (section 2.5): an identifier, an address or a description at least.
    ExternalReference() {
        /// The source that it refers to, such as `cve` or `mitre-attack`.
        source_name with_source_name: String;
        /// A description in words.
        description with_description: String;
        /// Where it is found. Feeds also write addresses without a scheme.
        url with_url: String;
        /// Hashes of what is found at `url`, by their algorithms ([`HashAlgorithm`](crate::HashAlgorithm)).
        hashes with_hashes: Dictionary<String>;
        /// The identifier in the source, such as `CVE-2016-1234`.
        external_id with_external_id: String;
    }
}

impl ExternalReference {
    /// What this source has under this identifier, such as `cve` and `CVE-2016-1234`.
    pub fn of_entry(source_name: impl Into<String>, external_id: impl Into<String>) -> Self {
        Self { external_id: Some(external_id.into()), ..Self::of_source(source_name) }
    }

    /// What this source has at this address.
    pub fn at_url(source_name: impl Into<String>, url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::of_source(source_name) }
    }

    /// Something in this source, in words.
    pub fn described(source_name: impl Into<String>, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..Self::of_source(source_name) }
    }

    fn of_source(source_name: impl Into<String>) -> Self {
        Self { source_name: Some(source_name.into()), ..Self::empty() }
    }
}

record! {
    /// A phase in a kill chain (section 2.11).
    KillChainPhase(kill_chain_name: String, phase_name: String) {
        /// The name of the kill chain, such as `lockheed-martin-cyber-kill-chain`.
        kill_chain_name with_kill_chain_name: String;
        /// The name of the phase within it, such as `reconnaissance`.
        phase_name with_phase_name: String;
    }
}

record! {
    /// A marking of parts of an object, or the language of those parts (section 7.2.3).
    GranularMarking() {
        /// The language of the selected parts, as RFC 5646 names it.
        lang with_lang: String;
        /// The marking definition that applies to them.
        marking_ref with_marking_ref: Id;
        /// The parts, such as `name` or `external_references.[0].url`.
        selectors with_selectors: Vec<String>;
    }
}

impl GranularMarking {
    /// These parts are marked by this definition.
    pub fn of_definition(marking_ref: Id, selectors: impl Into<Vec<String>>) -> Self {
        let (marking_ref, selectors) = (Some(marking_ref), Some(selectors.into()));
        Self { marking_ref, selectors, ..Self::empty() }
    }

    /// These parts are in this language.
    pub fn of_language(lang: impl Into<String>, selectors: impl Into<Vec<String>>) -> Self {
        let (lang, selectors) = (Some(lang.into()), Some(selectors.into()));
        Self { lang, selectors, ..Self::empty() }
    }
}

impl Fields for Common {
    fn read_field(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Outcome {
        Self::read_field(self, name, cursor)
    }

    fn is_set(&self, name: &str) -> Option<bool> {
        Self::is_set(self, name)
    }

    fn extra_mut(&mut self) -> &mut Dictionary<Json> {
        &mut self.extra
    }
}

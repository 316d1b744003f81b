//! STIX Meta Objects (STIX 2.1, section 7).

use super::{Common, Dictionary, Extension, Json, object, record, to_json};
use crate::{
    Id, Timestamp, TypeError,
    marking::Tlp,
    vocabulary::{ExtensionType, MarkingType},
};

object! {
    /// A translation of the text of another object (section 7.1).
    LanguageContent "language-content" domain(object_ref: Id, contents: Dictionary<Dictionary<Json>>) {
        /// The object that is translated.
        object_ref with_object_ref: Id;
        /// The `modified` of the version that is translated.
        object_modified with_object_modified: Timestamp;
        /// The translations: by language as RFC 5646 names it, then by property. A property that holds a
        /// list or an object is translated by one of the same form.
        contents with_contents: Dictionary<Dictionary<Json>>;
    }
}

object! {
    /// A marking: how data may be handled or shared (section 7.2.1).
    ///
    /// ```
    /// use inthreat_stix::{RawObject, model::{MarkingDefinition, Tlp2Marking}};
    ///
    /// let raw = RawObject::new(r#"{"type":"marking-definition","spec_version":"2.1",
    ///     "id":"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487","created":"2022-10-01T00:00:00.000Z","name":"TLP:CLEAR",
    ///     "extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{
    ///         "extension_type":"property-extension","tlp_2_0":"clear"}}}"#)?;
    /// let marking: MarkingDefinition = raw.parse()?;
    /// let tlp = marking.common.extension::<Tlp2Marking>().ok_or("no TLP 2.0")??;
    /// assert_eq!(tlp.tlp_2_0.as_deref(), Some("clear"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    MarkingDefinition "marking-definition" domain {
        /// The name of the marking.
        name with_name: String;
        /// What `definition` holds. Deprecated in favour of extensions, but for statements and TLP 1.
        definition_type with_definition_type: MarkingType;
        /// The marking itself, unless an extension has it.
        definition with_definition: MarkingObject;
    }
}

record! {
    /// What a marking definition says: a statement (section 7.2.1.3) or a level of TLP 1 (section 7.2.1.4).
    MarkingObject {
        /// The statement, such as a copyright notice.
        statement with_statement: String;
        /// The level of the Traffic Light Protocol, version 1: `white`, `green`, `amber` or `red`.
        tlp with_tlp: String;
    }
}

record! {
    /// The extension that carries a level of the Traffic Light Protocol, version 2.0 (OASIS, STIX 2.1 TLP 2.0
    /// extension).
    Tlp2Marking() {
        /// Always `property-extension`.
        extension_type with_extension_type: ExtensionType;
        /// The level: `clear`, `green`, `amber`, `amber+strict` or `red`.
        tlp_2_0 with_tlp_2_0: String;
    }
}

impl Extension for Tlp2Marking {
    const KEY: &'static str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";
}

impl Tlp2Marking {
    /// The extension with this level.
    pub fn new(level: Tlp) -> Self {
        let name = level.as_str().trim_start_matches("TLP:").to_ascii_lowercase();
        Self {
            extension_type: Some(ExtensionType::PropertyExtension),
            tlp_2_0: Some(name),
            ..Self::empty()
        }
    }
}

impl MarkingDefinition {
    /// The marking of the Traffic Light Protocol, version 2.0, that OASIS defines for all to use (STIX 2.1 TLP 2.0
    /// extension).
    ///
    /// ```
    /// use inthreat_stix::{marking::Tlp, model::MarkingDefinition};
    ///
    /// let marking = MarkingDefinition::tlp(Tlp::AmberStrict);
    /// assert_eq!(marking.name.as_deref(), Some("TLP:AMBER+STRICT"));
    /// assert_eq!(marking.common.id, Some(Tlp::AmberStrict.marking()));
    /// ```
    pub fn tlp(level: Tlp) -> Self {
        // All of them were made at the beginning of October 2022.
        let mut common = Self::common_of(level.marking(), Timestamp::of_second(1_664_582_400));
        let extension = Json::from_text(&to_json(&Tlp2Marking::new(level)));
        common.extensions.get_or_insert_default().insert(Tlp2Marking::KEY, extension);
        Self::bare(common).with_name(level.as_str())
    }

    /// A marking that makes a statement.
    pub fn statement(id: Id, created: Timestamp, statement: impl Into<String>) -> Self {
        Self {
            definition_type: Some(MarkingType::Statement),
            definition: Some(MarkingObject::default().with_statement(statement)),
            ..Self::bare(Self::common_of(id, created))
        }
    }

    /// A marking that an extension defines.
    pub fn of_extension<E: Extension>(
        id: Id,
        created: Timestamp,
        extension: &E,
    ) -> Result<Self, TypeError> {
        Self::bare(Self::common_of(id, created)).with_extension(extension)
    }

    /// A marking definition has no versions, so no `modified` (section 7.2.1).
    fn common_of(id: Id, created: Timestamp) -> Common {
        Common { modified: None, ..Common::new(id, created) }
    }
}

object! {
    /// The definition of an extension (section 7.3).
    ExtensionDefinition "extension-definition" domain {
        /// The name of the extension.
        name with_name: String;
        /// A description in words.
        description with_description: String;
        /// Its schema: an address or the text itself.
        schema with_schema: String;
        /// Its version, in the form of Semantic Versioning.
        version with_version: String;
        /// What it adds.
        extension_types with_extension_types: Vec<ExtensionType>;
        /// The names of properties that it adds on the top level of objects.
        extension_properties with_extension_properties: Vec<String>;
    }
}

impl ExtensionDefinition {
    /// The definition of an extension by this identity.
    pub fn new(
        id: Id,
        created: Timestamp,
        created_by_ref: Id,
        name: impl Into<String>,
        schema: impl Into<String>,
        version: impl Into<String>,
        extension_types: impl Into<Vec<ExtensionType>>,
    ) -> Self {
        Self {
            name: Some(name.into()),
            schema: Some(schema.into()),
            version: Some(version.into()),
            extension_types: Some(extension_types.into()),
            ..Self::bare(Common {
                created_by_ref: Some(created_by_ref),
                ..Common::new(id, created)
            })
        }
    }
}

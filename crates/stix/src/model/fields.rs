//! How the structures of the model are declared: one table of properties each, from which reading, writing and
//! setting follow.

use super::{Cursor, Dictionary, Json, Next, Value};

/// What became of a property.
pub(crate) enum Outcome {
    /// A field holds it.
    Taken,
    /// The type defines it, but the value is none that its field can hold.
    Misfit,
    /// The type does not define it.
    Unknown,
}

/// A structure that is read property by property.
pub(crate) trait Fields {
    /// Reads the value at hand into the field of this name. The cursor may stand anywhere when it is not taken.
    fn read_field(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Outcome;

    /// Whether the field of this name holds a value; `None` where the type defines no such property.
    fn is_set(&self, name: &str) -> Option<bool>;

    /// The properties that no field holds.
    fn extra_mut(&mut self) -> &mut Dictionary<Json>;
}

/// Reads a value into its field. A value that does not fit empties the field: the last of equal names counts.
pub(crate) fn read_into<T: Value>(field: &mut Option<T>, cursor: &mut Cursor<'_>) -> Outcome {
    *field = T::read(cursor);
    if field.is_some() { Outcome::Taken } else { Outcome::Misfit }
}

/// Reads an object. `None` where there is none, and where its `type` is not the expected one.
pub(crate) fn read_object(
    fields: &mut dyn Fields,
    expected_type: Option<&str>,
    cursor: &mut Cursor<'_>,
) -> Option<()> {
    if !cursor.take(b'{') {
        return None;
    }
    let mut is_first = true;
    let mut is_expected = expected_type.is_none();
    let mut has_misfits = false;
    while let Next::Name(name) = cursor.name(is_first)? {
        is_first = false;
        cursor.peek()?;
        let start = cursor.position();
        let outcome = if let (Some(expected), "type") = (expected_type, &*name) {
            let found = cursor.string();
            is_expected = found.as_deref() == Some(expected);
            if found.is_some() { Outcome::Taken } else { Outcome::Misfit }
        } else {
            fields.read_field(&name, cursor)
        };
        if matches!(outcome, Outcome::Taken) {
            continue;
        }
        has_misfits |= matches!(outcome, Outcome::Misfit);
        cursor.reset(start);
        let text = cursor.skip()?;
        fields.extra_mut().push(name, Json::from_text(text));
    }
    let mut extra = std::mem::take(fields.extra_mut());
    extra.settle();
    if has_misfits {
        // A later value of the same name did fit.
        extra.retain(|name| fields.is_set(name) != Some(true));
    }
    *fields.extra_mut() = extra;
    is_expected.then_some(())
}

/// The name of a property: that of its field, unless it is given.
macro_rules! property {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// Declares a structure that stands in a property of an object. Its shape:
/// `Name(required: Type, …) { field with_field ["name"]: Type; … }`. With empty parentheses the constructors are
/// written by hand; without any there is a `Default`.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $record:ident $(($($required:ident: $required_type:ty),*))? {
            $($(#[$field_meta:meta])* $field:ident $with:ident $($name:literal)?: $type:ty;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $record {
            $($(#[$field_meta])* pub $field: Option<$type>,)*
            /// Properties that the specification does not define here, and those whose value has another type
            /// than it asks for: as they were written.
            pub extra: $crate::model::Dictionary<$crate::model::Json>,
        }

        impl $record {
            fn empty() -> Self {
                Self { $($field: None,)* extra: $crate::model::Dictionary::new() }
            }

            $(
                #[doc = concat!("The same with the property `", $crate::model::property!($field $($name)?), "`.")]
                #[must_use]
                pub fn $with(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )*
        }

        $crate::model::record!(@new $record $(($($required: $required_type),*))?);

        impl $crate::model::Fields for $record {
            fn read_field(
                &mut self,
                name: &str,
                cursor: &mut $crate::model::Cursor<'_>,
            ) -> $crate::model::Outcome {
                match name {
                    $($crate::model::property!($field $($name)?) => {
                        $crate::model::read_into(&mut self.$field, cursor)
                    })*
                    _ => $crate::model::Outcome::Unknown,
                }
            }

            fn is_set(&self, name: &str) -> Option<bool> {
                match name {
                    $($crate::model::property!($field $($name)?) => Some(self.$field.is_some()),)*
                    _ => None,
                }
            }

            fn extra_mut(&mut self) -> &mut $crate::model::Dictionary<$crate::model::Json> {
                &mut self.extra
            }
        }

        impl $crate::model::Value for $record {
            fn read(cursor: &mut $crate::model::Cursor<'_>) -> Option<Self> {
                let mut record = Self::empty();
                $crate::model::read_object(&mut record, None, cursor)?;
                Some(record)
            }
        }

        impl serde::Serialize for $record {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(if let Some(value) = &self.$field {
                    serde::ser::SerializeMap::serialize_entry(
                        &mut map,
                        $crate::model::property!($field $($name)?),
                        value,
                    )?;
                })*
                for (name, value) in self.extra.iter() {
                    if $crate::model::Fields::is_set(self, name) != Some(true) {
                        serde::ser::SerializeMap::serialize_entry(&mut map, name, value)?;
                    }
                }
                serde::ser::SerializeMap::end(map)
            }
        }

        impl<'de> serde::Deserialize<'de> for $record {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::json::deserialize_with(deserializer, |cursor| {
                    $crate::model::Value::read(cursor).ok_or_else(|| "expected an object".to_owned())
                })
            }
        }
    };
    (@new $record:ident) => {
        /// One without any property: the specification requires none of them by itself.
        impl Default for $record {
            fn default() -> Self {
                Self::empty()
            }
        }
    };
    (@new $record:ident ()) => {};
    (@new $record:ident ($($required:ident: $required_type:ty),+)) => {
        impl $record {
            /// One with what the specification requires.
            pub fn new($($required: impl Into<$required_type>),+) -> Self {
                Self { $($required: Some($required.into()),)+ ..Self::empty() }
            }
        }
    };
}

/// Declares a type of object. Its shape: `Name "type" family(required: Type, …) { field with_field ["name"]:
/// Type; … }`, where the family is `domain` or `observable` and says what every object of it is made of.
/// Without parentheses the constructors are written by hand.
macro_rules! object {
    (
        $(#[$meta:meta])*
        $object:ident $object_type:literal $family:ident
            $(($($required:ident: $required_type:ty),*))? {
            $($(#[$field_meta:meta])* $field:ident $with:ident $($name:literal)?: $type:ty;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $object {
            /// The properties that all types have in common, and those that none defines.
            pub common: $crate::model::Common,
            $($(#[$field_meta])* pub $field: Option<$type>,)*
        }

        impl $object {
            /// The `type` of such objects.
            pub const TYPE: &'static str = $object_type;

            /// One with these common properties and nothing else.
            fn bare(common: $crate::model::Common) -> Self {
                Self { common, $($field: None,)* }
            }

            $crate::model::object!(@new $family $($($required: $required_type),*)?);
            $crate::model::object!(@setters $family);

            $(
                #[doc = concat!("The same with the property `", $crate::model::property!($field $($name)?), "`.")]
                #[must_use]
                pub fn $with(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )*

            /// The object, when it conforms to STIX 2.1; see [`model`](crate::model). A cyber-observable without
            /// an identifier gets the one that its contributing properties give it.
            pub fn build(self) -> Result<Self, $crate::model::BuildError> {
                $crate::model::build(self)
            }

            /// The object as JSON.
            pub fn to_json(&self) -> String {
                $crate::model::to_json(self)
            }

            /// The object as a raw one, written anew.
            pub fn to_raw(&self) -> $crate::RawObject {
                $crate::RawObject::of_written(self.to_json())
            }
        }

        impl $crate::model::Fields for $object {
            fn read_field(
                &mut self,
                name: &str,
                cursor: &mut $crate::model::Cursor<'_>,
            ) -> $crate::model::Outcome {
                match name {
                    $($crate::model::property!($field $($name)?) => {
                        $crate::model::read_into(&mut self.$field, cursor)
                    })*
                    _ => self.common.read_field(name, cursor),
                }
            }

            fn is_set(&self, name: &str) -> Option<bool> {
                match name {
                    $($crate::model::property!($field $($name)?) => Some(self.$field.is_some()),)*
                    "type" => Some(true),
                    _ => self.common.is_set(name),
                }
            }

            fn extra_mut(&mut self) -> &mut $crate::model::Dictionary<$crate::model::Json> {
                &mut self.common.extra
            }
        }

        impl $crate::model::Value for $object {
            fn read(cursor: &mut $crate::model::Cursor<'_>) -> Option<Self> {
                let mut object = Self::bare($crate::model::Common::empty());
                $crate::model::read_object(&mut object, Some($object_type), cursor)?;
                Some(object)
            }
        }

        impl serde::Serialize for $object {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                serde::ser::SerializeMap::serialize_entry(&mut map, "type", $object_type)?;
                self.common.serialize_into(&mut map)?;
                $(if let Some(value) = &self.$field {
                    serde::ser::SerializeMap::serialize_entry(
                        &mut map,
                        $crate::model::property!($field $($name)?),
                        value,
                    )?;
                })*
                for (name, value) in self.common.extra.iter() {
                    if $crate::model::Fields::is_set(self, name) != Some(true) {
                        serde::ser::SerializeMap::serialize_entry(&mut map, name, value)?;
                    }
                }
                serde::ser::SerializeMap::end(map)
            }
        }

        impl<'de> serde::Deserialize<'de> for $object {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::model::json::deserialize_with(deserializer, |cursor| {
                    $crate::model::Value::read(cursor)
                        .ok_or_else(|| concat!("expected an object of type `", $object_type, "`").to_owned())
                })
            }
        }

        impl $crate::model::object::Sealed for $object {}

        impl $crate::model::TypedObject for $object {
            const KIND: $crate::Kind = $crate::Kind::$object;

            fn common(&self) -> &$crate::model::Common {
                &self.common
            }

            fn common_mut(&mut self) -> &mut $crate::model::Common {
                &mut self.common
            }

            fn from_object(object: &$crate::Object) -> Option<&Self> {
                match object {
                    $crate::Object::$object(object) => Some(object),
                    _ => None,
                }
            }
        }

        impl From<$object> for $crate::Object {
            fn from(object: $object) -> Self {
                Self::$object(Box::new(object))
            }
        }
    };
    (@new domain) => {};
    (@new observable) => {};
    (@new domain $($required:ident: $required_type:ty),+) => {
        /// One with what the specification requires: `modified` is `created`, and `spec_version` is 2.1.
        pub fn new(
            id: $crate::Id,
            created: $crate::Timestamp,
            $($required: impl Into<$required_type>),+
        ) -> Self {
            let common = $crate::model::Common::new(id, created);
            Self { $($required: Some($required.into()),)+ ..Self::bare(common) }
        }
    };
    (@new observable $($required:ident: $required_type:ty),+) => {
        /// One with what the specification requires but its `id`, which `build` computes from the others.
        pub fn new($($required: impl Into<$required_type>),+) -> Self {
            let common = $crate::model::Common::of_observable();
            Self { $($required: Some($required.into()),)+ ..Self::bare(common) }
        }
    };
    (@setters domain) => {
        $crate::model::common_setters! {
            with_created_by_ref created_by_ref: $crate::Id;
            with_modified modified: $crate::Timestamp;
            with_revoked revoked: bool;
            with_labels labels: Vec<String>;
            with_confidence confidence: u8;
            with_lang lang: String;
            with_external_references external_references: Vec<$crate::model::ExternalReference>;
            with_object_marking_refs object_marking_refs: Vec<$crate::Id>;
            with_granular_markings granular_markings: Vec<$crate::model::GranularMarking>;
        }
    };
    (@setters observable) => {
        $crate::model::common_setters! {
            with_id id: $crate::Id;
            with_object_marking_refs object_marking_refs: Vec<$crate::Id>;
            with_granular_markings granular_markings: Vec<$crate::model::GranularMarking>;
            with_defanged defanged: bool;
        }
    };
}

/// Declares setters of properties that stand in `common`.
macro_rules! common_setters {
    ($($with:ident $field:ident: $type:ty;)*) => {
        $(
            #[doc = concat!("The same with the common property `", stringify!($field), "`.")]
            #[must_use]
            pub fn $with(mut self, value: impl Into<$type>) -> Self {
                self.common.$field = Some(value.into());
                self
            }
        )*

        /// The same with this extension among its `extensions`.
        pub fn with_extension<E: $crate::model::Extension>(
            mut self,
            extension: &E,
        ) -> Result<Self, $crate::TypeError> {
            self.common.set_extension(extension)?;
            Ok(self)
        }

        /// The same with a property that the specification does not define.
        pub fn with_custom<V: serde::Serialize + ?Sized>(
            mut self,
            name: impl Into<Box<str>>,
            value: &V,
        ) -> Result<Self, $crate::TypeError> {
            self.common.extra.insert(name, $crate::model::Json::new(value)?);
            Ok(self)
        }
    };
}

/// Declares a vocabulary: the words that the specification lists, and room for every other.
macro_rules! vocabulary {
    ($($(#[$meta:meta])* $vocabulary:ident { $($variant:ident $word:literal,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[non_exhaustive]
            pub enum $vocabulary {
                $(#[doc = concat!("`", $word, "`.")] $variant,)*
                /// A word that the specification does not list; never the text of a variant above.
                Other(String),
            }

            impl $vocabulary {
                /// The words that the specification lists, in its order.
                pub const DEFINED: &'static [Self] = &[$(Self::$variant,)*];

                /// What [`Self::DEFINED`] is written as.
                pub(crate) const WORDS: &'static [&'static str] = &[$($word,)*];

                /// The word as it is written in an object.
                pub fn as_str(&self) -> &str {
                    match self {
                        $(Self::$variant => $word,)*
                        Self::Other(word) => word,
                    }
                }

                /// Whether the specification lists the word.
                pub fn is_defined(&self) -> bool {
                    !matches!(self, Self::Other(_))
                }
            }

            impl From<&str> for $vocabulary {
                fn from(word: &str) -> Self {
                    match word {
                        $($word => Self::$variant,)*
                        _ => Self::Other(word.to_owned()),
                    }
                }
            }

            impl From<String> for $vocabulary {
                fn from(word: String) -> Self {
                    match Self::from(word.as_str()) {
                        Self::Other(_) => Self::Other(word),
                        defined => defined,
                    }
                }
            }

            impl std::str::FromStr for $vocabulary {
                type Err = std::convert::Infallible;

                fn from_str(word: &str) -> Result<Self, Self::Err> {
                    Ok(Self::from(word))
                }
            }

            impl std::fmt::Display for $vocabulary {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(self.as_str())
                }
            }

            impl $crate::model::Value for $vocabulary {
                fn read(cursor: &mut $crate::model::Cursor<'_>) -> Option<Self> {
                    cursor.string().map(|word| Self::from(&*word))
                }
            }

            impl serde::Serialize for $vocabulary {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> serde::Deserialize<'de> for $vocabulary {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer).map(Self::from)
                }
            }
        )*
    };
}

pub(crate) use {common_setters, object, property, record, vocabulary};

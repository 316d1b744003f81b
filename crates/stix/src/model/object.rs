//! Objects of any type, typed.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, ser::SerializeMap,
};

use super::{
    Common, Cursor, Dictionary, Fields, Json, Next, Outcome, Reference, Value, json, read_into,
    read_object, references,
};
use crate::{
    Category, Id, Kind, RawObject, TypeError,
    model::{
        Artifact, AttackPattern, AutonomousSystem, Campaign, CourseOfAction, Directory, DomainName,
        EmailAddr, EmailMessage, ExtensionDefinition, File, Grouping, Identity, Incident,
        Indicator, Infrastructure, IntrusionSet, Ipv4Addr, Ipv6Addr, LanguageContent, Location,
        MacAddr, Malware, MalwareAnalysis, MarkingDefinition, Mutex, NetworkTraffic, Note,
        ObservedData, Opinion, Process, Relationship, Report, Sighting, Software, ThreatActor,
        Tool, Url, UserAccount, Vulnerability, WindowsRegistryKey, X509Certificate,
    },
};

/// Keeps [`TypedObject`] to the types of this crate.
#[expect(unnameable_types, reason = "that is what seals the trait")]
pub trait Sealed {}

/// A type of object that the specification defines.
pub trait TypedObject: Sealed + Sized + Into<Object> + Serialize + DeserializeOwned {
    /// The kind of such objects.
    const KIND: Kind;

    /// The properties that all types have in common.
    fn common(&self) -> &Common;

    /// The properties that all types have in common, to be changed.
    fn common_mut(&mut self) -> &mut Common;

    /// The object, when it is of this type; see [`Object::downcast_ref`].
    fn from_object(object: &Object) -> Option<&Self>;
}

macro_rules! typed_objects {
    ($($variant:ident)*) => {
        /// An object of any type: one that the specification defines, or a custom one.
        ///
        /// Reading never fails and loses nothing: properties that the type does not define, and values that do
        /// not fit it, are in [`Common::extra`] as they were written. Writing an object that was read gives an
        /// equal JSON value, numbers and timestamps spelled as they were; only the order of names and the white
        /// space may differ.
        ///
        /// ```
        /// use inthreat_stix::{Object, RawObject};
        ///
        /// let raw = RawObject::new(r#"{"type":"indicator","id":"indicator--4","pattern":"[url:value='u']","x_score":1.50}"#)?;
        /// match raw.to_object() {
        ///     Object::Indicator(indicator) => {
        ///         assert_eq!(indicator.pattern.as_deref(), Some("[url:value='u']"));
        ///         assert_eq!(indicator.common.extra.get("x_score").map(|v| v.as_str()), Some("1.50"));
        ///     }
        ///     other => panic!("read as {}", other.kind()),
        /// }
        /// # Ok::<(), inthreat_stix::Rejected>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Object {
            $(#[doc = concat!("See [`", stringify!($variant), "`].")] $variant(Box<$variant>),)*
            /// An object of a type that the specification does not define, or without a type.
            Custom(Box<CustomObject>),
        }

        impl Object {
            /// The kind of the object. One without a type is custom, with an empty text.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant(_) => Kind::$variant,)*
                    Self::Custom(object) => object.kind.clone().unwrap_or_else(|| Kind::from("")),
                }
            }

            /// The properties that all types have in common.
            pub fn common(&self) -> &Common {
                match self {
                    $(Self::$variant(object) => &object.common,)*
                    Self::Custom(object) => &object.common,
                }
            }

            /// The properties that all types have in common, to be changed.
            pub fn common_mut(&mut self) -> &mut Common {
                match self {
                    $(Self::$variant(object) => &mut object.common,)*
                    Self::Custom(object) => &mut object.common,
                }
            }

            fn read_as(kind: &Kind, cursor: &mut Cursor<'_>) -> Option<Self> {
                Some(match kind {
                    $(Kind::$variant => Self::$variant(Box::new(Value::read(cursor)?)),)*
                    _ => Self::Custom(Box::new(CustomObject::read(cursor)?)),
                })
            }

            pub(crate) fn fields(&self) -> &dyn Fields {
                match self {
                    $(Self::$variant(object) => &**object,)*
                    Self::Custom(object) => &**object,
                }
            }
        }

        impl Serialize for Object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(object) => object.serialize(serializer),)*
                    Self::Custom(object) => object.serialize(serializer),
                }
            }
        }
    };
}

typed_objects! {
    AttackPattern Campaign CourseOfAction Grouping Identity Incident Indicator Infrastructure
    IntrusionSet Location Malware MalwareAnalysis Note ObservedData Opinion Report ThreatActor Tool
    Vulnerability Relationship Sighting Artifact AutonomousSystem Directory DomainName EmailAddr
    EmailMessage File Ipv4Addr Ipv6Addr MacAddr Mutex NetworkTraffic Process Software Url UserAccount
    WindowsRegistryKey X509Certificate ExtensionDefinition LanguageContent MarkingDefinition
}

impl Object {
    /// Types an object; see [`RawObject::to_object`].
    pub(crate) fn from_raw(raw: &RawObject) -> Self {
        let kind = Kind::from(raw.object_type().unwrap_or_default());
        Self::read_as(&kind, &mut Cursor::new(raw.as_str()))
            // The text of a raw object is well formed, so this place is not reached.
            .unwrap_or_else(|| Self::Custom(Box::new(CustomObject::empty())))
    }

    /// The identifier, when the object has one.
    pub fn id(&self) -> Option<&Id> {
        self.common().id.as_ref()
    }

    /// The object as one of this type, when it is one.
    ///
    /// ```
    /// use inthreat_stix::{Object, model::Indicator};
    ///
    /// fn patterns(objects: &[Object]) -> impl Iterator<Item = &str> {
    ///     let indicators = objects.iter().filter_map(Object::downcast_ref::<Indicator>);
    ///     indicators.filter_map(|indicator| indicator.pattern.as_deref())
    /// }
    /// ```
    pub fn downcast_ref<T: TypedObject>(&self) -> Option<&T> {
        T::from_object(self)
    }

    /// The object as JSON.
    pub fn to_json(&self) -> String {
        super::to_json(self)
    }

    /// Appends the object as JSON.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        super::write_json(self, out);
    }

    /// The object as a raw one, written anew.
    pub fn to_raw(&self) -> RawObject {
        RawObject::of_written(self.to_json())
    }

    /// The references to other objects; see [`RawObject::references`].
    pub fn references(&self) -> impl Iterator<Item = Reference> + use<> {
        references::find(&self.to_json()).into_iter()
    }

    /// The properties that the type defines but whose value is none that its field can hold (`"revoked": "yes"`),
    /// as they were written.
    pub fn misfits(&self) -> impl Iterator<Item = (&str, &Json)> {
        let fields = self.fields();
        self.common().extra.iter().filter(move |(name, _)| fields.is_set(name) == Some(false))
    }

    /// The properties that the type does not define, as they were written.
    pub fn custom_properties(&self) -> impl Iterator<Item = (&str, &Json)> {
        let fields = self.fields();
        self.common().extra.iter().filter(move |(name, _)| fields.is_set(name).is_none())
    }
}

/// Reads an object within another. Only cyber-observables are typed, so that objects within objects within
/// objects cost neither stack nor time.
impl Value for Object {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        read_typed(cursor, |kind, cursor| match kind.category() {
            Category::Observable => Self::read_as(kind, cursor),
            _ => CustomObject::read(cursor).map(Self::from),
        })
    }
}

/// Reads the object at hand as the type that it says it is.
fn read_typed(
    cursor: &mut Cursor<'_>,
    read: impl Fn(&Kind, &mut Cursor<'_>) -> Option<Object>,
) -> Option<Object> {
    let start = cursor.position();
    // Where the first `type` is not the one that counts, reading as that type finds out.
    let kind = kind_at(cursor, true)?;
    let object = read(&kind, cursor).filter(|object| object.kind() == kind);
    if object.is_some() {
        return object;
    }
    cursor.reset(start);
    let kind = kind_at(cursor, false)?;
    read(&kind, cursor)
}

/// The kind of the object at hand, by the first or the last of its `type`s. Leaves the cursor where it is.
fn kind_at(cursor: &mut Cursor<'_>, by_first: bool) -> Option<Kind> {
    let start = cursor.position();
    if !cursor.take(b'{') {
        return None;
    }
    let mut kind = Kind::from("");
    let mut is_first = true;
    while let Next::Name(name) = cursor.name(is_first)? {
        is_first = false;
        if name == "type" {
            let at = cursor.position();
            kind = Kind::from(&*cursor.string().unwrap_or_default());
            if by_first {
                break;
            }
            cursor.reset(at);
        }
        cursor.skip()?;
    }
    cursor.reset(start);
    Some(kind)
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::deserialize_with(deserializer, |cursor| {
            read_typed(cursor, Self::read_as).ok_or_else(|| "expected an object".to_owned())
        })
    }
}

/// An object of a type that the specification does not define.
///
/// What it has beside the common properties is in `common.extra`. A type of your own is read from there and
/// made into an object by [`CustomType`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CustomObject {
    /// The `type`; `None` where there is none that is a string.
    pub kind: Option<Kind>,
    /// All other properties.
    pub common: Common,
}

/// A custom type of object that you define.
///
/// Your type has the properties beside the common ones; it is a view of them: properties of an object that it
/// does not know stay in the object.
///
/// ```
/// use inthreat_stix::{Object, RawObject, model::{Common, CustomObject, CustomType}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Tactic {
///     name: String,
///     x_mitre_shortname: String,
/// }
///
/// impl CustomType for Tactic {
///     const TYPE: &'static str = "x-mitre-tactic";
/// }
///
/// let raw = RawObject::new(r#"{"type":"x-mitre-tactic","id":"x-mitre-tactic--10be447c-f0c8-4d5e-a1b9-7b1c5c3b7f7c",
///     "name":"Impact","x_mitre_shortname":"impact","x_mitre_version":"1.0"}"#)?;
/// let Object::Custom(mut object) = raw.to_object() else { panic!("a type of STIX") };
/// let mut tactic: Tactic = object.parse()?;
/// tactic.name.push('!');
/// object.update(&tactic)?;
/// assert!(object.to_json().contains(r#""name":"Impact!""#));
/// assert!(object.to_json().contains(r#""x_mitre_version":"1.0""#));
///
/// let new = CustomObject::new(Common::of_observable(), &tactic)?;
/// assert_eq!(new.kind.map(|kind| kind.to_string()).as_deref(), Some("x-mitre-tactic"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CustomType: Serialize + DeserializeOwned {
    /// The `type` of such objects.
    const TYPE: &'static str;
}

impl CustomObject {
    fn empty() -> Self {
        Self { kind: None, common: Common::empty() }
    }

    /// An object of your own type.
    pub fn new<T: CustomType>(common: Common, value: &T) -> Result<Self, TypeError> {
        let mut object = Self { kind: Some(Kind::from(T::TYPE)), common };
        object.update(value)?;
        Ok(object)
    }

    /// Reads the properties beside the common ones as your own type. An error where a property has not the form
    /// that the type asks for, and where the object is of another type.
    pub fn parse<T: CustomType>(&self) -> Result<T, TypeError> {
        if self.kind.as_ref().is_none_or(|kind| kind.as_str() != T::TYPE) {
            return Err(TypeError::message(format!("expected an object of type `{}`", T::TYPE)));
        }
        Json::new(&self.common.extra)?.parse()
    }

    /// Writes the properties of your own type into the object; all others stay.
    pub fn update<T: CustomType>(&mut self, value: &T) -> Result<(), TypeError> {
        let properties: Dictionary<Json> = Json::new(value)?.parse()?;
        for (name, value) in properties.iter() {
            self.common.extra.insert(name, value.clone());
        }
        Ok(())
    }

    /// The object as JSON.
    pub fn to_json(&self) -> String {
        super::to_json(self)
    }

    /// The object as a raw one, written anew.
    pub fn to_raw(&self) -> RawObject {
        RawObject::of_written(self.to_json())
    }
}

impl Fields for CustomObject {
    fn read_field(&mut self, name: &str, cursor: &mut Cursor<'_>) -> Outcome {
        match name {
            "type" => read_into(&mut self.kind, cursor),
            _ => self.common.read_field(name, cursor),
        }
    }

    fn is_set(&self, name: &str) -> Option<bool> {
        match name {
            "type" => Some(self.kind.is_some()),
            _ => self.common.is_set(name),
        }
    }

    fn extra_mut(&mut self) -> &mut Dictionary<Json> {
        &mut self.common.extra
    }
}

impl Value for CustomObject {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut object = Self::empty();
        read_object(&mut object, None, cursor)?;
        Some(object)
    }
}

impl Value for Kind {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.string().map(|text| Self::from(&*text))
    }
}

impl Serialize for CustomObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(kind) = &self.kind {
            map.serialize_entry("type", kind)?;
        }
        self.common.serialize_into(&mut map)?;
        for (name, value) in self.common.extra.iter() {
            if self.is_set(name) != Some(true) {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for CustomObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::deserialize_with(deserializer, |cursor| {
            Self::read(cursor).ok_or_else(|| "expected an object".to_owned())
        })
    }
}

impl From<CustomObject> for Object {
    fn from(object: CustomObject) -> Self {
        Self::Custom(Box::new(object))
    }
}

//! The language that the tables of types are written in.

use super::{engine::Run, format::Format};
use crate::json::Object;

/// A type of object, or a nested type: its properties, and the rules that bind several of them.
pub(super) struct Shape {
    /// The section of the specification that defines it.
    pub(super) section: &'static str,
    pub(super) properties: &'static [Property],
    pub(super) rules: &'static [Rule],
    /// Whether no other properties may be present.
    pub(super) closed: bool,
}

/// A property, and what its value must be.
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) value: Value,
    pub(super) required: bool,
}

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) enum Value {
    /// A value that is judged elsewhere, or whatever it is.
    Any,
    Bool,
    /// A whole number within these bounds.
    Integer(i64, i64),
    /// A number within these bounds.
    Number(f64, f64),
    Text,
    /// A string of a form that the specification lays down.
    Formatted(Format),
    Timestamp,
    /// `created` and `modified`, which are precise to the millisecond.
    VersionTime,
    /// A timestamp of whole seconds.
    WholeSeconds,
    /// The identifier of the object itself.
    Identifier,
    /// The identifier of another object.
    Reference(Targets),
    /// One of these words.
    Enumeration(&'static [&'static str]),
    /// One of these words, or one's own.
    Vocabulary(&'static [&'static str]),
    /// A list of at least one.
    List(&'static Self),
    Hashes,
    /// Any dictionary, or one whose keys and values are bound.
    Dictionary(Dictionary),
    Object(&'static Shape),
    /// Extensions by name; these are predefined for the type.
    Extensions(&'static [(&'static str, &'static Shape)]),
}

/// Which dictionaries are allowed.
#[derive(Clone, Copy)]
pub(super) enum Dictionary {
    /// Any values.
    Any,
    /// Strings.
    Texts,
    /// Strings or whole numbers.
    TextsOrIntegers,
    /// EXIF tags: keys in camel case, strings or whole numbers.
    ExifTags,
    /// Lists of strings.
    TextLists,
    /// Header fields of an email: strings, or lists of strings.
    HeaderFields,
    /// `SO_…`, `IP_…` and their like, with whole numbers.
    SocketOptions,
    /// The fields of Windows' STARTUPINFO.
    StartupInfo,
}

/// Which objects a reference may point to.
#[derive(Clone, Copy)]
pub(super) enum Targets {
    Any,
    Of(&'static [&'static str]),
    Not(&'static [&'static str]),
    /// Cyber-observable objects, and types that the specification does not know.
    Observables,
    /// Cyber-observable objects, relationship objects, and types that the specification does not know.
    ObservablesAndRelationships,
}

/// What binds several properties of one object.
pub(super) enum Rule {
    /// At least one of these is present.
    AnyOf(&'static [&'static str]),
    /// Exactly one of these is present.
    OneOf(&'static [&'static str]),
    /// Where the first is present, so are the others.
    Needs(&'static str, &'static [&'static str]),
    /// Where the first has this value, the second must be absent.
    Excludes(&'static str, bool, &'static str),
    /// Where the first has this value, the second must be present.
    Implies(&'static str, bool, &'static str),
    /// The second instant is not before the first.
    NotBefore(&'static str, &'static str),
    /// The second instant is behind the first.
    After(&'static str, &'static str),
    /// What is easier said in code.
    Check(for<'n> fn(&mut Run<'_, 'n>, &'n Object<'n>)),
}

pub(super) const INTEGER: Value = Value::Integer(-INTEGER_MAX, INTEGER_MAX);
pub(super) const NATURAL: Value = Value::Integer(0, INTEGER_MAX);
pub(super) const NUMBER: Value = Value::Number(f64::MIN, f64::MAX);
pub(super) const TEXTS: Value = Value::List(&Value::Text);
/// Integers must be representable in 54 bits (section 2.10).
pub(super) const INTEGER_MAX: i64 = (1 << 53) - 1;

pub(super) const fn required(name: &'static str, value: Value) -> Property {
    Property { name, value, required: true }
}

pub(super) const fn optional(name: &'static str, value: Value) -> Property {
    Property { name, value, required: false }
}

pub(super) const fn shape(
    section: &'static str,
    properties: &'static [Property],
    rules: &'static [Rule],
) -> Shape {
    Shape { section, properties, rules, closed: false }
}

pub(super) const fn reference(types: &'static [&'static str]) -> Value {
    Value::Reference(Targets::Of(types))
}

impl Shape {
    pub(super) fn property(&self, name: &str) -> Option<(usize, &'static Property)> {
        self.properties.iter().enumerate().find(|(_, property)| property.name == name)
    }
}

impl Targets {
    /// Whether an object of this type may be pointed to.
    pub(super) fn allow(self, kind: &str) -> bool {
        use crate::{Category, Kind};

        match self {
            Self::Any => true,
            Self::Of(kinds) => kinds.contains(&kind),
            Self::Not(kinds) => !kinds.contains(&kind),
            Self::Observables => {
                matches!(Kind::from(kind).category(), Category::Observable | Category::Custom)
            }
            Self::ObservablesAndRelationships => matches!(
                Kind::from(kind).category(),
                Category::Observable | Category::Relationship | Category::Custom
            ),
        }
    }

    /// The targets in words.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Any => "any object".to_owned(),
            Self::Of(kinds) => format!("`{}`", kinds.join("`, `")),
            Self::Not(kinds) => format!("none of `{}`", kinds.join("`, `")),
            Self::Observables => "a cyber-observable object".to_owned(),
            Self::ObservablesAndRelationships => {
                "a cyber-observable or relationship object".to_owned()
            }
        }
    }
}

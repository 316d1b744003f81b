//! The walk over an object along its table.

mod value;

use std::fmt;

use super::{
    Code, Finding, Options, Report, Severity, format, rules,
    shape::{Property, Rule, Shape, Value},
    table::{self, TypeShape},
    time,
};
use crate::{
    json::{Node, Object},
    spec_version::SpecVersion,
};

/// The state of one validation.
pub(super) struct Run<'o, 'n> {
    pub(super) options: &'o Options,
    pub(super) version: SpecVersion,
    /// The observables that references point into, while the members of `objects` are walked.
    container: Option<&'n Object<'n>>,
    path: Vec<Segment<'n>>,
    section: &'static str,
    report: Report,
}

#[derive(Clone, Copy)]
pub(super) enum Segment<'n> {
    Name(&'n str),
    Index(usize),
}

/// Where an object stands, which decides what it must have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On its own, or in a bundle.
    Top,
    /// In `objects` of an `observed-data`.
    Contained,
}

impl<'o, 'n> Run<'o, 'n> {
    pub(super) fn new(options: &'o Options, version: SpecVersion) -> Self {
        Self {
            options,
            version,
            container: None,
            path: Vec::new(),
            section: "",
            report: Report::default(),
        }
    }

    pub(super) fn into_report(mut self) -> Report {
        self.report.keep(self.options.findings_max);
        self.report
    }

    /// Reports a finding at the place at hand.
    pub(super) fn find(&mut self, code: Code, message: fmt::Arguments<'_>) {
        let is_error = code.severity() == Severity::Error;
        if !is_error && !self.options.warnings {
            return;
        }
        let count = if is_error { &mut self.report.errors } else { &mut self.report.warnings };
        *count += 1;
        // As many of either kind are kept, until it is known how many errors there are.
        if *count > self.options.findings_max {
            return;
        }
        let pointer = self.pointer();
        self.report.findings.push(Finding::new(code, pointer, self.section, message.to_string()));
    }

    /// Does something one step further down.
    pub(super) fn at(&mut self, segment: Segment<'n>, work: impl FnOnce(&mut Self)) {
        self.path.push(segment);
        work(self);
        self.path.pop();
    }

    /// Does something under another section of the specification.
    pub(super) fn under(&mut self, section: &'static str, work: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.section, section);
        work(self);
        self.section = outer;
    }

    /// Reports a finding at a property of the object at hand.
    pub(super) fn find_at(&mut self, name: &'n str, code: Code, message: fmt::Arguments<'_>) {
        self.at(Segment::Name(name), |run| run.find(code, message));
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.path {
            pointer.push('/');
            match segment {
                Segment::Index(index) => pointer.push_str(&index.to_string()),
                Segment::Name(name) if name.contains(['~', '/']) => {
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
                Segment::Name(name) => pointer.push_str(name),
            }
        }
        pointer
    }

    /// Walks an object with a `type`.
    pub(super) fn object(&mut self, object: &'n Object<'n>, place: Place) {
        let Some(kind) = object.get("type") else {
            self.under("3.2", |run| {
                run.find(Code::RequiredProperty, format_args!("the property `type` is absent"));
            });
            return;
        };
        let Some(kind) = kind.as_str() else {
            self.wrong_type("type", "a string", kind);
            return;
        };
        let defined = match place {
            Place::Top => table::lookup(self.version, kind),
            Place::Contained => table::lookup_contained(self.version, kind),
        };
        let shape = defined.unwrap_or_else(|| {
            let unversioned = !object.contains("created") && !object.contains("modified");
            let is_observable = match self.version {
                SpecVersion::V20 => place == Place::Contained,
                _ => unversioned || place == Place::Contained,
            };
            table::custom(self.version, is_observable)
        });
        self.members(object, shape, place);
        self.rules(object, shape.common);
        self.rules(object, shape.own);
        rules::of_every_object(self, object, kind, defined.is_some());
    }

    fn wrong_type(&mut self, name: &'n str, expected: &str, found: &Node<'_>) {
        self.under("3.2", |run| {
            run.find_at(
                name,
                Code::WrongType,
                format_args!("expected {expected}, found {}", found.kind()),
            );
        });
    }

    /// Walks the members of an object with a `type`, and says which are absent.
    fn members(&mut self, object: &'n Object<'n>, shape: &'static TypeShape, place: Place) {
        let mut seen = Seen::default();
        let mut custom = Vec::new();
        let kind = object.string("type").unwrap_or_default();
        for (name, value) in object.iter() {
            let property = shape.property(name);
            self.path.push(Segment::Name(name));
            if let Some((place_in_table, property, section)) = property {
                if seen.insert(place_in_table) {
                    self.section = section;
                    self.find(Code::DuplicateProperty, format_args!("the property occurs twice"));
                }
                self.under(section, |run| match property.value {
                    Value::Identifier => run.identifier(value, Some(kind)),
                    _ => run.value(value, &property.value),
                });
            } else {
                custom.push(name);
                self.under("3.1", |run| {
                    run.property_name(name);
                    run.custom_value(name, value);
                });
            }
            self.path.pop();
        }
        self.repeated(&custom);
        for (index, property) in shape.own.properties.iter().enumerate() {
            self.required(property, shape.own, seen.contains(index));
        }
        for (index, property) in shape.common.properties.iter().enumerate() {
            // A property that the type defines itself replaces the common one.
            let replaced = shape.own.property(property.name).is_some();
            let present = seen.contains(shape.own.properties.len() + index);
            self.required(property, shape.common, present || replaced);
        }
        rules::custom_properties(self, object, shape, &custom, place);
    }

    fn required(&mut self, property: &'static Property, shape: &'static Shape, present: bool) {
        if property.required && !present {
            self.under(shape.section, |run| {
                run.find(
                    Code::RequiredProperty,
                    format_args!("the property `{}` is absent", property.name),
                );
            });
        }
    }

    /// Reports names that occur twice among those that no table knows.
    fn repeated(&mut self, names: &[&'n str]) {
        if names.len() > 1 {
            let mut sorted = names.to_vec();
            sorted.sort_unstable();
            for pair in sorted.windows(2) {
                if let [first, second] = pair
                    && first == second
                {
                    self.under("3.1", |run| {
                        run.find_at(
                            first,
                            Code::DuplicateProperty,
                            format_args!("the property occurs twice"),
                        );
                    });
                }
            }
        }
    }

    /// The names of properties (section 3.1).
    pub(super) fn property_name(&mut self, name: &str) {
        if !format::is_property_name(self.version, name) {
            self.find(
                Code::PropertyName,
                format_args!("a property's name is 3 to 250 of `a-z`, `0-9` and `_`"),
            );
        }
    }

    /// A value that the specification does not define still is a STIX value.
    pub(super) fn custom_value(&mut self, name: &str, value: &'n Node<'n>) {
        match value {
            Node::Null => {
                self.find(Code::NullValue, format_args!("the value is null"));
            }
            Node::Array(items) if items.is_empty() => {
                self.under("2.12", |run| {
                    run.find(Code::EmptyList, format_args!("the list is empty"));
                });
            }
            Node::String(text) if name.ends_with("_bin") => {
                self.formatted(format::Format::Base64, text);
            }
            Node::String(text) if name.ends_with("_hex") && self.version != SpecVersion::V20 => {
                self.formatted(format::Format::Hex, text);
            }
            _ => {}
        }
    }

    /// Walks a nested type.
    fn nested(&mut self, object: &'n Object<'n>, shape: &'static Shape) {
        let mut seen = Seen::default();
        for (name, value) in object.iter() {
            self.path.push(Segment::Name(name));
            if let Some((index, property)) = shape.property(name) {
                if seen.insert(index) {
                    self.find(Code::DuplicateProperty, format_args!("the property occurs twice"));
                }
                self.value(value, &property.value);
            } else if shape.closed {
                self.find(Code::UnexpectedProperty, format_args!("the property is not defined"));
            } else {
                self.custom_value("", value);
            }
            self.path.pop();
        }
        for (index, property) in shape.properties.iter().enumerate() {
            self.required(property, shape, seen.contains(index));
        }
        self.rules(object, shape);
    }

    fn rules(&mut self, object: &'n Object<'n>, shape: &'static Shape) {
        self.under(shape.section, |run| {
            for rule in shape.rules {
                run.rule(object, rule);
            }
        });
    }

    fn rule(&mut self, object: &'n Object<'n>, rule: &'static Rule) {
        let is = |name: &str, value| object.get(name) == Some(&Node::Bool(value));
        match rule {
            Rule::AnyOf(names) if !names.iter().any(|name| object.contains(name)) => self.find(
                Code::PropertyCombination,
                format_args!("none of `{}` is present", names.join("`, `")),
            ),
            Rule::OneOf(names)
                if names.iter().filter(|name| object.contains(name)).count() != 1 =>
            {
                self.find(
                    Code::PropertyCombination,
                    format_args!("exactly one of `{}` must be present", names.join("`, `")),
                );
            }
            Rule::Needs(name, others) if object.contains(name) => {
                for other in others.iter().filter(|other| !object.contains(other)) {
                    self.find(
                        Code::PropertyCombination,
                        format_args!("with `{name}`, `{other}` must be present"),
                    );
                }
            }
            Rule::Excludes(name, value, other) if is(name, *value) && object.contains(other) => {
                self.find(
                    Code::PropertyCombination,
                    format_args!("`{other}` must be absent where `{name}` is {value}"),
                );
            }
            Rule::Implies(name, value, other) if is(name, *value) && !object.contains(other) => {
                self.find(
                    Code::PropertyCombination,
                    format_args!("`{other}` must be present where `{name}` is {value}"),
                );
            }
            Rule::NotBefore(first, second) => self.order(object, first, second, false),
            Rule::After(first, second) => self.order(object, first, second, true),
            Rule::Check(check) => check(self, object),
            _ => {}
        }
    }

    /// Compares two timestamps, where both are.
    pub(super) fn order(
        &mut self,
        object: &'n Object<'n>,
        first: &'static str,
        second: &'static str,
        strictly: bool,
    ) {
        let (Some(earlier), Some(later)) = (object.string(first), object.string(second)) else {
            return;
        };
        let (Ok(from), Ok(to)) = (time::parse(earlier), time::parse(later)) else { return };
        if to.instant < from.instant || (strictly && to.instant == from.instant) {
            let (earlier, later) = (excerpt(earlier), excerpt(later));
            let relation = if strictly { "is not after" } else { "is before" };
            self.find_at(
                second,
                Code::TimestampOrder,
                format_args!("`{later}` {relation} `{first}` (`{earlier}`)"),
            );
        }
    }

    /// Walks the observables in `objects` of an `observed-data`.
    pub(super) fn contained(&mut self, objects: &'n Object<'n>) {
        let outer = self.container.replace(objects);
        for (name, value) in objects.iter() {
            self.at(Segment::Name(name), |run| match value.as_object() {
                Some(object) => run.object(object, Place::Contained),
                None => run.find(
                    Code::WrongType,
                    format_args!("expected an object, found {}", value.kind()),
                ),
            });
        }
        self.container = outer;
    }

    pub(super) fn is_contained(&self) -> bool {
        self.container.is_some()
    }
}

/// Which properties of a table were met.
#[derive(Default)]
struct Seen(u64);

impl Seen {
    /// Notes a property, and says whether it was met before.
    fn insert(&mut self, index: usize) -> bool {
        let bit = 1_u64.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        let before = self.0 & bit != 0;
        self.0 |= bit;
        before
    }

    fn contains(&self, index: usize) -> bool {
        let bit = 1_u64.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
        self.0 & bit != 0
    }
}

/// The beginning of a text, so that a message stays readable.
pub(super) fn excerpt(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let mut shown: String = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}

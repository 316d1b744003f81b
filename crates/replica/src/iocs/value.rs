//! Values that a community adds: what each is, and its pattern.

use std::fmt;

use inthreat_api::{IocText, IocTextFormat, Observable, ObservableType};
use inthreat_stix::{Id, Kind};
use inthreat_store::index::{guess, normalise};
use uuid::Uuid;

/// The longest value, in bytes.
const VALUE_LENGTH_MAX: usize = 8 * 1024;
/// How many hashes of one file may stand on a line.
const HASHES_MAX: usize = 16;

/// A value, or the hashes of one file, in the spelling that it is kept in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Local {
    pub(super) kind: ObservableType,
    values: Vec<String>,
}

impl Local {
    /// A value of which nobody says what it is; `None` for one that is nothing that is known.
    pub(super) fn guessed(value: &str) -> Option<Self> {
        if value.len() > VALUE_LENGTH_MAX {
            return None;
        }
        let kind = guess(value)?;
        let observable = Observable::new(kind.clone(), value);
        let value = normalise(&observable).into_iter().next()?.value;
        // A value that is defanged beyond recognition would be looked for in vain.
        (guess(&value)? == kind).then(|| Self { kind, values: vec![value] })
    }

    /// The hashes of one file, with commas between them.
    fn file(line: &str) -> Option<Self> {
        let mut values = Vec::new();
        for hash in line.split(',') {
            let hash = Self::guessed(hash).filter(|hash| hash.kind == ObservableType::File)?;
            values.extend(hash.values);
        }
        values.sort_unstable_by_key(|value| (value.len(), value.clone()));
        values.dedup();
        (values.len() <= HASHES_MAX).then_some(Self { kind: ObservableType::File, values })
    }

    /// The indicator that it is in a collection: always the same.
    pub(super) fn id(&self, collection: &Id) -> Id {
        let space = Uuid::from_bytes(collection.uuid().unwrap_or_default());
        let name = format!("{}/{}", self.kind, self.values.join(","));
        Id::new(Kind::Indicator, *Uuid::new_v5(&space, name.as_bytes()).as_bytes())
    }

    /// What people call it.
    pub(super) fn name(&self) -> &str {
        // The longest hash is the one that tells most.
        self.values.last().map_or("", String::as_str)
    }

    pub(super) fn pattern(&self) -> String {
        let tests: Vec<_> =
            self.values.iter().map(|value| Test { kind: &self.kind, value }.to_string()).collect();
        format!("[{}]", tests.join(" OR "))
    }
}

/// A comparison in a pattern.
struct Test<'a> {
    kind: &'a ObservableType,
    value: &'a str,
}

impl fmt::Display for Test<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, value } = self;
        let value = value.replace('\\', "\\\\").replace('\'', "\\'");
        let algorithm = match value.len() {
            32 => "MD5",
            40 => "'SHA-1'",
            56 => "'SHA-224'",
            64 => "'SHA-256'",
            96 => "'SHA-384'",
            _ => "'SHA-512'",
        };
        match kind {
            ObservableType::File => write!(f, "file:hashes.{algorithm} = '{value}'"),
            _ => write!(f, "{kind}:value = '{value}'"),
        }
    }
}

/// The values of a text; lines that are none are passed over.
pub(super) fn lines(text: &IocText) -> impl Iterator<Item = Local> {
    let wanted = match text.format {
        IocTextFormat::DomainName => Some(ObservableType::DomainName),
        IocTextFormat::Ipv4Addr => Some(ObservableType::Ipv4Addr),
        IocTextFormat::Ipv6Addr => Some(ObservableType::Ipv6Addr),
        IocTextFormat::Url => Some(ObservableType::Url),
        IocTextFormat::EmailAddr => Some(ObservableType::EmailAddr),
        IocTextFormat::FileHashes => Some(ObservableType::File),
        _ => None,
    };
    text.indicators.lines().filter_map(move |line| match &wanted {
        Some(ObservableType::File) => Local::file(line),
        Some(wanted) => Local::guessed(line).filter(|local| local.kind == *wanted),
        None => Local::guessed(line),
    })
}

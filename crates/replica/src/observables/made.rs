//! Observables that are made of the values that indicators name: they are stored nowhere.

use std::fmt::Write;

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::{HashAlgorithm, Id, Kind, RawObject, Timestamp};
use inthreat_store::index::{IndexRows, named};
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use uuid::Uuid;

use crate::{fault::Fault, reader::Reader, words};

/// The name space of the identifiers of observables (STIX 2.1, section 2.9).
const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);
/// How many of the indicators that name an observable are asked what is known of it.
const NAMING_MAX: usize = 20;
/// How many versions that have a value are looked at, the latest first.
const ROWS_MAX: i64 = 1000;

/// An observable, and whether this is the first of its keys, under which lists have it.
pub(crate) struct Found {
    pub(crate) object: RawObject,
    pub(crate) is_first: bool,
}

/// What the indicators that name an observable say about it.
#[derive(Debug, Default)]
pub(super) struct Origin {
    created: Option<Timestamp>,
    modified: Option<Timestamp>,
    sources: Vec<Id>,
}

impl Reader {
    /// The observable with this key: as it is stored, or else made of the indicators whose pattern compares it under this very
    /// type. `None` where there is neither.
    pub(crate) fn observable_of(&mut self, word: i64, value: &str) -> Result<Option<Found>, Fault> {
        let observable_type = ObservableType::from(&*words::text(&self.connection, word)?);
        let observable = Observable::new(observable_type, value);
        if let Some(sequence) = self.stored_observable(word, value)? {
            let object = self.object(sequence)?;
            let is_first = named(&object).first() == Some(&observable);
            return Ok(Some(Found { object, is_first }));
        }
        let mut origin: Option<Origin> = None;
        for sequence in self.naming(word, value, NAMING_MAX)? {
            let indicator = self.object(sequence)?;
            if named(&indicator).contains(&observable) {
                origin.get_or_insert_default().add(&indicator);
            }
        }
        let Some(origin) = origin else { return Ok(None) };
        let object = RawObject::new(text(&observable, &origin));
        let object = object.map_err(|error| Fault::corrupt(error.reason().to_owned()))?;
        Ok(Some(Found { object, is_first: true }))
    }

    /// The newest version of the observable that is stored with this key. Its type is that of the key.
    fn stored_observable(&self, word: i64, value: &str) -> Result<Option<i64>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT b.sequence
             FROM (SELECT sequence FROM observables WHERE type = ?1 AND value = ?2
                 ORDER BY sequence DESC LIMIT ?3) b
             CROSS JOIN objects o ON o.sequence = b.sequence
             WHERE o.type = ?1 AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
             ORDER BY b.sequence DESC LIMIT 1",
        )?;
        let found = statement.query_row(params![word, value, ROWS_MAX], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// The newest versions of the objects that name an observable: the latest of them, at most so many.
    pub(crate) fn naming(&self, word: i64, value: &str, limit: usize) -> Result<Vec<i64>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT b.sequence
             FROM (SELECT sequence FROM observables WHERE type = ?1 AND value = ?2
                 ORDER BY sequence DESC LIMIT ?3) b
             CROSS JOIN objects o ON o.sequence = b.sequence
             WHERE o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed')
             ORDER BY b.sequence DESC LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![word, value, ROWS_MAX, limit];
        let rows = statement.query_map(values, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl Origin {
    fn add(&mut self, indicator: &RawObject) {
        let created = [self.created, indicator.created()];
        self.created = created.into_iter().flatten().min();
        self.modified = self.modified.max(indicator.modified());
        self.sources.extend(IndexRows::of(indicator).sources);
        self.sources.sort_unstable();
        self.sources.dedup();
    }
}

/// The identifier that STIX 2.1 section 2.9 gives to an observable that is called so and has nothing else. The types
/// that only the service knows have theirs by the same rule.
pub(crate) fn id_of(observable: &Observable) -> Id {
    Id::new(Kind::from(observable.observable_type.as_str()), uuid_of(observable))
}

/// The UUID of this identifier, big-endian.
pub(crate) fn uuid_of(observable: &Observable) -> [u8; 16] {
    let name = format!("{{{}}}", property(observable));
    *Uuid::new_v5(&NAMESPACE, name.as_bytes()).as_bytes()
}

/// The JSON of an observable, in the properties that the service has (CONTRACT 5.7).
pub(super) fn text(observable: &Observable, origin: &Origin) -> String {
    let mut text = format!(
        r#"{{"type":{},"spec_version":"2.1","id":"{}",{}"#,
        quoted(observable.observable_type.as_str()),
        id_of(observable),
        property(observable)
    );
    for (name, instant) in [("created", origin.created), ("modified", origin.modified)] {
        if let Some(instant) = instant {
            let _ = write!(text, r#","{name}":"{instant}""#);
        }
    }
    let _ = write!(text, r#","x_inthreat_short_display":{}"#, quoted(&observable.value));
    let sources: Vec<String> = origin.sources.iter().map(|id| quoted(&id.to_string())).collect();
    let _ = write!(
        text,
        r#","x_inthreat_sources_refs":[{}],"x_inthreat_tags":[]}}"#,
        sources.join(",")
    );
    text
}

/// The property that an observable is called by, as canonical JSON: of it the identifier is made.
fn property(observable: &Observable) -> String {
    let value = quoted(&observable.value);
    let hash = hash_algorithm(observable);
    let name = match &observable.observable_type {
        _ if hash.is_some() => {
            let algorithm = hash.map_or("", HashAlgorithm::as_str);
            return format!(r#""hashes":{{{}:{value}}}"#, quoted(algorithm));
        }
        ObservableType::File | ObservableType::Mutex | ObservableType::Software => "name",
        ObservableType::AutonomousSystem => match observable.value.parse::<u32>() {
            Ok(number) => return format!(r#""number":{number}"#),
            Err(_) => "name",
        },
        ObservableType::Directory => "path",
        ObservableType::EmailMessage => "subject",
        ObservableType::Process => "command_line",
        ObservableType::UserAccount => "user_id",
        ObservableType::WindowsRegistryKey => "key",
        ObservableType::X509Certificate => "serial_number",
        _ => "value",
    };
    format!(r#""{name}":{value}"#)
}

/// The algorithm of a hash, by its length.
fn hash_algorithm(observable: &Observable) -> Option<HashAlgorithm> {
    let may_be_hash = matches!(
        observable.observable_type,
        ObservableType::File | ObservableType::Artifact | ObservableType::X509Certificate
    );
    let value = &observable.value;
    if !may_be_hash || !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some(match value.len() {
        32 => HashAlgorithm::Md5,
        40 => HashAlgorithm::Sha1,
        64 => HashAlgorithm::Sha256,
        128 => HashAlgorithm::Sha512,
        _ => return None,
    })
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

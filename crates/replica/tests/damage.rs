//! Any value of any table that a body is stored in, or that a body gives, is damaged: it is found, and mended.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::indexing_slicing, reason = "places are drawn from what there is")]

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use inthreat_api::{Observable, ObservableType};
use inthreat_replica::{Options, Replica};
use inthreat_stix::{Id, split};
use inthreat_store::{Batch, ErrorKind, Sink};
use proptest::{prelude::*, sample::Index};
use rusqlite::{Connection, params_from_iter, types::Value};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// What holds bodies, and what is made of them, each with a column that is damaged.
const BODIES: [(&str, &str); 8] = [
    ("blocks", "first_sequence"),
    ("blocks", "dictionary"),
    ("blocks", "ends"),
    ("blocks", "frames"),
    ("blocks", "checksum"),
    ("blocks", "data"),
    ("dictionaries", "checksum"),
    ("dictionaries", "data"),
];
const ROWS: [(&str, &str); 30] = [
    ("objects", "sequence"),
    ("objects", "key"),
    ("objects", "type"),
    ("objects", "created"),
    ("objects", "created_rest"),
    ("objects", "modified"),
    ("objects", "modified_rest"),
    ("objects", "revoked"),
    ("objects", "deprecated"),
    ("objects", "valid_from"),
    ("objects", "valid_until"),
    ("objects", "confidence"),
    ("objects", "observable_types"),
    ("objects", "hash"),
    ("objects", "retired_by"),
    ("objects", "name"),
    ("versions", "key"),
    ("versions", "sequence"),
    ("observables", "type"),
    ("observables", "value"),
    ("observables", "sequence"),
    ("edges", "key"),
    ("edges", "sequence"),
    ("edges", "other"),
    ("edges", "relationship_type"),
    ("bitmaps", "dimension"),
    ("bitmaps", "value"),
    ("bitmaps", "chunk"),
    ("bitmaps", "sequences"),
    ("newest", "modified"),
];
/// How many objects a frame of a block has at most.
const FRAME_OBJECTS_MAX: u64 = 32;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().unwrap());

/// What a replica holds that nobody has damaged: its file, and the newest versions by their identifiers.
struct Sound {
    database: TempDir,
    newest: BTreeMap<String, String>,
    versions: u64,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let database = tempfile::tempdir().unwrap();
    let old = (0..1100).map(|number| object(number, 0));
    let new = (0..1100).step_by(9).map(|number| object(number, 1));
    let replica = Replica::create_or_open(database.path(), Options::default()).unwrap();
    let mut versions = 0;
    for texts in [old.collect::<Vec<_>>(), new.collect()] {
        let mut batch = Batch::default();
        batch.extend(split::ndjson(texts.join("\n")).objects);
        versions += RUNTIME.block_on(replica.write(batch)).unwrap().accepted;
    }
    assert!(replica.verify().unwrap().is_sound());
    let newest = (0..1100).map(|number| (id(number), object(number, u32::from(number % 9 == 0))));
    Sound { database, newest: newest.collect(), versions }
});

fn id(number: u32) -> String {
    let kind = ["indicator", "x-own", "relationship"].into_iter().cycle().nth(number as usize);
    format!("{}--00000000-0000-4000-8000-{number:012}", kind.unwrap())
}

fn object(number: u32, version: u32) -> String {
    let (id, next) = (id(number), id(number + 1));
    let kind = id.split("--").next().unwrap();
    let label = ["a", "b", "c"][number as usize % 3];
    format!(
        r#"{{"type":"{kind}","id":"{id}","name":"n{number}","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:0{version}:00.5Z","labels":["{label}"],"confidence":{},"valid_from":"2026-01-01T00:00:00Z","valid_until":"2027-01-01T00:00:00Z","pattern":"[domain-name:value = 'h{number}.example']","relationship_type":"uses","source_ref":"{id}","target_ref":"{next}"}}"#,
        number % 100
    )
}

/// A folder with a replica, sound or not.
struct Damaged {
    folder: TempDir,
    /// The sequences of the block that was damaged.
    block: Option<(i64, i64)>,
}

impl Damaged {
    /// Flips a bit of a value. `None` where that makes two rows one, which no table takes.
    fn new(table: &str, column: &str, row: Index, bit: Index) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("replica.db");
        std::fs::copy(SOUND.database.path().join("replica.db"), &path).unwrap();
        let database = Connection::open(path).unwrap();
        let count: i64 = database
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .unwrap();
        let row = row.index(usize::try_from(count).unwrap());
        let mut statement =
            database.prepare(&format!("SELECT * FROM {table} LIMIT 1 OFFSET {row}")).unwrap();
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let values: Vec<Value> = statement
            .query_row([], |row| (0..names.len()).map(|place| row.get(place)).collect())
            .unwrap();
        let place = names.iter().position(|name| name == column).unwrap();
        let (value, kind) = flipped(&values[place], bit, column == "name");
        let block = match (table, &values[0]) {
            ("blocks", Value::Integer(first)) => {
                let next = "SELECT coalesce(min(first_sequence), 1 << 40) FROM blocks
                            WHERE first_sequence > ?1";
                Some((*first, database.query_row(next, [first], |row| row.get(0)).unwrap()))
            }
            _ => None,
        };
        let same: Vec<String> = (1..=names.len())
            .zip(&names)
            .map(|(place, name)| format!("{name} IS ?{}", place + 1))
            .collect();
        let update = format!(
            "UPDATE {table} SET {column} = CAST(?1 AS {kind}) WHERE {}",
            same.join(" AND ")
        );
        let parameters = [value].into_iter().chain(values);
        let changed = database.execute(&update, params_from_iter(parameters));
        drop(statement);
        drop(database);
        (changed.ok()? == 1).then_some(Self { folder, block })
    }

    fn open(&self) -> Replica {
        Replica::open_writer(self.folder.path(), Options::default()).unwrap()
    }
}

/// A value with another bit, and the type that it is stored as.
fn flipped(value: &Value, bit: Index, is_text: bool) -> (Value, &'static str) {
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if bytes.is_empty() {
            return vec![1];
        }
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    match value {
        Value::Integer(number) => (Value::Integer(number ^ (1 << bit.index(64))), "INTEGER"),
        Value::Blob(bytes) => (Value::Blob(flip(bytes)), "BLOB"),
        Value::Text(text) => (Value::Blob(flip(text.as_bytes())), "TEXT"),
        _ if is_text => (Value::Blob(b"x".to_vec()), "TEXT"),
        _ => (Value::Integer(1), "INTEGER"),
    }
}

/// The objects that are not what they were, or cannot be read: the others are, byte for byte.
fn unreadable(replica: &Replica) -> Result<Vec<String>, TestCaseError> {
    let mut found = Vec::new();
    // One of three, so that each block has many of them.
    for (id, text) in SOUND.newest.iter().step_by(3) {
        match replica.get(&id.parse::<Id>().unwrap()) {
            Ok(Some(object)) => prop_assert_eq!(object.as_str(), text),
            Ok(None) => found.push(id.clone()),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Corrupt, "{}", error);
                found.push(id.clone());
            }
        }
    }
    Ok(found)
}

fn is_mended(replica: &Replica) -> Result<(), TestCaseError> {
    let verified = replica.verify().unwrap();
    prop_assert_eq!(&verified.findings, &[]);
    prop_assert_eq!(unreadable(replica)?, Vec::<String>::new());
    Ok(())
}

fn sound_copy() -> (TempDir, Replica) {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy");
    let sound = Replica::open(SOUND.database.path(), Options::default()).unwrap();
    sound.backup(&to).unwrap();
    (folder, Replica::open(to, Options::default()).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    // Catches a damaged body that is handed out or overlooked, and a repair that drops what is whole or leaves what is not.
    #[test]
    fn damage_to_bodies_is_found_and_repaired(
        place in prop::sample::select(&BODIES),
        (row, bit) in any::<(Index, Index)>(),
        is_fetched in any::<bool>(),
    ) {
        let Some(damaged) = Damaged::new(place.0, place.1, row, bit) else { return Ok(()) };
        let replica = damaged.open();
        let verified = replica.verify().unwrap();
        prop_assert!(!verified.is_sound());
        let unreadable_ids = unreadable(&replica)?;
        let told: Vec<&str> =
            verified.findings.iter().map(|finding| &*finding.message).collect();
        // A dictionary has another copy.
        prop_assert_eq!(unreadable_ids.is_empty(), damaged.block.is_none());
        for id in &unreadable_ids {
            prop_assert!(told.iter().any(|message| message.contains(id)), "{} in {:?}", id, told);
        }
        let (_folder, source) = sound_copy();
        let repaired = RUNTIME
            .block_on(replica.repair(if is_fetched { Some(&source) } else { None }))
            .unwrap();
        prop_assert_eq!(repaired.hit, repaired.restored + repaired.dropped);
        let most = match (place.1, damaged.block) {
            // These say nothing of the bodies themselves.
            ("checksum", _) | (_, None) => 0,
            ("data", _) => FRAME_OBJECTS_MAX,
            (_, Some((first, next))) => (next - first).cast_unsigned().min(SOUND.versions),
        };
        prop_assert!(repaired.hit <= most, "{:?}", repaired);
        let verified = replica.verify().unwrap();
        prop_assert_eq!(&verified.findings, &[]);
        prop_assert_eq!(verified.objects, SOUND.versions - repaired.dropped);
        if is_fetched {
            is_mended(&replica)?;
        } else {
            let dropped: Vec<String> = repaired.ids.iter().map(ToString::to_string).collect();
            prop_assert_eq!(dropped.len() as u64, repaired.dropped);
            for (id, text) in SOUND.newest.iter().step_by(3) {
                let found = replica.get(&id.parse::<Id>().unwrap()).unwrap();
                let is_same = found.is_some_and(|object| object.as_str() == text);
                prop_assert!(is_same || dropped.contains(id), "{}", id);
            }
        }
    }

    // Catches a damaged row that verification overlooks, and one that a rebuild leaves as it is.
    #[test]
    fn damage_to_rows_is_found_and_mended(
        place in prop::sample::select(&ROWS),
        (row, bit) in any::<(Index, Index)>(),
    ) {
        let Some(damaged) = Damaged::new(place.0, place.1, row, bit) else { return Ok(()) };
        let replica = damaged.open();
        prop_assert!(!replica.verify().unwrap().is_sound());
        let rebuilt = replica.rebuild();
        if place == ("objects", "sequence") {
            // A row has lost its body, which is no longer a matter of rows alone.
            let (_folder, source) = sound_copy();
            RUNTIME.block_on(replica.repair(Some(&source))).unwrap();
        } else {
            prop_assert!(rebuilt.is_ok(), "{:?}", rebuilt);
        }
        is_mended(&replica)?;
    }
}

// Catches a text that is none any more and ends the verification, or a look-up that does not say what is wrong.
#[test]
fn a_name_that_is_no_text_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replica.db");
    std::fs::copy(SOUND.database.path().join("replica.db"), &path).unwrap();
    let database = Connection::open(path).unwrap();
    let damage = "UPDATE objects SET name = CAST(x'ff' AS TEXT)";
    database.execute(damage, []).unwrap();
    drop(database);
    let replica = Replica::open_writer(folder.path(), Options::default()).unwrap();
    assert!(!replica.verify().unwrap().is_sound());
    let asked = Observable::new(ObservableType::DomainName, "h0.example");
    assert_eq!(replica.lookup(&asked).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(replica.rebuild().unwrap().mended, SOUND.versions);
    is_mended(&replica).unwrap();
}

// Catches a test of damage that damages nothing.
#[test]
fn what_is_sound_is_called_sound() {
    let (folder, replica) = sound_copy();
    is_mended(&replica).unwrap();
    drop(replica);
    assert!(Path::new(folder.path()).exists());
}

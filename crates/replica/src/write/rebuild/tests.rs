//! Rows that were damaged, and rebuilds that are stopped.

use super::super::tests::{Place, filling, id, incoming, indicator};
use super::*;
use crate::{Options, Replica, Verification};

fn verify(place: &Place) -> Verification {
    Replica::open(place.folder.path(), Options::default()).unwrap().verify().unwrap()
}

fn relationship(number: u32) -> String {
    format!(
        r#"{{"type":"relationship","id":"relationship--00000000-0000-4000-8000-{number:012}","modified":"2026-01-01T00:00:00Z","relationship_type":"x-{number}","source_ref":"{}","target_ref":"{}"}}"#,
        id(number),
        id(number + 1)
    )
}

/// A replica with several blocks, two versions of some objects, relationships and a report.
fn filled() -> (Place, Writer) {
    let place = Place::new();
    let mut writer = place.writer();
    writer.write(&incoming(&filling(0, "old")), 0, None).unwrap();
    let newer: Vec<String> = (0..40).map(|number| indicator(number, 2, "new")).collect();
    writer.write(&incoming(&newer), 0, None).unwrap();
    writer.write(&incoming(&filling(1000, "more")), 0, None).unwrap();
    let report = format!(
        r#"{{"type":"report","id":"report--00000000-0000-4000-8000-000000000001","name":"A Report","object_refs":["{}","{}"],"x_ic_is_in_flint":true}}"#,
        id(1),
        id(2)
    );
    let ends: Vec<String> = (0..40).map(relationship).chain([report]).collect();
    writer.write(&incoming(&ends), 0, None).unwrap();
    writer.settle().unwrap();
    assert!(place.is_sound());
    (place, writer)
}

/// Everything that a rebuild makes, in its order.
fn rows(connection: &Connection) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT format('%d %s %d %Q %Q %d', sequence, hex(key), type, name, retired_by, confidence) FROM objects",
        "SELECT format('%s %d', hex(key), sequence) FROM versions",
        "SELECT format('%d %s %d', type, value, sequence) FROM observables",
        "SELECT format('%s %d %s %d', hex(key), sequence, hex(other), relationship_type) FROM edges",
        "SELECT format('%Q %d %d', name, part, sequence) FROM names",
        "SELECT format('%s %d', hex(key), sequence) FROM mentions",
        // The same sequences have several spellings, which verification tells apart from others.
        "SELECT format('%d %d %d', dimension, value, chunk) FROM bitmaps",
        "SELECT format('%d %d %d', chunk, modified, modified_rest) FROM newest",
        "SELECT format('%s %Q', name, value) FROM meta",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        let found = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.extend(found.map(Result::unwrap));
    }
    rows
}

// Catches damage that verification overlooks, and damage that a rebuild leaves or makes.
#[test]
fn damaged_rows_are_found_and_mended() {
    let (place, mut writer) = filled();
    let before = rows(&writer.connection);
    for damage in [
        "DELETE FROM versions WHERE sequence % 3 = 0",
        "INSERT INTO versions VALUES (x'00', 7)",
        "DELETE FROM observables WHERE sequence < 9",
        "UPDATE observables SET value = 'other.example' WHERE sequence = 20",
        "DELETE FROM edges WHERE sequence = (SELECT max(sequence) FROM edges)",
        "UPDATE edges SET other = x'00' WHERE sequence = (SELECT max(sequence) FROM edges)",
        "DELETE FROM names WHERE part = 4",
        "UPDATE names SET name = 'other' WHERE sequence = 20",
        "INSERT INTO names VALUES ('other', 1, 20)",
        "DELETE FROM mentions WHERE key = (SELECT max(key) FROM mentions)",
        "UPDATE mentions SET sequence = 7",
        "DELETE FROM bitmaps WHERE dimension = 10",
        "DELETE FROM bitmaps WHERE dimension = 1",
        "UPDATE bitmaps SET sequences = x''",
        "UPDATE newest SET modified = 0",
        "UPDATE objects SET name = 'other', revoked = 1 WHERE sequence = 5",
        "UPDATE objects SET confidence = 1000 WHERE sequence = 6",
        "UPDATE objects SET key = x'00' WHERE sequence = 7",
        "DELETE FROM objects WHERE sequence = 200",
        "UPDATE objects SET retired_by = 100 WHERE sequence = 50",
        "UPDATE objects SET retired_by = NULL WHERE sequence = 1",
    ] {
        writer.connection.execute(damage, []).unwrap();
        assert!(!verify(&place).is_sound(), "{damage}");
        let rebuilt = writer.rebuild(|| Ok(())).unwrap();
        assert_eq!(rebuilt.objects, 128 + 40 + 128 + 41, "{damage}");
        assert_eq!(rebuilt.mended > 0, damage.contains(" objects "), "{damage}");
        assert!(rows(&writer.connection) == before, "{damage}");
        assert!(place.is_sound());
    }
    assert_eq!(place.names("5.example"), ["new"]);
    let unchanged = writer.write(&incoming(&filling(1000, "more")), 0, None).unwrap().0;
    assert_eq!((unchanged.accepted, unchanged.unchanged), (0, 128));
}

// Catches a replica that nothing makes sound again, or one that makes up when its objects came.
#[test]
fn instants_that_are_lost_are_given_up() {
    let (place, mut writer) = filled();
    writer.connection.execute("DELETE FROM arrivals WHERE first_sequence = 1", []).unwrap();
    assert!(!verify(&place).is_sound());
    writer.rebuild(|| Ok(())).unwrap();
    assert!(place.is_sound());
    assert_eq!(arrivals::floor(&writer.connection).unwrap(), 128 + 40 + 128 + 41);
}

// Catches a rebuild that loses something for good when it is killed between two of its transactions.
#[test]
fn a_rebuild_may_be_stopped_at_any_step() {
    let (place, mut writer) = filled();
    for steps in 0.. {
        writer
            .connection
            .execute("UPDATE objects SET retired_by = NULL WHERE sequence = 1", [])
            .unwrap();
        let mut left = steps;
        let stopped = writer.rebuild(|| {
            left -= 1;
            if left < 0 { Err(Fault::corrupt("stopped")) } else { Ok(()) }
        });
        drop(writer);
        // What a process that only reads is told is never wrong, but may be less.
        assert!(place.get(1).is_none_or(|text| text == indicator(1, 2, "new")
            || text == indicator(1, 1, "old")));
        writer = place.writer();
        if stopped.is_ok() {
            assert!(steps > 10, "{steps}");
            break;
        }
        let text = indicator(3000, 1, "written between");
        writer.write(&incoming(std::slice::from_ref(&text)), 0, None).unwrap();
        assert_eq!(place.get(1), Some(indicator(1, 2, "new")));
        assert_eq!(place.names("5.example"), ["new"]);
        assert_eq!(place.get(3000), Some(text));
        // What is still wrong is told.
        assert!(!verify(&place).is_sound(), "{steps}");
        writer.rebuild(|| Ok(())).unwrap();
        assert!(place.is_sound());
    }
    assert!(place.is_sound());
}

// Catches rows that are taken away although the bodies that would give them cannot be read.
#[test]
fn nothing_is_taken_away_where_a_body_is_missing() {
    let (_place, mut writer) = filled();
    for damage in [
        "UPDATE blocks SET data = x'00' WHERE first_sequence = (SELECT max(first_sequence) FROM blocks)",
        "DELETE FROM blocks WHERE first_sequence = (SELECT max(first_sequence) FROM blocks)",
        "DELETE FROM blocks WHERE first_sequence = 1",
    ] {
        writer.connection.execute(damage, []).unwrap();
        let before = rows(&writer.connection);
        assert!(writer.rebuild(|| Ok(())).is_err(), "{damage}");
        assert!(rows(&writer.connection) == before, "{damage}");
    }
}

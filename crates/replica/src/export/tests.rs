//! Exports that are read back, of now and of the past.

use std::{
    collections::BTreeMap,
    error::Error as _,
    io::{self, Error, ErrorKind},
};

use inthreat_api::{FeedDraft, Feeds};
use inthreat_stix::split;
use inthreat_store::ErrorKind as StoreErrorKind;

use super::*;
use crate::moment::tests::{Clocked, at};

fn tool(number: u32, version: u32) -> String {
    let revoked = version == 2 && number.is_multiple_of(3);
    let label = if number.is_multiple_of(2) { "even" } else { "odd" };
    format!(
        "{{\"type\":\"tool\",\n\"id\":\"tool--00000000-0000-4000-8000-{number:012}\",\"revoked\":{revoked},\"labels\":[\"{label}{version}\",\"all\"],\"x\":1.0}}"
    )
}

fn texts(numbers: impl IntoIterator<Item = (u32, u32)>) -> Vec<String> {
    numbers.into_iter().map(|(number, version)| tool(number, version)).collect()
}

fn export(place: &Clocked, options: &ExportOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    let exported = place.replica.export(options, &mut bytes).unwrap();
    assert_eq!(exported.bytes, bytes.len() as u64);
    let document = split::document(bytes.clone());
    assert_eq!((document.objects.len() as u64, document.rejected.len()), (exported.objects, 0));
    bytes
}

/// The objects in a bundle, byte for byte.
fn members(bytes: Vec<u8>) -> Vec<String> {
    split::document(bytes).objects.iter().map(|object| object.as_str().to_owned()).collect()
}

// Catches an object that is lost, doubled, written anew, or of another time than its export.
#[test]
fn what_is_exported_is_what_was_there() {
    let place = Clocked::new();
    place.write_at(10, &texts((0..10).map(|number| (number, 1))));
    place.write_at(20, &texts((3..8).map(|number| (number, 2))));
    let bundle = ExportOptions::default().with_format(ExportFormat::Bundle);
    let newest: Vec<_> = [(0, 1), (1, 1), (2, 1), (8, 1), (9, 1)]
        .into_iter()
        .chain((3..8).map(|number| (number, 2)))
        .collect();
    assert_eq!(members(export(&place, &bundle)), texts(newest));
    assert_eq!(export(&place, &bundle), export(&place, &bundle));
    let before = bundle.clone().with_as_of(place.replica.moment_at(at(15)).unwrap());
    assert_eq!(members(export(&place, &before)), texts((0..10).map(|number| (number, 1))));
    let nothing = bundle.clone().with_as_of(place.replica.moment_at(at(5)).unwrap());
    assert!(members(export(&place, &nothing)).is_empty());

    let lines = String::from_utf8(export(&place, &ExportOptions::default())).unwrap();
    assert_eq!(lines.lines().count(), 10);
    assert!(lines.lines().all(|line| line.starts_with(r#"{"type":"tool", "id""#)));

    let mut draft = FeedDraft::default();
    draft.labels = vec!["all".into()];
    draft.include_revoked = false;
    let feed = place.runtime.block_on(place.replica.create_feed(draft)).unwrap().id;
    let selected = bundle.with_feed(feed.clone());
    let valid = [(0, 1), (1, 1), (2, 1), (8, 1), (9, 1), (4, 2), (5, 2), (7, 2)];
    assert_eq!(members(export(&place, &selected)), texts(valid));
    assert_eq!(members(export(&place, &before.with_feed(feed))).len(), 10);
}

struct Torn(usize);

impl Write for Torn {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// Catches an output that fails and is taken for a whole one.
#[test]
fn an_output_that_fails_is_told() {
    let place = Clocked::new();
    place.write_at(10, &texts((0..10).map(|number| (number, 1))));
    let failed = place.replica.export(&ExportOptions::default(), Torn(2)).unwrap_err();
    assert_eq!(failed.kind(), StoreErrorKind::Io);
    let source = failed.source().unwrap();
    let source = source.downcast_ref::<Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::BrokenPipe);
    let by_type: BTreeMap<_, _> = place.replica.stats().unwrap().types.into_iter().collect();
    assert_eq!(by_type["tool"], 10);
}

//! Tests of reading from a source.

use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::split;

/// A source that gives its bytes in small pieces.
struct Drip<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(buffer.len()).min(self.rest.len());
        let (piece, rest) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(piece);
        self.rest = rest;
        Ok(length)
    }
}

fn read(
    body: &[u8],
    step: usize,
    options: ReaderOptions,
) -> (Vec<RawObject>, Vec<Rejected>, Summary) {
    let mut reader = Reader::with_options(Drip { rest: body, step }, options);
    let (mut objects, mut rejected) = (Vec::new(), Vec::new());
    for item in &mut reader {
        match item.map_err(|error| error.rejected().unwrap().clone()) {
            Ok(object) => objects.push(object),
            Err(item) => rejected.push(item),
        }
    }
    (objects, rejected, reader.summary().clone())
}

/// However the source hands out its bytes, the result is that of the whole document.
fn assert_agrees(body: &[u8]) {
    let whole = split::document(body);
    for step in [1, 7, usize::MAX] {
        let (objects, rejected, _) = read(body, step, ReaderOptions::default());
        let text = String::from_utf8_lossy(body);
        assert_eq!(objects, whole.objects, "{step} {text}");
        assert_eq!(rejected, whole.rejected, "{step} {text}");
    }
}

// Catches an object that is taken for broken because the window ends within one of its numbers.
#[test]
fn a_window_may_end_within_a_number() {
    for padding in 0..40 {
        let padding = "x".repeat(padding);
        assert_agrees(format!(r#"[{{"id":"{padding}","n":[-1.25E+7,0.5]}}]"#).as_bytes());
    }
}

// Catches a window that is read too early or too late.
#[test]
fn agrees_with_the_whole_document() {
    let object = r#"{"id":"indicator--1","type":"indicator"}"#;
    for body in [
        String::new(),
        "\u{feff}".to_owned(),
        format!("\u{feff}{object}"),
        format!(" {object}\n{object}{object} 42 \"x\" null\n[{object},7,{object}]"),
        format!(r#"{{"type":"bundle","id":"bundle--1","objects":[{object},{object}],"x":[1]}}"#),
        format!(r#"{{"objects":[{object}],"type":"bundle"}}"#),
        format!(r#"{{"items":[{{"data":{object}}}],"has_more":false}}{{"broken"#),
        format!("[{object},{{\"a\":\"\\q\"}},{object}"),
        format!("[{{\"a\n{object}\n[{{\"b\n{object}"),
        format!("]\n,{object}\n{{}}\n[]\n{object}"),
    ] {
        assert_agrees(body.as_bytes());
    }
}

// Catches objects before a break that are lost with the rest of their bundle.
#[test]
fn a_bundle_that_breaks_off_keeps_its_beginning() {
    let body =
        br#"{"type":"bundle","objects":[{"type":"url","id":"a"},{"type":"url","id":"b"},{"type":"#;
    let (objects, rejected, _) = read(body, 3, ReaderOptions::default());
    assert_eq!(objects.len(), 2);
    assert_eq!((rejected[0].index(), rejected[0].offset()), (2, 76));
    assert_eq!(rejected[0].as_bytes(), br#"{"type":"#);
}

// Catches an object that is kept though it is too large, and one behind it that is lost.
#[test]
fn what_is_too_large_is_passed_over() {
    let options = ReaderOptions::default().with_object_size_max(50);
    let large = format!(r#"{{"type":"note","content":"{}\"]}}"}}"#, "x".repeat(200_000));
    let small = r#"{"type":"url","id":"url--1"}"#;
    for body in [
        format!("{large}\n{small}"),
        format!("[{large},{small}]"),
        format!(r#"{{"type":"bundle","x":{large},"objects":[{large},{small}]}}"#),
        format!(r#"{{"objects":[{small},{large}],"type":"bundle"}}"#),
    ] {
        for step in [1000, usize::MAX] {
            let (objects, rejected, _) = read(body.as_bytes(), step, options.clone());
            assert_eq!(
                objects.iter().map(RawObject::as_str).collect::<Vec<_>>(),
                [small],
                "{step}"
            );
            assert_eq!(rejected.len(), 1);
            assert_eq!(rejected[0].reason(), "it is larger than 50 bytes");
            assert!(rejected[0].as_bytes().len() <= 1024);
        }
    }
}

// Catches bundles within bundles and repeated objects that nobody hears of.
#[test]
fn nested_bundles_and_duplicates_are_counted() {
    let version = |modified| format!(r#"{{"type":"tool","id":"tool--1","modified":"{modified}"}}"#);
    let (first, second) = (version("2020-01-01T00:00:00Z"), version("2020-01-01T00:00:00.1Z"));
    let body = format!(
        r#"{{"type":"bundle","objects":[{first},{second},{{"type":"bundle","objects":[{first}]}},{first}]}}"#
    );
    let (objects, rejected, summary) = read(body.as_bytes(), 5, ReaderOptions::default());
    assert_eq!((objects.len(), rejected.len()), (4, 0));
    assert_eq!((summary.nested_bundles, summary.duplicates), (1, 2));
    assert_eq!(summary.duplicate_ids[0].to_string(), "tool--1");
    let off = ReaderOptions::default().with_remembered_ids_max(0);
    assert_eq!(read(body.as_bytes(), 5, off).2.duplicates, 0);
}

// Catches a failing source that looks like the end.
#[test]
fn a_failing_source_is_an_error() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("unplugged"))
        }
    }
    let mut reader = Reader::new(br#"{"type":"url"}{"type""#.chain(Failing));
    assert!(reader.next().unwrap().is_ok());
    assert_eq!(reader.next().unwrap().unwrap_err().kind(), ReadErrorKind::Source);
    assert!(reader.next().is_none());
}

// Catches recovery that looks at the rest of the document again for every line.
#[test]
fn broken_lines_cost_no_more_than_their_length() {
    for line in ["[{\"a\n", "{\"type\":\"bundle\",\"objects\":[{\"a\n", "{\"a\n", "[{{}\n"] {
        let body = line.repeat(100_000);
        let split = split::document(body.as_bytes());
        assert!(split.objects.is_empty() && !split.rejected.is_empty());
    }
}

proptest! {
    // Catches a result that depends on how the bytes arrive.
    #[test]
    fn any_document_agrees(body in r#"([\[\]{}",:\\n ]|"(a|type|objects|items|data|bundle)"|1|null|:"bundle"|:\[|:\{|é){0,30}"#) {
        assert_agrees(body.as_bytes());
    }
}

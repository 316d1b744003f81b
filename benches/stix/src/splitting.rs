//! Splitting documents into objects, beside the fastest way to merely walk over the same bytes.

use inthreat_stix::{bundle, split};
use serde_json::{Value, value::RawValue};

use crate::{
    data::Corpus,
    measure::{Reader, Section},
};

const PAGE_OBJECTS: usize = 2000;

/// Pages of a feed, as the service answers them.
pub fn pages(corpus: &Corpus) -> Section {
    let pages: Vec<Vec<u8>> = corpus
        .objects
        .chunks(PAGE_OBJECTS)
        .map(|objects| {
            let mut page = br#"{"items":["#.to_vec();
            bundle::write_joined(objects, &mut page);
            page.extend_from_slice(br#"],"next_cursor":"MTcxMA==","has_more":true}"#);
            page
        })
        .collect();
    section("split pages of 2,000", corpus, &pages, |page| {
        split::envelope(page, "items").is_ok_and(|page| page.items.is_some())
    })
}

/// One object per line.
pub fn lines(corpus: &Corpus) -> Section {
    let mut body = Vec::new();
    for object in &corpus.objects {
        // ATT&CK is written over many lines; outside of strings, which hold no line feed, they are white space.
        body.extend(object.as_bytes().iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
        body.push(b'\n');
    }
    let lines = body.clone();
    let mut section =
        section("split NDJSON", corpus, &[body], |body| !split::ndjson(body).objects.is_empty());
    // Only a stream of values tells serde_json where the next line begins.
    let size = (corpus.objects.len(), lines.len());
    section.readers.retain(|reader| reader.name == "inthreat-stix");
    let stream = Reader::of_documents(
        "serde_json IgnoredAny",
        size,
        move || vec![lines.clone()],
        |body| {
            serde_json::Deserializer::from_slice(&body).into_iter::<serde::de::IgnoredAny>().count()
        },
    );
    section.readers.insert(0, stream);
    section
}

fn section<T>(
    name: &'static str,
    corpus: &Corpus,
    bodies: &[Vec<u8>],
    ours: impl Fn(Vec<u8>) -> T + 'static,
) -> Section {
    let size = (corpus.objects.len(), bodies.iter().map(Vec::len).sum());
    let prepare = || {
        let bodies = bodies.to_vec();
        move || bodies.clone()
    };
    let readers = vec![
        Reader::of_documents("serde_json IgnoredAny", size, prepare(), |body| {
            serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok()
        }),
        Reader::of_documents("inthreat-stix", size, prepare(), ours),
        Reader::of_documents("serde_json RawValue, whole document", size, prepare(), |body| {
            serde_json::from_slice::<&RawValue>(&body).is_ok()
        }),
        Reader::of_documents("serde_json Value", size, prepare(), |body| {
            serde_json::from_slice::<Value>(&body).is_ok()
        }),
    ];
    Section { name, corpus: corpus.name.clone(), texts: Vec::new(), readers }
}

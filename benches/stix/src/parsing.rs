//! Typed objects and validation, object by object. Each peer is asked in its fastest way and for no more than it
//! takes: what it refuses is counted and not measured.

use std::collections::BTreeMap;

use inthreat_stix::{RawObject, bundle::write_joined, validate};
use rstix::{
    model::{Bundle, ParseOptions, deserialize_stix_object_from_value},
    validate::Validator,
};
use serde_json::Value;

use crate::{
    data::Corpus,
    measure::{Reader, Section},
};

/// The text of an object to its typed form.
pub fn typed(corpus: &Corpus) -> Section {
    let texts = texts(corpus);
    let options = ParseOptions::new().allow_custom(true);
    let readers = vec![
        Reader::of_texts("serde_json Value", &texts, |text| {
            serde_json::from_str::<Value>(text).ok()
        }),
        Reader::of_texts("inthreat-stix", &texts, |text| {
            Some(RawObject::new(text).ok()?.to_object())
        }),
        Reader::of_texts("rstix 0.23", &texts, move |text| {
            deserialize_stix_object_from_value(serde_json::from_str(text).ok()?, &options).ok()
        }),
        Reader::of_texts("stix2 0.1.1", &texts, |text| stix2::parse(text).ok()),
        Reader::of_texts("stix-rs 0.1.0", &texts, |text| {
            serde_json::from_str::<stix_rs::StixObjectEnum>(text).ok()
        }),
    ];
    Section { name: "typed parse", corpus: corpus.name.clone(), texts, readers }
}

/// A bundle to what is wrong with it. rstix looks at types in bundles alone, and at nothing more once the bundle
/// does not parse, so both are given one that it takes: what it refuses is left out for both.
pub fn validation(corpus: &Corpus) -> Section {
    let objects = closed(&corpus.objects);
    let mut bundle =
        br#"{"type":"bundle","id":"bundle--5d0092c5-5f74-4287-9642-33f4c354e56d","objects":["#
            .to_vec();
    write_joined(&objects, &mut bundle);
    bundle.extend_from_slice(b"]}");
    let bundle = String::from_utf8(bundle).unwrap_or_default();
    if let Err(error) = Bundle::parse(&bundle) {
        println!("validation, {}: rstix refuses the bundle: {error}", corpus.name);
    }
    let size = (objects.len(), bundle.len());
    let bundles = [bundle.clone(), bundle];
    let [for_peer, for_us] = bundles.map(|bundle| move || vec![bundle.clone()]);
    let validator = Validator::consumer_permissive();
    let options = validate::Options::default();
    let mut readers = vec![
        Reader::of_documents("rstix 0.23 consumer_permissive", size, for_peer, move |bundle| {
            validator.validate_json_str(&bundle)
        }),
        Reader::of_documents("inthreat-stix", size, for_us, move |bundle| {
            RawObject::new(bundle).map(|bundle| validate::object(&bundle, &options))
        }),
    ];
    for reader in &mut readers {
        reader.refused = corpus.objects.len() - objects.len();
    }
    Section { name: "validation", corpus: corpus.name.clone(), texts: Vec::new(), readers }
}

/// The last version of each object that rstix takes, without those that refer to objects that are not there.
fn closed(objects: &[RawObject]) -> Vec<RawObject> {
    let options = ParseOptions::new();
    let mut kept: BTreeMap<&str, &RawObject> = objects
        .iter()
        .filter(|object| {
            let value = serde_json::from_str(object.as_str()).unwrap_or_default();
            deserialize_stix_object_from_value(value, &options).is_ok()
        })
        .filter_map(|object| Some((object.id()?, object)))
        .collect();
    loop {
        let dangling: Vec<&str> = kept
            .iter()
            .filter(|(_, object)| object.references().any(|found| !kept.contains_key(found.id())))
            .map(|(id, _)| *id)
            .collect();
        if dangling.is_empty() {
            return kept.into_values().cloned().collect();
        }
        for id in dangling {
            kept.remove(id);
        }
    }
}

fn texts(corpus: &Corpus) -> Vec<String> {
    corpus.objects.iter().map(|object| object.as_str().to_owned()).collect()
}

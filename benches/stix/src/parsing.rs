//! Typed objects and validation, object by object. Each peer is asked in its fastest way and for no more than it
//! takes: what it refuses is counted and not measured.

use inthreat_stix::{RawObject, validate};
use rstix::{
    model::{ParseOptions, deserialize_stix_object_from_value},
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

/// The text of an object to what is wrong with it.
pub fn validation(corpus: &Corpus) -> Section {
    let texts = texts(corpus);
    let validator = Validator::consumer_permissive();
    let options = validate::Options::default();
    let readers = vec![
        Reader::of_texts("rstix 0.23 consumer_permissive", &texts, move |text| {
            Some(validator.validate_json_str(text))
        }),
        Reader::of_texts("inthreat-stix", &texts, move |text| {
            Some(validate::object(&RawObject::new(text).ok()?, &options))
        }),
    ];
    Section { name: "validation", corpus: corpus.name.clone(), texts, readers }
}

fn texts(corpus: &Corpus) -> Vec<String> {
    corpus.objects.iter().map(|object| object.as_str().to_owned()).collect()
}

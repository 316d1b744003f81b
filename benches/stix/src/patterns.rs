//! Patterns of indicators to their syntax trees.

use inthreat_stix::pattern::Pattern;
use serde_json::Value;

use crate::{
    data::Corpus,
    measure::{Reader, Section},
};

/// `None` where the corpus has no patterns.
pub fn section(corpus: &Corpus) -> Option<Section> {
    let texts: Vec<String> = corpus
        .objects
        .iter()
        .filter(|object| object.object_type() == Some("indicator"))
        .filter_map(|object| serde_json::from_slice::<Value>(object.as_bytes()).ok())
        .filter(|object| object["pattern_type"] == "stix")
        .filter_map(|object| object["pattern"].as_str().map(str::to_owned))
        .collect();
    if texts.is_empty() {
        return None;
    }
    let readers = vec![
        Reader::of_texts("inthreat-stix", &texts, |text| Pattern::parse(text).ok()),
        Reader::of_texts("stix-pattern 0.2.0", &texts, |text| stix_pattern::parse(text).ok()),
        Reader::of_texts("rstix 0.23 parse_ast", &texts, |text| {
            rstix::pattern::parse_ast(text).ok()
        }),
        Reader::of_texts("stix2 0.1.1", &texts, |text| stix2::patterns::parse_pattern(text).ok()),
    ];
    Some(Section { name: "pattern parse", corpus: corpus.name.clone(), texts, readers })
}

//! Tests of lists and searches.

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink};
use proptest::prelude::*;

use super::*;
use crate::options::Options;

const WORDS: [&str; 6] = ["alpha", "beta", "alphabet", "Gamma", "be", "delta ray"];

/// An object of a model: what a search may find it by.
#[derive(Clone, Debug)]
struct Model {
    kind: &'static str,
    name: String,
    alias: String,
    revoked: bool,
    deprecated: bool,
    label: &'static str,
}

fn model() -> impl Strategy<Value = Model> {
    let word = || prop::sample::select(WORDS.to_vec());
    (
        prop::sample::select(vec!["tool", "malware"]),
        (word(), word()),
        word(),
        any::<(bool, bool)>(),
        prop::sample::select(vec!["a", "b"]),
    )
        .prop_map(|(kind, (first, second), alias, (revoked, deprecated), label)| Model {
            kind,
            name: format!("{first} {second}"),
            alias: alias.to_owned(),
            revoked,
            deprecated,
            label,
        })
}

impl Model {
    /// One of ten identifiers of its type, so that some objects are newer versions of others.
    fn id(&self, number: usize) -> String {
        format!("{}--00000000-0000-4000-8000-{:012}", self.kind, number % 10)
    }

    fn object(&self, number: usize) -> RawObject {
        let Self { kind, name, alias, revoked, deprecated, label } = self;
        let modified = format!("2020-01-01T00:{:02}:{:02}Z", number / 60, number % 60);
        RawObject::new(format!(
            r#"{{"type":"{kind}","id":"{}","modified":"{modified}","name":"{name}","aliases":["{alias}"],
                "revoked":{revoked},"x_ic_deprecated":{deprecated},"labels":["{label}"]}}"#,
            self.id(number)
        ))
        .unwrap()
    }

    fn is_found_by(&self, term: &str) -> bool {
        let term = term.to_lowercase();
        [&self.name, &self.alias].into_iter().any(|name| {
            let name = name.to_lowercase();
            let starts = name.match_indices(' ').map(|(place, _)| place + 1);
            std::iter::once(0).chain(starts).any(|start| name[start..].starts_with(&term))
        })
    }
}

/// The identifiers of an answer of which nothing was left out.
fn ids(list: &ObjectList) -> Vec<String> {
    assert!(!list.has_more);
    let ids: Vec<String> = list.items.iter().map(|one| one.id().unwrap().to_owned()).collect();
    if let Some(total) = list.total {
        assert_eq!(total, ids.len() as u64);
    }
    ids
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Catches an answer that differs from what looking at every object gives: older versions that are found, filters that
    // are forgotten, names that are not.
    #[test]
    fn answers_are_those_of_a_model(
        models in prop::collection::vec(model(), 1..40),
        term in prop::sample::select(vec!["alpha", "BE", "delta", "ray", "gamma alpha", "a", "none"]),
        deprecated in any::<Option<bool>>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
            for part in models.iter().enumerate().collect::<Vec<_>>().chunks(7) {
                let mut batch = Batch::default();
                batch.extend(part.iter().map(|(number, model)| model.object(*number)));
                replica.write(batch).await.unwrap();
            }
            let newest = |number: usize| {
                let id = models[number].id(number);
                !models.iter().enumerate().skip(number + 1).any(|(other, model)| model.id(other) == id)
            };
            let expected = |is_wanted: &dyn Fn(&Model) -> bool| -> Vec<String> {
                let all = models.iter().enumerate();
                let wanted = all.filter(|(number, model)| newest(*number) && is_wanted(model));
                wanted.map(|(number, model)| model.id(number)).collect()
            };
            let is_meant = |model: &Model| deprecated.is_none_or(|is| model.deprecated == is);

            let mut search = SearchRequest::default().with_term(term).with_limit(100_u32);
            search.deprecated = deprecated;
            let mut found = ids(&replica.search_objects(search.with_count(true)).await.unwrap());
            let mut wanted =
                expected(&|model| is_meant(model) && !model.revoked && model.is_found_by(term));
            found.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(found, wanted, "a search for `{term}`");

            let mut list = ObjectsRequest::default().with_labels(["a"]).with_limit(100_u32);
            list.deprecated = deprecated;
            let found = ids(&replica.list_objects(list.clone().with_types(["tool"])).await.unwrap());
            let wanted = expected(&|model| {
                is_meant(model) && model.kind == "tool" && model.label == "a"
            });
            assert_eq!(found, wanted, "a list in the order of arrival");

            let name = &models[0].name;
            let found = ids(&replica.list_objects(list.with_names([name.to_uppercase()])).await.unwrap());
            let wanted = expected(&|model| {
                is_meant(model) && model.label == "a" && model.name.eq_ignore_ascii_case(name)
            });
            assert_eq!(found, wanted, "a list by a name");
            assert!(replica.verify().unwrap().is_sound());
        });
    }
}

// Catches an indicator that is called by its value, or by its pattern, and is not found by this name.
#[tokio::test]
async fn indicators_are_listed_by_names_that_have_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
    let mut batch = Batch::default();
    let named = ["198.51.100.7", "[file:name = 'a.exe']", "A rule"];
    let patterns = ["[ipv4-addr:value = '198.51.100.7']", named[1], "rule"];
    for (number, (name, pattern)) in named.iter().zip(patterns).enumerate() {
        let text = format!(
            r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-00000000000{number}",
                "name":"{name}","pattern":"{pattern}","pattern_type":"stix"}}"#
        );
        batch.extend([RawObject::new(text).unwrap()]);
    }
    replica.write(batch).await.unwrap();
    for name in named {
        let request = ObjectsRequest::default().with_names([name]);
        let found = replica.list_light_objects(request).await.unwrap();
        let names: Vec<_> = found.items.iter().map(|one| one.name.as_deref()).collect();
        assert_eq!(names, [Some(name)]);
    }
}

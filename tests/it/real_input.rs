//! The main job on real objects: import, serve, pull, compare.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use inthreat_stix::{RawObject, split};
use inthreat_tests::{
    data,
    program::{self, Served},
};
use serde_json::Value;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn import(files: &[PathBuf], into: &Path) {
    let names: Vec<&str> = files.iter().map(|file| text(file)).collect();
    let run = program::run(&[&["import", "--into", text(into)], names.as_slice()].concat());
    assert_eq!(run.code, 0, "{run:?}");
}

/// Serves one replica and pulls it into others, with pages of every size.
fn copies_are_identical(files: &[PathBuf], limits: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("a");
    import(files, &source);
    let served = Served::start(&source, &[]);
    for limit in limits {
        let copy = folder.path().join(format!("b{limit}"));
        let pull = ["pull", "--url", &served.url, "--into", text(&copy), "--limit", limit];
        let run = program::run(&pull);
        assert_eq!(run.code, 0, "limit {limit}: {run:?}");
        let run = program::run(&["replica", "diff", text(&source), text(&copy)]);
        assert_eq!(run.code, 0, "limit {limit}: {run:?}");
        assert!(run.stdout.contains("identical"), "limit {limit}: {run:?}");

        let cursors = stats(&copy);
        let run = program::run(&pull);
        assert_eq!(run.code, 0, "limit {limit}: {run:?}");
        assert!(run.stderr.contains("0 objects"), "limit {limit}: {run:?}");
        assert_eq!(stats(&copy), cursors, "limit {limit}");
    }
}

/// What a replica says of itself, its cursors included.
fn stats(folder: &Path) -> String {
    let run = program::run(&["replica", "stats", text(folder), "-o", "table"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("cursor"), "{run:?}");
    run.stdout
}

// Catches an object that is lost, doubled or changed between two replicas, at the edges of pages above all, and a
// cursor that moves when there is nothing new.
#[test]
fn a_copy_of_the_intelligence_center_is_identical() {
    let Some(shared) = data::shared("real_input::a_copy_of_the_intelligence_center_is_identical")
    else {
        return;
    };
    copies_are_identical(&data::sekoia(&shared), &["1", "7", "100", "2000"]);
}

// Catches the same in a large feed where objects of one id come in several versions.
#[test]
fn a_copy_of_attack_is_identical() {
    let Some(shared) = data::shared("real_input::a_copy_of_attack_is_identical") else {
        return;
    };
    copies_are_identical(&data::attack(&shared), &["1", "7", "100", "2000"]);
}

// Catches a context that leaves something out or carries too much.
#[test]
fn contexts_are_what_the_contract_says() {
    let Some(shared) = data::shared("real_input::contexts_are_what_the_contract_says") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let replica = folder.path().join("a");
    let files = data::sekoia(&shared);
    import(&files, &replica);
    let world = World::of(&data::objects(&files));
    let apt31 = data::objects(&[shared.join("data/corpora/sekoia/apt31-a.jsonl")]);
    let indicators = apt31.iter().filter(|object| object.object_type() == Some("indicator"));
    let mut count = 0;
    for indicator in indicators {
        let id = indicator.id().unwrap();
        let run = program::run(&["context", id, "--local", text(&replica), "-o", "ndjson"]);
        assert_eq!(run.code, 0, "{run:?}");
        let bundle = split::ndjson(run.stdout);
        assert!(bundle.rejected.is_empty(), "{id}");
        let found: Vec<String> =
            bundle.objects.iter().map(|object| object.id().unwrap().to_owned()).collect();
        assert_eq!(found[0], id, "the object itself comes first");
        let distinct: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(distinct.len(), found.len(), "{id}: something comes twice");
        assert_eq!(distinct, world.context(id), "{id}");
        count += 1;
    }
    assert_eq!(count, 52);
}

/// The newest version of every object, and section 8 of the contract over it, written to be obviously right.
struct World(BTreeMap<String, Value>);

impl World {
    fn of(objects: &[RawObject]) -> Self {
        let mut newest: BTreeMap<String, (Option<inthreat_stix::Timestamp>, Value)> =
            BTreeMap::new();
        for object in objects {
            let (Some(id), Some(_)) = (object.id(), object.object_type()) else {
                continue;
            };
            if newest.get(id).is_none_or(|(modified, _)| *modified <= object.modified()) {
                let value = serde_json::from_slice(object.as_bytes()).unwrap();
                newest.insert(id.to_owned(), (object.modified(), value));
            }
        }
        Self(newest.into_iter().map(|(id, (_, value))| (id, value)).collect())
    }

    /// The relationships at an object that are not revoked, each with its other end.
    fn neighbours(&self, id: &str) -> Vec<(&str, &Value, &str)> {
        let live = self.0.iter().filter(|(_, value)| {
            value["type"] == "relationship" && value["revoked"] != Value::Bool(true)
        });
        live.filter_map(|(relationship, value)| {
            let (from, to) = (value["source_ref"].as_str()?, value["target_ref"].as_str()?);
            let other = if from == id { to } else { from };
            (from == id || to == id).then_some((relationship.as_str(), value, other))
        })
        .collect()
    }

    fn context(&self, id: &str) -> BTreeSet<String> {
        let mut set = BTreeSet::from([id.to_owned()]);
        for (relationship, _, other) in self.neighbours(id) {
            set.insert(relationship.to_owned());
            if self.0.contains_key(other) {
                set.insert(other.to_owned());
            }
        }
        let related: Vec<String> =
            set.iter().filter(|id| id.starts_with("attack-pattern--")).cloned().collect();
        for technique in related {
            for (relationship, value, other) in self.neighbours(&technique) {
                let mitigates = value["relationship_type"] == "mitigates";
                if mitigates
                    && other.starts_with("course-of-action--")
                    && self.0.contains_key(other)
                {
                    set.extend([relationship.to_owned(), other.to_owned()]);
                }
            }
        }
        self.add(&mut set, &["x_inthreat_sources_refs", "created_by_ref"]);
        self.add(&mut set, &["object_marking_refs"]);
        set
    }

    /// Adds what the members name under these properties, where it is known.
    fn add(&self, set: &mut BTreeSet<String>, properties: &[&str]) {
        let mut named = Vec::new();
        for value in set.iter().filter_map(|id| self.0.get(id)) {
            for property in properties {
                match &value[*property] {
                    Value::String(id) => named.push(id.clone()),
                    Value::Array(ids) => {
                        named.extend(ids.iter().filter_map(|id| id.as_str().map(str::to_owned)));
                    }
                    _ => {}
                }
            }
        }
        set.extend(named.into_iter().filter(|id| self.0.contains_key(id)));
    }
}

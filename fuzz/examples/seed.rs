//! Fills `corpus/` with inputs to start from, taken from `../shared/data` where that folder stands beside the
//! project. Run it in `fuzz/`: `cargo run --release --example seed`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use inthreat_stix::split;
use serde_json::Value;

/// Longer inputs make each run slow and find nothing more.
const LENGTH_MAX: usize = 4096;
/// How many inputs of one file of vectors are taken, evenly spread.
const TAKEN_MAX: usize = 1000;

/// Requests as clients send them.
const QUERIES: &[&str] = &[
    "GET /v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects?limit=2000&cursor=MjAyMi0wMS0wMVQwMDowMDowMFo%3D",
    "GET /api/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects?limit=100&include_revoked=False&skip_expired=true&include_revoked=false&match%5Btype%5D=indicator",
    "GET /v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects?match[type]=malware&match[type]=campaign&format=text",
    "GET /v2/inthreat/objects/marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da,marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    "GET /api/v2/inthreat/objects?match%5Bid%5D=identity--357447d7-9229-4ce1-b7fa-f1b83587048e",
    "GET /v2/inthreat/objects/intrusion-set--1/context/",
    "GET //v2//inthreat/indicators/context?type=domain-name&value=api.ontracting.com",
    "GET /v2/inthreat/observables?match%5Bvalue%5D=api.ontracting.com&match%5Btype%5D=domain-name",
    "POST /api/v2/inthreat/observables/search?with_indicated_threats=1\n{\"term\":\"api.ontracting.com\"}",
    "POST /api/v2/inthreat/objects/search?term=APT31&sort=pertinence\n{}",
    "POST /api/v2/inthreat/feeds\n{\"data\":{\"title\":\"t\",\"types\":[\"indicator\"],\"format\":\"custom\",\"template\":\"$id\"}}",
    "POST /v2/inthreat/ioc-collections/ioc-collection--00000000-0000-4000-8000-000000000001/indicators\n{\"indicators\":[{\"value\":\"192.0.2.1\",\"valid_until\":\"2030-01-01T00:00:00Z\"}],\"default_fields\":{\"kill_chain_phases\":[{\"kill_chain_name\":\"k\",\"phase_name\":\"p\"}]}}",
    "POST /v2/inthreat/ioc-collections/ioc-collection--00000000-0000-4000-8000-000000000001/indicators/text\n{\"indicators\":\"a.example\",\"format\":\"domain-name.value\"}",
    "DELETE /v2/inthreat/ioc-collections/ioc-collection--1/indicators/indicator--1?force_deletion=true",
];
/// Two bytes that change a cursor, and a cursor as clients make them up.
const CURSORS: &[&str] = &[
    "\u{1}\u{2}MjAyMi0wMS0wMVQwMDowMDowMFo=",
    "\u{9}\u{7}MjAyNi0xMS0yMVQxNjowMDowMC4xMjM0NTYrMDA6MDBa",
    "\u{0}\u{3}MjAyNi0xMS0yMVQxNjowMDowMC4xMjM0NTYrMDA6MDA=",
];
/// A template, and the object that it is filled from.
const TEMPLATES: &[&str] = &[
    "ID: $id, name: ${name}, Observables: $observables, $$5 $unknown ${\n{\"type\":\"indicator\",\"id\":\"indicator--00000000-0000-4000-8000-000000000001\",\"name\":\"=n, \\\"q\\\"\",\"pattern\":\"[url:value = 'http://a.org']\",\"kill_chain_phases\":[{\"kill_chain_name\":\"k\",\"phase_name\":\"p\"}]}",
    "id,name,observables,tlp,sources\n{\"type\":\"malware\",\"name\":\"a\\nb\",\"x_inthreat_sources_refs\":[\"identity--1\"]}",
];
const VALUES: &[&str] = &[
    "hxxps://user@EVIL[.]example:8080/a?b#c",
    "evil(dot)example.",
    "bücher.example",
    "2001:DB8::0:1/64",
    "::ffff:198.51.100.7",
    "198[.]51.100.0/24",
    "spy[at]evil[.]example",
    "44D88612FEA8A8F36DE82E1278ABB02F",
];

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (target, inputs) in
        [("query", QUERIES), ("cursor", CURSORS), ("template", TEMPLATES), ("value", VALUES)]
    {
        write(
            &root.join("corpus").join(target),
            "own",
            inputs.iter().map(|input| input.as_bytes()),
        )?;
    }
    let data = root.join("../../shared/data");
    if !data.is_dir() {
        println!("skipped: ../shared/data is absent");
        return Ok(());
    }
    let corpus = root.join("corpus");
    for (vectors, property, targets) in [
        ("patterns_good", "pattern", &["pattern", "pattern_roundtrip"][..]),
        ("patterns_bad", "pattern", &["pattern", "pattern_roundtrip"]),
        ("patterns_mutated", "pattern", &["pattern", "pattern_roundtrip"]),
        ("timestamps", "value", &["timestamp"]),
    ] {
        let texts = texts(&data.join(format!("vectors/{vectors}.jsonl")), property)?;
        for target in targets {
            write(&corpus.join(target), vectors, texts.iter().map(String::as_bytes))?;
        }
    }
    objects(&data, &corpus)
}

/// The strings that stand under `property` in the lines of a file.
fn texts(path: &Path, property: &str) -> io::Result<Vec<String>> {
    let split = split::ndjson(fs::read(path)?);
    let lines = split
        .objects
        .iter()
        .filter_map(|object| serde_json::from_slice::<Value>(object.as_bytes()).ok());
    Ok(lines.filter_map(|line| Some(line.get(property)?.as_str()?.to_owned())).collect())
}

/// Objects, their identifiers, and the shapes that they are wrapped in.
fn objects(data: &Path, corpus: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    json_files(&data.join("corpora"), &mut files)?;
    let (mut texts, mut ids) = (Vec::new(), Vec::new());
    for file in files {
        let found = split::document(fs::read(&file)?).objects;
        let short = found.iter().filter(|object| object.as_bytes().len() < LENGTH_MAX / 2);
        let step = found.len().div_ceil(20).max(1);
        for object in short.step_by(step) {
            texts.push(object.as_str().to_owned());
            ids.extend(object.id().map(str::to_owned));
        }
    }
    let shapes: Vec<String> = texts
        .chunks(2)
        .flat_map(|pair| {
            let joined = pair.join(",\n");
            [
                format!(r#"{{"type":"bundle","id":"bundle--1","objects":[{joined}]}}"#),
                format!(
                    r#"{{"data":[{{"type":"bundle","objects":[{joined}]}}],"next_cursor":"c"}}"#
                ),
                format!(r#"{{"bundle":{{"items":[{joined}]}},"path":"p"}}"#),
                format!("[{joined}]\n{}", pair.join("\n")),
            ]
        })
        .collect();
    for target in ["split", "split_linear"] {
        write(&corpus.join(target), "shape", shapes.iter().map(String::as_bytes))?;
    }
    // The first byte is the size of the pieces.
    let pieces: Vec<String> = shapes.iter().map(|shape| format!("\u{7}{shape}")).collect();
    write(&corpus.join("reader"), "shape", pieces.iter().map(String::as_bytes))?;
    for target in ["typed", "object"] {
        write(&corpus.join(target), "object", texts.iter().map(String::as_bytes))?;
    }
    write(&corpus.join("id"), "id", ids.iter().map(String::as_bytes))
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_json =
            path.extension().is_some_and(|e| e == "json" || e == "jsonl" || e == "ndjson");
        if path.is_dir() {
            json_files(&path, found)?;
        } else if is_json {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

fn write<'a>(
    folder: &Path,
    name: &str,
    texts: impl ExactSizeIterator<Item = &'a [u8]>,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let step = texts.len().div_ceil(TAKEN_MAX).max(1);
    let mut count = 0;
    for text in texts.step_by(step).filter(|text| text.len() <= LENGTH_MAX) {
        fs::write(folder.join(format!("{name}-{count:04}")), text)?;
        count += 1;
    }
    println!("{}: {count} from {name}", folder.display());
    Ok(())
}

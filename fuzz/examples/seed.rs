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

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
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

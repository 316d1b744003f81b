//! The peers in Python, run in a process of their own where they are installed.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::measure::{Reader, Section};

/// They are slow: so many texts, evenly spread, are enough.
const TEXTS_MAX: usize = 1000;

/// Reads texts from standard input, keeps those that `parse` takes, and prints the best of three rounds over them.
const SCRIPT: &str = r#"
import json, sys, time
work, texts = json.load(sys.stdin)
if work == "typed parse":
    import stix2
    parse = lambda text: stix2.parse(text, allow_custom=True)
else:
    from stix2patterns.v21.pattern import Pattern as parse
taken = []
for text in texts:
    try:
        parse(text)
        taken.append(text)
    except Exception:
        pass
best = None
for _ in range(3):
    start = time.perf_counter()
    for text in taken:
        parse(text)
    spent = time.perf_counter() - start
    best = spent if best is None else min(best, spent)
print(json.dumps([len(taken), sum(len(t.encode()) for t in taken), best]))
"#;

/// Adds the peer for this section, where there is one; says so where it cannot run.
pub fn add(section: &mut Section, python: &str) {
    let name = match section.name {
        "typed parse" => "stix2.parse (Python)",
        "pattern parse" => "stix2patterns (Python)",
        _ => return,
    };
    let step = section.texts.len().div_ceil(TEXTS_MAX).max(1);
    let texts: Vec<&String> = section.texts.iter().step_by(step).collect();
    let given = texts.len();
    match measure(python, &json!([section.name, texts])) {
        Some((objects, bytes, seconds)) => {
            // Scaled up, so that the column speaks of the whole corpus.
            let refused = given.saturating_sub(objects) * step;
            let size = (objects, refused, bytes);
            let best = Duration::from_secs_f64(seconds);
            section.readers.push(Reader::measured_elsewhere(name, size, best));
        }
        None => println!("skipped: {name}: `{python}` does not have it"),
    }
}

fn measure(python: &str, input: &Value) -> Option<(usize, usize, f64)> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    // A program that ends early leaves a broken pipe, which its missing output tells as well.
    let _ = child.stdin.take()?.write_all(input.to_string().as_bytes());
    let output = child.wait_with_output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

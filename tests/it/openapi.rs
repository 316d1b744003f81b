//! What a server says of itself: it is what the table of paths says, and schemathesis, which others wrote, finds a server
//! that keeps to it.
//!
//! `cargo xtask services` installs schemathesis; without it, the test says that it is skipped.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::Command,
};

use inthreat_api::conformance;
use inthreat_tests::plain;
use serde_json::Value;

use crate::{
    conformance::served_with,
    paths::{Told, absolute, anonymous, table},
};

/// How often schemathesis asks each question when nothing is said: some ten seconds on a machine that does nothing else.
const QUESTIONS: &str = "3";
/// Every answer is one that the document tells: no 5xx, no other status, no other type, no other shape.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method";

// Catches a path that is served and not described, one that is described and not served, and a question of a role that the
// center does not play.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_path_that_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served_with(folder.path(), conformance::scene()).await;
    let asking = move || plain::get(&url, "/v2/inthreat/openapi.json", None);
    let (status, body) = tokio::task::spawn_blocking(asking).await.unwrap();
    assert_eq!(status, 200, "{body}");
    let document: Value = serde_json::from_str(&body).unwrap();
    let mut described = BTreeSet::new();
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        let methods = item.as_object().unwrap().keys();
        described.extend(methods.map(|method| (anonymous(path), method.to_uppercase())));
    }
    let served: BTreeSet<_> = table()
        .into_iter()
        .filter(|(_, told)| *told == Told::Served)
        .map(|((path, method), _)| (anonymous(&absolute(&path)), method))
        .collect();
    assert_eq!(described, served);
}

// Catches an answer that the document does not tell: a 5xx, another status, another type, another shape.
// `INTHREAT_SCHEMATHESIS_SECONDS` has it ask for so long, and `INTHREAT_SCHEMATHESIS_SEED` other questions.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_what_the_document_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let program = root.join("target/services/schemathesis/bin/st");
    let program = env::var_os("INTHREAT_SCHEMATHESIS").map_or(program, PathBuf::from);
    if !program.exists() {
        skip();
        return;
    }
    let said = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let length = match env::var("INTHREAT_SCHEMATHESIS_SECONDS") {
        Ok(seconds) => ["--phases=coverage,fuzzing".to_owned(), format!("--max-time={seconds}")],
        // By number and not by time: on a machine that is busy nothing at all may be asked in some seconds.
        Err(_) => ["--phases=fuzzing".to_owned(), format!("--max-examples={QUESTIONS}")],
    };
    let seed = said("INTHREAT_SCHEMATHESIS_SEED", "1");
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served_with(&folder.path().join("replica"), conformance::archive()).await;
    let place = folder.path().to_owned();
    let running = move || {
        Command::new(program)
            .args(["run", &format!("{url}/v2/inthreat/openapi.json"), "--checks", CHECKS])
            .args(length)
            .args(["--seed", &seed, "--generation-database", "none", "--no-color"])
            .args(["--suppress-health-check", "all", "--warnings", "off"])
            .args(["--request-timeout", "20", "--continue-on-failure"])
            // It leaves files where it runs.
            .current_dir(place)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(running).await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let end = told.char_indices().rev().nth(20_000).map_or(0, |(index, _)| index);
    assert!(output.status.success(), "{}", &told[end..]);
    assert!(told.contains("passed") || told.contains("generated,"), "nothing was asked: {told}");
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn skip() {
    println!("skipped: a_stranger_finds_what_the_document_says: schemathesis is absent");
}

//! Findings and their places.

use inthreat_stix::validate::Options;

use super::{Findings, print::sarif};

fn found(text: &str) -> Findings {
    let mut findings = Findings::new(10_000);
    findings.file("a b.json", text, &Options::default().with_warnings(false));
    findings
}

fn places(text: &str) -> Vec<(usize, usize, &'static str, String)> {
    let places = found(text).found.into_iter();
    places.map(|it| (it.line, it.column, it.code, it.pointer)).collect()
}

const TOOL: &str = r#"{"type":"tool","spec_version":"2.1","id":"tool--0d9f5b9e-5d4b-4a3e-8b3c-0f8f9a3d6f10","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z","name":"n"}"#;

// Catches a finding whose place is off by a line or a character, and a document that is passed over.
#[test]
fn findings_have_their_place() {
    assert!(places(TOOL).is_empty());
    assert!(places(&format!("{TOOL}\n{TOOL}\n\n[{TOOL}]")).is_empty());
    let wrong = TOOL.replace("\"n\"", "7");
    let column = wrong.find(":7}").unwrap() + 2;
    assert_eq!(places(&wrong), [(1, column, "wrong-type", "/name".to_owned())]);
    let pretty = format!("\u{feff}[\n  {TOOL},\n  \"é\", {wrong}\n]");
    let list = places(&pretty);
    assert_eq!((list[0].0, list[0].1, list[0].2), (3, 3, "json"));
    assert_eq!((list[1].0, list[1].1, list[1].2), (3, 8 + column - 1, "wrong-type"));
    let bundle = format!(
        "{{\"type\":\"bundle\",\"id\":\"bundle--0d9f5b9e-5d4b-4a3e-8b3c-0f8f9a3d6f10\",\"objects\":[\n{TOOL},\n{wrong}]}}"
    );
    assert_eq!(places(&bundle), [(3, column, "wrong-type", "/objects/1/name".to_owned())]);
    assert!(found(&bundle).found[0].object.as_ref().unwrap().starts_with("tool--"));
}

// Catches a file whose rest is not looked at, or that is looked at for ever.
#[test]
fn what_is_no_json_is_one_finding() {
    let text = format!("{{\"type\": oops\n{TOOL}\n]\n{}", TOOL.replace("\"n\"", "7"));
    let places: Vec<_> = places(&text).into_iter().map(|it| (it.0, it.2)).collect();
    assert_eq!(places, [(1, "json"), (3, "json"), (4, "wrong-type")]);
    // A document that is cut off does not take the next one with it.
    let text = format!("{}\n{}", &TOOL[..60], TOOL.replace("\"n\"", "7"));
    let places: Vec<_> = self::places(&text).into_iter().map(|it| (it.0, it.2)).collect();
    assert_eq!(places, [(1, "json"), (2, "wrong-type")]);
    // A broken document of many lines is one finding, and one without end is read in good time.
    assert_eq!(found("{\n  \"a\": 1,\n  oops\n  \"b\": {\n  }\n}\n").found.len(), 1);
    assert_eq!(found(&"{\"a\":\n".repeat(20_000)).found.len(), 1);
    assert_eq!(found("").objects, 0);
    assert_eq!(found("[[[[").found.len(), 1);
}

// Catches a log that other programs do not take.
#[test]
fn findings_are_sarif() {
    let log = sarif(&found(&TOOL.replace("\"n\"", "7")));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "wrong-type");
    let result = &run["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"wrong-type".into(), &"error".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.json");
    assert_eq!(place["region"]["startLine"], 1);
}

// Catches totals that end where no more is printed, errors that warnings take the room of, and a cut that nobody sees.
#[test]
fn what_is_left_out_is_counted() {
    let wrong = TOOL.replace("\"n\"", "7");
    // Names of its own that are not marked as such are warned of.
    let warned = TOOL.replace("\"n\"", "\"n\",\"own\":1");
    let text = format!("{}{}oops", format!("{warned}\n").repeat(5), format!("{wrong}\n").repeat(3));
    let found = |max: usize| {
        let mut findings = Findings::new(max);
        findings.file("a.json", &text, &Options::default().with_findings_max(max));
        findings.keep();
        findings
    };
    let all = found(100);
    let (errors, warnings) = (all.totals.errors, all.totals.warnings);
    assert_eq!((errors, all.omitted()), (4, 0));
    assert!(warnings >= 5 && all.found.len() == errors + warnings);
    for max in [0, 3, 6] {
        let cut = found(max);
        assert_eq!((cut.totals.errors, cut.totals.warnings), (errors, warnings), "{max}");
        assert_eq!(cut.found.len(), max);
        let told = cut.found.iter().filter(|one| one.severity.to_string() == "error").count();
        assert_eq!(told, max.min(errors), "{max}");
        let note = &sarif(&cut)["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
        assert!(note["message"]["text"].as_str().unwrap().contains("4 errors"), "{note}");
    }
    // One object alone may have more than are printed.
    let labels = (0..50).map(|number| number.to_string()).collect::<Vec<_>>().join(",");
    let many = TOOL.replace("\"n\"", &format!("\"n\",\"labels\":[{labels}]"));
    let mut findings = Findings::new(10);
    findings.file("a.json", &many, &Options::default().with_findings_max(10));
    findings.keep();
    assert_eq!((findings.found.len(), findings.totals.errors), (10, 50));
}

//! Graphs of objects whose names are written to break out.

use proptest::prelude::*;

use super::*;

proptest! {
    // Catches a name that ends the element it stands in, or that is another one when it is read back.
    #[test]
    fn no_name_breaks_out(name in "[<>/!&\"'\\\\a-z\u{202e}\u{2028}\u{0}-]{0,40}") {
        let root = object("malware", 1, &serde_json::json!({ "name": name }));
        let id = "bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap();
        let page = page(&Graph::of(&[Surroundings::of(&Bundle::new(id, vec![root]))]));
        prop_assert_eq!(page.matches("<script").count() + page.matches("<!--").count(), 2);
        let data = page.split("id=\"inthreat-graph-data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        prop_assert_eq!(&data["nodes"][0]["object"]["name"], &name);
    }
}

const HOSTILE: [&str; 6] = [
    "</script><script>alert(1)</script>",
    "\"]; n1 -> n0 //",
    "'><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\u{202e}cod.exe\u{1b}[31m",
    "<!--<script>]]>&lt;\u{2028}`#quot;\\\"",
];

fn object(kind: &str, number: usize, rest: &serde_json::Value) -> RawObject {
    let mut value = serde_json::json!({ "type": kind, "id": format!("{kind}--{number}") });
    for (name, inner) in rest.as_object().unwrap() {
        value[name] = inner.clone();
    }
    RawObject::new(value.to_string()).unwrap()
}

fn hostile() -> Graph {
    let mut objects = Vec::new();
    for (number, name) in HOSTILE.iter().enumerate() {
        objects.push(object(
            "malware",
            number,
            &serde_json::json!({ "name": name, "aliases": [name] }),
        ));
        objects.push(object("relationship", number, &serde_json::json!({
            "relationship_type": name, "source_ref": "malware--0", "target_ref": format!("malware--{number}"),
        })));
    }
    let id = "bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap();
    Graph::of(&[Surroundings::of(&Bundle::new(id, objects))])
}

// Catches an object that ends the element it stands in, or that turns text round.
#[test]
fn a_page_has_no_elements_but_its_own() {
    let page = page(&hostile());
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<img").count() + page.matches("<!--").count(), 0);
    assert!(!page.contains(['\u{202e}', '\u{1b}', '\u{2028}']));
    let data = page
        .split("id=\"inthreat-graph-data\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    for (index, name) in HOSTILE.iter().enumerate() {
        assert_eq!(data["nodes"][index]["object"]["aliases"][0], *name);
    }
    // The title is no place for markup either.
    assert!(page.contains("<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>"));
}

// Catches a policy that does not name what the page holds, or that allows more.
#[test]
fn the_policy_is_that_of_the_page() {
    let page = page(&hostile());
    for (open, close, directive) in
        [("<style>", "</style>", "style-src"), ("<script>", "</script>", "script-src")]
    {
        let text = page.split(open).nth(1).unwrap().split(close).next().unwrap();
        let digest = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            <sha2::Sha256 as sha2::Digest>::digest(text),
        );
        assert!(page.contains(&format!("{directive} 'sha256-{digest}'")), "{directive}");
    }
    assert!(page.contains("default-src 'none'") && !page.contains("unsafe-"));
    for fetched in ["http://", "https://", "@import", "url(h", "src=\"", "href="] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(fetched), "{fetched}");
    }
}

// Catches a name that ends its quotes, or that says something in the language of the drawing program.
#[test]
fn names_stay_in_their_quotes() {
    let graph = hostile();
    let text = dot(&graph);
    for line in text.lines().filter(|line| line.contains("label=")) {
        let plain = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(plain.matches('"').count() % 2, 0, "{line}");
        assert!(line.ends_with("];") && !line.contains('\u{202e}'), "{line}");
    }
    assert_eq!(
        text.lines().filter(|line| line.contains(" -> n") && !line.contains("tooltip")).count(),
        HOSTILE.len()
    );
    for line in mermaid(&graph).lines().skip(1) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        let inside = line.split('"').nth(1).unwrap().replace("<br/>", "");
        assert!(!inside.contains(['<', '>', '`', '\\', '[', ']', '|', '&']), "{line}");
    }
}

// Catches a node that is there twice or for nothing, a marking that is drawn, and an arrow that is turned round.
#[test]
fn a_graph_is_what_the_contexts_say() {
    let source = serde_json::json!({ "name": "S" });
    let first = [
        object(
            "indicator",
            1,
            &serde_json::json!({ "name": "a", "confidence": 80, "created_by_ref": "identity--1" }),
        ),
        object("malware", 1, &serde_json::json!({ "name": "M", "created_by_ref": "identity--1" })),
        object(
            "relationship",
            1,
            &serde_json::json!({
                "relationship_type": "indicates", "source_ref": "indicator--1", "target_ref": "malware--1",
            }),
        ),
        object(
            "relationship",
            2,
            &serde_json::json!({
                "relationship_type": "uses", "source_ref": "threat-actor--9", "target_ref": "malware--1",
            }),
        ),
        object("identity", 1, &source),
        object("identity", 2, &source),
        object("marking-definition", 1, &source),
    ];
    let id = || "bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap();
    let bundles = [Bundle::new(id(), first.to_vec()), Bundle::new(id(), first.to_vec())];
    let expected = "flowchart LR\n  n0([\"indicator (80 #37;)<br/>a\"])\n  n1[\"malware<br/>M\"]\n  \
        n2[\"identity<br/>S\"]\n  n3[\"threat-actor<br/>threat-actor--9\"]\n  n0 -->|\"created by\"| n2\n  \
        n0 -->|\"indicates\"| n1\n  n3 -->|\"uses\"| n1\n";
    assert_eq!(mermaid(&Graph::of(&bundles.each_ref().map(Surroundings::of))), expected);
}

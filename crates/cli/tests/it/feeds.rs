//! Feeds: made, changed, read, deleted, and kept as a file says.

use crate::{
    program::{Served, run},
    scene::{INDICATOR, NETWORK, Scene, text},
};

const FILE: &str = "[[feed]]\ntitle = \"Addresses\"\ntypes = [\"indicator\"]\nobservable_types = [\"ipv4-addr\"]\n\
    [[feed]]\ntitle = \"Newest\"\nsort_order = \"descending\"\n";

// Catches a feed that is not what was said of it, and one that is gone or changed unasked.
#[test]
fn a_feed_is_made_changed_and_deleted() {
    let scene = Scene::new();
    let csv = ["-o", "csv", "--fields"];
    let made = scene
        .ask(
            &[
                &["feeds", "create", "--title", "A", "--types", "indicator,malware"][..],
                &csv,
                &["id"],
            ]
            .concat(),
        )
        .ends(0);
    let id = made.stdout.lines().nth(1).unwrap();
    let got =
        scene.ask(&[&["feeds", "get", id][..], &csv, &["title,types,sort_order"]].concat()).ends(0);
    assert_eq!(got.stdout, "title,types,sort_order\nA,\"indicator, malware\",ascending\n");
    scene
        .ask(&["feeds", "update", id, "--types", "indicator", "--include-revoked", "false"])
        .ends(0);
    let page =
        scene.ask(&[&["feeds", "page", id, "--limit", "1"][..], &csv, &["id"]].concat()).ends(0);
    assert_eq!(page.stdout, format!("id\n{INDICATOR}\n"));
    let cursor = page.stderr.trim().strip_prefix("next: --cursor ").unwrap();
    let page = scene
        .ask(&[&["feeds", "page", id, "--cursor", cursor][..], &csv, &["id"]].concat())
        .ends(0);
    assert_eq!(page.stdout, format!("id\n{NETWORK}\n"));
    let copy = scene.ask(
        &[&["feeds", "duplicate", id, "--title", "B"][..], &csv, &["title,include_revoked"]]
            .concat(),
    );
    assert_eq!(copy.ends(0).stdout, "title,include_revoked\nB,false\n");
    let refused = scene.ask(&["feeds", "delete", id]).ends(2);
    assert!(refused.stderr.contains("`A`") && refused.stderr.contains("--yes"), "{refused:?}");
    scene.ask(&["feeds", "delete", id, "--yes"]).ends(0);
    scene.ask(&["feeds", "get", id]).ends(1);
    let wrong = scene.ask(&["feeds", "create", "--title", "C", "--types", "ipv4-addr"]).ends(2);
    assert!(wrong.stderr.contains("`ipv4-addr`"), "{wrong:?}");
}

// Catches drift that is not told, a plan that changes something, and a second run that is not a calm one.
#[test]
fn feeds_are_what_the_file_says() {
    let scene = Scene::new();
    let file = scene.file("feeds.toml", FILE);
    let file = text(&file);
    let plan = scene.ask(&["feeds", "plan", file]).ends(0);
    assert!(plan.stdout.contains("+ create `Addresses`\n"), "{plan:?}");
    assert!(plan.stderr.contains("`Newest` is newest first"), "{plan:?}");
    scene.ask(&["feeds", "diff", file]).ends(1);
    scene.ask(&["feeds", "apply", file]).ends(2);
    scene.ask(&["feeds", "diff", file]).ends(1);
    scene.ask(&["feeds", "apply", file, "--yes"]).ends(0);
    assert_eq!(scene.ask(&["feeds", "diff", file]).ends(0).stdout, "");
    let served = Served::start(&scene.replica);
    let remote = run(&["feeds", "diff", file, "--url", &served.url]).ends(0);
    assert!(remote.stderr.contains("2 as they are"), "{remote:?}");
    drop(served);
    scene.file("feeds.toml", &FILE.replace("ipv4-addr", "domain-name"));
    let drift = scene.ask(&["feeds", "diff", file]).ends(1);
    assert!(
        drift.stdout.contains(
            "    - observable_types = [\"ipv4-addr\"]\n    + observable_types = [\"domain-name\"]\n"
        ),
        "{drift:?}"
    );
    let json = scene.ask(&["feeds", "diff", file, "-o", "ndjson"]).ends(1);
    assert!(json.stdout.starts_with("{\"action\":\"update\""), "{json:?}");
    scene.file("feeds.toml", "");
    assert!(
        scene.ask(&["feeds", "diff", file, "--prune"]).ends(1).stdout.contains("- delete `Newest`")
    );
}

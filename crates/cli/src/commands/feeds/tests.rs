//! Files of feeds, and what becomes of them.

use std::path::Path;

use inthreat_api::{Feed, FeedDraft};

use super::plan::{Step, compare, parse};

fn wanted(text: &str) -> Vec<(Option<inthreat_api::FeedId>, FeedDraft)> {
    parse(text, Path::new("feeds.toml")).unwrap()
}

fn feed(id: &str, text: &str) -> Feed {
    Feed::new(id.parse().unwrap(), wanted(text).remove(0).1)
}

// Catches a file that is misread silently, and an error that does not say where it is.
#[test]
fn a_wrong_file_is_told() {
    for (text, words) in [
        ("[[feed]]\ntitle = 'a'\ntypo = 1", "line 3"),
        ("[[feeds]]", "`feeds`"),
        ("[[feed]]\ntypes = ['indicator']", "feed 1 ``: it has no title"),
        ("[[feed]]\ntitle = 'a'\n[[feed]]\ntitle = 'a'", "`a` is there twice"),
        ("[[feed]]\ntitle = 'a'\ntypes = ['ipv4-addr']", "feed 1 `a`"),
        ("[[feed]]\ntitle = 'a'\nsort_order = 'newest'", "expected ascending or descending"),
        ("[[feed]]\ntitle = 'a'\nid = '../x'", "`../x`"),
        ("title = ", "line 1"),
    ] {
        let message = parse(text, Path::new("feeds.toml")).unwrap_err().to_string();
        assert!(message.contains(words) && message.contains("feeds.toml"), "{message}");
    }
}

// Catches a feed that is made twice, changed for nothing, or deleted unasked; and the default one that is touched.
#[test]
fn steps_lead_from_what_is_there_to_what_is_wanted() {
    let file = "[[feed]]\ntitle = 'same'\n[[feed]]\ntitle = 'other'\ntypes = ['tool']\ntlps = ['green']\n\
        [[feed]]\nid = 'x'\ntitle = 'renamed'\nsort_order = 'descending'\n[[feed]]\ntitle = 'new'\ninclude_revoked = false\n";
    let there = || {
        vec![
            Feed::unfiltered(),
            feed("s", "[[feed]]\ntitle = 'same'"),
            feed("o", "[[feed]]\ntitle = 'other'"),
            feed("x", "[[feed]]\ntitle = 'named'"),
            feed("z", "[[feed]]\ntitle = 'more'"),
        ]
    };
    let steps = compare(wanted(file), there(), false).unwrap();
    assert_eq!((steps.unchanged, steps.others, steps.unfit), (1, 1, vec!["renamed".to_owned()]));
    let lines: Vec<String> = steps.to_do.iter().flat_map(Step::lines).collect();
    let expected = [
        "~ update `other` (o)",
        "    - types = []",
        "    + types = [\"tool\"]",
        "    - tlps = []",
        "    + tlps = [\"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da\"]",
        "~ update `named` (x)",
        "    - title = \"named\"",
        "    + title = \"renamed\"",
        "    - sort_order = \"ascending\"",
        "    + sort_order = \"descending\"",
        "+ create `new`",
        "    + title = \"new\"",
        "    + include_revoked = false",
    ];
    assert_eq!(lines, expected);
    let pruned = compare(wanted(file), there(), true).unwrap();
    let deleted: Vec<_> = pruned.to_do.iter().filter(|it| matches!(it, Step::Delete(_))).collect();
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0].lines(), ["- delete `more` (z)"]);
}

// Catches a feed that is taken for another one of the same title.
#[test]
fn what_is_not_clear_is_not_done() {
    let two = || vec![feed("a", "[[feed]]\ntitle = 't'"), feed("b", "[[feed]]\ntitle = 't'")];
    assert!(compare(wanted("[[feed]]\ntitle = 't'"), two(), false).is_err());
    assert!(compare(wanted("[[feed]]\ntitle = 't'\nid = 'c'"), two(), false).is_err());
    let twice = wanted("[[feed]]\ntitle = 't'\n[[feed]]\ntitle = 'u'\nid = 'a'");
    assert!(compare(twice, two().drain(..1).collect(), false).is_err());
}

//! What looks for losses sees them.

use std::fs;

use inthreat_tests::{
    landed::{self, Place},
    program::{self, Served},
};

// Catches a crash test that would find everything to be in order.
#[tokio::test]
async fn losses_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [source, replica, file, cursors] =
        ["source.ndjson", "replica", "copy", "copy.cursors"].map(path);
    fs::write(&source, program::run(&["demo", "--emit", "60"]).stdout).unwrap();
    assert_eq!(program::run(&["import", &source, "--into", &replica]).code, 0);
    let served = Served::start(replica.as_ref(), &[]);
    let pull = ["pull", "--url", &served.url, "--ndjson", &file, "--state", &cursors];
    assert_eq!(program::run(&pull).code, 0);

    let place = Place::parse("file", &file).unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    let landed = landed::check(&served.url, &place, true).await.unwrap();
    assert_eq!((landed.objects, landed.doubled, landed.ahead), (60, 0, 0));

    let (first, rest) = whole.split_once('\n').unwrap();
    fs::write(&file, format!("{first}\n{whole}")).unwrap();
    assert_eq!(landed::check(&served.url, &place, true).await.unwrap().doubled, 1);
    for (text, told) in [
        (rest.to_owned(), "is missing"),
        (whole.replacen("\":", "\": ", 1), "is not the one of the feed"),
        (format!("{whole}{first}"), "torn"),
        (format!("{{\n{whole}"), "line 1"),
    ] {
        fs::write(&file, text).unwrap();
        let error = landed::check(&served.url, &place, true).await.unwrap_err().to_string();
        assert!(error.contains(told), "`{told}` is not in: {error}");
    }
    // Before the cursor is there, nothing is missing yet; a torn end is mended by the next run.
    fs::remove_dir_all(&cursors).unwrap();
    fs::write(&file, format!("{rest}{first}")).unwrap();
    let landed = landed::check(&served.url, &place, false).await.unwrap();
    assert_eq!((landed.objects, landed.ahead), (59, 60));
}

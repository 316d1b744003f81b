//! The page to look at, in a browser: what `page/page.mjs` does there.
//!
//! With `INTHREAT_SCREENSHOTS` its pictures in `docs` are taken anew.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use inthreat_api::{FeedDraft, Feeds as _};
use inthreat_replica::{Options, Replica};
use inthreat_tests::{
    data::skipped,
    program::{self, Run, Served},
};

/// Where a browser is looked for. `INTHREAT_CHROMIUM` may name another one.
const BROWSERS: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The folder with what drives a browser, and the browser; `None`, and a line that says why, where one is missing.
fn browser(test: &str) -> Option<(PathBuf, PathBuf)> {
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/services/playwright-core");
    if !modules.join("node_modules/playwright-core").is_dir() {
        skipped(test, "playwright-core is absent (`cargo xtask services` installs it)");
        return None;
    }
    let named = env::var_os("INTHREAT_CHROMIUM").map(PathBuf::from);
    let mut browsers = named.into_iter().chain(BROWSERS.map(PathBuf::from));
    let Some(browser) = browsers.find(|path| path.exists()) else {
        skipped(test, "Chromium is absent (on Debian: apt-get install chromium)");
        return None;
    };
    Some((modules, browser))
}

/// A replica with objects of two kinds of people, those who know something and those who mean ill.
async fn replica(folder: &Path) {
    let objects = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/page/objects.ndjson");
    let run = program::run(&["import", text(&objects), "--into", text(folder)]);
    assert_eq!(run.code, 0, "{run:?}");
    let mut draft = FeedDraft::default();
    draft.title = "<b onmouseover=alert(20)>Block list".into();
    draft.types = vec!["indicator".to_owned()];
    draft.tlps = ids("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da");
    draft.sources = ids("identity--00000000-0000-4000-8000-000000000001");
    draft.include_revoked = false;
    draft.skip_expired = true;
    let replica = Replica::create_or_open(folder, Options::default()).unwrap();
    replica.create_feed(draft).await.unwrap();
}

fn ids(id: &str) -> Vec<inthreat_stix::Id> {
    vec![id.parse().unwrap()]
}

// Catches a page that finds nothing, that draws nothing, that cannot be used by keyboard or in the dark, that does not ask
// for a key or tells it, and text of objects that is executed, made markup or sent elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_the_page() {
    let Some((modules, browser)) = browser("a_browser_shows_the_page") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (local, keys) = (folder.path().join("local"), folder.path().join("keys.json"));
    replica(&local).await;
    let made = program::run(&["keys", "create", "browser", "--file", text(&keys)]);
    assert_eq!(made.code, 0, "{made:?}");
    let open = Served::start(&local, &["--ui"]);
    open.says("the page is at http://127.0.0.1:");
    let closed = Served::start(&local, &["--ui", "--keys", text(&keys)]);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut node = Command::new("node");
    node.arg(manifest.join("it/page/page.mjs")).args([modules, browser]);
    node.args([&open.url, &closed.url, made.stdout.trim()]);
    if env::var_os("INTHREAT_SCREENSHOTS").is_some() {
        node.arg(manifest.join("../docs"));
    }
    let run = Run::of(node.output().unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
}

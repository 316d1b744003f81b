//! The page to look at: what it is made of, and who is shown it.

use inthreat_api::MockIntelligenceCenter;
use inthreat_server::{Keys, ServerOptions};

use crate::served::Served;

const POLICY: &str = "content-security-policy: default-src 'none'; script-src 'self'; \
    style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

fn with_ui(options: ServerOptions) -> Served {
    Served::new(MockIntelligenceCenter::new(), options.with_ui(true))
}

/// What a text refers to between these marks, on this server.
fn referred<'a>(text: &'a str, mark: &str) -> Vec<&'a str> {
    let after = text.split(mark).skip(1);
    after
        .filter_map(|rest| rest.split('"').next().filter(|path| path.starts_with("/ui/")))
        .collect()
}

// Catches a file that the page needs and nobody serves, one from elsewhere, code in the markup, and foreign text that would
// be taken for markup.
#[test]
fn the_page_is_whole_and_comes_from_the_server_alone() {
    let served = with_ui(ServerOptions::default());
    let page = served.get("/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html; charset=utf-8"), "{}", page.head);
    for never in ["<style", "style=", "onclick", "onload", "<script>", "://", "<base"] {
        assert!(!page.body.contains(never), "{never}");
    }
    let mut waiting: Vec<String> =
        [referred(&page.body, "src=\""), referred(&page.body, "href=\"")]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect();
    let (mut seen, mut scripts) = (Vec::new(), 0);
    while let Some(path) = waiting.pop() {
        if seen.contains(&path) {
            continue;
        }
        let file = served.get(&path);
        assert_eq!(file.status, 200, "{path}");
        assert!(file.head.contains(POLICY), "{path}: {}", file.head);
        assert!(file.head.contains("x-content-type-options: nosniff"), "{path}");
        assert!(file.head.contains("referrer-policy: no-referrer"), "{path}");
        if file.head.contains("content-type: text/javascript") {
            scripts += 1;
            for never in ["eval(", "new Function", "innerHTML", "outerHTML", "document.write"] {
                assert!(!file.body.contains(never), "{path} has {never}");
            }
            waiting.extend(referred(&file.body, "from \"").into_iter().map(str::to_owned));
            waiting.extend(referred(&file.body, "import(\"").into_iter().map(str::to_owned));
        }
        seen.push(path);
    }
    assert_eq!((seen.len(), scripts), (11, 8), "{seen:?}");
}

// Catches a page that is shown to who did not ask for one, one that takes more than a look, and one that is sent again to
// who has it.
#[test]
fn the_page_is_there_when_it_is_wanted() {
    let served = Served::new(MockIntelligenceCenter::new(), ServerOptions::default());
    for path in ["/", "/ui/page.js", "/ui/cytoscape.js"] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
    let served = with_ui(ServerOptions::default());
    for path in ["/ui", "/ui/", "/ui/..", "/ui/ui.rs", "/index.html"] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
    let refused = served.request("POST", "/", "", "{}");
    assert_eq!(refused.status, 405);
    assert!(refused.head.contains("allow: get"), "{}", refused.head);
    let head = served.request("HEAD", "/", "", "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let page = served.get("/");
    let tag = page.head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = served.request("GET", "/", &format!("If-None-Match: {tag}\r\n"), "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let coded = served.request("GET", "/ui/cytoscape.js", "Accept-Encoding: gzip\r\n", "");
    assert!(coded.head.contains("content-encoding: gzip"), "{}", coded.head);
}

// Catches a page that opens what it shows, or that cannot be reached by who has no key yet.
#[test]
fn what_the_page_asks_for_needs_a_key() {
    let served = with_ui(ServerOptions::default().with_keys(Keys::default()));
    for (path, status) in [
        ("/", 200),
        ("/ui/page.js", 200),
        ("/v2/inthreat/feeds?limit=100", 401),
        ("/v2/inthreat/indicators?value=evil.example&type=domain-name", 401),
        ("/ui/secret", 401),
    ] {
        assert_eq!(served.get(path).status, status, "{path}");
    }
}

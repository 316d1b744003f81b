//! The description of the server, and the page that shows it.

use inthreat_api::MockIntelligenceCenter;
use inthreat_server::{Keys, ServerOptions};

use crate::served::Served;

// Catches a description that asks for a key, that is another one under the other prefix, or that promises questions which
// the center does not answer.
#[test]
fn a_server_describes_itself() {
    let options = ServerOptions::default().with_keys(Keys::default());
    let served = Served::new(MockIntelligenceCenter::new(), options);
    let answer = served.get("/v2/inthreat/openapi.json");
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert!(answer.body.contains(r#""openapi":"3.1.0""#));
    assert!(answer.body.contains("/v2/inthreat/indicators/context"));
    assert!(!answer.body.contains("/v2/inthreat/observables"), "no role is played");
    assert_eq!(served.get("/api/v2//inthreat/openapi.json/").body, answer.body);
    let refused = served.request("POST", "/v2/inthreat/openapi.json", "", "{}");
    assert_eq!(refused.status, 405);
    assert!(refused.head.contains("allow: get"), "{}", refused.head);
    assert_eq!(served.get("/v2/inthreat/openapi.yaml").status, 401);
}

// Catches a page that loads anything from elsewhere, or that its own policy keeps from working.
#[test]
fn the_page_needs_nothing_but_the_server() {
    let served = Served::new(MockIntelligenceCenter::new(), ServerOptions::default());
    let page = served.get("/v2/inthreat/docs");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-type: text/html"), "{}", page.head);
    assert!(page.head.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(page.head.contains("x-content-type-options: nosniff"));
    assert!(!page.body.contains("<style") && !page.body.contains("://"), "{}", page.body);
    let mut loaded = 0;
    for part in page.body.split([' ', '>']) {
        let Some((attribute, address)) = part.split_once('=') else { continue };
        if !matches!(attribute, "src" | "href") {
            continue;
        }
        let answer = served.get(address.trim_matches('"'));
        assert_eq!(answer.status, 200, "{address}");
        assert!(
            !answer.body.contains("http://") && !answer.body.contains("innerHTML"),
            "{address}"
        );
        loaded += 1;
    }
    assert_eq!(loaded, 4, "{}", page.body);
}

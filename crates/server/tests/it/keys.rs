//! Who is answered.

use std::{net::TcpListener, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use inthreat_api::{FeedList, MockIntelligenceCenter};
use inthreat_server::{Keys, NewKey, ServeErrorKind, ServerOptions, serve};

use crate::served::{Served, run};

const TARGET: &str = "/v2/inthreat/feeds";

fn served() -> (Served, NewKey, NewKey) {
    let mut keys = Keys::default();
    let good = keys.create("good", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let revoked = keys.create("revoked", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    keys.revoke(revoked.id(), "2026-11-21T17:00:00Z".parse().unwrap()).unwrap();
    let mut center = MockIntelligenceCenter::new();
    center.expect_feeds().returning(|_| Ok(FeedList::default()));
    (Served::new(center, ServerOptions::default().with_keys(keys)), good, revoked)
}

// Catches a form of the key that is refused, or a stranger who is answered (CONTRACT 1.2, 12.2).
#[test]
fn only_keys_are_answered() {
    let (served, good, revoked) = served();
    let status = |header: &str| served.request("GET", TARGET, header, "").status;
    let secret = good.secret();
    let basic = |text: String| format!("Authorization: Basic {}\r\n", STANDARD.encode(text));
    assert_eq!(status(&format!("Authorization: Bearer {secret}\r\n")), 200);
    assert_eq!(status(&format!("authorization: bearer {secret}\r\n")), 200);
    assert_eq!(status(&basic(format!("username:{secret}"))), 200);
    assert_eq!(status(&basic(format!(":{secret}"))), 200);
    for header in [
        String::new(),
        format!("Authorization: {secret}\r\n"),
        format!("Authorization: Bearer {secret}x\r\n"),
        format!("Authorization: Bearer {}\r\n", good.id()),
        format!("Authorization: Token {secret}\r\n"),
        "Authorization: Bearer \u{e9}\r\n".to_owned(),
        basic(format!("{secret}:")),
        basic(secret.to_owned()),
        "Authorization: Basic ????\r\n".to_owned(),
    ] {
        let answer = served.request("GET", TARGET, &header, "");
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(answer.body, r#"{"message":"The token is invalid","code":"T300"}"#);
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    }
    let answer = served.request(
        "GET",
        TARGET,
        &format!("Authorization: Bearer {}\r\n", revoked.secret()),
        "",
    );
    assert_eq!((answer.status, answer.body.contains("T302")), (401, true), "{}", answer.body);
    // Strangers do not learn which paths there are.
    assert_eq!(served.get("/v2/inthreat/nothing").status, 401);
}

// Catches "test connectivity" of clients in the field (CONTRACT 1.2).
#[test]
fn a_key_can_be_checked() {
    let (served, good, _) = served();
    for target in ["/v1/auth/validate", "/api/v1/auth/validate/"] {
        let answer = served.request(
            "GET",
            target,
            &format!("Authorization: Bearer {}\r\n", good.secret()),
            "",
        );
        assert_eq!(answer.status, 200);
        assert!(
            answer.body.contains(&format!("\"identity\":\"apikey:{}\"", good.id())),
            "{}",
            answer.body
        );
        assert_eq!(served.get(target).status, 401);
    }
}

// Catches a copy of somebody's intelligence that a whole network can read.
#[test]
fn other_machines_need_keys() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let center = Arc::new(MockIntelligenceCenter::new());
    let refused = run(serve(listener, center, ServerOptions::default(), std::future::ready(())));
    assert_eq!(refused.unwrap_err().kind(), ServeErrorKind::Exposed);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let center = Arc::new(MockIntelligenceCenter::new());
    let options = ServerOptions::default().with_keys(Keys::default());
    run(serve(listener, center, options, std::future::ready(()))).unwrap();
}

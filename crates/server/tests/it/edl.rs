//! Lists for firewalls.

use inthreat_api::{
    Cursor, Error, ErrorKind, MockIntelligenceCenter, ObservableType, Page, PageRequest,
};
use inthreat_server::{Keys, ServerOptions};
use inthreat_stix::RawObject;

use crate::served::Served;

fn indicator(value: &str) -> RawObject {
    let pattern = format!("[ipv4-addr:value = '{value}']");
    RawObject::new(format!(r#"{{"type":"indicator","pattern":"{pattern}"}}"#)).unwrap()
}

/// Three pages of addresses: two with values, of which one is doubled, and one without.
fn page(request: &PageRequest) -> Page {
    assert_eq!(request.observable_types, [ObservableType::Ipv4Addr]);
    assert_eq!((request.include_revoked, request.skip_expired), (Some(false), Some(true)));
    let (objects, next) = match request.cursor.as_ref().map(Cursor::as_str) {
        None => (vec![indicator("198.51.100.1"), indicator("198.51.100.2")], "1"),
        Some("1") => (vec![indicator("198.51.100.1"), indicator("none")], "2"),
        Some("2") => (vec![indicator("198.51.100.3")], "3"),
        Some(_) => (Vec::new(), "3"),
    };
    Page::new(objects, Cursor::new(next).ok())
}

// Catches a list that ends with its first page, and a value that stands there twice.
#[test]
fn lists_are_whole() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|request| Ok(page(&request)));
    let served = Served::new(center, ServerOptions::default());
    for path in ["/v1/edl-gateway/ipv4", "/api/v1/edl-gateway/ipv4/"] {
        let answer = served.get(path);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.head.contains("content-type: text/plain; charset=utf-8"), "{}", answer.head);
        let lines: Vec<_> = answer.body.lines().filter(|line| line.contains('.')).collect();
        assert_eq!(lines, ["198.51.100.1", "198.51.100.2", "198.51.100.3"]);
        assert!(answer.body.ends_with("\r\n0\r\n\r\n"), "{}", answer.body);
    }
}

// Catches an error that no reader of lists understands (CONTRACT 4), and half a list that looks like a whole one.
#[test]
fn errors_of_lists() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|request| match request.cursor {
        None if request.observable_types == [ObservableType::Ipv4Addr] => Ok(page(&request)),
        _ => Err(Error::new(ErrorKind::Storage, "open `/secret`")),
    });
    let served = Served::new(center, ServerOptions::default());
    let unknown = served.get("/v1/edl-gateway/url");
    assert_eq!(unknown.status, 422);
    assert!(unknown.body.starts_with(r#"{"detail":[{"loc":["path","type"],"msg":"#));
    assert_eq!(served.request("POST", "/v1/edl-gateway/ipv4", "", "").status, 405);
    let broken = served.get("/v1/edl-gateway/ipv6");
    assert_eq!(broken.status, 500);
    assert!(!broken.body.contains("secret"), "{}", broken.body);
    let cut = served.get("/v1/edl-gateway/ipv4");
    assert!(!cut.body.ends_with("0\r\n\r\n"), "{}", cut.body);
}

// Catches a list that is given without a key, and a key in a cookie that is not seen, or seen elsewhere (CONTRACT 1.2).
#[test]
fn the_key_may_be_in_a_cookie() {
    let mut keys = Keys::default();
    let key = keys.create("firewall", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let served =
        Served::new(MockIntelligenceCenter::new(), ServerOptions::default().with_keys(keys));
    let cookie = format!("Cookie: a=b; access_token_cookie={}\r\n", key.secret());
    let get = |path: &str, headers: &str| served.request("GET", path, headers, "").status;
    assert_eq!(get("/v1/edl-gateway/health", ""), 401);
    assert_eq!(get("/v1/edl-gateway/health", &cookie), 200);
    assert_eq!(get("/v1/edl-gateway/health", "Cookie: access_token_cookie=x\r\n"), 401);
    assert_eq!(get("/v1/auth/validate", &cookie), 401);
}

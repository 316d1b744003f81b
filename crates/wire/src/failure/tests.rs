//! Tests of errors on the wire.

use proptest::prelude::*;

use super::*;

proptest! {
    // Catches a panic on any body, and a message that reaches a terminal with control characters.
    #[test]
    fn any_answer_is_survived(status in 100u16..1000, wait in prop::option::of(".{0,12}"), body: Vec<u8>) {
        let error = decode(status, wait.as_deref(), &body);
        prop_assert_eq!(error.status(), Some(status));
        prop_assert!(!error.to_string().contains(char::is_control));
    }
}

// Catches a kind that becomes another one on its way from the server to the client.
#[test]
fn kinds_survive() {
    use ErrorKind::{
        Forbidden, InvalidRequest, NotFound, RateLimited, Unauthorized, Unavailable, Unsupported,
    };
    let told = [
        (Unauthorized, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (InvalidRequest, 400),
        (RateLimited, 429),
        (Unsupported, 501),
        (Unavailable, 503),
    ];
    for (kind, status) in told {
        let failure = encode(&Error::new(kind, "x").with_field("f"));
        assert_eq!(failure.status, status);
        let read = decode(status, None, &failure.body);
        assert_eq!(read.kind(), kind);
        assert_eq!(read.field().is_some(), kind == InvalidRequest);
    }
    for (kind, status) in
        [(ErrorKind::Storage, 500), (ErrorKind::Protocol, 502), (ErrorKind::Transport, 502)]
    {
        assert_eq!(encode(&Error::new(kind, "x")).status, status);
        assert_eq!(decode(status, None, b"").kind(), Unavailable);
    }
}

// Catches a body that the clients of CONTRACT 4 do not recognise.
#[test]
fn an_invalid_key_is_told_to_the_letter() {
    let failure = encode(&Error::new(ErrorKind::Unauthorized, "x"));
    assert_eq!(failure.body, br#"{"message":"The token is invalid","code":"T300"}"#);
    let revoked = encode(&Error::new(ErrorKind::Unauthorized, "x").with_code("T302"));
    assert_eq!(decode(401, None, &revoked.body).code(), Some("T302"));
}

// Catches the inside of the server in an answer.
#[test]
fn what_went_wrong_inside_is_not_told() {
    for kind in
        [ErrorKind::Storage, ErrorKind::Transport, ErrorKind::Protocol, ErrorKind::Unavailable]
    {
        let failure = encode(&Error::new(kind, "open `/var/lib/secret.db`"));
        assert!(!String::from_utf8(failure.body).unwrap().contains("secret"), "{kind:?}");
    }
}

// Catches a status of our own that is lost, and one of another server that contradicts the kind.
#[test]
fn a_status_counts_where_it_fits() {
    assert_eq!(encode(&Error::invalid("method", "x").with_status(405)).status, 405);
    assert_eq!(encode(&Error::invalid("method", "x").with_status(503)).status, 400);
    let late = encode(&Error::new(ErrorKind::Unavailable, "x").with_status(408));
    assert_eq!(
        late.body,
        br#"{"message":"The request did not arrive in time","code":"INTHREAT408"}"#
    );
}

// Catches a wait that is lost, or rounded down so that a client comes back too early.
#[test]
fn the_wait_is_whole_seconds() {
    let limited = Error::new(ErrorKind::RateLimited, "x");
    assert_eq!(encode(&limited).retry_after_s, Some(1));
    let limited = limited.with_retry_after(Duration::from_millis(2_001));
    assert_eq!(encode(&limited).retry_after_s, Some(3));
    assert_eq!(decode(429, Some(" 7 "), b"").retry_after(), Some(Duration::from_secs(7)));
    for text in ["-1", "soon", "1.5", "99999999999999999999"] {
        assert_eq!(decode(429, Some(text), b"").retry_after(), None, "{text}");
    }
}

// Catches bodies of other servers whose message is lost.
#[test]
fn foreign_bodies_are_read() {
    let message = |status, body: &str| decode(status, None, body.as_bytes()).to_string();
    assert_eq!(
        message(404, r#"{"message":"IOC Collection not found","code":"INTHREAT2500"}"#),
        "the service answered 404 (INTHREAT2500): IOC Collection not found"
    );
    assert_eq!(
        message(502, "<html>\r\n<b>Bad\x1b gateway"),
        "the service answered 502: <html> <b>Bad\\u{1b} gateway"
    );
    assert_eq!(message(503, ""), "the service answered 503 without a word");
    let error = decode(
        422,
        None,
        br#"{"detail":[{"loc":["query","type"],"msg":"no such type","type":"enum"}]}"#,
    );
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("type")));
    assert_eq!(error.to_string(), "the service answered 422: no such type");
}

// Catches a date that is not understood, or that is counted from a clock that is wrong.
#[test]
fn retry_after_is_seconds_or_a_date() {
    let wait = |value, date| retry_after(value, date, 784_111_777).map(|wait| wait.as_secs());
    assert_eq!(wait("7", None), Some(7));
    assert_eq!(wait(" 120 ", Some("nonsense")), Some(120));
    assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", None), Some(60));
    let date = Some("Sun, 06 Nov 1994 08:50:30 GMT");
    assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(7));
    assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(0));
    for value in ["", "soon", "-1", "1.5", "99999999999999999999"] {
        assert_eq!(wait(value, None), None, "{value}");
    }
}

// Catches a TAXII server's reason that is lost.
#[test]
fn an_error_of_taxii_says_its_title() {
    let body = br#"{"title":"Collection missing","error_code":"C4","http_status":"404"}"#;
    let error = decode(404, None, body);
    assert_eq!(error.to_string(), "the service answered 404 (C4): Collection missing");
    assert_eq!(error.code(), Some("C4"));
}

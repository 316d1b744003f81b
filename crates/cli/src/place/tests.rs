//! Tests of places: what is one, and which secrets are let pass.

#[cfg(all(feature = "nats", feature = "redis"))]
use super::parameters::ServerUrl;
use super::*;

// Catches a password that is let pass, and a URL without one that is not.
#[test]
fn passwords_are_seen() {
    for text in [
        "postgres://me:hunter2@host/db",
        "postgres://me:hun/ter2@host/db",
        "postgres://host/db?user=me&password=hunter2",
        "redis://:hunter2@host",
        "nats://hunter2@host",
    ] {
        let failure = Place::parse(text).err().unwrap();
        assert_eq!(failure.exit(), Exit::Usage, "{text}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
    for text in ["a@b:c", "file:x", "x/y"] {
        assert!(Place::parse(text).is_ok(), "{text}");
    }
    for text in ["postgres://me@host/db", "redis://host/0", "nats://host:4222"] {
        assert!(!has_password(text), "{text}");
    }
}

// Catches a secret of a URL that is shown, and an address that is not.
#[test]
fn addresses_are_shown_without_secrets() {
    for (url, expected) in [
        ("https://api.example/v2/inthreat", "https://api.example/v2/inthreat"),
        ("https://bob:hunter2@x.example/a", "https://…@x.example/a"),
        ("https://bob:hun?ter/2@x.example", "https://…@x.example"),
        ("https://x.example/?key=hunter2", "https://x.example/?…"),
        ("bob:hunter2@x.example#hunter2", "…@x.example?…"),
        ("x.example", "x.example"),
    ] {
        assert_eq!(shown(url), expected);
    }
}

// Catches a scheme that is taken for the name of a folder.
#[test]
fn what_is_no_place_is_told() {
    for text in ["mysql://host/db", "", "http://host"] {
        assert_eq!(Place::parse(text).err().unwrap().exit(), Exit::Usage, "{text}");
    }
    let place = Place::parse("file:/x/y").ok();
    assert!(matches!(place, Some(Place::Folder(path)) if path == *"/x/y"));
}

// Catches a parameter that a driver passes over or that the driver gets although it is ours, a value that is decoded
// wrongly, and a password that lands in the host or is not escaped.
#[cfg(all(feature = "nats", feature = "redis"))]
#[test]
fn urls_are_taken_apart() {
    let mut url = ServerUrl::new("postgres://me@a:1,b:2/db?schema=x%20y&connect_timeout=3&sslkey=");
    assert_eq!(url.take("schema").unwrap().as_deref(), Some("x y"));
    assert_eq!(url.take("schema").unwrap(), None);
    assert!(url.take("sslkey").is_err());
    url.push("password", "p&w=1");
    let text = "postgres://me@a:1,b:2/db?connect_timeout=3&password=p%26w%3D1";
    assert_eq!((url.text().as_str(), url.has_password()), (text, true));
    for (before, after) in [
        ("redis://host:1/0", "redis://:p%40w@host:1/0"),
        ("rediss://me@host", "rediss://me:p%40w@host"),
    ] {
        let mut url = ServerUrl::new(before);
        assert!(!url.has_password());
        url.set_password("p@w");
        assert_eq!(url.text(), after);
    }
    for text in [
        "redis://host?prefiks=hunter2",
        "nats://host?stream=A&hunter2=B",
        "nats://host?replicas=6",
        "rediss://host?key=k.pem",
    ] {
        let failure = Place::parse(text).err().unwrap();
        assert_eq!(failure.exit(), Exit::Usage, "{text}");
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }
}

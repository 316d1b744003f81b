//! Which strings have which form.

use proptest::prelude::*;

use super::*;

fn check(format: Format, good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(format.check(SpecVersion::V21, text).is_ok(), "refused: {text}");
    }
    for text in bad {
        assert!(format.check(SpecVersion::V21, text).is_err(), "accepted: {text}");
    }
}

// Catches a scheme or authority that is not looked at, and characters that RFC 3986 does not allow.
#[test]
fn uris() {
    check(
        Format::Uri,
        &[
            "http://example.com/a?b=c#d",
            "https://user:pw@[2001:db8::1]:8080/%20",
            "urn:isbn:0451450523",
            "mailto:a@example.com",
            "file:///etc/passwd",
            "http://10.0.0.1:/x",
        ],
        &[
            "",
            "foo",
            "www.sekoia.fr",
            "http://a b",
            "http://example.com/%zz",
            "http://[::1",
            "1http://example.com",
            "http://example.com:80a/",
            "http://example.com/é",
            "http://example.com/{a}",
        ],
    );
}

// Catches octets, prefixes and zones out of their range.
#[test]
fn addresses() {
    check(
        Format::Ipv4,
        &["1.2.3.4", "198.51.100.0/24", "0.0.0.0/0"],
        &["1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/01", "1.2.3.4/a"],
    );
    check(
        Format::Ipv6,
        &["::1", "2001:db8::/32", "fe80::1%eth0", "::ffff:192.0.2.1", "::/0"],
        &["", "::1/129", "::1/03", ":::1", "fe80::1%", "1.2.3.4"],
    );
    check(
        Format::MacAddress,
        &["d2:fb:49:24:37:18"],
        &["D2:fb:49:24:37:18", "d2-fb-49-24-37-18", "d2:fb:49:24:37", "d2:fb:49:24:37:1g"],
    );
    check(
        Format::DomainName,
        &["example.com", "EXAMPLE.com.", "xn--bcher-kva.example", "bücher.example", "a"],
        &["", ".", "a..b", "-a.com", "a_b.com", "a b.com", "a.com/", &"a".repeat(64)],
    );
    check(
        Format::EmailAddress,
        &["a@example.com", "a.b+c@example.com", "\"a b\"@example.com", "a@[192.0.2.1]"],
        &["", "a", "a@", "@a", "a b@example.com", "a@example..com", "A <a@example.com>", "a@b@c d"],
    );
}

// Catches names that are taken apart wrongly.
#[test]
fn names() {
    check(
        Format::Cpe,
        &[
            "cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*",
            "cpe:2.3:a:foo\\:bar:b*:?1:*:*:en-US:-:*:*:*",
        ],
        &[
            "invalid",
            "cpe:2.3:a:b",
            "cpe:2.3:x:microsoft:word:2000:*:*:*:*:*:*:*",
            "cpe:2.3:a:micro soft:word:2000:*:*:*:*:*:*:*",
            "cpe:/a:microsoft:word",
        ],
    );
    check(
        Format::Selector,
        &["id", "name", "labels.[0]", "hashes.SHA-256", "external_references.[12].url"],
        &["", "ab", "labels.0]", "labels.[a]", "labels..x", "labels[0]", "x y"],
    );
    check(
        Format::RegistryKey,
        &["HKEY_LOCAL_MACHINE\\Software", "hkey_users", "Software\\HKLM"],
        &["HKLM\\Software", "hkcu"],
    );
    check(
        Format::TypeName,
        &["file", "x-a-b", "a1-"],
        &["", "ab", "1abc", "a--b", "A-b", "corpor@tion"],
    );
    check(Format::Base64, &["AAAA", "AAA=", "AA==", "+/+/"], &["", "A", "A===", "AA=A", "A-_A"]);
    check(Format::Hex, &["00", "fFfF"], &["", "0", "0g"]);
    check(
        Format::MediaType,
        &["text/plain", "application/vnd.ms-excel; charset=utf-8", "image/svg+xml"],
        &["", "text", "text/", "bla/blub"],
    );
}

// Catches identifiers that section 2.9 does not allow, and versions of UUIDs that are misread.
#[test]
fn identifiers() {
    let version = |text| identifier(SpecVersion::V21, text).ok().map(|id| id.version);
    assert_eq!(version("tool--44322d2b-ffd4-41bf-823f-008e46b3cd12"), Some(4));
    assert_eq!(version("tool--44322D2B-FFD4-51BF-A23F-008e46b3cd12"), Some(5));
    assert_eq!(version("tool--44322d2b-ffd4-b1bf-123f-008e46b3cd12"), None);
    assert_eq!(version("tool-44322d2b-ffd4-41bf-823f-008e46b3cd12"), None);
    assert_eq!(version("tool--44322d2bffd441bf823f008e46b3cd12----"), None);
    let legacy = |text| identifier(SpecVersion::V20, text).is_ok();
    assert!(!legacy("tool--44322D2B-FFD4-51BF-A23F-008e46b3cd12"));
}

proptest! {
    // Catches a string that makes a check panic.
    #[test]
    fn no_string_panics(text in "[a-z0-9:/@.%\\[\\]\\\\?#*é。 -]{0,40}|\\PC{0,20}") {
        for format in [
            Format::Uri,
            Format::Cpe,
            Format::DomainName,
            Format::EmailAddress,
            Format::Ipv6,
            Format::Selector,
            Format::Language,
            Format::MediaType,
        ] {
            let _ = format.check(SpecVersion::V21, &text);
        }
        let _ = identifier(SpecVersion::V21, &text);
    }
}

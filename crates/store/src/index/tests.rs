//! Tests of the rows and of the keys.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::RawObject;
use proptest::prelude::*;

use super::{IndexRows, Networks, normalise};

fn rows(text: &str) -> IndexRows {
    IndexRows::of(&RawObject::new(text).unwrap())
}

fn indicator(pattern: &str, types: &str) -> IndexRows {
    let pattern = serde_json::to_string(pattern).unwrap();
    rows(&format!(r#"{{"type":"indicator","pattern":{pattern},"pattern_type":"stix"{types}}}"#))
}

/// Whether the rows are found by a question.
fn is_found(rows: &IndexRows, observable_type: &str, value: &str) -> bool {
    normalise(&Observable::new(observable_type.into(), value))
        .iter()
        .any(|key| rows.observables.contains(key))
}

// Catches a look-up that misses what the contract says it finds (CONTRACT 2.5, 5.6).
#[test]
fn an_indicator_is_found_by_type_and_literal() {
    let types = r#","x_ic_observable_types":["domain-name"]"#;
    let pattern = "[network-traffic:dst_ref.value = 'buike.duckdns.org' AND network-traffic:dst_port = 30303]";
    let found = indicator(pattern, types);
    assert!(is_found(&found, "domain-name", "Buike.DuckDNS.org"));
    assert!(is_found(&found, "domain-name", "30303"));
    assert!(!is_found(&found, "url", "buike.duckdns.org"));

    let file = "[file:hashes.'SHA-256' = 'AB12' OR file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E' OR file:name = 'A.exe']";
    for types in ["", r#","x_ic_observable_types":["file"]"#] {
        let found = indicator(file, types);
        assert!(is_found(&found, "file", "d41d8cd98f00b204e9800998ecf8427e"));
        assert!(is_found(&found, "file", "D41D8CD98F00B204E9800998ECF8427E"));
        assert!(is_found(&found, "file", "A.exe"));
        assert!(is_found(&found, "filename", "A.exe"));
        assert_eq!(found.observable_types, [ObservableType::File]);
    }
    assert!(is_found(&indicator("[filename:value = 'x.dll']", ""), "filename", "x.dll"));
}

// Catches network traffic that is found by the wrong type, or not by the form of its value.
#[test]
fn the_far_end_of_traffic_is_found_by_its_form() {
    for (value, observable_type) in [
        ("87.251.71.195", "ipv4-addr"),
        ("2001:DB8:0::1", "ipv6-addr"),
        ("A.example", "domain-name"),
    ] {
        let pattern = format!("[network-traffic:dst_ref.value = '{value}']");
        let derived = indicator(&pattern, "");
        assert_eq!(derived.observable_types, [observable_type.into()]);
        assert!(is_found(&derived, observable_type, value), "{value}");
        let told = indicator(&pattern, r#","x_ic_observable_types":["text"]"#);
        assert!(is_found(&told, observable_type, value) && is_found(&told, "text", value));
    }
}

// Catches an IPv4 address that is not found by its IPv6 form, either way.
#[test]
fn a_mapped_address_is_the_address_that_it_maps() {
    let plain = indicator("[ipv4-addr:value = '1.2.3.4']", "");
    let mapped = indicator("[ipv6-addr:value = '::ffff:1.2.3.4']", "");
    for (observable_type, value) in [("ipv4-addr", "1.2.3.4"), ("ipv6-addr", "::FFFF:102:304")] {
        assert!(is_found(&plain, observable_type, value), "{value}");
        assert!(is_found(&mapped, observable_type, value), "{value}");
    }
    assert!(!is_found(&plain, "ipv6-addr", "::1.2.3.4"));
}

// Catches a network that is not found, by either operator, and one that the indicator excludes.
#[test]
fn an_address_is_found_in_a_network() {
    for (pattern, is_found) in [
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", true),
        ("[ipv4-addr:value = '198.51.100.77/24']", true),
        ("[ipv4-addr:value IN ('10.0.0.0/8', '198.51.100.0/24')]", true),
        ("[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']", true),
        ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", true),
        ("[ipv4-addr:value ISSUBSET '198.51.100.7/32']", true),
        ("[ipv4-addr:value NOT ISSUBSET '198.51.100.0/24']", false),
        ("[ipv4-addr:value ISSUPERSET '198.51.100.0/24']", false),
        ("[ipv4-addr:value ISSUBSET '198.51.101.0/24']", false),
        ("[ipv4-addr:value = '198.51.100.0/99']", false),
        ("[url:value = '198.51.100.0/24']", false),
    ] {
        let found = indicator(pattern, "");
        let index = index(&[&found]);
        assert_eq!(!walk(&index, "ipv4-addr", "198.51.100.7").0.is_empty(), is_found, "{pattern}");
        let (around, _) = walk(&index, "ipv6-addr", "::ffff:198.51.100[.]7");
        assert_eq!(!around.is_empty(), is_found, "{pattern}");
    }
}

type Index = BTreeSet<(ObservableType, String)>;

fn index(rows: &[&IndexRows]) -> Index {
    let keys = rows.iter().flat_map(|rows| &rows.observables);
    keys.map(|key| (key.observable_type.clone(), key.value.clone())).collect()
}

/// The keys that are found for a value in an ordered index, and how often it was asked.
fn walk(index: &Index, observable_type: &str, value: &str) -> (Vec<String>, usize) {
    let mut found = Vec::new();
    let mut asked = 0;
    for key in normalise(&Observable::new(observable_type.into(), value)) {
        asked += 1;
        let place = (key.observable_type.clone(), key.value.clone());
        found.extend(index.get(&place).map(|(_, value)| value.clone()));
        let Some(mut networks) = Networks::around(&key) else { continue };
        while let Some(key) = networks.key() {
            asked += 1;
            let place = (networks.observable_type().clone(), key.clone());
            let next = index.range(place..).next();
            let next = next.filter(|(kind, _)| kind == networks.observable_type());
            found.extend(next.filter(|(_, value)| *value == key).map(|(_, value)| value.clone()));
            networks.pass(next.map(|(_, value)| value.as_str()));
        }
    }
    (found, asked)
}

// Catches a look-up of an address that is slow where there are no networks.
#[test]
fn an_address_costs_one_more_question_where_there_are_no_networks() {
    let found = indicator("[ipv4-addr:value IN ('1.2.3.4', '1.2.3.5')]", "");
    assert_eq!(walk(&index(&[&found]), "ipv4-addr", "1.2.3.4"), (vec!["1.2.3.4".to_owned()], 2));
    let found = indicator("[ipv4-addr:value ISSUBSET '10.0.0.0/8']", "");
    assert_eq!(walk(&index(&[&found]), "ipv4-addr", "1.2.3.4").1, 4);
}

/// Addresses that are close to each other, so that networks meet them.
fn arb_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        (0_u8..2, 0_u8..4).prop_map(|(a, b)| IpAddr::V4(Ipv4Addr::new(10, a * 128, 0, b))),
        (0_u16..2, 0_u16..4)
            .prop_map(|(a, b)| IpAddr::V6(Ipv6Addr::new(0x2001, a, 0, 0, 0, 0, 0, b))),
    ]
}

fn arb_network() -> impl Strategy<Value = (IpAddr, u32)> {
    (arb_address(), 0_u32..=128).prop_map(|(address, length)| {
        (address, if address.is_ipv4() { length % 33 } else { length })
    })
}

/// The bits of an address, and how many there are.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

/// Whether a network lies in another one, bit by bit.
fn lies_in(inner: (IpAddr, u32), outer: (IpAddr, u32)) -> bool {
    let ((a, width), (b, other)) = (bits(inner.0), bits(outer.0));
    let differs = |bit: u32| (a >> (width - 1 - bit)) & 1 != (b >> (width - 1 - bit)) & 1;
    width == other && outer.1 <= inner.1 && !(0..outer.1).any(differs)
}

proptest! {
    // Catches an address, or a network, that is found in a network that it is not in, or is not found in one that it
    // is in; and a look-up that asks more often than there are lengths.
    #[test]
    fn networks_are_found_as_a_naive_model_finds_them(
        stored in prop::collection::vec(arb_network(), 0..12), asked in arb_network(), whole: bool, junk in "/[0-9a-z/. ]{0,12}",
    ) {
        let (address, width) = (asked.0, bits(asked.0).1);
        let kind = if width == 32 { "ipv4-addr" } else { "ipv6-addr" };
        let asked = (address, if whole { width } else { asked.1 });
        let mut rows: Vec<_> = stored.iter().map(|(address, length)| {
            let kind = if address.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
            indicator(&format!("[{kind}:value ISSUBSET '{address}/{length}']"), "")
        }).collect();
        rows.push(indicator(&format!("[{kind}:value = '{junk}']"), ""));
        let index = index(&rows.iter().collect::<Vec<_>>());
        let (found, count) = walk(&index, kind, &format!("{}/{}", asked.0, asked.1));
        for (stored, rows) in stored.iter().zip(&rows) {
            let is_found = rows.observables.iter().any(|key| found.contains(&key.value));
            prop_assert_eq!(is_found, lies_in(asked, *stored), "{:?} in {:?}", asked, stored);
        }
        prop_assert!(count <= width as usize + 2, "{count}");
    }
}

// Catches a pattern of another language that is read as STIX, and one that costs the other rows.
#[test]
fn what_is_no_pattern_gives_no_key() {
    let yara = r#"{"type":"indicator","pattern":"[a:b = 'c']","pattern_type":"yara","x_ic_observable_types":["file"],"confidence":70}"#;
    assert_eq!(rows(yara).observables, []);
    assert_eq!(rows(yara).observable_types, [ObservableType::File]);
    assert_eq!(rows(yara).confidence, Some(70));
    assert_eq!(indicator("[broken", "").observables, []);
    assert_eq!(indicator("[ipv4-addr:value != '1.2.3.4']", "").observables, []);
}

// Catches one malformed property that takes the others along.
#[test]
fn malformed_properties_are_absent() {
    let found = rows(
        r#"{"type":"malware","name":"\ud800","confidence":1e999,"labels":["b",4,"a","b"],"created_by_ref":{},
            "aliases":"x","external_references":[{"external_id":"S0001"},{"external_id":null},7,{"external_id":"A"}],
            "object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",""],
            "x_ic_deprecated":true,"revoked":true,"x_ic_impacted_sectors":[]}"#,
    );
    assert_eq!((found.name, found.confidence, found.created_by), (None, None, None));
    assert_eq!(found.labels, ["a", "b"]);
    assert_eq!(found.names, ["A", "S0001"]);
    assert_eq!(found.markings.len(), 1);
    assert!(found.deprecated && found.revoked);
}

// Catches ends that are mixed up, and half a relationship.
#[test]
fn a_relationship_has_two_ends() {
    let text = r#"{"type":"relationship","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--2"}"#;
    let ends = rows(text).ends.unwrap();
    assert_eq!(
        (&*ends.relationship_type, &*ends.source.to_string()),
        ("indicates", "indicator--1")
    );
    assert_eq!(ends.target.to_string(), "malware--2");
    assert_eq!(rows(&text.replace("target_ref", "x")).ends, None);
    assert_eq!(rows(&text.replace("relationship\"", "sighting\"")).ends, None);
}

// Catches an observable that is not found by its own value.
#[test]
fn an_observable_is_found_by_its_own_value() {
    let address = rows(r#"{"type":"ipv6-addr","value":"2001:0db8::0001"}"#);
    assert!(is_found(&address, "ipv6-addr", "2001:db8::1"));
    let file = rows(
        r#"{"type":"file","name":"a.exe","hashes":{"SHA-1":"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709","MD5":4}}"#,
    );
    assert!(is_found(&file, "file", "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
    assert!(is_found(
        &rows(r#"{"type":"autonomous-system","number":64512}"#),
        "autonomous-system",
        "64512"
    ));
    assert_eq!(rows(r#"{"type":"malware","value":"x"}"#).observables, []);
}

// Catches two spellings of one value that do not meet.
#[test]
fn spellings_of_one_value_meet() {
    for (observable_type, written, asked) in [
        ("domain-name", "evil.example", "EVIL.Example."),
        ("domain-name", "xn--bcher-kva.example", "Bücher.example"),
        ("domain-name", "bücher.example", "xn--bcher-kva.example"),
        ("domain-name", "evil.example", "evil[.]example"),
        ("domain-name", "evil.example", "evil(.)example"),
        ("ipv4-addr", "1.2.3.4", "1[.]2[.]3[.]4"),
        ("ipv4-addr", "1.2.3.4/32", "1.2.3.4"),
        ("ipv4-addr", "1.2.3.0/24", "1.2.3.0/24"),
        ("ipv6-addr", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ipv6-addr", "2001:db8::1", "2001[:]db8[:][:]1"),
        ("ipv6-addr", "2001:db8::1", "[2001:db8::1]"),
        ("url", "HTTP://Evil.Example/A?B", "http://evil.example/A?B"),
        ("url", "http://evil.example/a", "hxxp://evil[.]example/a"),
        ("url", "https://evil.example:8080/a", "hXXps[://]evil[.]EXAMPLE:8080/a"),
        ("url", "http://evil.example", "http://evil.example/"),
        ("url", "http://evil.example/", "http://evil.example"),
        ("url", "http://evil.example/[.]", "http://evil.example/[.]"),
        ("email-addr", "a@evil.example", "A[@]Evil[.]example"),
        ("mac-addr", "00-1B-63-84-45-E6", "00:1b:63:84:45:e6"),
        ("domain-name", "evil.example", "evil{dot}example"),
        ("ipv4-addr", "1.2.3.4", "1{.}2{.}3{.}4"),
        ("ipv4-addr", "1.2.3.9/24", "1.2.3.0/24"),
        ("ipv6-addr", "2001:DB8::1/32", "2001:db8::/32"),
        ("ipv6-addr", "::FFFF:1.2.3.4", "::ffff:102:304"),
    ] {
        let found = rows(&format!(r#"{{"type":{observable_type:?},"value":{written:?}}}"#));
        assert!(is_found(&found, observable_type, asked), "{written} by {asked}: {found:?}");
    }
    for (observable_type, written, asked) in [
        ("url", "http://evil.example/A", "http://evil.example/a"),
        ("domain-name", "a.example", "b.a.example"),
        ("filename", "a[.]exe", "a.exe"),
    ] {
        let found = rows(&format!(r#"{{"type":{observable_type:?},"value":{written:?}}}"#));
        assert!(!is_found(&found, observable_type, asked), "{written} by {asked}");
    }
}

proptest! {
    // Catches a key that, normalised again, is another one, and a panic on any value.
    #[test]
    fn keys_are_stable(at in 0..ObservableType::KNOWN.len(), value in "(hxxp://)?[a-zA-Zäß.\\[\\]@:/0-9 -]{0,40}|.{0,40}") {
        let asked = Observable::new(ObservableType::KNOWN[at].clone(), value.clone());
        let keys = normalise(&asked);
        prop_assert!((1..=4).contains(&keys.len()));
        let text = serde_json::to_string(&value).unwrap();
        let written = rows(&format!(r#"{{"type":"ipv4-addr","value":{text}}}"#));
        prop_assert!(value.trim().is_empty() || is_found(&written, "ipv4-addr", &value));
    }

    // Catches a panic on any object, and lists that are not sorted or hold something twice.
    #[test]
    fn rows_are_sorted(pattern in "\\[(ipv4-addr|file|network-traffic|x):(value|name|hashes\\.MD5|dst_ref\\.value) (=|IN) (\\('a','b','A'\\)|'[a-c]')\\]", labels: Vec<String>) {
        let labels = serde_json::to_string(&labels).unwrap();
        let found = indicator(&pattern, &format!(r#","labels":{labels}"#));
        prop_assert!(found.labels.is_sorted_by(|a, b| a < b));
        prop_assert!(found.observables.is_sorted_by(|a, b| (&a.observable_type, &a.value) < (&b.observable_type, &b.value)));
    }
}

// Catches a real indicator's value that its own pattern does not lead to.
#[test]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn real_values_are_found() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/vectors/iocs.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: real_values_are_found: ../shared is absent");
        return;
    };
    let mut count = 0;
    for line in text.lines() {
        let item: serde_json::Value = serde_json::from_str(line).unwrap();
        let (Some(path), Some(value)) = (item["type"].as_str(), item["value"].as_str()) else {
            continue;
        };
        let (observable_type, property) = match path.split_once(":hashes.") {
            Some((kind, algorithm)) => (kind, format!("hashes.'{algorithm}'")),
            None => (path, "value".to_owned()),
        };
        let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
        let found = indicator(&format!("[{observable_type}:{property} = '{escaped}']"), "");
        let defanged = value.replace('.', "[.]");
        let other_spellings: &[&str] = match observable_type {
            "domain-name" | "ipv4-addr" => &[&value.to_uppercase(), &defanged],
            "file" => &[&value.to_uppercase()],
            _ => &[],
        };
        for asked in [value].iter().chain(other_spellings) {
            assert!(is_found(&found, observable_type, asked), "{asked}: {found:?}");
        }
        count += 1;
    }
    assert!(count > 1000, "only {count} values were read");
}

// Catches an observable that stands under a type that its pattern does not name, one that is no value, and a key that is
// there for look-ups alone.
#[test]
fn objects_name_observables_under_their_own_type() {
    let named = |text: &str| -> Vec<String> {
        let found = super::named(&RawObject::new(text).unwrap());
        found.iter().map(ToString::to_string).collect()
    };
    let indicator = |pattern: &str| {
        let pattern = serde_json::to_string(pattern).unwrap();
        format!(
            r#"{{"type":"indicator","pattern":{pattern},"pattern_type":"stix","x_ic_observable_types":["url"]}}"#
        )
    };
    for (pattern, expected) in [
        ("[domain-name:value = 'A.example.']", &["domain-name `a.example`"][..]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.7/24']", &["ipv4-addr `198.51.100.0/24`"]),
        (
            "[network-traffic:dst_ref.value = '::1' AND network-traffic:dst_port = 1]",
            &["ipv6-addr `::1`"],
        ),
        ("[file:name = 'a.exe' AND file:size = 5]", &["file `a.exe`"]),
        (
            "[file:hashes.MD5 = '44D88612FEA8A8F36DE82E1278ABB02F' OR file:hashes.SSDEEP = '3:a:b']",
            &["file `44d88612fea8a8f36de82e1278abb02f`"],
        ),
        ("[x509-certificate:subject = 'a' OR url:value != 'b']", &[]),
    ] {
        assert_eq!(named(&indicator(pattern)), expected, "{pattern}");
    }
    let address = r#"{"type":"ipv6-addr","value":"::FFFF:198.51.100.7"}"#;
    assert_eq!(named(address), ["ipv6-addr `::ffff:198.51.100.7`"]);
    assert_eq!(
        named(r#"{"type":"ipv4-addr","value":"198.51.100.0/24"}"#),
        ["ipv4-addr `198.51.100.0/24`"]
    );
    assert_eq!(named(r#"{"type":"file","name":"a.exe"}"#), ["file `a.exe`"]);
    assert_eq!(named(r#"{"type":"malware","name":"a"}"#), Vec::<String>::new());
}

// Catches what a report names, and what an identity says it is, that is lost or taken from another object.
#[test]
fn reports_and_identities_are_told_apart() {
    let rest = r#""object_refs":["malware--2","malware--1",7],"x_ic_is_in_flint":true,"x_ic_is_sector":true,"x_ic_is_source":true"#;
    let found = rows(&format!(r#"{{"type":"report",{rest}}}"#));
    assert_eq!(found.references.len(), 2);
    assert_eq!(found.classes, [super::Class::FlashReport]);
    let found = rows(&format!(r#"{{"type":"identity",{rest}}}"#));
    assert!(found.references.is_empty());
    assert_eq!(found.classes, [super::Class::Sector, super::Class::Source]);
    let text = r#"{"type":"tool","aliases":["b"],"external_references":[{"external_id":"a"}]}"#;
    assert_eq!(
        (rows(text).names, rows(text).external_ids),
        (vec!["a".into(), "b".into()], vec!["a".into()])
    );
}

// Catches a key that is not found under itself: several dots at the end, of which one was taken away each time (found by
// fuzzing).
#[test]
fn dots_at_the_end_go_at_once() {
    for (kind, value, expected) in [
        (ObservableType::DomainName, "evil.example..", "evil.example"),
        (ObservableType::DomainName, "b\u{fc}cher.example..", "xn--bcher-kva.example"),
        (ObservableType::DomainName, "b\u{fc}cher.example\u{3002}.", "xn--bcher-kva.example"),
        (ObservableType::DomainName, "..", ".."),
        (ObservableType::Url, "h7xps://u\u{7d1}7't'x[.].", "h7xps://u\u{7d1}7't'x"),
    ] {
        let key = normalise(&Observable::new(kind, value)).swap_remove(0);
        assert_eq!(key.value, expected, "{value}");
        assert!(normalise(&key).contains(&key), "{value}");
    }
}

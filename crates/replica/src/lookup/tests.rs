//! Tests of look-ups against a naive model.

use std::{net::Ipv4Addr, path::Path};

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::{RawObject, Timestamp};
use inthreat_store::{Batch, Sink};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::{LookupOptions, Options, Replica};

fn indicator(number: usize, pattern: &str, rest: &str) -> String {
    let pattern = serde_json::to_string(pattern).unwrap();
    format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}","modified":"2020-01-01T00:00:00Z","pattern_type":"stix","pattern":{pattern}{rest}}}"#
    )
}

fn filled(folder: &Path, texts: &[String]) -> Replica {
    let replica = Replica::create_or_open(folder, Options::default()).unwrap();
    let mut batch = Batch::default();
    batch.extend(texts.iter().map(|text| RawObject::new(text.as_str()).unwrap()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(replica.write(batch)).unwrap();
    replica
}

/// The numbers of the indicators that are found, in their order.
fn numbers(replica: &Replica, asked: &[Observable], options: LookupOptions) -> Vec<Vec<usize>> {
    let found = replica.lookup_many(asked, options).unwrap();
    let number = |id: String| id.rsplit('-').next().unwrap().parse().unwrap();
    found
        .into_iter()
        .map(|hits| hits.iter().map(|hit| number(hit.id.to_string())).collect())
        .collect()
}

// Catches a look-up of many values that does not see what a large batch wrote just now.
#[test]
fn many_values_are_found_before_their_rows_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let indicators: Vec<String> = (0..128)
        .map(|number| indicator(number, &format!("[domain-name:value = 'h{number}.example']"), ""))
        .collect();
    let replica = filled(folder.path(), &indicators);
    let asked = [Observable::new(ObservableType::DomainName, "h7.example")];
    assert_eq!(numbers(&replica, &asked, LookupOptions::default()), [[7]]);
}

// Catches a way to an indicator that the look-up of many values does not take, and answers that change their places.
#[test]
fn many_values_are_looked_up_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let md5 = "44d88612fea8a8f36de82e1278abb02f";
    let texts = [
        indicator(0, &format!("[file:hashes.MD5 = '{md5}' AND file:name = 'a.exe']"), ""),
        indicator(
            1,
            "[ipv4-addr:value ISSUBSET '198.51.100.0/24' OR domain-name:value = 'b.example']",
            "",
        ),
        indicator(2, "[ipv6-addr:value = '::ffff:198.51.100.7']", ""),
        indicator(3, "[network-traffic:dst_ref.value = '198.51.0.0/16']", ""),
        indicator(4, "[ipv6-addr:value ISSUBSET '2001:db8::/32']", ""),
    ];
    let replica = filled(folder.path(), &texts);
    let cases: [(&str, String, &[usize]); 12] = [
        ("file", md5.to_uppercase(), &[0]),
        ("file", "a.exe".into(), &[0]),
        ("filename", "a.exe".into(), &[0]),
        ("domain-name", "B[.]example.".into(), &[1]),
        ("ipv4-addr", "198.51.100.7".into(), &[1, 2, 3]),
        ("ipv4-addr", "198.51.100[.]8".into(), &[1, 3]),
        ("ipv6-addr", "::FFFF:198.51.100.7".into(), &[1, 2, 3]),
        ("ipv4-addr", "198.51.100.0/25".into(), &[1, 3]),
        ("ipv4-addr", "198.51.0.0/15".into(), &[]),
        ("ipv4-addr", "198.52.0.1".into(), &[]),
        ("ipv6-addr", "2001:DB8:0::1".into(), &[4]),
        ("x-unknown", "a.exe".into(), &[]),
    ];
    let asked: Vec<_> =
        cases.iter().map(|(kind, value, _)| Observable::new((*kind).into(), value)).collect();
    let found = numbers(&replica, &asked, LookupOptions::default());
    for ((kind, value, expected), found) in cases.iter().zip(&found) {
        assert_eq!(found, expected, "{kind} {value}");
    }
    assert_eq!(found.len(), cases.len());
    assert!(replica.lookup_many(&[], LookupOptions::default()).unwrap().is_empty());
}

// Catches an indicator that no longer counts, or does not yet, among those that do.
#[test]
fn only_what_counts_is_found_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = "[ipv4-addr:value = '198.51.100.7']";
    let texts = [
        indicator(
            0,
            pattern,
            r#","valid_from":"2020-01-01T00:00:00Z","valid_until":"2020-02-01T00:00:00Z""#,
        ),
        indicator(1, pattern, r#","revoked":true"#),
        indicator(
            2,
            "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
            r#","valid_from":"2020-01-15T00:00:00Z""#,
        ),
        indicator(3, pattern, r#","x_ic_deprecated":true"#),
    ];
    let replica = filled(folder.path(), &texts);
    let asked = [Observable::new(ObservableType::Ipv4Addr, "198.51.100.7")];
    for (at, expected) in [
        ("2019-12-31T23:59:59Z", &[][..]),
        ("2020-01-01T00:00:00Z", &[0]),
        ("2020-01-15T00:00:00Z", &[0, 2]),
        ("2020-02-01T00:00:00Z", &[2]),
    ] {
        let at: Timestamp = at.parse().unwrap();
        let options = LookupOptions::default().with_active_at(at);
        assert_eq!(numbers(&replica, &asked, options), [expected], "{at}");
    }
    assert_eq!(numbers(&replica, &asked, LookupOptions::default()), [[0, 1, 2, 3]]);
}

// Catches an address that is found where it is not named, or not found where it is, with many networks of many lengths.
#[test]
fn addresses_are_found_as_a_naive_model_finds_them() {
    let network = (0_u32..4, 0_u32..4, 8_u32..=32)
        .prop_map(|(high, low, length)| ((10 << 24) | (high << 14) | low, length));
    let case = (prop::collection::vec(network.clone(), 1..40), prop::collection::vec(network, 20));
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, ..ProptestConfig::default() });
    runner
        .run(&case, |(stored, asked)| {
            let folder = tempfile::tempdir().unwrap();
            let spell = |(bits, length): &(u32, u32)| format!("{}/{length}", Ipv4Addr::from(*bits));
            let texts: Vec<_> = stored
                .iter()
                .enumerate()
                .map(|(number, network)| {
                    let operator = if number % 2 == 0 { "=" } else { "ISSUBSET" };
                    let pattern = format!("[ipv4-addr:value {operator} '{}']", spell(network));
                    indicator(number, &pattern, "")
                })
                .collect();
            let replica = filled(folder.path(), &texts);
            let questions: Vec<_> = asked
                .iter()
                .map(|network| Observable::new(ObservableType::Ipv4Addr, spell(network)))
                .collect();
            let found = numbers(&replica, &questions, LookupOptions::default());
            for ((bits, length), found) in asked.iter().zip(found) {
                let holds = |(start, size): &(u32, u32)| {
                    size <= length && (start ^ bits).checked_shr(32 - size).unwrap_or(0) == 0
                };
                let expected: Vec<_> =
                    (0..).zip(&stored).filter(|(_, one)| holds(one)).map(|(n, _)| n).collect();
                prop_assert_eq!(found, expected);
            }
            Ok(())
        })
        .unwrap();
}

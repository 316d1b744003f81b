//! Lists for firewalls and layers, made of few objects.

use inthreat_api::ObservableType;
use inthreat_stix::RawObject;
use serde_json::json;

use super::{edl::active, navigator::Layer};
use crate::arguments::Domain;

// Catches a value that is blocked when it should not be, and one that is not.
#[test]
fn a_list_has_what_is_active() {
    let values = |pattern: &str, more: &serde_json::Value, kind: ObservableType| {
        let mut object = json!({
            "type": "indicator", "id": "indicator--1", "pattern": pattern, "pattern_type": "stix",
            "valid_from": "2024-01-01T00:00:00Z", "valid_until": "2024-02-01T00:00:00Z",
        });
        for (name, value) in more.as_object().unwrap() {
            object[name] = value.clone();
        }
        let object = RawObject::new(object.to_string()).unwrap();
        active(&object, &kind, "2024-01-15T00:00:00Z".parse().unwrap())
            .unwrap_or_default()
            .join(" ")
    };
    let none = json!({});
    let addresses = "[ipv4-addr:value IN ('198.51.100.7', '198.51.100.0/24', '1.2.3', '1.2.3.4/33') OR ipv6-addr:value = '2001:DB8::1']";
    assert_eq!(values(addresses, &none, ObservableType::Ipv4Addr), "198.51.100.7 198.51.100.0/24");
    assert_eq!(values(addresses, &none, ObservableType::Ipv6Addr), "2001:db8::1");
    for more in [
        json!({ "revoked": true }),
        json!({ "valid_until": "2024-01-14T00:00:00Z" }),
        json!({ "valid_from": "2024-01-16T00:00:00Z" }),
        json!({ "type": "tool" }),
    ] {
        assert_eq!(values(addresses, &more, ObservableType::Ipv4Addr), "", "{more}");
    }
    let half = "[domain-name:value = 'a.org' AND url:value = 'http://a.org/x']";
    assert_eq!(values(half, &none, ObservableType::DomainName), "");
    assert_eq!(
        values("[domain-name:value = 'EVIL.example.']", &none, ObservableType::DomainName),
        "evil.example"
    );
    assert_eq!(
        values("[domain-name:value = 'a.org\nb.org']", &none, ObservableType::DomainName),
        ""
    );
    assert_eq!(
        values("[url:value = 'http://a.org/X']", &none, ObservableType::Url),
        "http://a.org/X"
    );
    let hash = "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E' OR file:name = 'x']";
    assert_eq!(values(hash, &none, ObservableType::File), "d41d8cd98f00b204e9800998ecf8427e");
}

// Catches a technique that is counted twice, for a mitigation, or for another domain.
#[test]
fn a_layer_counts_who_uses_a_technique() {
    let technique = |number: u32, source: &str, external: &str| {
        json!({
            "type": "attack-pattern", "id": format!("attack-pattern--{number}"),
            "external_references": [{ "source_name": "other" }, { "source_name": source, "external_id": external }],
        })
    };
    let relation = |verb: &str, source: &str, target: &str| {
        json!({
            "type": "relationship", "id": format!("relationship--{verb}-{source}-{target}"),
            "relationship_type": verb, "source_ref": source, "target_ref": target,
        })
    };
    let objects = [
        technique(1, "mitre-attack", "T1566"),
        technique(2, "mitre-mobile-attack", "T1660"),
        json!({ "type": "malware", "id": "malware--1", "name": "Emotet" }),
        relation("uses", "malware--1", "attack-pattern--1"),
        relation("uses", "malware--1", "attack-pattern--2"),
        relation("related-to", "malware--1", "attack-pattern--1"),
        relation("indicates", "indicator--1", "attack-pattern--1"),
        relation("mitigates", "course-of-action--1", "attack-pattern--1"),
        relation("subtechnique-of", "attack-pattern--3", "attack-pattern--1"),
    ];
    let layer = |domain, types: &[String]| {
        let mut layer = Layer::default();
        for object in &objects {
            layer.add(&RawObject::new(object.to_string()).unwrap(), domain);
        }
        layer.finish(domain, types)
    };
    let (enterprise, count) = layer(Domain::Enterprise, &[]);
    assert_eq!(count, 1);
    let expected =
        json!([{ "techniqueID": "T1566", "score": 2, "comment": "Emotet", "enabled": true }]);
    assert_eq!(enterprise["techniques"], expected);
    assert_eq!(enterprise["domain"], "enterprise-attack");
    let (malware, _) = layer(Domain::Enterprise, &["malware".to_owned()]);
    assert_eq!(malware["techniques"][0]["score"], 1);
    assert_eq!(layer(Domain::Mobile, &[]).0["techniques"][0]["techniqueID"], "T1660");
}

// Catches a layer without the techniques of its domain, or with those of another one: ATT&CK tells the domain otherwise today.
#[test]
fn a_technique_has_its_domain() {
    let references = |source: &str| json!([{ "source_name": source, "external_id": "T1404" }]);
    let chain = |name: &str| json!([{ "kill_chain_name": name, "phase_name": "x" }]);
    let mobile = json!(["mobile-attack"]);
    for (source, domains, chains, expected) in [
        ("mitre-attack", &mobile, json!([]), Domain::Mobile),
        ("mitre-mobile-attack", &mobile, chain("mitre-mobile-attack"), Domain::Mobile),
        ("mitre-attack", &json!([]), chain("mitre-mobile-attack"), Domain::Mobile),
        ("mitre-attack", &json!(["ics-attack"]), chain("mitre-attack"), Domain::Ics),
        ("mitre-attack", &json!([]), chain("mitre-attack"), Domain::Enterprise),
        ("mitre-attack", &json!([]), chain("lockheed-martin"), Domain::Enterprise),
        ("mitre-ics-attack", &json!([]), json!([]), Domain::Ics),
    ] {
        let technique = json!({
            "type": "attack-pattern", "id": "attack-pattern--1", "external_references": references(source),
            "x_mitre_domains": domains, "kill_chain_phases": chains,
        });
        let user = json!({
            "type": "relationship", "id": "relationship--1", "relationship_type": "uses",
            "source_ref": "malware--1", "target_ref": "attack-pattern--1",
        });
        for domain in [Domain::Enterprise, Domain::Mobile, Domain::Ics] {
            let mut layer = Layer::default();
            for object in [&technique, &user] {
                layer.add(&RawObject::new(object.to_string()).unwrap(), domain);
            }
            let (_, count) = layer.finish(domain, &[]);
            assert_eq!(count, u64::from(domain == expected), "{domain:?}: {technique}");
        }
    }
}

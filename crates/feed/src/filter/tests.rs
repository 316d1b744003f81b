//! Tests of the filter and of the gate: what passes, and for which reason the rest does not.

use inthreat_stix::split;
use inthreat_store::{Batch, Commit, MemorySink, Sink, TransactionalSink, conformance};
use proptest::prelude::*;

use super::*;
use crate::Gate;

const NOW: i64 = 1_700_000_000;

fn object(text: &str) -> RawObject {
    RawObject::new(text).unwrap()
}

fn marked(tlp: Tlp) -> RawObject {
    object(&format!(
        r#"{{"type":"x-a","id":"x-a--1","object_marking_refs":["{}"]}}"#,
        tlp.marking()
    ))
}

fn dropped(filter: &Filter, object: &RawObject) -> Option<&'static str> {
    let mut objects = vec![object.clone()];
    let dropped = filter.apply(&mut objects, NOW);
    assert_eq!(dropped.total(), u64::from(objects.is_empty()));
    dropped.counts().into_iter().find(|(_, count)| *count > 0).map(|(name, _)| name)
}

// Catches a reason that does not hold, and one that is told under another name.
#[test]
fn each_reason_drops_what_it_says() {
    let indicator = |rest: &str| object(&format!(r#"{{"type":"indicator","id":"x"{rest}}}"#));
    let types = Filter::default().with_types(["indicator", "malware"]);
    assert_eq!(dropped(&types, &indicator("")), None);
    assert_eq!(dropped(&types, &object(r#"{"type":"x-a"}"#)), Some("type"));
    let revoked = Filter::default().with_drop_revoked(true);
    assert_eq!(dropped(&revoked, &indicator(r#","revoked":true"#)), Some("revoked"));
    assert_eq!(dropped(&revoked, &indicator("")), None);
    let expired = Filter::default().with_drop_expired(true);
    for (until, reason) in [
        ("2023-11-14T22:13:20Z", Some("expired")),
        ("2023-11-14T22:13:20.001Z", None),
        ("2023-11-14T22:13:21Z", None),
        ("no date", None),
    ] {
        let found = dropped(&expired, &indicator(&format!(r#","valid_until":"{until}""#)));
        assert_eq!(found, reason, "{until}");
    }
    let confidence = Filter::default().with_confidence_min(50);
    for (told, reason) in
        [("49", Some("confidence")), ("50", None), ("\"high\"", None), ("1e2", None)]
    {
        let found = dropped(&confidence, &indicator(&format!(r#","confidence":{told}"#)));
        assert_eq!(found, reason, "{told}");
    }
    let observables = Filter::default().with_observable_types([ObservableType::DomainName]);
    let pattern = |text: &str| indicator(&format!(r#","pattern_type":"stix","pattern":"{text}""#));
    assert_eq!(dropped(&observables, &pattern("[domain-name:value = 'a.example']")), None);
    assert_eq!(
        dropped(&observables, &pattern("[url:value = 'http://a']")),
        Some("observable_type")
    );
    assert_eq!(dropped(&observables, &object(r#"{"type":"x-a"}"#)), None);
}

// Catches a marking that is overlooked: of a property, in another spelling, doubled, or not to be read.
#[test]
fn the_strictest_marking_counts() {
    let filter = Filter::default().with_tlp_max(Tlp::AmberStrict);
    let red = Tlp::Red.marking();
    let above = [
        format!(r#"{{"object_marking_refs":["{}","{red}"]}}"#, Tlp::Clear.marking()),
        format!(r#"{{"granular_markings":[{{"selectors":["name"],"marking_ref":"{red}"}}]}}"#),
        format!(r#"{{"object_marking_refs":["{red}"],"object_marking_refs":[]}}"#),
        format!(
            r#"{{"\u006fbject_marking_refs":["{}"]}}"#,
            red.to_string().replace("--", "\\u002d-")
        ),
        r#"{"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]}"#
            .into(),
        r#"{"object_marking_refs":5}"#.into(),
        format!(r#"{{"object_marking_refs":"{red}"}}"#),
        r#"{"object_marking_refs":[{}]}"#.into(),
        r#"{"granular_markings":{}}"#.into(),
    ];
    for text in &above {
        assert_eq!(dropped(&filter, &object(text)), Some("tlp"), "{text}");
        assert!(is_text_above(text.as_bytes(), Tlp::AmberStrict), "{text}");
    }
    for text in [
        "{}",
        r#"{"object_marking_refs":null}"#,
        r#"{"object_marking_refs":["marking-definition--00000000-0000-4000-8000-000000000000","x"]}"#,
        r#"{"granular_markings":[{"lang":"en","selectors":["name"]}]}"#,
        r#"{"nested":{"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]}}"#,
    ] {
        assert_eq!(dropped(&filter, &object(text)), None, "{text}");
    }
    for text in [&b"\xff"[..], b"{", b"{\"a\":\"\xff\"}"] {
        assert!(is_text_above(text, Tlp::Amber) && !is_text_above(text, Tlp::Red), "{text:?}");
    }
    for text in ["42", "[1]", "\"a\"", " {}"] {
        assert!(!is_text_above(text.as_bytes(), Tlp::Clear), "{text}");
    }
}

fn any_tlp() -> impl Strategy<Value = Tlp> {
    prop::sample::select(vec![Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red])
}

proptest! {
    // Catches a filter that reads markings otherwise than the marking module does.
    #[test]
    fn markings_are_read_as_everywhere(
        whole in prop::collection::vec(any_tlp(), 0..4),
        granular in prop::collection::vec(any_tlp(), 0..4),
        max in any_tlp(),
    ) {
        let ids = |list: &[Tlp]| list.iter().map(|t| format!("\"{}\"", t.marking())).collect::<Vec<_>>().join(",");
        let granular: Vec<_> = granular
            .iter()
            .map(|t| format!(r#"{{"marking_ref":"{}","selectors":["a"]}}"#, t.marking()))
            .collect();
        let text = format!(
            r#"{{"object_marking_refs":[{}],"granular_markings":[{}],"a":1}}"#,
            ids(&whole),
            granular.join(",")
        );
        let object = object(&text);
        let expected = Tlp::of_object_and_properties(&object).is_some_and(|tlp| tlp > max);
        prop_assert_eq!(is_above(&object, max), expected);
        prop_assert_eq!(is_text_above(text.as_bytes(), max), expected);
    }
}

// Catches a gate that lets too much through, also into the quarantine, that loses count, or that breaks a contract.
#[tokio::test]
async fn a_gate_withholds_what_lies_above() {
    let gate = Gate::new(MemorySink::new(), Tlp::Amber);
    let mut batch = Batch::default();
    batch.extend([marked(Tlp::Red), object(r#"{"type":"x-a","id":"x-a--2"}"#)]);
    let red = format!(r#"[42,{{"type":"x-a","object_marking_refs":["{}"]}}]"#, Tlp::Red.marking());
    let found = split::document(red);
    batch.rejected = found.rejected;
    batch.extend(found.objects);
    let written = gate.write(batch.clone()).await.unwrap();
    assert_eq!((written.accepted, written.quarantined, written.withheld), (1, 1, 2));
    assert_eq!(gate.inner().quarantine(), [b"42".to_vec()]);
    assert_eq!(gate.inner().objects()[0].id(), Some("x-a--2"));
    let key = || "feed".parse().unwrap();
    let commit = Commit::new(key(), 0, "c".parse().unwrap());
    let (written, _) = gate.write_and_commit(batch, commit).await.unwrap();
    assert_eq!((written.unchanged, written.withheld), (1, 2));

    let clock = conformance::ManualClock::default();
    let open = Gate::new(MemorySink::new().with_clock(clock.source()), Tlp::Red);
    conformance::cursor_store(&open).await;
    conformance::leases(&open, &clock).await;
    conformance::holdings(&open, &open).await;
}

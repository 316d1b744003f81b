//! What an answerer of look-ups promises (CONTRACT 2.5).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::{Bundle, RawObject};

use super::scene::{COMPOSITE, EXPIRED, FILE, FOREIGN, MD5, REVOKED, SHA256, id};
use crate::{IntelligenceCenter, Observable, ObservableType};

/// All promises of [`Indicators`](crate::Indicators).
pub async fn indicators(center: &dyn IntelligenceCenter) {
    literals_of_patterns_are_found(center).await;
    spellings_of_a_value_are_one_value(center).await;
    unknown_values_have_an_empty_answer(center).await;
    contexts_are_those_of_the_indicators(center).await;
}

/// Every literal of a pattern is found under its type, in composite patterns too; revoked and expired indicators
/// are. The oldest comes first.
pub async fn literals_of_patterns_are_found(center: &dyn IntelligenceCenter) {
    use ObservableType::{DomainName, EmailAddr, File, Ipv4Addr, Ipv6Addr, Url};

    for (observable_type, value, expected) in [
        (DomainName, "evil.example", &[COMPOSITE, REVOKED][..]),
        (Ipv4Addr, "198.51.100.7", &[COMPOSITE]),
        (Url, "http://evil.example/A?b=c", &[COMPOSITE]),
        (File, MD5, &[FILE]),
        (File, SHA256, &[FILE]),
        (Ipv6Addr, "2001:db8::1", &[EXPIRED]),
        (EmailAddr, "spy@evil.example", &[FOREIGN]),
    ] {
        assert_found(center, observable_type, value, expected).await;
    }
}

/// One value may be spelled in several ways: case where it does not count, the trailing dot of a name, Unicode, the
/// long form of an address, and text that was defanged.
pub async fn spellings_of_a_value_are_one_value(center: &dyn IntelligenceCenter) {
    use ObservableType::{DomainName, EmailAddr, File, Ipv4Addr, Ipv6Addr, Url};

    for (observable_type, value, expected) in [
        (DomainName, "EVIL.example.", &[COMPOSITE, REVOKED][..]),
        (DomainName, "evil[.]example", &[COMPOSITE, REVOKED]),
        (DomainName, "Bücher.example", &[FOREIGN]),
        (Ipv4Addr, "198.51.100[.]7", &[COMPOSITE]),
        (Ipv6Addr, "2001:0DB8:0:0:0:0:0:1", &[EXPIRED]),
        (Url, "hxxp://EVIL[.]example/A?b=c", &[COMPOSITE]),
        (File, &MD5.to_uppercase(), &[FILE]),
        (EmailAddr, "spy@EVIL.example", &[FOREIGN]),
    ] {
        assert_found(center, observable_type, value, expected).await;
    }
}

/// A value that no indicator names, or only one without an observable of the type, has an empty answer.
pub async fn unknown_values_have_an_empty_answer(center: &dyn IntelligenceCenter) {
    use ObservableType::{DomainName, File, Other, Url};

    for (observable_type, value) in [
        (DomainName, "good.example"),
        (DomainName, "example"),
        (DomainName, "www.evil.example"),
        (DomainName, "' OR '1'='1"),
        (DomainName, "%"),
        (DomainName, "🦀\t\n"),
        (File, "evil.example"),
        (Url, "http://evil.example/a?b=c"),
        (Url, "http://evil.example/A"),
        (Other("x-unheard-of".into()), "evil.example"),
    ] {
        assert_found(center, observable_type.clone(), value, &[]).await;
        let contexts = center.indicator_contexts(Observable::new(observable_type, value)).await;
        let contexts = contexts.unwrap();
        assert!(contexts.items.is_empty() && !contexts.has_more, "no contexts of `{value}`");
    }
}

/// Each indicator that names an observable has its context in the answer, in the same order.
pub async fn contexts_are_those_of_the_indicators(center: &dyn IntelligenceCenter) {
    let observable = Observable::new(ObservableType::DomainName, "evil.example");
    let contexts = center.indicator_contexts(observable).await.unwrap();
    assert!(!contexts.has_more, "all contexts are told");
    let mut expected = Vec::new();
    for indicator in [COMPOSITE, REVOKED] {
        expected.push(members(&center.context(id(indicator)).await.unwrap()));
    }
    let found: Vec<_> = contexts.items.iter().map(members).collect();
    assert_eq!(found, expected, "the context of each indicator");
}

async fn assert_found(
    center: &dyn IntelligenceCenter,
    observable_type: ObservableType,
    value: &str,
    expected: &[(&str, u32)],
) {
    let observable = Observable::new(observable_type, value);
    let list = center.indicators(observable.clone()).await.unwrap();
    let found: Vec<_> = list.items.iter().map(RawObject::id).map(Option::unwrap).collect();
    let expected: Vec<_> = expected.iter().map(|name| id(*name).to_string()).collect();
    assert_eq!(found, expected, "the indicators of {observable}");
    assert!(!list.has_more, "all indicators of {observable} are told");
}

fn members(bundle: &Bundle) -> Vec<String> {
    bundle.objects.iter().map(|object| object.as_str().to_owned()).collect()
}

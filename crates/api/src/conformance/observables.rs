//! What a reader of observables promises (CONTRACT 2.6).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::{Id, RawObject};
use serde::Deserialize;

use super::{
    scene::{COMPOSITE, FLINT, MALWARE, MD5, REVOKED, id},
    searches::assert_is,
};
use crate::{
    BulkSearchRequest, ErrorKind, ObservableIndicatorsRequest, ObservableSearchRequest,
    Observables, ObservablesRequest, WindowRequest,
};

/// All promises of [`Observables`].
pub async fn observables(center: &dyn Observables) {
    observables_are_listed(center).await;
    observables_are_searched(center).await;
    observables_are_known_by_their_identifier(center).await;
}

/// Observables by type and value; pages of any length hold each once.
pub async fn observables_are_listed(center: &dyn Observables) {
    let list = ObservablesRequest::default;
    let domains = || list().with_types(["domain-name"]);
    for (request, expected) in [
        (domains(), &["evil.example", "xn--bcher-kva.example"][..]),
        (list().with_values(["evil.example"]), &["evil.example"]),
        (list().with_values(["EVIL[.]example", "2001:DB8:0::1"]), &["2001:db8::1", "evil.example"]),
        (domains().with_values(["2001:db8::1"]), &[]),
        (list().with_values(["good.example"]), &[]),
        (list().with_types(["unheard-of"]), &[]),
        (domains().with_tags(["c2"]), &[]),
    ] {
        let found = center.list_observables(request.clone()).await.unwrap();
        let mut told = values(&found.items);
        told.sort_unstable();
        assert_eq!(told, expected, "{request:?}");
        assert!(!found.has_more, "nothing follows: {request:?}");
        assert_eq!(found.total, Some(expected.len() as u64), "the total of {request:?}");
    }
    let hashed = center.list_observables(list().with_hashes([MD5.to_uppercase()])).await.unwrap();
    assert!(hashed.items.iter().any(|file| file.as_str().contains(MD5)), "a file by its hash");
    let whole = center.list_observables(list().with_limit(2000_u32)).await.unwrap();
    let mut paged = Vec::new();
    while let Some(object) = {
        let offset = u32::try_from(paged.len()).unwrap();
        let request = list().with_limit(1_u32).with_offset(offset);
        let page = center.list_observables(request).await.unwrap();
        assert_eq!(page.has_more, paged.len() + 1 < whole.items.len(), "whether more follow");
        page.items.into_iter().next()
    } {
        paged.push(object);
    }
    assert_eq!(paged, whole.items, "pages of one hold every observable once");
    for (limit, offset, field) in
        [(0_u32, 0_u32, "limit"), (2001, 0, "limit"), (1, 10_001, "offset")]
    {
        let request = list().with_limit(limit).with_offset(offset);
        let error = center.list_observables(request).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some(field)));
    }
}

/// A search finds a whole value in whatever spelling; many are answered in the order of the question.
pub async fn observables_are_searched(center: &dyn Observables) {
    let search = |term: &str| ObservableSearchRequest::default().with_term(term);
    let found = center.search_observables(search("spy@evil[.]example")).await.unwrap();
    assert_eq!(values(&found.items), ["spy@evil.example"], "a value");
    assert_eq!((found.total, found.has_more), (Some(1), false), "one value");
    assert_eq!(center.count_observables("spy@evil.example".into()).await.unwrap(), 1);
    let found = center.search_observables(search("nothing like this")).await.unwrap();
    assert!(found.items.is_empty() && found.total == Some(0), "an unknown value");
    assert_eq!(center.count_observables("nothing like this".into()).await.unwrap(), 0);
    let with_threats = search("198.51.100.7").with_indicated_threats(true);
    let found = center.search_observables(with_threats).await.unwrap();
    let text = found.items.first().unwrap().as_str();
    assert!(text.contains("x_ic_indicated_threats"), "its threats are told: {text}");
    assert!(text.contains(&id(MALWARE).to_string()), "what its indicators indicate: {text}");
    let asked = ["2001:db8::1", "good.example", "evil.example"];
    let request = BulkSearchRequest::default().with_searches(asked);
    let found = center.bulk_search_observables(request).await.unwrap();
    let told: Vec<_> = found.iter().map(|one| (&*one.search, one.found)).collect();
    assert_eq!(told, [(asked[0], true), (asked[1], false), (asked[2], true)], "in this order");
    assert!(found.iter().all(|one| one.found == one.observable.is_some()), "what is found is told");
    let error = center.bulk_search_observables(BulkSearchRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("searches")));
    let error = center.search_observables(search("")).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("term")));
}

/// An observable has an identifier, by which it is found again, and what belongs to it.
pub async fn observables_are_known_by_their_identifier(center: &dyn Observables) {
    let all = center.list_observables(ObservablesRequest::default()).await.unwrap().items;
    assert!(!all.is_empty(), "there are observables");
    for observable in all {
        let id: Id = observable.id().unwrap().parse().unwrap();
        assert_eq!(id.kind().as_str(), observable.object_type().unwrap(), "{observable:?}");
        assert_eq!(center.observable(id.clone()).await.unwrap(), observable, "by its identifier");
        let request = ObservablesRequest::default().with_ids([id]);
        let listed = center.list_observables(request).await.unwrap().items;
        assert_eq!(listed, [observable], "in a list by its identifier");
    }
    let request = ObservablesRequest::default().with_values(["evil.example"]);
    let domain = center.list_observables(request).await.unwrap().items;
    let domain: Id = domain.first().unwrap().id().unwrap().parse().unwrap();
    let indicators = ObservableIndicatorsRequest::default();
    let found = center.observable_indicators(domain.clone(), indicators.clone()).await.unwrap();
    assert_is(&found, &[COMPOSITE, REVOKED], "the indicators of an observable");
    let window = WindowRequest::default;
    let found = center.observable_relationships(domain.clone(), window()).await.unwrap();
    assert_eq!((found.items.len(), found.total), (0, 0), "no relationships");
    let found = center.observable_reports(domain, window()).await.unwrap();
    assert_is(&found, &[FLINT], "the reports that name what it belongs to");
    let unknown: Id = "domain-name--00000000-0000-5000-8000-000000000404".parse().unwrap();
    for error in [
        center.observable(unknown.clone()).await.unwrap_err(),
        center.observable(id(MALWARE)).await.unwrap_err(),
        center.observable_indicators(unknown.clone(), indicators).await.unwrap_err(),
        center.observable_relationships(unknown.clone(), window()).await.unwrap_err(),
        center.observable_reports(unknown, window()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

/// The values of observables that have one.
pub(super) fn values(observables: &[RawObject]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Valued {
        value: Option<String>,
    }

    let read = |object: &RawObject| serde_json::from_str::<Valued>(object.as_str()).unwrap().value;
    observables.iter().filter_map(read).collect()
}

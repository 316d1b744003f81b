//! What a searcher of objects promises (CONTRACT 2.4).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use super::scene::{
    ACTOR, COMPOSITE, ENERGY, FILE, GREEN, LOST_ACTOR, OLD_ACTOR, REVOKED, SOURCE, VENDOR, id,
};
use crate::{
    Comparison, ErrorKind, NamedRequest, OFFSET_MAX, ObjectList, ObjectSearch, ObjectsRequest,
    SearchRequest, SearchSort,
};

/// All promises of [`ObjectSearch`].
pub async fn object_search(center: &dyn ObjectSearch) {
    objects_are_listed_by_their_properties(center).await;
    objects_are_searched(center).await;
    identities_are_listed(center).await;
    wrong_lists_are_refused(center).await;
}

/// Properties narrow a list, values of one widen it; pages of any length hold every object once.
pub async fn objects_are_listed_by_their_properties(center: &dyn ObjectSearch) {
    let list = ObjectsRequest::default;
    let actors = || list().with_types(["threat-actor"]);
    for (request, expected) in [
        (actors(), &[ACTOR, OLD_ACTOR, LOST_ACTOR][..]),
        (list().with_names(["Fancy Unit", "Energy"]), &[ACTOR, ENERGY]),
        (list().with_external_ids(["G0128"]), &[ACTOR]),
        (list().with_ids([id(ACTOR), id(("malware", 404)), id(ENERGY)]), &[ACTOR, ENERGY]),
        (actors().with_tlps([id(GREEN)]), &[ACTOR]),
        (actors().with_sources([id(SOURCE)]), &[ACTOR]),
        (list().with_labels(["botnet"]), &[FILE]),
        (actors().with_deprecated(true), &[OLD_ACTOR]),
        (actors().with_deprecated(false), &[ACTOR, LOST_ACTOR]),
        (list().with_types(["indicator"]).with_names(["Fancy Unit"]), &[]),
        (list().with_types(["unheard-of"]), &[]),
        (list().with_names(["nobody"]), &[]),
    ] {
        let found = center.list_objects(request.clone()).await.unwrap();
        assert_is(&found, expected, &format!("{request:?}"));
        assert_eq!(found.total, Some(expected.len() as u64), "the total of {request:?}");
        let light = center.list_light_objects(request.clone()).await.unwrap();
        let ids: Vec<_> = light.items.iter().map(|one| one.id.to_string()).collect();
        assert_eq!(ids, told(&found), "by name only: {request:?}");
    }
    let mut all = Vec::new();
    for offset in 0_u32..4 {
        let page = center.list_objects(actors().with_limit(1_u32).with_offset(offset)).await;
        let page = page.unwrap();
        assert_eq!(page.has_more, offset < 2, "whether more follow behind {offset}");
        all.extend(told(&page));
    }
    let whole = center.list_objects(actors()).await.unwrap();
    assert_eq!(all, told(&whole), "pages of one hold every object once");
    let light = center.list_light_objects(list().with_ids([id(ACTOR)])).await.unwrap();
    let light = light.items.first().unwrap();
    let found = (light.name.as_deref(), &*light.object_type, light.modified.is_some());
    assert_eq!(found, (Some("Fancy Unit"), "threat-actor", true), "the name of an object");
}

/// A search finds names, aliases, external identifiers and values; what was revoked only where that is said.
pub async fn objects_are_searched(center: &dyn ObjectSearch) {
    let search = |term: &str| SearchRequest::default().with_term(term);
    let actors = |term: &str| search(term).with_types(["threat-actor"]);
    for (request, expected) in [
        (search("apt-31"), &[ACTOR][..]),
        (search("G0128"), &[ACTOR]),
        (search("fancy u"), &[ACTOR]),
        (actors("unit"), &[ACTOR, OLD_ACTOR]),
        (actors("unit").with_include_revoked(true), &[ACTOR, OLD_ACTOR, LOST_ACTOR]),
        (actors("unit").with_confidence((Comparison::Greater, 20)), &[ACTOR]),
        (actors("unit").with_deprecated(false), &[ACTOR]),
        (actors("unit").with_names(["Old Unit"]), &[OLD_ACTOR]),
        (search("198.51.100.7"), &[COMPOSITE]),
        (search("evil[.]example").with_types(["indicator"]), &[COMPOSITE]),
        (
            search("evil.example").with_types(["indicator"]).with_include_revoked(true),
            &[COMPOSITE, REVOKED],
        ),
        (search("nobody is called like this"), &[]),
        (SearchRequest::default().with_terms(["apt-31", "energy"]), &[ACTOR, ENERGY]),
        (SearchRequest::default().with_is_source(true), &[VENDOR]),
        (SearchRequest::default().with_labels(["botnet"]), &[FILE]),
    ] {
        let found = center.search_objects(request.clone().with_count(true)).await.unwrap();
        assert_is(&found, expected, &format!("{request:?}"));
        assert_eq!(found.total, Some(expected.len() as u64), "the total of {request:?}");
    }
    let newest = actors("unit").with_sort(SearchSort::Modified);
    let found = center.search_objects(newest).await.unwrap();
    assert_eq!(told(&found), texts(&[OLD_ACTOR, ACTOR]), "what was modified last comes first");
    assert_eq!(found.total, None, "no total where none is asked for");
    let page = center.search_objects(actors("unit").with_limit(1_u32)).await.unwrap();
    assert!(page.items.len() == 1 && page.has_more, "a page of a search");
}

/// Sectors and sources are the identities that say so.
pub async fn identities_are_listed(center: &dyn ObjectSearch) {
    let all = NamedRequest::default;
    assert_is(&center.sectors(all()).await.unwrap(), &[ENERGY], "sectors");
    assert_is(&center.sources(all()).await.unwrap(), &[VENDOR], "sources");
    let named = center.sectors(all().with_names(["A Vendor"])).await.unwrap();
    assert_is(&named, &[], "a sector of another name");
    let named = center.sources(all().with_names(["A Vendor"])).await.unwrap();
    assert_is(&named, &[VENDOR], "a source by its name");
}

/// A limit or an offset out of range is an error that says so.
pub async fn wrong_lists_are_refused(center: &dyn ObjectSearch) {
    for (limit, offset, field) in
        [(0_u32, 0_u32, "limit"), (101, 0, "limit"), (1, OFFSET_MAX + 1, "offset")]
    {
        let list = ObjectsRequest::default().with_limit(limit).with_offset(offset);
        let search = SearchRequest::default().with_limit(limit).with_offset(offset);
        let named = NamedRequest::default().with_limit(limit).with_offset(offset);
        for error in [
            center.list_objects(list.clone()).await.unwrap_err(),
            center.list_light_objects(list).await.unwrap_err(),
            center.search_objects(search).await.unwrap_err(),
            center.sectors(named.clone()).await.unwrap_err(),
            center.sources(named).await.unwrap_err(),
        ] {
            let told = (error.kind(), error.field());
            assert_eq!(told, (ErrorKind::InvalidRequest, Some(field)), "{error}");
        }
    }
}

/// Asserts that a list holds these objects, in any order, and that no more follow.
pub(super) fn assert_is(found: &ObjectList, expected: &[(&str, u32)], what: &str) {
    let (mut found_ids, mut expected) = (told(found), texts(expected));
    found_ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found_ids, expected, "{what}");
    assert!(!found.has_more, "nothing follows: {what}");
}

pub(super) fn told(list: &ObjectList) -> Vec<String> {
    list.items.iter().map(|object| object.id().unwrap().to_owned()).collect()
}

fn texts(names: &[(&str, u32)]) -> Vec<String> {
    names.iter().map(|name| id(*name).to_string()).collect()
}

//! What a reader of pages other than those of feeds promises (CONTRACT 2.2).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use std::collections::BTreeSet;

use inthreat_stix::Timestamp;

use super::{
    observables::values,
    scene::{
        COMPOSITE, DANGLING, EXPIRED, FILE, FOREIGN, GROUP_USES, INDICATES, MALWARE, REVOKED, USES,
        WITHDRAWN, id,
    },
};
use crate::{
    Cursor, ErrorKind, FeedId, LIMIT_MAX, LiveCollections, ObservablePageRequest,
    PatternPageRequest, RelationshipPageRequest,
};

/// All promises of [`LiveCollections`].
pub async fn live_collections(center: &dyn LiveCollections) {
    observables_come_in_pages(center).await;
    relationships_come_in_pages(center).await;
    patterns_come_in_pages(center).await;
}

/// Pages of any length hold every observable; behind the last one an empty page gives the cursor back.
pub async fn observables_come_in_pages(center: &dyn LiveCollections) {
    let mut sets: Vec<BTreeSet<String>> = Vec::new();
    for limit in [1, 2, 3, LIMIT_MAX] {
        let mut found = Vec::new();
        let mut request = ObservablePageRequest::default().with_limit(limit);
        loop {
            let page = center.observable_page(request.clone()).await.unwrap();
            let next = page.next_cursor.unwrap();
            if page.objects.is_empty() {
                assert_eq!(Some(&next), request.cursor.as_ref(), "an empty page gives it back");
                break;
            }
            assert_ne!(Some(&next), request.cursor.as_ref(), "a page moves the cursor");
            assert!(page.objects.len() <= limit as usize, "a page is as long as is asked for");
            found.extend(page.objects);
            request = request.with_cursor(next);
        }
        sets.push(found.iter().map(|object| object.id().unwrap().to_owned()).collect());
        let values: BTreeSet<_> = values(&found).into_iter().collect();
        assert!(values.contains("198.51.100.7") && values.contains("2001:db8::1"), "{values:?}");
    }
    assert!(sets.windows(2).all(|two| two.first() == two.last()), "whatever the length: {sets:?}");
    let request = ObservablePageRequest::default().with_types(["email-addr"]);
    let page = center.observable_page(request).await.unwrap();
    assert_eq!(values(&page.objects), ["spy@evil.example"], "a page of a type");
    let late = "2030-01-01T00:00:00Z".parse::<Timestamp>().unwrap();
    let request = ObservablePageRequest::default().with_modified_after(late);
    assert!(center.observable_page(request).await.unwrap().objects.is_empty(), "nothing is so new");
    for limit in [0, LIMIT_MAX + 1] {
        let request = ObservablePageRequest::default().with_limit(limit);
        let error = center.observable_page(request).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("limit")));
    }
    let nonsense = Cursor::new("nonsense").unwrap();
    let request = ObservablePageRequest::default().with_cursor(nonsense);
    let error = center.observable_page(request).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("cursor")));
}

/// Pages of any length hold every relationship of the objects once, each with its other end.
pub async fn relationships_come_in_pages(center: &dyn LiveCollections) {
    for limit in [1, 3, LIMIT_MAX] {
        let mut found = Vec::new();
        let ids = [id(MALWARE), id(("malware", 404))];
        let mut request = RelationshipPageRequest::default().with_ids(ids).with_limit(limit);
        loop {
            let page = center.relationship_page(request.clone()).await.unwrap();
            let next = page.next_cursor.unwrap();
            if page.items.is_empty() {
                assert_eq!(Some(&next), request.cursor.as_ref(), "an empty page gives it back");
                break;
            }
            for item in page.items {
                found.push(item.relationship.id().unwrap().to_owned());
            }
            request = request.with_cursor(next);
        }
        found.sort_unstable();
        let mut expected =
            [USES, INDICATES, GROUP_USES, WITHDRAWN, DANGLING].map(|name| id(name).to_string());
        expected.sort_unstable();
        assert_eq!(found, expected, "every relationship once, in pages of {limit}");
    }
    let error = center.relationship_page(RelationshipPageRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("match[id]")));
}

/// The patterns of a feed's indicators, revoked ones where that is said.
pub async fn patterns_come_in_pages(center: &dyn LiveCollections) {
    let uuid = |name: (&str, u32)| id(name).to_string().split_off(name.0.len() + 2);
    for (with_revoked, expected) in [
        (false, &[COMPOSITE, FILE, EXPIRED, FOREIGN][..]),
        (true, &[COMPOSITE, FILE, REVOKED, EXPIRED, FOREIGN]),
    ] {
        for limit in [1, 2, LIMIT_MAX] {
            let mut found = Vec::new();
            let mut request =
                PatternPageRequest::default().with_limit(limit).with_include_revoked(with_revoked);
            loop {
                let page = center.patterns(FeedId::default(), request.clone()).await.unwrap();
                if page.items.is_empty() {
                    break;
                }
                found.extend(page.items);
                request = request.with_cursor(page.next_cursor.unwrap());
            }
            let uuids: Vec<_> = found.iter().map(|entry| entry.uuid.clone()).collect();
            let wanted: Vec<_> = expected.iter().map(|name| uuid(*name)).collect();
            assert_eq!(uuids, wanted, "patterns in pages of {limit}");
            let first = found.first().unwrap();
            assert!(first.pattern.contains("198.51.100.7") && first.pattern_type == "stix");
            assert!(first.modified.is_some() && !first.revoked, "{first:?}");
        }
    }
    let page = PatternPageRequest::default().with_limit(2_u32);
    let first = center.patterns(FeedId::default(), page.clone()).await.unwrap();
    let next = page.with_after_id(first.next_id.unwrap());
    let rest = center.patterns(FeedId::default(), next).await.unwrap();
    let uuids: Vec<_> = rest.items.iter().map(|entry| entry.uuid.clone()).collect();
    assert_eq!(uuids, [uuid(EXPIRED), uuid(FOREIGN)], "behind an identifier");
    let unknown: FeedId = "00000000-0000-4000-8000-000000000404".parse().unwrap();
    let error = center.patterns(unknown, PatternPageRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

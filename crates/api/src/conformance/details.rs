//! What a teller of what belongs to an object promises (CONTRACT 2.4).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use std::collections::BTreeMap;

use super::{
    objects::unknown,
    observables::values,
    scene::{COMPOSITE, FLINT, MALWARE, SOURCE, id},
    searches::assert_is,
};
use crate::{ErrorKind, NamedRequest, ObjectDetails, WindowRequest};

/// All promises of [`ObjectDetails`] but that of files, which only some keep.
pub async fn object_details(center: &dyn ObjectDetails) {
    relationships_of_an_object_are_counted(center).await;
    reports_and_sources_of_an_object_are_told(center).await;
    observables_of_an_object_are_told(center).await;
}

/// Relationships are counted by their type and by that of the other end, revoked ones where that is said.
pub async fn relationships_of_an_object_are_counted(center: &dyn ObjectDetails) {
    for (with_revoked, indicates) in [(false, 1), (true, 2)] {
        let found = center.relationship_statistics(id(MALWARE), with_revoked).await.unwrap();
        let counts = |map: &BTreeMap<String, u64>| -> Vec<(String, u64)> {
            map.iter().map(|(name, count)| (name.clone(), *count)).collect()
        };
        let pair = |name: &str, count| (name.to_owned(), count);
        let expected = [pair("indicates", indicates), pair("uses", 2)];
        assert_eq!(counts(&found.relationship_types), expected, "by type");
        let expected =
            [pair("attack-pattern", 1), pair("indicator", indicates), pair("intrusion-set", 1)];
        assert_eq!(counts(&found.remote_types), expected, "by the type of the other end");
        let both = found.relationship_types_by_object_type.get("indicator").map(counts);
        assert_eq!(both, Some(vec![pair("indicates", indicates)]), "by both");
        assert_eq!(found.total, Some(indicates + 2), "in all");
    }
    let mut types = center.relationship_types(id(MALWARE)).await.unwrap();
    types.sort_unstable();
    assert_eq!(types, ["indicates", "uses"], "the types of the relationships");
    let error = center.relationship_statistics(unknown(), false).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = center.relationship_types(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

/// The reports that name an object, and the identities that it comes from.
pub async fn reports_and_sources_of_an_object_are_told(center: &dyn ObjectDetails) {
    let all = NamedRequest::default;
    let found = center.reports_of(id(MALWARE), all()).await.unwrap();
    assert_is(&found, &[FLINT], "the reports of an object");
    let found = center.reports_of(id(MALWARE), all().with_names(["On a group"])).await.unwrap();
    assert_is(&found, &[], "the reports of an object that have another name");
    let found = center.sources_of(id(MALWARE)).await.unwrap();
    assert_is(&found, &[SOURCE], "the sources of an object");
    let error = center.reports_of(unknown(), all()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = center.sources_of(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

/// The observables of an indicator, and of what it indicates.
pub async fn observables_of_an_object_are_told(center: &dyn ObjectDetails) {
    for object in [COMPOSITE, MALWARE] {
        let found = center.observables_of(id(object), WindowRequest::default()).await.unwrap();
        let mut found = values(&found.items);
        found.sort_unstable();
        let expected = ["198.51.100.7", "evil.example", "http://evil.example/A?b=c"];
        assert_eq!(found, expected, "the observables of {object:?}");
    }
    let page = WindowRequest::default().with_limit(1_u32).with_offset(1_u32);
    let found = center.observables_of(id(COMPOSITE), page).await.unwrap();
    assert!(found.items.len() == 1 && found.has_more, "a page of observables");
    let error = center.observables_of(unknown(), WindowRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

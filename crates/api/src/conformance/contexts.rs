//! What an answerer of contexts promises (CONTRACT 8).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::Bundle;

use super::{
    objects::unknown,
    scene::{
        COMPOSITE, CREATOR, FILE, GREEN, GROUP, GROUP_USES, HUB, INDICATES, MALWARE, MITIGATES,
        REMEDY, SOURCE, TECHNIQUE, USES, WHITE, id,
    },
};
use crate::{ErrorKind, Objects};

/// The bundle has the object, what is related to it, the relationships between, courses of action against related
/// attack patterns with the relationships that say so, the sources that all these name, and the markings that all
/// these carry. In this order, none twice, nothing that is revoked.
pub async fn context_is_the_bundle_around_an_object(center: &dyn Objects) {
    let bundle = center.context(id(COMPOSITE)).await.unwrap();
    let groups = [&[COMPOSITE][..], &[MALWARE], &[INDICATES], &[CREATOR, SOURCE], &[GREEN, WHITE]];
    assert_context(&bundle, &groups);
    assert_eq!(bundle.id.kind().as_str(), "bundle", "a bundle has an identifier of its own");

    let bundle = center.context(id(MALWARE)).await.unwrap();
    let groups = [
        &[MALWARE][..],
        &[TECHNIQUE, COMPOSITE, GROUP],
        &[USES, INDICATES, GROUP_USES],
        &[REMEDY, MITIGATES],
        &[CREATOR, SOURCE],
        &[GREEN, WHITE],
    ];
    assert_context(&bundle, &groups);

    // The remedy is related to the technique itself here, and its relationship stands with the others.
    let bundle = center.context(id(TECHNIQUE)).await.unwrap();
    let groups = [
        &[TECHNIQUE][..],
        &[REMEDY, MALWARE],
        &[MITIGATES, USES],
        &[SOURCE, CREATOR],
        &[GREEN, WHITE],
    ];
    assert_context(&bundle, &groups);

    let bundle = center.context(id(FILE)).await.unwrap();
    assert_context(&bundle, &[&[FILE]]);
}

/// Of more than 100 related objects 100 are in the bundle.
pub async fn context_has_at_most_a_hundred_related_objects(center: &dyn Objects) {
    let bundle = center.context(id(HUB)).await.unwrap();
    let related = |object: &&inthreat_stix::RawObject| object.object_type() == Some("tool");
    assert_eq!(bundle.objects.iter().filter(related).count(), 100, "at most 100 related objects");
}

/// An unknown object has no context.
pub async fn context_of_an_unknown_object_is_not_found(center: &dyn Objects) {
    let error = center.context(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "an unknown object: {error}");
}

/// Asserts that a bundle is made of these groups, one behind the other, in any order within a group.
fn assert_context(bundle: &Bundle, groups: &[&[(&str, u32)]]) {
    let mut found = bundle.objects.iter().map(|object| object.id().unwrap().to_owned());
    for group in groups {
        let mut expected: Vec<_> = group.iter().map(|name| id(*name).to_string()).collect();
        let mut next: Vec<_> = found.by_ref().take(expected.len()).collect();
        expected.sort_unstable();
        next.sort_unstable();
        assert_eq!(next, expected, "the next members of the bundle around {:?}", groups.first());
    }
    let rest: Vec<_> = found.collect();
    assert!(rest.is_empty(), "{rest:?} do not belong to the bundle around {:?}", groups.first());
}

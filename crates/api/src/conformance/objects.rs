//! What an answerer of identifiers promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::{Id, RawObject};

use super::{
    contexts,
    scene::{
        self, COMPOSITE, DANGLING, FOREIGN, GROUP, GROUP_USES, HUB, INDICATES, MALWARE, REVOKED,
        SPOKES, TECHNIQUE, USES, WITHDRAWN, id,
    },
};
use crate::{ErrorKind, Objects, RelationshipList, RelationshipsRequest};

/// All promises of [`Objects`].
pub async fn objects(center: &dyn Objects) {
    object_is_known_by_its_identifier(center).await;
    many_objects_come_in_the_order_of_the_question(center).await;
    relationships_are_told_apart(center).await;
    relationships_of_an_object_name_both_ends(center).await;
    relationships_of_an_object_are_narrowed(center).await;
    relationships_of_an_object_are_paged(center).await;
    wrong_questions_about_relationships_are_refused(center).await;
    contexts::context_is_the_bundle_around_an_object(center).await;
    contexts::context_has_at_most_a_hundred_related_objects(center).await;
    contexts::context_of_an_unknown_object_is_not_found(center).await;
}

/// An object is answered as it was written; an unknown one is not found.
pub async fn object_is_known_by_its_identifier(center: &dyn Objects) {
    for expected in scene::scene().iter().take(25) {
        let id: Id = expected.id().unwrap().parse().unwrap();
        let found = center.object(id).await.unwrap();
        assert_eq!(found.as_str(), expected.as_str(), "an object as it was written");
    }
    let error = center.object(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "an unknown object: {error}");
}

/// Of many objects the known ones are answered, each once, in the order of the question.
pub async fn many_objects_come_in_the_order_of_the_question(center: &dyn Objects) {
    let scene = scene::scene();
    let expected: Vec<_> = scene.iter().rev().map(RawObject::as_str).collect();
    let mut ids: Vec<Id> =
        scene.iter().rev().map(|object| object.id().unwrap().parse().unwrap()).collect();
    ids.insert(3, unknown());
    ids.push(unknown());
    ids.extend(ids.clone());
    let found = center.objects(ids).await.unwrap();
    let found: Vec<_> = found.iter().map(RawObject::as_str).collect();
    assert_eq!(found, expected, "known objects, each once, in the order of the question");
    for ids in [vec![], vec![unknown()], vec![unknown(), unknown()]] {
        let found = center.objects(ids).await.unwrap();
        assert!(found.is_empty(), "unknown objects are missing, which is no error");
    }
    let one = center.objects(vec![id(MALWARE)]).await.unwrap();
    assert_eq!(one.len(), 1, "one object by the question for many");
}

/// What is asked for as a relationship and is none is not found.
pub async fn relationships_are_told_apart(center: &dyn Objects) {
    let found = center.relationship(id(USES)).await.unwrap();
    assert_eq!(found.id(), Some(id(USES).to_string().as_str()), "a relationship");
    for id in [unknown(), id(MALWARE), id(("relationship", 404))] {
        let error = center.relationship(id.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "`{id}` is no known relationship: {error}");
    }
    let asked = vec![id(WITHDRAWN), id(MALWARE), id(USES), unknown(), id(WITHDRAWN)];
    let found = center.relationships(asked).await.unwrap();
    let found: Vec<_> = found.iter().map(|object| object.id().unwrap()).collect();
    let expected = [id(WITHDRAWN), id(USES)].map(|id| id.to_string());
    assert_eq!(found, expected, "relationships alone, in the order of the question");
}

/// An object is an end of its relationships as source and as target; each comes with its other end, oldest first.
pub async fn relationships_of_an_object_name_both_ends(center: &dyn Objects) {
    let list = center.relationships_of(RelationshipsRequest::new(id(MALWARE))).await.unwrap();
    let expected = [(USES, TECHNIQUE), (INDICATES, COMPOSITE), (GROUP_USES, GROUP)];
    assert_eq!(told(&list), expected.map(pair), "both directions, oldest first, none revoked");
    assert_eq!((list.total, list.has_more), (3, false), "how many there are");

    let list = center.relationships_of(RelationshipsRequest::new(id(FOREIGN))).await.unwrap();
    let expected = [(id(DANGLING).to_string(), None)];
    assert_eq!(told(&list), expected, "a relationship whose other end is unknown is answered");

    let alone = scene::CREATOR;
    let list = center.relationships_of(RelationshipsRequest::new(id(alone))).await.unwrap();
    assert_eq!(list, RelationshipList::default(), "an object without relationships");
}

/// Types of relationships, types of the other end, and `include_revoked` select.
pub async fn relationships_of_an_object_are_narrowed(center: &dyn Objects) {
    let base = RelationshipsRequest::new(id(MALWARE));
    let mut revoked = base.clone();
    revoked.include_revoked = true;
    let mut types = revoked.clone();
    types.types = vec!["indicates".into(), "unheard-of".into()];
    let mut targets = base.clone();
    targets.target_types = vec!["intrusion-set".into(), "attack-pattern".into()];
    let mut both = targets.clone();
    both.types = vec!["indicates".into()];
    for (request, expected) in [
        (
            revoked,
            vec![
                (USES, TECHNIQUE),
                (INDICATES, COMPOSITE),
                (GROUP_USES, GROUP),
                (WITHDRAWN, REVOKED),
            ],
        ),
        (types, vec![(INDICATES, COMPOSITE), (WITHDRAWN, REVOKED)]),
        (targets, vec![(USES, TECHNIQUE), (GROUP_USES, GROUP)]),
        (both, vec![]),
    ] {
        let list = center.relationships_of(request.clone()).await.unwrap();
        let total = u64::try_from(expected.len()).unwrap();
        let expected: Vec<_> = expected.into_iter().map(pair).collect();
        assert_eq!(told(&list), expected, "{request:?}");
        assert_eq!((list.total, list.has_more), (total, false), "{request:?}");
    }
}

/// Pages of relationships hold each once, and say whether more follow; 20 come when nothing is said.
pub async fn relationships_of_an_object_are_paged(center: &dyn Objects) {
    let hub = RelationshipsRequest::new(id(HUB));
    let list = center.relationships_of(hub.clone()).await.unwrap();
    assert_eq!(list.items.len(), 20, "the default length");
    for limit in [1, 35, 100] {
        let mut found = Vec::new();
        loop {
            let mut request = hub.clone();
            request.limit = Some(limit);
            request.offset = Some(u32::try_from(found.len()).unwrap());
            let list = center.relationships_of(request).await.unwrap();
            found.extend(told(&list));
            assert_eq!(list.total, u64::from(SPOKES), "how many there are in all");
            let is_end = found.len() == usize::try_from(SPOKES).unwrap();
            assert_eq!(list.has_more, !is_end, "whether more follow");
            assert!(!list.items.is_empty(), "a page that is not behind the end has items");
            if is_end {
                break;
            }
        }
        let spokes = |number| (("relationship", 100 + number), ("tool", number));
        let expected: Vec<_> = (1..=SPOKES).map(spokes).map(pair).collect();
        assert_eq!(found, expected, "in pages of {limit}");
    }
    let mut request = hub;
    request.offset = Some(SPOKES);
    let list = center.relationships_of(request).await.unwrap();
    assert!(list.items.is_empty() && !list.has_more, "nothing is behind the end");
}

/// A limit out of range is refused by name; an object that is unknown has no relationships to tell, and neither has a
/// relationship (CONTRACT 2.4).
pub async fn wrong_questions_about_relationships_are_refused(center: &dyn Objects) {
    for limit in [0, 101, u32::MAX] {
        let mut request = RelationshipsRequest::new(id(MALWARE));
        request.limit = Some(limit);
        let error = center.relationships_of(request).await.unwrap_err();
        let told = (error.kind(), error.field());
        assert_eq!(told, (ErrorKind::InvalidRequest, Some("limit")), "limit {limit}: {error}");
    }
    for of in [unknown(), id(INDICATES)] {
        let error = center.relationships_of(RelationshipsRequest::new(of)).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::NotFound,
            "an unknown object, or a relationship: {error}"
        );
    }
}

/// An identifier that nothing in the scene has.
pub(super) fn unknown() -> Id {
    id(("malware", 404))
}

fn pair((relationship, other): ((&str, u32), (&str, u32))) -> (String, Option<String>) {
    (id(relationship).to_string(), Some(id(other).to_string()))
}

fn told(list: &RelationshipList) -> Vec<(String, Option<String>)> {
    let name = |object: &RawObject| object.id().unwrap().to_owned();
    let pairs = list
        .items
        .iter()
        .map(|item| (name(&item.relationship), item.related_object.as_ref().map(name)));
    pairs.collect()
}

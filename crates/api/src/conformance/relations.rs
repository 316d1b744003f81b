//! What a lister of relationships promises (CONTRACT 2.4, 2.5).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use super::{
    scene::{self, COMPOSITE, INDICATES, MALWARE, MITIGATES, REVOKED, id},
    searches::{assert_is, told},
};
use crate::{ErrorKind, Relationships, TypedRequest};

/// All promises of [`Relationships`].
pub async fn relationship_lists(center: &dyn Relationships) {
    relationships_are_listed(center).await;
    indicated_objects_are_bundled(center).await;
}

/// Pages hold every relationship once; types narrow the list.
pub async fn relationships_are_listed(center: &dyn Relationships) {
    let mut expected: Vec<_> = scene::archive()
        .iter()
        .filter(|object| object.object_type() == Some("relationship"))
        .map(|object| object.id().unwrap().to_owned())
        .collect();
    let mut found = Vec::new();
    loop {
        let offset = u32::try_from(found.len()).unwrap();
        let request = TypedRequest::default().with_limit(50_u32).with_offset(offset);
        let page = center.list_relationships(request).await.unwrap();
        assert_eq!(page.total, Some(expected.len() as u64), "how many there are");
        found.extend(told(&page));
        if !page.has_more {
            break;
        }
        assert_eq!(page.items.len(), 50, "a page is full where more follow");
    }
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "every relationship once");
    let request = TypedRequest::default().with_types(["mitigates", "unheard-of"]);
    let found = center.list_relationships(request).await.unwrap();
    assert_is(&found, &[MITIGATES], "relationships of a type");
    let error =
        center.list_relationships(TypedRequest::default().with_limit(101_u32)).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("limit")));
}

/// What indicators indicate, without what was revoked.
pub async fn indicated_objects_are_bundled(center: &dyn Relationships) {
    let asked = vec![id(COMPOSITE), id(REVOKED), id(("indicator", 404))];
    let bundle = center.indicates_relationships(asked).await.unwrap();
    let mut found: Vec<_> =
        bundle.objects.iter().map(|object| object.id().unwrap().to_owned()).collect();
    found.sort_unstable();
    let expected = [MALWARE, INDICATES].map(|name| id(name).to_string());
    assert_eq!(found, expected, "relationships and their other ends");
    let error = center.indicates_relationships(Vec::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("ids")));
}

//! What a reader of feeds promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::{RawObject, Timestamp};

use super::scene::{self, EXPIRED, FILE, FOREIGN, REVOKED, WITHDRAWN, id};
use crate::{
    Collections, Cursor, ErrorKind, FeedId, LIMIT_DEFAULT, LIMIT_MAX, ObservableType, PageRequest,
};

/// All promises of [`Collections`].
pub async fn collections(center: &dyn Collections) {
    every_object_comes_once_in_order(center).await;
    page_without_a_limit_has_the_default_length(center).await;
    cursor_is_good_for_ever(center).await;
    pages_begin_behind_an_instant(center).await;
    pages_are_narrowed(center).await;
    latest_objects_come_first(center).await;
    wrong_pages_are_refused(center).await;
}

/// Pages of any length hold every object once, as it was written, oldest first.
pub async fn every_object_comes_once_in_order(center: &dyn Collections) {
    let expected = texts(&scene::scene());
    for limit in [1, 2, 7, 229, LIMIT_MAX] {
        let found = walk(center, PageRequest::default().with_limit(limit)).await.0;
        let instants: Vec<_> = found.iter().map(instant).collect();
        assert!(instants.is_sorted(), "pages of {limit} are not ordered by `modified`");
        assert_eq!(texts(&found), expected, "pages of {limit} hold every object once");
    }
}

/// A page whose length is not asked for has 100 objects.
pub async fn page_without_a_limit_has_the_default_length(center: &dyn Collections) {
    let page = center.page(PageRequest::default()).await.unwrap();
    assert_eq!(u32::try_from(page.len()).unwrap(), LIMIT_DEFAULT, "a page of the default length");
}

/// A cursor can be used again, with another limit too, and gives what follows it.
pub async fn cursor_is_good_for_ever(center: &dyn Collections) {
    let first = center.page(PageRequest::default().with_limit(7)).await.unwrap();
    let expected = texts(&scene::scene()).split_off(7);
    for limit in [LIMIT_MAX, 50, LIMIT_MAX] {
        let request =
            PageRequest::default().with_limit(limit).with_cursor(first.next_cursor.clone());
        let rest = walk(center, request).await.0;
        assert_eq!(texts(&rest), expected, "a cursor that is used again gives what follows it");
    }
    // A cursor wins over the instant.
    let request = PageRequest::default()
        .with_limit(LIMIT_MAX)
        .with_cursor(first.next_cursor)
        .with_modified_after("2030-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(texts(&walk(center, request).await.0), expected, "a cursor wins over an instant");
}

/// Only what was created or modified strictly later than `modified_after` is delivered.
pub async fn pages_begin_behind_an_instant(center: &dyn Collections) {
    let scene = scene::scene();
    for place in [0, 1, 2, 9, 10, 100, scene.len() - 1] {
        let after = scene.get(place).map(instant).unwrap();
        let expected: Vec<_> =
            scene.iter().filter(|object| instant(object) > after).cloned().collect();
        for limit in [3, LIMIT_MAX] {
            let request = PageRequest::default().with_limit(limit).with_modified_after(after);
            let found = walk(center, request).await.0;
            assert_eq!(texts(&found), texts(&expected), "what was modified after {after}");
        }
    }
}

/// Types, observable types, `include_revoked` and `skip_expired` select, in pages of any length.
pub async fn pages_are_narrowed(center: &dyn Collections) {
    for limit in [1, LIMIT_MAX] {
        let base = || PageRequest::default().with_limit(limit);
        let request = base().with_types(["indicator", "unheard-of"]);
        let all = ids(&walk(center, request.clone()).await.0);
        let of_scene: Vec<_> = scene::scene()
            .iter()
            .filter(|object| object.object_type() == Some("indicator"))
            .map(|object| object.id().unwrap().to_owned())
            .collect();
        assert_eq!(all, of_scene, "a page of these types");
        let mut valid = request.clone();
        valid.include_revoked = Some(false);
        valid.skip_expired = Some(true);
        let expected: Vec<_> = all
            .into_iter()
            .filter(|found| *found != id(REVOKED).to_string() && *found != id(EXPIRED).to_string())
            .collect();
        let found = ids(&walk(center, valid).await.0);
        assert_eq!(found, expected, "neither revoked nor expired");

        let mut request = base();
        request.observable_types = vec![ObservableType::File, ObservableType::EmailAddr];
        let found = ids(&walk(center, request).await.0);
        let expected = [id(FILE), id(FOREIGN)].map(|id| id.to_string());
        assert_eq!(found, expected, "indicators of these observables");

        let mut request = base();
        request.include_revoked = Some(false);
        let found = ids(&walk(center, request).await.0);
        assert_eq!(found.len(), scene::scene().len() - 2, "revoked objects are left out");
        assert!(!found.contains(&id(WITHDRAWN).to_string()), "revoked relationships are too");
    }
    let request = PageRequest::default().with_types(["unheard-of"]);
    assert!(walk(center, request).await.0.is_empty(), "a type that nothing has");
}

/// `latest` gives the newest objects, newest first.
pub async fn latest_objects_come_first(center: &dyn Collections) {
    let mut request = PageRequest::default().with_limit(3);
    request.latest = Some(true);
    let found = ids(&center.page(request).await.unwrap().objects);
    let newest: Vec<_> = ids(&scene::scene()).into_iter().rev().take(3).collect();
    assert_eq!(found, newest, "the newest objects first");
}

/// A limit out of range, a cursor that was never given out, and an unknown feed are errors that say so.
pub async fn wrong_pages_are_refused(center: &dyn Collections) {
    for limit in [0, LIMIT_MAX + 1, u32::MAX] {
        let error = center.page(PageRequest::default().with_limit(limit)).await.unwrap_err();
        let told = (error.kind(), error.field());
        assert_eq!(told, (ErrorKind::InvalidRequest, Some("limit")), "limit {limit}: {error}");
    }
    for cursor in ["nonsense", "' OR 1=1 --", "bm9uc2Vuc2U="] {
        let request = PageRequest::default().with_cursor(Cursor::new(cursor).unwrap());
        let error = center.page(request).await.unwrap_err();
        let told = (error.kind(), error.field());
        assert_eq!(told, (ErrorKind::InvalidRequest, Some("cursor")), "`{cursor}`: {error}");
    }
    let feed: FeedId = "00000000-0000-4000-8000-000000000404".parse().unwrap();
    let error = center.page(PageRequest::new(feed)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "an unknown feed: {error}");
}

/// Where the default feed ends at the moment, for [`news_follow_the_end`].
pub async fn end_of_feed(center: &dyn Collections) -> Cursor {
    walk(center, PageRequest::default().with_limit(50)).await.1
}

/// Behind the end of the feed follows what was created or modified since, and nothing else. The center has taken
/// [`news`](super::news) since `end`.
pub async fn news_follow_the_end(center: &dyn Collections, end: Cursor) {
    let news = scene::news();
    for limit in [1, LIMIT_MAX] {
        let request = PageRequest::default().with_limit(limit).with_cursor(end.clone());
        let found = walk(center, request).await.0;
        assert_eq!(texts(&found), texts(&news), "what was created or modified since");
    }
    let found = walk(center, PageRequest::default().with_limit(50)).await.0;
    let changed = news.iter().rev().take(1).map(RawObject::as_str).collect::<Vec<_>>();
    let last = found.iter().rev().take(1).map(RawObject::as_str).collect::<Vec<_>>();
    assert_eq!(last, changed, "an object that changes is delivered behind everything older");
    let count = found.iter().filter(|object| object.id() == news.last().unwrap().id()).count();
    assert_eq!(count, 1, "its older version is not delivered any more");
}

/// Reads to the end, and checks what every page promises on the way.
async fn walk(center: &dyn Collections, mut request: PageRequest) -> (Vec<RawObject>, Cursor) {
    let limit = usize::try_from(request.limit.unwrap_or(LIMIT_DEFAULT)).unwrap();
    let mut objects = Vec::new();
    loop {
        let page = center.page(request.clone()).await.unwrap();
        assert!(page.len() <= limit, "a page has at most {limit} items");
        assert!(page.rejected.is_empty(), "all items of the scene are objects");
        if page.is_empty() {
            // An answer without a cursor leaves the one that was sent where it is.
            let end = page.next_cursor.or_else(|| request.cursor.clone()).unwrap();
            if let Some(sent) = &request.cursor {
                assert_eq!(end, *sent, "an empty page gives back the cursor that was sent");
            }
            // The end is a place like any other: asking there again is no error.
            let again = center.page(request.with_cursor(end.clone())).await.unwrap();
            assert!(again.is_empty(), "nothing came since");
            return (objects, end);
        }
        assert!(page.next_cursor.is_some(), "a page with items gives a cursor");
        assert_ne!(page.next_cursor, request.cursor, "a page with items moves the cursor");
        assert!(objects.len() < 10_000, "the feed has no end");
        objects.extend(page.objects);
        request = request.with_cursor(page.next_cursor);
    }
}

fn instant(object: &RawObject) -> Timestamp {
    object.modified().or_else(|| object.created()).unwrap()
}

fn texts(objects: &[RawObject]) -> Vec<String> {
    objects.iter().map(|object| object.as_str().to_owned()).collect()
}

fn ids(objects: &[RawObject]) -> Vec<String> {
    objects.iter().map(|object| object.id().unwrap().to_owned()).collect()
}

//! What a center promises that tells when objects arrived.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use std::collections::BTreeSet;

use inthreat_stix::{Id, Timestamp};

use super::scene::{MALWARE, id};
use crate::{Arrival, ArrivalPageRequest, Arrivals, Cursor, ErrorKind, FeedId, LIMIT_MAX};

/// All promises of [`Arrivals`].
pub async fn arrivals(center: &dyn Arrivals) {
    objects_come_as_they_arrived(center).await;
    objects_are_asked_when_they_arrived(center).await;
    wrong_questions_about_arrivals_are_refused(center).await;
}

/// Pages of any length hold every object once, by cursors and by instants of arrival, which grow; behind the last one an empty page
/// gives the cursor back.
pub async fn objects_come_as_they_arrived(center: &dyn Arrivals) {
    let whole = walk(center, LIMIT_MAX, By::Cursor).await;
    let ids: BTreeSet<_> = whole.iter().map(|(id, _)| id).collect();
    assert!(ids.len() == whole.len() && ids.len() > 100, "every object once");
    assert!(whole.is_sorted_by(|(_, one), (_, other)| one < other), "no two have one instant");
    for limit in [1, 50, LIMIT_MAX] {
        assert_eq!(walk(center, limit, By::Cursor).await, whole, "by cursors, in pages of {limit}");
        assert_eq!(
            walk(center, limit, By::Instant).await,
            whole,
            "by instants, in pages of {limit}"
        );
    }
    let request = ArrivalPageRequest::new(FeedId::default()).with_types(["malware"]);
    let page = center.arrival_page(request).await.unwrap();
    let types: BTreeSet<_> =
        page.arrivals.iter().map(|one| one.object.object_type().unwrap().to_owned()).collect();
    assert_eq!(types, BTreeSet::from(["malware".to_owned()]), "a page of a type");
}

/// Objects that are asked for by name come in the order of the question, each once, with the instant that pages tell.
pub async fn objects_are_asked_when_they_arrived(center: &dyn Arrivals) {
    let mut whole = walk(center, LIMIT_MAX, By::Cursor).await;
    whole.reverse();
    let mut asked: Vec<_> = whole.iter().map(|(name, _)| Id::lenient(name).unwrap()).collect();
    asked.push(id(("malware", 404)));
    asked.push(id(MALWARE));
    let told = center.arrivals_of(FeedId::default(), asked).await.unwrap();
    let told: Vec<_> =
        told.iter().map(|one| (one.object.id().unwrap().to_owned(), one.arrived)).collect();
    assert_eq!(told, whole, "each once, in the order of the question");
}

/// A limit, a cursor and a feed that are none are refused, each by its name.
pub async fn wrong_questions_about_arrivals_are_refused(center: &dyn Arrivals) {
    let all = || ArrivalPageRequest::new(FeedId::default());
    let nonsense = Cursor::new("nonsense").unwrap();
    for (request, field) in [
        (all().with_limit(0), "limit"),
        (all().with_limit(LIMIT_MAX + 1), "limit"),
        (all().with_cursor(nonsense), "cursor"),
    ] {
        let error = center.arrival_page(request).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some(field)));
    }
    let nowhere: FeedId = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    let error = center.arrival_page(ArrivalPageRequest::new(nowhere.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "a page of a feed that is none");
    let error = center.arrivals_of(nowhere, vec![id(MALWARE)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "an object of a feed that is none");
}

/// How a walk goes on.
#[derive(Clone, Copy)]
enum By {
    Cursor,
    Instant,
}

async fn walk(center: &dyn Arrivals, limit: u32, by: By) -> Vec<(String, Timestamp)> {
    let mut found = Vec::new();
    let mut request = ArrivalPageRequest::new(FeedId::default()).with_limit(limit);
    loop {
        let page = center.arrival_page(request.clone()).await.unwrap();
        assert!(page.arrivals.len() <= limit as usize, "a page is as long as is asked for");
        let next = page.next_cursor.unwrap();
        let Some(last) = page.arrivals.last() else {
            if matches!(by, By::Cursor) {
                assert_eq!(Some(next), request.cursor, "an empty page gives it back");
            }
            return found;
        };
        match by {
            By::Cursor => request.cursor = Some(next),
            By::Instant => request.arrived_after = Some(last.arrived),
        }
        let told = |one: &Arrival| (one.object.id().unwrap().to_owned(), one.arrived);
        found.extend(page.arrivals.iter().map(told));
    }
}

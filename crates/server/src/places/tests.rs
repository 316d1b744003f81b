//! Tests of places.

use futures_util::FutureExt;

use super::*;

// Catches a place that is taken from who is being answered, or from who was answered last, and one that nobody gets.
#[tokio::test]
async fn who_rests_longest_leaves() {
    let places = Arc::new(Places::new(3));
    let (first, second, third) = (places.take().await, places.take().await, places.take().await);
    let answering = first.seat().begin();
    drop(second.seat().begin());
    assert!(third.wanted().now_or_never().is_none(), "there was room");
    let leaving = async {
        third.wanted().await;
        drop(third);
    };
    let (fourth, ()) = tokio::join!(places.take(), leaving);
    assert!(first.wanted().now_or_never().is_none(), "it is being answered");
    assert!(second.wanted().now_or_never().is_none(), "it was answered after the third came");
    let leaving = async {
        second.wanted().await;
        drop(second);
    };
    let (_fifth, ()) = tokio::join!(places.take(), leaving);
    assert!(first.wanted().now_or_never().is_none(), "it is still being answered");
    drop((answering, fourth));
    assert_eq!(places.table().seats.len(), 2);
    assert_eq!(places.room.available_permits(), 1);
}

// Catches a connection that is asked once, while it is busy, and never again.
#[tokio::test]
async fn who_was_busy_is_asked_again() {
    let places = Arc::new(Places::new(1));
    let only = places.take().await;
    places.want_one();
    let answering = only.seat().begin();
    assert!(only.wanted().now_or_never().is_none(), "it was asked something meanwhile");
    places.want_one();
    drop(answering);
    assert!(only.wanted().now_or_never().is_none(), "who is busy is not asked");
    places.want_one();
    assert!(only.wanted().now_or_never().is_some());
}

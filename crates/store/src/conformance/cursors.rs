//! What a cursor store promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

use inthreat_api::Cursor;

use crate::{Commit, CursorKey, CursorStore, ErrorKind, Position};

/// All promises of a [`CursorStore`] that is empty.
pub async fn cursor_store(store: &dyn CursorStore) {
    list_is_sorted(store).await;
    unknown_key_is_at_the_beginning(store).await;
    commit_is_loaded(store).await;
    commit_of_another_generation_changes_nothing(store).await;
    forgotten_cursor_stays_forgotten(store).await;
    keys_are_apart(store).await;
    longest_values_survive(store).await;
    one_of_many_commits_wins(store).await;
}

/// What one opener of a store acknowledged is there for another opener, and each minds the other's commits.
pub async fn shared_cursor_store(one: &dyn CursorStore, other: &dyn CursorStore) {
    let key = key("shared");
    let generation = one.commit(Commit::new(key.clone(), 0, cursor("one"))).await.unwrap();
    assert_eq!(other.load(&key).await.unwrap(), Position::new(Some(cursor("one")), generation));
    other.commit(Commit::new(key.clone(), generation, cursor("two"))).await.unwrap();
    expect_conflict(one, Commit::new(key.clone(), generation, cursor("three"))).await;
    assert_eq!(one.load(&key).await.unwrap().cursor, Some(cursor("two")));
}

/// A key that was never committed has no cursor and generation 0, and is not listed.
pub async fn unknown_key_is_at_the_beginning(store: &dyn CursorStore) {
    let key = key("unknown");
    assert_eq!(store.load(&key).await.unwrap(), Position::default());
    assert!(!store.forget(&key).await.unwrap(), "forgot a cursor that never was");
    assert_eq!(store.load(&key).await.unwrap(), Position::default());
    assert!(store.list().await.unwrap().iter().all(|(listed, _)| *listed != key));
}

/// What was committed is loaded, and each commit takes the next generation.
pub async fn commit_is_loaded(store: &dyn CursorStore) {
    let key = key("loaded");
    for generation in 0..3 {
        let cursor = cursor(&format!("+/= \"\\ é {generation}"));
        let new = store.commit(Commit::new(key.clone(), generation, cursor.clone())).await.unwrap();
        assert_eq!(new, generation + 1, "the generation after a commit");
        assert_eq!(store.load(&key).await.unwrap(), Position::new(Some(cursor), new));
    }
}

/// A commit that expects another generation, older or newer, is a conflict and changes nothing.
pub async fn commit_of_another_generation_changes_nothing(store: &dyn CursorStore) {
    let key = key("fenced");
    expect_conflict(store, Commit::new(key.clone(), 1, cursor("early"))).await;
    assert_eq!(store.load(&key).await.unwrap(), Position::default());
    store.commit(Commit::new(key.clone(), 0, cursor("first"))).await.unwrap();
    store.commit(Commit::new(key.clone(), 1, cursor("second"))).await.unwrap();
    for expected in [0, 1, 3, u64::MAX] {
        expect_conflict(store, Commit::new(key.clone(), expected, cursor("late"))).await;
    }
    assert_eq!(store.load(&key).await.unwrap(), Position::new(Some(cursor("second")), 2));
}

/// Forgetting takes the cursor, and a consumer that was paused meanwhile cannot bring it back.
pub async fn forgotten_cursor_stays_forgotten(store: &dyn CursorStore) {
    let key = key("forgotten");
    let before = store.commit(Commit::new(key.clone(), 0, cursor("first"))).await.unwrap();
    assert!(store.forget(&key).await.unwrap(), "there was a cursor to forget");
    assert!(!store.forget(&key).await.unwrap(), "a cursor can be forgotten once");
    let position = store.load(&key).await.unwrap();
    assert_eq!(position.cursor, None);
    assert!(position.generation > before, "forgetting takes a new generation");
    expect_conflict(store, Commit::new(key.clone(), before, cursor("back"))).await;
    expect_conflict(store, Commit::new(key.clone(), 0, cursor("back"))).await;
    assert!(store.list().await.unwrap().contains(&(key.clone(), position.clone())));
    store.commit(Commit::new(key.clone(), position.generation, cursor("again"))).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap().cursor, Some(cursor("again")));
}

/// Keys that differ in case, in punctuation or in their length alone are different keys.
pub async fn keys_are_apart(store: &dyn CursorStore) {
    let texts =
        ["apart", "Apart", "apart ", "a/part", "a.part", "../apart", "apart?type=a,b", "äpart"];
    for text in texts {
        assert_eq!(
            store.commit(Commit::new(key(text), 0, cursor(text))).await.unwrap(),
            1,
            "{text}"
        );
    }
    for text in texts {
        assert_eq!(store.load(&key(text)).await.unwrap().cursor, Some(cursor(text)), "{text}");
    }
    assert!(store.forget(&key("apart")).await.unwrap());
    assert!(store.load(&key("Apart")).await.unwrap().cursor.is_some());
}

/// The longest key and the longest cursor are kept whole.
pub async fn longest_values_survive(store: &dyn CursorStore) {
    let key = key(&"k".repeat(512));
    let cursor = cursor(&"\"".repeat(Cursor::LENGTH_MAX));
    store.commit(Commit::new(key.clone(), 0, cursor.clone())).await.unwrap();
    assert_eq!(store.load(&key).await.unwrap().cursor, Some(cursor));
}

/// All keys are listed, sorted, with their positions. Expects that no other key was committed yet.
pub async fn list_is_sorted(store: &dyn CursorStore) {
    assert_eq!(store.list().await.unwrap(), [], "the store is not empty");
    for text in ["list-b", "list-c", "list-a"] {
        store.commit(Commit::new(key(text), 0, cursor(text))).await.unwrap();
    }
    let expected = ["list-a", "list-b", "list-c"];
    let expected = expected.map(|text| (key(text), Position::new(Some(cursor(text)), 1)));
    assert_eq!(store.list().await.unwrap(), expected);
}

/// Of many commits of one generation that run at the same time, exactly one takes effect.
pub async fn one_of_many_commits_wins(store: &dyn CursorStore) {
    let key = key("race");
    let commits = (0..16).map(|number| {
        store.commit(Commit::new(key.clone(), 0, cursor(&format!("racer-{number}"))))
    });
    let results = join_all(commits.collect()).await;
    let winners: Vec<_> = (0..).zip(&results).filter(|(_, result)| result.is_ok()).collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    for result in &results {
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
    }
    let expected = winners.first().map(|(number, _)| cursor(&format!("racer-{number}")));
    assert_eq!(store.load(&key).await.unwrap(), Position::new(expected, 1));
}

pub(super) fn key(text: &str) -> CursorKey {
    text.parse().unwrap()
}

pub(super) fn cursor(text: &str) -> Cursor {
    text.parse().unwrap()
}

pub(super) async fn expect_conflict(store: &dyn CursorStore, commit: Commit) {
    let error = store.commit(commit.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{commit:?}: {error}");
}

/// Drives all futures together and gives their results in order.
pub(super) async fn join_all<T>(
    mut futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>,
) -> Vec<T> {
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *result = Some(ready);
            }
        }
        if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}

//! What a sink that keeps its cursors beside its data promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use super::{
    cursors::{cursor, cursor_store, key},
    sinks::{Inspect, batch, expect_version, object, sink},
};
use crate::{Commit, ErrorKind, Position, TransactionalSink, Written};

/// All promises of a [`TransactionalSink`] that is empty, those of a cursor store and of a sink included.
pub async fn transactional_sink(store: &dyn TransactionalSink, inspect: &dyn Inspect) {
    cursor_store(store).await;
    sink(store, inspect).await;
    batch_and_cursor_go_together(store, inspect).await;
    conflict_writes_nothing(store, inspect).await;
    empty_batch_moves_the_cursor(store).await;
}

/// Both the batch and the cursor are there afterwards, and the counts are those of a plain write.
pub async fn batch_and_cursor_go_together(store: &dyn TransactionalSink, inspect: &dyn Inspect) {
    let key = key("together");
    let text = object("together", "2020-01-01T00:00:00Z", "a");
    let commit = Commit::new(key.clone(), 0, cursor("one"));
    let result = store.write_and_commit(batch(&[&text]), commit).await.unwrap();
    assert_eq!(result, (Written::new(1, 0, 0, 0), 1));
    assert_eq!(store.load(&key).await.unwrap(), Position::new(Some(cursor("one")), 1));
    expect_version(inspect, "x-a--together", &text).await;
    let commit = Commit::new(key, 1, cursor("two"));
    let result = store.write_and_commit(batch(&[&text]), commit).await.unwrap();
    assert_eq!(result, (Written::new(0, 1, 0, 0), 2));
}

/// When the cursor was moved by somebody else, neither it nor the data changes.
pub async fn conflict_writes_nothing(store: &dyn TransactionalSink, inspect: &dyn Inspect) {
    let key = key("conflict");
    let text = object("conflict", "2020-01-01T00:00:00Z", "a");
    store.commit(Commit::new(key.clone(), 0, cursor("theirs"))).await.unwrap();
    for expected in [0, 2] {
        let commit = Commit::new(key.clone(), expected, cursor("mine"));
        let error = store.write_and_commit(batch(&[&text]), commit).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    }
    assert_eq!(store.load(&key).await.unwrap(), Position::new(Some(cursor("theirs")), 1));
    assert!(inspect.contents().await.iter().all(|(id, _)| id != "x-a--conflict"));
}

/// A batch without objects still moves the cursor.
pub async fn empty_batch_moves_the_cursor(store: &dyn TransactionalSink) {
    let commit = Commit::new(key("empty"), 0, cursor("moved"));
    let result = store.write_and_commit(batch(&[]), commit).await.unwrap();
    assert_eq!(result, (Written::default(), 1));
    assert_eq!(store.load(&key("empty")).await.unwrap().cursor, Some(cursor("moved")));
}

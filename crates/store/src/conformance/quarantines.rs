//! What a quarantine promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::split;

use crate::{Batch, Quarantine, Quarantined, Sink};

/// All promises of a [`Quarantine`], which is the sink's.
pub async fn quarantine<S: Sink + Quarantine>(store: &S) {
    items_are_told_in_parts(store).await;
    items_are_released_by_number(store).await;
}

/// Items come oldest first, each once, with what is known of them.
pub async fn items_are_told_in_parts<S: Sink + Quarantine>(store: &S) {
    set_aside(store, "[1,2]").await;
    set_aside(store, "[3,1]").await;
    let first = store.quarantined(0, 2).await.unwrap();
    assert_eq!(texts(&first), ["1", "2"]);
    let last = first.last().unwrap();
    assert_eq!((&*last.feed, last.index), (Batch::default().feed.as_str(), 1));
    assert!(!last.reason.is_empty());
    // In other units it would lie in another century.
    assert!(last.received.is_none_or(|at| at.to_string().starts_with("20")), "{last:?}");
    let rest = store.quarantined(last.number, 10).await.unwrap();
    assert_eq!(texts(&rest), ["3"]);
    assert!(store.quarantined(u64::MAX, 10).await.unwrap().is_empty());
}

/// What is released is gone and nothing else; what is not there is no error, and no number is given twice.
pub async fn items_are_released_by_number<S: Sink + Quarantine>(store: &S) {
    let before = all(store).await;
    set_aside(store, "[\"a\",\"b\",\"c\"]").await;
    let items = store.quarantined(before.last().map_or(0, |item| item.number), 10).await.unwrap();
    let [first, middle, last] = &items[..] else { panic!("three items are there: {items:?}") };
    let numbers = vec![middle.number, last.number, u64::MAX];
    assert_eq!(store.release(numbers).await.unwrap(), 2);
    assert_eq!(store.release(vec![middle.number]).await.unwrap(), 0);
    assert_eq!(store.release(Vec::new()).await.unwrap(), 0);
    assert_eq!(all(store).await.last(), Some(first));
    set_aside(store, "[\"c\"]").await;
    let again = all(store).await;
    let again = again.last().unwrap();
    assert_eq!(again.bytes, b"\"c\"");
    assert!(again.number > last.number, "{again:?} has the number of {last:?}");
}

async fn set_aside(sink: &dyn Sink, items: &str) {
    let rejected = split::document(items).rejected;
    let mut batch = Batch::default();
    batch.rejected = rejected;
    sink.write(batch).await.unwrap();
}

async fn all(store: &dyn Quarantine) -> Vec<Quarantined> {
    store.quarantined(0, 1000).await.unwrap()
}

fn texts(items: &[Quarantined]) -> Vec<&str> {
    items.iter().map(|item| std::str::from_utf8(&item.bytes).unwrap()).collect()
}

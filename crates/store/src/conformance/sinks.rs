//! What a sink promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use async_trait::async_trait;
use inthreat_api::{FeedId, Page};
use inthreat_stix::{RawObject, split};

use crate::{Batch, Sink, Written};

/// How a suite looks into a sink; implemented by the test that runs it.
#[async_trait]
pub trait Inspect: Send + Sync {
    /// The newest version of every object, identifier and bytes, in any order.
    async fn contents(&self) -> Vec<(String, Vec<u8>)>;

    /// The bytes of every rejected item, in any order.
    async fn quarantine(&self) -> Vec<Vec<u8>>;
}

/// All promises of a [`Sink`].
pub async fn sink(sink: &dyn Sink, inspect: &dyn Inspect) {
    batch_is_kept_byte_for_byte(sink, inspect).await;
    writing_again_changes_nothing(sink, inspect).await;
    newest_version_wins(sink, inspect).await;
    same_instant_other_bytes_replaces(sink, inspect).await;
    same_order_of_instants_as_timestamps(sink, inspect).await;
    later_object_of_a_batch_wins(sink, inspect).await;
    rejected_items_are_kept(sink, inspect).await;
    counts_add_up(sink, inspect).await;
    empty_batch_changes_nothing(sink, inspect).await;
}

/// Objects keep their bytes: spelling of numbers, escapes, order and white space.
pub async fn batch_is_kept_byte_for_byte(sink: &dyn Sink, inspect: &dyn Inspect) {
    let texts = [
        r#"{ "type":"x-a","id":"x-a--bytes-1" , "n":1.50e+3,"e":"\u0041\/é\ud83d\ude00","d":{"b":1,"a":[ ]}}"#,
        r#"{"id":"indicator--4","type":"indicator","big":123456789012345678901234567890,"dup":1,"dup":2}"#,
        "{\n  \"type\": \"x-a\",\n  \"id\": \"x-a--bytes-2\",\n  \"modified\": \"2020-01-01T00:00:00.100Z\"\n}",
    ];
    let written = sink.write(batch(&texts)).await.unwrap();
    assert_eq!(written, Written::new(3, 0, 0, 0));
    let contents = inspect.contents().await;
    for text in texts {
        assert!(contents.iter().any(|(_, bytes)| bytes == text.as_bytes()), "{text} changed");
    }
}

/// Writing a batch again changes nothing, in one batch or in two.
pub async fn writing_again_changes_nothing(sink: &dyn Sink, inspect: &dyn Inspect) {
    let texts = [object("again-1", "2020-01-01T00:00:00Z", "a"), object("again-2", "", "b")];
    let texts = [&*texts[0], &*texts[1]];
    let mut given = batch(&texts);
    given.rejected = split::document("[\"again\"]").rejected;
    assert_eq!(sink.write(given.clone()).await.unwrap(), Written::new(2, 0, 0, 1));
    let before = sorted(inspect).await;
    assert_eq!(sink.write(given.clone()).await.unwrap(), Written::new(0, 2, 0, 1));
    let mut twice = given.clone();
    twice.extend(given.objects().iter().cloned());
    assert_eq!(sink.write(twice).await.unwrap(), Written::new(0, 4, 0, 1));
    assert_eq!(sorted(inspect).await, before);
}

/// A newer `modified` replaces; an older one is outdated and changes nothing.
pub async fn newest_version_wins(sink: &dyn Sink, inspect: &dyn Inspect) {
    let old = object("versions", "2020-01-01T00:00:00.1Z", "old");
    let new = object("versions", "2020-01-01T00:00:00.2Z", "new");
    assert_eq!(sink.write(batch(&[&old])).await.unwrap(), Written::new(1, 0, 0, 0));
    assert_eq!(sink.write(batch(&[&new])).await.unwrap(), Written::new(1, 0, 0, 0));
    assert_eq!(sink.write(batch(&[&old])).await.unwrap(), Written::new(0, 0, 1, 0));
    expect_version(inspect, "x-a--versions", &new).await;
}

/// The same `modified`, or none at all, with other bytes replaces.
pub async fn same_instant_other_bytes_replaces(sink: &dyn Sink, inspect: &dyn Inspect) {
    for (name, modified) in [("same-1", "2020-01-01T00:00:00Z"), ("same-2", "")] {
        for content in ["a", "b", "a"] {
            let text = object(name, modified, content);
            assert_eq!(sink.write(batch(&[&text])).await.unwrap(), Written::new(1, 0, 0, 0));
            expect_version(inspect, &format!("x-a--{name}"), &text).await;
        }
    }
}

/// `modified` is compared as an instant, down to the nanosecond, and not as text.
pub async fn same_order_of_instants_as_timestamps(sink: &dyn Sink, inspect: &dyn Inspect) {
    let instants = [
        "2019-12-31T23:59:59.999999999Z",
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.000000001Z",
        "2020-01-01T00:00:00.98Z",
        "2020-01-01T00:00:00.980123Z",
        "2020-01-01T00:00:00.9801231Z",
    ];
    for instant in instants {
        let text = object("instants", instant, "a");
        assert_eq!(sink.write(batch(&[&text])).await.unwrap().accepted, 1, "{instant}");
    }
    for instant in &instants[..5] {
        let text = object("instants", instant, "b");
        assert_eq!(sink.write(batch(&[&text])).await.unwrap().outdated, 1, "{instant}");
    }
    expect_version(inspect, "x-a--instants", &object("instants", instants[5], "a")).await;
}

/// Several versions in one batch are taken in their order.
pub async fn later_object_of_a_batch_wins(sink: &dyn Sink, inspect: &dyn Inspect) {
    let first = object("order", "2020-01-01T00:00:00Z", "a");
    let newest = object("order", "2020-01-03T00:00:00Z", "b");
    let late = object("order", "2020-01-02T00:00:00Z", "c");
    let written = sink.write(batch(&[&first, &newest, &late, &newest])).await.unwrap();
    assert_eq!(written, Written::new(2, 1, 1, 0));
    expect_version(inspect, "x-a--order", &newest).await;
}

/// Items that are no objects are kept with their bytes, also when they are not UTF-8, and cost no neighbour.
pub async fn rejected_items_are_kept(sink: &dyn Sink, inspect: &dyn Inspect) {
    let page = b"[{\"type\":\"x-a\",\"id\":\"x-a--good\"},42,{\"type\":\"x-a\"},{\"id\":\"\xff\"}]";
    let found = split::document(page.to_vec());
    let mut page = Page::new(found.objects, None);
    page.rejected = found.rejected;
    let mut given = Batch::new(FeedId::default());
    given.push_page(page);
    assert_eq!(sink.write(given).await.unwrap(), Written::new(1, 0, 0, 3));
    let quarantine = inspect.quarantine().await;
    for bytes in [&b"42"[..], b"{\"type\":\"x-a\"}", b"{\"id\":\"\xff\"}"] {
        assert!(quarantine.iter().any(|held| held == bytes), "{bytes:?} is lost");
    }
    assert!(inspect.contents().await.iter().any(|(id, _)| id == "x-a--good"));
}

/// The counts add up to the length of the batch.
pub async fn counts_add_up(sink: &dyn Sink, _: &dyn Inspect) {
    let texts: Vec<_> = (0..50)
        .map(|n| {
            object(&format!("sum-{}", n % 7), &format!("2020-01-{:02}T00:00:00Z", n % 9 + 1), "a")
        })
        .collect();
    let mut given = batch(&texts.iter().map(|text| &**text).collect::<Vec<_>>());
    given.rejected = split::document("[1,2,3]").rejected;
    let length = given.len() as u64;
    let written = sink.write(given).await.unwrap();
    let known = written.accepted + written.unchanged + written.outdated;
    let sum = known + written.quarantined + written.withheld;
    assert_eq!(sum, length, "{written:?}");
}

/// An empty batch can be written.
pub async fn empty_batch_changes_nothing(sink: &dyn Sink, inspect: &dyn Inspect) {
    let before = sorted(inspect).await;
    assert_eq!(sink.write(batch(&[])).await.unwrap(), Written::default());
    assert_eq!(sorted(inspect).await, before);
}

/// An object named `x-a--<name>`; without `modified` when that is empty.
pub(super) fn object(name: &str, modified: &str, content: &str) -> String {
    let modified = match modified {
        "" => String::new(),
        instant => format!(r#""modified":"{instant}","#),
    };
    format!(r#"{{"type":"x-a","id":"x-a--{name}",{modified}"content":"{content}"}}"#)
}

pub(super) fn batch(texts: &[&str]) -> Batch {
    let mut batch = Batch::new(FeedId::default());
    batch.extend(texts.iter().map(|text| RawObject::new(*text).unwrap()));
    batch
}

pub(super) async fn expect_version(inspect: &dyn Inspect, id: &str, text: &str) {
    let contents = inspect.contents().await;
    let held = contents.iter().filter(|(held, _)| held == id);
    let held: Vec<_> = held.map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
    assert_eq!(held, [text], "the versions of `{id}`");
}

async fn sorted(inspect: &dyn Inspect) -> (Vec<(String, Vec<u8>)>, Vec<Vec<u8>>) {
    let (mut contents, mut quarantine) = (inspect.contents().await, inspect.quarantine().await);
    contents.sort_unstable();
    quarantine.sort_unstable();
    (contents, quarantine)
}

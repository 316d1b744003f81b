//! Tests of kept feeds and of formatted pages, beside those of the conformance suites.

use std::path::Path;

use inthreat_api::{
    Collections, Cursor, ErrorKind, FeedDraft, FeedFormat, FeedId, Feeds, FeedsRequest,
    FormattedPages, PageFormat, PageRequest, Roles,
};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink, format::Formulas};

use crate::{Options, Replica, write::Writer};

fn open(folder: &Path, options: Options) -> Replica {
    Replica::create_or_open(folder, options).unwrap()
}

fn titled(title: &str) -> FeedDraft {
    let mut draft = FeedDraft::default();
    draft.title = title.into();
    draft
}

async fn fill(replica: &Replica, texts: impl IntoIterator<Item = String>) {
    let mut batch = Batch::default();
    batch.extend(texts.into_iter().map(|text| RawObject::new(text).unwrap()));
    replica.write(batch).await.unwrap();
}

fn tool(number: u32, name: &str) -> String {
    format!(
        r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","name":"{name}","x_inthreat_sources_refs":["identity--1"]}}"#
    )
}

async fn text(replica: &Replica, request: PageRequest, format: PageFormat) -> (String, Cursor) {
    let page = replica.formatted_page(request, format).await.unwrap();
    let body = page.body.collect(usize::MAX).await.unwrap();
    (String::from_utf8(body).unwrap(), page.next_cursor.unwrap())
}

// Catches a feed that is seen, changed or deleted by another community, and one that is lost by a restart.
#[tokio::test]
async fn feeds_belong_to_their_community() {
    let folder = tempfile::tempdir().unwrap();
    let of = |community: &str| Options::default().with_community(community);
    let replica = open(folder.path(), of("a"));
    let feed = replica.create_feed(titled("mine")).await.unwrap();
    assert_eq!(feed.community_uuid.as_deref(), Some("a"));
    drop(replica);

    let other = open(folder.path(), of("b"));
    let id = feed.id.clone();
    assert_eq!(other.feed(id.clone()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let changed = other.update_feed(id.clone(), titled("b")).await;
    assert_eq!(changed.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.delete_feed(id.clone()).await.unwrap_err().kind(), ErrorKind::NotFound);
    let page = other.formatted_page(PageRequest::new(id.clone()), PageFormat::Text).await;
    assert_eq!(page.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.feeds(FeedsRequest::default()).await.unwrap().total, 1);
    drop(other);

    let all = open(folder.path(), Options::default());
    assert_eq!(all.feed(id.clone()).await.unwrap(), feed);
    let of_none = all.create_feed(titled("the operator's")).await.unwrap();
    assert_eq!(of_none.community_uuid, None);
    drop(all);
    let again = Replica::open(folder.path(), of("a")).unwrap();
    assert_eq!(again.feeds(FeedsRequest::default()).await.unwrap().total, 2);
    assert_eq!(again.feed(of_none.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

// Catches a view for a community that sees or makes feeds of another one, and a cursor that carries a feed across.
#[tokio::test]
async fn one_replica_serves_many_communities() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path(), Options::default());
    fill(&replica, [tool(1, "one"), tool(2, "two")]).await;
    let a = replica.of_community("a").unwrap();
    let b = replica.for_community("b");
    let mut draft = titled("of a");
    draft.types = vec!["tool".into()];
    let of_a = a.create_feed(draft).await.unwrap();
    assert_eq!(of_a.community_uuid.as_deref(), Some("a"));
    let mut draft = titled("of b");
    draft.types = vec!["malware".into()];
    let of_b = b.create_feed(draft).await.unwrap();
    let cursor = a.page(PageRequest::new(of_a.id.clone()).with_limit(1)).await.unwrap().next_cursor;
    assert!(cursor.is_some());
    let carried = PageRequest::new(of_a.id.clone()).with_cursor(cursor.clone());
    assert_eq!(b.page(carried).await.unwrap_err().kind(), ErrorKind::NotFound);
    let carried = b.page(PageRequest::new(of_b.id.clone()).with_cursor(cursor)).await;
    assert!(carried.map_or(true, |page| page.objects.is_empty()));
    for (center, total) in [(&b as &dyn Feeds, 2), (&replica, 3)] {
        assert_eq!(center.feeds(FeedsRequest::default()).await.unwrap().total, total);
    }
    assert_eq!(a.feeds(FeedsRequest::default()).await.unwrap().total, 2);
    drop((a, b));
    assert!(replica.feed(of_b.id).await.is_ok());
}

// Catches a definition that is only in memory when it is acknowledged, and a writer that is slow ever after.
#[tokio::test]
async fn feeds_are_written_through_and_batches_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path(), Options::default());
    let level = |connection: &rusqlite::Connection| {
        connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))
    };
    let during = replica.change_feeds(move |transaction| Ok(level(transaction)?)).await.unwrap();
    let job = move |writer: &mut Writer| Ok(level(&writer.connection)?);
    let after = replica.writer().unwrap().run(job).await.unwrap();
    assert_eq!((during, after), (2, 1));
    let failed = replica.delete_feed("unknown".parse().unwrap()).await.unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::NotFound);
    assert_eq!(replica.writer().unwrap().run(job).await.unwrap(), 1);
}

// Catches a page that ends with a part of it, begins anew at one, or mixes up what is new with what is old.
#[tokio::test]
async fn a_page_is_written_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path(), Options::default());
    fill(&replica, (0..2600).map(|number| tool(number, &format!("n{number}")))).await;
    let lines = |range: std::ops::Range<u32>| {
        range.map(|number| format!("n{number}\n")).collect::<Vec<_>>().concat()
    };
    let asked = |limit| PageRequest::default().with_limit(limit);
    let (all, end) = text(&replica, asked(10_000), PageFormat::Text).await;
    assert_eq!(all, lines(0..2600));
    assert_eq!(text(&replica, asked(10).with_cursor(end.clone()), PageFormat::Text).await.0, "");
    let (first, cursor) = text(&replica, asked(700), PageFormat::Text).await;
    assert_eq!(first, lines(0..700));
    let (second, _) = text(&replica, asked(10_000).with_cursor(cursor), PageFormat::Text).await;
    assert_eq!(second, lines(700..2600));
    // Only text may be longer than a page of objects.
    let (table, _) = text(&replica, asked(10_000), PageFormat::Csv).await;
    assert_eq!(table.lines().count(), 1 + 2000);

    let mut newest = asked(300);
    newest.latest = Some(true);
    let (found, cursor) = text(&replica, newest, PageFormat::Text).await;
    assert!(found.starts_with("n2599\nn2598\n") && found.ends_with("n2300\n"), "{found}");
    assert_eq!(cursor, end);
}

// Catches names that are not told, and formulas that are kept where they must not be.
#[tokio::test]
async fn tables_tell_names_and_spare_spreadsheets() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().with_formulas(Formulas::Neutralised);
    let replica = open(folder.path(), options);
    let mut draft = titled("table");
    draft.format = FeedFormat::Csv;
    draft.fields = vec!["name".into(), "sources".into()];
    draft.types = vec!["tool".into()];
    let feed: FeedId = replica.create_feed(draft).await.unwrap().id;
    fill(&replica, [tool(1, "=1+1")]).await;
    let asked = || PageRequest::new(feed.clone());
    assert_eq!(
        text(&replica, asked(), PageFormat::Own).await.0,
        "name,sources\n'=1+1,identity--1\n"
    );
    let identity = r#"{"type":"identity","id":"identity--1","name":"ACME"}"#;
    fill(&replica, [identity.to_owned()]).await;
    assert_eq!(text(&replica, asked(), PageFormat::Own).await.0, "name,sources\n'=1+1,ACME\n");
}

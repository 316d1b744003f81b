//! What a keeper of feeds promises that makes, changes and deletes them (CONTRACT 2.3, 3).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use super::{
    formats,
    scene::{
        COMPOSITE, CREATOR, EXPIRED, FILE, FOREIGN, GREEN, LOCATION, MALWARE, REVOKED, SECTOR,
        SOURCE, WHITE, id,
    },
};
use crate::{
    ErrorKind, Feed, FeedDraft, FeedFormat, FeedId, FeedsRequest, IntelligenceCenter,
    ObservableType, PageFormat, PageRequest, SortOrder,
};

/// All promises of a center that keeps feeds. What is made here is deleted again.
pub async fn kept_feeds(center: &dyn IntelligenceCenter) {
    feed_is_kept_as_it_was_made(center).await;
    feeds_are_listed_in_pages(center).await;
    wrong_definitions_are_refused(center).await;
    feed_selects_objects(center).await;
    feed_selects_by_every_list(center).await;
    feed_is_written_in_its_format(center).await;
}

/// A feed is read as it was made, changed as a whole, and gone when it is deleted.
pub async fn feed_is_kept_as_it_was_made(center: &dyn IntelligenceCenter) {
    let draft = full_draft();
    let made = center.create_feed(draft.clone()).await.unwrap();
    assert_eq!(made.draft, draft, "the answer of making a feed");
    assert!(!made.id.is_default() && made.created.is_some(), "a new id and an instant");
    let found = center.feed(made.id.clone()).await.unwrap();
    assert_eq!(found, made, "a feed is read as it was made");
    let other = center.create_feed(draft).await.unwrap();
    assert_ne!(other.id, made.id, "two feeds of one definition are two feeds");

    let draft = FeedDraft { title: "changed".into(), ..FeedDraft::default() };
    let changed = center.update_feed(made.id.clone(), draft.clone()).await.unwrap();
    assert_eq!((&changed.draft, &changed.id), (&draft, &made.id), "nothing of before is left");
    assert_eq!(changed.created, made.created, "when it was made does not change");
    assert!(changed.modified >= made.modified, "when it was changed does");
    assert_eq!(center.feed(made.id.clone()).await.unwrap(), changed, "the change is kept");
    assert_eq!(center.feed(other.id.clone()).await.unwrap(), other, "the other feed stays");

    center.delete_feed(made.id.clone()).await.unwrap();
    center.delete_feed(other.id).await.unwrap();
    assert_gone(center, made.id).await;
}

/// Lists are narrowed by id and term, and cut by limit and offset; the default feed is among them.
pub async fn feeds_are_listed_in_pages(center: &dyn IntelligenceCenter) {
    let mut made = Vec::new();
    for number in 0..5 {
        let title = format!("Paged ÄÖ {number}");
        let draft = FeedDraft { title, description: "of five".into(), ..FeedDraft::default() };
        made.push(center.create_feed(draft).await.unwrap());
    }
    let ids: Vec<_> = made.iter().map(|feed| feed.id.clone()).collect();
    for (term, expected) in [("paged äö", 5), ("OF FIVE", 5), ("paged äö 3", 1), ("paged x", 0)]
    {
        let request = FeedsRequest { term: Some(term.into()), ..FeedsRequest::default() };
        assert_eq!(center.feeds(request).await.unwrap().total, expected, "`{term}`");
    }
    let mut found: Vec<Feed> = Vec::new();
    for offset in 0..4 {
        let mut request = FeedsRequest { ids: ids.clone(), ..FeedsRequest::default() };
        (request.limit, request.offset) = (Some(2), Some(offset * 2));
        let list = center.feeds(request).await.unwrap();
        assert_eq!(list.total, 5, "the total is that of all pages");
        found.extend(list.items);
    }
    assert_eq!(found.len(), 5, "every feed once, in pages of two");
    assert!(made.iter().all(|feed| found.contains(feed)), "every feed once, in pages of two");
    let all = center.feeds(FeedsRequest::default()).await.unwrap();
    assert_eq!(all.total, 6, "the default feed and those that were made");
    for id in ids {
        center.delete_feed(id).await.unwrap();
    }
    assert_eq!(center.feeds(FeedsRequest::default()).await.unwrap().total, 1, "all are deleted");
}

/// A definition that is wrong is refused, its property named, and nothing is kept or changed.
pub async fn wrong_definitions_are_refused(center: &dyn IntelligenceCenter) {
    let good = center.create_feed(FeedDraft::default()).await.unwrap();
    let wrong = [
        ("types", FeedDraft { types: vec!["ipv4-addr".into()], ..FeedDraft::default() }),
        ("fields", FeedDraft { fields: vec!["x".into()], ..FeedDraft::default() }),
        ("tlps", FeedDraft { tlps: vec![id(MALWARE)], ..FeedDraft::default() }),
        ("template", FeedDraft { format: FeedFormat::Custom, ..FeedDraft::default() }),
    ];
    for (field, draft) in wrong {
        let error = center.create_feed(draft.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{field}: {error}");
        assert!(error.to_string().contains(field), "`{field}` is named: {error}");
        let error = center.update_feed(good.id.clone(), draft).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{field}: {error}");
    }
    assert_eq!(center.feed(good.id.clone()).await.unwrap(), good, "nothing was changed");
    center.delete_feed(good.id.clone()).await.unwrap();
    assert_gone(center, good.id).await;
}

/// A feed delivers what it selects, a question narrows it further, and a change counts at once.
pub async fn feed_selects_objects(center: &dyn IntelligenceCenter) {
    let draft = FeedDraft {
        types: vec!["indicator".into(), "malware".into()],
        sort_order: SortOrder::Ascending,
        ..FeedDraft::default()
    };
    let feed = center.create_feed(draft.clone()).await.unwrap().id;
    let all = [MALWARE, COMPOSITE, FILE, REVOKED, EXPIRED, FOREIGN];
    assert_selected(center, PageRequest::new(feed.clone()), &all).await;
    let narrowed = PageRequest::new(feed.clone()).with_types(["malware", "tool"]);
    assert_selected(center, narrowed, &[MALWARE]).await;
    let none = PageRequest::new(feed.clone()).with_types(["tool"]);
    assert_selected(center, none, &[]).await;

    let mut draft = FeedDraft { include_revoked: false, skip_expired: true, ..draft };
    center.update_feed(feed.clone(), draft.clone()).await.unwrap();
    assert_selected(center, PageRequest::new(feed.clone()), &[MALWARE, COMPOSITE, FILE, FOREIGN])
        .await;
    let mut wider = PageRequest::new(feed.clone());
    (wider.include_revoked, wider.skip_expired) = (Some(true), Some(false));
    assert_selected(center, wider, &all).await;

    draft.observable_types = vec![ObservableType::EmailAddr, ObservableType::File];
    center.update_feed(feed.clone(), draft.clone()).await.unwrap();
    assert_selected(center, PageRequest::new(feed.clone()), &[FILE, FOREIGN]).await;
    let mut both = PageRequest::new(feed.clone());
    both.observable_types = vec![ObservableType::DomainName];
    assert_selected(center, both, &[FOREIGN]).await;

    draft.sort_order = SortOrder::Descending;
    center.update_feed(feed.clone(), draft).await.unwrap();
    assert_selected(center, PageRequest::new(feed.clone()), &[FOREIGN, FILE]).await;
    center.delete_feed(feed.clone()).await.unwrap();
    let error = center.page(PageRequest::new(feed)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "a page of a deleted feed: {error}");
}

/// Sources, TLPs, labels, sectors and locations select, each value of a list more and each list less.
pub async fn feed_selects_by_every_list(center: &dyn IntelligenceCenter) {
    let open = || FeedDraft { sort_order: SortOrder::Ascending, ..FeedDraft::default() };
    let (sector, place) = (vec![id(SECTOR)], vec![id(LOCATION)]);
    let cases: [(FeedDraft, &[_]); 9] = [
        (FeedDraft { sources: vec![id(CREATOR), id(SOURCE)], ..open() }, &[MALWARE]),
        (FeedDraft { tlps: vec![id(GREEN)], ..open() }, &[MALWARE]),
        (FeedDraft { tlps: vec![id(WHITE), id(GREEN)], ..open() }, &[CREATOR, MALWARE]),
        (FeedDraft { labels: vec!["é".into(), "spy".into()], ..open() }, &[FILE]),
        (FeedDraft { labels: vec!["spy".into()], ..open() }, &[]),
        (FeedDraft { sectors: sector.clone(), ..open() }, &[FILE]),
        (FeedDraft { locations: place.clone(), sectors: sector, ..open() }, &[FILE]),
        (FeedDraft { locations: place, sources: vec![id(SOURCE)], ..open() }, &[]),
        (FeedDraft { types: vec!["tool".into()], labels: vec!["botnet".into()], ..open() }, &[]),
    ];
    for (draft, expected) in cases {
        let feed = center.create_feed(draft).await.unwrap().id;
        assert_selected(center, PageRequest::new(feed.clone()), expected).await;
        center.delete_feed(feed).await.unwrap();
    }
}

/// A feed is written in the format that it has, unless another one is asked for.
pub async fn feed_is_written_in_its_format(center: &dyn IntelligenceCenter) {
    let mut draft = FeedDraft {
        observable_types: vec![ObservableType::File, ObservableType::EmailAddr],
        sort_order: SortOrder::Ascending,
        fields: vec!["id".into(), "type".into(), "observable_types".into()],
        template: "<$type ${id}> $$ $unknown".into(),
        ..FeedDraft::default()
    };
    let (file, foreign) = (id(FILE), id(FOREIGN));
    let csv = format!(
        "id,type,observable_types\n{file},indicator,file\n{foreign},indicator,\"domain-name,email-addr\"\n"
    );
    let custom = format!("<indicator {file}> $ $unknown\n<indicator {foreign}> $ $unknown\n");
    for (format, expected) in [(FeedFormat::Csv, &csv), (FeedFormat::Custom, &custom)] {
        draft.format = format;
        let feed = center.create_feed(draft.clone()).await.unwrap().id;
        let request = PageRequest::new(feed.clone());
        let own = formats::walk(center, request.clone(), PageFormat::Own).await;
        assert_eq!(own, std::slice::from_ref(expected), "{format:?}");
        let single = formats::walk(center, request.clone().with_limit(1), PageFormat::Own).await;
        assert_eq!(single.len(), 2, "pages of one object");
        let other = formats::walk(center, request.clone(), PageFormat::Csv).await;
        assert_eq!(other, std::slice::from_ref(&csv), "{format:?} as CSV");
        let json = center.formatted_page(request, PageFormat::Json).await.unwrap();
        let json = json.body.collect(usize::MAX).await.unwrap();
        assert!(json.starts_with(b"{\"items\":[{"), "{format:?} as JSON");
        center.delete_feed(feed).await.unwrap();
    }
}

async fn assert_selected(
    center: &dyn IntelligenceCenter,
    request: PageRequest,
    expected: &[(&str, u32)],
) {
    let expected: Vec<_> = expected.iter().map(|name| id(*name).to_string()).collect();
    for limit in [1, 2, 2000] {
        let mut request = request.clone().with_limit(limit);
        let mut found = Vec::new();
        loop {
            let page = center.page(request.clone()).await.unwrap();
            if page.is_empty() {
                break;
            }
            found.extend(page.objects.iter().map(|object| object.id().unwrap().to_owned()));
            request = request.with_cursor(page.next_cursor);
        }
        assert_eq!(found, expected, "{request:?}");
    }
}

async fn assert_gone(center: &dyn IntelligenceCenter, feed: FeedId) {
    for error in [
        center.feed(feed.clone()).await.unwrap_err(),
        center.delete_feed(feed.clone()).await.unwrap_err(),
        center.update_feed(feed.clone(), FeedDraft::default()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "a feed that was deleted: {error}");
    }
}

/// A definition in which everything is said.
fn full_draft() -> FeedDraft {
    let id = |kind| id((kind, 1));
    FeedDraft {
        title: "All of it".into(),
        description: "\"Everything\", é".into(),
        types: vec!["indicator".into(), "relationship".into()],
        observable_types: vec![ObservableType::Url, ObservableType::File],
        sources: vec![id("identity")],
        tlps: vec![id("marking-definition")],
        labels: vec!["a b".into()],
        sectors: vec![id("identity")],
        locations: vec![id("location")],
        format: FeedFormat::Custom,
        fields: vec!["name".into(), "kill_chain".into()],
        template: "$name\n".into(),
        include_revoked: false,
        skip_expired: true,
        sort_order: SortOrder::Ascending,
    }
}

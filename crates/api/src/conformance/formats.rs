//! What a writer of pages promises (CONTRACT 2.1, 3.1, 11).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use super::scene::{self, COMPOSITE, EXPIRED, REVOKED, id};
use crate::{
    Cursor, ErrorKind, FeedId, FormattedPages, LIMIT_MAX, PageFormat, PageRequest, TEXT_LIMIT_MAX,
};

/// All promises of [`FormattedPages`] that need no feed but the default one.
pub async fn formatted_pages(center: &dyn FormattedPages) {
    text_has_a_line_for_each_object(center).await;
    csv_names_its_columns(center).await;
    json_is_the_objects_as_they_were_written(center).await;
    wrong_formatted_pages_are_refused(center).await;
}

/// A page in text has a line for each object: the value of an indicator that names one alone, something else for all
/// others. Pages of any length hold every line once; behind the last one an empty page gives the cursor back.
pub async fn text_has_a_line_for_each_object(center: &dyn FormattedPages) {
    let scene = scene::scene();
    for limit in [1, 7, 229, TEXT_LIMIT_MAX] {
        let request = PageRequest::default().with_limit(limit);
        let text = walk(center, request, PageFormat::Text).await.concat();
        assert!(text.ends_with('\n'), "each line is ended");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), scene.len(), "one line for each object, in pages of {limit}");
        for (object, line) in scene.iter().zip(&lines) {
            let is = |name: (&str, u32)| object.id() == Some(&*id(name).to_string());
            assert!(!line.is_empty(), "no line is empty");
            if is(EXPIRED) {
                assert_eq!(*line, "2001:db8::1", "the value of a pattern that names one");
            }
            if is(REVOKED) {
                assert_eq!(*line, "evil.example", "the value of a pattern that names one");
            }
            if is(COMPOSITE) {
                assert!(!line.contains("198.51.100.7"), "no single value of a composite pattern");
            }
        }
    }
    let page = center.formatted_page(PageRequest::default(), PageFormat::Text).await.unwrap();
    assert!(is_called(page.content_type.as_deref(), "text/plain"), "{:?}", page.content_type);
}

/// Each page of CSV that holds something begins with the names of its columns.
pub async fn csv_names_its_columns(center: &dyn FormattedPages) {
    let pages = walk(center, PageRequest::default().with_limit(100), PageFormat::Csv).await;
    let header = pages.first().and_then(|page| page.lines().next()).unwrap().to_owned();
    assert!(header.split(',').any(|name| name == "id"), "a column is called `id`: {header}");
    for page in &pages {
        assert_eq!(page.lines().next(), Some(&*header), "the names stand above each page");
    }
    let rows = pages.iter().map(|page| page.lines().count() - 1).sum::<usize>();
    assert_eq!(rows, scene::scene().len(), "one row for each object");
    for object in scene::scene() {
        let id = object.id().unwrap();
        assert!(pages.iter().any(|page| page.contains(id)), "`{id}` has its row");
    }
    let page = center.formatted_page(PageRequest::default(), PageFormat::Csv).await.unwrap();
    assert!(is_called(page.content_type.as_deref(), "text/csv"), "{:?}", page.content_type);
}

/// JSON is asked for like the other formats, and an empty page of it is JSON too.
pub async fn json_is_the_objects_as_they_were_written(center: &dyn FormattedPages) {
    for format in [PageFormat::Own, PageFormat::Json] {
        let request = PageRequest::default().with_limit(LIMIT_MAX);
        let page = center.formatted_page(request, format).await.unwrap();
        assert!(is_called(page.content_type.as_deref(), "application/json"), "of JSON");
        let body = page.body.collect(usize::MAX).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        let texts: Vec<_> =
            scene::scene().iter().map(|object| object.as_str().to_owned()).collect();
        let items = format!(r#"{{"items":[{}],"next_cursor":""#, texts.join(","));
        assert!(body.starts_with(&items), "the objects as they were written");
    }
}

/// A limit out of range, an unknown feed and a cursor that was never given out are errors before anything is written.
pub async fn wrong_formatted_pages_are_refused(center: &dyn FormattedPages) {
    let unknown: FeedId = "00000000-0000-4000-8000-000000000404".parse().unwrap();
    let nonsense = Cursor::new("nonsense").ok();
    for format in [PageFormat::Text, PageFormat::Csv] {
        for (request, kind) in [
            (PageRequest::default().with_limit(0), ErrorKind::InvalidRequest),
            (PageRequest::default().with_limit(TEXT_LIMIT_MAX + 1), ErrorKind::InvalidRequest),
            (PageRequest::new(unknown.clone()), ErrorKind::NotFound),
            (PageRequest::default().with_cursor(nonsense.clone()), ErrorKind::InvalidRequest),
        ] {
            let error = center.formatted_page(request.clone(), format).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{request:?}: {error}");
        }
    }
}

/// The pages of a feed to its end.
pub(super) async fn walk(
    center: &dyn FormattedPages,
    mut request: PageRequest,
    format: PageFormat,
) -> Vec<String> {
    let mut pages = Vec::new();
    loop {
        let page = center.formatted_page(request.clone(), format).await.unwrap();
        let next = page.next_cursor.unwrap();
        let text = String::from_utf8(page.body.collect(usize::MAX).await.unwrap()).unwrap();
        if text.is_empty() {
            let sent = request.cursor.as_ref();
            assert!(sent.is_none_or(|sent| *sent == next), "an empty page gives its cursor back");
            return pages;
        }
        assert_ne!(Some(&next), request.cursor.as_ref(), "a page moves the cursor");
        pages.push(text);
        request = request.with_cursor(next);
    }
}

fn is_called(content_type: Option<&str>, expected: &str) -> bool {
    content_type.and_then(|text| text.split(';').next()) == Some(expected)
}

//! Events of a feed that changes.

use std::sync::Mutex;

use inthreat_api::{MockIntelligenceCenter, Page};
use inthreat_stix::RawObject;

use super::*;

fn indicator(number: u32, created: &str, rest: &str) -> RawObject {
    RawObject::new(format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}","created":"{created}","pattern":"x"{rest}}}"#
    ))
    .unwrap()
}

fn sources(ids: &[&str]) -> String {
    format!(r#","x_inthreat_sources_refs":{}"#, serde_json::json!(ids))
}

/// A center that answers with one page after the other; a page is refused where there is `None`.
fn center(pages: Vec<Option<Vec<RawObject>>>) -> MockIntelligenceCenter {
    let pages = Mutex::new(pages.into_iter().enumerate());
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(move |request| {
        let page = pages.lock().unwrap().next();
        let Some((number, page)) = page else { return Ok(Page::new(Vec::new(), request.cursor)) };
        let objects = page.ok_or_else(|| Error::invalid("cursor", "it is of another one"))?;
        Ok(Page::new(objects, Cursor::new(number.to_string()).ok()))
    });
    center
}

async fn told(index: &mut Index, center: &MockIntelligenceCenter, now: i64) -> Vec<String> {
    index.refresh(center, &FeedId::default()).await.unwrap();
    let line = |event: MispEvent| {
        let (found, members) = index.find(event.uuid, now).unwrap();
        assert_eq!(found, event);
        let tlp = event.tlp.map_or_else(String::new, |tlp| format!(" {tlp}"));
        format!("{}/{} {}@{}{tlp}", event.source, event.day, members.len(), event.changed)
    };
    index.events(now).into_iter().map(line).collect()
}

// Catches an event that is doubled by an update, one that goes on telling of what was revoked or has expired, and one whose
// change MISP would not see.
#[tokio::test]
async fn events_follow_the_feed() {
    let day = "1970-01-01T00:00:05Z";
    let green =
        r#","object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]"#;
    let both = sources(&["b", "a"]);
    let pages = vec![
        Some(vec![
            indicator(1, day, &format!("{both}{green}")),
            indicator(2, day, &sources(&["a"])),
            indicator(3, "1970-01-02T00:00:00Z", r#","valid_until":"1970-01-05T00:00:00Z""#),
        ]),
        Some(Vec::new()),
        Some(vec![indicator(
            2,
            day,
            &format!(r#"{},"modified":"1970-01-01T00:00:09Z","revoked":true"#, sources(&["a"])),
        )]),
        Some(vec![indicator(1, day, &format!(r#"{both},"modified":"1970-01-01T00:01:00Z""#))]),
    ];
    let center = center(pages);
    let mut index = Index::default();
    // Numbers of sources are given as they come, in the order of each object.
    assert_eq!(
        told(&mut index, &center, 100).await,
        ["a/0 2@5 TLP:GREEN", "b/0 1@5 TLP:GREEN", "/1 1@86400"]
    );
    assert_eq!(
        told(&mut index, &center, 345_600).await,
        ["a/0 1@60", "b/0 1@60"],
        "the third has ended"
    );
}

// Catches an index that stays empty, or as it was, when the center was made anew.
#[tokio::test]
async fn a_new_center_is_read_anew() {
    let day = "1970-01-01T00:00:05Z";
    let pages = vec![
        Some(vec![indicator(1, day, &sources(&["a"]))]),
        Some(Vec::new()),
        None,
        Some(vec![indicator(2, day, &sources(&["b"]))]),
    ];
    let center = center(pages);
    let mut index = Index::default();
    assert_eq!(told(&mut index, &center, 100).await, ["a/0 1@5"]);
    assert_eq!(told(&mut index, &center, 100).await, ["b/0 1@5"]);
    assert!(index.find(MispEvent::uuid_of("a", 0), 100).is_none());
}

// Catches a UUID that changes with a release: MISP would have every event twice.
#[test]
fn uuids_are_stable() {
    let uuid = MispEvent::uuid_of("identity--357447d7-9229-4ce1-b7fa-f1b83587048e", 20_778);
    assert_eq!(uuid.to_string(), "527c4023-2575-5346-bea3-fa9206a4061e");
}

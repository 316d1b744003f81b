//! A server over a center that spares another one.

use std::sync::Arc;

use inthreat_api::{Error, ErrorKind, FeedList, MockIntelligenceCenter, Page};
use inthreat_server::{CacheOptions, Cached, ServerOptions};
use inthreat_stix::RawObject;

use crate::served::Served;

// Catches a question that is asked again for every client, an answer to another question, and an error or a page that is
// kept.
#[test]
fn equal_questions_reach_the_center_once() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_object().times(2).returning(|id| {
        let text = format!(r#"{{"id":"{id}","type":"x"}}"#);
        Ok(RawObject::new(text).unwrap())
    });
    center
        .expect_context()
        .times(2)
        .returning(|_| Err(Error::new(ErrorKind::Transport, "there is no network")));
    center.expect_page().times(2).returning(|_| Ok(Page::default()));
    center.expect_feeds().times(2).returning(|_| Ok(FeedList::new(Vec::new(), 0)));
    let cached = Cached::new(Arc::new(center), CacheOptions::default());
    let served = Served::new(cached, ServerOptions::default());
    for _ in 0..2 {
        for id in ["x--1", "x--2"] {
            let answer = served.get(&format!("/v2/inthreat/objects/{id}"));
            let whole = format!(r#"{{"data":{{"id":"{id}","type":"x"}}}}"#);
            assert_eq!((answer.status, answer.body), (200, whole));
        }
        assert_eq!(served.get("/v2/inthreat/objects/x--1/context").status, 502);
        let page = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";
        assert_eq!(served.get(page).status, 200);
        assert_eq!(served.get("/v2/inthreat/feeds").status, 200);
    }
}

//! Feeds by arrival, while the replica changes.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use inthreat_api::{ErrorKind, FeedDraft, Feeds as _};
use inthreat_stix::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{
    CompactOptions,
    moment::tests::{Clocked, at},
};

const KINDS: [&str; 2] = ["malware", "tool"];

fn id(kind: usize, number: u32) -> String {
    format!("{}--00000000-0000-4000-8000-{number:012}", KINDS[kind])
}

fn text(kind: usize, number: u32, version: u32) -> String {
    // Whatever arrives first was modified last.
    let modified = at(1000 - u64::from(number));
    format!(
        r#"{{"type":"{}","id":"{}","modified":"{modified}","x_version":{version}}}"#,
        KINDS[kind],
        id(kind, number)
    )
}

impl Clocked {
    fn feed(&self, kind: &str) -> FeedId {
        let mut draft = FeedDraft::default();
        draft.types = vec![kind.into()];
        self.runtime.block_on(self.replica.create_feed(draft)).unwrap().id
    }

    fn page_by_arrival(&self, request: ArrivalPageRequest) -> ArrivalPage {
        self.runtime.block_on(self.replica.arrival_page(request)).unwrap()
    }
}

/// A client that keeps no cursor, only when the last thing that it got was added, and the newest version of each.
struct Client {
    feed: FeedId,
    limit: u32,
    last: Option<Timestamp>,
    held: BTreeMap<String, String>,
}

impl Client {
    /// Reads pages, so many at most, and tells whether it came to the end.
    fn read(&mut self, place: &Clocked, pages: usize) -> bool {
        for _ in 0..pages {
            let request = ArrivalPageRequest::new(self.feed.clone()).with_limit(self.limit);
            let page = place.page_by_arrival(request.with_arrived_after(self.last));
            assert!(page.arrivals.len() <= self.limit as usize);
            if page.arrivals.is_empty() {
                return true;
            }
            for arrival in page.arrivals {
                assert!(Some(arrival.arrived) > self.last, "{:?} {:?}", arrival, self.last);
                self.last = Some(arrival.arrived);
                let id = arrival.object.id().unwrap().to_owned();
                let ids = vec![Id::lenient(&id).unwrap()];
                let one = place.replica.arrivals_of(self.feed.clone(), ids);
                let one = place.runtime.block_on(one).unwrap().remove(0);
                assert_eq!(
                    (one.object.as_str(), one.arrived),
                    (arrival.object.as_str(), arrival.arrived)
                );
                self.held.insert(id, arrival.object.as_str().to_owned());
            }
        }
        false
    }
}

/// What happens to a replica between two questions.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    Compaction,
    /// The log of commits is lost and begun anew.
    Rebuild,
}

impl Event {
    fn happen(self, place: &Clocked, second: u64) {
        match self {
            Self::Nothing => {}
            Self::Compaction => {
                place.replica.compact(CompactOptions::default(), |_| true).unwrap();
            }
            Self::Rebuild => {
                place.clock.store(1_600_000_000 + second, Ordering::Relaxed);
                let connection = rusqlite::Connection::open(place.replica.database()).unwrap();
                connection.execute("DELETE FROM arrivals", []).unwrap();
                place.replica.rebuild().unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Catches an object that nobody gets who goes on behind the instant of the last one: two that have one instant, a page that
    // ends within a batch, a clock that stands still or goes back, a log of commits that was cut off or begun anew.
    #[test]
    fn whoever_goes_on_by_instants_misses_nothing(steps in prop::collection::vec((
        0_u64..30,
        prop::collection::vec((0_usize..2, 0_u32..6), 0..7),
        prop_oneof![4 => Just(Event::Nothing), 1 => Just(Event::Compaction), 1 => Just(Event::Rebuild)],
    ), 1..8), limit in 1_u32..4) {
        let place = Clocked::new();
        let client = |feed| Client { feed, limit, last: None, held: BTreeMap::new() };
        let mut clients = [client(FeedId::default()), client(place.feed("tool"))];
        let mut model = BTreeMap::new();
        let mut version = 0;
        for (rebuilt, (second, changes, event)) in (100..).zip(steps) {
            let texts: Vec<_> = changes.iter().map(|(kind, number)| {
                version += 1;
                let text = text(*kind, *number, version);
                model.insert(id(*kind, *number), text.clone());
                text
            }).collect();
            place.write_at(second, &texts);
            clients[0].read(&place, 1);
            // What was lost can only be begun anew behind it.
            event.happen(&place, rebuilt);
            clients[1].read(&place, 1);
        }
        for (client, kind) in clients.iter_mut().zip(["", "tool"]) {
            prop_assert!(client.read(&place, 100), "it never ends");
            let mut expected = model.clone();
            expected.retain(|id, _| id.starts_with(kind));
            prop_assert_eq!(&client.held, &expected);
        }
    }
}

// Catches a cursor that goes on in the order of the feed, an instant that is forgotten behind a cursor, types that are not asked
// for, and a limit beyond what is allowed.
#[test]
fn pages_go_on_by_cursors() {
    let place = Clocked::new();
    place.write_at(1, &[text(0, 1, 1), text(1, 2, 2)]);
    place.write_at(3, &[text(0, 3, 3), text(1, 4, 4)]);
    // A feed of its own is newest first.
    let feed = place.feed("tool");
    let request = ArrivalPageRequest::new(feed.clone()).with_limit(1);
    let first = place.page_by_arrival(request.clone());
    let ids = |page: &ArrivalPage| -> Vec<String> {
        page.arrivals.iter().map(|one| one.object.id().unwrap().to_owned()).collect()
    };
    assert_eq!((ids(&first), first.arrivals[0].arrived), (vec![id(1, 2)], at(1)));
    let next = request.clone().with_cursor(first.next_cursor);
    let second = place.page_by_arrival(next.clone());
    assert_eq!((ids(&second), second.arrivals[0].arrived), (vec![id(1, 4)], at(3)));
    let end = request.with_cursor(second.next_cursor.clone());
    let empty = place.page_by_arrival(end.clone());
    assert_eq!((ids(&empty), empty.next_cursor), (vec![], second.next_cursor));
    let later = next.with_arrived_after(at(3));
    assert_eq!(ids(&place.page_by_arrival(later)), [""; 0]);
    place.write_at(4, &[text(1, 5, 5)]);
    assert_eq!(ids(&place.page_by_arrival(end)), [id(1, 5)]);

    let all = ArrivalPageRequest::new(FeedId::default()).with_arrived_after(at(1));
    assert_eq!(ids(&place.page_by_arrival(all.clone())), [id(0, 3), id(1, 4), id(1, 5)]);
    assert_eq!(ids(&place.page_by_arrival(all.clone().with_types(["malware"]))), [id(0, 3)]);
    let refused = place.runtime.block_on(place.replica.arrival_page(all.with_limit(2001)));
    assert_eq!(refused.unwrap_err().field(), Some("limit"));

    let ask = |feed: &FeedId, ids: &[String]| {
        let ids = ids.iter().map(|id| Id::lenient(id).unwrap()).collect();
        place.runtime.block_on(place.replica.arrivals_of(feed.clone(), ids))
    };
    let asked = [id(1, 4), id(0, 3), id(0, 404), id(1, 2), id(1, 4)];
    let told = ask(&feed, &asked).unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.object.id().unwrap(), one.arrived)).collect();
    assert_eq!(told, [(&*id(1, 4), at(3)), (&*id(1, 2), at(1))]);
    let unknown = ask(&"none".parse().unwrap(), &asked).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
}

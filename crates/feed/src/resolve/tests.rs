//! Tests of resolving: what is asked for, how often, and where it stands in a batch.

use std::{collections::BTreeMap, future};

use async_trait::async_trait;
use inthreat_api::{Error, ErrorKind, RelationshipList, RelationshipsRequest, Result};
use inthreat_stix::{Bundle, marking::Tlp};
use inthreat_store::{Batch, MemorySink, Sink, Written};

use super::*;
use crate::{
    Consumer, ErrorKind as FeedErrorKind, Filter, Options, Target,
    testing::{MemoryFeed, TestTimer},
};

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

fn object(kind: &str, number: u32, rest: &str) -> RawObject {
    RawObject::new(format!(r#"{{"type":"{kind}","id":"{}"{rest}}}"#, id(kind, number))).unwrap()
}

/// An indicator with a source, a creator and a marking.
fn indicator(number: u32, source: u32) -> RawObject {
    let refs = format!(
        r#","x_inthreat_sources_refs":["{}"],"created_by_ref":"{}""#,
        id("identity", source),
        id("identity", 900)
    );
    object("indicator", number, &refs)
}

/// What can be asked for by its id, and what was.
#[derive(Default)]
struct Library {
    objects: BTreeMap<String, RawObject>,
    asked: Mutex<Vec<Vec<String>>>,
    failures: Mutex<usize>,
}

impl Library {
    fn new(objects: impl IntoIterator<Item = RawObject>) -> Arc<Self> {
        let objects = objects.into_iter().map(|o| (o.id().unwrap().to_owned(), o)).collect();
        Arc::new(Self { objects, ..Self::default() })
    }

    fn asked(&self) -> Vec<Vec<String>> {
        mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Objects for Library {
    async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
        let mut found: Vec<_> = ids.iter().filter_map(|id| self.objects.get(id).cloned()).collect();
        // Some servers answer more than they were asked.
        found.extend(found.first().cloned());
        found.push(object("x-unasked", 1, ""));
        self.asked.lock().unwrap().push(ids);
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(Error::new(ErrorKind::Forbidden, "not yours"));
        }
        Ok(found)
    }

    async fn object(&self, _: Id) -> Result<RawObject> {
        Err(Error::unsupported("object"))
    }

    async fn relationship(&self, _: Id) -> Result<RawObject> {
        Err(Error::unsupported("relationship"))
    }

    async fn relationships(&self, _: Vec<Id>) -> Result<Vec<RawObject>> {
        Err(Error::unsupported("relationships"))
    }

    async fn relationships_of(&self, _: RelationshipsRequest) -> Result<RelationshipList> {
        Err(Error::unsupported("relationships"))
    }

    async fn context(&self, _: Id) -> Result<Bundle> {
        Err(Error::unsupported("context"))
    }
}

/// Keeps the order in which objects arrive.
#[derive(Default)]
struct Arrivals(Mutex<Vec<String>>);

#[async_trait]
impl Sink for Arrivals {
    async fn write(&self, batch: Batch) -> inthreat_store::Result<Written> {
        let ids = batch.objects().iter().map(|object| object.id().unwrap().to_owned());
        self.0.lock().unwrap().extend(ids);
        Ok(Written::new(batch.len() as u64, 0, 0, 0))
    }
}

// Catches a reference that arrives before what it refers to, an object that is asked for or delivered twice, one of the
// feed that is asked for, and an answer that nobody asked for.
#[tokio::test]
async fn what_is_referred_to_comes_first_and_once() {
    let marking = format!(r#","object_marking_refs":["{}"]"#, id("marking-definition", 1));
    let library = Library::new([
        object("identity", 1, &marking),
        object("identity", 900, ""),
        object("marking-definition", 1, ""),
    ]);
    let feed = MemoryFeed::new([
        indicator(1, 1),
        indicator(2, 2),
        object("identity", 3, ""),
        indicator(3, 3),
        indicator(4, 2),
        indicator(5, 1),
    ]);
    let arrivals = Arc::new(Arrivals::default());
    let target = Target::separate(Arc::<Arrivals>::clone(&arrivals), Arc::new(MemorySink::new()));
    let resolving = ResolveOptions::default().with_batch_objects_max(2);
    let consumer = Consumer::new(feed, target, Options::default().with_limit(2))
        .with_timer(TestTimer::skipping())
        .with_resolver(Arc::<Library>::clone(&library), resolving);
    let report = consumer.pull(future::pending()).await.unwrap();
    assert_eq!((report.objects, report.resolved, report.unresolved), (6, 3, 1));
    let expected = [
        id("marking-definition", 1),
        id("identity", 1),
        id("identity", 900),
        id("indicator", 1),
        id("indicator", 2),
        id("identity", 3),
        id("indicator", 3),
        id("indicator", 4),
        id("indicator", 5),
    ];
    assert_eq!(*arrivals.0.lock().unwrap(), expected);
    let asked = [
        vec![id("identity", 1), id("identity", 900)],
        vec![id("identity", 2)],
        vec![id("marking-definition", 1)],
    ];
    assert_eq!(library.asked(), asked);
}

// Catches a batch that fails in silence, and what was fetched before it and is taken for delivered by the next run.
#[tokio::test]
async fn a_batch_that_fails_fails_the_run() {
    let library = Library::new([object("identity", 1, ""), object("identity", 900, "")]);
    *library.failures.lock().unwrap() = 1;
    let sink = Arc::new(MemorySink::new());
    let target = Target::transactional(Arc::<MemorySink>::clone(&sink));
    let consumer = Consumer::new(MemoryFeed::new([indicator(1, 1)]), target, Options::default())
        .with_timer(TestTimer::skipping())
        .with_resolver(Arc::<Library>::clone(&library), ResolveOptions::default());
    let error = consumer.pull(future::pending()).await.unwrap_err();
    assert_eq!(error.kind(), FeedErrorKind::Source(ErrorKind::Forbidden));
    assert!(error.to_string().contains("refers to"), "{error}");
    assert!(sink.objects().is_empty());
    assert_eq!(consumer.pull(future::pending()).await.unwrap().resolved, 2);
    assert_eq!((library.asked().len(), sink.objects().len()), (2, 3));
    // What is known to be delivered is not asked for by the runs to come.
    assert_eq!(consumer.pull(future::pending()).await.unwrap().resolved, 0);
    assert!(library.asked().is_empty());
}

// Catches a way around the ceiling: what is too strict for the sink, and is referred to.
#[tokio::test]
async fn what_is_referred_to_is_filtered_too() {
    let red = format!(r#","object_marking_refs":["{}"]"#, Tlp::Red.marking());
    let library = Library::new([object("identity", 1, &red), object("identity", 900, "")]);
    let sink = Arc::new(MemorySink::new());
    let target = Target::transactional(Arc::<MemorySink>::clone(&sink));
    let filter = Filter::default().with_types(["indicator"]).with_tlp_max(Tlp::Amber);
    let options = Options::default().with_filter(filter);
    let feed = MemoryFeed::new([indicator(1, 1), object("x-a", 1, "")]);
    let report = Consumer::new(feed, target, options)
        .with_timer(TestTimer::skipping())
        .with_resolver(library, ResolveOptions::default())
        .pull(future::pending())
        .await
        .unwrap();
    assert_eq!((report.dropped.tlp, report.dropped.types, report.resolved), (1, 1, 1));
    assert_eq!(sink.objects().len(), 2);
}

// Catches a memory that grows with the feed, and one that forgets what it met just now.
#[test]
fn what_is_remembered_is_bounded() {
    let mut known = Known::new(10);
    for n in 0..1000 {
        assert!(known.insert(&n.to_string()));
        assert!(!known.insert(&n.to_string()));
        assert!(known.fresh.len() + known.old.len() <= 20);
        assert!(n < 5 || !known.insert(&(n - 5).to_string()), "{n} forgot");
    }
}

//! What the tests of this crate share: a feed in memory that fails on demand, and a timer that nobody waits for.

use std::{
    collections::VecDeque,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{Collections, Cursor, Error, Page, PageRequest, Result, Timer};
use inthreat_stix::{RawObject, Timestamp};

/// 2023-11-14T22:13:20Z.
pub(crate) const NOW: i64 = 1_700_000_000;

/// An object that was modified this many seconds before [`NOW`].
pub(crate) fn aged(name: impl std::fmt::Display, seconds: i64) -> RawObject {
    let modified = instant(NOW - seconds);
    let text = format!(r#"{{"type":"x-a","id":"x-a--{name}","modified":"{modified}"}}"#);
    RawObject::new(text).unwrap()
}

pub(crate) fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds, 0).unwrap()
}

/// A feed that keeps the contract. Its cursors say how many entries of the log were read.
#[derive(Debug, Default)]
pub(crate) struct MemoryFeed {
    pub(crate) log: Mutex<Vec<RawObject>>,
    /// What the next questions are answered with in the place of pages; `None` for a page.
    pub(crate) script: Mutex<VecDeque<Option<Error>>>,
    pub(crate) asked: Mutex<Vec<PageRequest>>,
}

impl MemoryFeed {
    pub(crate) fn new(objects: impl IntoIterator<Item = RawObject>) -> Arc<Self> {
        Arc::new(Self { log: Mutex::new(objects.into_iter().collect()), ..Self::default() })
    }

    pub(crate) fn push(&self, object: RawObject) {
        self.log.lock().unwrap().push(object);
    }

    pub(crate) fn script(&self, script: impl IntoIterator<Item = Option<Error>>) {
        self.script.lock().unwrap().extend(script);
    }

    pub(crate) fn asked(&self) -> Vec<PageRequest> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Collections for MemoryFeed {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        self.asked.lock().unwrap().push(request.clone());
        if let Some(Some(error)) = self.script.lock().unwrap().pop_front() {
            return Err(error);
        }
        let log = self.log.lock().unwrap();
        let is_old = |object: &&RawObject| {
            request.modified_after.is_some_and(|after| object.modified() <= Some(after))
        };
        let start = match &request.cursor {
            Some(cursor) => cursor.as_str().parse().unwrap(),
            None => log.iter().take_while(is_old).count(),
        };
        let end = log.len().min(start + request.limit.unwrap() as usize);
        let next = if start == end && request.cursor.is_some() {
            request.cursor.clone()
        } else {
            Some(place(end))
        };
        Ok(Page::new(log[start..end].to_vec(), next))
    }
}

pub(crate) fn place(place: usize) -> Cursor {
    place.to_string().parse().unwrap()
}

/// A timer that does not wait, or whose waits never end; its random numbers are the highest.
#[derive(Debug)]
pub(crate) struct TestTimer {
    pub(crate) slept: Mutex<Vec<Duration>>,
    now: AtomicI64,
    ends: bool,
}

impl TestTimer {
    pub(crate) fn skipping() -> Arc<Self> {
        Arc::new(Self { slept: Mutex::default(), now: AtomicI64::new(NOW), ends: true })
    }

    pub(crate) fn stopped() -> Arc<Self> {
        Arc::new(Self { slept: Mutex::default(), now: AtomicI64::new(NOW), ends: false })
    }
}

#[async_trait]
impl Timer for TestTimer {
    async fn sleep(&self, wait: Duration) {
        self.slept.lock().unwrap().push(wait);
        if !self.ends {
            future::pending::<()>().await;
        }
        let seconds = i64::try_from(wait.as_secs()).unwrap();
        self.now.fetch_add(seconds, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }

    fn random(&self) -> u64 {
        u64::MAX
    }

    fn unix_seconds(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.unix_seconds() - NOW).unwrap())
    }
}

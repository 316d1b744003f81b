//! The replica and the model side by side: each step is done to both, and their answers are compared.

mod answers;
mod keeping;

use std::{
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use inthreat_api::{FeedId, PageRequest};
use inthreat_replica::{Options, Replica};
use proptest::test_runner::TestCaseError;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{
    centre::{Centre, Place},
    feeds::Question,
    objects::{FIRST_SECOND, Name},
    steps::{Step, Whom},
};

pub(crate) type Outcome<T = ()> = Result<T, TestCaseError>;

/// One for all cases: it is idle most of the time.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().build().unwrap());

/// Nothing of this is about disks, and a file system in memory is many times faster where there is one.
static MEMORY: LazyLock<Option<PathBuf>> =
    LazyLock::new(|| Some(PathBuf::from("/dev/shm")).filter(|path| path.is_dir()));

const COMMUNITIES: [Option<&str>; 3] = [
    None,
    Some("6a1f3a4e-7a0e-4d7e-9d0e-6a3f0e6a0001"),
    Some("6a1f3a4e-7a0e-4d7e-9d0e-6a3f0e6a0002"),
];

/// A cursor that was given out, and what the model makes of it.
struct Held {
    feed: FeedId,
    question: Question,
    place: Place,
    cursor: String,
}

pub(crate) struct World {
    root: TempDir,
    /// How many replicas there are in it: each copy goes into a folder of its own.
    copies: u32,
    replica: Option<Replica>,
    clock: Arc<AtomicU64>,
    lag: usize,
    community: Option<String>,
    centre: Centre,
    held: Vec<Held>,
    /// Where the log ended after each batch since the last one whose derived rows were certainly written.
    boundaries: Vec<usize>,
    /// The highest number that an item in quarantine had.
    number: u64,
}

/// Does all steps, and compares everything in the end.
pub(crate) fn check(steps: &[Step]) -> Outcome {
    let mut world = World::new()?;
    for (place, step) in steps.iter().enumerate() {
        world.step(step).map_err(|error| failed(format!("step {place}, {step:?}"), &error))?;
    }
    world.everything().map_err(|error| failed("at the end", &error))
}

fn failed(what: impl std::fmt::Display, error: &dyn std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(format!("{what}: {error}"))
}

/// The answer to a question that has one.
fn ok<T, E: std::error::Error>(answer: Result<T, E>) -> Outcome<T> {
    answer.map_err(|error| {
        let mut words = error.to_string();
        let mut next = error.source();
        while let Some(source) = next {
            words = format!("{words}: {source}");
            next = source.source();
        }
        TestCaseError::fail(words)
    })
}

impl World {
    fn new() -> Outcome<Self> {
        let root = match &*MEMORY {
            Some(memory) => tempfile::tempdir_in(memory),
            None => tempfile::tempdir(),
        };
        let mut world = Self {
            root: ok(root)?,
            copies: 0,
            replica: None,
            clock: Arc::default(),
            lag: Options::default().index_lag_objects,
            community: None,
            centre: Centre::default(),
            held: Vec::new(),
            boundaries: vec![0],
            number: 0,
        };
        world.open()?;
        Ok(world)
    }

    fn step(&mut self, step: &Step) -> Outcome {
        match step {
            Step::Write(delivery) => self.write(delivery),
            Step::Page { feed, question } => self.page(&self.feed(*feed), question),
            Step::Follow { held, limit, pages } => self.follow(*held, *limit, *pages),
            Step::Fabricated { feed, after, way, limit } => {
                self.fabricated(&self.feed(*feed), *after, *way, *limit)
            }
            Step::Formatted { feed, question, format } => {
                self.formatted(&self.feed(*feed), question, *format)
            }
            Step::Get(names) => {
                self.get(&names.iter().map(|whom| self.name(*whom)).collect::<Vec<_>>())
            }
            Step::LookUp { queries, active_at } => self.look_up(queries, *active_at),
            Step::Context(whom) => self.context(self.name(*whom)),
            Step::Related { whom, types, kinds, include_revoked, window } => {
                self.related(self.name(*whom), *types, kinds, *include_revoked, *window)
            }
            Step::MakeFeed(filter) => self.make_feed(filter),
            Step::ChangeFeed { feed, filter } => self.change_feed(&self.feed(*feed), filter),
            Step::DropFeed(feed) => self.drop_feed(&self.feed(*feed)),
            Step::Feeds { term, window } => self.feeds(term, *window),
            Step::Release(which) => self.release(which),
            Step::Clock(now) => {
                self.centre.now = now.micros();
                self.clock.store(now.micros(), Ordering::Relaxed);
                Ok(())
            }
            Step::Stats => self.stats(),
            Step::Verify => self.verify(),
            Step::Beside(question) => self.beside(question),
            Step::Reopen { lag, community } => {
                self.lag = *lag;
                let community = COMMUNITIES[usize::from(*community)];
                self.community = community.map(ToOwned::to_owned);
                self.open()
            }
            Step::Rebuild => self.rebuild(),
            Step::Compact => self.compact(),
            Step::Copy { is_restored } => self.copy(*is_restored),
        }
    }

    /// Everything that can be asked cheaply, so that every case ends with a question.
    fn everything(&mut self) -> Outcome {
        self.page(&FeedId::default(), &Question::plain(2000))?;
        let feeds: Vec<FeedId> = self.centre.feeds.iter().map(|feed| feed.id.clone()).collect();
        for feed in feeds {
            self.page(&feed, &Question::plain(3))?;
        }
        for place in 0..self.held.len() {
            self.follow_one(place, 2000, 2)?;
        }
        let known: Vec<Name> = self.centre.newest().map(|(_, held)| held.thing.name).collect();
        for name in known.into_iter().take(4) {
            self.context(name)?;
            self.related(name, 0, &[], false, (2, 0))?;
        }
        self.cursors()?;
        self.quarantine()?;
        self.stats()?;
        self.verify()
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join(self.copies.to_string())
    }

    fn options(&self) -> Options {
        let clock = Arc::clone(&self.clock);
        let now = move || {
            let micros = Duration::from_micros(clock.load(Ordering::Relaxed));
            SystemTime::UNIX_EPOCH + Duration::from_secs(FIRST_SECOND) + micros
        };
        let options = Options::default().with_clock(now).with_index_lag_objects(self.lag);
        match &self.community {
            Some(community) => options.with_community(community),
            None => options,
        }
    }

    /// Opens the replica, anew where it is open.
    fn open(&mut self) -> Outcome {
        self.replica = None;
        self.replica = Some(ok(Replica::create_or_open(self.folder(), self.options()))?);
        Ok(())
    }

    fn replica(&self) -> &Replica {
        self.replica.as_ref().unwrap()
    }

    /// A feed: the default one, or one that was made, which may be another community's.
    fn feed(&self, which: proptest::sample::Index) -> FeedId {
        let feeds = &self.centre.feeds;
        match which.index(feeds.len() + 1) {
            0 => FeedId::default(),
            place => feeds[place - 1].id.clone(),
        }
    }

    fn name(&self, whom: Whom) -> Name {
        match whom {
            Whom::Anyone(name) => name,
            Whom::Known(which) if self.centre.log.is_empty() => {
                Name::identity(u8::from(which.index(2) > 0))
            }
            Whom::Known(which) => which.get(&self.centre.log).thing.name,
        }
    }

    fn request(question: &Question, feed: &FeedId, cursor: Option<&str>) -> PageRequest {
        let cursor = cursor.map(|cursor| cursor.parse().unwrap());
        question.request(feed.clone()).with_cursor(cursor)
    }
}

//! The steps of the demonstration, each measured.

use std::{
    collections::HashMap,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use inthreat_api::{FeedId, Indicators, LIMIT_MAX, Objects, Observable, ObservableType};
use inthreat_feed::{Consumer, Options, Outcome as End, Report, Target};
use inthreat_http::{ApiKey, Client, ClientOptions};
use inthreat_replica::Replica;
use inthreat_server::{Keys, ServerOptions};
use inthreat_stix::{Id, RawObject};
use inthreat_store::{Batch, Sink, index::IndexRows};
use tokio::{sync::oneshot, task::JoinHandle};

use super::generator::Generator;
use crate::{
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
    graph::{self, Surroundings},
    measure::{self, Step},
    print::say,
    source, terminal,
};

/// How many objects are made at a time.
const BATCH: usize = 8000;
/// How many objects are remembered as fit to be changed.
const CHANGEABLE_MAX: usize = 1000;

/// The source, the server over it, and the copy.
pub(super) struct Scene {
    objects: usize,
    generator: Generator,
    source: Replica,
    copy: PathBuf,
    url: String,
    key: Option<ApiKey>,
    server: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// What is looked up: one of each, found while the feed is made.
    address: Option<Observable>,
    file: Option<Observable>,
    addresses: HashMap<Id, Observable>,
    changeable: Vec<RawObject>,
    rows: Vec<[String; 5]>,
}

impl Scene {
    pub(super) fn new(folder: &Path, objects: usize, seed: u64) -> Outcome<Self> {
        Ok(Self {
            objects,
            generator: Generator::new(seed),
            source: Replica::create_or_open(
                folder.join("source"),
                inthreat_replica::Options::default(),
            )?,
            copy: folder.join("copy"),
            url: String::new(),
            key: None,
            server: None,
            address: None,
            file: None,
            addresses: HashMap::new(),
            changeable: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// The figures of each step.
    pub(super) fn rows(self) -> Vec<[String; 5]> {
        self.rows
    }

    fn done(&mut self, name: &str, objects: u64, bytes: u64, step: &Step) {
        let peak = measure::peak_megabytes()
            .map(|megabytes| format!("{megabytes} MB"))
            .unwrap_or_default();
        let seconds = format!("{:.2} s", step.elapsed().as_secs_f64());
        let rate = measure::rates(objects, bytes, step.elapsed());
        say(format!("  {} objects in {seconds}: {rate}\n", measure::count(objects)));
        self.rows.push([name.to_owned(), measure::count(objects), seconds, rate, peak]);
    }

    pub(super) async fn make_source(&mut self) -> Outcome {
        let step = Step::begin();
        let (mut left, mut bytes) = (self.objects, 0);
        while left > 0 {
            let count = left.min(BATCH);
            let mut batch = Batch::new(FeedId::default());
            for _ in 0..count {
                let text = self.generator.next_object();
                bytes += text.len() as u64;
                batch.extend([made(text)?]);
            }
            self.remember(batch.objects());
            self.source.write(batch).await?;
            left -= count;
        }
        self.done("make and store", self.objects as u64, bytes, &step);
        Ok(())
    }

    /// Finds what is shown later: a file, an address whose indicator has a relationship, and objects that can change.
    fn remember(&mut self, objects: &[RawObject]) {
        for object in objects {
            let rows = IndexRows::of(object);
            if object.object_type() == Some("indicator")
                && !rows.revoked
                && self.changeable.len() < CHANGEABLE_MAX
            {
                self.changeable.push(object.clone());
            }
            if let Some(ends) = rows.ends.filter(|_| self.address.is_none()) {
                self.address = self.addresses.get(&ends.source).cloned();
            }
            for observable in rows.observables {
                let id = object.id().and_then(|id| Id::lenient(id).ok());
                match (&observable.observable_type, id) {
                    (ObservableType::Ipv4Addr, Some(id)) if self.address.is_none() => {
                        self.addresses.insert(id, observable);
                    }
                    (ObservableType::File, _) if self.file.is_none() => {
                        self.file = Some(observable);
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn start_server(&mut self) -> Outcome {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            Failure::because(Exit::Storage, "start the server", error)
        };
        let mut keys = Keys::default();
        let now = clock::now()
            .ok_or_else(|| Failure::new(Exit::Storage, "this machine's clock is not set"))?;
        let key = keys.create("demo", now).map_err(|error| failed(&error))?;
        self.key = Some(ApiKey::new(key.secret())?);
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| failed(&error))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        self.url = format!("http://{address}");
        let center = Arc::new(source::open_replica(self.source.folder())?);
        let (stop, stopped) = oneshot::channel::<()>();
        let options = ServerOptions::default().with_keys(keys);
        let server = tokio::spawn(async move {
            let shutdown = async {
                // A sender that is gone means the same.
                let _ = stopped.await;
            };
            if let Err(error) = inthreat_server::serve(listener, center, options, shutdown).await {
                say(format!("the server stopped: {error}"));
            }
        });
        self.server = Some((stop, server));
        say(format!("  {}/v2/inthreat/collections/{}/objects\n", self.url, FeedId::DEFAULT));
        Ok(())
    }

    pub(super) async fn stop_server(&mut self) {
        if let Some((stop, server)) = self.server.take() {
            let _ = stop.send(());
            let _ = server.await;
        }
    }

    async fn pull(&self, pages: Option<u64>) -> Outcome<Report> {
        let client = Client::new(&self.url, ClientOptions::default().with_key(self.key.clone()))?;
        let copy = Replica::create_or_open(&self.copy, inthreat_replica::Options::default())?;
        let options = Options::default().with_pages_max(pages);
        let consumer =
            Consumer::new(Arc::new(client), Target::transactional(Arc::new(copy)), options);
        consumer
            .pull(std::future::pending())
            .await
            .map_err(|error| Failure::because(Exit::Network, "pull the feed", &error))
    }

    pub(super) async fn pull_half(&mut self) -> Outcome {
        let pages = (self.objects / 2).div_ceil(LIMIT_MAX as usize).max(1) as u64;
        let step = Step::begin();
        let report = self.pull(Some(pages)).await?;
        let cursor = report.cursor.as_ref().map(ToString::to_string).unwrap_or_default();
        say(format!(
            "  cut off after {}; the cursor is `{}`",
            measure::things(pages, "page"),
            terminal::visible(&cursor)
        ));
        self.done("pull, cut off", report.objects, report.bytes, &step);
        Ok(())
    }

    pub(super) async fn pull_rest(&mut self) -> Outcome {
        let step = Step::begin();
        let report = self.pull(None).await?;
        expect(report.outcome == End::CaughtUp, "the pull did not catch up")?;
        self.done("pull, resumed", report.objects, report.bytes, &step);
        Ok(())
    }

    pub(super) fn compare(&mut self) -> Outcome {
        let step = Step::begin();
        let diff = self.source.diff(&source::open_replica(&self.copy)?)?;
        expect(diff.is_identical(), "the copy differs from its source")?;
        say(format!("  identical: {} objects, byte for byte", measure::count(diff.identical)));
        self.done("compare", diff.identical, 0, &step);
        Ok(())
    }

    pub(super) async fn change_and_pull(&mut self, count: usize) -> Outcome {
        let mut batch = Batch::new(FeedId::default());
        let step_from = self.changeable.len() / count.max(1);
        for object in self.changeable.iter().step_by(step_from.max(1)).take(count) {
            batch.extend([made(self.generator.revoke(object.as_str()))?]);
        }
        self.source.write(batch).await?;
        let step = Step::begin();
        let report = self.pull(None).await?;
        let arrived = report.written.accepted;
        expect(
            report.objects == count as u64 && arrived == report.objects,
            "other objects arrived",
        )?;
        self.done("pull, changes", report.objects, report.bytes, &step);
        Ok(())
    }

    /// Looks the remembered values up, and gives the indicator of the address.
    pub(super) async fn look_up(&mut self) -> Outcome<Id> {
        let copy = source::open_replica(&self.copy)?;
        let step = Step::begin();
        let mut found = None;
        let observables = [self.address.clone(), self.file.clone()];
        for observable in observables.into_iter().flatten() {
            let answer = copy.indicators(observable.clone()).await?;
            let indicator = answer.items.first();
            expect(indicator.is_some(), "a value of the feed is not found")?;
            let id = indicator.and_then(RawObject::id).unwrap_or_default();
            say(format!(
                "  {} -> {}",
                terminal::visible(&observable.to_string()),
                terminal::visible(id)
            ));
            if found.is_none() {
                found = Id::lenient(id).ok();
            }
        }
        self.done("look up", 2, 0, &step);
        found.ok_or_else(|| Failure::new(Exit::Missing, "the feed has no address to look up"))
    }

    pub(super) async fn show_context(&self, indicator: &Id) -> Outcome {
        let bundle = source::open_replica(&self.copy)?.context(indicator.clone()).await?;
        for line in graph::lines(&Surroundings::of(&bundle)) {
            say(format!("  {}", terminal::visible(&line)));
        }
        Ok(())
    }
}

fn made(text: String) -> Outcome<RawObject> {
    RawObject::new(text).map_err(|fault| Failure::because(Exit::Storage, "make an object", &fault))
}

/// What the demonstration promises holds, or it fails.
fn expect(holds: bool, otherwise: &str) -> Outcome {
    if holds { Ok(()) } else { Err(Failure::new(Exit::Missing, otherwise)) }
}

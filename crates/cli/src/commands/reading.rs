//! What all commands share that read feeds: what is read, and where it goes.

use std::sync::Arc;

use inthreat_api::FeedId;
use inthreat_feed::{
    Consumer, ErrorKind, Filter, Gate, NdjsonFolderSink, NdjsonSink, Observer, Options, Report,
    ResolveOptions, RotateOptions, Target,
};
use inthreat_replica::Replica;
use inthreat_stix::marking::Tlp;
use inthreat_store::{Sink, TransactionalSink};

use crate::{
    arguments::{GoingOn, Reading},
    commands,
    exit::Exit,
    failure::{Failure, Outcome},
    measure::{self, Step},
    place::Place,
    print::say,
    source,
};

/// The feeds that are read.
pub(super) fn feeds(reading: &Reading) -> Outcome<Vec<FeedId>> {
    if reading.feeds.is_empty() {
        return Ok(vec![FeedId::default()]);
    }
    let mut feeds: Vec<FeedId> = Vec::new();
    for text in &reading.feeds {
        let feed = text
            .parse()
            .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))?;
        if !feeds.contains(&feed) {
            feeds.push(feed);
        }
    }
    Ok(feeds)
}

/// How a feed is read.
pub(super) fn options(reading: &Reading, feed: FeedId, going_on: Option<&GoingOn>) -> Options {
    let kept = &reading.kept;
    let observable_types = kept.observable_types.iter().map(|text| text.as_str().into());
    let filter = Filter::default()
        .with_observable_types(observable_types)
        .with_tlp_max(kept.tlp_max)
        .with_confidence_min(kept.confidence_min)
        .with_drop_revoked(kept.drop_revoked)
        .with_drop_expired(kept.drop_expired);
    let options = Options::new(feed)
        .with_limit(reading.limit)
        .with_types(reading.types.clone())
        .with_filter(filter);
    match going_on {
        None => options,
        Some(going_on) => options
            .with_modified_after(going_on.modified_after)
            .with_overlap(going_on.overlap)
            .with_restart_overlap(going_on.restart),
    }
}

/// A consumer for each of these options, all from one client into one place.
pub(super) async fn consumers(
    reading: &Reading,
    all: Vec<Options>,
    observer: impl Fn(&FeedId) -> Arc<dyn Observer>,
) -> Outcome<Vec<(FeedId, Consumer)>> {
    let client = Arc::new(source::client(&reading.remote)?);
    let target = target(reading).await?;
    let consumer = |options: Options| {
        let feed = options.request.feed.clone();
        let source = Arc::clone(&client);
        let mut consumer = Consumer::new(source, target.clone(), options)
            .with_definitions(Arc::<inthreat_http::Client>::clone(&client))
            .with_observer(observer(&feed));
        if reading.resolve {
            let objects = Arc::<inthreat_http::Client>::clone(&client);
            consumer = consumer.with_resolver(objects, ResolveOptions::default());
        }
        (feed, consumer)
    };
    Ok(all.into_iter().map(consumer).collect())
}

/// Where the objects go, and the cursors with them.
async fn target(reading: &Reading) -> Outcome<Target> {
    if let Some(into) = &reading.into {
        return into_place(Place::parse(into)?, reading).await;
    }
    let sink = match (&reading.ndjson, &reading.ndjson_dir) {
        (Some(file), _) => gated(NdjsonSink::open(file)?, reading.kept.tlp_max),
        (None, Some(folder)) => {
            let options = RotateOptions::default()
                .with_bytes_max(reading.rotate_bytes)
                .with_age_max(reading.rotate_after)
                .with_compression(reading.zstd);
            gated(NdjsonFolderSink::open(folder, options)?, reading.kept.tlp_max)
        }
        (None, None) => return Err(nowhere()),
    };
    let state = reading.state.as_ref().ok_or_else(nowhere)?;
    Ok(Target::separate(sink, Place::parse(state)?.cursors().await?))
}

/// Into a replica, a database or a stream.
async fn into_place(place: Place, reading: &Reading) -> Outcome<Target> {
    let tlp_max = reading.kept.tlp_max;
    match place {
        Place::Folder(folder) => {
            let replica = Replica::create_or_open(folder, inthreat_replica::Options::default())?;
            Ok(Target::transactional(gated_store(replica, tlp_max)))
        }
        #[cfg(feature = "postgres")]
        Place::Postgres(url) => {
            let options = inthreat_postgres::PostgresOptions::default();
            let store = inthreat_postgres::PostgresStore::open(&url, options).await?;
            match &reading.state {
                None => Ok(Target::transactional(gated_store(store, tlp_max))),
                Some(state) => {
                    let cursors = Place::parse(state)?.cursors().await?;
                    Ok(Target::separate(gated(store, tlp_max), cursors))
                }
            }
        }
        #[cfg(feature = "nats")]
        Place::Nats(url) => {
            let Some(state) = &reading.state else {
                let message =
                    "expected --state DIR | URL beside --into nats://…, such as the same URL";
                return Err(Failure::new(Exit::Usage, message));
            };
            let options = inthreat_nats::NatsOptions::default();
            let sink = inthreat_nats::NatsSink::open(&url, options).await?;
            Ok(Target::separate(gated(sink, tlp_max), Place::parse(state)?.cursors().await?))
        }
        #[cfg(feature = "redis")]
        Place::Redis(_) => {
            Err(Failure::new(Exit::Usage, "a Redis server keeps cursors (--state) and no objects"))
        }
    }
}

/// Whether others may stand by for the same cursors: a replica has one writer anyway.
pub(super) fn is_shared(reading: &Reading) -> bool {
    let is_server =
        |into: &String| into.contains("://") || into.starts_with('@') || into.starts_with("env:");
    reading.state.is_some() || reading.into.as_ref().is_some_and(is_server)
}

fn nowhere() -> Failure {
    let message =
        "expected --into DIR | URL, or --ndjson FILE or --ndjson-dir DIR with --state DIR | URL";
    Failure::new(Exit::Usage, message)
}

/// What is set aside passes the gate too, which the filter does not look at.
fn gated(sink: impl Sink + 'static, tlp_max: Option<Tlp>) -> Arc<dyn Sink> {
    match tlp_max {
        Some(ceiling) => Arc::new(Gate::new(sink, ceiling)),
        None => Arc::new(sink),
    }
}

fn gated_store(
    sink: impl TransactionalSink + 'static,
    tlp_max: Option<Tlp>,
) -> Arc<dyn TransactionalSink> {
    match tlp_max {
        Some(ceiling) => Arc::new(Gate::new(sink, ceiling)),
        None => Arc::new(sink),
    }
}

/// Why a feed was not read to its end.
pub(super) fn failure(error: &inthreat_feed::Error, what: &str, feed: &str) -> Failure {
    let exit = match (error.kind(), error.as_source()) {
        (ErrorKind::RefusedCursor, _) | (ErrorKind::InvalidOptions, None) => Exit::Usage,
        (_, Some(source)) => source.kind().into(),
        (ErrorKind::StuckCursor | ErrorKind::NewestFirst, None) => Exit::Protocol,
        (_, None) => Exit::Storage,
    };
    let failure = Failure::because(exit, format!("{what} feed `{feed}`"), error);
    if error.kind() == ErrorKind::RefusedCursor {
        return failure.hint(
            "--restart 1h begins again an hour before the newest object; `inthreat cursor reset` forgets the cursor",
        );
    }
    failure.hint_by_exit()
}

/// Says what was done.
pub(super) fn tell(what: &str, report: &Report, step: &Step) {
    let written = report.written;
    say(format!(
        "{what} {} objects ({} new or changed, {} known) in {:.1} s: {}{}",
        measure::count(report.objects),
        measure::count(written.accepted),
        measure::count(written.unchanged + written.outdated),
        step.elapsed().as_secs_f64(),
        measure::rates(report.objects, report.bytes, step.elapsed()),
        measure::peak_words(),
    ));
    let dropped: Vec<_> = report
        .dropped
        .counts()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| format!("{} by {reason}", measure::count(count)))
        .collect();
    if !dropped.is_empty() {
        say(format!("dropped {}", dropped.join(", ")));
    }
    if report.resolved + report.unresolved > 0 {
        say(format!(
            "fetched {} objects that others refer to; {} are not to be had",
            measure::count(report.resolved),
            measure::count(report.unresolved)
        ));
    }
    if report.reread.accepted > 0 {
        say(format!(
            "{} objects came when the newest were read once more",
            measure::count(report.reread.accepted)
        ));
    }
    if written.withheld > 0 {
        say(format!(
            "{} items are marked too strictly and were kept out",
            measure::count(written.withheld)
        ));
    }
    commands::tell_quarantined(written.quarantined);
}

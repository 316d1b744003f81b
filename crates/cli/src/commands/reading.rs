//! What all commands share that read feeds: what is read, and where it goes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use inthreat_api::FeedId;
use inthreat_feed::{
    CommandSink, Consumer, ErrorKind, Filter, Gate, NdjsonFolderSink, NdjsonSink, Observer,
    Options, Report, ResolveOptions, RotateOptions, Target,
};
use inthreat_stix::marking::Tlp;
use inthreat_store::{CursorStore, Sink, TransactionalSink};

use crate::{
    arguments::{GoingOn, Reading, Selection},
    commands,
    exit::Exit,
    failure::{Failure, Outcome},
    measure::{self, Step},
    place::{Access, Place, advise},
    print::say,
    source, types, values,
};

/// What a command does that looks at a feed and takes nothing from it.
pub(super) const COMPARE: &str = "compare";
/// How often it is looked whether a file is as old as it may become.
const FILES_INTERVAL: Duration = Duration::from_secs(1);

/// The feeds that are read.
pub(super) fn feeds(selection: &Selection) -> Outcome<Vec<FeedId>> {
    if selection.feeds.is_empty() {
        return Ok(vec![FeedId::default()]);
    }
    let mut feeds: Vec<FeedId> = Vec::new();
    for text in &selection.feeds {
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
pub(super) fn options(selection: &Selection, feed: FeedId, going_on: Option<&GoingOn>) -> Options {
    let kept = &selection.kept;
    let observable_types = kept.observable_types.iter().map(|text| text.as_str().into());
    let filter = Filter::default()
        .with_observable_types(observable_types)
        .with_tlp_max(kept.tlp_max)
        .with_confidence_min(kept.confidence_min)
        .with_drop_revoked(kept.drop_revoked)
        .with_drop_expired(kept.drop_expired);
    let options = Options::new(feed)
        .with_limit(selection.limit)
        .with_types(selection.types.clone())
        .with_filter(filter);
    match going_on {
        None => options,
        Some(going_on) => options
            .with_modified_after(going_on.modified_after)
            .with_overlap(going_on.overlap)
            .with_restart_overlap(going_on.restart),
    }
}

/// A consumer for each of these options and each sink, all from one client. A feed with several sinks is read once for each,
/// so that none waits for another; each has its name in that of the consumer.
pub(super) async fn consumers(
    reading: &Reading,
    all: &[Options],
    observer: impl Fn(&str) -> Arc<dyn Observer>,
) -> Outcome<Consumers> {
    // Told before anything comes, since a watch has no end.
    types::tell_unknown(&reading.selection.types);
    types::tell_unknown_observables(&reading.selection.kept.observable_types);
    let client = Arc::new(source::client(&reading.remote)?);
    let (targets, files) = targets(reading).await?;
    let is_one = targets.len() == 1;
    let mut consumers = Vec::new();
    for options in all {
        for (sink, target) in &targets {
            let feed = options.request.feed.as_str();
            let name = if is_one { feed.to_owned() } else { format!("{feed} ({})", sink.name()) };
            let source = Arc::clone(&client);
            let options = options.clone().with_sink(sink.key().map(str::to_owned));
            let mut consumer = Consumer::new(source, target.clone(), options)
                .with_definitions(Arc::<inthreat_http::Client>::clone(&client))
                .with_observer(observer(&name));
            if reading.selection.resolve {
                let objects = Arc::<inthreat_http::Client>::clone(&client);
                consumer = consumer.with_resolver(objects, ResolveOptions::default());
            }
            consumers.push((name, consumer));
        }
    }
    Ok(Consumers { all: consumers, files })
}

/// Consumers, each with its name.
pub(super) struct Consumers {
    pub(super) all: Vec<(String, Consumer)>,
    files: Option<NdjsonFolderSink>,
}

impl Consumers {
    /// Takes the folder of files apart from who writes into it.
    pub(super) fn take_files(&mut self) -> Files {
        Files(self.files.take())
    }
}

/// A folder of files that is written, where there is one.
pub(super) struct Files(Option<NdjsonFolderSink>);

impl Files {
    /// Closes the file that grows, for those who take files away: nobody knows when more comes.
    pub(super) fn close(self) -> Outcome {
        Ok(self.0.map_or(Ok(()), |files| files.rotate())?)
    }

    /// Closes files that are as old as they may become, for ever, though nothing comes. What fails is tried again, and said
    /// once.
    pub(super) async fn close_old(&self) -> Infallible {
        let Some(files) = &self.0 else { return std::future::pending().await };
        let mut is_failing = false;
        loop {
            tokio::time::sleep(FILES_INTERVAL).await;
            let files = files.clone();
            let closed = tokio::task::spawn_blocking(move || files.rotate_old()).await;
            match closed {
                Ok(Err(error)) if !is_failing => {
                    is_failing = true;
                    say(Failure::from(error).to_string());
                }
                Ok(Err(_)) => {}
                Ok(Ok(())) | Err(_) => is_failing = false,
            }
        }
    }
}

/// A place for objects. There is at most one of each.
#[derive(Clone, Copy)]
enum Kind {
    /// A replica or a database that keeps the cursors too.
    Own,
    /// A database or a stream whose cursors are elsewhere.
    Apart,
    File,
    Folder,
    Command,
}

impl Kind {
    /// The option that asks for it.
    fn name(self) -> &'static str {
        match self {
            Self::Own | Self::Apart => "into",
            Self::File => "ndjson",
            Self::Folder => "ndjson-dir",
            Self::Command => "exec",
        }
    }

    /// Its part of the keys of its cursors. One that keeps them itself shares them with nobody, and a file is what one begins with.
    fn key(self) -> Option<&'static str> {
        match self {
            Self::Own | Self::File => None,
            Self::Apart | Self::Folder | Self::Command => Some(self.name()),
        }
    }
}

/// Where the objects go, and the cursors with them.
async fn targets(reading: &Reading) -> Outcome<(Vec<(Kind, Target)>, Option<NdjsonFolderSink>)> {
    let into = reading.into.as_deref().map(Place::parse).transpose()?;
    if matches!(into, Some(Place::Server(_))) {
        reading.room.refuse()?;
    }
    let cursors = match &reading.state {
        Some(state) => Some(Place::parse(state)?.cursors(Access::Make).await?),
        None => None,
    };
    let mut targets = Vec::new();
    if let Some(place) = into {
        targets.push(into_place(&place, reading, cursors.clone()).await?);
    }
    let Sinks { all: sinks, files } = sinks(reading)?;
    if !sinks.is_empty() {
        let cursors = cursors.ok_or_else(nowhere)?;
        let apart = |(kind, sink)| (kind, Target::separate(sink, Arc::clone(&cursors)));
        targets.extend(sinks.into_iter().map(apart));
    }
    if targets.is_empty() { Err(nowhere()) } else { Ok((targets, files)) }
}

/// The sinks that keep no cursors.
fn sinks(reading: &Reading) -> Outcome<Sinks> {
    let tlp_max = reading.selection.kept.tlp_max;
    let mut sinks = Vec::new();
    let mut files = None;
    if let Some(file) = &reading.ndjson {
        sinks.push((Kind::File, gated(NdjsonSink::open(file)?, tlp_max)));
    }
    if let Some(folder) = &reading.ndjson_dir {
        let options = RotateOptions::default()
            .with_bytes_max(reading.rotate_bytes)
            .with_age_max(reading.rotate_after)
            .with_compression(reading.zstd);
        let sink = NdjsonFolderSink::open(folder, options)?;
        sinks.push((Kind::Folder, gated(sink.clone(), tlp_max)));
        files = Some(sink);
    }
    if let Some(program) = &reading.exec {
        let sink = CommandSink::new(program)
            .with_arguments(&reading.exec_arguments)
            .with_time_max(reading.exec_time);
        sinks.push((Kind::Command, gated(sink, tlp_max)));
    }
    Ok(Sinks { all: sinks, files })
}

/// Sinks, and again the one that is a folder of files.
struct Sinks {
    all: Vec<(Kind, Arc<dyn Sink>)>,
    files: Option<NdjsonFolderSink>,
}

/// Into a replica, a database or a stream.
async fn into_place(
    place: &Place,
    reading: &Reading,
    cursors: Option<Arc<dyn CursorStore>>,
) -> Outcome<(Kind, Target)> {
    let tlp_max = reading.selection.kept.tlp_max;
    match (place, cursors) {
        (Place::Server(server), Some(cursors)) => {
            let sink = server.sink().await.map_err(advise)?;
            Ok((Kind::Apart, Target::separate(gated(sink, tlp_max), cursors)))
        }
        // A replica keeps its own cursors whatever is said.
        (place, _) => {
            let database = place.database_with(Access::Make, reading.room).await?;
            Ok((Kind::Own, Target::transactional(gated_store(database, tlp_max))))
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
    let message = "expected --into DIR | URL, or --ndjson FILE, --ndjson-dir DIR or --exec PROGRAM with --state DIR | URL";
    Failure::new(Exit::Usage, message)
}

/// What is set aside passes the gate too, which the filter does not look at.
fn gated(sink: impl Sink + 'static, tlp_max: Option<Tlp>) -> Arc<dyn Sink> {
    match tlp_max {
        Some(ceiling) => Arc::new(Gate::new(sink, ceiling)),
        None => Arc::new(sink),
    }
}

pub(super) fn gated_store(
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
    if let ErrorKind::Store(kind) = error.kind() {
        return failure.hint_by_store(kind);
    }
    match exit {
        Exit::Missing => failure.hint(values::WHICH_FEEDS),
        // Nothing arrives where two sides are compared.
        Exit::Network if what != COMPARE => failure.hint(
            "what arrived is stored; the same command goes on from there. `inthreat doctor` looks at the way to the service",
        ),
        _ => failure.hint_by_exit(),
    }
}

/// Says what was done.
pub(super) fn tell(what: &str, report: &Report, step: &Step) {
    let written = report.written;
    say(format!(
        "{what} {} ({} new or changed, {} known) in {:.1} s (source {:.1} s, sink {:.1} s): {}{}",
        measure::things(report.objects, "object"),
        measure::count(written.accepted),
        measure::count(written.unchanged + written.outdated),
        step.elapsed().as_secs_f64(),
        report.fetching.as_secs_f64(),
        report.writing.as_secs_f64(),
        measure::rates(report.objects, report.bytes, step.elapsed()),
        measure::peak_words(),
    ));
    let dropped: Vec<_> = report
        .dropped
        .counts()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(reason, count)| match reason {
            "beyond" => format!("{} beyond the range", measure::count(count)),
            reason => format!("{} by {reason}", measure::count(count)),
        })
        .collect();
    if !dropped.is_empty() {
        say(format!("dropped {}", dropped.join(", ")));
    }
    if report.resolved + report.unresolved > 0 {
        say(format!(
            "fetched {} that others refer to; {} could not be had",
            measure::things(report.resolved, "object"),
            measure::count(report.unresolved)
        ));
    }
    if report.reread.accepted > 0 {
        say(format!(
            "{} came when the newest were read once more",
            measure::things(report.reread.accepted, "object")
        ));
    }
    if written.withheld > 0 {
        say(format!("kept out {} marked too strictly", measure::things(written.withheld, "item")));
    }
    commands::tell_quarantined(written.quarantined);
}

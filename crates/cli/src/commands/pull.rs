//! `inthreat pull`: a feed into a replica or a file.

use std::sync::Arc;

use inthreat_api::FeedId;
use inthreat_feed::{Consumer, ErrorKind, NdjsonSink, Options, Outcome as End, Report, Target};
use inthreat_replica::Replica;
use inthreat_stix::Timestamp;
use inthreat_store::FileCursorStore;

use crate::{
    arguments::Pull,
    commands,
    exit::Exit,
    failure::{Failure, Outcome},
    measure::{self, Step},
    print::say,
    progress::Progress,
    source,
};

pub(crate) async fn run(arguments: Pull) -> Outcome<Exit> {
    let options = options(&arguments)?;
    let feed = options.request.feed.clone();
    let client = source::client(&arguments.remote)?;
    let target = target(&arguments)?;
    let progress = Arc::new(Progress::new("pull"));
    let observer = Arc::clone(&progress);
    let consumer = Consumer::new(Arc::new(client), target, options).with_observer(observer);
    let step = Step::begin();
    let report = consumer.pull(shutdown()).await;
    progress.clear();
    let report = report.map_err(|error| failure(&error, &feed))?;
    tell(&report, &step);
    Ok(if report.outcome == End::Interrupted { Exit::Interrupted } else { Exit::Success })
}

fn options(arguments: &Pull) -> Outcome<Options> {
    let usage = |error: &(dyn std::error::Error + 'static)| {
        Failure::because(Exit::Usage, "read the command line", error)
    };
    let feed = match &arguments.feed {
        Some(text) => text.parse::<FeedId>().map_err(|error| usage(&error))?,
        None => FeedId::default(),
    };
    let instant = match &arguments.modified_after {
        Some(text) => Some(Timestamp::lenient(text).map_err(|error| usage(&error))?),
        None => None,
    };
    Ok(Options::new(feed)
        .with_limit(arguments.limit)
        .with_types(arguments.types.clone())
        .with_modified_after(instant))
}

/// Where the objects go, and the cursor with them.
fn target(arguments: &Pull) -> Outcome<Target> {
    if let Some(folder) = &arguments.into {
        let replica = Replica::create_or_open(folder, inthreat_replica::Options::default())?;
        return Ok(Target::transactional(Arc::new(replica)));
    }
    match (&arguments.ndjson, &arguments.state) {
        (Some(file), Some(state)) => {
            let sink = NdjsonSink::open(file)?;
            Ok(Target::separate(Arc::new(sink), Arc::new(FileCursorStore::open(state)?)))
        }
        _ => {
            Err(Failure::new(Exit::Usage, "expected --into DIR, or --ndjson FILE with --state DIR"))
        }
    }
}

/// Ends when the person or the system asks for it. The second time the program stops at once.
async fn shutdown() {
    commands::interrupted().await;
    say("stopping: what is in hand is written first; press Ctrl-C again to stop at once");
    tokio::spawn(async {
        commands::interrupted().await;
        #[expect(
            clippy::exit,
            clippy::disallowed_methods,
            reason = "it is asked for; what is not committed is read again"
        )]
        std::process::exit(130);
    });
}

fn failure(error: &inthreat_feed::Error, feed: &FeedId) -> Failure {
    let exit = match (error.kind(), error.as_source()) {
        (_, Some(source)) => source.kind().into(),
        (ErrorKind::StuckCursor, None) => Exit::Protocol,
        (ErrorKind::InvalidOptions, None) => Exit::Usage,
        (_, None) => Exit::Storage,
    };
    Failure::because(exit, format!("pull feed `{feed}`"), error).hint_by_exit()
}

fn tell(report: &Report, step: &Step) {
    let written = report.written;
    say(format!(
        "pulled {} objects ({} new or changed, {} known) in {:.1} s: {}{}",
        measure::count(report.objects),
        measure::count(written.accepted),
        measure::count(written.unchanged + written.outdated),
        step.elapsed().as_secs_f64(),
        measure::rates(report.objects, report.bytes, step.elapsed()),
        measure::peak_words(),
    ));
    commands::tell_quarantined(written.quarantined);
}

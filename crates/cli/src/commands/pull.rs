//! `inthreat pull` and `inthreat backfill`: feeds, or a part of one, into a replica or a file.

use std::sync::Arc;

use inthreat_feed::{Outcome as End, Range, Report, Result as FeedResult, Supervisor};
use tokio::sync::watch;

use super::reading;
use crate::{
    arguments::{Backfill, ProgressMode, Pull},
    commands,
    exit::Exit,
    failure::Outcome,
    measure::Step,
    print::say,
    progress::{Progress, Unit},
    terminal,
};

/// How many pages of all feeds may be in memory.
const PAGES_MAX: usize = 16;

pub(crate) async fn run(arguments: Pull, mode: ProgressMode) -> Outcome<Exit> {
    let feeds = reading::feeds(&arguments.reading.selection)?;
    let options = feeds.into_iter().map(|feed| {
        reading::options(&arguments.reading.selection, feed, Some(&arguments.going_on))
    });
    let progress = Arc::new(Progress::new("pull", Unit::Objects, mode));
    let observer = |_: &str| Progress::feed(&progress);
    let mut consumers =
        reading::consumers(&arguments.reading, &options.collect::<Vec<_>>(), observer).await?;
    let files = consumers.take_files();
    let step = Step::begin();
    let mut supervisor = Supervisor::new(PAGES_MAX);
    for (feed, consumer) in consumers.all {
        supervisor = supervisor.with_feed(feed, consumer);
    }
    let results = supervisor.run(commands::shutdown(), std::future::pending()).await;
    progress.clear();
    files.close()?;
    finish("pull", "pulled", results, &step)
}

/// Tells what became of each feed; the first failure is that of the command.
fn finish(
    what: &str,
    done: &str,
    results: Vec<(String, FeedResult<Report>)>,
    step: &Step,
) -> Outcome<Exit> {
    let is_one = results.len() == 1;
    let mut exit = Exit::Success;
    let mut failure = None;
    for (feed, result) in results {
        match result {
            Ok(report) => {
                let what = if is_one { done.to_owned() } else { format!("{feed}: {done}") };
                reading::tell(&what, &report, step);
                if report.outcome == End::Interrupted {
                    exit = Exit::Interrupted;
                }
            }
            Err(error) => {
                let told = reading::failure(&error, what, &feed);
                if let Some(earlier) = failure.replace(told) {
                    say(terminal::visible_words(&earlier.to_string()));
                }
            }
        }
    }
    failure.map_or(Ok(exit), Err)
}

pub(crate) async fn backfill(arguments: Backfill, mode: ProgressMode) -> Outcome<Exit> {
    let feeds = reading::feeds(&arguments.reading.selection)?;
    let options: Vec<_> = feeds
        .into_iter()
        .map(|feed| reading::options(&arguments.reading.selection, feed, None))
        .collect();
    let progress = Arc::new(Progress::new("backfill", Unit::Objects, mode));
    if let Some(until) = arguments.until {
        progress.set_end(until);
    }
    let observer = |_: &str| Progress::part_of_feed(&progress);
    let mut consumers = reading::consumers(&arguments.reading, &options, observer).await?;
    let files = consumers.take_files();
    let range =
        Range::after(arguments.after).with_until(arguments.until).with_slice(arguments.slice);
    let step = Step::begin();
    let mut results = Vec::new();
    let (told, shutdown) = watch::channel(false);
    tokio::spawn(async move {
        commands::shutdown().await;
        told.send_replace(true);
    });
    for (index, (feed, consumer)) in consumers.all.into_iter().enumerate() {
        let mut shutdown = shutdown.clone();
        let interrupted = async move {
            // Who tells lives as long as the program.
            let _ = shutdown.wait_for(|is_told| *is_told).await;
        };
        let result = consumer.backfill(&range, interrupted).await;
        let is_over = result.as_ref().is_ok_and(|report| report.outcome == End::Interrupted);
        progress.feed_is_read(index);
        results.push((feed, result));
        if is_over {
            break;
        }
    }
    progress.clear();
    files.close()?;
    finish("backfill", "read", results, &step)
}

//! `inthreat audit`: a feed against a replica or a database.

use std::sync::Arc;

use inthreat_api::FeedId;
use inthreat_feed::{Audit as Comparison, AuditOptions, Drift, DriftKind, Options};
use inthreat_stix::Timestamp;

use super::reading;
use crate::{
    arguments::Audit,
    commands,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    place::{Access, Place},
    print::{Listing, Output, say},
    source,
};

/// How many differences are printed.
const PRINTED_MAX: usize = 100;

pub(crate) async fn run(arguments: Audit) -> Outcome<Exit> {
    let feed = match &arguments.feed {
        Some(text) => text
            .parse()
            .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))?,
        None => FeedId::default(),
    };
    let client = source::client(&arguments.remote)?;
    let database = held_in(&arguments)?.database(Access::Read).await?;
    let options = Options::new(feed.clone());
    let key = options
        .cursor_key()
        .map_err(|error| reading::failure(&error, reading::COMPARE, feed.as_str()))?;
    let position = database.load(&key).await?;
    // What is newer than the last pull is not missing yet.
    let options = AuditOptions::of(&options)
        .with_one_of(arguments.one_of)
        .with_until(position.newest)
        .with_told_max(PRINTED_MAX);
    let report = Comparison::new(Arc::new(client), database, options)
        .run(commands::shutdown())
        .await
        .map_err(|error| reading::failure(&error, reading::COMPARE, feed.as_str()))?;
    let [compared, missing, stale, revoked] =
        [report.compared, report.missing, report.stale, report.revoked].map(measure::count);
    let total = format!(
        "compared {compared} objects: {missing} missing, {stale} stale, {revoked} revoked on one side alone"
    );
    if let Some(mut listing) = arguments.told.listing(&["drift", "id", "there", "here"]) {
        report.drift.iter().try_for_each(|drift| list(drift, &mut listing))?;
        listing.finish()?;
        say(total);
    } else {
        let mut output = Output::new();
        for drift in &report.drift {
            let (there, here) = (instant(drift.source), instant(drift.held));
            output.line(&format!("{}: {} (there {there}, here {here})", word(drift), drift.id))?;
        }
        output.line(&total)?;
        output.finish()?;
    }
    Ok(match (report.is_interrupted, report.is_clean()) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Success,
        (false, false) => Exit::Missing,
    })
}

fn list(drift: &Drift, listing: &mut Listing) -> Outcome {
    let item = serde_json::json!({
        "drift": word(drift),
        "id": drift.id,
        "there": drift.source.map(|at| at.to_string()),
        "here": drift.held.map(|at| at.to_string()),
    });
    let row =
        [word(drift).to_owned(), drift.id.clone(), instant(drift.source), instant(drift.held)];
    listing.item(&item.to_string(), || row.into())
}

fn word(drift: &Drift) -> &'static str {
    match drift.kind {
        DriftKind::Missing => "missing",
        DriftKind::Stale => "stale",
        DriftKind::Revoked => "revoked on one side alone",
        _ => "different",
    }
}

fn instant(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// Where the objects are: what --into names, or the replica of this machine.
fn held_in(arguments: &Audit) -> Outcome<Place> {
    match (&arguments.into, &arguments.local) {
        (Some(into), _) => Place::parse(into),
        (None, Some(folder)) => Ok(Place::Folder(folder.clone())),
        (None, None) => Err(Failure::new(Exit::Usage, "expected --local DIR or --into DIR | URL")),
    }
}

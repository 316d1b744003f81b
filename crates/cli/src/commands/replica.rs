//! `inthreat replica`: what a replica holds, whether it is sound, whether two are the same, and what keeps it whole.

use std::path::Path;

use inthreat_api::Objects;
use inthreat_replica::{Difference, Options};
use inthreat_store::ErrorKind;

use crate::{
    arguments::{ProgressMode, Remote, Replica, Told},
    commands::{history, sql, stats},
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::{Output, say},
    progress::{Progress, Unit},
    source,
};

/// How many differences or findings are printed.
const PRINTED_MAX: usize = 20;
/// What is counted where older versions of an object count too.
const VERSION: &str = "object version";

pub(crate) async fn run(arguments: Replica, mode: ProgressMode) -> Outcome<Exit> {
    match arguments {
        Replica::Stats { of, shown } => stats::run(of.folder(), &shown).await,
        Replica::Verify { of, told } => verify(of.folder(), &told, mode),
        Replica::Rebuild { folder } => rebuild(&folder),
        Replica::Repair { folder, fetch, unasked, remote } => {
            repair(&folder, fetch.then_some(&remote), unasked.yes).await
        }
        Replica::Backup { folder, to } => {
            let progress = Progress::new("backup", Unit::Bytes, mode);
            let copied = source::open_replica(&folder)?.backup_with(&to, |done, all| {
                progress.set_total(all);
                progress.set_done(done);
            });
            progress.clear();
            copied.map_err(|error| match error.kind() {
                ErrorKind::Incompatible => {
                    Failure::from(error).hint("name a folder that is not there yet")
                }
                _ => error.into(),
            })?;
            say(format!("copied to `{}`", to.display()));
            Ok(Exit::Success)
        }
        Replica::Restore { from, folder } => {
            let verified = inthreat_replica::Replica::restore(&from, &folder)?;
            let versions = measure::things(verified.objects, VERSION);
            say(format!("restored in `{}`: {versions}, all verified", folder.display()));
            Ok(Exit::Success)
        }
        Replica::Sql { folder, statement, limit, shown } => {
            sql::run(&folder, &statement, limit.unwrap_or(u64::MAX), &shown)
        }
        Replica::Compact(arguments) => history::compact(&arguments),
        Replica::Changes(arguments) => history::changes(&arguments),
        Replica::Diff { left, right, told } => diff(&left, &right, &told),
    }
}

fn verify(folder: &Path, told: &Told, mode: ProgressMode) -> Outcome<Exit> {
    let replica = source::open_replica(folder)?;
    let progress = Progress::new("verify", Unit::Objects, mode);
    progress.set_total(replica.moment()?.sequence);
    let verified = replica.verify_with(|sequence| progress.set_done(sequence))?;
    progress.clear();
    let is_sound = verified.is_sound();
    let total = if is_sound {
        let versions = measure::things(verified.objects, VERSION);
        format!("sound: {versions}, every checksum and every row as it should be")
    } else {
        format!("damaged: {}", measure::things(verified.faults, "finding"))
    };
    let messages = verified.findings.into_iter().map(|finding| finding.message);
    if let Some(mut listing) = told.listing(&["finding"]) {
        for message in messages {
            let item = serde_json::json!({ "finding": message });
            listing.item(&item.to_string(), || vec![message])?;
        }
        listing.finish()?;
        say(total);
    } else {
        lines(messages.take(PRINTED_MAX).chain([total]))?;
    }
    if !is_sound {
        let name = folder.display();
        say(format!(
            "hint: `inthreat replica rebuild {name}` makes rows anew, `inthreat replica repair {name}` drops objects that are damaged"
        ));
    }
    Ok(if is_sound { Exit::Success } else { Exit::Missing })
}

/// Prints lines of words.
fn lines(lines: impl Iterator<Item = String>) -> Outcome {
    let mut output = Output::new();
    for line in lines {
        output.line(&line)?;
    }
    output.finish()
}

fn rebuild(folder: &Path) -> Outcome<Exit> {
    let replica = inthreat_replica::Replica::open_writer(folder, Options::default())?;
    let rebuilt = replica.rebuild()?;
    let versions = measure::things(rebuilt.objects, VERSION);
    let mended = measure::things(rebuilt.mended, "row");
    say(format!("rebuilt: {versions} read, {mended} of the arrival log mended"));
    Ok(Exit::Success)
}

async fn repair(folder: &Path, remote: Option<&Remote>, yes: bool) -> Outcome<Exit> {
    let client = remote.map(source::client).transpose()?;
    // What cannot be repaired is no question, and others may write while somebody thinks about it.
    drop(source::open_replica(folder)?);
    let which = if client.is_some() { "damaged and cannot be fetched again" } else { "damaged" };
    confirm(yes, &format!("Drop the objects in `{}` that are {which}?", folder.display()))?;
    let replica = inthreat_replica::Replica::open_writer(folder, Options::default())?;
    let repaired = replica.repair(client.as_ref().map(|client| client as &dyn Objects)).await?;
    let mut output = Output::new();
    for id in &repaired.ids {
        output.line(&format!("dropped: {id}"))?;
    }
    output.finish()?;
    let hit = measure::things(repaired.hit, "damaged version");
    let [restored, dropped, renewed] =
        [repaired.restored, repaired.dropped, repaired.renewed].map(measure::count);
    say(format!(
        "{hit}: {restored} fetched again, {dropped} dropped, {renewed} replaced by a newer one"
    ));
    Ok(if repaired.dropped == 0 { Exit::Success } else { Exit::Missing })
}

fn diff(left: &Path, right: &Path, told: &Told) -> Outcome<Exit> {
    let diff = source::open_replica(left)?.diff(&source::open_replica(right)?)?;
    let exit = if diff.is_identical() { Exit::Success } else { Exit::Missing };
    let identical = measure::count(diff.identical);
    let total = if diff.is_identical() {
        format!("identical: {}, byte for byte", measure::things(diff.identical, "object"))
    } else {
        let [first, second, other] =
            [diff.only_left, diff.only_right, diff.different].map(measure::count);
        format!(
            "they differ: {first} only in the first, {second} only in the second, {other} different; {identical} are the same"
        )
    };
    let differences = diff.differences.iter().filter_map(|difference| match difference {
        Difference::OnlyLeft(id) => Some(("only in the first", id)),
        Difference::OnlyRight(id) => Some(("only in the second", id)),
        Difference::Different(id) => Some(("different", id)),
        _ => None,
    });
    if let Some(mut listing) = told.listing(&["difference", "id"]) {
        for (difference, id) in differences {
            let item = serde_json::json!({ "difference": difference, "id": id.to_string() });
            listing.item(&item.to_string(), || vec![difference.to_owned(), id.to_string()])?;
        }
        listing.finish()?;
        say(total);
    } else {
        let words = differences.map(|(difference, id)| format!("{difference}: {id}"));
        lines(words.take(PRINTED_MAX).chain([total]))?;
    }
    Ok(exit)
}

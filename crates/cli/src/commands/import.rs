//! `inthreat import`: files of objects into a replica.

use std::{
    fs::File,
    io::{self, Read, stdin},
    path::Path,
    sync::Arc,
};

use inthreat_api::FeedId;
use inthreat_replica::{Options, Replica};
use inthreat_stix::{Reader, ReaderOptions, Rejected};
use inthreat_store::{Batch, Sink, Written};
use tokio::sync::mpsc;

use crate::{
    arguments::{Import, ProgressMode},
    commands,
    exit::Exit,
    failure::Outcome,
    input,
    measure::{self, Step},
    place::{self, WRITE_NICENESS},
    print::say,
    progress::{Progress, Unit},
    terminal,
};

/// Of how many items of a file it is said that they are set aside.
const TOLD_MAX: usize = 20;
/// How much of an item's text is said.
const TOLD_LENGTH: usize = 60;
/// How many objects are written in one transaction.
const BATCH_OBJECTS: usize = 16_000;

pub(crate) async fn run(arguments: Import, mode: ProgressMode) -> Outcome<Exit> {
    let progress = Arc::new(Progress::new("import", Unit::Bytes, mode));
    progress.set_total(length(&arguments.files));
    let options = arguments.room.of(Options::default()).with_write_niceness(WRITE_NICENESS);
    let replica = Replica::create_or_open(&arguments.into, options)?;
    place::tell_behind(&replica);
    let step = Step::begin();
    let (mut written, mut bytes) = (Written::default(), 0);
    for file in &arguments.files {
        let before = written;
        bytes += import(file, &replica, &mut written, &progress).await?;
        if stored(&written) == stored(&before) {
            let items = written.quarantined - before.quarantined;
            tell_nothing(file, items, &progress);
        }
    }
    progress.clear();
    let objects = stored(&written);
    say(format!(
        "imported {} ({} new or changed, {} known) in {:.1} s: {}{}",
        measure::things(objects, "object"),
        measure::count(written.accepted),
        measure::count(written.unchanged + written.outdated),
        step.elapsed().as_secs_f64(),
        measure::rates(objects, bytes, step.elapsed()),
        measure::peak_words(),
    ));
    commands::tell_quarantined(written.quarantined);
    if written.quarantined > 0 {
        let folder = arguments.into.display();
        say(terminal::visible(&format!(
            "hint: `inthreat quarantine list {folder}` shows what was set aside, and why"
        )));
    }
    // Nothing is what an export of what came since has on a quiet day.
    let is_wrong = objects == 0 && written.quarantined > 0;
    if is_wrong {
        say("hint: `inthreat validate FILE` says what is wrong, and where");
    }
    Ok(if is_wrong { Exit::Missing } else { Exit::Success })
}

/// How many objects of those that were written are there.
fn stored(written: &Written) -> u64 {
    written.accepted + written.unchanged + written.outdated
}

/// Says what is in a file that holds no object.
fn tell_nothing(file: &Path, items: u64, progress: &Progress) {
    let name = input::name(file);
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0);
    progress.say(&match items {
        0 if is_empty => format!("{name} is empty"),
        0 => format!("{name} holds no object"),
        1 => format!("{name} holds no object, but one item that cannot be stored as one"),
        _ => {
            let items = measure::count(items);
            format!("{name} holds no object, but {items} items that cannot be stored as one")
        }
    });
}

/// Writes what a file holds, and gives how many bytes its objects have. The file is read on while a batch is written.
async fn import(
    file: &Path,
    replica: &Replica,
    written: &mut Written,
    progress: &Arc<Progress>,
) -> Outcome<u64> {
    let (sender, mut batches) = mpsc::channel(1);
    let path = file.to_owned();
    let progress = Arc::clone(progress);
    let reading = tokio::task::spawn_blocking(move || {
        read(&path, &progress, |batch| sender.blocking_send(batch).is_ok())
    });
    while let Some(batch) = batches.recv().await {
        *written += replica.write(batch).await?;
    }
    reading.await.map_err(|error| input::failed(file, &error))?
}

/// Reads a file batch by batch until it ends or nobody wants more, and gives how many bytes its objects have.
fn read(file: &Path, progress: &Progress, mut each: impl FnMut(Batch) -> bool) -> Outcome<u64> {
    let source: Box<dyn Read> = if input::is_standard(file) {
        Box::new(stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| input::failed(file, &error))?)
    };
    let source = Counted { source, progress };
    // Objects that come twice are told apart by the replica, so the reader need not remember them.
    let options = ReaderOptions::default().with_remembered_ids_max(0);
    let (mut bytes, mut told) = (0, 0);
    let mut batch = Batch::new(FeedId::default());
    for item in Reader::with_options(source, options) {
        let before = batch.rejected.len();
        let words = match item {
            Ok(object) => {
                bytes += object.as_bytes().len() as u64;
                batch.extend([object]);
                batch.rejected.get(before).map(reason_and_text)
            }
            Err(error) => {
                let Some(rejected) = error.rejected() else {
                    return Err(input::failed(file, &error));
                };
                batch.rejected.push(rejected.clone());
                Some(rejected.to_string())
            }
        };
        if let Some(words) = words
            && told < TOLD_MAX
        {
            progress.say(&format!("set aside: {}: {words}", input::name(file)));
            told += 1;
        }
        if batch.len() == BATCH_OBJECTS && !each(std::mem::take(&mut batch)) {
            return Ok(bytes);
        }
    }
    if !batch.is_empty() {
        each(batch);
    }
    Ok(bytes)
}

/// Why an object is set aside that could be read but not stored, and how it begins.
fn reason_and_text(rejected: &Rejected) -> String {
    let text = String::from_utf8_lossy(rejected.as_bytes());
    let shown: String = text.chars().take(TOLD_LENGTH).collect();
    let rest = if shown.len() < text.len() { "…" } else { "" };
    format!("{}: {shown}{rest}", rejected.reason())
}

/// How many bytes the files have; 0 when one does not tell, such as a pipe or standard input.
fn length(files: &[impl AsRef<Path>]) -> u64 {
    let length = |file: &Path| {
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file);
        let metadata = metadata.filter(|_| !input::is_standard(file))?;
        Some(metadata.len())
    };
    files.iter().map(|file| length(file.as_ref())).sum::<Option<u64>>().unwrap_or_default()
}

/// Tells how much of a file is read.
struct Counted<'a> {
    source: Box<dyn Read>,
    progress: &'a Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.progress.add(count as u64);
        Ok(count)
    }
}

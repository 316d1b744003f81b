//! The feed of MISP as a folder of files, for any web server to serve.

use std::{
    collections::HashSet,
    ffi::OsStr,
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use inthreat_api::IntelligenceCenter;
use inthreat_misp::{MispFeed, MispText, manifest};
use inthreat_store::{Error, sync_folder};

use super::{center, feed};
use crate::{
    arguments::Export,
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
};

/// Marks a folder as one that is written here, and is locked while that goes on.
const MARK: &str = ".inthreat";
/// How a file is called until it is whole.
const UNFINISHED: &str = ".unfinished";
/// How long the name of an event's file is: a UUID and `.json`.
const EVENT_NAME_LENGTH: usize = 41;

/// Writes the folder, and gives the number of events. Each file is replaced when it is whole; the manifest is the last one, and
/// what it no longer names is removed after it: who reads meanwhile finds every event that the manifest in hand tells of, or
/// is told that it is gone.
pub(super) async fn write(arguments: &Export) -> Outcome<u64> {
    let Some(folder) = &arguments.dir else {
        return Err(Failure::new(Exit::Usage, "expected --dir DIR"));
    };
    if !arguments.types.is_empty() || arguments.since.is_some() || arguments.as_of.is_some() {
        let words = "a feed of MISP has all indicators that are active now; --types, --since and --as-of do not go with it";
        return Err(Failure::new(Exit::Usage, words));
    }
    let now = clock::now().ok_or_else(|| Failure::new(Exit::Storage, "read the clock"))?;
    let folder = Folder::open(folder)?;
    let center: Arc<dyn IntelligenceCenter> = center(arguments)?;
    let mut feed = MispFeed::new(feed(arguments)?);
    feed.refresh(center.as_ref()).await?;
    let events = feed.events(now);
    let mut names: HashSet<String> = HashSet::with_capacity(events.len());
    for event in &events {
        let uuid = event.uuid();
        if let Some(text) = feed.event_text(Arc::clone(&center), &uuid, now) {
            let name = format!("{uuid}.json");
            folder.write(&name, text).await?;
            names.insert(name);
        }
    }
    folder.write("hashes.csv", feed.hashes_text(Arc::clone(&center), now)).await?;
    folder.put("manifest.json", &manifest(center.as_ref(), &events).await?)?;
    folder.keep(&names)?;
    Ok(names.len() as u64)
}

/// A folder that nobody else writes.
struct Folder {
    path: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

impl Folder {
    /// Makes the folder when it is absent. One with files of others is refused, since events are removed from it.
    fn open(path: &Path) -> Outcome<Self> {
        fs::create_dir_all(path).map_err(|error| failed("make", path, error))?;
        let mark = path.join(MARK);
        if !mark.exists() {
            let mut entries = fs::read_dir(path).map_err(|error| failed("read", path, error))?;
            if entries.next().is_some() {
                let words = format!("write into `{}`: it has files of others", path.display());
                return Err(Failure::new(Exit::Usage, words).hint(
                    "name a folder that is empty or absent, or one that this command wrote",
                ));
            }
        }
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&mark);
        let lock = lock.map_err(|error| failed("open", &mark, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let words = format!("write into `{}`: another process does", path.display());
                Err(Failure::new(Exit::Storage, words).hint("run it again when that one has ended"))
            }
            Err(TryLockError::Error(error)) => Err(failed("lock", &mark, error)),
        }
    }

    async fn write(&self, name: &str, mut text: MispText) -> Outcome {
        let mut file = self.begin()?;
        while let Some(piece) = text.next_piece().await? {
            file.write_all(&piece)
                .map_err(|error| failed("write", &self.path.join(name), error))?;
        }
        self.end(name, &file)
    }

    fn put(&self, name: &str, text: &[u8]) -> Outcome {
        let mut file = self.begin()?;
        file.write_all(text).map_err(|error| failed("write", &self.path.join(name), error))?;
        self.end(name, &file)
    }

    /// A file that may be read by whom the umask allows, such as a web server.
    fn begin(&self) -> Outcome<File> {
        let path = self.path.join(UNFINISHED);
        File::create(&path).map_err(|error| failed("write", &path, error))
    }

    fn end(&self, name: &str, file: &File) -> Outcome {
        let path = self.path.join(name);
        file.sync_all()
            .and_then(|()| fs::rename(self.path.join(UNFINISHED), &path))
            .map_err(|error| failed("write", &path, error))
    }

    /// Removes the files of events that are not among these.
    fn keep(&self, names: &HashSet<String>) -> Outcome {
        let read = |error| failed("read", &self.path, error);
        // The manifest is there before anything goes.
        sync_folder(&self.path).map_err(read)?;
        for entry in fs::read_dir(&self.path).map_err(read)? {
            let name = entry.map_err(read)?.file_name();
            if is_event(&name) && !name.to_str().is_some_and(|name| names.contains(name)) {
                let path = self.path.join(&name);
                fs::remove_file(&path).map_err(|error| failed("remove", &path, error))?;
            }
        }
        Ok(())
    }
}

fn is_event(name: &OsStr) -> bool {
    let stem = name.to_str().and_then(|name| name.strip_suffix(".json"));
    name.len() == EVENT_NAME_LENGTH
        && stem.is_some_and(|stem| stem.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()))
}

fn failed(what: impl fmt::Display, path: &Path, error: io::Error) -> Failure {
    Error::from_io(format_args!("{what} `{}`", path.display()), error).into()
}

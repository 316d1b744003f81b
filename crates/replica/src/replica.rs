//! The replica itself: opening, and questions that block.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::{Id, RawObject};
use inthreat_store::{ErrorKind, Result};

use crate::{
    fault::Fault,
    finishing::Finishing,
    folder::{self, WriterLock},
    lookup::{Hit, LookupOptions},
    migrate,
    options::Options,
    reader::{Reader, Readers},
    schema,
    sink::blocking,
    subscription::Watcher,
    write::{self, Writer},
    writer_thread::WriterThread,
};

const LOOK_UP: &str = "look an observable up in";

/// A copy of the Intelligence Center in a folder.
///
/// It answers the traits of `inthreat-api` and takes batches by those of `inthreat-store`; these run their work on
/// threads that may block. The methods of the type itself block the thread that calls them.
///
/// Any number of processes may read while one writes. Dropping a replica that writes waits for the batch at hand.
///
/// # Errors
///
/// A folder that holds no replica, or one of a newer version, is `Incompatible` and is not touched; so is one of an older
/// version that is to be read only. A second writer is
/// `Busy`; the message names the first. Stored bytes that are not what was written are `Corrupt`, and the message
/// names the objects. A disk that is full, or the quota of [`Options`], is `Full`: nothing of the batch is written,
/// what was there before stays and can be read; what the last batches brought may be missing from look-ups and filters
/// until there is room for its rows.
///
/// ```
/// use inthreat_replica::{Options, Replica};
/// use inthreat_store::{Batch, Sink};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("copy");
/// let replica = Replica::create_or_open(&folder, Options::default())?;
/// let text = r#"{"type":"identity","id":"identity--357447d7-9229-4ce1-b7fa-f1b83587048e"}"#;
/// let mut batch = Batch::default();
/// batch.extend(inthreat_stix::split::ndjson(text).objects);
/// assert_eq!(replica.write(batch).await?.accepted, 1);
///
/// let id = "identity--357447d7-9229-4ce1-b7fa-f1b83587048e".parse()?;
/// assert_eq!(replica.get(&id)?.map(|object| object.as_str().to_owned()).as_deref(), Some(text));
/// # Ok(())
/// # }
/// ```
pub struct Replica {
    pub(crate) readers: Arc<Readers>,
    pub(crate) writer: Option<Arc<WriterThread>>,
    /// What another writer left to be done.
    pub(crate) finishing: Option<Arc<Finishing>>,
    /// The community that feeds are made for and seen by.
    pub(crate) community: Option<String>,
    /// Looks for what others write, where somebody wants to be told.
    pub(crate) watcher: Mutex<Option<Watcher>>,
}

impl Replica {
    /// The most objects that one observable is answered with.
    pub const HITS_MAX: usize = crate::lookup::HITS_MAX;

    /// Opens the replica in a folder for reading.
    ///
    /// What a writer left to be done that was killed is done beside it, unless there is another writer by now; until then questions
    /// wait, but for pages of feeds, which go as far as what can be found. Dropping the replica ends that.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self> {
        let folder = folder.as_ref();
        folder::check(folder)
            .and_then(|()| {
                let community = options.community.clone();
                let readers = Self::readers(folder, options, true)?;
                let finishing = Finishing::start(&readers);
                Ok(Self { readers, writer: None, finishing, community, watcher: Mutex::default() })
            })
            .map_err(|fault| fault.into_store("open", folder))
    }

    /// Opens the replica in a folder for reading and writing. Tables of an older version are brought up to this one.
    pub fn open_writer(folder: impl AsRef<Path>, options: Options) -> Result<Self> {
        let folder = folder.as_ref();
        folder::version(folder)
            .and_then(|_| Self::writing(folder, options))
            .map_err(|fault| fault.into_store("open for writing", folder))
    }

    /// Opens the replica in a folder for reading and writing; where there is no such folder, or an empty one, makes it.
    pub fn create_or_open(folder: impl AsRef<Path>, options: Options) -> Result<Self> {
        let folder = folder.as_ref();
        let open = || {
            if folder::is_free(folder)? {
                std::fs::create_dir_all(folder)?;
            } else {
                folder::version(folder)?;
            }
            Self::writing(folder, options)
        };
        open().map_err(|fault| fault.into_store("open for writing", folder))
    }

    fn writing(folder: &Path, options: Options) -> Result<Self, Fault> {
        let lock = WriterLock::take(folder)?;
        // Only who holds the lock may find out that it is still to be made.
        if folder::is_free(folder)? {
            folder::create(folder)?;
        }
        match folder::version(folder)? {
            1 => migrate::from_version_1(folder, &options)?,
            2..=5 => migrate::in_place(folder, &options)?,
            _ => {}
        }
        folder::check(folder)?;
        let community = options.community.clone();
        let niceness = options.write_niceness;
        let readers = Self::readers(folder, options, false)?;
        let writer = Writer::new(Arc::clone(&readers))?;
        let writer = Some(Arc::new(WriterThread::start(writer, lock, niceness)?));
        Ok(Self { readers, writer, finishing: None, community, watcher: Mutex::default() })
    }

    fn readers(folder: &Path, options: Options, mapped: bool) -> Result<Arc<Readers>, Fault> {
        let readers = Readers::new(folder.to_owned(), options, mapped);
        // Opening one reader now tells at once what is wrong with the file.
        readers.ask(|reader| schema::check_tables(&reader.connection))?;
        Ok(readers)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.readers.folder
    }

    /// The path of the `SQLite` database in it.
    pub fn database(&self) -> PathBuf {
        folder::database(self.folder())
    }

    /// The same replica, for the feeds of another community. It costs nothing to make, and whoever drops the last one
    /// closes the replica.
    #[must_use]
    pub fn for_community(&self, uuid: impl Into<String>) -> Self {
        Self {
            readers: Arc::clone(&self.readers),
            writer: self.writer.clone(),
            finishing: self.finishing.clone(),
            community: Some(uuid.into()),
            watcher: Mutex::default(),
        }
    }

    /// The newest version of an object. Blocks.
    pub fn get(&self, id: &Id) -> Result<Option<RawObject>> {
        self.ask_snapshot("read an object from", |reader| reader.get(id))
    }

    /// The objects that name an observable, oldest `modified` first, at most [`Replica::HITS_MAX`]. Blocks.
    ///
    /// The value is normalised as it was when it was stored, and may be defanged; an address, or a network, is named by a
    /// network that it lies in too. Objects that were withdrawn or
    /// have expired are among the hits. No body is read.
    pub fn lookup(&self, observable: &Observable) -> Result<Vec<Hit>> {
        let answer =
            |reader: &mut Reader| Ok(reader.lookup(observable, LookupOptions::default())?.0);
        // What is one question to the database needs no snapshot; an address is asked for by its networks too.
        match observable.observable_type {
            ObservableType::Ipv4Addr | ObservableType::Ipv6Addr => {
                self.ask_snapshot(LOOK_UP, answer)
            }
            _ => self.ask(LOOK_UP, answer),
        }
    }

    /// Waits until everything that this process wrote can be found, or that a killed one left. Blocks.
    pub(crate) fn settle(&self) -> Result<(), Fault> {
        match (&self.writer, &self.finishing) {
            (Some(writer), _) => writer.settle(),
            (None, Some(finishing)) if !finishing.is_over() => finishing.wait(),
            (None, _) => Ok(()),
        }
    }

    /// Like [`Replica::settle`], without blocking.
    pub(crate) async fn settled(&self) -> Result<(), Fault> {
        match (&self.writer, &self.finishing) {
            (Some(writer), _) => writer.settled().await,
            (None, Some(finishing)) if !finishing.is_over() => {
                let finishing = Arc::clone(finishing);
                blocking(move || finishing.wait()).await
            }
            (None, _) => Ok(()),
        }
    }

    /// Whether everything that is stored can be found: otherwise the next question waits for that.
    pub fn is_settled(&self) -> bool {
        self.writer.as_ref().is_none_or(|writer| writer.is_settled())
            && self.finishing.as_ref().is_none_or(|finishing| finishing.is_over())
    }

    /// How many objects cannot be found yet because who wrote them was stopped; none once their derived rows are written. That
    /// is done from the opening on; questions wait for it, but for pages of feeds. Blocks.
    ///
    /// ```
    /// # use inthreat_replica::{Options, Replica};
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// assert_eq!(replica.left_behind()?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn left_behind(&self) -> Result<u64> {
        let is_over = match (&self.writer, &self.finishing) {
            (Some(writer), _) => writer.has_caught_up(),
            (None, Some(finishing)) => finishing.is_over(),
            (None, None) => true,
        };
        if is_over {
            return Ok(0);
        }
        let behind = self.readers.ask(|reader| write::behind(&reader.connection));
        behind.map_err(|fault| fault.into_store("tell what was left in", self.folder()))
    }

    /// Answers a question that may come with a new version meanwhile. Blocks.
    pub(crate) fn ask<T>(
        &self,
        operation: &str,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault>,
    ) -> Result<T> {
        self.settle()
            .and_then(|()| self.readers.ask(question))
            .map_err(|fault| fault.into_store(operation, self.folder()))
    }

    /// Like [`Replica::ask`], from one state of the database. Blocks.
    pub(crate) fn ask_snapshot<T>(
        &self,
        operation: &str,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault>,
    ) -> Result<T> {
        self.settle()
            .and_then(|()| self.readers.ask_snapshot(question))
            .map_err(|fault| fault.into_store(operation, self.folder()))
    }

    /// The thread that writes.
    pub(crate) fn writer(&self) -> Result<&WriterThread, Fault> {
        let message = "it was opened for reading alone";
        self.writer.as_deref().ok_or_else(|| Fault::Told(ErrorKind::Incompatible, message.into()))
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica")
            .field("folder", &self.folder())
            .field("writes", &self.writer.is_some())
            .finish_non_exhaustive()
    }
}

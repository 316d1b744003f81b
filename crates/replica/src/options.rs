//! How a replica is opened.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use inthreat_store::format::Formulas;

/// When an acknowledged batch is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// At the next checkpoint. A killed process loses nothing; a power cut may take the last batches back, and
    /// their cursors with them, so that a feed is simply read again from there.
    #[default]
    Normal,
    /// Before it is acknowledged.
    Full,
}

/// How a replica is opened.
///
/// ```
/// use inthreat_replica::{Durability, Options};
///
/// let options = Options::default().with_durability(Durability::Full).with_size_max_bytes(10 << 30);
/// assert_eq!(options.size_max_bytes, Some(10 << 30));
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// When an acknowledged batch is on the disk.
    pub durability: Durability,
    /// How large the database may grow, in bytes; writing more is an error of kind `Full`. The rows by
    /// which objects are found that were taken already, and compactions, may take 32 MiB more. `None`: as the disk allows.
    pub size_max_bytes: Option<u64>,
    /// How many questions may be answered at a time; each takes a connection of its own. Long pages whose objects lie far apart are
    /// read over up to three more, where the machine has as many cores to spare.
    pub readers: usize,
    /// How much of the database a reading connection keeps in memory, in bytes.
    pub reader_cache_bytes: u32,
    /// How much of the database is mapped into memory where a replica is only read, in bytes. Questions are answered
    /// several times faster; the pages are the system's and given back when it needs them. 0 turns it off. No more is
    /// mapped than `SQLite` was built for: 2 GiB where nothing else was said, 1 TiB in this workspace.
    pub mapped_bytes: u64,
    /// How much of the database the writing connection keeps in memory, in bytes.
    pub writer_cache_bytes: u32,
    /// How many bytes of decompressed objects are kept in memory.
    pub block_cache_bytes: usize,
    /// How many objects of large batches may be stored before look-ups in other processes find them; where it is more, one
    /// in 32 of all objects, up to 131,072. While an empty replica is filled without a second's pause, 1,835,008, or 131,072 under a
    /// quota. Who asks the replica after a kill waits for those, some 10 µs each. More makes a sync of millions faster, and takes some
    /// 20 bytes of memory each.
    pub index_lag_objects: usize,
    /// Whether short questions of the traits (an object, some objects, its relationships, a context, a look-up, whether a page has
    /// changed) are answered on the thread that asks, which is several times faster than to change threads. `false`: no thread
    /// of a runtime ever waits for the disk.
    ///
    /// Such an answer reads at most 256 KiB, of which a row counts as 4 KiB, and waits for no other question, no writer and no
    /// lock of another process: that is well under a millisecond where the file is in memory, and otherwise as long as the disk
    /// takes for some 60 small reads. A question that turns out to need more is begun anew on a thread that may block. It is
    /// for programs whose threads do nothing else than to answer, on disks that are fast or files that fit into memory.
    pub answers_in_place: bool,
    /// By how much the threads that write give way to others of the machine, as `nice` counts, up to 19; 0 when nothing is said. Where
    /// nothing else is done they write as fast, and questions do not wait for them. On Linux alone; elsewhere nothing comes of it.
    pub write_niceness: u8,
    /// For how long states of the past can be told: what is older is dropped by the process that writes, in its pauses, as by
    /// [`Replica::compact`](crate::Replica::compact). `None`: for ever.
    pub history_max: Option<Duration>,
    /// How often a process that only reads looks for what others committed, where somebody subscribes.
    pub watch_interval: Duration,
    /// The UUID of the community that feeds are made for; those of others, and of none, are as if they were not there.
    /// `None`: all feeds are seen, and those that are made belong to no community.
    pub community: Option<String>,
    /// What becomes of cells of CSV that a spreadsheet would take for formulas.
    pub formulas: Formulas,
    clock: Clock,
}

type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

impl Options {
    /// Sets when an acknowledged batch is on the disk.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets how large the database may grow, in bytes.
    #[must_use]
    pub fn with_size_max_bytes(mut self, bytes: u64) -> Self {
        self.size_max_bytes = Some(bytes);
        self
    }

    /// Sets how many questions may be answered at a time; at least 1.
    #[must_use]
    pub fn with_readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// Sets how many bytes of decompressed objects are kept in memory.
    #[must_use]
    pub fn with_block_cache_bytes(mut self, bytes: usize) -> Self {
        self.block_cache_bytes = bytes;
        self
    }

    /// Sets how many objects of large batches may be stored before look-ups in other processes find them.
    #[must_use]
    pub fn with_index_lag_objects(mut self, objects: usize) -> Self {
        self.index_lag_objects = objects;
        self
    }

    /// Sets by how much the threads that write give way to others: see [`Options::write_niceness`].
    #[must_use]
    pub fn with_write_niceness(mut self, niceness: u8) -> Self {
        self.write_niceness = niceness;
        self
    }

    /// Sets whether short questions are answered on the thread that asks: see [`Options::answers_in_place`].
    #[must_use]
    pub fn with_answers_in_place(mut self, in_place: bool) -> Self {
        self.answers_in_place = in_place;
        self
    }

    /// Sets for how long states of the past can be told.
    #[must_use]
    pub fn with_history_max(mut self, time: Duration) -> Self {
        self.history_max = Some(time);
        self
    }

    /// Sets how often a process that only reads looks for what others committed.
    #[must_use]
    pub fn with_watch_interval(mut self, interval: Duration) -> Self {
        self.watch_interval = interval;
        self
    }

    /// Sets the community that feeds are made for.
    #[must_use]
    pub fn with_community(mut self, uuid: impl Into<String>) -> Self {
        self.community = Some(uuid.into());
        self
    }

    /// Sets what becomes of cells of CSV that a spreadsheet would take for formulas.
    #[must_use]
    pub fn with_formulas(mut self, formulas: Formulas) -> Self {
        self.formulas = formulas;
        self
    }

    /// Sets the clock that says which indicators have expired, when an item came into quarantine, when a feed was made and
    /// when a lease ends.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// This instant.
    pub(crate) fn instant(&self) -> SystemTime {
        (self.clock)()
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub(crate) fn now(&self) -> i64 {
        let since = self.instant().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }
}

impl Default for Options {
    /// The system's clock, two readers, and caches that keep a process that writes well under 100 MB.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others take from here")]
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            size_max_bytes: None,
            readers: 2,
            reader_cache_bytes: 16 << 20,
            mapped_bytes: 1 << 40,
            writer_cache_bytes: 10 << 20,
            block_cache_bytes: 8 << 20,
            index_lag_objects: 32 << 10,
            answers_in_place: false,
            write_niceness: 0,
            history_max: None,
            watch_interval: Duration::from_millis(200),
            community: None,
            formulas: Formulas::default(),
            clock: Arc::new(SystemTime::now),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("durability", &self.durability)
            .field("size_max_bytes", &self.size_max_bytes)
            .field("readers", &self.readers)
            .field("reader_cache_bytes", &self.reader_cache_bytes)
            .field("mapped_bytes", &self.mapped_bytes)
            .field("writer_cache_bytes", &self.writer_cache_bytes)
            .field("block_cache_bytes", &self.block_cache_bytes)
            .field("index_lag_objects", &self.index_lag_objects)
            .field("answers_in_place", &self.answers_in_place)
            .field("write_niceness", &self.write_niceness)
            .field("history_max", &self.history_max)
            .field("watch_interval", &self.watch_interval)
            .field("community", &self.community)
            .field("formulas", &self.formulas)
            .finish_non_exhaustive()
    }
}

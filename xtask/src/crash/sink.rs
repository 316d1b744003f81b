//! The sinks that a pull is killed over, and what each of them promises.

use std::time::Duration;

/// A sink, and how the program and `landed` are told of it.
pub(super) struct Sink {
    /// How it is asked for.
    pub(super) name: &'static str,
    /// What `landed` calls its kind.
    pub(super) kind: &'static str,
    /// The server that it needs.
    pub(super) service: Option<&'static str>,
    /// The arguments of the program; `URL` stands for the address of the server.
    arguments: &'static [&'static str],
    /// Its path, where it is no server.
    path: &'static str,
    /// Whether a batch that was cut off may be there twice: who keeps every version compares nothing.
    pub(super) repeats: bool,
    /// The longest that a pull is left alone, in milliseconds.
    pub(super) life_ms_max: u64,
    /// How many objects a page has: few, so that there is much to be interrupted.
    pub(super) limit: u64,
    /// After so many kills the cursor is held against the data.
    pub(super) check_every: u32,
    /// What passes from a kill to the next start.
    pub(super) pause: Duration,
    /// The duplicate window of the stream, in milliseconds, where it is not the default.
    pub(super) duplicate_window_ms: Option<&'static str>,
}

const FILES: Sink = Sink {
    name: "ndjson",
    kind: "file",
    service: None,
    arguments: &["--ndjson", "copy.ndjson", "--state", "copy.ndjson.cursors"],
    path: "copy.ndjson",
    repeats: true,
    life_ms_max: 250,
    limit: 20,
    check_every: 10,
    pause: Duration::ZERO,
    duplicate_window_ms: None,
};

const NATS: Sink = Sink {
    name: "nats",
    kind: "nats",
    service: Some("nats"),
    arguments: &["--into", "URL", "--state", "URL"],
    path: "",
    repeats: false,
    ..FILES
};

/// All of them. Files turn over often, so that many kills meet one that is closed just then.
pub(super) const SINKS: &[Sink] = &[
    Sink {
        name: "replica-pull",
        kind: "replica",
        arguments: &["--into", "copy"],
        path: "copy",
        repeats: false,
        check_every: 1,
        ..FILES
    },
    // Derived rows of large pages are written some batches later.
    Sink {
        name: "replica-bulk",
        kind: "replica",
        arguments: &["--into", "bulk"],
        path: "bulk",
        repeats: false,
        life_ms_max: 400,
        limit: 2000,
        check_every: 1,
        ..FILES
    },
    FILES,
    Sink {
        name: "ndjson-dir",
        kind: "folder",
        arguments: &[
            "--ndjson-dir",
            "files",
            "--state",
            "files.cursors",
            "--rotate-bytes",
            "100000",
        ],
        path: "files",
        ..FILES
    },
    Sink {
        name: "ndjson-zstd",
        kind: "folder",
        arguments: &[
            "--ndjson-dir",
            "packed",
            "--state",
            "packed.cursors",
            "--rotate-bytes",
            "100000",
            "--zstd",
        ],
        path: "packed",
        ..FILES
    },
    Sink {
        name: "postgres",
        kind: "postgres",
        service: Some("postgres"),
        arguments: &["--into", "URL"],
        path: "",
        repeats: false,
        // It takes longer to get going.
        life_ms_max: 400,
        ..FILES
    },
    NATS,
    // The window is the shortest that a server takes, and over when the next pull begins: what was cut off is there twice.
    Sink {
        name: "nats-late",
        repeats: true,
        pause: Duration::from_millis(150),
        duplicate_window_ms: Some("100"),
        ..NATS
    },
];

impl Sink {
    /// What the program is told.
    pub(super) fn arguments<'a>(&self, url: Option<&'a str>) -> Vec<&'a str> {
        let filled = |argument: &&'static str| match (*argument, url) {
            ("URL", Some(url)) => url,
            (argument, _) => argument,
        };
        self.arguments.iter().map(filled).collect()
    }

    /// Its path or URL.
    pub(super) fn place<'a>(&self, url: Option<&'a str>) -> &'a str {
        url.unwrap_or(self.path)
    }
}

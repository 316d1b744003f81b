//! The replica alone, measured at several sizes: ingest, disk, memory, opening, questions. `cargo xtask bench replica`
//! builds and runs it.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::print_stderr, reason = "it takes minutes, and says what it is at")]
#![expect(clippy::indexing_slicing, reason = "figures and samples are where they were put")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::{
    collections::{BTreeMap, VecDeque},
    env,
    fs::{self, File},
    hint::black_box,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use inthreat_api::{Collections, FeedDraft, FeedId, Feeds, Objects, Observable, PageRequest};
use inthreat_replica::{LookupOptions, Options, Replica};
use inthreat_stix::{Id, Kind, RawObject, split};
use inthreat_store::{Batch, Sink, index::IndexRows};
use inthreat_tests::{
    measured::{self, PAGE, grouped, rate, variable},
    plot::{self, Chart},
};
use rusqlite::{Connection, OpenFlags, params};
use tokio::sync::mpsc;

/// What makes this program one that only ingests: the file, and the folder.
const INGEST: &str = "INTHREAT_BENCH_INGEST";
/// How many objects are handed over at a time.
const BATCH: usize = 8000;
/// How many batches are on their way at a time: one is written while the next is prepared.
const IN_FLIGHT: usize = 2;
/// How much room a line is given, in bytes: most are shorter.
const LINE: usize = 2048;
/// How much of a file is read at a time, in bytes: what a core keeps near.
const READ: usize = 128 << 10;
/// How many questions of a kind are asked.
const QUESTIONS: usize = 50_000;
/// How many objects the contexts have that are asked for.
const CONTEXT: usize = 7;
/// How many lines the plain table is filled with: more would take minutes.
const PLAIN_MAX: usize = 200_000;

fn main() {
    if let Some(what) = env::var_os(INGEST) {
        let what = what.into_string().unwrap();
        let (feed, folder) = what.split_once('|').unwrap();
        return ingest(Path::new(feed), Path::new(folder));
    }
    let sizes = variable("INTHREAT_BENCH_OBJECTS");
    let sizes_wanted: Vec<usize> = sizes.split(',').map(|size| size.parse().unwrap()).collect();
    let figures: Vec<Vec<Figure>> = sizes_wanted.iter().map(|size| measure(*size)).collect();
    let heads: Vec<String> = sizes_wanted.iter().map(|size| grouped(*size)).collect();
    println!("\n| what | {} lines | goal |", heads.join(" | "));
    println!("| --- |{} ---: |", " ---: |".repeat(figures.len()));
    for (line, Figure { what, goal, .. }) in figures[0].iter().enumerate() {
        let cells: Vec<&str> = figures.iter().map(|figures| &*figures[line].text).collect();
        println!("| {what} | {} | {goal} |", cells.join(" | "));
    }
    if let Some(path) = env::var_os("INTHREAT_BENCH_PLOT") {
        let drawn = drawn(&sizes_wanted, &figures);
        File::create(path).unwrap().write_all(drawn.as_bytes()).unwrap();
    }
}

/// One line of the table, at one size.
struct Figure {
    what: &'static str,
    goal: &'static str,
    text: String,
    /// What is drawn of it.
    number: f64,
}

fn figure(what: &'static str, goal: &'static str, number: f64, text: String) -> Figure {
    Figure { what, goal, text, number }
}

/// A figure with a unit and no decimals.
fn whole(what: &'static str, goal: &'static str, number: f64, unit: &str) -> Figure {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts")]
    let rounded = number.round() as usize;
    figure(what, goal, number, grouped(rounded) + unit)
}

/// How the figures grow with the replica.
fn drawn(sizes: &[usize], figures: &[Vec<Figure>]) -> String {
    let charts = figures[0].iter().enumerate().filter(|(_, figure)| !figure.goal.is_empty());
    let charts = charts.map(|(line, first)| Chart {
        title: format!("{} (goal: {})", first.what, first.goal),
        points: sizes.iter().zip(figures).map(|(size, all)| (*size, all[line].number)).collect(),
    });
    plot::charts(&charts.collect::<Vec<_>>())
}

/// All figures of a replica of so many lines.
fn measure(lines: usize) -> Vec<Figure> {
    let feed = measured::feed(lines);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    eprintln!("{lines} lines: append");
    let appended = rate(lines, append(&feed, &folder.path().join("appended")));
    eprintln!("{lines} lines: ingest");
    let said = ingest_alone(&feed, &copy);
    let said: Vec<f64> = said.split(' ').map(|number| number.parse().unwrap()).collect();
    let [seconds, peak] = said[..] else { unreachable!("two figures are told") };
    let ingested = rate(lines, Duration::from_secs_f64(seconds));
    let plain = rate(lines.min(PLAIN_MAX), plain_table(&feed, &folder.path().join("plain.db")));
    eprintln!("{lines} lines: questions");
    let samples = samples(&feed, lines);
    let feeds = make_rare_feeds(&copy, &samples);
    let opened = best(5, || Replica::open(&copy, Options::default()).unwrap());
    // As a server does.
    let options = Options::default().with_answers_in_place(true);
    let replica = Replica::open(&copy, options).unwrap();
    let idle = megabytes("VmRSS");
    let stats = replica.stats().unwrap();
    let (killed, answered, waiting) = open_after_kill(&feed, lines, &folder.path().join("killed"));
    let mut figures = vec![
        whole("objects, each in its newest version", "", number(stats.objects), ""),
        whole("append with `fsync` for each page", "", appended, "/s"),
        whole("ingest, durable and indexed", ">= 100,000/s", ingested, "/s"),
        ratio("ingest / append", ">= 0.25", ingested / appended),
        whole(
            "plain table of JSON, same indexes, a commit a page (200,000 lines)",
            "",
            plain,
            "/s",
        ),
        ratio("ingest / plain table", "", ingested / plain),
        whole("peak memory of the ingest", "<= 300 MB", peak, " MB"),
        ratio(
            "on the disk / JSON",
            "<= 0.35",
            number(stats.database_bytes) / number(stats.body_bytes),
        ),
        milliseconds("open after a clean stop", "<= 20 ms", opened),
        milliseconds("open after a kill in the midst of a load", "<= 1 s", killed),
        whole("objects that cannot be found then", "", number(waiting), ""),
        milliseconds("from opening to the first answer then", "", answered),
        whole("memory of a process that has opened it", "<= 500 MB", number(idle), " MB"),
    ];
    figures.extend(questions(&replica, &samples, feeds));
    // The table comes when all sizes are measured; a larger one may fail, for want of room.
    for Figure { what, text, .. } in &figures {
        eprintln!("{lines} lines: {what}: {text}");
    }
    figures
}

fn questions(replica: &Replica, samples: &[RawObject], feeds: [FeedId; 2]) -> Vec<Figure> {
    let ids: Vec<Id> = samples.iter().map(|object| object.id().unwrap().parse().unwrap()).collect();
    let values: Vec<Observable> =
        samples.iter().flat_map(|object| IndexRows::of(object).observables).collect();
    let got = best(3, || ids.iter().filter(|id| replica.get(id).unwrap().is_some()).count());
    let found = best(3, || -> usize {
        values.iter().map(|value| replica.lookup(value).unwrap().len()).sum()
    });
    let options = LookupOptions::default();
    let found_together = best(3, || -> usize {
        let parts = values.chunks(100);
        let found = parts.flat_map(|part| replica.lookup_many(part, options).unwrap());
        found.map(|hits| hits.len()).sum()
    });
    let mut each: Vec<Duration> =
        values.iter().map(|value| best(1, || replica.lookup(value).unwrap())).collect();
    each.sort_unstable();
    let p99 = each[each.len() * 99 / 100];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let context = |id: &Id| runtime.block_on(replica.context(id.clone())).unwrap().objects.len();
    let indicators: Vec<&Id> = ids.iter().filter(|id| id.kind() == Kind::Indicator).collect();
    let sevens: Vec<&Id> =
        indicators.into_iter().filter(|id| context(id) == CONTEXT).take(5000).collect();
    let contexts = best(3, || sevens.iter().map(|id| context(id)).sum::<usize>());
    let contexts = rate(sevens.len(), contexts);
    let limit = u32::try_from(PAGE).unwrap();
    let page = PageRequest::new(FeedId::default()).with_limit(limit);
    let paged = best(20, || runtime.block_on(replica.page(page.clone())).unwrap());
    let [apart, rare] = feeds.map(|feed| {
        let selective = PageRequest::new(feed).with_limit(limit);
        let objects = runtime.block_on(replica.page(selective.clone())).unwrap().objects.len();
        let picked = best(20, || runtime.block_on(replica.page(selective.clone())).unwrap());
        (picked.as_secs_f64() / paged.as_secs_f64(), objects)
    });
    let told = |(ratio, objects): (f64, usize)| format!("{ratio:.2}, {objects} objects");
    let (bytes, scanned) = runtime.block_on(scan(replica, page));
    let got = rate(ids.len(), got);
    let found = rate(values.len(), found);
    let found_together = rate(values.len(), found_together);
    let scanned = rate(bytes, scanned) / 1e6;
    vec![
        whole("get by id, warm, one core", ">= 60,000/s", got, "/s"),
        whole("look-up by value, warm, one core", ">= 200,000/s", found, "/s"),
        whole("the same, 100 values at a time", "", found_together, "/s"),
        milliseconds("slowest look-up of 100", "<= 1 ms", p99),
        whole(
            "context of seven objects, warm, on the thread that asks",
            ">= 15,000/s",
            contexts,
            "/s",
        ),
        milliseconds("page of 2,000", "", paged),
        figure("page of a feed that selects 1 in 10,000 / that", "<= 1.5", rare.0, told(rare)),
        figure("page of objects that lie far apart / that", "<= 1.5", apart.0, told(apart)),
        whole("scan", ">= 500 MB/s", scanned, " MB/s"),
    ]
}

/// Makes a feed of the source that fewest objects name, and one of a type and a source that about one object in 10,000 has.
fn make_rare_feeds(folder: &Path, samples: &[RawObject]) -> [FeedId; 2] {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sources: BTreeMap<Id, usize> = BTreeMap::new();
    for object in samples {
        let rows = IndexRows::of(object);
        for id in rows.sources {
            *sources.entry(id).or_default() += 1;
        }
        *types.entry(object.object_type().unwrap()).or_default() += 1;
    }
    let (fewest, _) = sources.iter().min_by_key(|(_, count)| **count).unwrap();
    let mut apart = FeedDraft::default();
    apart.sources = vec![fewest.clone()];
    // As if types did not depend on sources: of so few, the sample has hardly any.
    let wanted = samples.len() * samples.len() / 10_000;
    let pairs = types.iter().flat_map(|one| sources.iter().map(move |other| (one, other)));
    let nearest = pairs.min_by_key(|((_, count), (_, other))| (**count * **other).abs_diff(wanted));
    let ((kind, _), (source, _)) = nearest.unwrap();
    let mut rare = FeedDraft::default();
    rare.types = vec![(*kind).to_owned()];
    rare.sources = vec![source.clone()];
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let replica = Replica::open_writer(folder, Options::default()).unwrap();
    [apart, rare].map(|draft| runtime.block_on(replica.create_feed(draft)).unwrap().id)
}

async fn scan(replica: &Replica, mut request: PageRequest) -> (usize, Duration) {
    request.convert_network_traffic = Some(false);
    let start = Instant::now();
    let mut bytes = 0;
    loop {
        let page = replica.page(request.clone()).await.unwrap();
        if page.is_empty() {
            return (bytes, start.elapsed());
        }
        bytes += page.objects.iter().map(|object| object.as_bytes().len()).sum::<usize>();
        request.cursor = page.next_cursor;
    }
}

fn best<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let timed = (0..rounds).map(|_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    });
    timed.min().unwrap()
}

fn milliseconds(what: &'static str, goal: &'static str, duration: Duration) -> Figure {
    let number = duration.as_secs_f64() * 1e3;
    let text = if number < 1.0 { format!("{number:.3} ms") } else { format!("{number:.1} ms") };
    figure(what, goal, number, text)
}

fn ratio(what: &'static str, goal: &'static str, number: f64) -> Figure {
    figure(what, goal, number, format!("{number:.3}"))
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Objects from all over the feed, out of order.
fn samples(feed: &Path, lines: usize) -> Vec<RawObject> {
    let step = (lines / QUESTIONS).max(1);
    let lines = BufReader::new(File::open(feed).unwrap()).split(b'\n').step_by(step);
    let objects: Vec<RawObject> =
        lines.filter_map(|line| RawObject::new(line.unwrap()).ok()).collect();
    // A stride that has no factor in common with most lengths.
    (0..objects.len()).map(|place| objects[place * 7919 % objects.len()].clone()).collect()
}

/// What a feed costs that is only kept: each page appended and on the disk before the next.
fn append(feed: &Path, to: &Path) -> Duration {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(feed).unwrap());
    let mut file = File::create(to).unwrap();
    let mut spent = Duration::ZERO;
    while let Some(page) = text(&mut reader, PAGE) {
        let start = Instant::now();
        file.write_all(&page).unwrap();
        file.sync_data().unwrap();
        spent += start.elapsed();
    }
    fs::remove_file(to).unwrap();
    spent
}

fn text(reader: &mut impl BufRead, lines: usize) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(lines * LINE);
    for _ in 0..lines {
        if reader.read_until(b'\n', &mut text).unwrap() == 0 {
            break;
        }
    }
    (!text.is_empty()).then_some(text)
}

fn ingest_command(feed: &Path, folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env(INGEST, format!("{}|{}", feed.display(), folder.display()));
    command
}

/// Has another process ingest a file, so that its memory is its own.
fn ingest_alone(feed: &Path, folder: &Path) -> String {
    let output = ingest_command(feed, folder).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "the ingest failed");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Reads and splits a file on one thread while another writes, as a feed does, until all is durable and indexed; then
/// tells the seconds and the megabytes of memory.
fn ingest(feed: &Path, folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut reader = BufReader::with_capacity(READ, File::open(feed).unwrap());
    let start = Instant::now();
    let (sender, mut batches) = mpsc::channel(1);
    let reading = std::thread::spawn(move || {
        while let Some(text) = text(&mut reader, BATCH) {
            let mut batch = Batch::new(FeedId::default());
            batch.extend(split::ndjson(text).objects);
            sender.blocking_send(batch).unwrap();
        }
    });
    let replica = Arc::new(Replica::create_or_open(folder, Options::default()).unwrap());
    runtime.block_on(async {
        let mut writing = VecDeque::new();
        while let Some(batch) = batches.recv().await {
            let replica = Arc::clone(&replica);
            writing.push_back(tokio::spawn(async move { replica.write(batch).await }));
            if writing.len() == IN_FLIGHT {
                writing.pop_front().unwrap().await.unwrap().unwrap();
            }
        }
        for written in writing {
            written.await.unwrap().unwrap();
        }
    });
    drop(replica);
    reading.join().unwrap();
    println!("{} {}", start.elapsed().as_secs_f64(), megabytes("VmHWM"));
}

/// The memory of this process that the system tells under a name, where it does.
fn megabytes(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() / 1000
}

/// Kills a process in the midst of a first load, opens what it left, and asks: how long each takes, and how many objects
/// could not be found yet.
fn open_after_kill(feed: &Path, lines: usize, folder: &Path) -> (Duration, Duration, u64) {
    let mut child = ingest_command(feed, folder).stdout(Stdio::null()).spawn().unwrap();
    let database = folder.join("replica.db");
    // About as many as ever wait in a load of this length.
    let wanted = i64::try_from(lines).unwrap() / 6;
    let mut waiting = 0;
    while waiting < wanted {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(20));
        waiting = behind(&database).unwrap_or_default();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (start, replica) = (Instant::now(), Replica::open(folder, Options::default()).unwrap());
    let opened = start.elapsed();
    let nobody = "indicator--00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(replica.get(&nobody).unwrap().is_none());
    (opened, start.elapsed(), waiting.unsigned_abs())
}

/// How many objects are stored that cannot be found yet; `None` while there is no database.
fn behind(database: &Path) -> Option<i64> {
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    let told =
        "SELECT max(sequence) - (SELECT value FROM meta WHERE name = 'indexed') FROM objects";
    connection.query_row(told, [], |row| row.get(0)).ok()
}

/// The table that people make first: a row of JSON for each object, with the indexes that the replica's questions need.
fn plain_table(feed: &Path, path: &Path) -> Duration {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(feed).unwrap());
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    let tables = "CREATE TABLE objects (id TEXT PRIMARY KEY, type TEXT, modified TEXT, json TEXT);
        CREATE INDEX by_modified ON objects (modified);
        CREATE TABLE observables (type TEXT, value TEXT, id TEXT);
        CREATE INDEX by_value ON observables (type, value);
        CREATE TABLE relationships (id TEXT PRIMARY KEY, source TEXT, target TEXT);
        CREATE INDEX by_source ON relationships (source);
        CREATE INDEX by_target ON relationships (target);";
    connection.execute_batch(tables).unwrap();
    let start = Instant::now();
    let mut lines = 0;
    while let Some(text) = text(&mut reader, PAGE).filter(|_| lines < PLAIN_MAX) {
        let objects = split::ndjson(text).objects;
        lines += PAGE;
        let transaction = connection.transaction().unwrap();
        for object in &objects {
            plain_row(&transaction, object);
        }
        transaction.commit().unwrap();
    }
    start.elapsed()
}

fn plain_row(connection: &Connection, object: &RawObject) {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql).unwrap().execute(values).unwrap();
    };
    let (id, rows) = (object.id(), IndexRows::of(object));
    let modified = object.modified().map(|modified| modified.to_string());
    run(
        "INSERT OR REPLACE INTO objects VALUES (?1, ?2, ?3, ?4)",
        params![id, object.object_type(), modified, object.as_str()],
    );
    for observable in rows.observables {
        let object_type = observable.observable_type.as_str();
        run(
            "INSERT INTO observables VALUES (?1, ?2, ?3)",
            params![object_type, observable.value, id],
        );
    }
    if let Some(ends) = rows.ends {
        let (source, target) = (ends.source.to_string(), ends.target.to_string());
        run(
            "INSERT OR REPLACE INTO relationships VALUES (?1, ?2, ?3)",
            params![id, source, target],
        );
    }
}

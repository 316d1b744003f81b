//! The server on this machine: look-ups and pages as ratios beside a bare axum handler that sends the same bytes, what
//! look-ups cost while a pull runs, and a page of two other servers with the same objects. `cargo xtask bench server`
//! builds and runs it.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::indexing_slicing, reason = "samples are where they were put")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader, Write as _},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::get};
use inthreat_api::FeedId;
use inthreat_stix::RawObject;
use inthreat_store::index::IndexRows;
use inthreat_tests::{
    load::{Answered, Load},
    measured::{self, PAGE, variable},
    program::{self, Served},
};
use tokio::runtime::Runtime;

/// What makes this program the bare server: the folder with what it sends.
const BARE: &str = "INTHREAT_BENCH_BARE";
/// How long each question is asked.
const TIME: Duration = Duration::from_secs(5);
/// How many objects the other servers are given: medallion takes many seconds for a page among more.
const PEER_OBJECTS: usize = 2000;
/// How many objects of them are asked for in one page.
const PEER_PAGE: usize = 100;

fn main() {
    if let Some(folder) = env::var_os(BARE) {
        return bare(Path::new(&folder));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let lines = variable("INTHREAT_BENCH_OBJECTS").parse().unwrap();
    let feed = measured::feed(lines);
    let folder = tempfile::tempdir().unwrap();
    let replica = folder.path().join("replica");
    measured::import(&feed, &replica);
    let served = Served::start(&replica, &[]);
    let look_ups = look_ups(&feed, lines);
    println!(
        "{lines} lines; each question asked for {} s, client and server beside",
        TIME.as_secs()
    );
    println!("| what | inthreat | bare axum, the same bytes | ratio | goal |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    answers(&runtime, &served, &look_ups, folder.path());
    while_a_pull_runs(&runtime, &served, &look_ups, folder.path());
    drop(served);
    peers(&runtime, &feed, folder.path());
}

/// Look-ups and pages, beside a server that only sends.
fn answers(runtime: &Runtime, served: &Served, look_ups: &[String], folder: &Path) {
    let page = format!("/v2/inthreat/collections/{}/objects?limit={PAGE}", FeedId::default());
    let first = look_ups.first().unwrap();
    for (name, path, encoding) in [
        ("look-up", first.as_str(), ""),
        ("page", &page, ""),
        ("page.zstd", &page, "zstd"),
        ("page.gzip", &page, "gzip"),
    ] {
        fetch(&served.url, path, encoding, &folder.join(name));
    }
    let bare = Bare::start(folder);
    let own = address(&served.url);
    let ask = |address, paths: &[String], encoding, connections| {
        let requests = paths.iter().map(|path| request(path, encoding)).collect();
        let load = Load { address, requests, connections, pace: None };
        runtime.block_on(load.run(TIME)).unwrap()
    };
    let bare_look_up = ["/look-up".to_owned()];
    let ours = ask(own, look_ups, "", 32);
    let theirs = ask(bare.address, &bare_look_up, "", 32);
    line("look-ups, 32 connections", &ours, &theirs, ">= 30,000/s, >= 0.5");
    let ours = ask(own, &look_ups[..1], "", 32);
    let theirs = ask(bare.address, &bare_look_up, "", 32);
    line("the same look-up again and again", &ours, &theirs, "");
    let pages = [page];
    for (name, encoding, goal) in [
        ("page", "", ">= 1 GB/s, >= 0.5"),
        ("page.zstd", "zstd", "the rate of plain pages"),
        ("page.gzip", "gzip", "the rate of plain pages"),
    ] {
        let ours = ask(own, &pages, encoding, 4);
        let theirs = ask(bare.address, &[format!("/{name}")], encoding, 4);
        line(&format!("{name} of {PAGE}, 4 connections"), &ours, &theirs, goal);
    }
}

fn line(name: &str, ours: &Answered, theirs: &Answered, goal: &str) {
    let figures = |answered: &Answered| {
        let (rate, bytes) = (answered.rate(), answered.bytes_rate() / 1e6);
        format!("{rate:.0}/s, {bytes:.0} MB/s, p99 {:.2} ms", milliseconds(answered.p99()))
    };
    let ratio = ours.rate() / theirs.rate();
    println!("| {name} | {} | {} | {ratio:.2} | {goal} |", figures(ours), figures(theirs));
}

/// A thousand look-ups a second at a replica that another process pulls into.
fn while_a_pull_runs(runtime: &Runtime, source: &Served, look_ups: &[String], folder: &Path) {
    let copy = folder.join("copy");
    let mut command = program::command(&["pull", "--url", &source.url, "--into"]);
    command.arg(&copy).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut pull = command.spawn().unwrap();
    while !copy.join("replica.db").exists() {
        assert!(pull.try_wait().unwrap().is_none(), "the pull ended before it began");
        std::thread::yield_now();
    }
    let served = Served::start(&copy, &[]);
    let requests = look_ups.iter().map(|path| request(path, "")).collect();
    let pace = Some(Duration::from_millis(4));
    let load = Load { address: address(&served.url), requests, connections: 4, pace };
    let mut all: Vec<Duration> = Vec::new();
    while pull.try_wait().unwrap().is_none() {
        all.extend(runtime.block_on(load.run(Duration::from_secs(1))).unwrap().latencies);
    }
    all.sort_unstable();
    let answered = Answered { latencies: all, ..Answered::default() };
    println!(
        "\nwhile a pull of {:.0} s runs, {} look-ups, 1,000 a second asked for: p99 {:.2} ms (at most 5 is wanted)",
        begun.elapsed().as_secs_f64(),
        answered.latencies.len(),
        milliseconds(answered.p99()),
    );
}

/// The first page of a TAXII collection, of this server and of two others with the same objects.
fn peers(runtime: &Runtime, feed: &Path, folder: &Path) {
    let objects = folder.join("peer.ndjson");
    peer_objects(feed, &objects);
    let replica = folder.join("peer");
    measured::import(&objects, &replica);
    let served = Served::start(&replica, &[]);
    println!(
        "\nfirst page of {PEER_PAGE} among {PEER_OBJECTS} objects over TAXII 2.1, one connection"
    );
    let path = format!("/v2/inthreat/taxii-server/collections/{}/objects/", FeedId::default());
    first_page(runtime, "inthreat", address(&served.url), &path, "");
    let say = |name: &str, peer: Option<Peer>| match peer {
        Some(peer) => first_page(runtime, name, peer.address, &peer.path, peer.header),
        None => println!("{name}: skipped: it is not here"),
    };
    say("medallion", medallion(&objects, folder));
    say("OpenTAXII, SQLite", opentaxii(&objects));
}

fn first_page(runtime: &Runtime, name: &str, address: SocketAddr, path: &str, header: &str) {
    let request = format!(
        "GET {path}?limit={PEER_PAGE} HTTP/1.1\r\nHost: {address}\r\n{header}\
         Accept: application/taxii+json;version=2.1\r\n\r\n"
    );
    let requests = vec![request.into_bytes()];
    let load = Load { address, requests, connections: 1, pace: None };
    let begun = Instant::now();
    let mut pages = 0;
    // The other servers may close a connection after each answer.
    while begun.elapsed() < TIME {
        runtime.block_on(load.once()).unwrap();
        pages += 1;
    }
    println!("{name}: {:.1} ms a page", 1e3 / measured::rate(pages, begun.elapsed()));
}

/// Another server, which ends with the value.
struct Peer {
    child: Child,
    address: SocketAddr,
    path: String,
    /// What it wants to be told besides.
    header: &'static str,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer {
    /// Starts one, and waits until one of its lines begins with a word; the rest of it is where it is asked.
    fn start(mut command: Command, port: u16, ready: &str, path: Option<&str>) -> Option<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let (sender, lines) = std::sync::mpsc::channel();
        let outputs: [Box<dyn BufRead + Send>; 2] = [
            Box::new(BufReader::new(child.stdout.take()?)),
            Box::new(BufReader::new(child.stderr.take()?)),
        ];
        for output in outputs {
            let sender = sender.clone();
            std::thread::spawn(move || {
                output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            });
        }
        drop(sender);
        let line =
            lines.iter().find_map(|line| Some(line.split_once(ready)?.1.trim().to_owned()))?;
        let path = path.map_or(line, str::to_owned);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        // It says that it is ready just before it is.
        while std::net::TcpStream::connect(address).is_err() {
            std::thread::yield_now();
        }
        Some(Self { child, address, path, header: "" })
    }
}

fn opentaxii(objects: &Path) -> Option<Peer> {
    let python = PathBuf::from(env::var_os("INTHREAT_BENCH_OPENTAXII")?);
    let port = free_port();
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/serve_opentaxii.py"));
    command.arg(objects).args([port.to_string(), PEER_OBJECTS.to_string()]);
    Peer::start(command, port, "ready ", None)
}

fn medallion(objects: &Path, folder: &Path) -> Option<Peer> {
    let program = PathBuf::from(env::var_os("INTHREAT_BENCH_MEDALLION")?);
    let id = FeedId::default();
    let objects: Vec<serde_json::Value> = BufReader::new(File::open(objects).unwrap())
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    let media_type = "application/stix+json;version=2.1";
    let manifest: Vec<_> = objects
        .iter()
        .map(|object| {
            serde_json::json!({
                "id": object["id"], "date_added": object["created"], "version": object["modified"],
                "media_type": media_type,
            })
        })
        .collect();
    let data = serde_json::json!({
        "/discovery": { "title": "objects", "default": "http://localhost/root/", "api_roots": ["http://localhost/root/"] },
        "root": {
            "information": { "title": "objects", "versions": ["application/taxii+json;version=2.1"], "max_content_length": 1_000_000 },
            "status": [],
            "collections": [{
                "id": id.as_str(), "title": "objects", "can_read": true, "can_write": false,
                "media_types": [media_type], "objects": objects, "manifest": manifest,
            }],
        },
    });
    let file = folder.join("medallion-data.json");
    write!(File::create(&file).unwrap(), "{data}").unwrap();
    let settings = serde_json::json!({
        "backend": { "module": "medallion.backends.memory_backend", "module_class": "MemoryBackend", "filename": file },
        "users": { "admin": "Password0" },
        "taxii": { "max_page_size": PEER_PAGE },
    });
    let path = folder.join("medallion.json");
    write!(File::create(&path).unwrap(), "{settings}").unwrap();
    let port = free_port();
    let mut command = Command::new(program);
    command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).arg(path);
    command.env("PYTHONUNBUFFERED", "1");
    let path = format!("/root/collections/{id}/objects/");
    let mut peer = Peer::start(command, port, "Running on", Some(&path))?;
    peer.header = "Authorization: Basic YWRtaW46UGFzc3dvcmQw\r\n";
    Some(peer)
}

/// Objects that every one of the servers takes: of STIX 2.1, with a time of change in microseconds.
fn peer_objects(feed: &Path, to: &Path) {
    let lines = BufReader::new(File::open(feed).unwrap()).lines().map_while(Result::ok);
    let fit = lines.filter(|line| {
        let object = RawObject::new(line.clone().into_bytes()).unwrap();
        let value: serde_json::Value = serde_json::from_slice(object.as_bytes()).unwrap();
        value["spec_version"] == "2.1"
            && value["created"].is_string()
            && value["modified"].as_str().is_some_and(|modified| modified.contains('.'))
    });
    let mut file = File::create(to).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let fit = fit.filter(|line| seen.insert(id(line)));
    fit.take(PEER_OBJECTS).for_each(|line| writeln!(file, "{line}").unwrap());
}

fn id(line: &str) -> String {
    RawObject::new(line.to_owned().into_bytes()).unwrap().id().unwrap().to_owned()
}

/// The paths of look-ups of values from all over the feed.
fn look_ups(feed: &Path, lines: usize) -> Vec<String> {
    let step = (lines / 5000).max(1);
    let lines = BufReader::new(File::open(feed).unwrap()).lines().step_by(step);
    let objects = lines.filter_map(|line| RawObject::new(line.ok()?.into_bytes()).ok());
    let values = objects.flat_map(|object| IndexRows::of(&object).observables);
    let paths = values.map(|observable| {
        let value: String = observable
            .value
            .bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => {
                    char::from(byte).to_string()
                }
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("/v2/inthreat/indicators?value={value}&type={}", observable.observable_type)
    });
    paths.collect()
}

fn request(path: &str, encoding: &str) -> Vec<u8> {
    let encoding = match encoding {
        "" => String::new(),
        encoding => format!("Accept-Encoding: {encoding}\r\n"),
    };
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{encoding}\r\n").into_bytes()
}

/// Keeps what a path is answered with.
fn fetch(url: &str, path: &str, encoding: &str, to: &Path) {
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--header", &format!("Accept-Encoding: {encoding}")]);
    let status = command.arg("--output").arg(to).arg(format!("{url}{path}")).status().unwrap();
    assert!(status.success(), "{path} is not answered");
}

/// A server that sends what it read before, in a process of its own.
struct Bare {
    child: Child,
    address: SocketAddr,
}

impl Bare {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let mut child = command.env(BARE, folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, address: line.trim().parse().unwrap() }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn bare(folder: &Path) {
    let mut router = Router::new();
    for name in ["look-up", "page", "page.zstd", "page.gzip"] {
        let body = Bytes::from(std::fs::read(folder.join(name)).unwrap());
        let headers = HeaderMap::from_iter([(
            axum::http::header::CONTENT_TYPE,
            axum::http::HeaderValue::from_static("application/json"),
        )]);
        router = router.route(&format!("/{name}"), get(move || async move { (headers, body) }));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").parse().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

//! The client pulling pages from a server on this machine, as ratios beside curl, Python and a client that parses to
//! `Value`, all in the same run.
//!
//! A page has 2,000 objects of real size. Two servers are asked: the project's own, which reads its pages from a
//! replica, and one that sends bytes that it made before, as fast as the kernel takes them.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

use std::{
    env,
    fs::File,
    io::{BufWriter, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use inthreat_api::{
    Collections as _, Cursor, FeedId, FormattedPages as _, PageFormat, PageRequest,
};
use inthreat_http::{Client, ClientOptions};
use inthreat_tests::program::{self, Served};
use tokio::runtime::Runtime;

const OBJECTS: usize = 2000;

/// The page as the server sends it, plain and packed.
struct Pages {
    plain: Vec<u8>,
    gzip: Option<Vec<u8>>,
}

fn main() {
    // `cargo test` runs benchmarks too, to see that they build.
    if env::args().any(|argument| argument == "--test") {
        return;
    }
    let pages: usize =
        env::var("INTHREAT_BENCH_PAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    own_server(pages, &runtime);
    prebuilt(pages, &runtime);
}

/// Walks over a feed of the project's own server: our client, and curl with the same cursors.
fn own_server(pages: usize, runtime: &Runtime) {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed.ndjson");
    write_lines(&feed, (0..pages * OBJECTS).map(object));
    let replica = folder.path().join("replica");
    let arguments = ["import", feed.to_str().unwrap(), "--into", replica.to_str().unwrap()];
    assert_eq!(program::run(&arguments).code, 0, "the import failed");
    let served = Served::start(&replica, &[]);
    println!("{pages} pages of {OBJECTS} objects, by the project's own server, best of three");
    let client =
        Client::new(&served.url, ClientOptions::default().with_compression(false)).unwrap();
    let mut cursors = Vec::new();
    let ours = best(|| {
        cursors = runtime.block_on(walk(&client));
        true
    });
    let url = format!("{}/v2/inthreat/collections/{}/objects", served.url, FeedId::default());
    let script = folder.path().join("curl.conf");
    write_lines(
        &script,
        cursors.iter().map(|cursor| {
            format!("url = \"{url}?limit={OBJECTS}&cursor={cursor}\"\noutput = /dev/null")
        }),
    );
    let curl = best(|| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--fail", "--config"]).arg(&script);
        command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    });
    let rate = |pages: usize, seconds: Option<f64>| seconds.map(|seconds| count(pages) / seconds);
    let (curl, ours) = (rate(cursors.len(), curl), rate(pages, ours));
    for (name, rate) in [("curl, plain, to /dev/null", curl), ("inthreat-http, plain, split", ours)]
    {
        match rate {
            Some(rate) => println!("{name:34} {rate:8.1} pages/s"),
            None => println!("{name:34} skipped: it is not here"),
        }
    }
    if let Some((ours, curl)) = ours.zip(curl) {
        println!("of curl, plain: {:.2} (at least 0.6 is wanted)\n", ours / curl);
    }
}

/// Reads a feed to its end, and gives the cursors of its pages but the first.
async fn walk(client: &Client) -> Vec<Cursor> {
    let mut cursors = Vec::new();
    let mut request = PageRequest::new(FeedId::default()).with_limit(2000);
    loop {
        let page = client.page(request.clone()).await.unwrap();
        if page.is_empty() {
            // The last cursor leads to the empty page.
            cursors.pop();
            return cursors;
        }
        cursors.extend(page.next_cursor.clone());
        request.cursor = page.next_cursor;
    }
}

fn write_lines(path: &Path, lines: impl Iterator<Item = String>) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file.flush().unwrap();
}

/// Asks for the same page again and again where the server costs nothing.
fn prebuilt(pages: usize, runtime: &Runtime) {
    let plain = page();
    let gzip = pack(&plain);
    let megabytes = to_megabytes(plain.len());
    println!(
        "{OBJECTS} objects in {megabytes:.2} MB a page, {pages} pages a run of prebuilt bytes, best of three"
    );
    let served = Arc::new(Pages { plain, gzip });
    let url = serve(Arc::clone(&served));
    let report = |name: &str, seconds: Option<f64>| {
        let rate = seconds.map(|seconds| count(pages) / seconds);
        match rate {
            Some(rate) => println!("{name:34} {rate:8.1} pages/s {:9.1} MB/s", rate * megabytes),
            None => println!("{name:34} skipped: it is not here"),
        }
        rate
    };

    let pull = |compression: bool, pages: usize| {
        let options = ClientOptions::default().with_compression(compression);
        let client = Client::new(&url, options).unwrap();
        runtime.block_on(async {
            for _ in 0..pages {
                let request = PageRequest::new(FeedId::default()).with_limit(2000);
                assert_eq!(client.page(request).await.unwrap().objects.len(), OBJECTS);
            }
        });
        true
    };
    let parse = |pages: usize| {
        let options = ClientOptions::default().with_compression(false);
        let client = Client::new(&url, options).unwrap();
        runtime.block_on(async {
            for _ in 0..pages {
                let request = PageRequest::new(FeedId::default()).with_limit(2000);
                let page = client.formatted_page(request, PageFormat::Own).await.unwrap();
                let body = page.body.collect(usize::MAX).await.unwrap();
                let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
                assert_eq!(value.get("items").unwrap().as_array().unwrap().len(), OBJECTS);
            }
        });
        true
    };

    let curl = report("curl, plain, to /dev/null", best(|| curl(&url, pages, false)));
    let ours = report("inthreat-http, plain, split", best(|| pull(false, pages)));
    let few = (pages / 10).max(1);
    let value = best(|| parse(few)).map(|seconds| seconds * count(pages) / count(few));
    let value = report("the same body to serde_json::Value", value);
    let python = best(|| python(&url, few)).map(|seconds| seconds * count(pages) / count(few));
    report("Python requests, .json()", python);
    if served.gzip.is_some() {
        report("curl, gzip, to /dev/null", best(|| self::curl(&url, pages, true)));
        report("inthreat-http, gzip, split", best(|| pull(true, pages)));
    }
    if let (Some(ours), Some(curl)) = (ours, curl) {
        println!("of curl, plain: {:.2} (a copy of the bytes is all that curl makes)", ours / curl);
    }
    if let (Some(ours), Some(value)) = (ours, value) {
        println!("times a client that parses to Value: {:.1} (at least 4 is wanted)", ours / value);
    }
}

/// The best of three runs, in seconds; `None` where what is run is not there.
fn best(mut run: impl FnMut() -> bool) -> Option<f64> {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let began = Instant::now();
        if !run() {
            return None;
        }
        best = best.min(began.elapsed());
    }
    Some(best.as_secs_f64())
}

fn curl(url: &str, pages: usize, compressed: bool) -> bool {
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--output", "/dev/null"]);
    if compressed {
        command.arg("--compressed");
    }
    command.arg(format!("{url}/v2/inthreat/x?page=[1-{pages}]"));
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn python(url: &str, pages: usize) -> bool {
    let script = format!(
        "import requests\ns = requests.Session()\nfor _ in range({pages}):\n    assert len(s.get('{url}/x', headers={{'Accept-Encoding': 'identity'}}).json()['items']) == {OBJECTS}"
    );
    let program = env::var_os("INTHREAT_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(program);
    let status = command.args(["-c", &script]).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn page() -> Vec<u8> {
    let objects: Vec<_> = (0..OBJECTS).map(object).collect();
    format!("{{\"items\":[{}],\"next_cursor\":\"c\"}}", objects.join(",")).into_bytes()
}

fn object(number: usize) -> String {
    let references: Vec<_> = (0..12)
        .map(|n| format!("\"location--d6e38bb4-9e11-443f-b4f1-{number:08}{n:04}\""))
        .collect();
    let references = references.join(",");
    format!(
        r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--f24eb993-4ece-47ff-90e1-{number:012}","lang":"en","created":"2023-04-03T11:35:32.984278Z","modified":"2023-04-19T09:03:46.{number:06}Z","created_by_ref":"identity--357447d7-9229-4ce1-b7fa-f1b83587048e","name":"host-{number}.example.org","pattern":"[domain-name:value = 'host-{number}.example.org']","pattern_type":"stix","valid_from":"2023-04-03T00:00:00Z","valid_until":"2023-04-29T00:00:00Z","indicator_types":["malicious-activity"],"confidence":100,"revoked":false,"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"],"x_inthreat_sources_refs":["identity--556006db-0d85-4ecb-8845-89d40ae0d40f"],"x_ic_observable_types":["domain-name"],"x_ic_impacted_locations":[{references}],"x_ic_is_in_flint":false,"x_ic_deprecated":false}}"#
    )
}

fn pack(plain: &[u8]) -> Option<Vec<u8>> {
    let mut gzip = Command::new("gzip")
        .args(["-c", "-1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = gzip.stdin.take()?;
    let plain = plain.to_vec();
    let writer = thread::spawn(move || input.write_all(&plain));
    let packed = gzip.wait_with_output().ok()?.stdout;
    writer.join().ok()?.ok()?;
    Some(packed)
}

fn serve(pages: Arc<Pages>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // The threads end with the process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = Arc::clone(&pages);
            thread::spawn(move || answer(stream, &pages));
        }
    });
    url
}

/// Answers one request after the other until the client goes.
fn answer(mut stream: TcpStream, pages: &Pages) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
            head.extend_from_slice(buffer.get(..length)?);
        }
        let asked = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let (encoding, body) = match &pages.gzip {
            Some(gzip) if asked.contains("gzip") => ("Content-Encoding: gzip\r\n", gzip),
            _ => ("", &pages.plain),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{encoding}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body).ok()?;
    }
}

#[expect(clippy::cast_precision_loss, reason = "these are small numbers")]
fn count(number: usize) -> f64 {
    number as f64
}

fn to_megabytes(bytes: usize) -> f64 {
    count(bytes) / 1e6
}

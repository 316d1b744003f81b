//! A server on a real socket that has a feed, which grows and changes, and that misbehaves in every way it knows.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use inthreat_stix::Timestamp;

use super::{BEGIN, BODY_LENGTH_MAX};

/// How many objects there are at the beginning.
const OBJECTS: u64 = 300;
/// Between two bytes of a drip: less than what the client takes for silence.
const DRIP: Duration = Duration::from_millis(20);

/// What is done in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The connection is reset before the question is read.
    Reset,
    /// The connection is reset in the middle of the body.
    ResetInBody,
    /// The connection is closed without a word.
    Closed,
    /// The body is shorter than its length.
    Truncated,
    /// The body ends early, and its length says the same.
    CutOff,
    /// Too many questions, with the time to wait.
    RateLimited,
    InternalError,
    /// A gateway without its server, which answers in HTML.
    BadGateway,
    /// No answer at all.
    Silence,
    SilenceInBody,
    /// A byte now and then.
    Drip,
    /// JSON of another shape.
    WrongTypes,
    /// A page for people, with the status of success.
    Html,
    /// The page, and rubbish beside its objects.
    Rubbish,
    GiantBody,
    GzipBomb,
    /// To where the key may not go.
    RedirectAway,
    RedirectForEver,
    /// To the same page by another path, which is followed.
    RedirectWithin,
}

impl Fault {
    pub(super) const ALL: &[Self] = &[
        Self::Reset,
        Self::ResetInBody,
        Self::Closed,
        Self::Truncated,
        Self::CutOff,
        Self::RateLimited,
        Self::InternalError,
        Self::BadGateway,
        Self::Silence,
        Self::SilenceInBody,
        Self::Drip,
        Self::WrongTypes,
        Self::Html,
        Self::Rubbish,
        Self::GiantBody,
        Self::GzipBomb,
        Self::RedirectAway,
        Self::RedirectForEver,
        Self::RedirectWithin,
    ];
}

/// Numbers that come again with the same seed (`SplitMix64`).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

/// A feed whose objects move to its end when they change. Its cursors say how much of the log was read.
#[derive(Default)]
struct Feed {
    log: Vec<(String, String)>,
    objects: u64,
}

impl Feed {
    fn change(&mut self, number: u64) {
        self.objects = self.objects.max(number + 1);
        let id = format!("tool--00000000-0000-4000-8000-{number:012x}");
        let version = self.log.len();
        let seconds = BEGIN - 1_000_000 + i64::try_from(version).unwrap();
        let modified = Timestamp::from_unix(seconds, 0).unwrap();
        let text = format!(
            r#"{{"type":"tool","id":"{id}","modified":"{modified}","name":"version {version}"}}"#
        );
        self.log.push((id, text));
    }

    /// The newest versions and their places in the log.
    fn live(&self) -> BTreeMap<String, (usize, String)> {
        let entries = self.log.iter().enumerate();
        entries.map(|(place, (id, text))| (id.clone(), (place, text.clone()))).collect()
    }

    fn page(&self, cursor: usize, limit: usize, rubbish: &str) -> String {
        let mut live: Vec<_> =
            self.live().into_values().filter(|(place, _)| *place >= cursor).collect();
        live.sort();
        live.truncate(limit);
        let next = live.last().map_or(cursor, |(place, _)| place + 1);
        let texts: Vec<String> = live.into_iter().map(|(_, text)| text).collect();
        let comma = if rubbish.is_empty() || texts.is_empty() { "" } else { "," };
        let items = texts.join(",");
        format!(r#"{{"items":[{rubbish}{comma}{items}],"next_cursor":"{next}"}}"#)
    }
}

pub(super) struct Server {
    address: SocketAddr,
    stranger: SocketAddr,
    feed: Mutex<Feed>,
    random: Mutex<Random>,
    met: Mutex<Vec<Fault>>,
    misbehaves: AtomicBool,
    strangers: AtomicU64,
}

impl Server {
    /// Starts to listen. Its threads end with the process.
    pub(super) fn start(seed: u64) -> Arc<Self> {
        let [listener, stranger] = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let mut feed = Feed::default();
        (0..OBJECTS).for_each(|number| feed.change(number));
        let server = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            stranger: stranger.local_addr().unwrap(),
            feed: Mutex::new(feed),
            random: Mutex::new(Random::new(seed)),
            met: Mutex::default(),
            misbehaves: AtomicBool::new(true),
            strangers: AtomicU64::new(0),
        });
        let one = Arc::clone(&server);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let server = Arc::clone(&one);
                // Whoever hangs up is part of the test.
                thread::spawn(move || server.serve(stream.unwrap()));
            }
        });
        let other = Arc::clone(&server);
        thread::spawn(move || {
            for _ in stranger.incoming() {
                other.strangers.fetch_add(1, Ordering::SeqCst);
            }
        });
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every object in its newest version, and its place in the log.
    pub(super) fn live(&self) -> BTreeMap<String, (usize, String)> {
        self.feed.lock().unwrap().live()
    }

    /// The cursor behind everything.
    pub(super) fn end(&self) -> usize {
        self.feed.lock().unwrap().log.len()
    }

    /// How often a fault was met.
    pub(super) fn met(&self, fault: Fault) -> usize {
        self.met.lock().unwrap().iter().filter(|met| **met == fault).count()
    }

    /// How often a stranger was asked.
    pub(super) fn strangers(&self) -> u64 {
        self.strangers.load(Ordering::SeqCst)
    }

    /// From now on every answer is right, and nothing changes any more.
    pub(super) fn behave(&self) {
        self.misbehaves.store(false, Ordering::SeqCst);
    }

    /// Answers one question after the other until somebody hangs up, as `None` says.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let first = read(&mut stream, 1)?;
            let fault = self.draw();
            if fault == Some(Fault::Reset) {
                // What is closed over unread bytes is reset.
                return None;
            }
            let mut question = first;
            while !question.ends_with(b"\r\n\r") {
                question.extend(read(&mut stream, 1)?);
            }
            if fault != Some(Fault::ResetInBody) {
                read(&mut stream, 1)?;
            }
            let question = String::from_utf8(question).unwrap();
            match fault {
                None => {
                    let body = self.page(&question, "");
                    stream.write_all(&answer("200 OK", "", body.as_bytes())).ok()?;
                }
                Some(fault) => self.misbehave(fault, &question, &mut stream)?,
            }
        }
    }

    /// Lets the feed go on, and says what goes wrong now: every third time something, one after the other.
    fn draw(&self) -> Option<Fault> {
        if !self.misbehaves.load(Ordering::SeqCst) {
            return None;
        }
        let mut random = self.random.lock().unwrap();
        if random.below(4) == 0 {
            let mut feed = self.feed.lock().unwrap();
            for _ in 0..random.below(30) {
                let number = random.below(feed.objects + 5);
                feed.change(number);
            }
        }
        let mut met = self.met.lock().unwrap();
        let next = Fault::ALL.iter().cycle().nth(met.len()).copied();
        let fault = next.filter(|_| random.below(3) == 0);
        met.extend(fault);
        fault
    }

    /// Does something else than to answer; `None` when the connection is of no use any more.
    fn misbehave(&self, fault: Fault, question: &str, stream: &mut TcpStream) -> Option<()> {
        let body = self.page(question, "");
        let (half, _) = body.split_at(body.len() / 2);
        let begun = |sent: &str| [head("200 OK", "", body.len()), sent.to_owned()].concat().into();
        let bytes = match fault {
            Fault::Reset | Fault::Closed | Fault::Silence => Vec::new(),
            Fault::ResetInBody | Fault::Truncated | Fault::SilenceInBody => begun(half),
            Fault::CutOff => answer("200 OK", "", half.as_bytes()),
            Fault::RateLimited => answer("429 Too Many Requests", "Retry-After: 7\r\n", b"{}"),
            Fault::InternalError => answer("500 Internal Server Error", "", b"{}"),
            Fault::BadGateway => answer("502 Bad Gateway", "", b"<html>nobody there</html>"),
            Fault::Drip => begun(""),
            Fault::WrongTypes => {
                let wrong = WRONG.iter().cycle().nth(self.met(fault));
                answer("200 OK", "", wrong.unwrap())
            }
            Fault::Html => answer("200 OK", "Content-Type: text/html\r\n", b"<html>log in</html>"),
            Fault::Rubbish => {
                let body = self.page(question, r#"7,null,{"id":[]},"tool""#);
                answer("200 OK", "", body.as_bytes())
            }
            Fault::GiantBody => {
                let body = format!(r#"{{"items":[{}]}}"#, " ".repeat(2 * BODY_LENGTH_MAX));
                answer("200 OK", "", body.as_bytes())
            }
            Fault::GzipBomb => {
                let mut packed = GzEncoder::new(Vec::new(), Compression::best());
                packed.write_all(br#"{"items":["#).unwrap();
                packed.write_all(&vec![b' '; 16 * BODY_LENGTH_MAX]).unwrap();
                packed.write_all(b"]}").unwrap();
                answer("200 OK", "Content-Encoding: gzip\r\n", &packed.finish().unwrap())
            }
            Fault::RedirectAway => redirect(&format!("http://{}{}", self.stranger, path(question))),
            Fault::RedirectForEver => redirect(path(question)),
            Fault::RedirectWithin => redirect(&path(question).replace("/v2/", "/moved/v2/")),
        };
        stream.write_all(&bytes).ok()?;
        match fault {
            Fault::Silence | Fault::SilenceInBody => read(stream, 1).and(None),
            Fault::Drip => {
                for byte in body.bytes() {
                    thread::sleep(DRIP);
                    stream.write_all(&[byte]).ok()?;
                }
                Some(())
            }
            Fault::RedirectForEver => redirect_for_ever(stream),
            Fault::Reset | Fault::Closed | Fault::ResetInBody | Fault::Truncated => None,
            _ => Some(()),
        }
    }

    /// The page that is asked for, and this beside its objects.
    fn page(&self, question: &str, rubbish: &str) -> String {
        let query = path(question).split_once('?').map_or("", |(_, query)| query);
        let parameter = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name));
            value.and_then(|value| value.strip_prefix('=')?.parse().ok())
        };
        let (cursor, limit) = (parameter("cursor").unwrap_or(0), parameter("limit").unwrap());
        self.feed.lock().unwrap().page(cursor, limit, rubbish)
    }
}

/// JSON of other shapes than a page.
const WRONG: &[&[u8]] = &[
    b"7",
    b"[]",
    b"null",
    br#"{"items":7}"#,
    br#"{"items":{"0":{}},"next_cursor":"9"}"#,
    br#"{"items":[],"next_cursor":{"a":[1]}}"#,
    br#""items""#,
];

/// Path and query of a question.
fn path(question: &str) -> &str {
    question.split(' ').nth(1).unwrap()
}

fn redirect(location: &str) -> Vec<u8> {
    answer("308 Permanent Redirect", &format!("Location: {location}\r\n"), b"")
}

/// The further questions on this connection are sent on too, until the client has enough of it.
fn redirect_for_ever(stream: &mut TcpStream) -> Option<()> {
    for _ in 0..5 {
        let mut question = Vec::new();
        while !question.ends_with(b"\r\n\r\n") {
            question.extend(read(stream, 1)?);
        }
        let question = String::from_utf8(question).unwrap();
        stream.write_all(&redirect(path(&question))).ok()?;
    }
    None
}

fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    [head(status, headers, body.len()).as_bytes(), body].concat()
}

fn head(status: &str, headers: &str, length: usize) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n")
}

/// So many bytes, or `None` when the other side hung up.
fn read(stream: &mut TcpStream, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

//! A server that answers each connection with scripted bytes and keeps what it was asked.

use std::{
    error::Error as _,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{Error, Timer, retry::RetryOptions};
use inthreat_http::{ApiKey, Client, ClientOptions};

/// What happens behind the bytes of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Then {
    /// The connection is closed.
    Close,
    /// Nothing more is sent, and the connection stays open until the client closes it.
    Hang,
    /// A blank follows every few milliseconds, for as long as the client takes them.
    Drip,
}

pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers one connection after the other with one of these, then no more.
    pub(crate) fn new(answers: Vec<(Vec<u8>, Then)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        thread::spawn(move || {
            for (answer, then) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_request(&mut stream);
                record.lock().unwrap().push(request);
                // A client that hangs up early is part of some tests.
                let _ = stream.write_all(&answer);
                match then {
                    Then::Close => {}
                    Then::Hang => drop(stream.read(&mut [0; 1])),
                    Then::Drip => {
                        while stream.write_all(b" ").is_ok() {
                            thread::sleep(Duration::from_millis(2));
                        }
                    }
                }
            }
        });
        Self { address, asked }
    }

    /// Answers once with this status line, header lines and body.
    pub(crate) fn once(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(vec![(answer(status, headers, body), Then::Close)])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client that asks each question once.
    pub(crate) fn client(&self) -> Client {
        self.client_with(once_only())
    }

    pub(crate) fn client_with(&self, options: ClientOptions) -> Client {
        Client::new(&self.url(), options.with_key(ApiKey::new("secret-key").unwrap())).unwrap()
    }

    /// The heads and bodies of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Options under which each question is asked once.
pub(crate) fn once_only() -> ClientOptions {
    ClientOptions::default().with_retry(RetryOptions::never())
}

pub(crate) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Every link of an error's chain.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(link) = source {
        text = format!("{text}: {link}");
        source = link.source();
    }
    text
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// A clock that does not wait and keeps how long it was to; it goes forward by that.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<Vec<Duration>>);

impl Waits {
    pub(crate) fn all(&self) -> Vec<Duration> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Timer for Waits {
    async fn sleep(&self, wait: Duration) {
        self.0.lock().unwrap().push(wait);
    }

    fn random(&self) -> u64 {
        u64::MAX
    }

    fn unix_seconds(&self) -> i64 {
        784_111_777
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().iter().sum()
    }
}

//! Requests made of exact bytes, as a stranger may send them.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// Sends bytes to the server at a base URL and reads its answer: status, head and body.
#[expect(clippy::expect_used, reason = "without the server there is nothing to test")]
pub fn send(url: &str, bytes: impl AsRef<[u8]>) -> (u16, String, String) {
    let mut stream =
        TcpStream::connect(url.trim_start_matches("http://")).expect("the server listens");
    stream.write_all(bytes.as_ref()).expect("the server reads");
    let mut answer = Vec::new();
    // A server may answer and hang up before it has read everything.
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, head.to_owned(), body.to_owned())
}

/// Asks for a path with GET and a key.
pub fn get(url: &str, path: &str, key: Option<&str>) -> (u16, String) {
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{key}Connection: close\r\n\r\n");
    let (status, _, body) = send(url, request);
    (status, body)
}

//! A server that answers exactly the bytes it is told to, on a real socket.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Answers each request with the next bytes of its script, and closes the connection. When the script is at its end
/// the last bytes are repeated.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Starts to listen on a free port of this machine.
    pub fn start(script: impl IntoIterator<Item = Vec<u8>>) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut script: VecDeque<Vec<u8>> = script.into_iter().collect();
        // The thread ends with the process: it holds nothing that wants closing.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let answer =
                    if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                let Some(request) = read(&mut stream) else { continue };
                // Whoever has the answer may ask for the request at once.
                seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
                // A client that hangs up early is what some scripts are about.
                let _ = stream.write_all(&answer.unwrap_or_default());
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        Ok(Self { address, requests })
    }

    /// Where it listens, as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that it answered, heads and bodies.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    // A connection that is closed over unread bytes is reset, and the answer may be lost with it.
    while !is_whole(&request) {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        request.extend_from_slice(buffer.get(..length)?);
    }
    Some(String::from_utf8_lossy(&request).into_owned())
}

/// Whether a request is there to the end of its body.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    request.len() >= head.len() + 4 + length.unwrap_or(0)
}

/// An answer with this body and its right length.
pub fn answer(status: &str, content_type: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A page as the service writes it.
pub fn page(body: impl AsRef<[u8]>) -> Vec<u8> {
    answer("200 OK", "application/json", body)
}

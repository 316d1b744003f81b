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
                let Ok(stream) = stream else { return };
                let answer =
                    if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
                if let Some(request) = answer_one(stream, &answer.unwrap_or_default()) {
                    seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(request);
                }
            }
        });
        Ok(Self { address, requests })
    }

    /// Where it listens, as a base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of the requests that it answered.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

fn answer_one(mut stream: TcpStream, answer: &[u8]) -> Option<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        head.extend_from_slice(buffer.get(..length)?);
    }
    // A client that hangs up early is what some scripts are about.
    let _ = stream.write_all(answer);
    let _ = stream.shutdown(Shutdown::Write);
    Some(String::from_utf8_lossy(&head).into_owned())
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

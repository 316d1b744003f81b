//! `inthreat health`: whether a server is ready, for whoever starts it anew when it is not.

mod any_certificate;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    time::Duration,
};

use crate::{
    arguments::Health,
    exit::Exit,
    failure::{Failure, Outcome},
    print::Output,
};

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(4);
/// How much of the answer is read.
const ANSWER_LENGTH_MAX: u64 = 4096;

pub(crate) fn run(arguments: &Health) -> Outcome<Exit> {
    let refused = |error: io::Error| {
        Failure::because(Exit::Network, format!("ask `{}`", arguments.url), &error)
            .hint("`inthreat serve` says where it listens; --url names that")
    };
    let wrong =
        |message: &str| Failure::new(Exit::Usage, format!("ask `{}`: {message}", arguments.url));
    let (scheme, address) = match arguments.url.split_once("://") {
        Some((scheme @ ("http" | "https"), address)) => (scheme, address.trim_end_matches('/')),
        _ => return Err(wrong("only `http://` and `https://` are asked, on this machine")),
    };
    let resolved = resolve(address).map_err(refused)?;
    let answer = if scheme == "http" {
        connect(resolved).and_then(|stream| ask(address, stream))
    } else if resolved.ip().to_canonical().is_loopback() {
        connect(resolved).and_then(any_certificate::connect).and_then(|stream| ask(address, stream))
    } else {
        let message =
            "over `https://` only loopback is asked, since the certificate is not verified";
        return Err(wrong(message));
    };
    let answer = answer.map_err(refused)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let is_ready = status == "200";
    let mut output = Output::new();
    output.line(if is_ready { "ready" } else { "not ready" })?;
    if !is_ready {
        output.line(answer.split("\r\n\r\n").nth(1).unwrap_or(&answer))?;
    }
    output.finish()?;
    Ok(if is_ready { Exit::Success } else { Exit::Network })
}

fn resolve(address: &str) -> io::Result<SocketAddr> {
    let resolved = address.to_socket_addrs()?.next();
    Ok(resolved.ok_or(io::ErrorKind::AddrNotAvailable)?)
}

fn connect(resolved: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&resolved, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Asks for `/readyz` in the oldest words there are, so that the answer ends with the connection.
fn ask(address: &str, mut stream: impl Read + Write) -> io::Result<String> {
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    match stream.take(ANSWER_LENGTH_MAX).read_to_end(&mut answer) {
        // Who ends a connection need not say so in TLS; a status line that was cut off is none.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(error),
        _ => {}
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

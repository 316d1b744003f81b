//! `inthreat health`: whether a server is ready, for whoever starts it anew when it is not.

use std::{
    io::{Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs},
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
    let refused = |error: std::io::Error| {
        Failure::because(Exit::Network, format!("ask `{}`", arguments.url), &error)
            .hint("`inthreat serve` says where it listens; --url names that")
    };
    let Some(address) = arguments.url.strip_prefix("http://") else {
        let message = format!("ask `{}`: only `http://` is asked, on this machine", arguments.url);
        return Err(Failure::new(Exit::Usage, message));
    };
    let address = address.trim_end_matches('/');
    let answer = ask(address).map_err(refused)?;
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

/// Asks for `/readyz` in the oldest words there are, so that the answer ends with the connection.
fn ask(address: &str) -> std::io::Result<String> {
    let resolved = address.to_socket_addrs()?.next();
    let resolved = resolved.ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&resolved, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_LENGTH_MAX).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

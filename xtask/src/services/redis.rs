//! A Redis that writes every change to its file before it answers.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
};

use super::engine::{Engine, find, free_port};

pub(super) fn start(folder: &Path) -> Result<Engine, String> {
    let program = find("redis-server", &[])?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(folder);
    Engine::start(command, format!("redis://127.0.0.1:{port}"), folder, || answers(port))
}

fn answers(port: u16) -> bool {
    let mut answer = [0; 5];
    TcpStream::connect(("127.0.0.1", port)).is_ok_and(|mut stream| {
        stream.write_all(b"PING\r\n").is_ok()
            && stream.read_exact(&mut answer).is_ok()
            && &answer == b"+PONG"
    })
}

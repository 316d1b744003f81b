//! A NATS server with JetStream.

use std::{io::Read, net::TcpStream, path::Path, process::Command};

use super::engine::{Engine, find, free_port};

pub(super) fn start(folder: &Path) -> Result<Engine, String> {
    let program = find("nats-server", &[])?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream"]);
    command.arg("--store_dir").arg(folder);
    Engine::start(command, format!("nats://127.0.0.1:{port}"), folder, || greets(port))
}

fn greets(port: u16) -> bool {
    let mut greeting = [0; 4];
    TcpStream::connect(("127.0.0.1", port))
        .is_ok_and(|mut stream| stream.read_exact(&mut greeting).is_ok() && &greeting == b"INFO")
}

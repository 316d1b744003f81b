//! A server that a page starts, and that answers what comes after it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command},
    sync::mpsc,
    thread,
    time::Duration,
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_mins(1);

/// A server that runs. Whoever drops it ends it.
pub(crate) struct Server {
    child: Child,
    said: String,
    port: u16,
}

impl Server {
    /// Starts it, and waits until it says where it serves.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.spawn().map_err(|error| format!("it cannot be run: {error}"))?;
        let stderr = child.stderr.take();
        let mut server = Self { child, said: String::new(), port: 0 };
        let (tell, lines) = mpsc::channel();
        // Reading on keeps it from stopping at a full pipe.
        thread::spawn(move || {
            for line in stderr.into_iter().flat_map(|it| BufReader::new(it).lines()) {
                // Nobody has to listen.
                let _ = tell.send(line.unwrap_or_default());
            }
        });
        while server.port == 0 {
            let line = lines.recv_timeout(START);
            let line = line.map_err(|_| format!("it does not serve:\n{}", server.said))?;
            if line.starts_with("serving") {
                let address = line.rsplit("://").next().unwrap_or_default();
                let port = address.split('/').next().and_then(|it| it.rsplit(':').next());
                server.port = port.and_then(|port| port.parse().ok()).unwrap_or_default();
            }
            server.said += &line;
            server.said.push('\n');
        }
        Ok(server)
    }

    /// What it said until it served.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Interrupts it, and wants it to end well.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let mut kill = Command::new("kill");
        kill.args(["-INT", &self.child.id().to_string()]);
        crate::command::output(kill)?;
        let status = self.child.wait().map_err(|error| format!("wait for the server: {error}"))?;
        match status.code() {
            Some(0 | 130) => Ok(()),
            _ => Err(format!("the server before it ended with {status}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Where the program is killed: the programs, the folder that they work in, and the server that they pull from.

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
};

use crate::command::{output, target_directory};

/// The programs and the folder that they work in.
pub(super) struct Place {
    programs: PathBuf,
    pub(super) folder: PathBuf,
}

impl Place {
    pub(super) fn new(folder: PathBuf) -> Result<Self, String> {
        Ok(Self { programs: target_directory()?.join("debug"), folder })
    }

    /// The program itself.
    pub(super) fn program(&self, arguments: &[&str]) -> Command {
        self.command("inthreat", arguments)
    }

    /// What fills a replica.
    pub(super) fn ingest(&self, arguments: &[&str]) -> Command {
        self.command("ingest", arguments)
    }

    /// Looks into a sink, and gives what was said.
    pub(super) fn landed(&self, arguments: &[&str]) -> Result<String, String> {
        output(self.command("landed", arguments))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let name = format!("{program}{}", env::consts::EXE_SUFFIX);
        let mut command = Command::new(self.programs.join(name));
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in env::vars_os() {
            // Nothing of what this machine is set to.
            if name.to_string_lossy().starts_with("INTHREAT_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Makes the replica that is served.
    pub(super) fn make_source(&self, objects: u64) -> Result<(), String> {
        let path = self.folder.join("source.ndjson");
        let file =
            File::create(&path).map_err(|error| format!("make `{}`: {error}", path.display()))?;
        let mut emit = self.program(&["demo", "--emit", &objects.to_string()]);
        let status =
            emit.stdout(file).status().map_err(|error| format!("start {emit:?}: {error}"))?;
        if !status.success() {
            return Err(format!("{emit:?} ended with {status}"));
        }
        output(self.program(&["import", "source.ndjson", "--into", "source"])).map(drop)
    }
}

/// The program as a server; it ends with this value.
pub(super) struct Server {
    child: Child,
    pub(super) url: String,
    /// Kept open: a server that cannot say anything any more would fail.
    words: Option<BufReader<ChildStderr>>,
}

impl Server {
    pub(super) fn start(place: &Place) -> Result<Self, String> {
        let mut command = place.program(&["serve", "--local", "source", "--listen", "127.0.0.1:0"]);
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start {command:?}: {error}"))?;
        let stderr = child.stderr.take().map(BufReader::new);
        let mut server = Self { child, url: String::new(), words: stderr };
        let mut line = String::new();
        if let Some(words) = &mut server.words {
            words
                .read_line(&mut line)
                .map_err(|error| format!("read what the server says: {error}"))?;
        }
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.ok_or_else(|| format!("the server did not start: {line}"))?;
        server.url = format!("http://{address}");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! PostgreSQL, Redis and NATS servers that a test starts with settings of its own.

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// Where Debian keeps the programs of each version of PostgreSQL.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A server that runs on this machine, and is killed when this is dropped.
#[derive(Debug)]
pub struct Engine {
    child: Child,
    /// Where it listens.
    pub port: u16,
    _folder: TempDir,
}

impl Engine {
    /// A PostgreSQL with this superuser, these settings, and this `pg_hba.conf`. It gets a copy of the files, by their
    /// names, as nobody else may read them, and runs as `postgres` where it may not run as root.
    pub fn postgres(
        (user, password): (&str, &str),
        settings: &[&str],
        access: &str,
        files: &[&Path],
    ) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let owner = owner(folder.path())?;
        let data = folder.path().join("data");
        let as_owner = |program: &str| {
            let mut command = Command::new(find(program));
            command.current_dir(folder.path());
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let secret = folder.path().join("password");
        give(&secret, password, owner)?;
        let mut make = as_owner("initdb");
        make.args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        make.args(["--username", user]).arg("--pwfile").arg(&secret).arg("-D").arg(&data);
        let made = make.stdout(Stdio::null()).status()?;
        assert!(made.success(), "initdb ended with {made}");
        give(&data.join("pg_hba.conf"), access, owner)?;
        for file in files {
            let name = file.file_name().unwrap_or_default();
            give(&data.join(name), fs::read(file)?, owner)?;
        }
        let port = free_port()?;
        let mut command = as_owner("postgres");
        command.arg("-D").arg(&data).arg("-k").arg(folder.path());
        command.args(["-h", "localhost", "-p", &port.to_string(), "-c", "fsync=off"]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        Self::start(command, port, folder, "ready to accept connections")
    }

    /// A Redis with these arguments beside `--tls-port`; it listens under TLS alone.
    pub fn redis(arguments: &[&str]) -> io::Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        let mut command = Command::new(find("redis-server"));
        command.args(["--port", "0", "--tls-port", &port.to_string(), "--save", "", "--dir"]);
        command.arg(folder.path()).args(arguments);
        Self::start(command, port, folder, "Ready to accept connections")
    }

    /// A NATS server with JetStream and these arguments.
    pub fn nats(arguments: &[&str]) -> io::Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port()?);
        let mut command = Command::new(find("nats-server"));
        command.args(["--addr", "127.0.0.1", "--port", &port.to_string(), "--jetstream"]);
        command.arg("--store_dir").arg(folder.path()).args(arguments);
        Self::start(command, port, folder, "Server is ready")
    }

    /// Starts a server, and waits until it says that it is ready.
    fn start(mut command: Command, port: u16, folder: TempDir, ready: &str) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        // With it goes our end of the pipe that the server writes to.
        drop(command);
        let engine = Self { child, port, _folder: folder };
        let mut told = Vec::new();
        let mut lines = BufReader::new(reader).lines();
        for line in lines.by_ref().map_while(Result::ok) {
            if line.contains(ready) {
                // Reading on keeps the server from stopping at a full pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(engine);
            }
            told.push(line);
        }
        Err(io::Error::other(format!("the server does not start: {}", told.join(" / "))))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Who has to run a PostgreSQL whose files are in this folder, where it is not us.
fn owner(folder: &Path) -> io::Result<Option<(u32, u32)>> {
    if fs::metadata(folder)?.uid() != 0 {
        return Ok(None);
    }
    let id = |flag: &str| -> io::Result<u32> {
        let told = Command::new("id").args([flag, "postgres"]).output()?.stdout;
        String::from_utf8_lossy(&told).trim().parse().map_err(io::Error::other)
    };
    let owner = (id("-u")?, id("-g")?);
    chown(folder, Some(owner.0), Some(owner.1))?;
    Ok(Some(owner))
}

/// Writes a file that this one alone may read.
fn give(file: &Path, text: impl AsRef<[u8]>, owner: Option<(u32, u32)>) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the files of a test need no care")]
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    match owner {
        Some((user, group)) => chown(file, Some(user), Some(group)),
        None => Ok(()),
    }
}

/// A port of this machine that nobody listens at.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// The program of this name: on the path, or where servers stand that are not for everyone.
fn find(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let versions = versions.map(|entry| entry.path().join("bin"));
    let usual = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let mut files =
        env::split_paths(&path).chain(versions).chain(usual).map(|folder| folder.join(name));
    files.find(|file| file.is_file()).unwrap_or_else(|| name.into())
}

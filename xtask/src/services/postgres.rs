//! A PostgreSQL with a new cluster. It refuses to run as root, and then runs as the user `postgres`.

#[cfg(unix)]
use std::os::unix::{
    fs::{MetadataExt, PermissionsExt, chown},
    process::CommandExt,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::engine::{Engine, find, free_port};
use crate::command::output;

/// Where Debian keeps the programs of each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// Who runs the server, where it may not be the one who runs this.
type Owner = Option<(u32, u32)>;

pub(super) fn start(folder: &Path) -> Result<Engine, String> {
    let folders = version_folders();
    let find = |name| find(name, &folders);
    let (initdb, server, control) = (find("initdb")?, find("postgres")?, find("pg_ctl")?);
    let (folder, owner) = prepare(folder)?;
    let data = folder.join("data");
    let mut make = Command::new(initdb);
    make.arg("--pgdata").arg(&data).current_dir(&folder);
    make.args([
        "--username=inthreat",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    output(as_owner(make, owner))?;

    let port = free_port()?;
    let mut command = Command::new(server);
    command.arg("-D").arg(&data).arg("-k").arg(&folder).current_dir(&folder);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    // The tests kill its clients and never the machine.
    command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    let url = format!("postgres://inthreat@127.0.0.1:{port}/postgres");
    let is_ready = || {
        let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        status.lines().nth(7).is_some_and(|line| line.starts_with("ready"))
    };
    let engine = Engine::start(as_owner(command, owner), url, &folder, is_ready)?;
    let mut stop = Command::new(control);
    stop.args(["stop", "--mode=immediate", "--silent", "--pgdata"]).arg(&data);
    stop.current_dir(&folder);
    Ok(engine.with_stop(as_owner(stop, owner)))
}

/// Newest first.
fn version_folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// A folder within `parent` that belongs to who runs the server.
#[cfg(unix)]
fn prepare(parent: &Path) -> Result<(PathBuf, Owner), String> {
    let failed = |error: std::io::Error| format!("prepare a folder: {error}");
    let folder = parent.join("postgres");
    fs::create_dir(&folder).map_err(failed)?;
    if fs::metadata(&folder).map_err(failed)?.uid() != 0 {
        return Ok((folder, None));
    }
    let id = |flag: &str| -> Result<u32, String> {
        let mut command = Command::new("id");
        command.args([flag, "postgres"]);
        let text = output(command)
            .map_err(|_| "it may not run as root, and there is no user `postgres`".to_owned())?;
        text.trim().parse().map_err(|_| format!("`id` says `{}`", text.trim()))
    };
    let (user, group) = (id("-u")?, id("-g")?);
    fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).map_err(failed)?;
    chown(&folder, Some(user), Some(group)).map_err(failed)?;
    Ok((folder, Some((user, group))))
}

#[cfg(not(unix))]
fn prepare(parent: &Path) -> Result<(PathBuf, Owner), String> {
    let folder = parent.join("postgres");
    fs::create_dir(&folder).map_err(|error| format!("prepare a folder: {error}"))?;
    Ok((folder, None))
}

#[cfg(unix)]
fn as_owner(mut command: Command, owner: Owner) -> Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

#[cfg(not(unix))]
fn as_owner(command: Command, _: Owner) -> Command {
    command
}

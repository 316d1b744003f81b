//! `inthreat keys`: the keys that a server asks for, kept as hashes in a file.

use std::{fs, io, path::Path};

use inthreat_server::{Keys as KeyRing, KeysErrorKind};
use inthreat_store::atomic_write;

use crate::{
    arguments::Keys,
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Output, say},
};

pub(crate) fn run(arguments: Keys) -> Outcome<Exit> {
    match arguments {
        Keys::Create { name, file } => create(&name, &file),
        Keys::List { file } => list(&file),
        Keys::Revoke { id, file } => revoke(&id, &file),
    }
}

/// Reads a file of keys.
pub(crate) fn read(file: &Path) -> Outcome<KeyRing> {
    let text = fs::read(file).map_err(|error| reading(file, &error))?;
    KeyRing::from_json(&text).map_err(|error| reading(file, &error))
}

fn reading(file: &Path, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::because(Exit::Storage, format!("read the keys in `{}`", file.display()), error)
}

fn create(name: &str, file: &Path) -> Outcome<Exit> {
    let mut keys = match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => KeyRing::default(),
        _ => read(file)?,
    };
    let key = keys
        .create(name, now()?)
        .map_err(|error| Failure::because(Exit::Usage, "make a key", &error))?;
    atomic_write(file, keys.to_json())?;
    say(format!(
        "key `{}` for `{name}`; it is shown this once and cannot be read again:",
        key.id()
    ));
    let mut output = Output::new();
    output.line(key.secret())?;
    output.finish()?;
    Ok(Exit::Success)
}

fn list(file: &Path) -> Outcome<Exit> {
    let keys = read(file)?;
    let rows = keys.records().iter().map(|record| {
        let revoked = record.revoked.map(|at| at.to_string()).unwrap_or_default();
        [record.id.clone(), record.name.clone(), record.created.to_string(), revoked]
    });
    let mut output = Output::new();
    output.table(&["ID", "NAME", "CREATED", "REVOKED"], rows)?;
    output.finish()?;
    Ok(Exit::Success)
}

fn revoke(id: &str, file: &Path) -> Outcome<Exit> {
    let mut keys = read(file)?;
    keys.revoke(id, now()?).map_err(|error| {
        let exit = if error.kind() == KeysErrorKind::Unknown { Exit::Missing } else { Exit::Usage };
        Failure::because(exit, "revoke a key", &error)
    })?;
    atomic_write(file, keys.to_json())?;
    say(format!("key `{id}` is revoked; servers that run must be started again"));
    Ok(Exit::Success)
}

fn now() -> Outcome<inthreat_stix::Timestamp> {
    clock::now().ok_or_else(|| Failure::new(Exit::Storage, "this machine's clock is not set"))
}

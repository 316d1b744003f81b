//! `inthreat keys`: the keys that a server asks for, kept as hashes in a file.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

use inthreat_server::{KeyDraft, KeyRecord, Keys as KeyRing, KeysErrorKind};
use inthreat_stix::Timestamp;
use inthreat_store::atomic_write;

use crate::{
    arguments::{Keys, Shown},
    clock,
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Listing, Output, say},
    values::End,
};

pub(crate) fn run(arguments: Keys) -> Outcome<Exit> {
    match arguments {
        Keys::Create { name, permissions, community, expires, file } => {
            let mut draft = KeyDraft::new(name).with_community(community);
            if !permissions.is_empty() {
                draft = draft.with_permissions(permissions);
            }
            create(draft.with_expires(expires.map(instant).transpose()?), &file)
        }
        Keys::List { file, shown } => list(&file, &shown),
        Keys::Revoke { id, file, unasked } => revoke(&id, &file, unasked.yes),
    }
}

/// Reads a file of keys.
pub(crate) fn read(file: &Path) -> Outcome<KeyRing> {
    let text = fs::read(file).map_err(|error| {
        let hint = "`inthreat keys create NAME --file FILE` makes a key and the file";
        let failure = reading(file, &error);
        if error.kind() == io::ErrorKind::NotFound { failure.hint(hint) } else { failure }
    })?;
    KeyRing::from_json(&text).map_err(|error| reading(file, &error))
}

fn reading(file: &Path, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::because(Exit::Storage, format!("read the keys in `{}`", file.display()), error)
}

/// Has this process alone change a file of keys, for as long as what is given is held. The lock is a file of its own beside
/// it, since a file of keys is replaced with every change; it stays, for another process may be waiting for it.
fn locked(file: &Path) -> Outcome<File> {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let lock = OpenOptions::new().create(true).append(true).open(&name);
    lock.and_then(|lock| lock.lock().map(|()| lock)).map_err(|error| {
        let operation = format!("lock `{}`", Path::new(&name).display());
        Failure::because(Exit::Storage, operation, &error)
    })
}

fn create(draft: KeyDraft, file: &Path) -> Outcome<Exit> {
    let _lock = locked(file)?;
    let mut keys = match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => KeyRing::default(),
        _ => read(file)?,
    };
    let name = draft.name.clone();
    let key = keys
        .create(draft, now()?)
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

fn list(file: &Path, shown: &Shown) -> Outcome<Exit> {
    let keys = read(file)?;
    let head = ["id", "name", "permissions", "community", "created", "expires", "revoked"];
    let mut listing = Listing::new(shown, &head);
    for record in keys.records() {
        let instant = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let permissions = record.permissions.iter().map(|one| one.as_str());
        let item = serde_json::json!({
            "id": record.id,
            "name": record.name,
            "permissions": permissions.collect::<Vec<_>>(),
            "community": record.community,
            "created": record.created.to_string(),
            "expires": instant(record.expires),
            "revoked": instant(record.revoked),
        });
        listing.item(&item.to_string(), || row(record).into())?;
    }
    listing.finish()?;
    Ok(Exit::Success)
}

fn row(record: &KeyRecord) -> [String; 7] {
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let short = |name: &'static str| name.strip_prefix("INTHREAT_").unwrap_or(name);
    let permissions: Vec<_> = record.permissions.iter().map(|one| short(one.as_str())).collect();
    [
        record.id.clone(),
        record.name.clone(),
        permissions.join(" "),
        record.community.clone().unwrap_or_default(),
        record.created.to_string(),
        instant(record.expires),
        instant(record.revoked),
    ]
}

fn revoke(id: &str, file: &Path, yes: bool) -> Outcome<Exit> {
    // Others can change the file while somebody thinks about it.
    if let Some(record) = read(file)?.records().iter().find(|record| record.id == id) {
        confirm(yes, &format!("Revoke the key `{id}` of `{}` for ever?", record.name))?;
    }
    let _lock = locked(file)?;
    let mut keys = read(file)?;
    keys.revoke(id, now()?).map_err(|error| {
        let exit = if error.kind() == KeysErrorKind::Unknown { Exit::Missing } else { Exit::Usage };
        Failure::because(exit, "revoke a key", &error)
    })?;
    atomic_write(file, keys.to_json())?;
    say(format!("key `{id}` is revoked; servers that run find out within seconds"));
    Ok(Exit::Success)
}

/// The instant that an end means.
fn instant(end: End) -> Outcome<Timestamp> {
    let after = match end {
        End::At(instant) => return Ok(instant),
        End::After(time) => i64::try_from(time.as_secs()).ok(),
    };
    let at = after.and_then(|seconds| now().ok()?.trimmed().plus_seconds(seconds));
    at.ok_or_else(|| Failure::new(Exit::Usage, "make a key: it would last too long"))
}

fn now() -> Outcome<Timestamp> {
    clock::now().ok_or_else(|| Failure::new(Exit::Storage, "this machine's clock is not set"))
}

//! Keys that `inthreat login` kept: a file each, which its owner alone can read. The first line is the key, as in any file
//! that --key-file names, the second the service that it is for: no other is ever sent it. Where the keyring has the key,
//! the first line is empty and the third says so; nobody else asks the keyring.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use inthreat_store::atomic_write;

use super::{keyring, place};
use crate::{
    arguments::KeyStore,
    exit::Exit,
    failure::{Failure, Outcome},
};

/// The longest file that is read, in bytes.
const LENGTH_MAX: u64 = 1 << 16;
/// The third line where the keyring has the key.
const IN_KEYRING: &str = "keyring";
/// What helps who needs a key that the keyring does not give.
const INSTEAD: &str = "unlock the keyring; or `inthreat login --store file`, or INTHREAT_API_KEY, where there is no desktop";

/// A key that was kept.
pub(crate) struct Kept {
    /// Where it is, for people.
    pub(crate) place: String,
    /// What else there is to say of it.
    pub(crate) notes: Vec<String>,
}

/// What a file of keys holds.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// The key itself.
    Key,
    /// The name under which the keyring has the key.
    InKeyring(String),
}

/// The file of the key of a profile, where it is for this service.
pub(crate) fn find(profile: &str, url: &str) -> Option<PathBuf> {
    let path = path(profile)?;
    let (_, service) = look(&path)?;
    same_service(&service, url).then_some(path)
}

/// The key that a file of `login` leads to; `None` where it is the first line of the file itself.
pub(crate) fn of_keyring(path: &Path) -> Outcome<Option<String>> {
    let Some((Content::InKeyring(name), _)) = look(path) else { return Ok(None) };
    let is_gone =
        || Failure::new(Exit::Storage, "the keyring no longer has the key of `inthreat login`");
    let key = keyring::read(&name).and_then(|key| key.ok_or_else(is_gone));
    key.map(Some).map_err(|failure| failure.within("take the key from the keyring").hint(INSTEAD))
}

/// Where the key of a profile is, for people.
pub(crate) fn place(profile: &str) -> Option<String> {
    let path = path(profile).filter(|path| path.is_file())?;
    Some(match look(&path) {
        Some((Content::InKeyring(_), service)) => format!("the keyring, for {service}"),
        _ => format!("`{}`", path.display()),
    })
}

/// Keeps a key where it is wanted: in the keyring if there is one that answers, unless the person says otherwise.
pub(crate) fn keep(profile: &str, url: &str, key: &str, wanted: Option<KeyStore>) -> Outcome<Kept> {
    let path = path(profile).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("keep a key for profile `{profile}`"))
            .hint("the name of a profile has letters, digits, `-`, `_` and `.`; set HOME or XDG_CONFIG_HOME, or keep the key yourself and name it with --key-file")
    })?;
    let folder = path.parent().unwrap_or(&path);
    place::make_private(folder).map_err(|error| {
        Failure::because(Exit::Storage, format!("make `{}`", folder.display()), &error)
    })?;
    let (before, name) = (look(&path), name(&path, url));
    let mut notes = Vec::new();
    let refused = match wanted {
        Some(KeyStore::File) => true,
        Some(KeyStore::Keyring) => {
            let hint = "`inthreat login --store file` keeps it in a file that you alone can read";
            let failed =
                |failure: Failure| failure.within("keep the key in the keyring").hint(hint);
            keyring::keep(&name, key).map_err(failed)?;
            false
        }
        None => match keyring::keep(&name, key) {
            Ok(()) => false,
            Err(failure) => {
                notes.push(format!("no keyring took it: {}", failure.chain()));
                true
            }
        },
    };
    let text = if refused { format!("{key}\n{url}\n") } else { format!("\n{url}\n{IN_KEYRING}\n") };
    // One that is replaced would keep its permissions, which somebody may have widened.
    remove(&path)?;
    atomic_write(&path, text)?;
    if let Some((Content::InKeyring(old), _)) = before
        && (refused || old != name)
        && let Err(failure) = keyring::forget(&old)
    {
        notes.push(format!("the keyring may still have the one before: {}", failure.chain()));
    }
    let file = || format!("`{}`, which you alone can read", path.display());
    Ok(Kept { place: if refused { file() } else { "the keyring".to_owned() }, notes })
}

/// Takes the key of a profile away, and says whether there was one.
pub(crate) fn forget(profile: &str) -> Outcome<bool> {
    let Some(path) = path(profile) else { return Ok(false) };
    if let Some((Content::InKeyring(name), _)) = look(&path) {
        keyring::forget(&name).map_err(|failure| {
            let path = path.display();
            failure
                .within("remove the key from the keyring")
                .hint(format!("unlock the keyring, or remove `{path}` where that is gone for good"))
        })?;
    }
    remove(&path)
}

fn remove(path: &Path) -> Outcome<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            Err(Failure::because(Exit::Storage, format!("remove `{}`", path.display()), &error))
        }
    }
}

/// Where the key of a profile is kept. A name that is no file name has none.
pub(crate) fn path(profile: &str) -> Option<PathBuf> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = !profile.is_empty() && !profile.starts_with('.') && profile.chars().all(is_plain);
    let folder = place::folder().filter(|_| is_name)?;
    Some(folder.join("keys").join(profile))
}

/// What a file of keys holds, and the service that it is for.
fn look(path: &Path) -> Option<(Content, String)> {
    let is_short = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LENGTH_MAX);
    let text = is_short.then(|| fs::read_to_string(path).ok()).flatten()?;
    let mut lines = text.lines().map(str::trim);
    let (key, service) = (lines.next()?, lines.next()?.to_owned());
    let is_marker = key.is_empty() && lines.next() == Some(IN_KEYRING);
    let content = if is_marker { Content::InKeyring(name(path, &service)) } else { Content::Key };
    Some((content, service))
}

/// The name of a key in the keyring. It says which service the key is for, so that whoever finds a key by it finds none
/// of another service.
fn name(path: &Path, url: &str) -> String {
    let profile = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{profile} for {}", url.trim().trim_end_matches('/'))
}

/// Whether two addresses are the same but for a slash at their end.
fn same_service(one: &str, two: &str) -> bool {
    one.trim().trim_end_matches('/') == two.trim().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a key that is sent to another service than the one it is for.
    #[test]
    fn a_key_is_for_one_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("default");
        let is_for =
            |url: &str| look(&path).is_some_and(|(_, service)| same_service(&service, url));
        assert!(!is_for("https://api.sekoia.io"));
        for text in ["key\nhttps://api.sekoia.io/\n", "\nhttps://api.sekoia.io/\nkeyring\n"] {
            atomic_write(&path, text).unwrap();
            assert!(is_for("https://api.sekoia.io"));
            for other in
                ["http://api.sekoia.io", "https://api.sekoia.io.example", "https://example", ""]
            {
                assert!(!is_for(other), "{other}");
            }
        }
        atomic_write(&path, "key\n").unwrap();
        assert!(!is_for("https://api.sekoia.io"));
    }

    // Catches a key of the keyring that another profile or another service gets, and a key that is taken for a mark.
    #[test]
    fn a_mark_names_profile_and_service() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work");
        let content = |text: &str| {
            atomic_write(&path, text).unwrap();
            look(&path).unwrap().0
        };
        let expected = Content::InKeyring("work for https://example.org".to_owned());
        assert_eq!(content("\nhttps://example.org/\nkeyring\n"), expected);
        assert_eq!(content("keyring\nhttps://example.org\nkeyring\n"), Content::Key);
        assert_eq!(content("\nhttps://example.org\n"), Content::Key);
    }

    // Catches the name of a profile that leads out of the folder.
    #[test]
    fn a_name_stays_in_the_folder() {
        for name in ["", "..", "../x", "a/b", ".x", "a b"] {
            assert_eq!(path(name), None, "{name}");
        }
    }
}

//! Keys that `inthreat login` kept: a file each, which its owner alone can read. The first line is the key, as in any file
//! that --key-file names, the second the service that it is for: no other is ever sent it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use inthreat_store::atomic_write;

use super::place;
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

/// The longest file that is read, in bytes.
const LENGTH_MAX: u64 = 1 << 16;

/// The file of the key of a profile, where it is for this service.
pub(crate) fn find(profile: &str, url: &str) -> Option<PathBuf> {
    let path = path(profile)?;
    is_for(&path, url).then_some(path)
}

/// Keeps a key, and gives the file.
pub(crate) fn keep(profile: &str, url: &str, key: &str) -> Outcome<PathBuf> {
    let path = path(profile).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("keep a key for profile `{profile}`"))
            .hint("the name of a profile has letters, digits, `-`, `_` and `.`; set HOME or XDG_CONFIG_HOME, or keep the key yourself and name it with --key-file")
    })?;
    let folder = path.parent().unwrap_or(&path);
    place::make_private(folder).map_err(|error| {
        Failure::because(Exit::Storage, format!("make `{}`", folder.display()), &error)
    })?;
    // One that is replaced would keep its permissions, which somebody may have widened.
    forget(profile)?;
    atomic_write(&path, format!("{key}\n{url}\n"))?;
    Ok(path)
}

/// Takes the key of a profile away, and says whether there was one.
pub(crate) fn forget(profile: &str) -> Outcome<bool> {
    let Some(path) = path(profile) else { return Ok(false) };
    match fs::remove_file(&path) {
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

fn is_for(path: &Path, url: &str) -> bool {
    let is_short = fs::metadata(path).is_ok_and(|metadata| metadata.len() <= LENGTH_MAX);
    let Some(text) = is_short.then(|| fs::read_to_string(path).ok()).flatten() else {
        return false;
    };
    text.lines().nth(1).is_some_and(|kept| same_service(kept, url))
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
        assert!(!is_for(&path, "https://api.sekoia.io"));
        atomic_write(&path, "key\nhttps://api.sekoia.io/\n").unwrap();
        assert!(is_for(&path, "https://api.sekoia.io"));
        for other in
            ["http://api.sekoia.io", "https://api.sekoia.io.example", "https://example", ""]
        {
            assert!(!is_for(&path, other), "{other}");
        }
        atomic_write(&path, "key\n").unwrap();
        assert!(!is_for(&path, "https://api.sekoia.io"));
    }

    // Catches the name of a profile that leads out of the folder.
    #[test]
    fn a_name_stays_in_the_folder() {
        for name in ["", "..", "../x", "a/b", ".x", "a b"] {
            assert_eq!(path(name), None, "{name}");
        }
    }
}

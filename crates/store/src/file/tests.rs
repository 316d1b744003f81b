//! Tests of the file store: what a crash, a stranger or a second process leaves behind.

use std::{fs, path::Path, thread};

use crate::{Commit, CursorKey, CursorStore, ErrorKind, FileCursorStore, Position, atomic_write};

fn key(text: &str) -> CursorKey {
    text.parse().unwrap()
}

/// The file of the only cursor in a folder.
fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.find(|path| path.extension().is_some_and(|e| e == "json")).unwrap()
}

// Catches every breach of the contract, between two openers of one folder too.
#[cfg(feature = "conformance")]
#[tokio::test]
async fn keeps_the_contract() {
    use crate::conformance;

    let folder = tempfile::tempdir().unwrap();
    let clock = conformance::ManualClock::default();
    let open = |folder: &Path| FileCursorStore::open(folder).unwrap().with_clock(clock.source());
    let store = open(&folder.path().join("new/cursors"));
    conformance::cursor_store(&store).await;
    conformance::leases(&store, &clock).await;
    let other = open(store.folder());
    conformance::shared_cursor_store(&store, &other).await;
    conformance::shared_leases(&store, &other, &clock).await;
}

// Catches a lock that does not lock: two consumers that both think that they moved the cursor.
#[tokio::test(flavor = "current_thread")]
async fn one_of_many_wins() {
    let folder = tempfile::tempdir().unwrap();
    let wins: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|number| {
                let folder = folder.path();
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let store = FileCursorStore::open(folder).unwrap();
                    let mut wins = 0;
                    for generation in 0..20 {
                        let cursor = format!("{number}-{generation}").parse().unwrap();
                        let commit = Commit::new(key("k"), generation, cursor);
                        match runtime.block_on(store.commit(commit)) {
                            Ok(new) => {
                                assert_eq!(new, generation + 1);
                                wins += 1;
                            }
                            Err(error) => assert_eq!(error.kind(), ErrorKind::Conflict),
                        }
                    }
                    wins
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    let store = FileCursorStore::open(folder.path()).unwrap();
    assert_eq!(store.load(&key("k")).await.unwrap().generation, wins as u64);
}

// Catches a key that escapes the folder or meets another one.
#[tokio::test]
async fn any_key_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileCursorStore::open(folder.path().join("in")).unwrap();
    let long = "x".repeat(512);
    let keys = ["../out", "/etc/passwd", "a/b", "a-b", "A-b", ".", "é", "lock", &long, &long[1..]];
    for (number, text) in keys.iter().enumerate() {
        let cursor = number.to_string().parse().unwrap();
        assert_eq!(store.commit(Commit::new(key(text), 0, cursor)).await.unwrap(), 1, "{text}");
    }
    for (number, text) in keys.iter().enumerate() {
        let cursor = store.load(&key(text)).await.unwrap().cursor.unwrap();
        assert_eq!(cursor.as_str(), number.to_string(), "{text}");
    }
    assert_eq!(store.list().await.unwrap().len(), keys.len());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

// Catches a leftover of a killed process that is taken for a cursor, or that stays for ever.
#[tokio::test]
async fn leftovers_are_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileCursorStore::open(folder.path()).unwrap();
    fs::File::create(folder.path().join(".1-1.tmp")).unwrap();
    fs::File::create(folder.path().join("notes.txt")).unwrap();
    assert_eq!(store.list().await.unwrap(), []);
    FileCursorStore::open(folder.path()).unwrap();
    assert!(!folder.path().join(".1-1.tmp").exists());
    assert!(folder.path().join("notes.txt").exists());
}

// Catches damage that passes for "never read", which would read the whole feed again.
#[tokio::test]
async fn damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileCursorStore::open(folder.path()).unwrap();
    store.commit(Commit::new(key("k"), 0, "c".parse().unwrap())).await.unwrap();
    let path = only_file(folder.path());
    let good = fs::read_to_string(&path).unwrap();
    for (bad, kind) in [
        (String::new(), ErrorKind::Corrupt),
        (good[..20].to_owned(), ErrorKind::Corrupt),
        (good.replace("\"c\"", "\"\""), ErrorKind::Corrupt),
        (good.replace("\"k\"", "\"other\""), ErrorKind::Corrupt),
        (" ".repeat(70_000), ErrorKind::Corrupt),
        (good.replace("\"version\":1", "\"version\":2"), ErrorKind::Incompatible),
    ] {
        atomic_write(&path, &bad).unwrap();
        let error = store.load(&key("k")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{bad}: {error}");
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        let commit = Commit::new(key("k"), 1, "d".parse().unwrap());
        assert_eq!(store.commit(commit).await.unwrap_err().kind(), kind);
    }
    atomic_write(&path, &good).unwrap();
    let position = store.load(&key("k")).await.unwrap();
    assert_eq!(position, Position::new(Some("c".parse().unwrap()), 1));
}

// Catches an error that does not say where, and a file in the place of the folder.
#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    atomic_write(&path, b"x").unwrap();
    let error = FileCursorStore::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

// Catches a failed write that leaves a temporary file or half a file behind, and a full disk that is called something else.
#[test]
fn a_failed_write_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    atomic_write(&taken, b"x").unwrap_err();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    atomic_write(folder.path().join("absent/file"), b"x").unwrap_err();
    atomic_write("/", b"x").unwrap_err();

    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = crate::Error::from_io("write `x`", full);
    assert_eq!(error.kind(), ErrorKind::Full);
    assert_eq!(error.to_string(), "write `x`: there is no room left");
}

// Catches secrets that others can read, and permissions that are lost when a file is replaced.
#[cfg(unix)]
#[test]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    atomic_write(&path, b"1").unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    atomic_write(&path, b"2").unwrap();
    assert_eq!((mode(), fs::read(&path).unwrap()), (0o640, b"2".to_vec()));
}

// Catches a file that its reader, a server as another user, cannot read any more once root has replaced it.
#[cfg(unix)]
#[test]
fn owner_and_group_are_kept() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    atomic_write(&path, b"1").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    // Root alone can give a file away; for everybody else it is theirs before and after.
    let _ = chown(&path, Some(65_531), Some(65_532));
    let all = || {
        let metadata = fs::metadata(&path).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o777)
    };
    let before = all();
    atomic_write(&path, b"2").unwrap();
    assert_eq!((all(), fs::read(&path).unwrap()), (before, b"2".to_vec()));
}

// Catches a loss of owner or group that shuts somebody out, or lets somebody in, without a word; and one that is refused though
// it changes nothing.
#[cfg(unix)]
#[test]
fn a_loss_is_refused_where_it_matters() {
    use super::atomic::{Loss, check_loss};

    for (loss, mode, is_fine) in [
        (Loss::Owner(0), 0o600, true),
        (Loss::Owner(7), 0o600, false),
        (Loss::Group(0), 0o640, false),
        (Loss::Group(7), 0o660, false),
        (Loss::Group(7), 0o600, true),
    ] {
        assert_eq!(check_loss(loss, mode).is_ok(), is_fine, "{mode:o}");
    }
}

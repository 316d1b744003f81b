//! Keys and certificates of the program: made, changed and read again while it serves.

use std::{fs, path::Path};

use inthreat_api::{Collections as _, ErrorKind, FeedId, PageRequest, retry::RetryOptions};
use inthreat_http::{Client, ClientOptions};
use inthreat_replica::{Options, Replica};
use inthreat_tests::{
    plain,
    program::{self, Run, Served},
};
use rcgen::{CertifiedKey, KeyPair};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// An empty replica.
fn replica(folder: &Path) {
    drop(Replica::create_or_open(folder, Options::default()).unwrap());
}

fn keys(arguments: &[&str], file: &Path) -> Run {
    program::run(&[&["keys"], arguments, &["--file", text(file)]].concat())
}

/// Makes a key: its id and the key itself.
fn create(arguments: &[&str], file: &Path) -> (String, String) {
    let run = keys(&[&["create"], arguments].concat(), file);
    assert_eq!(run.code, 0, "{run:?}");
    let id = run.stderr.split('`').nth(1).unwrap().to_owned();
    (id, run.stdout.trim().to_owned())
}

// Catches a key that is revoked by a slip, a revoked one that is open until a restart, and a broken file of keys that opens or closes a server.
#[test]
fn keys_change_while_the_program_serves() {
    let folder = tempfile::tempdir().unwrap();
    let (local, file) = (folder.path().join("local"), folder.path().join("keys.json"));
    replica(&local);
    let (id, old) = create(&["old"], &file);
    let served = Served::start(&local, &["--keys", text(&file), "--rate", "1000/s"]);
    let status = |key: &str| plain::get(&served.url, "/v1/auth/validate", Some(key)).0;
    let is_stale = |value: u8| {
        let figures = plain::get(&served.url, "/metrics", None).1;
        figures.contains(&format!("inthreat_server_stale{{of=\"keys\"}} {value}\n"))
    };
    assert_eq!(status(&old), 200);
    assert!(is_stale(0));
    let (_, new) = create(&["new", "--expires", "90d"], &file);
    served.says("keys: read again");
    assert_eq!((status(&old), status(&new)), (200, 200));
    let good = fs::read(&file).unwrap();
    fs::write(&file, b"{\"version\":2").unwrap();
    let line = served.says("keys: what was read before stays");
    assert!(line.contains("keys.json"), "{line}");
    assert_eq!((status(&old), status(&new)), (200, 200));
    assert!(is_stale(1));
    fs::write(&file, good).unwrap();
    served.says("keys: read again");
    assert!(is_stale(0));
    keys(&["revoke", &id], &file).assert_fails(2, &["of `old`", "--yes"]);
    assert_eq!(keys(&["revoke", &id, "--yes"], &file).code, 0);
    served.says("keys: read again");
    assert_eq!((status(&old), status(&new)), (401, 200));
}

// Catches a file of keys that is not read again once somebody has made it readable, which changes no byte of it.
#[cfg(unix)]
#[test]
fn keys_are_read_again_when_others_may_read_them() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let (local, file) = (folder.path().join("local"), folder.path().join("keys.json"));
    replica(&local);
    create(&["one"], &file);
    let served = Served::start(&local, &["--keys", text(&file)]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    served.says("keys: read again");
}

// Catches a key that is made as somebody did not say, and a list that does not tell what each may do.
#[test]
fn keys_are_made_as_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    let community = "6ffbe55b-d30a-4dc4-bc52-a213dce0af29";
    let writing = ["INTHREAT_READ_FEEDS", "write_feeds"];
    let [read, write] = writing;
    let (_, secret) = create(
        &[
            "a",
            "--permission",
            read,
            "--permission",
            write,
            "--community",
            community,
            "--expires",
            "2099-01-01",
        ],
        &file,
    );
    create(&["b"], &file);
    let list = keys(&["list", "-o", "table"], &file);
    let lines: Vec<_> = list.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{list:?}");
    for part in ["READ_FEEDS WRITE_FEEDS", community, "2099-01-01T00:00:00Z"] {
        assert!(lines[1].contains(part), "{list:?}");
    }
    assert!(!lines[2].contains("WRITE"), "{list:?}");
    let kept = fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(&secret) && !list.stdout.contains(&secret));
    for (arguments, named) in [
        (["create", "x", "--permission", "root"], "root"),
        (["create", "x", "--community", "us"], "us"),
        (["create", "x", "--expires", "2020-01-01"], "expired"),
        (["create", "x", "--expires", "soon"], "90d"),
    ] {
        keys(&arguments, &file).assert_fails(2, &[named]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), kept);
}

// Catches a key that is lost because another one is made at the same moment.
#[test]
fn keys_that_are_made_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys.json");
    std::thread::scope(|scope| {
        let making = (0..12).map(|_| scope.spawn(|| create(&["one of many"], &file).0));
        let making: Vec<_> = making.collect();
        let made: Vec<_> = making.into_iter().map(|one| one.join().unwrap()).collect();
        let list = keys(&["list"], &file).stdout;
        assert!(made.iter().all(|id| list.contains(id)), "{made:?}\n{list}");
    });
}

/// Writes a certificate that vouches for itself, and its key.
fn certificate(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key }: CertifiedKey<KeyPair> =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("server.key"), signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("server.crt"), cert.pem()).unwrap();
    cert.pem()
}

// Catches a container that is unhealthy for ever because its server speaks TLS, and a certificate that is believed from afar.
#[test]
fn a_server_that_speaks_tls_is_healthy() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("local");
    replica(&local);
    certificate(folder.path());
    let (crt, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let served = Served::start(&local, &["--tls-cert", text(&crt), "--tls-key", text(&key)]);
    let run = program::run(&["health", "--url", &served.url]);
    assert_eq!((run.code, &*run.stdout), (0, "ready\n"), "{run:?}");
    let plain = served.url.replace("https:", "http:");
    assert_eq!(program::run(&["health", "--url", &plain]).code, 4);
    let far = ["health", "--url", "https://192.0.2.1:8443"];
    program::run(&far).assert_fails(2, &["loopback"]);
    program::run(&["health", "--url", "https://127.0.0.1:9"]).assert_fails(4, &["127.0.0.1:9"]);
}

// Catches a certificate that is shown until a restart, and a broken one that closes a server.
#[tokio::test(flavor = "multi_thread")]
async fn certificates_change_while_the_program_serves() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("local");
    replica(&local);
    let old = certificate(folder.path());
    let (crt, key) = (folder.path().join("server.crt"), folder.path().join("server.key"));
    let served = Served::start(&local, &["--tls-cert", text(&crt), "--tls-key", text(&key)]);
    assert!(served.url.starts_with("https://127.0.0.1:"), "{}", served.url);
    let client = |root: &str| {
        let options = ClientOptions::default().with_retry(RetryOptions::never());
        Client::new(&served.url, options.with_root_certificate(root)).unwrap()
    };
    let request = || PageRequest::new(FeedId::default());
    let trusting_old = client(&old);
    assert!(trusting_old.page(request()).await.unwrap().is_empty());
    fs::write(&key, "no key").unwrap();
    let line = served.says("certificate: what was read before stays");
    assert!(line.contains("private key") && !line.contains("no key"), "{line}");
    assert!(client(&old).page(request()).await.unwrap().is_empty());
    let new = certificate(folder.path());
    served.says("certificate: read again");
    assert!(client(&new).page(request()).await.unwrap().is_empty());
    let refused = client(&old).page(request()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Protocol, "{refused}");
    // Connections that there are go on.
    assert!(trusting_old.page(request()).await.unwrap().is_empty());
}

//! Engines that ask for TLS, for passwords and for certificates: who is trusted, what is shown, and that no secret is told.

use std::{
    fs,
    path::{Path, PathBuf},
};

use inthreat_nats::{NatsCursorStore, NatsOptions};
use inthreat_postgres::{PostgresOptions, PostgresStore};
use inthreat_store::TlsFiles;
use inthreat_tests::{
    engine::Engine,
    program::{self, Run},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair,
};
use tempfile::TempDir;

use super::{ENGINE, engine};

/// With a sign that has to be escaped in a URL.
const PASSWORD: &str = "right/horse@battery";
const WRONG: &str = "hunter2";

/// Certificates in PEM files: of an authority, of a server called `localhost`, of a client, and of a stranger.
struct Certificates {
    _folder: TempDir,
    authority: PathBuf,
    stranger: PathBuf,
    server: PathBuf,
    server_key: PathBuf,
    client: PathBuf,
    client_key: PathBuf,
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let authority = |name: &str| {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
        };
        let ours = authority("ours");
        let issue = |name: &str, usage| {
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            params.extended_key_usages.push(usage);
            let key = KeyPair::generate().unwrap();
            (params.signed_by(&key, &ours).unwrap().pem(), key.serialize_pem())
        };
        let server = issue("localhost", ExtendedKeyUsagePurpose::ServerAuth);
        let client = issue("client.example", ExtendedKeyUsagePurpose::ClientAuth);
        Self {
            authority: file("authority.pem", ours.pem()),
            stranger: file("stranger.pem", authority("stranger").pem()),
            server: file("server.pem", server.0),
            server_key: file("server-key.pem", server.1),
            client: file("client.pem", client.0),
            client_key: file("client-key.pem", client.1),
            _folder: folder,
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Lists the cursors at a URL, with this in the environment.
fn list(url: &str, environment: &[(&str, &str)]) -> Run {
    run(&["cursor", "list", "--state", "env:ENGINE"], url, environment)
}

fn run(arguments: &[&str], url: &str, environment: &[(&str, &str)]) -> Run {
    let mut command = program::command(arguments);
    for name in ["PGPASSWORD", "REDISCLI_AUTH", "NATS_USER", "NATS_PASSWORD", "NATS_TOKEN"] {
        command.env_remove(name);
    }
    Run::of(command.env(ENGINE, url).envs(environment.iter().copied()).output().unwrap())
}

fn accepted(url: &str, environment: &[(&str, &str)]) {
    let run = list(url, environment);
    assert_eq!(run.code, 0, "{url}: {run:?}");
}

/// Asserts that a URL is refused for one of these reasons, and that the reason tells no password.
fn refused(url: &str, environment: &[(&str, &str)], reasons: &[&str]) {
    let run = list(url, environment);
    run.assert_fails(6, &[]);
    assert!(reasons.iter().any(|reason| run.stderr.contains(reason)), "{url}: {run:?}");
    for secret in [PASSWORD, "right%2Fhorse%40battery", WRONG] {
        assert!(!run.stderr.contains(secret), "{url}: {run:?}");
    }
}

/// Asserts that a URL is refused, and that the hint and the doctor say what to do.
fn advised(url: &str, environment: &[(&str, &str)], advice: &str) {
    refused(url, environment, &[advice]);
    let doctor = run(&["doctor", "--local", "/absent", "--state", "env:ENGINE"], url, environment);
    let line = doctor.stdout.lines().find(|line| line.contains(r#""check":"state""#)).unwrap();
    assert!(line.contains(r#""state":"bad""#) && line.contains(advice), "{url}: {doctor:?}");
}

/// What is said of a certificate that nobody who is trusted signed, and of one of another name.
const UNKNOWN: &[&str] = &["UnknownIssuer"];
const OTHER_NAME: &[&str] = &["not valid for name"];

// Catches a database that is trusted although a stranger signed its certificate or it has another name, a connection
// without TLS where it was asked for, a password that is not sent, and one that is told.
#[tokio::test]
async fn a_database_is_verified() {
    let Some(plain) = engine("secured::a_database_is_verified", "INTHREAT_TEST_POSTGRES") else {
        return;
    };
    let files = Certificates::new();
    let settings = [
        "ssl=on",
        "ssl_cert_file=server.pem",
        "ssl_key_file=server-key.pem",
        "ssl_ca_file=authority.pem",
    ];
    let access = "hostssl template1 all all scram-sha-256 clientcert=verify-ca\n\
                  host all all all scram-sha-256\n";
    let copied = [&*files.server, &*files.server_key, &*files.authority];
    let server = Engine::postgres(("inthreat", PASSWORD), &settings, access, &copied).unwrap();
    let port = server.port;
    let at = |host: &str, database: &str| format!("postgres://inthreat@{host}:{port}/{database}");
    let trusted = format!("?sslmode=verify-full&sslrootcert={}", text(&files.authority));
    let shown = format!("&sslcert={}&sslkey={}", text(&files.client), text(&files.client_key));

    // The first one makes the tables.
    let tls = TlsFiles::default()
        .with_root_certificates(files.authority.clone())
        .with_client_certificate(files.client.clone())
        .with_client_key(files.client_key.clone());
    for database in ["postgres", "template1"] {
        let url = format!("{}?password=right%2Fhorse%40battery", at("localhost", database));
        let options = PostgresOptions::default().with_tls(tls.clone());
        PostgresStore::open(&url, options).await.unwrap();
    }

    let right = [("PGPASSWORD", PASSWORD)];
    let url = format!("{}{trusted}", at("localhost", "postgres"));
    accepted(&url, &right);
    accepted(&url.replace('@', ":right%2Fhorse%40battery@"), &[]);
    refused(&url, &[("PGPASSWORD", WRONG)], &["password authentication failed"]);
    refused(&url.replace('@', ":hunter2@"), &right, &["password authentication failed"]);
    refused(&url, &[], &["password"]);
    advised(&url, &[("PGPASSWORD", WRONG)], "comes from PGPASSWORD");
    advised(&url, &[], "comes from PGPASSWORD");
    advised(&format!("{}{trusted}", at("localhost", "absent")), &right, "name a database");
    refused(&format!("{}{trusted}", at("127.0.0.1", "postgres")), &right, OTHER_NAME);
    let stranger = format!("?sslrootcert={}", text(&files.stranger));
    refused(&format!("{}{stranger}", at("localhost", "postgres")), &right, UNKNOWN);
    // The authorities of the system do not know it either.
    refused(&format!("{}?sslmode=require", at("localhost", "postgres")), &right, UNKNOWN);

    let template = format!("{}{trusted}", at("localhost", "template1"));
    accepted(&format!("{template}{shown}"), &right);
    refused(&template, &right, &["client certificate", "pg_hba.conf"]);
    let absent = format!("{template}&sslcert=/absent.pem");
    refused(&absent, &right, &["read `/absent.pem`"]);

    // One without TLS is no place for whoever asks for it.
    refused(&format!("{plain}?sslmode=verify-full"), &[], &["server does not support TLS"]);
    refused(&format!("{plain}{stranger}"), &[], &["server does not support TLS"]);
}

// Catches the same with Redis, which asks every client for a certificate here.
#[test]
fn a_redis_is_verified() {
    if engine("secured::a_redis_is_verified", "INTHREAT_TEST_REDIS").is_none() {
        return;
    }
    let files = Certificates::new();
    let server = Engine::redis(&[
        "--tls-cert-file",
        text(&files.server),
        "--tls-key-file",
        text(&files.server_key),
        "--tls-ca-cert-file",
        text(&files.authority),
        "--requirepass",
        PASSWORD,
    ])
    .unwrap();
    let shown = format!("cert={}&key={}", text(&files.client), text(&files.client_key));
    let at = |host: &str, roots: &Path| {
        format!("rediss://{host}:{}/0?cacert={}&{shown}", server.port, text(roots))
    };
    let url = at("localhost", &files.authority);
    let right = [("REDISCLI_AUTH", PASSWORD)];
    accepted(&url, &right);
    accepted(&url.replace("://", "://:right%2Fhorse%40battery@"), &[]);
    refused(&url, &[("REDISCLI_AUTH", WRONG)], &["WRONGPASS", "AUTH", "uthentication"]);
    refused(&url, &[], &["NOAUTH", "uthentication"]);
    advised(&url, &[("REDISCLI_AUTH", WRONG)], "comes from REDISCLI_AUTH");
    advised(&url, &[], "comes from REDISCLI_AUTH");
    advised(&url.replace("/0?", "/99?"), &right, "name a database");
    refused(&at("127.0.0.1", &files.authority), &right, OTHER_NAME);
    refused(&at("localhost", &files.stranger), &right, UNKNOWN);
    let mute = format!("rediss://localhost:{}/0?cacert={}", server.port, text(&files.authority));
    refused(&mute, &right, &["ertificate"]);
    let plain = format!("redis://localhost:{}/0?cacert={}", server.port, text(&files.authority));
    refused(&plain, &right, &["certificates are for `rediss://…`"]);
}

// Catches the same with NATS, which says hello before there is TLS.
#[tokio::test]
async fn a_nats_is_verified() {
    let Some(plain) = engine("secured::a_nats_is_verified", "INTHREAT_TEST_NATS") else { return };
    let files = Certificates::new();
    let server = Engine::nats(&[
        "--tlsverify",
        "--tlscert",
        text(&files.server),
        "--tlskey",
        text(&files.server_key),
        "--tlscacert",
        text(&files.authority),
        "--user",
        "me",
        "--pass",
        PASSWORD,
    ])
    .unwrap();
    let shown = format!("tlscert={}&tlskey={}", text(&files.client), text(&files.client_key));
    let at = |host: &str, roots: &Path| {
        format!("tls://{host}:{}?tlsca={}&{shown}&bucket=b", server.port, text(roots))
    };
    let url = at("localhost", &files.authority);
    let right = [("NATS_USER", "me"), ("NATS_PASSWORD", PASSWORD)];
    // Who looks makes nothing; the first writer makes the bucket.
    refused(&url, &right, &["a pull with the same"]);
    let tls = TlsFiles::default()
        .with_root_certificates(files.authority.clone())
        .with_client_certificate(files.client.clone())
        .with_client_key(files.client_key.clone());
    let options = NatsOptions::default().with_bucket("b").with_tls(tls);
    let full = format!("nats://me:right%2Fhorse%40battery@localhost:{}", server.port);
    NatsCursorStore::open(&full, options).await.unwrap();
    accepted(&url, &right);
    accepted(&url.replace("tls://", "nats://me:right%2Fhorse%40battery@"), &[]);
    refused(&url, &[("NATS_USER", "me"), ("NATS_PASSWORD", WRONG)], &["uthorization"]);
    refused(&url, &[("NATS_TOKEN", WRONG)], &["uthorization"]);
    refused(&url, &[], &["uthorization"]);
    advised(&url, &[("NATS_USER", "me"), ("NATS_PASSWORD", WRONG)], "come from NATS_USER");
    refused(&at("127.0.0.1", &files.authority), &right, OTHER_NAME);
    refused(&at("localhost", &files.stranger), &right, UNKNOWN);
    let mute = format!("tls://localhost:{}?tlsca={}", server.port, text(&files.authority));
    refused(&mute, &right, &["ertificate"]);
    // One without TLS is no place for whoever asks for it.
    refused(&plain.replace("nats://", "tls://"), &[], &["InvalidContentType"]);
}

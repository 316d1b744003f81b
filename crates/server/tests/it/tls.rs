//! TLS: what is spoken, what is shown, and who is waited for.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use inthreat_api::MockIntelligenceCenter;
use inthreat_server::{ServerOptions, Tls, TlsErrorKind};
use rcgen::KeyPair;
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion, crypto::ring, pki_types::CertificateDer, version,
};

use crate::served::Served;

/// A certificate that vouches for itself.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Issued {
    fn new() -> Self {
        let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { certificate: issued.cert, key: issued.signing_key }
    }

    fn pem(&self) -> (Vec<u8>, Vec<u8>) {
        (self.certificate.pem().into_bytes(), self.key.serialize_pem().into_bytes())
    }

    fn tls(&self) -> Tls {
        let (certificate, key) = self.pem();
        Tls::from_pem(&certificate, &key).unwrap()
    }

    /// Asks over one version of TLS, trusting this certificate alone.
    fn ask(
        &self,
        served: &Served,
        version: &'static SupportedProtocolVersion,
    ) -> std::io::Result<(ProtocolVersion, String)> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.certificate.der().to_vec())).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut stream = StreamOwned::new(connection, served.connect());
        stream.write_all(
            b"GET /v2/inthreat/taxii-server/taxii2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        )?;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let version = stream.conn.protocol_version().unwrap();
        Ok((version, String::from_utf8_lossy(&answer).into_owned()))
    }
}

fn served(options: ServerOptions) -> Served {
    Served::new(MockIntelligenceCenter::new(), options)
}

// Catches a version of TLS that is not spoken, URLs that lead back to plain HTTP, and plain HTTP that is answered.
#[test]
fn both_versions_are_spoken_and_nothing_else() {
    let issued = Issued::new();
    let served = served(ServerOptions::default().with_tls(issued.tls()));
    for (version, spoken) in
        [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)]
    {
        let (found, answer) = issued.ask(&served, version).unwrap();
        assert_eq!(found, spoken);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("https://x/v2/inthreat/taxii-server/"), "{answer}");
    }
    assert_eq!(served.get("/healthz").status, 0);
    assert!(Issued::new().ask(&served, &version::TLS13).is_err(), "anyone is trusted");
}

// Catches a certificate that is shown until the next restart, and one that cannot be used and takes its place.
#[test]
fn a_certificate_is_replaced_while_a_server_runs() {
    let (old, new) = (Issued::new(), Issued::new());
    let tls = old.tls();
    let served = served(ServerOptions::default().with_tls(tls.clone()));
    let ((certificate, key), (old_certificate, old_key)) = (new.pem(), old.pem());
    for (certificate, key, kind) in [
        (&old_certificate, &key, TlsErrorKind::Unusable),
        (&b"nothing".to_vec(), &key, TlsErrorKind::Certificate),
        (&key, &certificate, TlsErrorKind::Certificate),
        (&certificate, &certificate, TlsErrorKind::Key),
        (&certificate, &b"-----BEGIN PRIVATE KEY-----\n????".to_vec(), TlsErrorKind::Key),
        (&b"-----BEGIN CERTIFICATE-----\n????".to_vec(), &key, TlsErrorKind::Certificate),
    ] {
        let error = tls.replace_pem(certificate, key).unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
    }
    old.ask(&served, &version::TLS13).unwrap();
    tls.replace_pem(&certificate, &key).unwrap();
    new.ask(&served, &version::TLS13).unwrap();
    assert!(old.ask(&served, &version::TLS13).is_err(), "the old certificate is shown");
    assert!(!format!("{tls:?}").contains("PRIVATE"));
    drop(old_key);
}

// Catches clients that say nothing, or half of a greeting, and keep others or the end of a server waiting.
#[test]
fn nobody_waits_for_a_handshake() {
    let issued = Issued::new();
    let long = Duration::from_mins(10);
    let options = ServerOptions::default()
        .with_tls(issued.tls())
        .with_handshake_timeout(long)
        .with_drain_timeout(long);
    let mut patient = served(options);
    let mut silent: Vec<_> = (0..20).map(|_| patient.connect()).collect();
    for stream in silent.iter_mut().take(10) {
        stream.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    }
    issued.ask(&patient, &version::TLS13).unwrap();
    let begun = Instant::now();
    patient.join();
    assert!(begun.elapsed() < long / 2);
    drop(silent);

    let short = Duration::from_millis(50);
    let options = ServerOptions::default()
        .with_tls(issued.tls())
        .with_handshake_timeout(short)
        .with_connections_max(2);
    let hasty = served(options);
    let silent: Vec<TcpStream> = (0..5).map(|_| hasty.connect()).collect();
    issued.ask(&hasty, &version::TLS13).unwrap();
    for mut stream in silent {
        assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0, "it is still open");
    }
}

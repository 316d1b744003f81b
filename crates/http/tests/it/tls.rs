//! TLS with a real server: whom the client trusts, and what it shows of itself.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use inthreat_api::{Collections, Error, ErrorKind, Page, PageRequest};
use inthreat_http::{ApiKey, Client, ClientCertificate, ClientOptions, Proxy, TimeoutOptions};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

use crate::scripted::{Waits, answer, chain};

/// An authority that only these tests trust.
struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, usage: ExtendedKeyUsagePurpose) -> Issued {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages.push(usage);
        let key = KeyPair::generate().unwrap();
        Issued { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }

    fn server(&self, name: &str) -> Issued {
        self.issue(name, ExtendedKeyUsagePurpose::ServerAuth)
    }

    fn client(&self) -> Issued {
        self.issue("client.example", ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.0.der().to_vec())).unwrap();
        Arc::new(roots)
    }
}

impl Issued {
    fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }
}

/// A server of TLS that answers every question with an empty page.
struct TlsServer {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl TlsServer {
    /// Shows this certificate; demands one of the client that this authority issued, if any.
    fn new(shown: &Issued, of_client: Option<&Authority>) -> Self {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match of_client {
            Some(authority) => {
                let provider = Arc::new(ring::default_provider());
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(authority.roots(), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(shown.key.serialize_der()));
        let chain = vec![shown.certificate.der().clone()];
        let config = Arc::new(builder.with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
                serve(ServerConnection::new(Arc::clone(&config)).unwrap(), stream.unwrap());
            }
        });
        Self { url, connections }
    }

    async fn ask(&self, options: ClientOptions) -> Result<Page, Error> {
        let options = options
            .with_key(ApiKey::new("secret-key").unwrap())
            .with_timer(Arc::new(Waits::default()))
            .with_proxy(Proxy::None);
        Client::new(&self.url, options)?.page(PageRequest::default()).await
    }

    /// Asks, and asserts that this is told, once, for good, and without a secret.
    async fn refuses(&self, options: ClientOptions, told: &str) {
        let before = self.connections.load(Ordering::Relaxed);
        let error = self.ask(options).await.unwrap_err();
        let authority = self.url.trim_start_matches("https://");
        assert_eq!(error.kind(), ErrorKind::Protocol, "{}", chain(&error));
        assert!(error.to_string().contains(told), "{}", chain(&error));
        assert!(error.to_string().contains(authority), "{}", chain(&error));
        assert_eq!(self.connections.load(Ordering::Relaxed), before + 1, "it was asked again");
        let all = format!("{} {error:?}", chain(&error));
        assert!(!all.contains("secret-key") && !all.contains("PRIVATE KEY"), "{all}");
    }
}

/// Answers one question; a client that is refused or leaves early is part of some tests.
fn serve(connection: ServerConnection, stream: TcpStream) {
    let mut stream = StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap_or(0);
        match buffer.get(..read) {
            Some(bytes) if read > 0 => request.extend_from_slice(bytes),
            _ => break,
        }
    }
    if request.ends_with(b"\r\n\r\n") {
        let _ = stream.write_all(&answer("200 OK", "", r#"{"items":[]}"#));
        stream.conn.send_close_notify();
    }
    let _ = stream.flush();
    // Reading to the end lets an alert arrive: a socket that is closed over unread bytes resets the connection.
    let _ = stream.sock.shutdown(Shutdown::Write);
    while stream.sock.read(&mut buffer).is_ok_and(|length| length > 0) {}
}

// Catches a root that is given and not used, and a stranger who is trusted: by another authority, or under another name.
#[tokio::test]
async fn only_a_root_that_is_given_is_trusted() {
    let authority = Authority::new();
    let trusting =
        |authority: &Authority| ClientOptions::default().with_root_certificate(authority.0.pem());
    let server = TlsServer::new(&authority.server("127.0.0.1"), None);
    assert!(server.ask(trusting(&authority)).await.unwrap().is_empty());
    server.refuses(ClientOptions::default(), "is not trusted").await;
    server.refuses(trusting(&Authority::new()), "is not trusted").await;
    // Several roots in one text, and several texts.
    let both = format!("{}{}", Authority::new().0.pem(), authority.0.pem());
    server.ask(ClientOptions::default().with_root_certificate(both)).await.unwrap();
    server.ask(trusting(&Authority::new()).with_root_certificate(authority.0.pem())).await.unwrap();

    let elsewhere = TlsServer::new(&authority.server("intelligence.example"), None);
    elsewhere.refuses(trusting(&authority), "is not trusted").await;
    // A certificate of the wrong kind.
    let client = authority.issue("127.0.0.1", ExtendedKeyUsagePurpose::ClientAuth);
    TlsServer::new(&client, None).refuses(trusting(&authority), "is not trusted").await;
}

// Catches a client certificate that is not shown, and a refusal that reads like a broken network and is asked again.
#[tokio::test]
async fn a_client_certificate_is_shown() {
    let authority = Authority::new();
    let server = TlsServer::new(&authority.server("127.0.0.1"), Some(&authority));
    let options = || ClientOptions::default().with_root_certificate(authority.0.pem());
    let shown = |issued: &Issued| {
        options().with_client_certificate(ClientCertificate::from_pem(issued.pem()))
    };
    let certificate = authority.client();
    assert!(server.ask(shown(&certificate)).await.unwrap().is_empty());
    // The key before the certificate is as good.
    let turned = format!("{}{}", certificate.key.serialize_pem(), certificate.certificate.pem());
    let turned = options().with_client_certificate(ClientCertificate::from_pem(turned));
    server.ask(turned).await.unwrap();

    server.refuses(options(), "demands a client certificate").await;
    server.refuses(shown(&Authority::new().client()), "refuses the client certificate").await;
    // A certificate without its key is no certificate to show.
    let certificate = ClientCertificate::from_pem(certificate.certificate.pem());
    let error = server.ask(options().with_client_certificate(certificate)).await.unwrap_err();
    assert_eq!(error.field(), Some("client certificate"));
}

// Catches a server that takes the connection and says nothing, before there is anything to wait for.
#[tokio::test]
async fn a_connection_that_is_not_made_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let url = format!("https://{}", listener.local_addr().unwrap());
    let timeouts = TimeoutOptions::default().with_connect(Duration::from_millis(60));
    let options = ClientOptions::default().with_timeouts(timeouts);
    let error = TlsServer { url, connections }.ask(options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{}", chain(&error));
    assert!(error.is_unsent() && chain(&error).contains("in time"), "{}", chain(&error));
}

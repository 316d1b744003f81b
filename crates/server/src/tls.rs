//! TLS: the certificate that a server shows, replaced while it runs.

use std::{
    error, fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::timeout;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::stall::Stall;

/// What is spoken inside.
const PROTOCOL: &[u8] = b"http/1.1";

/// A certificate and its key, which can be replaced while servers show it. Clones share what they hold; `Debug` tells
/// nothing. Spoken are TLS 1.2 and 1.3.
///
/// ```no_run
/// use inthreat_server::{ServerOptions, Tls};
///
/// let tls = Tls::from_pem(&std::fs::read("server.crt")?, &std::fs::read("server.key")?)?;
/// let options = ServerOptions::default().with_tls(tls.clone());
/// // When it was renewed; connections that there are go on with the old one.
/// tls.replace_pem(&std::fs::read("server.crt")?, &std::fs::read("server.key")?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// Takes a certificate, followed by those that lead to its authority, and its private key (PKCS #8, PKCS #1 or SEC 1),
    /// all in PEM.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Ok(Self(Arc::new(RwLock::new(config(certificates, key)?))))
    }

    /// Shows another certificate from the next connection on. What cannot be used changes nothing.
    pub fn replace_pem(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let config = config(certificates, key)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Agrees on keys with a client; `None` when they do not, or not in time.
    pub(crate) async fn accept(&self, stream: Stall, time: Duration) -> Option<TlsStream<Stall>> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        timeout(time, TlsAcceptor::from(config).accept(stream)).await.ok()?.ok()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

fn config(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| {
            TlsError::new(TlsErrorKind::Certificate, "read the certificate").with_source(error)
        })?;
    if certificates.is_empty() {
        let message = "read the certificate: there is none in PEM";
        return Err(TlsError::new(TlsErrorKind::Certificate, message));
    }
    // What is wrong with a key could tell something of it.
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
        TlsError::new(TlsErrorKind::Key, "read the private key: there is none in PEM")
    })?;
    let unusable = |error| {
        TlsError::new(TlsErrorKind::Unusable, "use the certificate with its key").with_source(error)
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(Arc::new(config))
}

/// What is wrong with a certificate or its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsErrorKind {
    /// There is no certificate, or none that can be read.
    Certificate,
    /// There is no private key, or none that can be read.
    Key,
    /// They do not belong together, or are of a kind that is not supported.
    Unusable,
}

/// Why a certificate cannot be shown.
#[derive(Debug)]
pub struct TlsError {
    kind: TlsErrorKind,
    message: &'static str,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl TlsError {
    fn new(kind: TlsErrorKind, message: &'static str) -> Self {
        Self { kind, message, source: None }
    }

    fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> TlsErrorKind {
        self.kind
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}

impl error::Error for TlsError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

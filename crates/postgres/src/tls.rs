//! Connections under TLS: whom they trust, and what they show.

use std::sync::Arc;

use inthreat_store::{Result, TlsFiles};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{Error as PemError, PemObject},
    },
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connect::unusable;

/// Makes connections that verify the certificate of the server and its name.
pub(crate) fn connector(tls: &TlsFiles) -> Result<MakeRustlsConnect> {
    let failed = |error: rustls::Error| unusable("TLS cannot be set up").with_source(error);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_root_certificates(roots(tls)?);
    let client = match tls.read_client()? {
        None => builder.with_no_client_auth(),
        Some((certificates, key)) => {
            let broken = |error: PemError| {
                unusable("the client certificate or its key is no PEM").with_source(error)
            };
            let certificates: Result<Vec<_>, _> =
                CertificateDer::pem_slice_iter(&certificates).collect();
            let key = PrivateKeyDer::from_pem_slice(&key).map_err(broken)?;
            builder.with_client_auth_cert(certificates.map_err(broken)?, key).map_err(failed)?
        }
    };
    Ok(MakeRustlsConnect::new(client))
}

fn roots(tls: &TlsFiles) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(pem) = tls.read_roots()? else {
        // One that cannot be read is no reason to go without the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate
            .map_err(|error| unusable("a root certificate is no PEM").with_source(error))?;
        roots
            .add(certificate)
            .map_err(|error| unusable("a root certificate cannot be used").with_source(error))?;
    }
    Ok(roots)
}

//! Makes the HTTP client, and tells what its errors mean.

use std::{env, error::Error as _};

use inthreat_api::{Error, ErrorKind, Result};
use reqwest::redirect::Policy;
#[cfg(feature = "rustls")]
use rustls::AlertDescription as Alert;
use url::Url;

use super::resolver::CheckedResolver;
use crate::{
    ClientOptions, Proxy,
    address::{self, Refused},
    base_url::BaseUrl,
};

/// How many headers an answer may have.
const HEADERS_MAX: usize = 100;
/// Where a proxy is told in the environment.
const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

pub(super) fn client(base: &BaseUrl, options: &ClientOptions) -> Result<reqwest::Client> {
    if !base.is_https() && !base.is_loopback() && !options.allow_plain_http {
        let reason =
            "plain `http` would show the key to the network; use `https`, or allow it explicitly";
        return Err(Error::invalid("base URL", reason));
    }
    let mut builder = reqwest::Client::builder()
        // Redirects are followed by the transport, so that the key cannot leave its origin.
        .redirect(Policy::none())
        // Asked again is in one place, and that is above the transport.
        .retry(reqwest::retry::never())
        .connect_timeout(options.timeouts.connect)
        .http1_max_headers(HEADERS_MAX)
        .http2_max_header_list_size(u32::try_from(options.head_length_max).unwrap_or(u32::MAX))
        .user_agent(options.user_agent.as_str())
        .gzip(options.compression)
        .zstd(options.compression)
        .brotli(options.compression);
    if !options.allow_link_local {
        address::check_url(base.url()).map_err(|refused| Error::invalid("base URL", refused))?;
        builder = builder.dns_resolver(CheckedResolver);
    }
    builder = with_proxy(builder, base, options)?;
    builder = with_tls(builder, base, options)?;
    builder.build().map_err(|error| {
        Error::new(ErrorKind::InvalidRequest, "the HTTP client could not be set up")
            .with_source(error.without_url())
    })
}

fn with_proxy(
    builder: reqwest::ClientBuilder,
    base: &BaseUrl,
    options: &ClientOptions,
) -> Result<reqwest::ClientBuilder> {
    let check = |url: &str| match url.parse::<Url>() {
        Ok(url) if !options.allow_link_local => {
            address::check_url(&url).map_err(|refused| Error::invalid("proxy", refused))
        }
        _ => Ok(()),
    };
    match &options.proxy {
        Proxy::None => Ok(builder.no_proxy()),
        // A proxy of the environment would carry what is meant for this machine elsewhere.
        Proxy::Environment if base.is_loopback() || is_no_proxy_for_all() => Ok(builder.no_proxy()),
        Proxy::Environment => {
            for name in PROXY_VARIABLES {
                if let Ok(url) = env::var(name) {
                    check(&url)?;
                }
            }
            Ok(builder)
        }
        Proxy::Url(url) => {
            let is_http = url.starts_with("http://") || url.starts_with("https://");
            let proxy = reqwest::Proxy::all(url.as_str()).ok().filter(|_| is_http);
            let Some(proxy) = proxy else {
                let reason = "expected something like `http://proxy.example.org:3128`";
                return Err(Error::invalid("proxy", reason));
            };
            check(url)?;
            Ok(builder.no_proxy().proxy(proxy))
        }
    }
}

/// Whether `NO_PROXY` names every host; the library takes a `*` for names alone, and not for addresses.
fn is_no_proxy_for_all() -> bool {
    let value = env::var("NO_PROXY").or_else(|_| env::var("no_proxy"));
    value.is_ok_and(|hosts| hosts.split(',').any(|host| host.trim() == "*"))
}

#[cfg(feature = "rustls")]
fn with_tls(
    mut builder: reqwest::ClientBuilder,
    base: &BaseUrl,
    options: &ClientOptions,
) -> Result<reqwest::ClientBuilder> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; either provider does.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    if !base.is_https() {
        // Loading the roots of the system takes time, and fails where there are none.
        return Ok(builder.tls_certs_only([]));
    }
    for pem in &options.root_certificates {
        let read = reqwest::Certificate::from_pem_bundle(pem);
        let certificates = read.ok().filter(|certificates| !certificates.is_empty());
        let Some(certificates) = certificates else {
            return Err(Error::invalid("root certificates", "expected certificates in PEM"));
        };
        builder = builder.tls_certs_merge(certificates);
    }
    if let Some(certificate) = &options.client_certificate {
        let identity = reqwest::Identity::from_pem(certificate.pem()).map_err(|_| {
            Error::invalid("client certificate", "expected a certificate and a key in PEM")
        })?;
        builder = builder.identity(identity);
    }
    Ok(builder.https_only(true))
}

#[cfg(not(feature = "rustls"))]
fn with_tls(
    builder: reqwest::ClientBuilder,
    base: &BaseUrl,
    _options: &ClientOptions,
) -> Result<reqwest::ClientBuilder> {
    if base.is_https() {
        let reason = "`https` needs the feature `rustls` of `inthreat-http`, which this program is built without";
        return Err(Error::invalid("base URL", reason));
    }
    Ok(builder)
}

/// Tells what broke on the way; the address is left out, because its query holds what is looked up.
pub(super) fn broken(authority: &str, error: reqwest::Error) -> Error {
    if let Some(refused) = find_source::<Refused>(&error) {
        return Error::invalid("address", format_args!("`{authority}` leads to {refused}"));
    }
    let is_unsent = error.is_connect();
    // A certificate that is not trusted now is not trusted in a second either.
    if let Some(message) = refused_by_tls(authority, &error) {
        return Error::new(ErrorKind::Protocol, message)
            .with_unsent(is_unsent)
            .with_source(error.without_url());
    }
    let message = if error.is_timeout() && error.is_connect() {
        format!("no connection to `{authority}` in time")
    } else if error.is_timeout() {
        format!("`{authority}` did not answer in time")
    } else if error.is_connect() {
        format!("no connection to `{authority}`")
    } else if error.is_body() || error.is_decode() {
        format!("the answer of `{authority}` did not arrive whole")
    } else {
        format!("the connection to `{authority}` broke")
    };
    Error::new(ErrorKind::Transport, message)
        .with_unsent(is_unsent)
        .with_source(error.without_url())
}

/// What one side of TLS has against the other for good.
#[cfg(feature = "rustls")]
fn refused_by_tls(authority: &str, error: &reqwest::Error) -> Option<String> {
    Some(match find_source::<rustls::Error>(error)? {
        rustls::Error::InvalidCertificate(_) => {
            format!("the certificate of `{authority}` is not trusted")
        }
        rustls::Error::AlertReceived(Alert::CertificateRequired) => {
            format!("`{authority}` demands a client certificate")
        }
        rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError,
        ) => format!("`{authority}` refuses the client certificate"),
        rustls::Error::AlertReceived(Alert::HandshakeFailure | Alert::ProtocolVersion)
        | rustls::Error::PeerIncompatible(_) => {
            format!("`{authority}` and this client have no way of TLS in common")
        }
        _ => return None,
    })
}

#[cfg(not(feature = "rustls"))]
fn refused_by_tls(_: &str, _: &reqwest::Error) -> Option<String> {
    None
}

/// The link of this type in an error's chain. Errors of input and output hide theirs from the chain.
fn find_source<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut source = error.source();
    while let Some(link) = source {
        if let Some(found) = link.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = link.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| inner.downcast_ref::<T>()) {
            return Some(found);
        }
        source = match inner {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => link.source(),
        };
    }
    None
}

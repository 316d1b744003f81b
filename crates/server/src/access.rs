//! Who is answered: the header `Authorization` (CONTRACT 1.2), what its key may do, and how often.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::http::request::Parts;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use inthreat_api::{Error, ErrorKind, Result};
use inthreat_wire::Required;
use zeroize::Zeroizing;

use crate::{
    KeyRecord, Keys, ServerOptions,
    attempts::Attempts,
    clock,
    keys::Verdict,
    usage::{InFlight, Usage, limited},
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// By which way a request came; it stands in the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Via {
    pub(crate) address: SocketAddr,
    /// Whether it came over TLS.
    pub(crate) is_secure: bool,
}

/// Lets requests in.
pub(crate) struct Gate {
    options: Arc<ServerOptions>,
    attempts: Attempts,
    usage: Arc<Usage>,
}

/// Who asks: one of the keys of that moment, or anyone where none is asked for.
pub(crate) struct Caller(Option<(Arc<Keys>, usize)>);

impl Gate {
    pub(crate) fn new(options: Arc<ServerOptions>) -> Self {
        let usage = Usage::new(options.key_rate, options.key_in_flight_max.max(1));
        Self { options, attempts: Attempts::default(), usage: Arc::new(usage) }
    }

    /// Finds the key of a request, and whether it may ask this now. Fails with
    /// [`Unauthorized`](ErrorKind::Unauthorized), [`Forbidden`](ErrorKind::Forbidden) or
    /// [`RateLimited`](ErrorKind::RateLimited).
    pub(crate) fn admit(
        &self,
        parts: &Parts,
        header: Option<&[u8]>,
    ) -> Result<(Caller, Option<InFlight>)> {
        let Some(keys) = &self.options.keys else { return Ok((Caller(None), None)) };
        let caller = self.identify(keys.current(), parts, header)?;
        let Some(key) = caller.key() else { return Err(invalid()) };
        let in_flight = self.usage.begin(&key.id, self.options.clock().since_epoch())?;
        let required = Required::of(parts.method.as_str(), parts.uri.path());
        if !required.is_met_by(&key.permissions) {
            let message = format!("insufficient permissions: this needs {required}");
            return Err(Error::new(ErrorKind::Forbidden, message));
        }
        Ok((caller, Some(in_flight)))
    }

    /// Whose key it is. Wrong ones are counted for the address; a request without one tries nothing.
    fn identify(&self, keys: Arc<Keys>, parts: &Parts, header: Option<&[u8]>) -> Result<Caller> {
        let secret = header.and_then(secret).ok_or_else(invalid)?;
        let now = self.options.clock().since_epoch();
        let via = parts.extensions.get::<Via>();
        let peer = via.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |via| via.address.ip());
        let error = match keys.check(&secret, clock::instant(now)) {
            Verdict::Valid(index) => {
                self.attempts.forgive(peer);
                return Ok(Caller(Some((keys, index))));
            }
            Verdict::Revoked => refused("the key is revoked", "T302"),
            Verdict::Expired => refused("the key has expired", "T301"),
            Verdict::Unknown => invalid(),
        };
        let counted = self.attempts.fail(peer, now);
        Err(counted
            .map_or_else(|wait| limited("too many wrong keys from this address", wait), |()| error))
    }
}

impl Caller {
    /// What is kept of the key.
    pub(crate) fn key(&self) -> Option<&KeyRecord> {
        let (keys, index) = self.0.as_ref()?;
        keys.records().get(*index)
    }

    /// The community that the key belongs to.
    pub(crate) fn community(&self) -> Option<&str> {
        self.key()?.community.as_deref()
    }
}

fn invalid() -> Error {
    refused("the key is missing or wrong", "T300")
}

fn refused(message: &str, code: &str) -> Error {
    Error::new(ErrorKind::Unauthorized, message).with_code(code)
}

/// The key in the header: `Bearer <key>`, or `Basic` with any user and the key as password.
fn secret(header: &[u8]) -> Option<Zeroizing<String>> {
    let header = std::str::from_utf8(header).ok()?;
    let (scheme, rest) = header.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Zeroizing::new(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(BASE64.decode(rest).ok()?);
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(Zeroizing::new(password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a form of the key that clients send and that is not understood.
    #[test]
    fn every_form_of_the_key_is_found() {
        let found = |header: &str| secret(header.as_bytes()).map(|secret| secret.to_string());
        for header in [
            "Bearer k:1",
            "bearer  k:1 ",
            "Basic YW55b25lOms6MQ==",
            "BASIC YW55b25lOms6MQ",
            "Basic Oms6MQ==",
        ] {
            assert_eq!(found(header).as_deref(), Some("k:1"), "{header}");
        }
        for header in ["", "Bearer", "k:1", "Digest k:1", "Basic k:1", "Basic azE=", "Basic /w=="] {
            assert_eq!(found(header), None, "{header}");
        }
        assert!(secret(b"Bearer \xff").is_none());
    }
}

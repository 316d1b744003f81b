//! The header `Authorization`: whose request it is (CONTRACT 1.2).

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use inthreat_api::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

use crate::{KeyRecord, Keys, keys::Verdict};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Finds the key of a request; `None` where none is asked for.
pub(crate) fn check<'a>(
    keys: Option<&'a Keys>,
    header: Option<&[u8]>,
) -> Result<Option<&'a KeyRecord>> {
    let Some(keys) = keys else { return Ok(None) };
    let invalid =
        || Error::new(ErrorKind::Unauthorized, "the key is missing or wrong").with_code("T300");
    let secret = header.and_then(secret).ok_or_else(invalid)?;
    match keys.check(&secret) {
        Verdict::Valid(record) => Ok(Some(record)),
        Verdict::Revoked => {
            Err(Error::new(ErrorKind::Unauthorized, "the key is revoked").with_code("T302"))
        }
        Verdict::Unknown => Err(invalid()),
    }
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

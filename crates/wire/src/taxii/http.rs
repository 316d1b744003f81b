//! What HTTP carries of TAXII 2.1 besides the answers: paths of API roots, media types that are negotiated, errors.

use inthreat_api::{Error, Result};
use serde_json::json;

use crate::{
    failure::{Failure, Public},
    route::segments,
};

/// Where a path stands on a server that has the service's API roots (CONTRACT 1.1, 6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServedPath {
    /// The path of the API root, with slashes around it.
    pub api_root: &'static str,
    /// What follows it, as [`decode_taxii`](super::decode_taxii) takes it.
    pub inner: String,
}

impl ServedPath {
    /// Finds the API root of a path; `None` for a path that is none of TAXII's. Doubled and trailing slashes do not
    /// count. `/taxii2/`, which every TAXII server has (section 4.1), belongs to the first root.
    pub fn parse(path: &str) -> Option<Self> {
        let segments = segments(path).ok()?;
        let (api_root, inner) = match segments.as_slice() {
            ["taxii2"] => ("/v2/inthreat/taxii-server/", segments.as_slice()),
            ["v2", "inthreat", "taxii-server", inner @ ..] => ("/v2/inthreat/taxii-server/", inner),
            ["api", "v2", "inthreat", "taxii-server", inner @ ..] => {
                ("/api/v2/inthreat/taxii-server/", inner)
            }
            _ => return None,
        };
        Some(Self { api_root, inner: inner.join("/") })
    }
}

/// Checks that an `Accept` takes [`MEDIA_TYPE`](super::MEDIA_TYPE) (section 1.6.8): by name, with this version or none,
/// or by a wildcard. A header that is empty takes everything.
///
/// Fails with status 406.
pub fn check_accept(accept: &str) -> Result<()> {
    if accept.trim().is_empty() || accept.split(',').any(is_ours) {
        return Ok(());
    }
    let reason = format_args!("only `{}` is answered", super::MEDIA_TYPE);
    Err(Error::invalid("accept", reason).with_status(406))
}

fn is_ours(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    ["application/taxii+json", "application/*", "*/*"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
        && parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => value.trim().trim_matches('"') == "2.1",
                // A weight of nothing refuses.
                "q" => value.bytes().any(|byte| (b'1'..=b'9').contains(&byte)),
                _ => true,
            }
        })
}

/// Writes an error (section 3.6.1). What is told is what [`failure::encode`](crate::failure::encode) tells.
pub fn encode_failure(error: &Error) -> Failure {
    let told = Public::of(error);
    let body = json!({
        "title": title(told.status),
        "description": told.message,
        "error_code": told.code,
        "http_status": told.status.to_string(),
    });
    Failure {
        status: told.status,
        body: body.to_string().into_bytes(),
        retry_after_s: told.retry_after_s,
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "The request is wrong",
        401 => "A key is needed",
        403 => "This is not allowed",
        404 => "There is nothing here",
        405 => "This method is not allowed",
        406 => "This media type is not answered",
        413 | 414 => "The request is too long",
        415 => "This media type is not taken",
        429 => "Too many requests",
        501 => "This cannot be answered",
        _ if status < 500 => "The request cannot be answered",
        _ => "The server failed",
    }
}

#[cfg(test)]
mod tests {
    use inthreat_api::ErrorKind;

    use super::*;

    // Catches a spelling of a path that clients send, and a path of others that is taken.
    #[test]
    fn api_roots_are_found() {
        for (path, api_root, inner) in [
            ("/taxii2/", "/v2/inthreat/taxii-server/", "taxii2"),
            ("/v2/inthreat/taxii-server", "/v2/inthreat/taxii-server/", ""),
            ("/v2/inthreat/taxii-server/taxii2", "/v2/inthreat/taxii-server/", "taxii2"),
            (
                "//api/v2//inthreat/taxii-server/collections/c%2D/objects//",
                "/api/v2/inthreat/taxii-server/",
                "collections/c%2D/objects",
            ),
        ] {
            let expected = ServedPath { api_root, inner: inner.to_owned() };
            assert_eq!(ServedPath::parse(path), Some(expected), "{path}");
        }
        for path in ["/", "/taxii2/collections", "/v2/inthreat/taxii", "/inthreat/taxii-server"] {
            assert_eq!(ServedPath::parse(path), None, "{path}");
        }
    }

    // Catches a client of the field that is refused, and an answer that nobody wants.
    #[test]
    fn media_types_are_negotiated() {
        for accept in [
            "",
            "*/*",
            "application/taxii+json",
            "application/taxii+json;version=2.1",
            "Application/TAXII+json; version=\"2.1\"; q=0.5",
            "text/html, application/*;q=0.001",
        ] {
            assert!(check_accept(accept).is_ok(), "{accept}");
        }
        for accept in [
            "application/json",
            "application/taxii+json;version=2.0",
            "application/vnd.oasis.taxii+json; version=2.0",
            "text/html, */*;q=0.0",
            ",;=",
        ] {
            assert_eq!(check_accept(accept).unwrap_err().status(), Some(406), "{accept}");
        }
    }

    // Catches an error that no TAXII client can read, and one that tells strangers what went wrong inside.
    #[test]
    fn errors_are_of_taxii() {
        let failure = encode_failure(&Error::not_found("collection `c`"));
        let body = String::from_utf8(failure.body).unwrap();
        assert_eq!(
            body,
            r#"{"description":"collection `c` does not exist","error_code":"INTHREAT404","http_status":"404","title":"There is nothing here"}"#
        );
        let failure = encode_failure(&Error::new(ErrorKind::Storage, "open `/secret`"));
        assert_eq!(failure.status, 500);
        assert!(!String::from_utf8(failure.body).unwrap().contains("secret"));
        let read = crate::failure::decode(404, None, body.as_bytes());
        assert_eq!(read.code(), Some("INTHREAT404"));
    }
}

//! Errors on the wire (CONTRACT 4): statuses, bodies and `Retry-After`, both ways.

use std::time::Duration;

use inthreat_api::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::{http_date, limits::FAILURE_LENGTH_MAX, quote};

/// How an error is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body: `message`, `code`, and `field` where one is wrong.
    pub body: Vec<u8>,
    /// The header `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
}

/// Writes an error. What went wrong inside is not told to strangers: those errors have a plain message.
pub fn encode(error: &Error) -> Failure {
    let told = Public::of(error);
    // Written by hand, because clients have been seen to compare the whole body: `message` comes first.
    let mut body = format!("{{\"message\":{},\"code\":{}", json!(told.message), json!(told.code));
    if let (ErrorKind::InvalidRequest, Some(field)) = (error.kind(), error.field()) {
        body.push_str(&format_args!(",\"field\":{}", json!(field)).to_string());
    }
    body.push('}');
    Failure { status: told.status, body: body.into_bytes(), retry_after_s: told.retry_after_s }
}

/// What strangers are told of an error, however it is written.
pub(crate) struct Public {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) code: String,
    pub(crate) retry_after_s: Option<u64>,
}

impl Public {
    pub(crate) fn of(error: &Error) -> Self {
        let status = status_of(error);
        let message = match error.kind() {
            ErrorKind::Unauthorized => match error.code() {
                Some("T301") => "The token has expired".to_owned(),
                Some("T302") => "The token has been revoked".to_owned(),
                _ => "The token is invalid".to_owned(),
            },
            ErrorKind::Forbidden
            | ErrorKind::NotFound
            | ErrorKind::InvalidRequest
            | ErrorKind::RateLimited
            | ErrorKind::Unsupported => error.to_string(),
            ErrorKind::Unavailable if status == 408 => {
                "The request did not arrive in time".to_owned()
            }
            ErrorKind::Unavailable => "Not available at the moment".to_owned(),
            ErrorKind::Protocol | ErrorKind::Transport => {
                "The source did not answer properly".to_owned()
            }
            _ => "Internal error".to_owned(),
        };
        let code = match (error.code(), error.kind()) {
            (Some(code), _) => code.to_owned(),
            (None, ErrorKind::Unauthorized) => "T300".to_owned(),
            (None, _) => format!("INTHREAT{status}"),
        };
        let wait =
            error.retry_after().map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let retry_after_s = match error.kind() {
            ErrorKind::RateLimited => Some(wait.unwrap_or(1)),
            ErrorKind::Unavailable => wait,
            _ => None,
        };
        Self { status, message, code, retry_after_s }
    }
}

/// Reads the header `Retry-After`: whole seconds, or a date (RFC 9110, section 10.2.3).
///
/// A date counts from the header `Date` of the same answer, so that a clock that is wrong on either side does no harm;
/// without one from `now_s`, in seconds since 1970-01-01T00:00:00Z. A date that is past is no wait at all.
pub fn retry_after(value: &str, date: Option<&str>, now_s: i64) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let then = http_date::parse(value)?;
    let now = date.and_then(http_date::parse).unwrap_or(now_s);
    Some(Duration::from_secs(u64::try_from(then.saturating_sub(now)).unwrap_or(0)))
}

/// Reads an error from a status, the header `Retry-After` and as much of the body as was read; 64 KiB of it count.
///
/// The body may be JSON (`message`, `code`, or `detail` of CONTRACT 4; `title`, `description` and `error_code` of
/// TAXII 2.1, section 3.6.1), HTML, text or nothing. Only whole seconds of `Retry-After` are understood: for a date
/// see [`retry_after`].
pub fn decode(status: u16, retry_after: Option<&str>, body: &[u8]) -> Error {
    let body = body.get(..body.len().min(FAILURE_LENGTH_MAX)).unwrap_or_default();
    let told = Told::read(body);
    let code = told.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let message = match &told.message {
        Some(message) => format!("the service answered {status}{code}: {message}"),
        None => format!("the service answered {status}{code} without a word"),
    };
    let mut error = Error::new(kind_of(status), message).with_status(status);
    if let Some(code) = told.code {
        error = error.with_code(code);
    }
    if let Some(field) = told.field {
        error = error.with_field(field);
    }
    if let Some(seconds) = retry_after.and_then(|text| text.trim().parse::<u32>().ok()) {
        error = error.with_retry_after(Duration::from_secs(seconds.into()));
    }
    error
}

/// What the body of an error says, fit to print.
struct Told {
    message: Option<String>,
    code: Option<String>,
    field: Option<String>,
}

impl Told {
    fn read(body: &[u8]) -> Self {
        let fit = |text: &str, length: usize| {
            Some(quote::printable(text, length)).filter(|t| !t.is_empty())
        };
        let Ok(Value::Object(map)) = serde_json::from_slice(body) else {
            return Self {
                message: fit(&String::from_utf8_lossy(body), 200),
                code: None,
                field: None,
            };
        };
        let text = |name: &str| map.get(name).and_then(Value::as_str);
        let detail = map.get("detail").and_then(|detail| detail.get(0));
        let detail_message = detail.and_then(|detail| detail.get("msg")).and_then(Value::as_str);
        let location = detail.and_then(|detail| detail.get("loc")).and_then(Value::as_array);
        let location = location.and_then(|loc| loc.last()).and_then(Value::as_str);
        let message =
            text("message").or_else(|| text("detail")).or(detail_message).or_else(|| text("error"));
        let message = message.or_else(|| text("description")).or_else(|| text("title"));
        Self {
            message: match message {
                Some(message) => fit(message, 500),
                None => fit(&String::from_utf8_lossy(body), 200),
            },
            code: text("code").or_else(|| text("error_code")).and_then(|code| fit(code, 40)),
            field: text("field").or(location).and_then(|field| fit(field, 100)),
        }
    }
}

/// The status of an error: the one that it carries where that fits its kind, else the one of its kind.
fn status_of(error: &Error) -> u16 {
    match (error.status(), error.kind()) {
        (Some(status), kind) if kind_of(status) == kind => status,
        (_, ErrorKind::Unauthorized) => 401,
        (_, ErrorKind::Forbidden) => 403,
        (_, ErrorKind::NotFound) => 404,
        (_, ErrorKind::InvalidRequest) => 400,
        (_, ErrorKind::RateLimited) => 429,
        (_, ErrorKind::Unsupported) => 501,
        (_, ErrorKind::Protocol | ErrorKind::Transport) => 502,
        (_, ErrorKind::Unavailable) => 503,
        _ => 500,
    }
}

/// What a status means.
fn kind_of(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        429 => ErrorKind::RateLimited,
        501 => ErrorKind::Unsupported,
        408 | 500..=599 => ErrorKind::Unavailable,
        400..=499 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Protocol,
    }
}

#[cfg(test)]
mod tests;

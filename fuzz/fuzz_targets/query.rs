//! Requests: whatever a stranger asks is understood or refused, and what is understood is asked again by what it is written as.
//!
//! The input is a request line without a version, and a body behind its end.
#![no_main]

use inthreat_wire::{Asked, Request, decode_any, encode, encode_live};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (line, body) = input.split_at(end);
    let Ok(line) = std::str::from_utf8(line) else { return };
    let body = body.get(1..).unwrap_or_default();
    let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    match decode_any(method, path, query, body) {
        Ok(asked) => {
            // What no client of this house would ask need not be written.
            let Ok(request) = write(&asked) else { return };
            assert_eq!(read(&request), asked, "{request:?}");
        }
        Err(error) => {
            let status = error.status();
            assert!(status.is_none_or(|status| (400..=501).contains(&status)), "{error}");
            assert!(error.to_string().len() < 16 * 1024, "an error repeats the whole request");
        }
    }
});

fn write(asked: &Asked) -> inthreat_api::Result<Request> {
    match asked {
        Asked::Center(question) => encode(question),
        Asked::Role(question) => encode_live(question),
    }
}

fn read(request: &Request) -> Asked {
    let query = (!request.query.is_empty()).then_some(request.query.as_str());
    let body = request.body.as_deref().unwrap_or_default();
    let asked = decode_any(request.method.as_str(), &request.path, query, body);
    asked.unwrap_or_else(|error| panic!("{request:?}: {error}"))
}

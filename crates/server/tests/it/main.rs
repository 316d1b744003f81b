//! Tests of the server over a real socket, with the bytes that clients send.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod answers;
mod bad_input;
mod cached;
mod docs;
mod edl;
mod faults;
mod keys;
mod limits;
mod replies;
mod served;
mod slow;
mod taxii;
#[cfg(feature = "tls")]
mod tls;
mod ui;
mod watched;

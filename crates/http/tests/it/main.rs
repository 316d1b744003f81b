//! Tests of the client against a server that sends exactly what a test says.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

#[cfg(feature = "rustls")]
mod addresses;
mod answers;
mod bodies;
mod live;
mod methods;
mod misbehaviour;
mod persistence;
mod proxies;
mod questions;
mod scripted;
mod taxii;
mod timeouts;
#[cfg(feature = "rustls")]
mod tls;
mod traces;

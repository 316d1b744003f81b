//! Tests of the client against a server that sends exactly what a test says.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as tests do")]

mod answers;
mod misbehaviour;
mod questions;
mod scripted;

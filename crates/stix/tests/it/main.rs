//! Tests of the public interface, on data of others where it is at hand.

mod reader;
mod roundtrip;
mod vectors;

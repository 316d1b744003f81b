//! STIX 2.1, lossless: what an object is, how a page of them is split, and what they say.
pub mod pattern;

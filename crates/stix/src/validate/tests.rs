//! Validation as its users call it.

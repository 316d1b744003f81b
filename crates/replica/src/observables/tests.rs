//! Tests of observables.

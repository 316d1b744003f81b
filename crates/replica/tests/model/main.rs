//! Random operations against a replica and against a naive model in memory give the same answers.
//!
//! The model knows nothing of the replica: it keeps a list of versions, and looks at all of it for every answer. Objects are few
//! and small, so that everything that can collide does. `PROPTEST_CASES` raises the number of cases; a failure shows the fewest
//! steps that lead to it.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::indexing_slicing, reason = "places are drawn from what there is")]

mod centre;
mod feeds;
mod formats;
mod objects;
mod patterns;
mod steps;
mod world;

use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence, RngAlgorithm},
};

/// So many cases, unless the environment says otherwise.
fn config(cases: u32) -> Config {
    Config {
        cases,
        max_shrink_iters: 4096,
        // Good enough here, and many times faster where nothing is optimised.
        rng_algorithm: RngAlgorithm::XorShift,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config(1500))]

    // Catches any answer that depends on more than what was written: on cursors held across changes, on reopening, copies,
    // rebuilds, ties, retired versions, or on who asks.
    #[test]
    fn small_batches_give_what_the_model_gives(steps in steps::small()) {
        world::check(&steps)?;
    }
}

proptest! {
    #![proptest_config(config(500))]

    // Catches an answer that changes while derived rows are still to be written, and one that is torn by their being written.
    #[test]
    fn large_batches_give_what_the_model_gives(steps in steps::large()) {
        world::check(&steps)?;
    }
}

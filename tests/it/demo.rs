//! The demonstration of the README, with a smaller feed.

use inthreat_stix::split;
use inthreat_tests::program;

// Catches a demonstration that fails, or that no longer shows what it promises.
#[test]
fn the_demonstration_shows_what_it_promises() {
    let run = program::run(&["demo", "--objects", "3000"]);
    assert_eq!(run.code, 0, "{run:?}");
    let shown = format!("{}{}", run.stdout, run.stderr);
    for promise in ["cut off", "identical", "objects/s", "MB/s", "PEAK MEMORY", "indicates", "198."]
    {
        assert!(shown.contains(promise), "`{promise}` is not in: {shown}");
    }
}

// Catches a feed for benchmarks that differs between two runs.
#[test]
fn the_feed_of_the_demonstration_is_repeatable() {
    let runs = [(); 2].map(|()| program::run(&["demo", "--emit", "500", "--seed", "7"]));
    assert_eq!(runs[0].stdout, runs[1].stdout);
    let split = split::ndjson(runs[0].stdout.clone());
    assert_eq!((split.objects.len(), split.rejected.len()), (500, 0));
}

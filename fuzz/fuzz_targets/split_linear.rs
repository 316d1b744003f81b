//! Splitting takes linear time: whatever the input, repeated to a quarter of a megabyte, it is read at a megabyte
//! a second or better.
#![no_main]

use std::time::Duration;

use inthreat_stix::split;
use libfuzzer_sys::fuzz_target;
use rustix::time::{ClockId, clock_gettime};

const LENGTH: usize = 256 * 1024;
/// With the sanitizers the slowest linear input takes a tenth of this; a quadratic one takes minutes.
const LIMIT: Duration = Duration::from_millis(250);

// The first byte splits the input into a part that stands once and one that is repeated behind it.
fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let (once, repeated) = rest.split_at(usize::from(*first).min(rest.len()));
    if repeated.is_empty() {
        return;
    }
    let mut body = once.to_vec();
    while body.len() < LENGTH {
        body.extend_from_slice(repeated);
    }
    limited("envelope", || drop(split::envelope(body.clone(), "objects")));
    limited("ndjson", || drop(split::ndjson(body.clone())));
    limited("document", || drop(split::document(body.clone())));
});

/// Runs `work` and fails when it takes too much of the processor's time; what other programs take does not count.
fn limited(name: &str, work: impl FnOnce()) {
    let start = spent();
    work();
    let taken = spent().saturating_sub(start);
    assert!(taken < LIMIT, "{name} took {taken:?}");
}

fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs().try_into().unwrap_or(0))
}

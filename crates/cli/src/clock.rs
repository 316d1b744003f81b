//! The one place that reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

use inthreat_stix::Timestamp;

/// This instant.
#[expect(clippy::disallowed_methods, reason = "the program is where the clock comes from")]
pub(crate) fn now() -> Option<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_unix(i64::try_from(since.as_secs()).ok()?, since.subsec_nanos())
}

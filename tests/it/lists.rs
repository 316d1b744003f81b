//! Lists for firewalls, of a replica.

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};
use inthreat_tests::plain;

use crate::conformance::served;

fn indicator(number: u32, pattern: &str, more: &str) -> RawObject {
    RawObject::new(format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}","created":"2024-01-01T00:00:00Z","modified":"2024-01-01T00:00:00Z","pattern_type":"stix","pattern":"{pattern}"{more}}}"#
    ))
    .unwrap()
}

// Catches a list that blocks what is revoked, expired or named by half of a pattern, or misses what is active.
#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_is_active() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let mut batch = Batch::default();
    batch.extend([
        indicator(901, "[ipv4-addr:value = '203.0.113.1']", ""),
        indicator(902, "[ipv4-addr:value = '203.0.113.2']", r#","revoked":true"#),
        indicator(
            903,
            "[ipv4-addr:value = '203.0.113.3']",
            r#","valid_from":"2024-01-01T00:00:00Z","valid_until":"2024-02-01T00:00:00Z""#,
        ),
        indicator(904, "[ipv4-addr:value = '203.0.113.4' AND url:value = 'x']", ""),
        indicator(905, "[network-traffic:dst_ref.value = '203.0.113.5']", ""),
        indicator(
            906,
            "[ipv4-addr:value = '203.0.113.1'] OR [ipv4-addr:value = '203.0.113.6']",
            "",
        ),
    ]);
    replica.write(batch).await.unwrap();
    let list = tokio::task::spawn_blocking(move || plain::get(&url, "/v1/edl-gateway/ipv4", None));
    let (status, body) = list.await.unwrap();
    assert_eq!(status, 200, "{body}");
    // The values of the scene are of another network.
    let values: Vec<_> = body.lines().filter(|line| line.starts_with("203.0.113.")).collect();
    assert_eq!(values, ["203.0.113.1", "203.0.113.5", "203.0.113.6"]);
}

//! What figures look like, and that they add up.

use super::*;

// Catches a format that Prometheus does not read, a bucket that is not cumulative, and a label that a stranger chooses.
#[test]
fn figures_add_up() {
    let metrics = Metrics::default();
    let connection = metrics.connection();
    for (method, status, millis) in
        [("GET", 200, 1), ("GET", 200, 3), ("GET", 404, 60_000), ("BREW\"", 405, 0)]
    {
        metrics.begin();
        let elapsed = Duration::from_millis(millis);
        metrics.end(&Counted { route: "/v1/me", method, status, bytes: 10, elapsed });
    }
    metrics.begin();
    metrics.refuse();
    let text = metrics.render(
        PageFigures { hits: 7, unchanged: 1, misses: 2, bytes: 99 },
        PageFigures { hits: 8, ..PageFigures::default() },
    );
    for line in [
        "# TYPE inthreat_server_requests_total counter",
        "inthreat_server_requests_total{route=\"/v1/me\",method=\"GET\",status=\"200\"} 2",
        "inthreat_server_requests_total{route=\"/v1/me\",method=\"other\",status=\"405\"} 1",
        "inthreat_server_sent_bytes_total{route=\"/v1/me\"} 40",
        "inthreat_server_answer_seconds_bucket{route=\"/v1/me\",le=\"0.0005\"} 1",
        "inthreat_server_answer_seconds_bucket{route=\"/v1/me\",le=\"0.001\"} 2",
        "inthreat_server_answer_seconds_bucket{route=\"/v1/me\",le=\"30\"} 3",
        "inthreat_server_answer_seconds_bucket{route=\"/v1/me\",le=\"+Inf\"} 4",
        "inthreat_server_answer_seconds_sum{route=\"/v1/me\"} 60.004",
        "inthreat_server_answer_seconds_count{route=\"/v1/me\"} 4",
        "inthreat_server_in_flight 1",
        "inthreat_server_connections 1",
        "inthreat_server_refused_total 1",
        "inthreat_server_cache_hits_total{of=\"pages\"} 7",
        "inthreat_server_cache_hits_total{of=\"answers\"} 8",
        "inthreat_server_cache_bytes{of=\"pages\"} 99",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("BREW") && text.ends_with('\n'));
    drop(connection);
    let none = PageFigures::default();
    assert!(metrics.render(none, none).contains("inthreat_server_connections 0\n"));
}

//! What a question leaves in traces.

use std::{
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use inthreat_api::{Indicators, Observable, ObservableType, retry::RetryOptions};
use inthreat_http::ClientOptions;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::scripted::{Scripted, Then, Waits, answer};

/// Keeps every field of every span and event as a line.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<String>>);

struct Line<'a>(&'a Kept, &'static str);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut kept = self.0.0.lock().unwrap();
        writeln!(kept, "{} {}={value:?}", self.1, field.name()).unwrap();
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates leave traces of their own, for which this one does not answer.
        metadata.target().starts_with("inthreat")
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Line(self, attributes.metadata().level().as_str()));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(self, "later"));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(self, event.metadata().level().as_str()));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

// Catches a value that is looked up, or a key, in a trace of any level, and a name that OpenTelemetry does not know.
#[test]
fn a_question_is_traced_without_its_values() {
    let kept = Kept::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(kept.clone(), || {
        let observable = || Observable::new(ObservableType::Url, "private-value");
        for _ in 0..2 {
            let server = Scripted::once("200 OK", "", r#"{"items":[],"has_more":false}"#);
            runtime.block_on(server.client().indicators(observable())).unwrap();
            // A test beside this one may have met a span first, at the very moment when nobody seemed to listen.
            tracing::callsite::rebuild_interest_cache();
        }
        let server = Scripted::once("403 Forbidden", "", "{}");
        runtime.block_on(server.client().indicators(observable())).unwrap_err();
        let busy = (answer("503 Busy", "", "private-value"), Then::Close);
        let server = Scripted::new(vec![busy.clone(), busy.clone(), busy]);
        let retry = RetryOptions::default().with_tries_max(3);
        let options = ClientOptions::default().with_retry(retry);
        let client = server.client_with(options.with_timer(Arc::new(Waits::default())));
        runtime.block_on(client.indicators(observable())).unwrap_err();
    });
    let kept = kept.0.lock().unwrap().clone();
    for line in [
        "INFO otel.name=\"GET /v2/inthreat/indicators\"",
        "INFO http.request.method=\"GET\"",
        "INFO url.template=\"/v2/inthreat/indicators\"",
        "INFO server.address=\"127.0.0.1\"",
        "later http.response.status_code=200",
        "later http.response.body.size=29",
        "later http.request.resend_count=0",
        "later elapsed_ms=",
        "later http.response.status_code=403",
        "later error.type=\"Forbidden\"",
        "later http.response.status_code=503",
        "later http.request.resend_count=2",
        "later elapsed_ms=1500",
    ] {
        assert!(kept.contains(line), "{line} is not in\n{kept}");
    }
    assert!(!kept.contains("private-value") && !kept.contains("secret-key"), "{kept}");
}

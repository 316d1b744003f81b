//! Every time that a question may take, over a real socket: nobody waits for long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{Collections, ErrorKind, Exports, PageRequest, Timer};
use inthreat_http::TimeoutOptions;
use inthreat_stix::Id;

use crate::scripted::{Scripted, Then, chain, once_only};

/// Long enough for this machine to answer itself.
const SHORT: Duration = Duration::from_millis(60);
/// The head of an answer, and the beginning of its body.
const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{\"items\":[";

// Catches a client that hangs for weeks: no answer at all, half a head, and a body that stops in the middle. Each time
// by the one timeout that is to catch it, while the others are long.
#[tokio::test]
async fn silence_is_cut_off() {
    let first_byte = || TimeoutOptions::default().with_first_byte(SHORT);
    let between_bytes = || TimeoutOptions::default().with_between_bytes(SHORT);
    let whole = || TimeoutOptions::default().with_whole(SHORT);
    for (bytes, timeouts, told) in [
        (&b""[..], first_byte(), "did not answer in time"),
        (b"HTTP/1.1 200", first_byte(), "did not answer in time"),
        (b"", whole(), "did not answer in time"),
        (HALF, between_bytes(), "did not come in time"),
        (HALF, whole(), "did not come in time"),
    ] {
        let server = Scripted::new(vec![(bytes.to_vec(), Then::Hang)]);
        // The rules of one question: a clone has other ones than the client that it was made of.
        let client = server.client().with_timeouts(timeouts);
        let error = client.page(PageRequest::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{}", chain(&error));
        assert!(error.to_string().contains(told), "{}", chain(&error));
    }
}

/// A clock on which three seconds pass whenever somebody looks.
#[derive(Debug, Default)]
struct Hasty(AtomicU64);

#[async_trait]
impl Timer for Hasty {
    async fn sleep(&self, _: Duration) {}

    fn random(&self) -> u64 {
        0
    }

    fn unix_seconds(&self) -> i64 {
        0
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(3 * self.0.fetch_add(1, Ordering::Relaxed))
    }
}

// Catches a body that keeps a question open for ever with a byte now and then, also one that is read piece by piece
// and that no timeout of the whole counts for.
#[tokio::test]
async fn a_body_that_hardly_moves_is_given_up() {
    let options = || once_only().with_timer(Arc::new(Hasty::default()));
    let server = Scripted::new(vec![(HALF.to_vec(), Then::Drip)]);
    let error = server.client_with(options()).page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains("less than a byte a second for 20s"), "{error}");

    let server = Scripted::new(vec![(HALF.to_vec(), Then::Drip)]);
    let client = server.client_with(options());
    let mut body =
        client.file_of(Id::lenient("report--1").unwrap(), "ab".repeat(32)).await.unwrap();
    let error = loop {
        match body.next_chunk().await {
            Ok(chunk) => assert!(chunk.is_some(), "the body ended"),
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains("less than a byte a second"), "{error}");

    // A window that is longer is not over so soon: the same drip ends by the time that the whole may take.
    let timeouts = TimeoutOptions::default().with_stall(Duration::MAX).with_whole(SHORT);
    let server = Scripted::new(vec![(HALF.to_vec(), Then::Drip)]);
    let client = server.client_with(options().with_timeouts(timeouts));
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert!(error.to_string().contains("did not come in time"), "{error}");
}

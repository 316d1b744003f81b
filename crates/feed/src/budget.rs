//! How many pages many consumers may have in memory together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The pages that one consumer of many may have in memory: one of its own, so that no other can starve it, and as many
/// of those that all share as it gets. Who waits is served in turn, and nobody waits for two at once: so it is fair.
#[derive(Debug)]
pub(crate) struct Share {
    own: Arc<Semaphore>,
    shared: Arc<Semaphore>,
}

/// The right to have one page in memory, from its question until it is durable.
pub(crate) type Permit = OwnedSemaphorePermit;

impl Share {
    /// The shares of `consumers` in this many pages; each has one page at least.
    pub(crate) fn divide(pages_max: usize, consumers: usize) -> Vec<Arc<Self>> {
        let rest = pages_max.saturating_sub(consumers).min(Semaphore::MAX_PERMITS);
        let shared = Arc::new(Semaphore::new(rest));
        let share = |_| {
            let own = Arc::new(Semaphore::new(1));
            Arc::new(Self { own, shared: Arc::clone(&shared) })
        };
        (0..consumers).map(share).collect()
    }

    /// Waits for room for one page. Dropping the future gives its place in the row up.
    pub(crate) async fn permit(&self) -> Option<Permit> {
        // Nobody closes them, so there is always a permit in the end.
        tokio::select! {
            biased;
            own = Arc::clone(&self.own).acquire_owned() => own.ok(),
            shared = Arc::clone(&self.shared).acquire_owned() => shared.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, pin::pin, task::Poll};

    use super::*;

    /// Whether a page may be fetched now.
    async fn try_permit(share: &Share) -> Option<Permit> {
        let mut permit = pin!(share.permit());
        poll_fn(|context| match permit.as_mut().poll(context) {
            Poll::Ready(permit) => Poll::Ready(permit),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    // Catches more pages than are allowed, and a consumer that takes the last page of another.
    #[tokio::test]
    async fn pages_are_shared_and_nobody_starves() {
        for (pages, greedy, all) in [(5, 4, 5), (1, 1, 2), (2, 1, 2), (0, 1, 2)] {
            let shares = Share::divide(pages, 2);
            let mut held = Vec::new();
            while let Some(permit) = try_permit(&shares[0]).await {
                held.push(permit);
            }
            assert_eq!(held.len(), greedy, "{pages} pages");
            while let Some(permit) = try_permit(&shares[1]).await {
                held.push(permit);
            }
            assert_eq!(held.len(), all, "{pages} pages");
            held.clear();
            assert!(try_permit(&shares[1]).await.is_some());
        }
    }
}

//! Being told to stop, and being told to go on early.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::sync::Notify;

/// Ends the waits of a [`Consumer::watch`](crate::Consumer::watch) early. Clones wake the same one.
///
/// A call during a run is remembered: the wait behind it ends at once.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// A handle of its own.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for news now. What a source asked to wait for is waited for all the same.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.0.notified().await;
    }
}

/// A future that says when to stop, and that stays ready: it is asked by one run after the other.
pub(crate) struct Shutdown<'a>(Option<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>);

impl<'a> Shutdown<'a> {
    pub(crate) fn new(future: impl Future<Output = ()> + Send + 'a) -> Self {
        Self(Some(Box::pin(future)))
    }

    /// Whether it was ready before.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_none()
    }
}

impl Future for Shutdown<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(future) = &mut self.0 {
            std::task::ready!(future.as_mut().poll(context));
            self.0 = None;
        }
        Poll::Ready(())
    }
}

//! Whether a server can answer: what whoever distributes requests asks.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use inthreat_api::{FeedId, PageRequest, Roles};
use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

/// How long an answer is good. Who asks needs no key, and shall not be able to keep the center busy.
const LIFE: Duration = Duration::from_secs(1);
/// How long the center may take for the cheapest of questions, and the program to check itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the program itself has to say: nothing, or why it is not ready.
#[derive(Clone)]
pub(crate) struct Check(Arc<dyn Fn() -> Result<(), String> + Send + Sync>);

impl Check {
    pub(crate) fn new(check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(check))
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check(..)")
    }
}

/// The newest answer. Whoever asks meanwhile waits for it, so that the center is asked once for all of them.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), String>)>>);

impl Readiness {
    pub(crate) async fn ask(&self, center: &dyn Roles, check: &Check) -> Result<(), String> {
        let mut newest = self.0.lock().await;
        if let Some((asked, answer)) = &*newest
            && asked.elapsed() < LIFE
        {
            return answer.clone();
        }
        let answer = ask(center, check.clone()).await;
        *newest = Some((Instant::now(), answer.clone()));
        answer
    }
}

async fn ask(center: &dyn Roles, check: Check) -> Result<(), String> {
    // Where the center lives is nobody's business; what went wrong is told when it is asked for something.
    let question = PageRequest::new(FeedId::default()).with_limit(1);
    match timeout(PATIENCE, center.page(question)).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) => return Err("the center does not answer".to_owned()),
        Err(_) => return Err("the center takes too long to answer".to_owned()),
    }
    match timeout(PATIENCE, spawn_blocking(move || (check.0)())).await {
        Ok(Ok(checked)) => checked,
        Ok(Err(_)) | Err(_) => Err("the program could not check itself".to_owned()),
    }
}

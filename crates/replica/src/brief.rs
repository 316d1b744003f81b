//! Short questions, answered on the thread that asks.
//!
//! Handing a question to another thread and its answer back costs several times what it takes to find one object. So where
//! [`Options::answers_in_place`](crate::Options::answers_in_place) says so, what is short is answered at once; and what turns
//! out not to be is begun anew on a thread that may block.

#[cfg(test)]
mod tests;

use std::{cell::Cell, sync::Arc, time::Duration};

use inthreat_api::PageRequest;
use rusqlite::{Connection, ErrorCode};

use crate::{
    fault::Fault,
    reader::{Reader, Readers},
    replica::Replica,
    schema::BUSY_WAIT,
    sink::blocking,
    version,
};

/// What a short question may read, in bytes: of blocks what is stored and what comes out of them, and something for each row.
pub(crate) const BYTES_MAX: usize = 256 << 10;
/// What a row counts as.
pub(crate) const ROW_BYTES: usize = 4 << 10;

/// What the question at hand may still read, in bytes; without a number, as much as it likes.
#[derive(Debug, Default)]
pub(crate) struct Allowance(Cell<Option<usize>>);

impl Allowance {
    fn brief() -> Self {
        Self(Cell::new(Some(BYTES_MAX)))
    }

    /// What is left of it.
    pub(crate) fn left(&self) -> Option<usize> {
        self.0.get()
    }

    /// Takes what is read next. Fails with [`Fault::Long`] when that is too much.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Fault> {
        if let Some(left) = self.left() {
            self.0.set(Some(left.checked_sub(bytes).ok_or(Fault::Long)?));
        }
        Ok(())
    }

    pub(crate) fn take_row(&self) -> Result<(), Fault> {
        self.take(ROW_BYTES)
    }
}

impl Replica {
    /// Answers a question that is short most of the time: at once where that may be, otherwise as
    /// [`Replica::ask_async`] does.
    ///
    /// The question has to take what it reads from [`Reader::allowance`].
    pub(crate) async fn ask_briefly<T: Send + 'static>(
        &self,
        question: impl Fn(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if self.readers.options.answers_in_place
            && self.is_settled()
            && let Some(answer) = self.readers.ask_at_once(&question)
        {
            return answer;
        }
        self.ask_async(question).await
    }

    /// The number of the database's state for a page, asked on the thread that asks where that may be.
    pub(crate) async fn version_briefly(
        &self,
        request: &PageRequest,
    ) -> Result<Option<u64>, Fault> {
        let (community, request) = (self.community(), request.clone());
        self.count_briefly(move |counted| version::of_page(counted, &request, community.as_deref()))
            .await
    }

    /// The number of the database's state for what is found in it; `None` while that lags.
    pub(crate) async fn state_version_briefly(&self) -> Result<Option<u64>, Fault> {
        if !self.is_settled() {
            return Ok(None);
        }
        self.count_briefly(|counted| version::of_state(counted).map(Some)).await
    }

    async fn count_briefly(
        &self,
        count: impl Fn(&Connection) -> Result<Option<u64>, Fault> + Send + 'static,
    ) -> Result<Option<u64>, Fault> {
        if self.readers.options.answers_in_place
            && let Some(version) = self.readers.count_at_once(&count)
        {
            return version;
        }
        let readers = Arc::clone(&self.readers);
        blocking(move || readers.count(&count)).await
    }
}

impl Readers {
    /// Answers a question from one state of the database, within the allowance and without waiting for anyone; `None` where
    /// that cannot be.
    fn ask_at_once<T>(
        &self,
        question: impl Fn(&mut Reader) -> Result<T, Fault>,
    ) -> Option<Result<T, Fault>> {
        let mut reader = self.take_idle()?;
        let answer = reader.connection.busy_timeout(Duration::ZERO).map_err(Fault::from);
        reader.allowance = Allowance::brief();
        let answer = answer.and_then(|()| self.lend(|| reader.in_snapshot(question)));
        reader.allowance = Allowance::default();
        let is_as_before = reader.connection.busy_timeout(BUSY_WAIT).is_ok();
        self.give_back(is_as_before.then_some(reader));
        at_once(answer)
    }
}

/// What a question was answered with, unless it is to be asked again where it may wait.
pub(crate) fn at_once<T>(answer: Result<T, Fault>) -> Option<Result<T, Fault>> {
    match answer {
        Err(Fault::Long) => None,
        Err(Fault::Sqlite(error)) if is_busy(&error) => None,
        answer => Some(answer),
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
        )
    )
}

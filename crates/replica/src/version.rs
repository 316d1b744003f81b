//! Whether a page that was read once is still the same.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use inthreat_api::PageRequest;
use rusqlite::Connection;

use crate::{
    brief::at_once,
    fault::Fault,
    feeds::{self, Filter},
    reader::Readers,
    schema::BUSY_WAIT,
};

/// How often to look whether somebody else has counted, before the question is handed to a thread that may wait.
const SPINS: usize = 400;

/// A connection for nothing but the question whether others committed something. `SQLite` counts that for each connection
/// alone, so that the numbers of two would not compare; this one writes nothing itself.
#[derive(Debug, Default)]
pub(crate) struct Commits(Mutex<Option<Connection>>);

impl Readers {
    /// Counts on the connection that counts commits.
    pub(crate) fn count<T>(
        &self,
        count: impl Fn(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut slot = self.commits.0.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *slot {
            Some(connection) => connection,
            empty => empty.insert(self.open()?.connection),
        };
        count(connection)
    }

    /// The same without waiting for anyone; `None` where that cannot be.
    pub(crate) fn count_at_once<T>(
        &self,
        count: impl Fn(&Connection) -> Result<T, Fault>,
    ) -> Option<Result<T, Fault>> {
        // Who counts is done in microseconds most of the time; going to another thread takes longer.
        let slot = (0..SPINS).find_map(|_| {
            std::hint::spin_loop();
            self.commits.0.try_lock().ok()
        })?;
        let connection = slot.as_ref()?;
        connection.busy_timeout(Duration::ZERO).ok()?;
        let counted = count(connection);
        connection.busy_timeout(BUSY_WAIT).ok()?;
        at_once(counted)
    }
}

/// The number of the database's state, for a page that depends on nothing else.
pub(crate) fn of_page(
    connection: &Connection,
    request: &PageRequest,
    community: Option<&str>,
) -> Result<Option<u64>, Fault> {
    // Before the feed is read: a feed that is changed in between gives a page of the number before, which is read again.
    let version = of_state(connection)?;
    let feed = feeds::find(connection, community, &request.feed)?;
    let depends_on_time = Filter::new(&feed.draft, request).skip_expired;
    Ok((!depends_on_time).then_some(version))
}

/// The number of the database's state.
pub(crate) fn of_state(connection: &Connection) -> Result<u64, Fault> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    let version: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(version.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use inthreat_api::{ErrorKind, FeedDraft, FeedId, Feeds, Roles};
    use inthreat_stix::split;
    use inthreat_store::{Batch, Sink};

    use super::*;
    use crate::{Options, Replica};

    async fn write(replica: &Replica, id: &str) {
        let mut batch = Batch::default();
        batch.extend(split::ndjson(format!(r#"{{"type":"x-t","id":"x-t--{id}"}}"#)).objects);
        replica.write(batch).await.unwrap();
        // Derived rows are commits too.
        tokio::task::block_in_place(|| replica.settle()).unwrap();
    }

    async fn version(replica: &Replica, request: &PageRequest) -> u64 {
        replica.page_version(request).await.unwrap().unwrap()
    }

    // Catches a page that changed and keeps its version, in the process that writes and in one that reads, and a version that
    // changes although nothing was written.
    #[tokio::test(flavor = "multi_thread")]
    async fn versions_change_with_what_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Replica::create_or_open(folder.path(), Options::default()).unwrap();
        write(&writer, "1").await;
        let reader = Replica::open(folder.path(), Options::default()).unwrap();
        let request = PageRequest::new(FeedId::default());
        for (round, replica) in [&writer, &reader].into_iter().enumerate() {
            let before = version(replica, &request).await;
            assert_eq!(version(replica, &request).await, before);
            write(&writer, "1").await;
            let unchanged = version(replica, &request).await;
            write(&writer, &format!("{round}2")).await;
            let after = version(replica, &request).await;
            assert!(after != before && after != unchanged);
            let feed = writer.create_feed(FeedDraft::default()).await.unwrap();
            let own = PageRequest::new(feed.id.clone());
            let before = version(replica, &own).await;
            let mut draft = FeedDraft::default();
            draft.types = vec!["x-t".into()];
            writer.update_feed(feed.id.clone(), draft).await.unwrap();
            assert_ne!(version(replica, &own).await, before, "the feed selects something else");
            writer.delete_feed(feed.id).await.unwrap();
            let gone = replica.page_version(&own).await.unwrap_err();
            assert_eq!(gone.kind(), ErrorKind::NotFound);
        }
    }

    // Catches an answer that is kept although something was found since, in the process that writes and in one that reads, and a
    // number for a state in which what was stored cannot be found yet.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_state_changes_with_what_can_be_found() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Replica::create_or_open(folder.path(), Options::default()).unwrap();
        write(&writer, "1").await;
        let reader = Replica::open(folder.path(), Options::default()).unwrap();
        for (round, replica) in [&writer, &reader].into_iter().enumerate() {
            let before = replica.state_version().await.unwrap().unwrap();
            assert_eq!(replica.state_version().await.unwrap(), Some(before));
            write(&writer, &format!("{round}3")).await;
            assert_ne!(replica.state_version().await.unwrap(), Some(before));
        }
    }

    // Catches a page that is kept although time alone changes it, and a feed whose existence another community learns of.
    #[tokio::test]
    async fn pages_that_depend_on_more_have_no_version() {
        let folder = tempfile::tempdir().unwrap();
        let replica =
            Replica::create_or_open(folder.path(), Options::default().with_community("a")).unwrap();
        let mut request = PageRequest::new(FeedId::default());
        assert!(replica.page_version(&request).await.unwrap().is_some());
        request.skip_expired = Some(true);
        assert_eq!(replica.page_version(&request).await.unwrap(), None);
        let mut draft = FeedDraft::default();
        draft.skip_expired = true;
        let feed = replica.create_feed(draft).await.unwrap();
        let mut own = PageRequest::new(feed.id);
        assert_eq!(replica.page_version(&own).await.unwrap(), None);
        let other = Replica::open(folder.path(), Options::default().with_community("b")).unwrap();
        assert_eq!(other.page_version(&own).await.unwrap_err().kind(), ErrorKind::NotFound);
        own.skip_expired = Some(false);
        assert!(replica.page_version(&own).await.unwrap().is_some());
    }
}

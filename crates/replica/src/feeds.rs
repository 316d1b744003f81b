//! The definitions of feeds: what each selects and how it is written.
//!
//! They are few and made by people, so each change is on the disk before it is acknowledged, whatever the durability of
//! batches is.

mod definition;
mod filter;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use inthreat_api::{
    Error, ErrorKind, Feed, FeedDraft, FeedId, FeedList, Feeds, FeedsRequest, Result,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use uuid::Builder;

use crate::{fault::Fault, instant, iocs, reader::Reader, replica::Replica, write::Writer};

use definition::Definition;

pub(crate) use filter::{Filter, Order, same_level};

/// The table of definitions. `definition` is the JSON of the filters and the format.
pub(crate) const TABLE: &str = "
CREATE TABLE feeds (
    id TEXT PRIMARY KEY,
    community TEXT,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

const LIMIT_DEFAULT: u32 = 20;
const LIMIT_MAX: u32 = 100;
/// How many feeds a replica keeps.
const FEEDS_MAX: i64 = 10_000;

/// Keeps definitions of feeds, at most 10,000. Where the replica has a [community](crate::Options::community), feeds are made for
/// it, and those of others do not exist.
#[async_trait]
impl Feeds for Replica {
    /// The default feed first, then the others as they were made.
    async fn feeds(&self, request: FeedsRequest) -> Result<FeedList> {
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")));
        }
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            list(&reader.connection, community.as_deref(), &request, limit)
        };
        self.answer("list the feeds of", answer).await
    }

    /// Makes a feed.
    async fn create_feed(&self, draft: FeedDraft) -> Result<Feed> {
        draft.check()?;
        let (community, now) = (self.community(), self.readers.options.now());
        self.change_feeds(move |transaction| create(transaction, draft, community, now)).await
    }

    async fn feed(&self, id: FeedId) -> Result<Feed> {
        let community = self.community();
        let answer = move |reader: &mut Reader| find(&reader.connection, community.as_deref(), &id);
        self.answer("read a feed of", answer).await
    }

    /// Replaces what a feed selects. Its cursors stay good: they go on in what it selects now.
    async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed> {
        check_changeable(&id)?;
        draft.check()?;
        let (community, now) = (self.community(), self.readers.options.now());
        let change = move |transaction: &Transaction<'_>| {
            let before = find_made(transaction, community.as_deref(), &id)?;
            update(transaction, before, draft, now)
        };
        self.change_feeds(change).await
    }

    async fn delete_feed(&self, id: FeedId) -> Result<()> {
        check_changeable(&id)?;
        let community = self.community();
        let change = move |transaction: &Transaction<'_>| {
            find_made(transaction, community.as_deref(), &id)?;
            transaction.execute("DELETE FROM feeds WHERE id = ?1", [id.as_str()])?;
            Ok(())
        };
        self.change_feeds(change).await
    }
}

impl Replica {
    /// The community that feeds are made for and seen by.
    pub(crate) fn community(&self) -> Option<String> {
        self.community.clone()
    }

    /// Has a short transaction run that is on the disk when it is acknowledged.
    async fn change_feeds<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        if self.writer.is_none() {
            return Err(Error::unsupported("changing feeds where a replica is only read"));
        }
        let changed = async {
            let job = move |writer: &mut Writer| writer.durably(|writer| writer.change(change));
            self.writer()?.run(job).await
        };
        changed.await.map_err(|fault: Fault| fault.into_api("change a feed of", self.folder()))
    }
}

fn check_changeable(id: &FeedId) -> Result<()> {
    if id.is_default() {
        return Err(Error::new(ErrorKind::Forbidden, "the default feed cannot be changed"));
    }
    Ok(())
}

/// One feed as a community sees it; without a community all are seen.
pub(crate) fn find(
    connection: &Connection,
    community: Option<&str>,
    id: &FeedId,
) -> Result<Feed, Fault> {
    if id.is_default() {
        return Ok(Feed::unfiltered());
    }
    if let Some(feed) = made(connection, community, id)? {
        return Ok(feed);
    }
    let found = iocs::feed(connection, community, id)?;
    Ok(found.ok_or_else(|| Error::not_found(format!("feed `{id}`")))?)
}

/// One feed that somebody made and may change.
fn find_made(connection: &Connection, community: Option<&str>, id: &FeedId) -> Result<Feed, Fault> {
    if let Some(feed) = made(connection, community, id)? {
        return Ok(feed);
    }
    Err(match iocs::feed(connection, community, id)? {
        Some(_) => {
            Error::new(ErrorKind::Forbidden, "the feed of an IOC collection cannot be changed")
        }
        None => Error::not_found(format!("feed `{id}`")),
    }
    .into())
}

fn made(
    connection: &Connection,
    community: Option<&str>,
    id: &FeedId,
) -> Result<Option<Feed>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT community, created, modified, title, description, definition FROM feeds
         WHERE id = ?1 AND (?2 IS NULL OR community = ?2)",
    )?;
    let found = statement
        .query_row(params![id.as_str(), community], |row| {
            let texts: (String, String, String) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, texts))
        })
        .optional()?;
    let Some((community_uuid, created, modified, (title, description, definition))) = found else {
        return Ok(None);
    };
    let broken =
        |reason: String| Fault::corrupt(format!("the definition of feed `{id}`: {reason}"));
    let mut draft = Definition::read(&definition).map_err(broken)?;
    (draft.title, draft.description) = (title, description);
    let mut feed = Feed::new(id.clone(), draft);
    feed.created = instant::from_micros(created);
    feed.modified = instant::from_micros(modified);
    feed.community_uuid = community_uuid;
    Ok(Some(feed))
}

fn list(
    connection: &Connection,
    community: Option<&str>,
    request: &FeedsRequest,
    limit: u32,
) -> Result<FeedList, Fault> {
    let term = request.term.as_deref().unwrap_or_default().to_lowercase();
    let is_meant = |id: &FeedId, title: &str, description: &str| {
        (request.ids.is_empty() || request.ids.contains(id))
            && [title, description].iter().any(|text| text.to_lowercase().contains(&term))
    };
    let mut ids = Vec::new();
    let default = Feed::unfiltered();
    if is_meant(&default.id, &default.draft.title, &default.draft.description) {
        ids.push(default.id);
    }
    let mut statement = connection.prepare_cached(
        "SELECT id, title, description FROM feeds
         WHERE ?1 IS NULL OR community = ?1 ORDER BY created, id",
    )?;
    let mut rows = statement.query([community])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let id = id.parse().map_err(|_| Fault::corrupt("an id in `feeds` is none"))?;
        if is_meant(&id, &row.get::<_, String>(1)?, &row.get::<_, String>(2)?) {
            ids.push(id);
        }
    }
    let total = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    let offset = usize::try_from(request.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let told = ids.iter().skip(offset).take(limit as usize);
    let items = told.map(|id| find(connection, community, id)).collect::<Result<_, Fault>>()?;
    Ok(FeedList::new(items, total))
}

fn create(
    transaction: &Transaction<'_>,
    draft: FeedDraft,
    community: Option<String>,
    now: i64,
) -> Result<Feed, Fault> {
    let count: i64 = transaction.query_row("SELECT count(*) FROM feeds", [], |row| row.get(0))?;
    if count >= FEEDS_MAX {
        let message = format!("there are {FEEDS_MAX} feeds already");
        return Err(Error::new(ErrorKind::Forbidden, message).into());
    }
    let random: [u8; 16] = transaction.query_row("SELECT randomblob(16)", [], |row| row.get(0))?;
    let id = Builder::from_random_bytes(random).into_uuid().to_string();
    let id: FeedId = id.parse().map_err(|_| Fault::corrupt("a new id is none"))?;
    transaction.execute(
        "INSERT INTO feeds VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)",
        params![
            id.as_str(),
            community,
            now,
            draft.title,
            draft.description,
            Definition::write(&draft)?
        ],
    )?;
    let mut feed = Feed::new(id, draft);
    feed.created = instant::from_micros(now);
    feed.modified = feed.created;
    feed.community_uuid = community;
    Ok(feed)
}

fn update(
    transaction: &Transaction<'_>,
    mut feed: Feed,
    draft: FeedDraft,
    now: i64,
) -> Result<Feed, Fault> {
    transaction.execute(
        "UPDATE feeds SET modified = ?2, title = ?3, description = ?4, definition = ?5 WHERE id = ?1",
        params![feed.id.as_str(), now, draft.title, draft.description, Definition::write(&draft)?],
    )?;
    feed.draft = draft;
    feed.modified = instant::from_micros(now);
    Ok(feed)
}

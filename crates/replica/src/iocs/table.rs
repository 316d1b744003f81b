//! The table of collections, and the feeds that they are read as.

use inthreat_api::{
    Error, ErrorKind, Feed, FeedDraft, FeedId, IocCollection, IocCollectionDraft,
    IocCollectionsRequest, SortOrder,
};
use inthreat_stix::{Id, Kind};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::source;
use crate::{fault::Fault, instant};

/// `id` is the UUID, `shared` whether communities below may read it.
pub(crate) const TABLE: &str = "
CREATE TABLE ioc_collections (
    id TEXT PRIMARY KEY,
    community TEXT,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    shared INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The kind of an identifier of a collection.
pub(super) const KIND: &str = "ioc-collection";
/// Who makes and changes collections, as far as the replica knows.
const USER: &str = "local";
const COLUMNS: &str = "id, community, created, modified, name, description, shared";

/// How many collections a replica keeps.
const COLLECTIONS_MAX: i64 = 1000;
/// The longest name, in bytes, and the longest description, in characters (CONTRACT 2.8).
const NAME_LENGTH_MAX: usize = 1000;
const DESCRIPTION_LENGTH_MAX: usize = 500;

/// Whether what is said of a collection can be kept.
pub(super) fn check(draft: &IocCollectionDraft) -> Result<(), Error> {
    let is_id = |id: &Id| id.kind().as_str() == KIND && id.uuid().is_some();
    if draft.id.as_ref().is_some_and(|id| !is_id(id)) {
        return Err(Error::invalid("id", "expected `ioc-collection--` and a UUID"));
    }
    let is_name = |name: &String| !name.trim().is_empty() && name.len() <= NAME_LENGTH_MAX;
    if draft.name.as_ref().is_some_and(|name| !is_name(name)) {
        return Err(Error::invalid("name", format!("expected 1 to {NAME_LENGTH_MAX} bytes")));
    }
    let length = draft.description.as_ref().map_or(0, |text| text.chars().count());
    if length > DESCRIPTION_LENGTH_MAX {
        let reason = format!("expected {DESCRIPTION_LENGTH_MAX} characters at most");
        return Err(Error::invalid("description", reason));
    }
    Ok(())
}

/// One collection as a community sees it; without a community all are seen.
pub(super) fn find(
    connection: &Connection,
    community: Option<&str>,
    id: &Id,
) -> Result<IocCollection, Fault> {
    let uuid = id.uuid().filter(|_| id.kind().as_str() == KIND);
    let found = match uuid {
        Some(uuid) => find_by_uuid(connection, community, Uuid::from_bytes(uuid))?,
        None => None,
    };
    // The words and the code of the service (CONTRACT 4).
    let missing =
        || Error::new(ErrorKind::NotFound, "IOC Collection not found").with_code("INTHREAT2500");
    Ok(found.ok_or_else(missing)?)
}

/// The feed that a collection is read as, by the UUID of the collection: its indicators, oldest first.
pub(crate) fn feed(
    connection: &Connection,
    community: Option<&str>,
    id: &FeedId,
) -> Result<Option<Feed>, Fault> {
    let Ok(uuid) = Uuid::try_parse(id.as_str()) else { return Ok(None) };
    let Some(collection) = find_by_uuid(connection, community, uuid)? else { return Ok(None) };
    let mut draft = FeedDraft::default();
    draft.sources = vec![source(&collection.id)];
    draft.title = collection.name;
    draft.description = collection.description;
    draft.types = vec!["indicator".to_owned()];
    draft.sort_order = SortOrder::Ascending;
    let mut feed = Feed::new(id.clone(), draft);
    feed.created = collection.created;
    feed.modified = collection.modified;
    feed.community_uuid = collection.community_uuid;
    Ok(Some(feed))
}

/// The collections that a community sees and that are asked for, as they were made.
pub(super) fn list(
    connection: &Connection,
    community: Option<&str>,
    request: &IocCollectionsRequest,
) -> Result<Vec<IocCollection>, Fault> {
    let term = request.term.as_deref().unwrap_or_default().to_lowercase();
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM ioc_collections
         WHERE ?1 IS NULL OR community IS NULL OR community = ?1 ORDER BY created, id"
    ))?;
    let mut rows = statement.query([community])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let collection = read(row)?;
        let is_of = |uuid: &String| request.communities.contains(uuid);
        let is_meant =
            request.communities.is_empty() || collection.community_uuid.as_ref().is_some_and(is_of);
        if is_meant && collection.name.to_lowercase().contains(&term) {
            found.push(collection);
        }
    }
    Ok(found)
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    mut collection: IocCollection,
    now: i64,
) -> Result<IocCollection, Fault> {
    let count: i64 =
        transaction.query_row("SELECT count(*) FROM ioc_collections", [], |row| row.get(0))?;
    if count >= COLLECTIONS_MAX {
        let message = format!("there are {COLLECTIONS_MAX} collections already");
        return Err(Error::new(ErrorKind::Forbidden, message).into());
    }
    let inserted = transaction.execute(
        "INSERT INTO ioc_collections VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO NOTHING",
        params![
            text(&collection.id),
            collection.community_uuid,
            now,
            collection.name,
            collection.description,
            collection.available_for_sub_communities
        ],
    )?;
    if inserted == 0 {
        return Err(Error::invalid("id", "there is such a collection already").into());
    }
    collection.created = instant::from_micros(now);
    collection.modified = collection.created;
    collection.created_by = Some(USER.to_owned());
    collection.modified_by = Some(USER.to_owned());
    collection.indicators_count = Some(0);
    Ok(collection)
}

pub(super) fn update(
    transaction: &Transaction<'_>,
    community: Option<&str>,
    id: &Id,
    draft: IocCollectionDraft,
    now: i64,
) -> Result<IocCollection, Fault> {
    let mut found = find(transaction, community, id)?;
    found.name = draft.name.unwrap_or(found.name);
    found.description = draft.description.unwrap_or(found.description);
    let shared = draft.available_for_sub_communities;
    found.available_for_sub_communities = shared.unwrap_or(found.available_for_sub_communities);
    found.modified = instant::from_micros(now);
    transaction.execute(
        "UPDATE ioc_collections SET modified = ?2, name = ?3, description = ?4, shared = ?5
         WHERE id = ?1",
        params![text(id), now, found.name, found.description, found.available_for_sub_communities],
    )?;
    Ok(found)
}

pub(super) fn delete(transaction: &Transaction<'_>, id: &Id) -> Result<(), Fault> {
    transaction.execute("DELETE FROM ioc_collections WHERE id = ?1", [text(id)])?;
    Ok(())
}

/// What is wrong with the table.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut statement =
        connection.prepare(&format!("SELECT {COLUMNS} FROM ioc_collections ORDER BY id"))?;
    let mut rows = statement.query([])?;
    let mut faults = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let is_sound = read(row).is_ok_and(|collection| {
            collection.created.is_some() && collection.modified >= collection.created
        });
        if !is_sound {
            faults.push(format!("the IOC collection `{id}` is damaged"));
        }
    }
    Ok(faults)
}

fn find_by_uuid(
    connection: &Connection,
    community: Option<&str>,
    uuid: Uuid,
) -> Result<Option<IocCollection>, Fault> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM ioc_collections
         WHERE id = ?1 AND (?2 IS NULL OR community IS NULL OR community = ?2)"
    ))?;
    let found = statement.query_row(params![uuid.to_string(), community], |row| Ok(read(row)));
    found.optional()?.transpose()
}

fn read(row: &Row<'_>) -> Result<IocCollection, Fault> {
    let id: String = row.get(0)?;
    let uuid = Uuid::try_parse(&id).ok().filter(|uuid| uuid.to_string() == id);
    let uuid = uuid.ok_or_else(|| Fault::corrupt("an id in `ioc_collections` is none"))?;
    let id = Id::new(Kind::from(KIND), *uuid.as_bytes());
    let mut collection = IocCollection::new(id, row.get::<_, String>(4)?);
    collection.community_uuid = row.get(1)?;
    collection.created = instant::from_micros(row.get(2)?);
    collection.modified = instant::from_micros(row.get(3)?);
    collection.created_by = Some(USER.to_owned());
    collection.modified_by = Some(USER.to_owned());
    collection.description = row.get(5)?;
    collection.available_for_sub_communities = row.get(6)?;
    Ok(collection)
}

fn text(id: &Id) -> String {
    Uuid::from_bytes(id.uuid().unwrap_or_default()).to_string()
}

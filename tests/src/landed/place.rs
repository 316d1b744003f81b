//! The sinks that are looked into, each in its own way and not in that of the program, where there is another.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use async_nats::jetstream::{
    self,
    consumer::{AckPolicy, pull},
};
use futures_util::StreamExt;
use inthreat_api::Cursor;
use inthreat_nats::{NatsCursorStore, NatsOptions, NatsSink};
use inthreat_postgres::{PostgresOptions, PostgresStore};
use inthreat_replica::Replica;
use inthreat_stix::RawObject;
use inthreat_store::{CursorStore, FileCursorStore};
use tokio_postgres::NoTls;

use super::{Fault, Found, read};

/// How many messages are asked for at once.
const MESSAGES: usize = 1000;

/// A sink and the cursors that belong to it. Those of files are in a folder beside them, `<path>.cursors`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Place {
    /// A replica in a folder.
    Replica(PathBuf),
    /// A file of lines.
    File(PathBuf),
    /// A folder of files of lines, compressed or not.
    Folder(PathBuf),
    /// The default tables of a PostgreSQL database, by its URL.
    Postgres(String),
    /// The default stream and bucket of a NATS server, by its URL.
    Nats(String),
}

impl Place {
    /// Reads the kind of a place and its path or URL.
    pub fn parse(kind: &str, place: &str) -> Result<Self, Fault> {
        Ok(match kind {
            "replica" => Self::Replica(place.into()),
            "file" => Self::File(place.into()),
            "folder" => Self::Folder(place.into()),
            "postgres" => Self::Postgres(place.to_owned()),
            "nats" => Self::Nats(place.to_owned()),
            _ => return Err(format!("`{kind}` is no place").into()),
        })
    }

    /// Empties it. Where a duplicate window is given, a stream is made that remembers messages for this long.
    pub async fn clear(&self, duplicate_window: Option<Duration>) -> Result<(), Fault> {
        match self {
            Self::Replica(path) => absent_is_fine(fs::remove_dir_all(path))?,
            Self::File(path) => {
                absent_is_fine(fs::remove_file(path))?;
                absent_is_fine(fs::remove_dir_all(cursors_of(path)))?;
            }
            Self::Folder(path) => {
                absent_is_fine(fs::remove_dir_all(path))?;
                absent_is_fine(fs::remove_dir_all(cursors_of(path)))?;
            }
            Self::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                let connection = tokio::spawn(connection);
                client.batch_execute("DROP SCHEMA IF EXISTS inthreat CASCADE").await?;
                drop(client);
                connection.await??;
            }
            Self::Nats(url) => {
                let context = jetstream::new(async_nats::connect(url).await?);
                // They may not be there yet.
                let _ = context.delete_stream("INTHREAT").await;
                let _ = context.delete_stream("KV_inthreat-cursors").await;
                if let Some(window) = duplicate_window {
                    let options = NatsOptions::default().with_duplicate_window(window);
                    NatsSink::open(url, options).await?;
                }
            }
        }
        Ok(())
    }

    /// How far the feed was read.
    pub(super) async fn cursor(&self) -> Result<Option<Cursor>, Fault> {
        let store: Box<dyn CursorStore> = match self {
            Self::Replica(path) => Box::new(replica(path)?),
            Self::File(path) | Self::Folder(path) => {
                Box::new(FileCursorStore::open(cursors_of(path))?)
            }
            Self::Postgres(url) => {
                Box::new(PostgresStore::open(url, PostgresOptions::default()).await?)
            }
            Self::Nats(url) => Box::new(NatsCursorStore::open(url, NatsOptions::default()).await?),
        };
        let cursors = store.list().await?;
        match cursors.as_slice() {
            [] => Ok(None),
            [(_, position)] => Ok(position.cursor.clone()),
            _ => Err(format!("there are {} cursors of one feed", cursors.len()).into()),
        }
    }

    pub(super) async fn read(&self) -> Result<Found, Fault> {
        match self {
            Self::Replica(path) => {
                let replica = replica(path)?;
                let verified = replica.verify()?;
                if let Some(finding) = verified.findings.first() {
                    return Err(finding.message.clone().into());
                }
                Ok(Found { objects: read(&replica, None).await?, is_torn: false })
            }
            Self::File(path) => lines(&absent_is_empty(fs::read(path))?, path),
            Self::Folder(path) => folder(path),
            Self::Postgres(url) => postgres(url).await,
            Self::Nats(url) => nats(url).await,
        }
    }
}

fn cursors_of(path: &Path) -> PathBuf {
    let mut folder = path.as_os_str().to_owned();
    folder.push(".cursors");
    folder.into()
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    result
        .or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn absent_is_empty(result: io::Result<Vec<u8>>) -> io::Result<Vec<u8>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// A crash may have left a folder in which no replica is made yet.
fn replica(path: &Path) -> Result<Replica, Fault> {
    Ok(Replica::create_or_open(path, inthreat_replica::Options::default())?)
}

/// Every line is an object, but for what stands behind the last line break.
fn lines(bytes: &[u8], path: &Path) -> Result<Found, Fault> {
    let mut found = Found::default();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            found.is_torn = true;
            break;
        };
        let torn = |error| format!("`{}`: line {}: {error}", path.display(), number + 1);
        found.objects.push(RawObject::new(line.to_vec()).map_err(torn)?);
    }
    Ok(found)
}

/// Files that are closed are whole; only the one that grows may end in a torn line.
fn folder(folder: &Path) -> Result<Found, Fault> {
    let mut names: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    names.sort();
    let mut all = Found::default();
    for path in &names {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = match name.rsplit_once('.') {
            // The compressed one is whole when it is there, and this one is what it was made of.
            Some((_, "closing")) if path.with_extension("ndjson.zst").exists() => continue,
            Some((_, "zst")) => zstd::decode_all(fs::File::open(path)?)?,
            Some((_, "ndjson" | "closing")) => fs::read(path)?,
            _ => continue,
        };
        let found = lines(&bytes, path)?;
        if found.is_torn && name != ".open.ndjson" {
            return Err(format!("`{}` is closed and torn", path.display()).into());
        }
        all.objects.extend(found.objects);
        all.is_torn |= found.is_torn;
    }
    Ok(all)
}

async fn postgres(url: &str) -> Result<Found, Fault> {
    // It may not have its tables yet.
    PostgresStore::open(url, PostgresOptions::default()).await?;
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let mut found = Found::default();
    for row in client.query("SELECT id, raw FROM inthreat.objects", &[]).await? {
        let object = RawObject::new(row.try_get::<_, String>(1)?)?;
        if object.id() != Some(row.try_get(0)?) {
            return Err(format!("a row has the object of another: {}", object.as_str()).into());
        }
        found.objects.push(object);
    }
    drop(client);
    connection.await??;
    Ok(found)
}

async fn nats(url: &str) -> Result<Found, Fault> {
    // It may not have its stream yet.
    NatsSink::open(url, NatsOptions::default()).await?;
    let context = jetstream::new(async_nats::connect(url).await?);
    let mut stream = context.get_stream("INTHREAT").await?;
    let count = usize::try_from(stream.info().await?.state.messages)?;
    let config = pull::Config { ack_policy: AckPolicy::None, ..pull::Config::default() };
    let consumer = stream.create_consumer(config).await?;
    let mut found = Found::default();
    while found.objects.len() < count {
        let before = found.objects.len();
        let mut messages = consumer.fetch().max_messages(MESSAGES).messages().await?;
        while let Some(message) = messages.next().await {
            found.objects.push(RawObject::new(message?.payload.to_vec())?);
        }
        if found.objects.len() == before {
            return Err(format!("of {count} messages, {before} can be read").into());
        }
    }
    Ok(found)
}

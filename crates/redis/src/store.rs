//! The store: records in a hash, replaced by compare-and-set.

use std::{
    collections::HashMap,
    fmt,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use inthreat_store::{
    Commit, CursorKey, CursorRecord, CursorStore, Error, ErrorKind, Lease, LeaseRequest, Position,
    Result, TlsFiles,
};
use redis::{
    AsyncCommands, Client, ConnectionInfo, IntoConnectionInfo, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
#[cfg(feature = "rustls")]
use redis::{ClientTlsConfig, TlsCertificates};

use crate::RedisOptions;

/// How often a change is made that others overtake. Each time one of them has done what it wanted.
const TRIES_MAX: usize = 1000;

/// Gives the record and the time of the server: seconds, and microseconds behind them.
const READ: &str = "return {redis.call('HGET', KEYS[1], ARGV[1]), redis.call('TIME')}";
/// Replaces the record if it still is what it was; an empty text stands for none.
const REPLACE: &str = "
    if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
    return 1";

/// Cursors in a Redis server. See the [crate] for what it promises.
///
/// It connects again by itself when the connection is lost; whoever waited then gets an error of the kind
/// [`Io`](ErrorKind::Io). Its methods need a Tokio runtime with time and network.
pub struct RedisCursorStore {
    connection: ConnectionManager,
    hash: String,
    read: Script,
    replace: Script,
}

impl RedisCursorStore {
    /// Connects to a server by its URL: `redis://USER:PASSWORD@HOST:PORT/NUMBER`, or `rediss://…` for TLS, which needs
    /// the feature `rustls`. [`Incompatible`](ErrorKind::Incompatible) where that is no such URL.
    pub async fn open(url: &str, options: RedisOptions) -> Result<Self> {
        let client = client(url, &options.tls)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(options.connect_max))
            .set_response_timeout(Some(options.answer_max))
            // Whoever calls decides how long to try: a wrong password is told at once.
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_with_config(client, config)
            .await
            .map_err(|error| failed("connect to", error))?;
        Ok(Self {
            connection,
            hash: format!("{}:cursors", options.prefix),
            read: Script::new(READ),
            replace: Script::new(REPLACE),
        })
    }

    /// What stands under a key, the bytes of it, and the time of the server.
    async fn record(&self, key: &CursorKey) -> Result<(CursorRecord, Vec<u8>, SystemTime)> {
        let mut connection = self.connection.clone();
        let mut script = self.read.key(&self.hash);
        let (bytes, (seconds, micros)): (Option<Vec<u8>>, (u64, u32)) = script
            .arg(key.as_str())
            .invoke_async(&mut connection)
            .await
            .map_err(|error| failed("read from", error))?;
        let since = Duration::new(seconds, micros.saturating_mul(1000));
        let now = SystemTime::UNIX_EPOCH
            .checked_add(since)
            .ok_or_else(|| Error::new(ErrorKind::Io, "read the clock of the Redis server"))?;
        let bytes = bytes.unwrap_or_default();
        let record = match bytes.as_slice() {
            [] => CursorRecord::new(key.clone()),
            bytes => read(bytes)?,
        };
        if record.key != *key {
            let message = format!("read `{key}` from the Redis server: it is `{}`", record.key);
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        Ok((record, bytes, now))
    }

    /// Changes what stands under a key, once more for everybody who was faster.
    async fn change<T: Send>(
        &self,
        key: &CursorKey,
        change: impl Fn(&mut CursorRecord, SystemTime) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        for _ in 0..TRIES_MAX {
            let (before, bytes, now) = self.record(key).await?;
            let mut after = before.clone();
            let answer = change(&mut after, now)?;
            if after == before || self.replaced(&bytes, &after).await? {
                return Ok(answer);
            }
        }
        let message = format!("move the cursor of `{key}`: too many others do so all the time");
        Err(Error::new(ErrorKind::Busy, message))
    }

    async fn replaced(&self, before: &[u8], after: &CursorRecord) -> Result<bool> {
        let mut connection = self.connection.clone();
        let mut script = self.replace.key(&self.hash);
        script
            .arg(after.key.as_str())
            .arg(before)
            .arg(after.to_json())
            .invoke_async(&mut connection)
            .await
            .map_err(|error| failed("write to", error))
    }
}

#[async_trait]
impl CursorStore for RedisCursorStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(self.record(key).await?.0.position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        self.change(&commit.key, |record, _| record.commit(commit.clone())).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        let mut connection = self.connection.clone();
        let all: HashMap<Vec<u8>, Vec<u8>> =
            connection.hgetall(&self.hash).await.map_err(|error| failed("read from", error))?;
        let records = all.values().map(|bytes| read(bytes)).collect::<Result<Vec<_>>>()?;
        let mut list: Vec<_> =
            records.into_iter().map(|record| (record.key, record.position)).collect();
        list.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(list)
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        self.change(key, |record, _| record.forget()).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let key = request.key.clone();
        self.change(&key, |record, now| record.take_lease(request.clone(), now)).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        self.change(&lease.key, |record, now| record.renew_lease(lease, time, now)).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        self.change(&lease.key, |record, _| Ok(record.release_lease(lease))).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let (record, _, now) = self.record(key).await?;
        Ok(record.lease_at(now).cloned())
    }
}

impl fmt::Debug for RedisCursorStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCursorStore").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// What the driver says of a URL that it cannot read may hold a part of it, so that is not told.
fn client(url: &str, tls: &TlsFiles) -> Result<Client> {
    let unusable = |reason: &str| {
        Error::new(ErrorKind::Incompatible, format!("use the URL of a Redis server: {reason}"))
    };
    match url.split_once("://") {
        Some(("redis", _)) if tls.is_empty() => {}
        Some(("redis", _)) => return Err(unusable("certificates are for `rediss://…`")),
        #[cfg(feature = "rustls")]
        Some(("rediss", _)) => {
            // The driver takes the provider of the process; one that is set already stays.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        #[cfg(not(feature = "rustls"))]
        Some(("rediss", _)) => {
            return Err(unusable("it asks for TLS, which this program was built without"));
        }
        _ => return Err(unusable("expected `redis://…` or `rediss://…`")),
    }
    let broken = |_| {
        unusable(
            "expected `redis://USER:PASSWORD@HOST:PORT/NUMBER`, with special characters as `%XX`",
        )
    };
    let info = url.into_connection_info().map_err(broken)?;
    if tls.is_empty() { Client::open(info).map_err(broken) } else { with_files(info, tls) }
}

/// What the driver says of certificates that it cannot read names no secret.
#[cfg(feature = "rustls")]
fn with_files(info: ConnectionInfo, tls: &TlsFiles) -> Result<Client> {
    let client_tls = tls
        .read_client()?
        .map(|(client_cert, client_key)| ClientTlsConfig { client_cert, client_key });
    let certificates = TlsCertificates { client_tls, root_cert: tls.read_roots()? };
    Client::build_with_tls(info, certificates).map_err(|error| {
        Error::new(ErrorKind::Incompatible, "use the certificates for the Redis server")
            .with_source(error)
    })
}

#[cfg(not(feature = "rustls"))]
fn with_files(_: ConnectionInfo, _: &TlsFiles) -> Result<Client> {
    Err(Error::new(ErrorKind::Incompatible, "use certificates: this program was built without TLS"))
}

fn read(bytes: &[u8]) -> Result<CursorRecord> {
    CursorRecord::from_json(bytes).map_err(|error| {
        Error::new(error.kind(), "read a cursor from the Redis server").with_source(error)
    })
}

fn failed(what: &str, error: RedisError) -> Error {
    let kind = match error.code() {
        Some("OOM" | "MISCONF") => ErrorKind::Full,
        Some("WRONGTYPE") => ErrorKind::Incompatible,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("{what} the Redis server")).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    // Catches a password in an error or in a debug print, however broken the URL is.
    #[test]
    fn passwords_are_not_told() {
        for url in [
            "redis://me:hunter2@host:port/0",
            "redis://me:hunter2@host/hunter2",
            "redis://me:hunter2@[::1",
            "rediss://me:hunter2@host:port/0",
            "mysql://me:hunter2@host/db",
            "hunter2",
        ] {
            let error = client(url, &TlsFiles::default()).unwrap_err();
            assert!(
                !format!("{error} {error:?} {:?}", error.source()).contains("hunter2"),
                "{url}"
            );
        }
    }
}

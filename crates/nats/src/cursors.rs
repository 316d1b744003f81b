//! Cursors in a key-value bucket: records that are replaced when their revision is still the one that was read.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use async_nats::jetstream::{
    kv::{Operation, Store, UpdateErrorKind},
    stream::{Config, DiscardPolicy, StorageType},
};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use inthreat_store::{
    Commit, CursorKey, CursorRecord, CursorStore, Error, ErrorKind, Lease, LeaseRequest, Position,
    Result,
};

use crate::{
    NatsOptions,
    connect::{self, failed},
    subject::token,
};

/// How often a change is made that others overtake. Each time one of them has done what it wanted.
const TRIES_MAX: usize = 1000;
/// What the names of cursors begin with in the bucket.
const PREFIX: &str = "cursor.";
/// What is put into the bucket to read the clock of the server.
const CLOCK: &str = "clock";

/// Cursors in a JetStream key-value bucket. See the [crate] for what it promises.
///
/// The driver connects again by itself when the connection is lost; whoever waited then gets an error of the kind
/// [`Io`](ErrorKind::Io). Its methods need a Tokio runtime with time and network.
pub struct NatsCursorStore {
    bucket: Store,
    name: String,
}

impl NatsCursorStore {
    /// Connects to a server by its URL, `nats://USER:PASSWORD@HOST:PORT` (one name before the `@` is a token), or
    /// `tls://…` where TLS must be used, and makes the bucket where it is not there, unless the options say otherwise: then
    /// one that is not there is an error of the kind [`Incompatible`](ErrorKind::Incompatible).
    pub async fn open(url: &str, options: NatsOptions) -> Result<Self> {
        let (_, context) = connect::connect(url, &options).await?;
        let name = options.bucket;
        // A bucket as the driver makes it lets followers answer, which may not know the last commit yet.
        let config = Config {
            name: format!("KV_{name}"),
            description: Some("Cursors of the Intelligence Center's feeds".to_owned()),
            subjects: vec![format!("$KV.{name}.>")],
            storage: StorageType::File,
            num_replicas: options.replicas,
            max_messages_per_subject: 1,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            allow_direct: false,
            ..Config::default()
        };
        if options.makes_bucket {
            connect::stream(&context, config).await?;
        } else if !connect::has_stream(&context, &config.name).await? {
            let message =
                format!("use the bucket `{name}`: it is not there; the first writer makes it");
            return Err(Error::new(ErrorKind::Incompatible, message));
        }
        let bucket = context
            .get_key_value(&name)
            .await
            .map_err(|error| failed(&format!("open the bucket `{name}` of"), error))?;
        Ok(Self { bucket, name })
    }

    /// What stands under a key, and the revision of it.
    async fn record(&self, key: &CursorKey) -> Result<(CursorRecord, u64)> {
        let entry = self
            .bucket
            .entry(format!("{PREFIX}{}", token(key.as_str())))
            .await
            .map_err(|error| failed("read from", error))?;
        let Some(entry) = entry else {
            return Ok((CursorRecord::new(key.clone()), 0));
        };
        if entry.operation != Operation::Put {
            return Ok((CursorRecord::new(key.clone()), entry.revision));
        }
        let record = read(&entry.value)?;
        if record.key != *key {
            let message = format!("read `{key}` from the NATS server: it is `{}`", record.key);
            return Err(Error::new(ErrorKind::Corrupt, message));
        }
        Ok((record, entry.revision))
    }

    /// The clock of the server, which it can only be asked for by the time of a message.
    async fn now(&self) -> Result<SystemTime> {
        let told = |error: async_nats::Error| failed("ask for the time of", error);
        self.bucket.put(CLOCK, Bytes::new()).await.map_err(|error| told(error.into()))?;
        let entry = self.bucket.entry(CLOCK).await.map_err(|error| told(error.into()))?;
        let nanos = entry.map(|entry| entry.created.unix_timestamp_nanos());
        let since = nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Duration::from_nanos);
        since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)).ok_or_else(|| {
            Error::new(ErrorKind::Io, "ask for the time of the NATS server: it tells none")
        })
    }

    /// Changes what stands under a key, once more for everybody who was faster.
    async fn change<T: Send>(
        &self,
        key: &CursorKey,
        now: Option<SystemTime>,
        change: impl Fn(&mut CursorRecord, SystemTime) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        for _ in 0..TRIES_MAX {
            let (before, revision) = self.record(key).await?;
            let mut after = before.clone();
            let answer = change(&mut after, now.unwrap_or(SystemTime::UNIX_EPOCH))?;
            if after == before {
                return Ok(answer);
            }
            let name = format!("{PREFIX}{}", token(key.as_str()));
            match self.bucket.update(name, after.to_json().into(), revision).await {
                Ok(_) => return Ok(answer),
                Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {}
                Err(error) => return Err(failed("write to", error)),
            }
        }
        let message = format!("move the cursor of `{key}`: too many others do so all the time");
        Err(Error::new(ErrorKind::Busy, message))
    }
}

#[async_trait]
impl CursorStore for NatsCursorStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(self.record(key).await?.0.position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        self.change(&commit.key, None, |record, _| record.commit(commit.clone())).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        let unread = |error: async_nats::Error| failed("list the cursors of", error);
        let names = self.bucket.keys().await.map_err(|error| unread(error.into()))?;
        let names: Vec<String> = names.try_collect().await.map_err(|error| unread(error.into()))?;
        let mut list = Vec::new();
        for name in names.into_iter().filter(|name| name.starts_with(PREFIX)) {
            let value = self.bucket.get(name).await.map_err(|error| unread(error.into()))?;
            if let Some(value) = value {
                let record = read(&value)?;
                list.push((record.key, record.position));
            }
        }
        list.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(list)
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        self.change(key, None, |record, _| record.forget()).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let (key, now) = (request.key.clone(), Some(self.now().await?));
        self.change(&key, now, |record, now| record.take_lease(request.clone(), now)).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        let now = Some(self.now().await?);
        self.change(&lease.key, now, |record, now| record.renew_lease(lease, time, now)).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        self.change(&lease.key, None, |record, _| Ok(record.release_lease(lease))).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let (record, _) = self.record(key).await?;
        if record.lease.is_none() {
            return Ok(None);
        }
        Ok(record.lease_at(self.now().await?).cloned())
    }
}

impl fmt::Debug for NatsCursorStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsCursorStore").field("bucket", &self.name).finish_non_exhaustive()
    }
}

fn read(bytes: &[u8]) -> Result<CursorRecord> {
    CursorRecord::from_json(bytes).map_err(|error| {
        Error::new(error.kind(), "read a cursor from the NATS server").with_source(error)
    })
}

//! Objects in a stream: published in their order, acknowledged each, a bounded number at a time.

use std::{collections::VecDeque, fmt};

use async_nats::{
    Client, HeaderMap,
    jetstream::{
        Context,
        context::PublishAckFuture,
        stream::{Config, StorageType},
    },
};
use async_trait::async_trait;
use bytes::Bytes;
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Error, ErrorKind, Result, Sink, Written};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    NatsOptions,
    connect::{self, failed},
    subject::token,
};

/// By which the server knows a message that comes again.
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// Publishes objects to a JetStream stream. See the [crate] for what it promises.
///
/// The driver connects again by itself when the connection is lost; whoever waited then gets an error of the kind
/// [`Io`](ErrorKind::Io). Its methods need a Tokio runtime with time and network.
pub struct NatsSink {
    client: Client,
    context: Context,
    stream: String,
    subject: String,
    in_flight_max: usize,
}

impl NatsSink {
    /// Connects to a server by its URL, `nats://USER:PASSWORD@HOST:PORT` (one name before the `@` is a token), or
    /// `tls://…` where TLS must be used, and makes the stream where it is not there.
    pub async fn open(url: &str, options: NatsOptions) -> Result<Self> {
        let (client, context) = connect::connect(url, &options).await?;
        let config = Config {
            name: options.stream.clone(),
            description: Some("Objects of the Intelligence Center".to_owned()),
            subjects: vec![format!("{}.>", options.subject)],
            storage: StorageType::File,
            num_replicas: options.replicas,
            duplicate_window: options.duplicate_window,
            ..Config::default()
        };
        connect::stream(&context, config).await?;
        Ok(Self {
            client,
            context,
            stream: options.stream,
            subject: options.subject,
            in_flight_max: options.in_flight_max.max(1),
        })
    }

    /// Publishes a message, and leaves its acknowledgement to be waited for.
    async fn publish(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: &[u8],
    ) -> Result<PublishAckFuture> {
        self.context
            .publish_with_headers(subject, headers, Bytes::copy_from_slice(payload))
            .await
            .map_err(|error| failed("publish to", error))
    }

    /// Publishes an object that fits into a message.
    async fn publish_object(&self, object: &RawObject, feed: &str) -> Result<PublishAckFuture> {
        let id = object.id().unwrap_or_default();
        let modified = object.modified().map(|modified| modified.to_string()).unwrap_or_default();
        let hash = xxh3_128(object.as_bytes());
        let mut headers = headers(&format!("{}/{modified}/{hash:032x}", token(id)), feed);
        headers.insert("Inthreat-Id", token_header(id));
        headers.insert("Inthreat-Modified", modified);
        let object_type = token(object.object_type().unwrap_or_default());
        let subject = format!("{}.objects.{object_type}", self.subject);
        self.publish(subject, headers, object.as_bytes()).await
    }

    /// Publishes what is set aside, in as many messages as it takes.
    async fn set_aside(
        &self,
        bytes: &[u8],
        reason: &str,
        feed: &str,
        waiting: &mut VecDeque<PublishAckFuture>,
    ) -> Result<()> {
        let hash = format!("{:032x}", xxh3_128(bytes));
        let room = self.room();
        if room == 0 {
            let message = "set aside an item: the NATS server takes messages that are too short; raise its `max_payload`";
            return Err(Error::new(ErrorKind::Full, message));
        }
        let parts = bytes.len().div_ceil(room).max(1);
        for number in 1..=parts {
            let start = (number - 1).saturating_mul(room);
            let part = bytes.get(start..bytes.len().min(start.saturating_add(room)));
            let id = if parts == 1 {
                format!("quarantine/{hash}")
            } else {
                format!("quarantine/{hash}/{number}/{parts}")
            };
            let mut headers = headers(&id, feed);
            headers.insert("Inthreat-Reason", token_header(reason));
            if parts > 1 {
                headers.insert("Inthreat-Hash", hash.clone());
                headers.insert("Inthreat-Part", number.to_string());
                headers.insert("Inthreat-Parts", parts.to_string());
            }
            if waiting.len() >= self.in_flight_max {
                acknowledged(waiting.pop_front()).await?;
            }
            let subject = format!("{}.quarantine", self.subject);
            waiting.push_back(self.publish(subject, headers, part.unwrap_or_default()).await?);
        }
        Ok(())
    }

    /// How many bytes one message takes beside its headers.
    fn room(&self) -> usize {
        self.client.server_info().max_payload.saturating_sub(HEADERS_LENGTH_MAX)
    }
}

/// Room for the headers of a message: an id of the greatest length twice, all of it written as `=XX`.
const HEADERS_LENGTH_MAX: usize = 4096;

#[async_trait]
impl Sink for NatsSink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        let feed = batch.feed.to_string();
        let mut written = Written::default();
        let mut waiting = VecDeque::new();
        let room = self.room();
        let (fitting, long): (Vec<_>, Vec<_>) =
            batch.objects().iter().partition(|object| object.as_bytes().len() <= room);
        for object in fitting {
            if waiting.len() >= self.in_flight_max {
                count(&mut written, waiting.pop_front()).await?;
            }
            waiting.push_back(self.publish_object(object, &feed).await?);
        }
        while let Some(next) = waiting.pop_front() {
            count(&mut written, Some(next)).await?;
        }
        for object in long {
            let reason = format!(
                "`{}` has {} bytes, and a message takes {room} beside its headers (`max_payload` of the NATS server)",
                object.id().unwrap_or_default(),
                object.as_bytes().len()
            );
            self.set_aside(object.as_bytes(), &reason, &feed, &mut waiting).await?;
        }
        for rejected in &batch.rejected {
            self.set_aside(rejected.as_bytes(), rejected.reason(), &feed, &mut waiting).await?;
        }
        while let Some(next) = waiting.pop_front() {
            acknowledged(Some(next)).await?;
        }
        written.quarantined = batch.len() as u64 - written.accepted - written.unchanged;
        Ok(written)
    }
}

impl fmt::Debug for NatsSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("NatsSink");
        shown.field("stream", &self.stream).field("subject", &self.subject);
        shown.finish_non_exhaustive()
    }
}

fn headers(message_id: &str, feed: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(MESSAGE_ID, message_id);
    headers.insert("Inthreat-Feed", feed);
    headers
}

/// A text in one line of a header.
fn token_header(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect()
}

async fn count(written: &mut Written, waiting: Option<PublishAckFuture>) -> Result<()> {
    if acknowledged(waiting).await? {
        written.unchanged += 1;
    } else {
        written.accepted += 1;
    }
    Ok(())
}

/// Waits until a message is stored. Whether it was there already.
async fn acknowledged(waiting: Option<PublishAckFuture>) -> Result<bool> {
    let Some(waiting) = waiting else {
        return Ok(true);
    };
    let acknowledgement =
        waiting.await.map_err(|error| failed("wait for an acknowledgement of", error))?;
    Ok(acknowledgement.duplicate)
}

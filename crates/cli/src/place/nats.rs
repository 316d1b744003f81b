//! A NATS server with JetStream.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use inthreat_nats::{NatsCursorStore, NatsOptions, NatsSink};
use inthreat_store::{CursorStore, Sink};

use super::{
    Access, Database, Server,
    parameters::{ServerUrl, encoded, secret},
};
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

struct Nats {
    url: String,
    options: NatsOptions,
}

/// Reads a URL of NATS; the names of the files and of the variables are those of the command `nats`.
pub(super) fn parse(text: &str) -> Outcome<Box<dyn Server>> {
    let mut url = ServerUrl::new(text);
    let mut options = NatsOptions::default()
        .with_tls(url.take_tls(["tlsca", "tlscert", "tlskey"])?)
        .with_credentials_file(url.take("creds")?.map(PathBuf::from));
    if let Some(stream) = url.take("stream")? {
        options = options.with_stream(stream);
    }
    if let Some(subject) = url.take("subject")? {
        options = options.with_subject(subject);
    }
    if let Some(bucket) = url.take("bucket")? {
        options = options.with_bucket(bucket);
    }
    if let Some(replicas) = url.take("replicas")? {
        let replicas = replicas.parse().ok().filter(|replicas| (1..=5).contains(replicas));
        let wrong = || Failure::new(Exit::Usage, "expected `replicas` of the URL to be 1 to 5");
        options = options.with_replicas(replicas.ok_or_else(wrong)?);
    }
    url.refuse_others(
        "`stream`, `subject`, `bucket`, `replicas`, `creds`, `tlsca`, `tlscert` and `tlskey`",
    )?;
    if !url.has_password() {
        if let (Some(user), Some(password)) = (secret("NATS_USER")?, secret("NATS_PASSWORD")?) {
            url.set_user_info(|_| format!("{}:{}", encoded(&user), encoded(&password)));
        } else if let Some(token) = secret("NATS_TOKEN")? {
            url.set_user_info(|_| encoded(&token));
        }
    }
    Ok(Box::new(Nats { url: url.text(), options }))
}

#[async_trait]
impl Server for Nats {
    async fn cursors(&self, access: Access) -> Outcome<Arc<dyn CursorStore>> {
        let options = self.options.clone().with_makes_bucket(access == Access::Make);
        Ok(Arc::new(NatsCursorStore::open(&self.url, options).await?))
    }

    async fn database(&self, _: Access) -> Outcome<Arc<dyn Database>> {
        Err(Failure::new(Exit::Usage, "a NATS stream cannot be asked what it holds")
            .hint("a pull into it needs --state DIR | URL, such as the same URL"))
    }

    async fn sink(&self) -> Outcome<Arc<dyn Sink>> {
        Ok(Arc::new(NatsSink::open(&self.url, self.options.clone()).await?))
    }
}

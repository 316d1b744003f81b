//! A Redis server.

use std::sync::Arc;

use async_trait::async_trait;
use inthreat_redis::{RedisCursorStore, RedisOptions};
use inthreat_store::{CursorStore, Sink};

use super::{
    Access, Database, Server,
    parameters::{ServerUrl, secret},
};
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

struct Redis {
    url: String,
    options: RedisOptions,
}

/// Reads a URL of `redis-cli`; the names of the files are those of its options.
pub(super) fn parse(text: &str) -> Outcome<Box<dyn Server>> {
    let mut url = ServerUrl::new(text);
    let mut options = RedisOptions::default().with_tls(url.take_tls(["cacert", "cert", "key"])?);
    if let Some(prefix) = url.take("prefix")? {
        options = options.with_prefix(prefix);
    }
    url.refuse_others("`prefix`, `cacert`, `cert` and `key`")?;
    if let (false, Some(password)) = (url.has_password(), secret("REDISCLI_AUTH")?) {
        url.set_password(&password);
    }
    Ok(Box::new(Redis { url: url.text(), options }))
}

#[async_trait]
impl Server for Redis {
    async fn cursors(&self, _: Access) -> Outcome<Arc<dyn CursorStore>> {
        Ok(Arc::new(RedisCursorStore::open(&self.url, self.options.clone()).await?))
    }

    async fn database(&self, _: Access) -> Outcome<Arc<dyn Database>> {
        Err(no_objects())
    }

    async fn sink(&self) -> Outcome<Arc<dyn Sink>> {
        Err(no_objects())
    }
}

fn no_objects() -> Failure {
    Failure::new(Exit::Usage, "a Redis server keeps cursors (--state) and no objects")
        .hint("name a replica or a PostgreSQL database with --into, and this one with --state")
}

//! A PostgreSQL database.

use std::sync::Arc;

use async_trait::async_trait;
use inthreat_postgres::{PostgresOptions, PostgresStore};
use inthreat_store::{CursorStore, Sink};

use super::{
    Access, Database, Server,
    parameters::{ServerUrl, secret},
};
use crate::failure::Outcome;

struct Postgres {
    url: String,
    options: PostgresOptions,
}

/// Reads a URL of libpq; its schema is a parameter too, and the files are read here.
pub(super) fn parse(text: &str) -> Outcome<Box<dyn Server>> {
    let mut url = ServerUrl::new(text);
    let mut options =
        PostgresOptions::default().with_tls(url.take_tls(["sslrootcert", "sslcert", "sslkey"])?);
    if let Some(schema) = url.take("schema")? {
        options = options.with_schema(schema);
    }
    if let (false, Some(password)) = (url.has_password(), secret("PGPASSWORD")?) {
        url.push("password", &password);
    }
    Ok(Box::new(Postgres { url: url.text(), options }))
}

impl Postgres {
    async fn open(&self, access: Access) -> Outcome<PostgresStore> {
        let options = self.options.clone().with_makes_tables(access == Access::Make);
        Ok(PostgresStore::open(&self.url, options).await?)
    }
}

#[async_trait]
impl Server for Postgres {
    async fn cursors(&self, access: Access) -> Outcome<Arc<dyn CursorStore>> {
        Ok(Arc::new(self.open(access).await?))
    }

    async fn database(&self, access: Access) -> Outcome<Arc<dyn Database>> {
        Ok(Arc::new(self.open(access).await?))
    }

    async fn sink(&self) -> Outcome<Arc<dyn Sink>> {
        Ok(Arc::new(self.open(Access::Make).await?))
    }
}

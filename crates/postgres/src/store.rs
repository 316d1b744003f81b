//! The store: its connections, its transactions, and what can be read from it.

use std::{fmt, future::Future};

use deadpool_postgres::{Client, Pool, Transaction};
use inthreat_stix::{Id, RawObject};
use inthreat_store::{Error, ErrorKind, Result};
use tokio_postgres::IsolationLevel;

use crate::{PostgresOptions, connect, fault::Fault, schema};

/// How often a transaction is done that others undo.
const TRIES_MAX: usize = 5;

/// Objects, quarantine and cursors in a PostgreSQL database. See the [crate] for what is kept where.
///
/// It connects when it needs to, and again when a connection is lost; whoever waited then gets an error of the kind
/// [`Io`](ErrorKind::Io). Its methods need a Tokio runtime with time and network.
pub struct PostgresStore {
    pool: Pool,
    schema: String,
}

impl PostgresStore {
    /// Connects to a database by its URL, `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, and makes or migrates the tables.
    ///
    /// The parameters of the URL are those of libpq as far as its driver knows them, such as `?sslmode=require`. With
    /// the feature `rustls` the certificate of the server and its name are verified wherever TLS is used, so that
    /// `require`, `verify-ca` and `verify-full` are one; `sslmode=prefer`, which is the default without
    /// [`PostgresOptions::tls`], goes on without TLS where the server has none.
    ///
    /// [`Incompatible`](ErrorKind::Incompatible) where the URL, the schema's name, the encoding of the database or the
    /// version of its tables does not fit, and where there are none that may not be made.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self> {
        if !options.is_schema_plain() {
            let message = format!(
                "use `{}` as a schema: expected 1 to 63 of a-z, 0-9 and `_`, no digit first",
                options.schema.escape_default()
            );
            return Err(Error::new(ErrorKind::Incompatible, message));
        }
        let store = Self { pool: connect::pool(url, &options)?, schema: options.schema };
        let mut client = store.client().await.map_err(|fault| fault.into_error("connect to"))?;
        schema::prepare(&mut client, &store.schema, options.makes_tables)
            .await
            .map_err(|fault| fault.into_error("prepare the tables of"))?;
        drop(client);
        Ok(store)
    }

    /// The newest version of an object.
    pub async fn get(&self, id: &Id) -> Result<Option<RawObject>> {
        let query = format!("SELECT raw FROM {}.objects WHERE id = $1", self.schema);
        let found = self.objects(&query, &[&id.to_string()]).await?;
        Ok(found.into_iter().next())
    }

    /// The newest versions of the objects behind `after` in the order of their ids, at most `limit`. From the
    /// beginning when there is no `after`.
    pub async fn objects_after(&self, after: Option<&Id>, limit: u32) -> Result<Vec<RawObject>> {
        let query =
            format!("SELECT raw FROM {}.objects WHERE id > $1 ORDER BY id LIMIT $2", self.schema);
        let after = after.map_or_else(String::new, Id::to_string);
        self.objects(&query, &[&after, &i64::from(limit)]).await
    }

    async fn objects(
        &self,
        query: &str,
        parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    ) -> Result<Vec<RawObject>> {
        let ask = async || -> Result<_, Fault> {
            let client = self.client().await?;
            let rows = client.query(&client.prepare_cached(query).await?, parameters).await?;
            let objects = rows.iter().map(|row| {
                let text: &str = row.try_get(0)?;
                RawObject::new(text).map_err(|error| {
                    let message = "read an object of the database: it was changed";
                    Error::new(ErrorKind::Corrupt, message).with_source(error).into()
                })
            });
            objects.collect()
        };
        ask().await.map_err(|fault| fault.into_error("read"))
    }

    pub(crate) fn schema(&self) -> &str {
        &self.schema
    }

    pub(crate) async fn client(&self) -> Result<Client, Fault> {
        Ok(self.pool.get().await?)
    }

    /// Begins a transaction in which each statement sees what others committed before it.
    pub(crate) async fn begin(client: &mut Client) -> Result<Transaction<'_>, Fault> {
        Ok(client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .await?)
    }

    /// Does a transaction again as long as others undo it.
    pub(crate) async fn again<T, F: Future<Output = Result<T, Fault>> + Send>(
        &self,
        transaction: impl Fn() -> F + Send,
    ) -> Result<T, Fault> {
        for _ in 1..TRIES_MAX {
            match transaction().await {
                Err(fault) if fault.is_collision() => tokio::task::yield_now().await,
                other => return other,
            }
        }
        transaction().await
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}

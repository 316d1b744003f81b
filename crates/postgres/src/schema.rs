//! The tables: made once, migrated under a lock, refused when they are from the future.

use deadpool_postgres::Client;
use inthreat_store::{Error, ErrorKind};

use crate::fault::Fault;

/// The version of the tables that this crate reads and writes.
const VERSION: i32 = 1;
/// The number of the lock under which tables are made: any number that nobody else takes.
const LOCK: i64 = 0x1717_7265_6174_0001;

/// What leads from each version to the next; the first from nothing. `{s}` stands for the schema.
const STEPS: &[&str] = &["
    CREATE TABLE {s}.version (version integer NOT NULL);
    INSERT INTO {s}.version VALUES (0);

    CREATE TABLE {s}.objects (
        id text COLLATE \"C\" PRIMARY KEY,
        type text COLLATE \"C\" NOT NULL,
        modified timestamptz,
        instant text COLLATE \"C\" NOT NULL,
        revoked boolean NOT NULL,
        feed text NOT NULL,
        received timestamptz NOT NULL DEFAULT now(),
        raw text COLLATE \"C\" NOT NULL,
        object jsonb
    );
    CREATE INDEX objects_type ON {s}.objects (type, modified);
    CREATE INDEX objects_modified ON {s}.objects (modified);
    CREATE INDEX objects_revoked ON {s}.objects (modified) WHERE revoked;

    CREATE TABLE {s}.quarantine (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        feed text NOT NULL,
        place bigint NOT NULL,
        reason text NOT NULL,
        received timestamptz NOT NULL DEFAULT now(),
        raw bytea NOT NULL
    );
    CREATE UNIQUE INDEX quarantine_raw ON {s}.quarantine (sha256(raw));

    CREATE TABLE {s}.cursors (
        key text COLLATE \"C\" PRIMARY KEY,
        generation bigint NOT NULL,
        cursor text,
        newest text,
        lease_token bigint,
        lease_holder text,
        lease_expires bigint
    );

    CREATE FUNCTION {s}.as_json(raw text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
        RETURN raw::jsonb;
    EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
        RETURN NULL;
    END $$;
"];

/// Makes or migrates the tables where that is needed, if that is allowed.
pub(crate) async fn prepare(
    client: &mut Client,
    schema: &str,
    makes_tables: bool,
) -> Result<(), Fault> {
    let encoding: String = client.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        let message = format!("use the database: it is encoded in {encoding}, expected UTF8");
        return Err(Error::new(ErrorKind::Incompatible, message).into());
    }
    let found = version(&***client, schema).await?;
    if found == VERSION {
        return Ok(());
    }
    if !makes_tables {
        let what = if found == 0 { "has no tables" } else { "has tables of an older version" };
        let message = format!(
            "use the schema `{schema}`: it {what}; the first writer makes or migrates them"
        );
        return Err(Error::new(ErrorKind::Incompatible, message).into());
    }
    let transaction = client.transaction().await?;
    // Of several that start at once, one makes the tables and the others find them.
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    let found = version(&*transaction, schema).await?;
    let query = "SELECT FROM pg_namespace WHERE nspname = $1";
    if transaction.query_opt(query, &[&schema]).await?.is_none() {
        transaction.batch_execute(&format!("CREATE SCHEMA {schema}")).await?;
    }
    let done = usize::try_from(found).unwrap_or_default();
    for step in STEPS.iter().skip(done) {
        transaction.batch_execute(&step.replace("{s}", schema)).await?;
    }
    transaction.execute(&format!("UPDATE {schema}.version SET version = $1"), &[&VERSION]).await?;
    transaction.commit().await?;
    Ok(())
}

/// The version of the tables; 0 where there are none.
async fn version(
    client: &(impl tokio_postgres::GenericClient + Sync),
    schema: &str,
) -> Result<i32, Fault> {
    let query = "SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'version'";
    if client.query_opt(query, &[&schema]).await?.is_none() {
        return Ok(0);
    }
    let row = client.query_one(&format!("SELECT version FROM {schema}.version"), &[]).await?;
    let version: i32 = row.try_get(0)?;
    if !(1..=VERSION).contains(&version) {
        let message = format!(
            "use the schema `{schema}`: its tables have version {version}, expected {VERSION}; a newer program made them"
        );
        return Err(Error::new(ErrorKind::Incompatible, message).into());
    }
    Ok(version)
}

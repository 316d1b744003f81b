//! How a database is used.

use std::time::Duration;

use inthreat_store::TlsFiles;

/// How a database is used. The defaults are right for most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The schema that holds the tables: 1 to 63 lower-case letters, digits and underscores, no digit first.
    /// `inthreat` by default.
    pub schema: String,
    /// Whether tables are made and migrated where that is needed; true by default. Who only asks is better told that
    /// there are none.
    pub makes_tables: bool,
    /// How many connections are open at most; 4 by default, and at least 1.
    pub connections_max: usize,
    /// How long to wait for a connection, be it a new one or one that is in use; 30 s by default.
    pub connect_max: Duration,
    /// After how long without a word within a transaction the server gives a consumer up; 60 s by default.
    pub idle_in_transaction_max: Duration,
    /// Whom to trust under TLS, and what to show; the certificates of the system and none by default. With files, TLS is
    /// demanded of the server, which needs the feature `rustls`.
    pub tls: TlsFiles,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "inthreat".to_owned(),
            makes_tables: true,
            connections_max: 4,
            connect_max: Duration::from_secs(30),
            idle_in_transaction_max: Duration::from_mins(1),
            tls: TlsFiles::default(),
        }
    }
}

impl PostgresOptions {
    /// Sets the schema that holds the tables.
    #[must_use]
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Sets whether tables are made and migrated where that is needed.
    #[must_use]
    pub fn with_makes_tables(mut self, makes_tables: bool) -> Self {
        self.makes_tables = makes_tables;
        self
    }

    /// Sets how many connections are open at most.
    #[must_use]
    pub fn with_connections_max(mut self, connections_max: usize) -> Self {
        self.connections_max = connections_max;
        self
    }

    /// Sets how long to wait for a connection.
    #[must_use]
    pub fn with_connect_max(mut self, connect_max: Duration) -> Self {
        self.connect_max = connect_max;
        self
    }

    /// Sets after how long without a word within a transaction the server gives a consumer up.
    #[must_use]
    pub fn with_idle_in_transaction_max(mut self, idle_in_transaction_max: Duration) -> Self {
        self.idle_in_transaction_max = idle_in_transaction_max;
        self
    }

    /// Sets whom to trust under TLS, and what to show.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsFiles) -> Self {
        self.tls = tls;
        self
    }

    /// Whether the schema's name can stand in a statement as it is.
    pub(crate) fn is_schema_plain(&self) -> bool {
        let name = self.schema.as_bytes();
        let fits = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
        (1..=63).contains(&name.len())
            && name.iter().all(fits)
            && !name.first().is_some_and(u8::is_ascii_digit)
    }
}

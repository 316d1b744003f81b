//! Questions in SQL, for those who know the tables.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use inthreat_store::{ErrorKind, Result};
use rusqlite::{
    Connection, ErrorCode,
    functions::FunctionFlags,
    hooks::{AuthAction, AuthContext, Authorization},
    types::ValueRef,
};

use crate::{
    fault::Fault,
    key::Key,
    reader::{Reader, Readers},
    replica::Replica,
    words,
};

/// A value in an answer to SQL.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "these five are all that SQLite has")]
pub enum SqlValue {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; what was no UTF-8 is replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Replica {
    /// Answers one SELECT over the tables that the documentation of this crate describes, and gives the names of its columns.
    /// Each row is handed over with these names; `false` ends the answer. Blocks.
    ///
    /// Beside `SQLite`'s own functions there are `object_text(sequence)`, the body of a version of an object;
    /// `object_id(key)`, the identifier of a key; and `word(number)`, one of `words`. Nothing can be written, no other file
    /// opened, and no setting changed: any statement that would is an error of kind `Incompatible`, as is a wrong one.
    ///
    /// ```
    /// use inthreat_replica::{Options, Replica, SqlValue};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// let mut counts = Vec::new();
    /// let columns = replica.sql("SELECT count(*) AS n FROM objects", |_, row| {
    ///     counts.extend_from_slice(row);
    ///     true
    /// })?;
    /// assert_eq!((columns, counts), (vec!["n".to_owned()], vec![SqlValue::Integer(0)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sql(
        &self,
        statement: &str,
        each: impl FnMut(&[String], &[SqlValue]) -> bool,
    ) -> Result<Vec<String>> {
        self.settle()
            .and_then(|()| {
                let mut reader = self.readers.open()?;
                prepare(&mut reader, &self.readers)?;
                answer(&reader.connection, statement, each)
            })
            .map_err(|fault| fault.into_store("ask in SQL", self.folder()))
    }
}

/// Adds the functions, and refuses everything that does not only read.
fn prepare(reader: &mut Reader, readers: &Arc<Readers>) -> Result<(), Fault> {
    let connection = &mut reader.connection;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let bodies = Arc::clone(readers);
    connection.create_scalar_function("object_text", 1, flags, move |arguments| {
        let Some(sequence) = arguments.get::<Option<i64>>(0)? else { return Ok(None) };
        let object = bodies.ask(|reader| reader.object(sequence)).map_err(in_function)?;
        Ok(Some(object.as_str().to_owned()))
    })?;
    connection.create_scalar_function("object_id", 1, flags, |arguments| {
        let key = arguments.get::<Option<Key>>(0)?;
        key.map(|key| key.id().map(|id| id.to_string())).transpose().map_err(in_function)
    })?;
    let words = Arc::clone(readers);
    connection.create_scalar_function("word", 1, flags, move |arguments| {
        let Some(number) = arguments.get::<Option<i64>>(0)? else { return Ok(None) };
        let word = words.ask(|reader| words::text(&reader.connection, number));
        word.map(Some).map_err(in_function)
    })?;
    let only_reads = |context: AuthContext<'_>| match context.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    };
    Ok(connection.authorizer(Some(only_reads))?)
}

fn in_function(fault: Fault) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(Box::new(fault))
}

fn answer(
    connection: &Connection,
    statement: &str,
    mut each: impl FnMut(&[String], &[SqlValue]) -> bool,
) -> Result<Vec<String>, Fault> {
    let refused = |error: rusqlite::Error| match error {
        rusqlite::Error::SqlInputError { msg, .. } => Fault::Told(ErrorKind::Incompatible, msg),
        rusqlite::Error::SqliteFailure(failure, Some(message))
            if matches!(
                failure.code,
                ErrorCode::AuthorizationForStatementDenied | ErrorCode::Unknown
            ) =>
        {
            Fault::Told(ErrorKind::Incompatible, message)
        }
        other => other.into(),
    };
    let mut statement = connection.prepare(statement).map_err(refused)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).map_err(refused)?;
    while let Some(row) = rows.next().map_err(refused)? {
        let values: Result<Vec<SqlValue>, rusqlite::Error> =
            (0..columns.len()).map(|column| Ok(value(row.get_ref(column)?))).collect();
        if !each(&columns, &values?) {
            break;
        }
    }
    Ok(columns)
}

fn value(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(number) => SqlValue::Integer(number),
        ValueRef::Real(number) => SqlValue::Real(number),
        ValueRef::Text(bytes) => SqlValue::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => SqlValue::Blob(bytes.to_vec()),
    }
}

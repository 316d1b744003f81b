//! `inthreat replica sql`: rows of the tables, for people who know SQL.

use std::{fmt::Write, path::Path};

use inthreat_replica::SqlValue;
use inthreat_store::ErrorKind;

use crate::{
    arguments::Shown,
    exit::Exit,
    failure::{Failure, Outcome},
    print::Listing,
    source,
};

pub(crate) fn run(folder: &Path, statement: &str, limit: u64, shown: &Shown) -> Outcome<Exit> {
    let replica = source::open_replica(folder)?;
    let mut printed = Ok(());
    let mut listing: Option<Listing> = None;
    let mut left = limit;
    let answered = replica.sql(statement, |columns, row| {
        if left == 0 {
            return false;
        }
        left -= 1;
        let listing = listing.get_or_insert_with(|| begin(shown, columns));
        printed = listing.item(&json(columns, row), || row.iter().map(text).collect());
        printed.is_ok() && left > 0
    });
    printed?;
    let columns = answered.map_err(|error| match error.kind() {
        ErrorKind::Incompatible => Failure::because(Exit::Usage, "read the statement", &error)
            .hint("a replica answers one SELECT and changes nothing; `SELECT name, sql FROM sqlite_schema` prints its tables"),
        _ => error.into(),
    })?;
    listing.unwrap_or_else(|| begin(shown, &columns)).finish()?;
    Ok(Exit::Success)
}

fn begin(shown: &Shown, columns: &[String]) -> Listing {
    Listing::new(shown, &columns.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A row as an object, its columns in their order.
fn json(columns: &[String], row: &[SqlValue]) -> String {
    let mut line = String::from("{");
    for (column, value) in columns.iter().zip(row) {
        if line.len() > 1 {
            line.push(',');
        }
        let name = serde_json::Value::from(column.as_str());
        let value = match value {
            SqlValue::Null => serde_json::Value::Null,
            SqlValue::Integer(number) => (*number).into(),
            SqlValue::Real(number) => (*number).into(),
            SqlValue::Text(_) | SqlValue::Blob(_) => text(value).into(),
        };
        // Writing to a string cannot fail.
        let _ = write!(line, "{name}:{value}");
    }
    line.push('}');
    line
}

/// A value for people; bytes in hexadecimal.
fn text(value: &SqlValue) -> String {
    match value {
        SqlValue::Null => String::new(),
        SqlValue::Integer(number) => number.to_string(),
        SqlValue::Real(number) => number.to_string(),
        SqlValue::Text(text) => text.clone(),
        SqlValue::Blob(bytes) => bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches rows that are no JSON, that lose the order of their columns, or that spell bytes otherwise.
    #[test]
    fn rows_are_json_in_the_order_of_the_columns() {
        let columns = ["z", "a\"", "b", "c", "d"].map(str::to_owned);
        let row = [
            SqlValue::Integer(7),
            SqlValue::Text("x\n\"".into()),
            SqlValue::Blob(vec![0, 171]),
            SqlValue::Real(f64::INFINITY),
            SqlValue::Null,
        ];
        let expected = r#"{"z":7,"a\"":"x\n\"","b":"00ab","c":null,"d":null}"#;
        assert_eq!(json(&columns, &row), expected);
        assert_eq!(json(&[], &[]), "{}");
    }
}

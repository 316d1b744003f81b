//! Small tables that programs read too: the same rows for people and as JSON.

use serde_json::{Map, Value};

use crate::{
    failure::Outcome,
    print::{Format, Output},
};

/// Prints rows under their heads; as JSON each is an object whose properties are the heads in lower case.
pub(crate) fn print<const N: usize>(
    head: &[&str; N],
    rows: Vec<[String; N]>,
    format: Option<Format>,
) -> Outcome {
    let mut output = Output::new();
    let object = |row: &[String; N]| {
        let pairs = head.iter().zip(row);
        let pairs = pairs.map(|(name, cell)| (name.to_lowercase(), Value::from(cell.as_str())));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let format = output.format(format);
    if format == Format::Table {
        output.table(head, rows.into_iter())?;
    } else if format == Format::Json {
        let rows: Vec<Value> = rows.iter().map(object).collect();
        output.json(Value::Array(rows).to_string().as_bytes())?;
    } else {
        for row in &rows {
            output.json(object(row).to_string().as_bytes())?;
        }
    }
    output.finish()
}

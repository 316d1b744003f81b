//! The rows of the arrival log.

use rusqlite::{CachedStatement, Connection, params};

use super::decide::Plan;
use crate::{block::Packed, fault::Fault, newest::Newest, prepare::Row, words::Coiner};

/// Writes the rows of `objects` for a plan, whose first object gets this sequence.
pub(super) fn objects(
    connection: &Connection,
    coiner: &mut Coiner,
    plan: &Plan,
    rows: &[Row],
    first_sequence: i64,
) -> Result<(), Fault> {
    let mut newest = Newest::default();
    let mut insert = inserting(connection)?;
    for (accepted, sequence) in plan.accepted.iter().zip(first_sequence..) {
        let Some(row) = rows.get(accepted.index) else { continue };
        if let Some(instant) = row.modified.or(row.created) {
            newest.add(sequence, instant);
        }
        let object_type = coiner.number(connection, &row.object_type)?;
        write(&mut insert, sequence, object_type, row, accepted.retired_by)?;
    }
    newest.write(connection)?;
    let mut retire =
        connection.prepare_cached("UPDATE objects SET retired_by = ?2 WHERE sequence = ?1")?;
    for (older, newer) in &plan.retired {
        retire.execute([older, newer])?;
    }
    Ok(())
}

/// Writes the row of an object.
pub(super) fn object(
    connection: &Connection,
    coiner: &mut Coiner,
    sequence: i64,
    row: &Row,
    retired_by: Option<i64>,
) -> Result<(), Fault> {
    let object_type = coiner.number(connection, &row.object_type)?;
    write(&mut inserting(connection)?, sequence, object_type, row, retired_by)
}

fn inserting(connection: &Connection) -> Result<CachedStatement<'_>, Fault> {
    Ok(connection.prepare_cached(
        "INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?)
}

fn write(
    insert: &mut CachedStatement<'_>,
    sequence: i64,
    object_type: i64,
    row: &Row,
    retired_by: Option<i64>,
) -> Result<(), Fault> {
    insert.execute(params![
        sequence,
        row.key,
        object_type,
        row.created.map(|(micros, _)| micros),
        row.created.map(|(_, rest)| rest),
        row.modified.map(|(micros, _)| micros),
        row.modified.map(|(_, rest)| rest),
        row.revoked,
        row.deprecated,
        row.valid_from,
        row.valid_until,
        row.confidence,
        row.observable_types,
        row.hash,
        retired_by,
        row.name,
    ])?;
    Ok(())
}

/// Writes blocks.
pub(super) fn blocks(
    connection: &Connection,
    blocks: impl IntoIterator<Item = Packed>,
) -> Result<(), Fault> {
    let mut insert =
        connection.prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for block in blocks {
        insert.execute(params![
            block.first_sequence,
            block.dictionary,
            block.ends,
            block.frames,
            block.checksum,
            block.data,
        ])?;
    }
    Ok(())
}

//! The rows of accepted objects.

use rusqlite::{Transaction, params};

use super::decide::Plan;
use crate::{fault::Fault, prepare::Row, words::Coiner};

/// Writes all rows of a plan. Rows of one table go in by the order of their keys, so that each page of the
/// database is touched once.
pub(super) fn rows(
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    plan: &Plan,
    rows: &[Row],
) -> Result<(), Fault> {
    ids(transaction, plan, rows)?;
    objects(transaction, coiner, plan, rows)?;
    observables(transaction, coiner, plan, rows)?;
    edges(transaction, coiner, plan, rows)
}

fn ids(transaction: &Transaction<'_>, plan: &Plan, rows: &[Row]) -> Result<(), Fault> {
    let mut insert = transaction.prepare_cached("INSERT INTO ids VALUES (?1, ?2, ?3)")?;
    let mut update = transaction.prepare_cached("UPDATE ids SET latest = ?2 WHERE n = ?1")?;
    for named in &plan.ids {
        if named.is_new {
            insert.execute(params![named.number, named.mention.key(rows), named.latest])?;
        } else if named.changed {
            update.execute(params![named.number, named.latest])?;
        }
    }
    let mut retire =
        transaction.prepare_cached("UPDATE objects SET retired_by = ?2 WHERE sequence = ?1")?;
    for (older, newer) in &plan.retired {
        retire.execute([older, newer])?;
    }
    Ok(())
}

fn objects(
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    plan: &Plan,
    rows: &[Row],
) -> Result<(), Fault> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    for (accepted, sequence) in plan.accepted.iter().zip(plan.first_sequence..) {
        let Some(row) = rows.get(accepted.index) else { continue };
        insert.execute(params![
            sequence,
            accepted.id,
            coiner.number(transaction, &row.object_type)?,
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
            accepted.retired_by,
            row.name,
        ])?;
    }
    Ok(())
}

fn observables(
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    plan: &Plan,
    rows: &[Row],
) -> Result<(), Fault> {
    let mut found: Vec<(i64, &str, i64)> = Vec::with_capacity(plan.accepted.len());
    for (accepted, sequence) in plan.accepted.iter().zip(plan.first_sequence..) {
        let Some(row) = rows.get(accepted.index) else { continue };
        for (word, value) in &row.observables {
            found.push((coiner.number(transaction, word)?, value, sequence));
        }
    }
    found.sort_unstable();
    let mut insert = transaction.prepare_cached("INSERT INTO observables VALUES (?1, ?2, ?3)")?;
    for (observable_type, value, sequence) in found {
        insert.execute(params![observable_type, value, sequence])?;
    }
    Ok(())
}

fn edges(
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    plan: &Plan,
    rows: &[Row],
) -> Result<(), Fault> {
    let mut found: Vec<(i64, i64, i64, i64)> = Vec::new();
    for (accepted, sequence) in plan.accepted.iter().zip(plan.first_sequence..) {
        let ends = rows.get(accepted.index).and_then(|row| row.ends.as_ref());
        let Some(((source, target), ends)) = accepted.ends.zip(ends) else { continue };
        let word = coiner.number(transaction, &ends.relationship_type)?;
        found.push((source, sequence, target, word));
        if source != target {
            found.push((target, sequence, source, word));
        }
    }
    found.sort_unstable();
    let mut insert = transaction.prepare_cached("INSERT INTO edges VALUES (?1, ?2, ?3, ?4)")?;
    for (id, sequence, other, word) in found {
        insert.execute([id, sequence, other, word])?;
    }
    Ok(())
}

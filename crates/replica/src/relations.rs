//! Relationships by either end.

mod lists;

use std::ops::ControlFlow;

use inthreat_api::{Error, Related, RelationshipList, RelationshipsRequest};
use inthreat_stix::{Id, Kind};
use rusqlite::params;

use crate::{brief::ROW_BYTES, fault::Fault, key::Key, reader::Reader, words};

/// How many relationships are answered when nothing is said, and at most (CONTRACT 2.4).
const LIMIT_DEFAULT: u32 = 20;
const LIMIT_MAX: u32 = 100;

/// A relationship, seen from one of its ends.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    pub(crate) sequence: i64,
    pub(crate) relationship_type: i64,
    /// The key of the other end.
    pub(crate) other: Key,
    /// The newest version of the other end, where it is known.
    pub(crate) other_sequence: Option<i64>,
    /// The type of the other end, as its identifier says it.
    pub(crate) other_kind: Kind,
}

impl Reader {
    /// Walks over the relationships of an identifier, oldest `modified` first, until told to stop.
    pub(crate) fn edges(
        &self,
        key: &Key,
        include_revoked: bool,
        mut each: impl FnMut(Edge) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        self.allow_edges(key)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT e.sequence, e.relationship_type, e.other,
                 (SELECT max(v.sequence) FROM versions v WHERE v.key = e.other)
             FROM edges e CROSS JOIN objects o ON o.sequence = e.sequence
             WHERE e.key = ?1 AND (?2 OR o.revoked = 0) AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
             ORDER BY o.modified, o.modified_rest, o.sequence",
        )?;
        let mut rows = statement.query(params![key, include_revoked])?;
        while let Some(row) = rows.next()? {
            let other: Key = row.get(2)?;
            let edge = Edge {
                sequence: row.get(0)?,
                relationship_type: row.get(1)?,
                other_kind: other.id()?.kind(),
                other,
                other_sequence: row.get(3)?,
            };
            if each(edge).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Takes the relationships of an identifier from the allowance: to sort them, all of them are read, each with its object and
    /// its other end.
    fn allow_edges(&self, key: &Key) -> Result<(), Fault> {
        let Some(left) = self.allowance.left() else { return Ok(()) };
        let mut statement = self
            .connection
            .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM edges WHERE key = ?1 LIMIT ?2)")?;
        let edge_bytes = 3 * ROW_BYTES;
        let edges_max = i64::try_from(left / edge_bytes).unwrap_or(i64::MAX).saturating_add(1);
        let edges: u32 = statement.query_row(params![key, edges_max], |row| row.get(0))?;
        self.allowance.take(edges as usize * edge_bytes)
    }

    /// Finds an object that must be known.
    pub(crate) fn known(&self, id: &Id) -> Result<i64, Fault> {
        let found = self.resolve(&Key::of(id))?;
        found.ok_or_else(|| Error::not_found(format!("object `{id}`")).into())
    }

    /// Answers a page of the relationships of an object.
    pub(crate) fn relationships_of(
        &mut self,
        request: &RelationshipsRequest,
    ) -> Result<RelationshipList, Fault> {
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")).into());
        }
        if request.id.kind() == Kind::Relationship {
            // Clients ask for them, too, and are told so (CONTRACT 2.4).
            let what = format!("a relationship of relationship `{}`", request.id);
            return Err(Error::not_found(what).into());
        }
        self.known(&request.id)?;
        self.relationships_at(request, limit)
    }

    /// The same, of an identifier that need not be of an object that is stored.
    pub(crate) fn relationships_at(
        &mut self,
        request: &RelationshipsRequest,
        limit: u32,
    ) -> Result<RelationshipList, Fault> {
        let types = self.numbers(&request.types)?;
        // The other end need not be there, so that its type may be a word that is not stored.
        let targets = &request.target_types;
        let from = u64::from(request.offset.unwrap_or(0));
        let page = from..from + u64::from(limit);
        let mut total = 0;
        let mut edges = Vec::new();
        self.edges(&Key::of(&request.id), request.include_revoked, |edge| {
            let is_wanted =
                types.as_ref().is_none_or(|types| types.contains(&edge.relationship_type));
            let is_target = targets.is_empty()
                || targets.iter().any(|target| target == edge.other_kind.as_str());
            if is_wanted && is_target {
                if page.contains(&total) {
                    edges.push(edge);
                }
                total += 1;
            }
            ControlFlow::Continue(())
        })?;
        let mut items = Vec::with_capacity(edges.len());
        for edge in edges {
            let relationship = self.object(edge.sequence)?;
            let other = edge.other_sequence.map(|sequence| self.object(sequence)).transpose()?;
            items.push(Related::new(relationship, other));
        }
        Ok(RelationshipList::new(items, total, total > page.end))
    }

    /// The numbers of words; `None` where there are no words, which means all.
    pub(crate) fn numbers(&self, texts: &[String]) -> Result<Option<Vec<i64>>, Fault> {
        if texts.is_empty() {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        for text in texts {
            numbers.extend(words::find(&self.connection, text)?);
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Some(numbers))
    }
}

//! What belongs to one object (CONTRACT 2.4).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use async_trait::async_trait;
use inthreat_api::{
    NamedRequest, ObjectDetails, ObjectList, RelationshipStatistics, Result, WindowRequest,
};
use inthreat_stix::{Id, Kind, RawObject};
use inthreat_store::index::IndexRows;
use rusqlite::{OptionalExtension, params};

use crate::{
    fault::Fault,
    key::Key,
    listing::{Part, Window},
    reader::Reader,
    replica::Replica,
    reports::is_observable,
    words,
};

/// How many relationships of an object are counted.
const COUNTED_MAX: usize = 100_000;
/// How many objects around another one are opened for their observables.
const OPENED_MAX: usize = 12_500;

#[async_trait]
impl ObjectDetails for Replica {
    /// Counts relationships. The service's categories are not known here. Of more than 100,000 relationships so many are counted.
    async fn relationship_statistics(
        &self,
        id: Id,
        include_revoked: bool,
    ) -> Result<RelationshipStatistics> {
        let answer = move |reader: &mut Reader| reader.statistics(&id, include_revoked);
        self.answer("count relationships in", answer).await
    }

    /// The types of its relationships that are not revoked, sorted; of more than 100,000 relationships so many are looked at.
    async fn relationship_types(&self, id: Id) -> Result<Vec<String>> {
        let answer = move |reader: &mut Reader| reader.statistics(&id, false);
        let found = self.answer("count relationships in", answer).await?;
        Ok(found.relationship_types.into_keys().collect())
    }

    /// The reports that name it, in the order of their arrival.
    async fn reports_of(&self, id: Id, request: NamedRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            reader.known(&id)?;
            let part = reader.reports_naming(&[Key::of(&id)], &request.names, window)?;
            reader.objects_of(&part)
        };
        self.answer("read reports from", answer).await
    }

    /// The identities that it names as its sources, as far as they are known.
    async fn sources_of(&self, id: Id) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let sequence = reader.known(&id)?;
            let object = reader.object(sequence)?;
            let mut sources = BTreeSet::new();
            for source in IndexRows::of(&object).sources {
                sources.extend(reader.resolve(&Key::of(&source))?);
            }
            let sources = sources.into_iter().map(|sequence| reader.object(sequence));
            let items: Vec<RawObject> = sources.collect::<Result<_, Fault>>()?;
            let total = items.len() as u64;
            Ok(ObjectList::new(items, Some(total), false))
        };
        self.answer("read the sources of an object from", answer).await
    }

    /// The observables that an indicator's pattern names; of a report, those that it or its indicators name; of any other
    /// object, those that it is related to, and those of the indicators that it is related to. No more are counted than are told, and
    /// a few more.
    async fn observables_of(&self, id: Id, request: WindowRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let sequence = reader.known(&id)?;
            let object = reader.object(sequence)?;
            let part = match object.object_type() {
                Some("indicator") => window.of(reader.observables_named_by(&object)?),
                Some("report") => reader.observables_in(&object, &[], window)?,
                _ => reader.observables_around(&id, window)?,
            };
            let (total, has_more) = (part.total, part.has_more());
            Ok(ObjectList::new(part.items, Some(total), has_more))
        };
        self.answer("read the observables of an object from", answer).await
    }
}

impl Reader {
    fn statistics(&self, id: &Id, include_revoked: bool) -> Result<RelationshipStatistics, Fault> {
        self.known(id)?;
        let mut statement = self.connection.prepare_cached(
            "SELECT e.relationship_type, e.other
             FROM edges e CROSS JOIN objects o ON o.sequence = e.sequence
             WHERE e.key = ?1 AND (?2 OR o.revoked = 0) AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
             ORDER BY e.sequence LIMIT ?3",
        )?;
        let limit = i64::try_from(COUNTED_MAX).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![Key::of(id), include_revoked, limit])?;
        let mut counts: BTreeMap<(i64, Kind), u64> = BTreeMap::new();
        let mut total = 0;
        while let Some(row) = rows.next()? {
            let kind = row.get::<_, Key>(1)?.id()?.kind();
            *counts.entry((row.get(0)?, kind)).or_default() += 1;
            total += 1;
        }
        let mut found = RelationshipStatistics::default();
        for ((word, kind), count) in counts {
            let relationship_type = words::text(&self.connection, word)?;
            let remote_type = kind.as_str().to_owned();
            let by_type = &mut found.relationship_types_by_object_type;
            *by_type
                .entry(remote_type.clone())
                .or_default()
                .entry(relationship_type.clone())
                .or_default() += count;
            *found.remote_types.entry(remote_type).or_default() += count;
            *found.relationship_types.entry(relationship_type).or_default() += count;
        }
        found.total = Some(total);
        Ok(found)
    }

    /// The observables that an object is related to, and those of the indicators that it is related to, by the
    /// arrival of the relationships.
    fn observables_around(&mut self, id: &Id, window: Window) -> Result<Part<RawObject>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT e.other FROM edges e CROSS JOIN objects o ON o.sequence = e.sequence
             WHERE e.key = ?1 AND o.revoked = 0 AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
             ORDER BY e.sequence LIMIT ?2",
        )?;
        let limit = i64::try_from(COUNTED_MAX).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![Key::of(id), limit])?;
        let mut around = Vec::new();
        while let Some(row) = rows.next()?
            && around.len() < OPENED_MAX
        {
            let other: Key = row.get(0)?;
            let kind = other.id()?.kind();
            if kind == Kind::Indicator || is_observable(&kind) {
                around.push(other);
            }
        }
        drop(rows);
        drop(statement);
        let mut part = Part::new(window);
        part.is_cut = around.len() == OPENED_MAX;
        let mut seen = HashSet::new();
        for other in around {
            let Some(sequence) = self.resolve(&other)? else { continue };
            let object = self.object(sequence)?;
            let all = match object.object_type() {
                Some("indicator") => self.observables_named_by(&object)?,
                _ => vec![object],
            };
            for observable in all {
                if seen.insert(observable.id().map(str::to_owned)) {
                    part.add(observable);
                }
            }
            if part.total > window.end() {
                break;
            }
        }
        Ok(part)
    }

    /// The key of the object that a version is of.
    pub(crate) fn key_at(&self, sequence: i64) -> Result<Option<Key>, Fault> {
        let mut statement =
            self.connection.prepare_cached("SELECT key FROM objects WHERE sequence = ?1")?;
        Ok(statement.query_row([sequence], |row| row.get(0)).optional()?)
    }
}

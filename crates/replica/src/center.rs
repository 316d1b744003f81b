//! The replica as an Intelligence Center.

use std::collections::HashSet;

use async_trait::async_trait;
use inthreat_api::{
    Collections, ContextList, Error, IndicatorList, Indicators, Objects, Observable, Page,
    PageRequest, RelationshipList, RelationshipsRequest, Result,
};
use inthreat_stix::{Bundle, Id, Kind, RawObject};

use crate::{
    fault::Fault, feeds, key::Key, lookup::LookupOptions, reader::Reader, replica::Replica,
};

/// How many indicators a look-up tells before it says that there are more.
const INDICATORS_MAX: usize = 100;
/// How many bundles a look-up tells before it says that there are more.
const CONTEXTS_MAX: usize = 20;

impl Replica {
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        operation: &str,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.ask_async(question).await.map_err(|fault| fault.into_api(operation, self.folder()))
    }

    /// The same for a question that is short most of the time.
    pub(crate) async fn answer_briefly<T: Send + 'static>(
        &self,
        operation: &str,
        question: impl Fn(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.ask_briefly(question).await.map_err(|fault| fault.into_api(operation, self.folder()))
    }

    pub(crate) async fn answer_page<T: Send + 'static>(
        &self,
        operation: &str,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.ask_for_page(question).await.map_err(|fault| fault.into_api(operation, self.folder()))
    }
}

#[async_trait]
impl Collections for Replica {
    /// Answers a page in the order of arrival.
    ///
    /// - A question with types or other filters reads on until the page is full or the feed ends, so an empty page
    ///   always means that nothing is left.
    /// - A feed that is newest first goes on towards the oldest object; what comes later is not delivered by its cursors.
    /// - A TLP means the marking definitions of both versions of the protocol.
    /// - Filters other than `skip_expired` and `modified_after` are answered by what can be found, which in a process that does
    ///   not write is behind what was stored by some batches; a page of a feed without filters is not.
    /// - `latest` gives the newest arrivals, newest first, and a cursor behind all of them.
    /// - An object counts as modified when it was created where it has no `modified`; one that has neither is never
    ///   behind an instant.
    /// - `return_all_fields` changes nothing: all properties are always there.
    async fn page(&self, request: PageRequest) -> Result<Page> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = feeds::find(&reader.connection, community.as_deref(), &request.feed)?;
            reader.page(&feed, &request, now)
        };
        self.answer_page("read a page of", answer).await
    }
}

#[async_trait]
impl Objects for Replica {
    async fn object(&self, id: Id) -> Result<RawObject> {
        let answer = move |reader: &mut Reader| {
            let sequence = reader.known(&id)?;
            reader.object(sequence)
        };
        self.answer_briefly("read an object from", answer).await
    }

    async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        self.answer_briefly("read objects from", move |reader| many(reader, &ids, |_| true)).await
    }

    async fn relationship(&self, id: Id) -> Result<RawObject> {
        let answer = move |reader: &mut Reader| {
            let found = many(reader, std::slice::from_ref(&id), is_relationship)?.pop();
            found.ok_or_else(|| Error::not_found(format!("relationship `{id}`")).into())
        };
        self.answer_briefly("read a relationship from", answer).await
    }

    async fn relationships(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        let answer = move |reader: &mut Reader| many(reader, &ids, is_relationship);
        self.answer_briefly("read relationships from", answer).await
    }

    async fn relationships_of(&self, request: RelationshipsRequest) -> Result<RelationshipList> {
        let answer = move |reader: &mut Reader| reader.relationships_of(&request);
        self.answer_briefly("read relationships from", answer).await
    }

    /// The bundle around an object.
    ///
    /// Of more than 100 related objects those count whose relationships are oldest. A relationship whose other end
    /// is not in the replica is there alone. Courses of action are those that have a `mitigates` relationship with a
    /// related attack pattern; these relationships are in the bundle. What was withdrawn does not relate objects.
    /// The identifier of the bundle is made of its members, so that equal bundles have equal identifiers.
    async fn context(&self, id: Id) -> Result<Bundle> {
        self.answer_briefly("read a context from", move |reader| reader.context(&id)).await
    }
}

#[async_trait]
impl Indicators for Replica {
    /// The indicators that name the observable; at most 100.
    async fn indicators(&self, observable: Observable) -> Result<IndicatorList> {
        let answer = move |reader: &mut Reader| {
            let (found, has_more) = indicators(reader, &observable, INDICATORS_MAX)?;
            let items = found.into_iter().map(|sequence| reader.object(sequence));
            Ok(IndicatorList::new(items.collect::<Result<_, Fault>>()?, has_more))
        };
        self.answer_briefly("look an observable up in", answer).await
    }

    /// The contexts of the indicators that name the observable; at most 20.
    async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList> {
        let answer = move |reader: &mut Reader| {
            let (found, has_more) = indicators(reader, &observable, CONTEXTS_MAX)?;
            let items = found.into_iter().map(|sequence| reader.context_at(sequence));
            Ok(ContextList::new(items.collect::<Result<_, Fault>>()?, has_more))
        };
        self.answer_briefly("look an observable up in", answer).await
    }
}

fn is_relationship(object: &RawObject) -> bool {
    object.object_type() == Some(Kind::Relationship.as_str())
}

/// The newest versions of those that are known and wanted, each once, in the order of the question.
fn many(
    reader: &mut Reader,
    ids: &[Id],
    is_wanted: impl Fn(&RawObject) -> bool,
) -> Result<Vec<RawObject>, Fault> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for id in ids {
        if let Some(sequence) = reader.resolve(&Key::of(id))?
            && seen.insert(sequence)
        {
            found.push(reader.object(sequence)?);
        }
    }
    found.retain(is_wanted);
    Ok(found)
}

/// The sequences of the indicators among the hits, at most so many, and whether there are more.
fn indicators(
    reader: &Reader,
    observable: &Observable,
    limit: usize,
) -> Result<(Vec<i64>, bool), Fault> {
    let (hits, has_more) = reader.lookup(observable, LookupOptions::default())?;
    let mut found: Vec<i64> = hits
        .into_iter()
        .filter(|hit| hit.kind == Kind::Indicator)
        .map(|hit| hit.sequence.cast_signed())
        .collect();
    let has_more = has_more || found.len() > limit;
    found.truncate(limit);
    Ok((found, has_more))
}

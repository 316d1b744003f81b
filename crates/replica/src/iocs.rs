//! IOC collections: a community's own indicators, kept as objects like all others (CONTRACT 2.8).
//!
//! A collection is a row of a table and an identity, which is the source of its indicators; what a collection holds are the
//! indicators of that source. So nothing but the row can be lost that is not an object.

mod object;
mod table;
#[cfg(test)]
mod tests;
mod value;

use std::collections::HashMap;

use async_trait::async_trait;
use inthreat_api::{
    Error, ErrorKind, IOCS_MAX, Ioc, IocCollection, IocCollectionDraft, IocCollectionList,
    IocCollections, IocCollectionsRequest, IocCount, IocFields, IocText, IocsAdded, IocsRequest,
    ObjectList, Result,
};
use inthreat_stix::{Bundle, Id, Kind, RawObject};
use inthreat_store::Batch;
use uuid::{Builder, Uuid};

use crate::{
    bitmaps::Dimension,
    fault::Fault,
    key::Key,
    listing::{Among, CHECKED_MAX, Conditions, Marked, Part, Window, go_on},
    prepare::Incoming,
    reader::Reader,
    replica::Replica,
    write::Writer,
};

pub(crate) use table::{TABLE, faults, feed};
use value::Local;

/// How many indicators all collections of a replica may have.
const IOCS_TOTAL_MAX: u64 = 1_000_000;
/// How many indicators of a collection that is deleted are held at once.
const DELETION_STEP: usize = 1000;
/// How many microseconds an indicator must have been revoked before it can be deleted.
const DELETION_WAIT: i64 = 24 * 3600 * 1_000_000;

/// Keeps IOC collections, at most 1,000, with a million indicators in all. Where the replica has a
/// [community](crate::Options::community), collections are made for it, and those of others do not exist.
///
/// - A collection is read as a feed, too: by the UUID of its identifier.
/// - Adding a value that is there already changes its indicator, and one that was revoked counts again.
/// - A text is taken at once; lines that are no values are passed over.
/// - An indicator that is deleted stays in the history, revoked and of no collection. So do those of a collection that is
///   deleted.
/// - The replica knows no users: `local` made and changed everything.
#[async_trait]
impl IocCollections for Replica {
    async fn ioc_collections(&self, request: IocCollectionsRequest) -> Result<IocCollectionList> {
        let window = Window::new(request.limit, request.offset)?;
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            let all = table::list(&reader.connection, community.as_deref(), &request)?;
            let mut part = window.of(all);
            if request.indicators_count {
                for collection in &mut part.items {
                    count_into(reader, collection)?;
                }
            }
            Ok(IocCollectionList::new(part.items, part.total))
        };
        self.answer("list the IOC collections of", answer).await
    }

    async fn create_ioc_collection(&self, draft: IocCollectionDraft) -> Result<IocCollection> {
        table::check(&draft)?;
        if draft.name.is_none() {
            return Err(Error::invalid("name", "it is missing"));
        }
        self.change_iocs(move |change| change.create(draft)).await
    }

    async fn ioc_collection(&self, id: Id) -> Result<IocCollection> {
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            let mut found = table::find(&reader.connection, community.as_deref(), &id)?;
            count_into(reader, &mut found)?;
            Ok(found)
        };
        self.answer("read an IOC collection of", answer).await
    }

    async fn update_ioc_collection(
        &self,
        id: Id,
        draft: IocCollectionDraft,
    ) -> Result<IocCollection> {
        table::check(&draft)?;
        self.change_iocs(move |change| change.update(&id, draft)).await
    }

    async fn delete_ioc_collection(&self, id: Id) -> Result<()> {
        self.change_iocs(move |change| change.delete(&id)).await
    }

    async fn count_iocs(&self, community_uuid: Option<String>) -> Result<IocCount> {
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            let mut request = IocCollectionsRequest::default();
            request.communities.extend(community_uuid);
            let all = table::list(&reader.connection, community.as_deref(), &request)?;
            let sources: Vec<_> = all.iter().map(|collection| source(&collection.id)).collect();
            Ok(IocCount::new(count(reader, &sources)?, Some(IOCS_TOTAL_MAX)))
        };
        self.answer("count the IOCs of", answer).await
    }

    /// The indicators, newest first. A term is part of their names, and looked for in 20,000 of them.
    async fn list_iocs(&self, id: Id, request: IocsRequest) -> Result<ObjectList> {
        let window = Window::new(request.limit, request.offset)?;
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            table::find(&reader.connection, community.as_deref(), &id)?;
            let part = list(reader, &id, request.term.as_deref(), window)?;
            reader.objects_of(&part)
        };
        self.answer("list the IOCs of", answer).await
    }

    async fn add_iocs(&self, id: Id, iocs: Vec<Ioc>, defaults: IocFields) -> Result<IocsAdded> {
        if !(1..=IOCS_MAX).contains(&iocs.len()) {
            return Err(Error::invalid("indicators", format!("expected 1 to {IOCS_MAX} of them")));
        }
        let mut locals = Vec::with_capacity(iocs.len());
        for (index, ioc) in iocs.into_iter().enumerate() {
            let local = Local::guessed(&ioc.value).ok_or_else(|| {
                let reason = "it is no address, name, URL, email address or hash";
                Error::invalid(format!("indicators[{index}].value"), reason)
            })?;
            locals.push((local, object::or_defaults(ioc.fields, &defaults)));
        }
        let items = self.change_iocs(move |change| change.add(&id, &locals)).await?;
        let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
        Ok(IocsAdded::new(items, total))
    }

    async fn add_ioc_text(&self, id: Id, text: IocText) -> Result<String> {
        let add = move |change: &mut Change<'_>| {
            let locals: Vec<_> =
                value::lines(&text).map(|local| (local, text.fields.clone())).collect();
            change.add(&id, &locals)?;
            change.random_uuid()
        };
        Ok(self.change_iocs(add).await?.to_string())
    }

    async fn update_ioc(&self, id: Id, indicator: Id, fields: IocFields) -> Result<RawObject> {
        self.change_iocs(move |change| {
            let kept = change.member(&id, &indicator)?;
            change.put(&kept, |now| object::changed(&kept, &fields, now))
        })
        .await
    }

    async fn revoke_ioc(&self, id: Id, indicator: Id) -> Result<RawObject> {
        self.change_iocs(move |change| {
            let kept = change.member(&id, &indicator)?;
            change.put(&kept, |now| object::revoked(&kept, now))
        })
        .await
    }

    async fn delete_ioc(&self, id: Id, indicator: Id) -> Result<()> {
        self.change_iocs(move |change| {
            let kept = change.member(&id, &indicator)?;
            let since = kept.modified().map_or(i64::MAX, inthreat_stix::Timestamp::micros);
            if !kept.is_revoked() || since > change.now.saturating_sub(DELETION_WAIT) {
                let reason = "only what was revoked at least 24 hours ago can be deleted";
                return Err(Error::invalid("force_deletion", reason).into());
            }
            change.put(&kept, |now| object::of_nobody(&kept, now)).map(drop)
        })
        .await
    }

    async fn ioc_context(&self, id: Id, indicator: Id) -> Result<Bundle> {
        let community = self.community();
        let answer = move |reader: &mut Reader| {
            member(reader, community.as_deref(), &id, &indicator)?;
            reader.context(&indicator)
        };
        self.answer("read a context from", answer).await
    }
}

impl Replica {
    /// Has a change made that is on the disk when it is acknowledged. No other change comes between what it reads and writes.
    async fn change_iocs<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Change<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        if self.writer.is_none() {
            let what = "changing IOC collections where a replica is only read";
            return Err(Error::unsupported(what));
        }
        let (community, now) = (self.community(), self.readers.options.now());
        let changed = async {
            let job = move |writer: &mut Writer| {
                writer.settle()?;
                writer.durably(|writer| change(&mut Change { writer, community, now }))
            };
            self.writer()?.run(job).await
        };
        changed
            .await
            .map_err(|fault: Fault| fault.into_api("change an IOC collection of", self.folder()))
    }
}

/// The source that the indicators of a collection have.
fn source(collection: &Id) -> Id {
    Id::new(Kind::Identity, collection.uuid().unwrap_or_default())
}

fn marked(reader: &Reader, sources: &[Id]) -> Result<Marked, Fault> {
    let sources = sources.iter().map(Id::to_string).collect();
    reader.marked(&[(Dimension::Source, sources), (Dimension::Type, vec!["indicator".into()])])
}

fn count(reader: &Reader, sources: &[Id]) -> Result<u64, Fault> {
    if sources.is_empty() {
        return Ok(0);
    }
    marked(reader, sources)?.count(&reader.connection)
}

fn count_into(reader: &Reader, collection: &mut IocCollection) -> Result<(), Fault> {
    collection.indicators_count = Some(count(reader, &[source(&collection.id)])?);
    Ok(())
}

fn list(
    reader: &Reader,
    collection: &Id,
    term: Option<&str>,
    window: Window,
) -> Result<Part<i64>, Fault> {
    let marked = marked(reader, &[source(collection)])?;
    let all = Among::All { is_backward: true };
    let Some(term) = term.map(str::to_lowercase).filter(|term| !term.is_empty()) else {
        return reader.list(all, &marked, &Conditions::default(), window);
    };
    let mut part = Part::new(window);
    let (mut checked, mut is_cut) = (0, false);
    marked.walk(&reader.connection, 0, true, |sequence| {
        is_cut = checked == CHECKED_MAX;
        checked += 1;
        let name = if is_cut { None } else { reader.listed(sequence)?.and_then(|row| row.name) };
        if name.is_some_and(|name| name.to_lowercase().contains(&term)) {
            part.add(sequence);
        }
        Ok(go_on(!is_cut))
    })?;
    part.is_cut = is_cut;
    Ok(part)
}

/// An indicator of a collection.
fn member(
    reader: &mut Reader,
    community: Option<&str>,
    collection: &Id,
    indicator: &Id,
) -> Result<RawObject, Fault> {
    table::find(&reader.connection, community, collection)?;
    let found = reader.get(indicator)?;
    let found = found.filter(|object| object::is_of(object, &source(collection)));
    Ok(found.ok_or_else(|| Error::not_found(format!("indicator `{indicator}`")))?)
}

/// A change on the thread that writes.
struct Change<'a> {
    writer: &'a mut Writer,
    community: Option<String>,
    /// Microseconds since 1970.
    now: i64,
}

impl Change<'_> {
    fn create(&mut self, draft: IocCollectionDraft) -> Result<IocCollection, Fault> {
        let id = match draft.id {
            Some(id) => id,
            None => Id::new(Kind::from(table::KIND), *self.random_uuid()?.as_bytes()),
        };
        let community = match (&self.community, draft.community_uuid) {
            (Some(own), Some(other)) if *own != other => {
                let message = "a collection can only be made for the community of the replica";
                return Err(Error::new(ErrorKind::Forbidden, message).into());
            }
            (own, other) => own.clone().or(other),
        };
        let mut collection = IocCollection::new(id, draft.name.unwrap_or_default());
        collection.description = draft.description.unwrap_or_default();
        collection.community_uuid = community;
        collection.available_for_sub_communities =
            draft.available_for_sub_communities.unwrap_or(false);
        let now = self.now;
        let made = self.writer.change(|transaction| table::insert(transaction, collection, now))?;
        self.put_source(&made)?;
        Ok(made)
    }

    fn update(&mut self, id: &Id, draft: IocCollectionDraft) -> Result<IocCollection, Fault> {
        let (community, now) = (self.community.clone(), self.now);
        let mut changed = self.writer.change(|transaction| {
            table::update(transaction, community.as_deref(), id, draft, now)
        })?;
        self.put_source(&changed)?;
        self.writer.ask(|reader| count_into(reader, &mut changed))?;
        Ok(changed)
    }

    fn delete(&mut self, id: &Id) -> Result<(), Fault> {
        let (community, source) = (self.community.clone(), source(id));
        let sequences = self.writer.ask(|reader| {
            table::find(&reader.connection, community.as_deref(), id)?;
            let mut sequences: Vec<i64> = reader.resolve(&Key::of(&source))?.into_iter().collect();
            let marked = marked(reader, std::slice::from_ref(&source))?;
            marked.walk(&reader.connection, 0, false, |sequence| {
                sequences.push(sequence);
                Ok(go_on(true))
            })?;
            Ok(sequences)
        })?;
        // A change that is stopped here is made again: what is revoked already stays as it is.
        for step in sequences.chunks(DELETION_STEP) {
            let now = self.now;
            let revoked = self.writer.ask(|reader| {
                let revoked =
                    step.iter().map(|sequence| object::revoked(&reader.object(*sequence)?, now));
                revoked.collect::<Result<_, Fault>>()
            })?;
            self.write(revoked)?;
        }
        self.writer.change(|transaction| table::delete(transaction, id))
    }

    /// Adds values. They are read and written together, so that one that stands there twice is one indicator.
    fn add(&mut self, id: &Id, locals: &[(Local, IocFields)]) -> Result<Vec<RawObject>, Fault> {
        let (community, now) = (self.community.clone(), self.now);
        let added = self.writer.ask(|reader| {
            table::find(&reader.connection, community.as_deref(), id)?;
            let all = table::list(&reader.connection, None, &IocCollectionsRequest::default())?;
            let sources: Vec<_> = all.iter().map(|collection| source(&collection.id)).collect();
            let count = count(reader, &sources)?.saturating_add(locals.len() as u64);
            if count > IOCS_TOTAL_MAX {
                let message = format!("there can be {IOCS_TOTAL_MAX} indicators at most");
                return Err(Error::new(ErrorKind::Forbidden, message).into());
            }
            let mut added: Vec<RawObject> = Vec::with_capacity(locals.len());
            let mut places: HashMap<Id, usize> = HashMap::with_capacity(locals.len());
            for (local, fields) in locals {
                let indicator = local.id(id);
                let place = places.get(&indicator).copied();
                let kept = match place.and_then(|place| added.get(place)) {
                    Some(kept) => Some(kept.clone()),
                    None => reader.get(&indicator)?,
                };
                let made = match &kept {
                    Some(kept) => object::renewed(kept, id, fields, now)?,
                    None => object::made(&indicator, local, id, fields, now)?,
                };
                match place.and_then(|place| added.get_mut(place)) {
                    Some(place) => *place = made,
                    None => {
                        places.insert(indicator, added.len());
                        added.push(made);
                    }
                }
            }
            Ok(added)
        })?;
        self.write(added.clone())?;
        Ok(added)
    }

    fn member(&self, id: &Id, indicator: &Id) -> Result<RawObject, Fault> {
        let community = self.community.as_deref();
        self.writer.ask(|reader| member(reader, community, id, indicator))
    }

    /// Writes a new version of an object, unless it says what the one at hand does.
    fn put(
        &mut self,
        kept: &RawObject,
        version: impl FnOnce(i64) -> Result<RawObject, Fault>,
    ) -> Result<RawObject, Fault> {
        let version = version(self.now)?;
        if version != *kept {
            self.write(vec![version.clone()])?;
        }
        Ok(version)
    }

    /// Writes the identity of a collection as the collection is now.
    fn put_source(&mut self, collection: &IocCollection) -> Result<(), Fault> {
        let id = source(&collection.id);
        let kept = self.writer.ask(|reader| reader.get(&id))?;
        let source = object::source(kept.as_ref(), &id, collection, self.now)?;
        self.write(vec![source])
    }

    fn write(&mut self, objects: Vec<RawObject>) -> Result<(), Fault> {
        let mut batch = Batch::default();
        batch.extend(objects);
        self.writer.write(&Incoming::new(batch, 0)?, self.now, None)?;
        // What comes next in the same change reads through another connection.
        self.writer.settle()
    }

    fn random_uuid(&self) -> Result<Uuid, Fault> {
        let random: [u8; 16] =
            self.writer.connection.query_row("SELECT randomblob(16)", [], |row| row.get(0))?;
        Ok(Builder::from_random_bytes(random).into_uuid())
    }
}

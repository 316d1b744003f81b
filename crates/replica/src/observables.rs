//! Observables: those that are stored, and those that indicators name (CONTRACT 2.6, 5.7).

mod made;
mod tags;
#[cfg(test)]
mod tests;
mod threats;
mod values;

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use inthreat_api::{
    BulkFound, BulkSearchRequest, Error, NamedRequest, ObjectList, Observable,
    ObservableIndicatorsRequest, ObservableSearchRequest, Observables, ObservablesRequest,
    RelationshipList, RelationshipsRequest, Result, TagList, WindowRequest,
};
use inthreat_stix::{Id, Kind, RawObject};
use inthreat_store::index::{IndexRows, named};

use crate::{
    fault::Fault,
    key::Key,
    listing::{LIMIT_DEFAULT, Part, Window, has_type},
    lookup::LookupOptions,
    reader::Reader,
    replica::Replica,
    search::term,
};
use made::Found;
use values::Values;

/// How many observables a list has at most (CONTRACT 2.6).
const LIST_MAX: u32 = 2000;
/// How many observables are made to answer one question. A total that would need more is what was found among these.
const MADE_MAX: usize = 12_500;
/// How many observables are counted.
const COUNTED_MAX: u32 = 5000;
/// How many values, or identifiers, are searched for at once.
const SEARCHES_MAX: usize = 200;
/// The types that are called by a name.
const NAMED: [&str; 8] = [
    "autonomous-system",
    "file",
    "individual",
    "mutex",
    "organization",
    "process",
    "software",
    "user-account",
];
/// The types that are found by hashes.
const HASHED: [&str; 3] = ["artifact", "file", "x509-certificate"];

/// Answers with the observables that are stored, and with those that the patterns of indicators compare for equality.
///
/// The latter are made for the answer: their identifiers are those of STIX 2.1 section 2.9, their sources those of the
/// latest indicators, and a file has one name or one hash. Values are compared in whatever spelling. Lists come by type and
/// value, and no more are counted than are told, and one more; of a list that would take more than 12,500 observables to find, these
/// are looked at.
#[async_trait]
impl Observables for Replica {
    /// Observables by their properties. What is asked for by values, names, hashes or identifiers is counted to its end.
    async fn list_observables(&self, request: ObservablesRequest) -> Result<ObjectList> {
        let now = self.readers.options.now();
        let answer = move |reader: &mut Reader| reader.list_observables(&request, now);
        self.answer("list the observables of", answer).await
    }

    /// Observables whose value begins with a text, those first whose value it is.
    async fn search_observables(&self, request: ObservableSearchRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let part = reader.search_observables(&request.term, window)?;
            reader.told(part, request.indicated_threats)
        };
        self.answer("search the observables of", answer).await
    }

    /// Each value as the first of its types. At most 200 values.
    async fn bulk_search_observables(&self, request: BulkSearchRequest) -> Result<Vec<BulkFound>> {
        if !(1..=SEARCHES_MAX).contains(&request.searches.len()) {
            let reason = format!("expected 1 to {SEARCHES_MAX} values");
            return Err(Error::invalid("searches", reason));
        }
        let answer = move |reader: &mut Reader| {
            let mut all = Vec::with_capacity(request.searches.len());
            for search in &request.searches {
                let value = term::checked("searches", search)?;
                let mut found = None;
                for (word, value) in reader.keys_of(value, &[])? {
                    found = reader.observable_of(word, &value)?.map(|found| found.object);
                    if found.is_some() {
                        break;
                    }
                }
                if request.indicated_threats {
                    found = found.map(|object| reader.with_threats(object)).transpose()?;
                }
                all.push(BulkFound::new(search, found));
            }
            Ok(all)
        };
        self.answer("search the observables of", answer).await
    }

    /// How many observables have a value that begins with a text; at most 5,000 are counted.
    async fn count_observables(&self, term: String) -> Result<u64> {
        let answer = move |reader: &mut Reader| {
            let counted = Window::within(None, None, COUNTED_MAX, COUNTED_MAX)?;
            let total = reader.search_observables(&term, counted)?.total;
            Ok(total.min(COUNTED_MAX.into()))
        };
        self.answer("count the observables of", answer).await
    }

    /// The tags of the observables that are stored, sorted; those that are made have none. 20,000 observables are looked at.
    async fn observable_tags(&self, request: NamedRequest) -> Result<TagList> {
        let answer = move |reader: &mut Reader| reader.observable_tags(&request);
        self.answer("list the tags of", answer).await
    }

    /// One observable. One that is not stored is searched for among the values of its type;
    /// [`Unsupported`](inthreat_api::ErrorKind::Unsupported) where 250,000 of these are not enough.
    async fn observable(&self, id: Id) -> Result<RawObject> {
        self.answer("read an observable from", move |reader| reader.known_observable(&id)).await
    }

    async fn observable_relationships(
        &self,
        id: Id,
        request: WindowRequest,
    ) -> Result<RelationshipList> {
        let answer = move |reader: &mut Reader| {
            Window::new(request.limit, request.offset)?;
            reader.known_observable(&id)?;
            let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
            let mut relationships = RelationshipsRequest::new(id);
            relationships.offset = request.offset;
            reader.relationships_at(&relationships, limit)
        };
        self.answer("read relationships from", answer).await
    }

    /// The indicators that name an observable, or a network that it lies in, oldest `modified` first; at most 1,000 of them.
    async fn observable_indicators(
        &self,
        id: Id,
        request: ObservableIndicatorsRequest,
    ) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let observable = reader.known_observable(&id)?;
            let (sequences, is_cut) = reader.indicators_of(&observable)?;
            let mut part = window.of(sequences);
            part.is_cut = is_cut;
            let mut list = reader.objects_of(&part)?;
            if request.indicated_threats {
                let items = list.items.into_iter().map(|object| reader.with_threats(object));
                list.items = items.collect::<Result<_, Fault>>()?;
            }
            Ok(list)
        };
        self.answer("read indicators from", answer).await
    }

    /// The reports that name an observable, or an indicator that it belongs to, in the order of their arrival.
    async fn observable_reports(&self, id: Id, request: WindowRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let observable = reader.known_observable(&id)?;
            let mut keys = vec![Key::of(&id)];
            for sequence in reader.indicators_of(&observable)?.0 {
                keys.extend(reader.key_at(sequence)?);
            }
            let part = reader.reports_naming(&keys, &[], window)?;
            reader.objects_of(&part)
        };
        self.answer("read reports from", answer).await
    }
}

impl Reader {
    fn list_observables(
        &mut self,
        request: &ObservablesRequest,
        now: i64,
    ) -> Result<ObjectList, Fault> {
        let window = Window::within(request.limit, request.offset, LIMIT_DEFAULT, LIST_MAX)?;
        let keys = self.asked_keys(request)?;
        let mut objects = Vec::new();
        let mut part = Part::new(window);
        if !request.ids.is_empty() {
            if request.ids.len() > SEARCHES_MAX {
                let reason = format!("expected at most {SEARCHES_MAX} identifiers");
                return Err(Error::invalid("match[id]", reason).into());
            }
            objects = self.observables_with(&request.ids)?;
            if let Some(keys) = &keys {
                let keys = self.spelled(keys)?;
                objects.retain(|object| named(object).iter().any(|one| keys.contains(one)));
            }
        } else if let Some(keys) = keys {
            for (word, value) in keys {
                objects.extend(self.observable_of(word, &value)?.map(|found| found.object));
            }
        } else {
            let values = self.values(&request.types)?;
            let is_wanted = |object: &RawObject| fits(object, request, now);
            self.walk(values, &mut part, window, is_wanted)?;
        }
        let mut seen = HashSet::new();
        for object in objects {
            if fits(&object, request, now) && seen.insert(object.id().map(str::to_owned)) {
                part.add(object);
            }
        }
        self.told(part, request.indicated_threats)
    }

    /// The keys that a question names by values, names and hashes; `None` where it names none.
    fn asked_keys(
        &self,
        request: &ObservablesRequest,
    ) -> Result<Option<BTreeSet<(i64, String)>>, Fault> {
        let mut asked: Option<BTreeSet<(i64, String)>> = None;
        for (field, texts, types) in [
            ("match[value]", &request.values, &[][..]),
            ("match[name]", &request.names, &NAMED),
            ("match[hash]", &request.hashes, &HASHED),
        ] {
            if texts.is_empty() {
                continue;
            }
            if texts.len() > SEARCHES_MAX {
                let reason = format!("expected at most {SEARCHES_MAX} values");
                return Err(Error::invalid(field, reason).into());
            }
            let wanted = |one: &str| types.is_empty() || types.contains(&one);
            let types: Vec<String> = match (&*request.types, types) {
                ([], types) => types.iter().map(ToString::to_string).collect(),
                (asked, _) => asked.iter().filter(|one| wanted(one)).cloned().collect(),
            };
            let mut keys = BTreeSet::new();
            // No type at all would mean every type.
            if !types.is_empty() || request.types.is_empty() {
                for text in texts {
                    keys.extend(self.keys_of(term::checked(field, text)?, &types)?);
                }
            }
            asked = Some(match asked {
                None => keys,
                Some(before) => before.intersection(&keys).cloned().collect(),
            });
        }
        Ok(asked)
    }

    fn spelled(&self, keys: &BTreeSet<(i64, String)>) -> Result<Vec<Observable>, Fault> {
        let spell = |(word, value): &(i64, String)| {
            let text = crate::words::text(&self.connection, *word)?;
            Ok(Observable::new(inthreat_api::ObservableType::from(&*text), &**value))
        };
        keys.iter().map(spell).collect()
    }

    fn search_observables(&mut self, text: &str, window: Window) -> Result<Part<RawObject>, Fault> {
        let text = term::checked("term", text)?;
        if text.is_empty() {
            return Err(Error::invalid("term", "it is empty").into());
        }
        let keys = self.keys_of(text, &[])?;
        let mut part = Part::new(window);
        let mut seen = HashSet::new();
        for (word, value) in &keys {
            if let Some(Found { object, .. }) = self.observable_of(*word, value)?
                && seen.insert(object.id().map(str::to_owned))
            {
                part.add(object);
            }
        }
        let mut values = Values::default();
        for ((word, value), one) in keys.iter().zip(self.spelled(&keys)?) {
            values.add(*word, one.observable_type, value);
        }
        let is_new = |object: &RawObject| !seen.contains(&object.id().map(str::to_owned));
        self.walk(values, &mut part, window, is_new)?;
        Ok(part)
    }

    /// Adds the observables of some values, as far as they are wanted: up to one behind the window.
    fn walk(
        &mut self,
        mut values: Values,
        part: &mut Part<RawObject>,
        window: Window,
        is_wanted: impl Fn(&RawObject) -> bool,
    ) -> Result<(), Fault> {
        for _ in 0..MADE_MAX {
            let Some((word, value)) = values.next(self)? else { return Ok(()) };
            let found = self.observable_of(word, &value)?;
            if let Some(Found { object, .. }) =
                found.filter(|found| found.is_first && is_wanted(&found.object))
            {
                part.add(object);
            }
            if part.total > window.end() {
                return Ok(());
            }
        }
        part.is_cut = values.next(self)?.is_some();
        Ok(())
    }

    /// A part as it is answered.
    fn told(&self, part: Part<RawObject>, with_threats: bool) -> Result<ObjectList, Fault> {
        let (total, has_more) = (part.total, part.has_more());
        let mut items = part.items;
        if with_threats {
            let told = items.into_iter().map(|object| self.with_threats(object));
            items = told.collect::<Result<_, _>>()?;
        }
        Ok(ObjectList::new(items, Some(total), has_more))
    }

    /// The sequences of the indicators that name an observable, oldest `modified` first, and whether there are more.
    fn indicators_of(&self, observable: &RawObject) -> Result<(Vec<i64>, bool), Fault> {
        let mut sequences = Vec::new();
        let mut seen = HashSet::new();
        let mut is_cut = false;
        for one in named(observable) {
            let (hits, has_more) = self.lookup(&one, LookupOptions::default())?;
            is_cut |= has_more;
            let indicators = hits.into_iter().filter(|hit| hit.kind == Kind::Indicator);
            let new = indicators.map(|hit| hit.sequence.cast_signed());
            sequences.extend(new.filter(|sequence| seen.insert(*sequence)));
        }
        Ok((sequences, is_cut))
    }
}

/// Whether an observable has what is asked for besides its value.
fn fits(object: &RawObject, request: &ObservablesRequest, now: i64) -> bool {
    let is_of_source = || {
        let sources = IndexRows::of(object).sources;
        request.sources.is_empty() || request.sources.iter().any(|one| sources.contains(one))
    };
    has_type(object, &request.types)
        && is_of_source()
        && tags::fit(object, &request.tags, &request.valid_tags, now)
}

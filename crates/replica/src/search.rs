//! Lists and searches of objects (CONTRACT 2.4).

pub(crate) mod term;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use async_trait::async_trait;
use inthreat_api::{
    Error, LightObjectList, NamedRequest, ObjectList, ObjectSearch, ObjectsRequest, PageRequest,
    Result, SearchRequest, SearchSort,
};

use crate::{
    bitmaps::{Dimension, Mark},
    fault::Fault,
    feeds::{self, Filter, same_level},
    instant,
    key::Key,
    listing::{Among, Conditions, Marked, Part, Window, texts},
    names,
    reader::Reader,
    replica::Replica,
};
use term::{Matches, Rank};

/// How many texts are searched for at once, and how many values a list of a question may have.
const VALUES_MAX: usize = 1000;

/// Lists and searches objects, in the order of their arrival unless a search says otherwise.
///
/// Names and external identifiers are compared whole, but for upper and lower case. A TLP means the marking definitions of
/// both versions of the protocol. Of an answer that would take more than 20,000 rows to find, these rows are looked at:
/// its total is then at least what it says.
#[async_trait]
impl ObjectSearch for Replica {
    async fn list_objects(&self, request: ObjectsRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let part = reader.matching(&request)?;
            reader.objects_of(&part)
        };
        self.answer("list objects of", answer).await
    }

    async fn list_light_objects(&self, request: ObjectsRequest) -> Result<LightObjectList> {
        let answer = move |reader: &mut Reader| {
            let part = reader.matching(&request)?;
            let items = reader.light_objects_of(&part)?;
            Ok(LightObjectList::new(items, Some(part.total), part.has_more()))
        };
        self.answer("list objects of", answer).await
    }

    /// Searches objects.
    ///
    /// A text finds names, aliases and external identifiers by the beginning of any of their words, and observables by
    /// the beginning of their value, in whatever spelling; indicators are found by their values, and by the beginning of a
    /// name that is none. `simple` leaves the values out.
    ///
    /// What is called so comes first, then what has a name that begins so, then later words, then values; what was
    /// modified last comes first among equals. Without a text the newest arrivals come first. Objects that were revoked are found
    /// when the question says so.
    async fn search_objects(&self, request: SearchRequest) -> Result<ObjectList> {
        let (now, community) = (self.readers.options.now(), self.community());
        let answer = move |reader: &mut Reader| {
            let feed = request.feed.as_ref();
            let feed = feed.map(|id| feeds::find(&reader.connection, community.as_deref(), id));
            let filter =
                feed.transpose()?.map(|feed| Filter::new(&feed.draft, &PageRequest::default()));
            let part = reader.searched(&request, filter.as_ref(), now)?;
            let mut list = reader.objects_of(&part)?;
            list.total = list.total.filter(|_| request.with_total);
            Ok(list)
        };
        self.answer("search objects of", answer).await
    }

    /// The identities that say that they are sectors.
    async fn sectors(&self, request: NamedRequest) -> Result<ObjectList> {
        self.identities(Mark::SECTOR, request).await
    }

    /// The identities that say that they are sources.
    async fn sources(&self, request: NamedRequest) -> Result<ObjectList> {
        self.identities(Mark::SOURCE, request).await
    }
}

impl Replica {
    async fn identities(&self, mark: Mark, request: NamedRequest) -> Result<ObjectList> {
        let answer = move |reader: &mut Reader| {
            let window = Window::new(request.limit, request.offset)?;
            let marked = Marked::all(&reader.connection)?.with_any(vec![mark]);
            let conditions = Conditions {
                names: request.names.iter().map(|name| names::fold(name)).collect(),
                ..Conditions::default()
            };
            let among = Among::All { is_backward: false };
            let part = reader.list(among, &marked, &conditions, window)?;
            reader.objects_of(&part)
        };
        self.answer("list identities of", answer).await
    }
}

impl Reader {
    fn matching(&self, request: &ObjectsRequest) -> Result<Part<i64>, Fault> {
        let window = Window::new(request.limit, request.offset)?;
        check_lists([
            ("match[type]", request.types.len()),
            ("match[name]", request.names.len()),
            ("match[id]", request.ids.len()),
            ("match[external_id]", request.external_ids.len()),
            ("match[tlp]", request.tlps.len()),
            ("match[source]", request.sources.len()),
            ("match[label]", request.labels.len()),
        ])?;
        let tlps = request.tlps.iter().flat_map(same_level).collect();
        let marked = self.marked(&[
            (Dimension::Type, request.types.clone()),
            (Dimension::Marking, tlps),
            (Dimension::Source, texts(&request.sources)),
            (Dimension::Label, request.labels.clone()),
        ])?;
        let marked = marked.with_flag(Mark::DEPRECATED, request.deprecated);
        let conditions = Conditions {
            names: request.names.iter().map(|name| names::fold(name)).collect(),
            ..Conditions::default()
        };
        let mut among = Among::All { is_backward: false };
        if !request.ids.is_empty() {
            let mut known = Vec::new();
            for id in &request.ids {
                known.extend(self.resolve(&Key::of(id))?);
            }
            known.sort_unstable();
            known.dedup();
            among = Among::Some(known, false);
        }
        if !request.external_ids.is_empty() {
            among = both(among, self.externally_named(&request.external_ids)?);
        }
        if !request.names.is_empty() {
            among = both(among, self.named(&request.names)?);
        }
        self.list(among, &marked, &conditions, window)
    }

    fn searched(
        &self,
        request: &SearchRequest,
        feed: Option<&Filter>,
        now: i64,
    ) -> Result<Part<i64>, Fault> {
        let window = Window::new(request.limit, request.offset)?;
        check_lists([
            ("terms", request.terms.len()),
            ("names", request.names.len()),
            ("types", request.types.len()),
            ("sources", request.sources.len()),
            ("observable_types", request.observable_types.len()),
            ("tlps", request.tlps.len()),
            ("labels", request.labels.len()),
            ("sectors", request.sectors.len()),
            ("locations", request.locations.len()),
        ])?;
        let marked = self.searched_among(request, feed)?;
        let conditions = Conditions {
            created: request.created.map(instant::to_pair),
            modified: request.modified.map(instant::to_pair),
            confidence: request.confidence,
            valid_behind: feed.filter(|feed| feed.skip_expired).map(|_| now),
            names: request.names.iter().map(|name| names::fold(name)).collect(),
        };
        let mut matches = Matches::default();
        let mut is_searched = false;
        for text in request.term.iter().chain(&request.terms) {
            let text = term::checked("term", text)?;
            is_searched |= !text.is_empty();
            self.match_text(text, !request.simple.unwrap_or(false), &mut matches)?;
        }
        if is_searched {
            let is_ranked = request.sort != Some(SearchSort::Modified);
            return self.best(matches, &marked, &conditions, window, is_ranked);
        }
        let among = match &*request.names {
            [] => Among::All { is_backward: true },
            names => self.named(names)?,
        };
        self.list(among, &marked, &conditions, window)
    }

    /// The objects that a search looks among, as far as bitmaps tell it.
    fn searched_among(
        &self,
        request: &SearchRequest,
        feed: Option<&Filter>,
    ) -> Result<Marked, Fault> {
        let tlps = request.tlps.iter().flat_map(same_level).collect();
        let types = request.observable_types.iter().map(ToString::to_string).collect();
        let marked = self.marked(&[
            (Dimension::Type, request.types.clone()),
            (Dimension::Source, texts(&request.sources)),
            (Dimension::ObservableType, types),
            (Dimension::Marking, tlps),
            (Dimension::Label, request.labels.clone()),
            (Dimension::Sector, texts(&request.sectors)),
            (Dimension::Location, texts(&request.locations)),
        ])?;
        let revoked = (!request.include_revoked.unwrap_or(false)).then_some(false);
        let marked = marked
            .with_flag(Mark::REVOKED, revoked)
            .with_flag(Mark::SOURCE, request.is_source)
            .with_flag(Mark::DEPRECATED, request.deprecated);
        match feed {
            Some(filter) => marked.with_filter(&self.connection, filter),
            None => Ok(marked),
        }
    }

    /// The part of what was found that is asked for, best or newest first.
    fn best(
        &self,
        matches: Matches,
        marked: &Marked,
        conditions: &Conditions,
        window: Window,
        is_ranked: bool,
    ) -> Result<Part<i64>, Fault> {
        let Matches { found, is_cut, .. } = matches;
        let everything = Window::within(None, None, u32::MAX, u32::MAX)?;
        let among = Among::Some(found.keys().copied().collect(), is_cut);
        let kept = self.list(among, marked, conditions, everything)?.items;
        let mut ordered = Vec::with_capacity(kept.len());
        for sequence in kept {
            let rank = found.get(&sequence).copied().filter(|_| is_ranked);
            let modified = self.listed(sequence)?.and_then(|row| row.modified);
            ordered.push((rank.unwrap_or(Rank::Whole), Reverse((modified, sequence)), sequence));
        }
        ordered.sort_unstable();
        let mut part = window.of(ordered.into_iter().map(|(.., sequence)| sequence));
        part.is_cut = is_cut;
        Ok(part)
    }
}

/// Refuses lists that are too long.
fn check_lists<const N: usize>(lists: [(&str, usize); N]) -> Result<(), Error> {
    match lists.into_iter().find(|(_, length)| *length > VALUES_MAX) {
        Some((field, _)) => {
            Err(Error::invalid(field, format!("expected at most {VALUES_MAX} values")))
        }
        None => Ok(()),
    }
}

/// What stands among both; each is sorted.
fn both(first: Among, second: Among) -> Among {
    match (first, second) {
        (Among::Some(mut first, first_cut), Among::Some(second, second_cut)) => {
            first.retain(|sequence| second.binary_search(sequence).is_ok());
            Among::Some(first, first_cut || second_cut)
        }
        (all @ Among::Some(..), _) | (_, all) => all,
    }
}

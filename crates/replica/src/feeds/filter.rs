//! What a page delivers: what its feed selects, narrowed by what was asked for.

use inthreat_api::{Error, FeedDraft, ObservableType, PageRequest, SortOrder};

/// What the objects of a page have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The types of objects; `None` for all.
    pub(crate) types: Option<Vec<String>>,
    /// The observable types: an indicator has one of each list.
    pub(crate) observable_types: Vec<Vec<ObservableType>>,
    pub(crate) include_revoked: bool,
    pub(crate) skip_expired: bool,
    pub(crate) order: Order,
}

/// In which order the objects come, by arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    /// Page by page towards the oldest.
    NewestFirst,
    /// One page of the newest, with a cursor behind all of them.
    Latest,
}

impl Filter {
    /// What a page of this feed delivers. What the question leaves open is as the feed says (CONTRACT 2.1).
    ///
    /// Fails for a feed that selects by what is not in the rows of objects yet.
    pub(crate) fn new(draft: &FeedDraft, request: &PageRequest) -> Result<Self, Error> {
        for (name, is_used) in [
            ("sources", !draft.sources.is_empty()),
            ("tlps", !draft.tlps.is_empty()),
            ("labels", !draft.labels.is_empty()),
            ("sectors", !draft.sectors.is_empty()),
            ("locations", !draft.locations.is_empty()),
        ] {
            if is_used {
                return Err(Error::unsupported(format_args!("a feed that selects by `{name}`")));
            }
        }
        let types = match (draft.types.is_empty(), request.types.is_empty()) {
            (true, true) => None,
            (true, false) => Some(request.types.clone()),
            (false, true) => Some(draft.types.clone()),
            (false, false) => {
                let both = request.types.iter().filter(|one| draft.types.contains(one));
                Some(both.cloned().collect())
            }
        };
        let lists = [&draft.observable_types, &request.observable_types];
        let order = match (request.latest, draft.sort_order) {
            (Some(true), _) => Order::Latest,
            (_, SortOrder::Ascending) => Order::OldestFirst,
            _ => Order::NewestFirst,
        };
        Ok(Self {
            types,
            observable_types: lists.into_iter().filter(|list| !list.is_empty()).cloned().collect(),
            include_revoked: request.include_revoked.unwrap_or(draft.include_revoked),
            skip_expired: request.skip_expired.unwrap_or(draft.skip_expired),
            order,
        })
    }
}

#[cfg(test)]
mod tests {
    use inthreat_api::{ErrorKind, Feed, FeedId};
    use inthreat_stix::Id;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    // Catches a question that widens what its feed selects, and one that does not narrow it.
    #[test]
    fn a_question_narrows_its_feed() {
        let request = PageRequest::default();
        let all = Filter::new(&Feed::unfiltered().draft, &request).unwrap();
        assert_eq!((all.types, all.include_revoked, all.skip_expired), (None, true, false));
        assert_eq!(all.order, Order::OldestFirst);

        let mut draft = FeedDraft::default();
        draft.types = texts(&["malware", "indicator"]);
        draft.observable_types = vec![ObservableType::Url];
        draft.include_revoked = false;
        let own = Filter::new(&draft, &request).unwrap();
        assert_eq!(own.types, Some(draft.types.clone()));
        assert!(!own.include_revoked && own.order == Order::NewestFirst);

        let mut request = request.with_types(["indicator", "tool"]);
        request.include_revoked = Some(true);
        request.skip_expired = Some(true);
        request.observable_types = vec![ObservableType::File];
        request.latest = Some(true);
        let narrowed = Filter::new(&draft, &request).unwrap();
        assert_eq!(narrowed.types, Some(texts(&["indicator"])));
        let lists = [[ObservableType::Url], [ObservableType::File]];
        assert_eq!(narrowed.observable_types, lists);
        assert!(narrowed.include_revoked && narrowed.skip_expired);
        assert_eq!(narrowed.order, Order::Latest);
        let none = PageRequest::new(FeedId::default()).with_types(["tool"]);
        assert_eq!(Filter::new(&draft, &none).unwrap().types, Some(Vec::new()));
    }

    // Catches a feed whose filter is passed over, so that it delivers what it must not.
    #[test]
    fn what_cannot_be_selected_is_an_error() {
        type Set = fn(&mut FeedDraft, Id);
        let sets: [(&str, Set); 4] = [
            ("sources", |draft, id| draft.sources.push(id)),
            ("tlps", |draft, id| draft.tlps.push(id)),
            ("sectors", |draft, id| draft.sectors.push(id)),
            ("locations", |draft, id| draft.locations.push(id)),
        ];
        for (name, set) in sets {
            let mut draft = FeedDraft::default();
            set(&mut draft, Id::lenient("identity--1").unwrap());
            let error = Filter::new(&draft, &PageRequest::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

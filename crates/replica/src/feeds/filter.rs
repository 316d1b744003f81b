//! What a page delivers: what its feed selects, narrowed by what was asked for.

use inthreat_api::{FeedDraft, ObservableType, PageRequest, SortOrder, dialect};
use inthreat_stix::{Id, marking::Tlp};

use crate::bitmaps::Dimension;

/// What the objects of a page have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// An object has one word of each list (CONTRACT 3.1).
    pub(crate) lists: Vec<(Dimension, Vec<String>)>,
    pub(crate) include_revoked: bool,
    pub(crate) skip_expired: bool,
    pub(crate) order: Order,
    /// The versions that were the newest when this sequence had arrived; `None`: those of now.
    pub(crate) as_of: Option<i64>,
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
    pub(crate) fn new(draft: &FeedDraft, request: &PageRequest) -> Self {
        let mut lists = Vec::new();
        if let Some(types) = types(draft, request) {
            lists.push((Dimension::Type, types));
        }
        for types in [&draft.observable_types, &request.observable_types] {
            let types = types.iter().map(ObservableType::to_string);
            lists.push((Dimension::ObservableType, types.collect()));
        }
        let tlps = draft.tlps.iter().flat_map(same_level);
        lists.push((Dimension::Marking, tlps.collect()));
        lists.push((Dimension::Label, draft.labels.clone()));
        for (dimension, ids) in [
            (Dimension::Source, &draft.sources),
            (Dimension::Sector, &draft.sectors),
            (Dimension::Location, &draft.locations),
        ] {
            lists.push((dimension, ids.iter().map(Id::to_string).collect()));
        }
        // Only types that exclude each other leave a list that is empty and means nothing at all.
        lists.retain(|(dimension, words)| *dimension == Dimension::Type || !words.is_empty());
        let order = match (request.latest, draft.sort_order) {
            (Some(true), _) => Order::Latest,
            (_, SortOrder::Ascending) => Order::OldestFirst,
            _ => Order::NewestFirst,
        };
        Self {
            lists,
            include_revoked: request.include_revoked.unwrap_or(draft.include_revoked),
            skip_expired: request.skip_expired.unwrap_or(draft.skip_expired),
            order,
            as_of: None,
        }
    }

    /// Whether bitmaps say what is selected. Without them every object is, as far as it has not expired.
    pub(crate) fn needs_bitmaps(&self) -> bool {
        !self.lists.is_empty() || !self.include_revoked
    }
}

/// The types that a feed has and that are asked for; `None` for all.
fn types(draft: &FeedDraft, request: &PageRequest) -> Option<Vec<String>> {
    match (draft.types.is_empty(), request.types.is_empty()) {
        (true, true) => None,
        (true, false) => Some(request.types.clone()),
        (false, true) => Some(draft.types.clone()),
        (false, false) => {
            let both = request.types.iter().filter(|one| draft.types.contains(one));
            Some(both.cloned().collect())
        }
    }
}

/// A marking definition, and those that say the same in another version of the Traffic Light Protocol.
pub(crate) fn same_level(id: &Id) -> Vec<String> {
    let mut ids = vec![id.to_string()];
    if let Some(tlp) = Tlp::of_marking(id) {
        let first = dialect::TLP_MARKINGS.iter().map(|(_, text)| (*text).to_owned());
        let is_same =
            |text: &String| Id::lenient(text).ok().and_then(|id| Tlp::of_marking(&id)) == Some(tlp);
        ids.extend(first.filter(is_same));
        ids.push(tlp.marking().to_string());
    }
    ids
}

#[cfg(test)]
mod tests {
    use inthreat_api::{Feed, FeedId};

    use super::*;

    fn list(dimension: Dimension, words: &[&str]) -> (Dimension, Vec<String>) {
        (dimension, words.iter().map(ToString::to_string).collect())
    }

    // Catches a question that widens what its feed selects, and one that does not narrow it.
    #[test]
    fn a_question_narrows_its_feed() {
        let request = PageRequest::default();
        let all = Filter::new(&Feed::unfiltered().draft, &request);
        assert_eq!((&*all.lists, all.include_revoked, all.skip_expired), (&[][..], true, false));
        assert_eq!(all.order, Order::OldestFirst);
        assert!(!all.needs_bitmaps());

        let mut draft = FeedDraft::default();
        draft.types = vec!["malware".into(), "indicator".into()];
        draft.observable_types = vec![ObservableType::Url];
        draft.include_revoked = false;
        let own = Filter::new(&draft, &request);
        let url = list(Dimension::ObservableType, &["url"]);
        assert_eq!(own.lists, [list(Dimension::Type, &["malware", "indicator"]), url.clone()]);
        assert!(!own.include_revoked && own.order == Order::NewestFirst);

        let mut request = request.with_types(["indicator", "tool"]);
        request.include_revoked = Some(true);
        request.skip_expired = Some(true);
        request.observable_types = vec![ObservableType::File];
        request.latest = Some(true);
        let narrowed = Filter::new(&draft, &request);
        let file = list(Dimension::ObservableType, &["file"]);
        assert_eq!(narrowed.lists, [list(Dimension::Type, &["indicator"]), url.clone(), file]);
        assert!(narrowed.include_revoked && narrowed.skip_expired);
        assert_eq!(narrowed.order, Order::Latest);
        let none = PageRequest::new(FeedId::default()).with_types(["tool"]);
        assert_eq!(Filter::new(&draft, &none).lists, [list(Dimension::Type, &[]), url]);
    }

    // Catches a feed of amber objects that passes over those which say so by the newer protocol.
    #[test]
    fn markings_of_both_protocols_are_meant() {
        let [.., (_, amber), _] = dialect::TLP_MARKINGS;
        let mut draft = FeedDraft::default();
        draft.tlps = vec![amber.parse().unwrap()];
        let both = list(Dimension::Marking, &[amber, amber, &Tlp::Amber.marking().to_string()]);
        assert_eq!(Filter::new(&draft, &PageRequest::default()).lists, [both]);
    }
}

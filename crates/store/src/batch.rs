//! What a sink is given, and what it made of it.

use inthreat_api::{FeedId, Page};
use inthreat_stix::{Id, RawObject, Rejected};

/// Objects of one feed, in their order, to be written together. A batch holds one page or several.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Batch {
    /// The feed that they come from.
    pub feed: FeedId,
    /// What goes to the quarantine.
    pub rejected: Vec<Rejected>,
    /// Nothing comes in unchecked, so that no sink has to check again.
    objects: Vec<RawObject>,
}

impl Batch {
    /// An empty batch of this feed.
    pub fn new(feed: FeedId) -> Self {
        Self { feed, rejected: Vec::new(), objects: Vec::new() }
    }

    /// The objects, oldest first. Each has a `type` and an `id` that [`Id::lenient`] takes.
    pub fn objects(&self) -> &[RawObject] {
        &self.objects
    }

    /// Keeps only these objects.
    pub fn retain(&mut self, keeps: impl FnMut(&RawObject) -> bool) {
        self.objects.retain(keeps);
    }

    /// Adds a page. Objects that cannot be stored, for want of a `type` or an `id`, join the rejected items.
    pub fn push_page(&mut self, page: Page) {
        self.rejected.extend(page.rejected);
        self.extend(page.objects);
    }

    /// Adds objects by the rules of [`Batch::push_page`].
    pub fn extend(&mut self, objects: impl IntoIterator<Item = RawObject>) {
        for (index, object) in objects.into_iter().enumerate() {
            match fault(&object) {
                None => self.objects.push(object),
                Some(reason) => self.rejected.push(Rejected::from_object(&object, index, reason)),
            }
        }
    }

    /// How many items it holds, good or bad.
    pub fn len(&self) -> usize {
        self.objects.len() + self.rejected.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Why an object cannot be stored.
fn fault(object: &RawObject) -> Option<String> {
    match (object.object_type(), object.id()) {
        (None | Some(""), _) => Some("`type` is missing or no text".into()),
        (_, None) => Some("`id` is missing or no text".into()),
        (_, Some(id)) => Id::lenient(id).err().map(|error| error.to_string()),
    }
}

/// What a sink made of a batch. The counts add up to [`Batch::len`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Objects that are new, or newer than the version at hand.
    pub accepted: u64,
    /// Objects that were there already, byte for byte.
    pub unchanged: u64,
    /// Objects that are older than the version at hand.
    pub outdated: u64,
    /// Items that went to the quarantine.
    pub quarantined: u64,
    /// Items that were kept from the sink because they are marked more strictly than it may hold.
    pub withheld: u64,
}

impl Written {
    /// These counts; nothing was withheld.
    pub fn new(accepted: u64, unchanged: u64, outdated: u64, quarantined: u64) -> Self {
        Self { accepted, unchanged, outdated, quarantined, withheld: 0 }
    }

    /// Sets how many items were kept from the sink.
    #[must_use]
    pub fn with_withheld(mut self, withheld: u64) -> Self {
        self.withheld = withheld;
        self
    }
}

impl std::ops::AddAssign for Written {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.unchanged += other.unchanged;
        self.outdated += other.outdated;
        self.quarantined += other.quarantined;
        self.withheld += other.withheld;
    }
}

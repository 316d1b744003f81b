//! Pages that are kept, up to a number of bytes; those that nobody asked for longest go first.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Page;

/// What a page takes besides its body and twice its key, in bytes: about what the tables and headers need.
const OVERHEAD: usize = 512;
/// No page takes more than this part of the room, so that one does not throw all others out.
const PART: usize = 4;

/// The pages that are kept.
#[derive(Debug)]
pub(crate) struct PageCache {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    slots: HashMap<Arc<str>, Slot>,
    /// The keys by when they were asked for last.
    order: BTreeMap<u64, Arc<str>>,
    clock: u64,
    figures: PageFigures,
}

#[derive(Debug)]
struct Slot {
    page: Arc<Page>,
    version: Option<u64>,
    asked: u64,
    bytes: usize,
}

/// How much is kept, and how often it was of use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageFigures {
    /// Pages that were answered without reading them.
    pub(crate) hits: u64,
    /// Pages that were read and were what is kept, so that their codings could be used.
    pub(crate) unchanged: u64,
    /// Pages that were read.
    pub(crate) misses: u64,
    pub(crate) bytes: usize,
}

impl PageCache {
    /// Keeps so many bytes; nothing when there are none.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Mutex::default() }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.bytes_max > 0
    }

    /// Whether there is a page, of whatever version.
    pub(crate) fn holds(&self, key: &str) -> bool {
        self.kept().slots.contains_key(key)
    }

    /// The page of this version.
    pub(crate) fn find(&self, key: &Arc<str>, version: u64) -> Option<Arc<Page>> {
        let mut kept = self.kept();
        let slot = kept.slots.get(key).filter(|slot| slot.version == Some(version))?;
        let page = Arc::clone(&slot.page);
        kept.figures.hits += 1;
        kept.touch(key);
        Some(page)
    }

    /// Keeps a page that was read, and gives it back; where the same bytes are kept already, those, with their codings.
    pub(crate) fn keep(&self, key: &Arc<str>, version: Option<u64>, page: Page) -> Arc<Page> {
        let mut kept = self.kept();
        if let Some(slot) = kept.slots.get_mut(key)
            && slot.page.body.tag() == page.body.tag()
            && slot.page.headers == page.headers
        {
            slot.version = version;
            let page = Arc::clone(&slot.page);
            kept.figures.unchanged += 1;
            kept.touch(key);
            return page;
        }
        kept.figures.misses += 1;
        kept.remove(key);
        let page = Arc::new(page);
        let bytes = weight(key, &page);
        if bytes <= self.bytes_max / PART {
            kept.insert(key, Slot { page: Arc::clone(&page), version, asked: 0, bytes });
            kept.shrink(self.bytes_max);
        }
        page
    }

    /// Counts what a page has grown to since it was kept: its codings are made when they are asked for.
    pub(crate) fn weigh(&self, key: &Arc<str>) {
        let mut kept = self.kept();
        let Some(slot) = kept.slots.get_mut(key) else { return };
        let bytes = weight(key, &slot.page);
        let grown = bytes.saturating_sub(slot.bytes);
        slot.bytes = bytes;
        if grown > 0 {
            kept.figures.bytes += grown;
            kept.shrink(self.bytes_max);
        }
    }

    pub(crate) fn figures(&self) -> PageFigures {
        self.kept().figures
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A slot that was lost by a panic is read again.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn insert(&mut self, key: &Arc<str>, slot: Slot) {
        self.figures.bytes += slot.bytes;
        self.slots.insert(Arc::clone(key), slot);
        self.touch(key);
    }

    fn remove(&mut self, key: &str) {
        if let Some(slot) = self.slots.remove(key) {
            self.order.remove(&slot.asked);
            self.figures.bytes -= slot.bytes;
        }
    }

    fn touch(&mut self, key: &Arc<str>) {
        self.clock += 1;
        // What was asked for lately is far from going; to move it each time would be for nothing.
        let recent = self.clock.saturating_sub(u64::try_from(self.slots.len() / 4).unwrap_or(0));
        if let Some(slot) = self.slots.get_mut(key).filter(|slot| slot.asked < recent) {
            self.order.remove(&slot.asked);
            slot.asked = self.clock;
            self.order.insert(self.clock, Arc::clone(key));
        }
    }

    fn shrink(&mut self, bytes_max: usize) {
        while self.figures.bytes > bytes_max {
            let Some((_, key)) = self.order.pop_first() else { break };
            self.remove(&key);
        }
    }
}

fn weight(key: &str, page: &Page) -> usize {
    OVERHEAD + 2 * key.len() + page.body.length()
}

#[cfg(test)]
mod tests {
    use axum::{body::Bytes, http::HeaderMap};

    use super::*;
    use crate::reply::Whole;

    fn page(letter: u8, length: usize) -> Page {
        let body = Whole::new(Bytes::from(vec![letter; length]));
        Page { headers: HeaderMap::new(), body }
    }

    fn key(text: &str) -> Arc<str> {
        text.into()
    }

    // Catches a page of an older version that is answered, and codings that are thrown away although the bytes are the same.
    #[test]
    fn a_page_is_found_by_its_version() {
        let cache = PageCache::new(100_000);
        let first = cache.keep(&key("a"), Some(1), page(b'x', 10));
        assert!(Arc::ptr_eq(&cache.find(&key("a"), 1).unwrap(), &first));
        assert!(cache.find(&key("a"), 2).is_none() && cache.find(&key("b"), 1).is_none());
        let same = cache.keep(&key("a"), Some(2), page(b'x', 10));
        assert!(Arc::ptr_eq(&first, &same), "the bytes are the same");
        assert!(cache.find(&key("a"), 1).is_none() && cache.find(&key("a"), 2).is_some());
        let other = cache.keep(&key("a"), Some(3), page(b'y', 10));
        assert!(!Arc::ptr_eq(&first, &other));
        cache.keep(&key("c"), None, page(b'z', 10));
        assert!(cache.find(&key("c"), 0).is_none(), "without a version it is read each time");
        let figures = cache.figures();
        assert_eq!((figures.hits, figures.unchanged, figures.misses), (2, 1, 3));
    }

    // Catches a cache without an end, one that throws out what is asked for, and bytes that are counted twice or never.
    #[test]
    fn what_nobody_asks_for_goes_first() {
        let cache = PageCache::new(10_000);
        for name in ["a", "b", "c"] {
            cache.keep(&key(name), Some(1), page(b'x', 1900));
        }
        assert!(cache.find(&key("a"), 1).is_some());
        for name in ["d", "e", "d"] {
            cache.keep(&key(name), Some(1), page(name.as_bytes()[0], 1900));
        }
        let names = ["a", "b", "c", "d", "e"];
        let found = names.map(|name| cache.find(&key(name), 1).is_some());
        assert_eq!(found, [true, false, true, true, true]);
        assert!(cache.figures().bytes <= 10_000);
        cache.keep(&key("long"), Some(1), page(b'x', 2500));
        assert!(cache.find(&key("long"), 1).is_none(), "it would take more than its part");
        for name in names {
            cache.keep(&key(name), Some(2), page(b'y', 0));
        }
        assert_eq!(cache.figures().bytes, 5 * (OVERHEAD + 2));
        assert!(!PageCache::new(0).is_on());
    }
}

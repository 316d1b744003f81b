//! Blocks that were read lately, bounded in bytes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::block::Block;

/// The blocks that were used last. Blocks never change, so an entry is good for ever.
#[derive(Debug)]
pub(crate) struct BlockCache {
    bytes_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By first sequence, with the moment of the last use.
    blocks: BTreeMap<i64, (u64, Arc<Block>)>,
    /// First sequences by the moment of the last use.
    uses: BTreeMap<u64, i64>,
    moment: u64,
    bytes: usize,
}

impl BlockCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, state: Mutex::default() }
    }

    /// The block that holds this sequence.
    pub(crate) fn find(&self, sequence: i64) -> Option<Arc<Block>> {
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        let (first, (used, block)) = state.blocks.range_mut(..=sequence).next_back()?;
        if !block.contains(sequence) {
            return None;
        }
        state.uses.remove(used);
        state.moment += 1;
        *used = state.moment;
        state.uses.insert(state.moment, *first);
        Some(Arc::clone(block))
    }

    /// Keeps a block, and drops those that were not used for longest.
    pub(crate) fn insert(&self, block: Arc<Block>) {
        if block.weight() > self.bytes_max {
            return;
        }
        let mut guard = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *guard;
        state.moment += 1;
        state.bytes += block.weight();
        state.uses.insert(state.moment, block.first_sequence);
        let replaced = state.blocks.insert(block.first_sequence, (state.moment, block));
        if let Some((used, block)) = replaced {
            state.uses.remove(&used);
            state.bytes -= block.weight();
        }
        while state.bytes > self.bytes_max {
            let Some((_, first)) = state.uses.pop_first() else { break };
            if let Some((_, block)) = state.blocks.remove(&first) {
                state.bytes -= block.weight();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(first: i64) -> Arc<Block> {
        Arc::new(Block::alone(first, format!("{{\"id\":\"{}\"}}", "x".repeat(1000))))
    }

    // Catches a cache that grows without bound, forgets what is used, or answers with a neighbour's block.
    #[test]
    fn keeps_what_was_used_last() {
        let cache = BlockCache::new(block(1).weight() * 3);
        for first in [1, 2, 4] {
            cache.insert(block(first));
        }
        assert!(cache.find(1).is_some());
        assert!(cache.find(3).is_none());
        cache.insert(block(5));
        cache.insert(block(5));
        assert!(cache.find(2).is_none());
        for first in [1, 4, 5] {
            assert_eq!(cache.find(first).map(|block| block.first_sequence), Some(first));
        }
    }
}

//! Which objects may be there already, told from a few bits of each.

/// How many words of 64 bits it has: 8 MiB, which take one new object in some hundreds for known among five million, and one in
/// twenty among ten.
const WORDS: usize = if cfg!(test) { 64 } else { 1 << 20 };
/// Words of the same cache line.
const LINE: usize = 8;

/// A Bloom filter of hashes: what it was never given, it mostly knows not to have.
#[derive(Debug)]
pub(super) struct Filter(Vec<[u64; LINE]>);

impl Default for Filter {
    fn default() -> Self {
        Self(vec![[0; LINE]; WORDS / LINE])
    }
}

impl Filter {
    pub(super) fn insert(&mut self, hash: u32) {
        let (line, bits) = place(hash);
        let Some(line) = self.0.get_mut(line) else { return };
        for (word, bit) in line.iter_mut().zip(bits) {
            *word |= bit;
        }
    }

    /// False only where this hash was never given.
    pub(super) fn may_have(&self, hash: u32) -> bool {
        let (line, bits) = place(hash);
        self.0
            .get(line)
            .is_none_or(|line| line.iter().zip(bits).all(|(word, bit)| word & bit == bit))
    }
}

/// The line of a hash, and a bit in each of some of its words.
fn place(hash: u32) -> (usize, [u64; LINE]) {
    let lines = WORDS / LINE;
    let hash = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let line = usize::try_from(hash >> 40).unwrap_or_default() % lines;
    let mut bits = [0; LINE];
    // A bit in each word of one half of the line.
    let half = bits.chunks_mut(LINE / 2).nth(usize::from(hash & 1 << 24 != 0));
    for (number, word) in half.into_iter().flatten().enumerate() {
        *word = 1 << ((hash >> (6 * number)) & 63);
    }
    (line, bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches an object that is there and is taken for new.
        #[test]
        fn what_was_given_is_known(hashes in prop::collection::vec(any::<u32>(), 0..500)) {
            let mut filter = Filter::default();
            for hash in &hashes {
                filter.insert(*hash);
            }
            prop_assert!(hashes.iter().all(|hash| filter.may_have(*hash)));
        }
    }

    // Catches a filter that takes everything for known, and so is of no use.
    #[test]
    fn little_else_is_known() {
        let hash = |number: u32| number.wrapping_mul(0x9e37_79b1);
        let mut filter = Filter::default();
        for number in 0..300 {
            filter.insert(hash(number));
        }
        let known = (300..1300).filter(|number| filter.may_have(hash(*number))).count();
        assert!(known < 100, "{known} of 1,000");
    }
}

//! Keys in order, of which any stretch can be read without counting through what lies before it.

use std::ops::Range;

/// The most keys of a block: few enough to move when one comes or goes in between, and so many that a million
/// keys make only some thousand blocks to count anew when one is split.
const BLOCK: usize = 1_024;

/// A sorted set of keys. Adding and removing cost O(log n) and a move within one block; so does the n-th key.
#[derive(Debug)]
pub(super) struct SortedKeys<K> {
    /// Sorted, each block and all of them; none is empty.
    blocks: Vec<Vec<K>>,
    /// How many keys each block has.
    lengths: FenwickTree,
    len: usize,
}

impl<K> Default for SortedKeys<K> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            lengths: FenwickTree::default(),
            len: 0,
        }
    }
}

impl<K: Ord + Copy> SortedKeys<K> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a key; one that is there already is left.
    pub(super) fn insert(&mut self, key: K) {
        let Some(at) = self.block_of(key) else {
            self.blocks.push(vec![key]);
            self.count_blocks();
            self.len = 1;
            return;
        };
        let block = &mut self.blocks[at];
        let Err(place) = block.binary_search(&key) else {
            return;
        };
        block.insert(place, key);
        self.len += 1;
        if block.len() <= BLOCK {
            self.lengths.change(at, 1);
            return;
        }
        // New keys mostly come last, so the first half stays full where they do.
        let full = if at + 1 == self.blocks.len() {
            BLOCK
        } else {
            BLOCK / 2
        };
        let rest = self.blocks[at].split_off(full);
        self.blocks.insert(at + 1, rest);
        self.count_blocks();
    }

    /// Takes a key away, if it is there.
    pub(super) fn remove(&mut self, key: K) {
        let Some(at) = self.block_of(key) else { return };
        let block = &mut self.blocks[at];
        let Ok(place) = block.binary_search(&key) else {
            return;
        };
        block.remove(place);
        self.len -= 1;
        if block.is_empty() {
            self.blocks.remove(at);
            self.count_blocks();
        } else {
            self.lengths.change(at, -1);
        }
    }

    /// The keys in order.
    pub(super) fn keys(&self) -> Keys<'_, K> {
        Keys {
            blocks: &self.blocks,
            lengths: Some(&self.lengths),
            left: 0..self.len,
            front: (0, 0),
            back: (self.blocks.len(), 0),
        }
    }

    /// The block a key is in, or would be; none if there are no keys.
    fn block_of(&self, key: K) -> Option<usize> {
        let last = self.blocks.len().checked_sub(1)?;
        let before = |block: &Vec<K>| block.last().is_some_and(|newest| *newest < key);
        Some(self.blocks.partition_point(before).min(last))
    }

    /// Counts anew after a block came or went, which few keys bring about.
    fn count_blocks(&mut self) {
        self.lengths = FenwickTree::of(self.blocks.iter().map(Vec::len));
    }
}

/// Numbers of which one can be changed, and the sum of the first ones searched, in O(log n): a Fenwick tree. At
/// `n` is the sum of as many numbers up to and with the n-th as the lowest bit of `n + 1` says.
#[derive(Debug, Default)]
struct FenwickTree(Vec<usize>);

impl FenwickTree {
    fn of(numbers: impl Iterator<Item = usize>) -> Self {
        let mut sums: Vec<usize> = numbers.collect();
        for n in 0..sums.len() {
            let above = n | (n + 1);
            if above < sums.len() {
                sums[above] += sums[n];
            }
        }
        Self(sums)
    }

    fn change(&mut self, mut n: usize, by: isize) {
        while n < self.0.len() {
            let sum = self.0[n].checked_add_signed(by);
            self.0[n] = sum.expect("no block has fewer keys than none");
            n |= n + 1;
        }
    }

    /// How many of the first numbers sum up to no more than `most`, and how much of it their sum leaves.
    fn search(&self, mut most: usize) -> (usize, usize) {
        let mut passed = 0;
        let mut step = self.0.len().checked_ilog2().map_or(0, |bits| 1 << bits);
        while step > 0 {
            if let Some(sum) = self.0.get(passed + step - 1).filter(|sum| **sum <= most) {
                most -= sum;
                passed += step;
            }
            step /= 2;
        }
        (passed, most)
    }
}

/// Keys in order, from either end. Passing over any number of them costs O(log n).
#[derive(Debug)]
pub(super) struct Keys<'a, K> {
    blocks: &'a [Vec<K>],
    /// Absent: there are no keys.
    lengths: Option<&'a FenwickTree>,
    /// The positions of the keys that are left.
    left: Range<usize>,
    /// The next key, by block and place in it; a place at its end stands for the beginning of the next one.
    front: (usize, usize),
    /// Behind the last key; place 0 stands for the end of the block before.
    back: (usize, usize),
}

impl<K> Default for Keys<'_, K> {
    fn default() -> Self {
        Self {
            blocks: &[],
            lengths: None,
            left: 0..0,
            front: (0, 0),
            back: (0, 0),
        }
    }
}

impl<K: Copy> Keys<'_, K> {
    fn place_of(&self, position: usize) -> (usize, usize) {
        self.lengths
            .map_or((0, 0), |lengths| lengths.search(position))
    }
}

impl<K: Copy> Iterator for Keys<'_, K> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        self.nth(0)
    }

    fn nth(&mut self, n: usize) -> Option<K> {
        let position = self.left.nth(n)?;
        let (block, place) = match self.front {
            (block, place) if place + n < self.blocks[block].len() => (block, place + n),
            _ => self.place_of(position),
        };
        self.front = (block, place + 1);
        Some(self.blocks[block][place])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.left.size_hint()
    }
}

impl<K: Copy> DoubleEndedIterator for Keys<'_, K> {
    fn next_back(&mut self) -> Option<K> {
        self.nth_back(0)
    }

    fn nth_back(&mut self, n: usize) -> Option<K> {
        let position = self.left.nth_back(n)?;
        let (block, place) = match self.back {
            (block, place) if n < place => (block, place - n - 1),
            _ => self.place_of(position),
        };
        self.back = (block, place);
        Some(self.blocks[block][place])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_come_last_fill_their_blocks() {
        let mut order = SortedKeys::default();
        (0..10 * BLOCK).for_each(|key| order.insert(key));
        assert_eq!((order.len(), order.blocks.len()), (10 * BLOCK, 10));
        assert_eq!(order.keys().rev().nth(5 * BLOCK), Some(5 * BLOCK - 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_sorted_set(
            runs in prop::collection::vec((any::<bool>(), 0..4_000_u32, 1..1_500_u32), 1..8),
            skips in prop::collection::vec((any::<bool>(), 0..1_500_usize), 0..12),
        ) {
            let (mut order, mut model) = (SortedKeys::default(), BTreeSet::new());
            for (adds, from, many) in runs {
                for key in (from..from + many).rev() {
                    if adds {
                        order.insert(key);
                        model.insert(key);
                    } else {
                        order.remove(key);
                        model.remove(&key);
                    }
                }
            }
            prop_assert_eq!(order.len(), model.len());
            prop_assert!(order.blocks.iter().all(|block| (1..=BLOCK).contains(&block.len())));

            let (mut keys, mut wanted) = (order.keys(), model.iter().copied());
            for (from_the_back, n) in skips {
                if from_the_back {
                    prop_assert_eq!(keys.nth_back(n), wanted.nth_back(n));
                } else {
                    prop_assert_eq!(keys.nth(n), wanted.nth(n));
                }
                prop_assert_eq!(keys.size_hint().0, wanted.clone().count());
            }
            prop_assert!(keys.eq(wanted));
        }
    }
}

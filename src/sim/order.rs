//! Keys in order, of which any stretch can be read without counting through what lies before it.

/// The most keys of a block: few enough to move when one comes or goes in between, and so many that a million
/// keys make only some thousand blocks to step over.
const BLOCK: usize = 1_024;

/// A sorted set of keys. Adding and removing cost O(log n) and a move within one block; the n-th key costs a step
/// per block.
#[derive(Debug)]
pub(super) struct Order<K> {
    /// Sorted, each block and all of them; none is empty.
    blocks: Vec<Vec<K>>,
    len: usize,
}

impl<K> Default for Order<K> {
    fn default() -> Self {
        Self {
            blocks: Vec::new(),
            len: 0,
        }
    }
}

impl<K: Ord + Copy> Order<K> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Adds a key; one that is there already is left.
    pub(super) fn insert(&mut self, key: K) {
        let Some(at) = self.block_of(key) else {
            self.blocks.push(vec![key]);
            self.len = 1;
            return;
        };
        let block = &mut self.blocks[at];
        if let Err(place) = block.binary_search(&key) {
            block.insert(place, key);
            self.len += 1;
        }
        if block.len() > BLOCK {
            // New keys mostly come last, so the first half stays full where they do.
            let full = if at + 1 == self.blocks.len() {
                BLOCK
            } else {
                BLOCK / 2
            };
            let rest = self.blocks[at].split_off(full);
            self.blocks.insert(at + 1, rest);
        }
    }

    /// Takes a key away, if it is there.
    pub(super) fn remove(&mut self, key: K) {
        let Some(at) = self.block_of(key) else { return };
        let block = &mut self.blocks[at];
        if let Ok(place) = block.binary_search(&key) {
            block.remove(place);
            self.len -= 1;
        }
        if block.is_empty() {
            self.blocks.remove(at);
        }
    }

    /// The keys in order.
    pub(super) fn keys(&self) -> Keys<'_, K> {
        Keys {
            blocks: &self.blocks,
            front: (0, 0),
            back: (self.blocks.len(), 0),
            left: self.len,
        }
    }

    /// The block a key is in, or would be; none if there are no keys.
    fn block_of(&self, key: K) -> Option<usize> {
        let last = self.blocks.len().checked_sub(1)?;
        let before = |block: &Vec<K>| block.last().is_some_and(|newest| *newest < key);
        Some(self.blocks.partition_point(before).min(last))
    }
}

/// Keys in order, from either end. Passing over many costs a step per block.
#[derive(Debug)]
pub(super) struct Keys<'a, K> {
    blocks: &'a [Vec<K>],
    /// The next key, by block and place in it.
    front: (usize, usize),
    /// Behind the last key; place 0 stands for the end of the block before.
    back: (usize, usize),
    left: usize,
}

impl<K> Default for Keys<'_, K> {
    fn default() -> Self {
        Self {
            blocks: &[],
            front: (0, 0),
            back: (0, 0),
            left: 0,
        }
    }
}

impl<K: Copy> Iterator for Keys<'_, K> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        self.nth(0)
    }

    fn nth(&mut self, mut n: usize) -> Option<K> {
        if n >= self.left {
            self.left = 0;
            return None;
        }
        self.left -= n + 1;
        let (mut block, mut place) = self.front;
        while n >= self.blocks[block].len() - place {
            n -= self.blocks[block].len() - place;
            (block, place) = (block + 1, 0);
        }
        self.front = (block, place + n + 1);
        if self.front.1 == self.blocks[block].len() {
            self.front = (block + 1, 0);
        }
        Some(self.blocks[block][place + n])
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<K: Copy> DoubleEndedIterator for Keys<'_, K> {
    fn next_back(&mut self) -> Option<K> {
        self.nth_back(0)
    }

    fn nth_back(&mut self, mut n: usize) -> Option<K> {
        if n >= self.left {
            self.left = 0;
            return None;
        }
        self.left -= n + 1;
        let (mut block, mut place) = self.back;
        while n >= place {
            n -= place;
            block -= 1;
            place = self.blocks[block].len();
        }
        self.back = (block, place - n - 1);
        Some(self.blocks[block][place - n - 1])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_that_come_last_fill_their_blocks() {
        let mut order = Order::default();
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
            let (mut order, mut model) = (Order::default(), BTreeSet::new());
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

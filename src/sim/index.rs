//! Finding things by what they are called, for a few bytes each.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::shelf::Serial;

/// Things by a key that each has itself, so that it is not kept here a second time: whoever asks says how the key
/// of a thing reads.
#[derive(Debug, Default)]
pub struct Index {
    serials: HashTable<Serial>,
    hasher: RandomState,
}

impl Index {
    /// Of the things that have the key, the one that came first.
    pub fn first<K: Hash + Eq>(&self, key: &K, key_of: impl Fn(Serial) -> K) -> Option<Serial> {
        let likely = self.serials.iter_hash(self.hasher.hash_one(key)).copied();
        likely.filter(|serial| key_of(*serial) == *key).min()
    }

    /// Adds a thing that is here, and has its key for as long as it is.
    pub fn add<K: Hash>(&mut self, serial: Serial, key_of: impl Fn(Serial) -> K) {
        let hasher = &self.hasher;
        let hash_of = |serial: &Serial| hasher.hash_one(key_of(*serial));
        self.serials
            .insert_unique(hash_of(&serial), serial, hash_of);
    }

    /// Adds a thing that is about to be here, unless one has the key already; answers whether it did.
    pub fn add_first<'a, K: Hash + Eq + ?Sized + 'a>(
        &mut self,
        key: &K,
        serial: Serial,
        key_of: impl Fn(Serial) -> &'a K,
    ) -> bool {
        let hasher = &self.hasher;
        let entry = self.serials.entry(
            hasher.hash_one(key),
            |serial| key_of(*serial) == key,
            |serial| hasher.hash_one(key_of(*serial)),
        );
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(serial);
                true
            }
        }
    }

    /// Takes a thing away that has the key.
    pub fn remove(&mut self, key: impl Hash, serial: Serial) {
        let hash = self.hasher.hash_one(key);
        let found = self.serials.find_entry(hash, |known| *known == serial);
        if let Ok(found) = found {
            found.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_came_is_found_for_as_long_as_it_is_here() {
        let words: Vec<_> = (0..1_000).map(|n| format!("word {}", n % 500)).collect();
        let word = |serial: Serial| words[usize::try_from(serial).unwrap()].as_str();
        let mut index = Index::default();
        for serial in (0..1_000).rev() {
            index.add(serial, word);
        }

        assert!((0..500).all(|serial| index.first(&word(serial), word) == Some(serial)));
        index.remove(word(7), 7);
        assert_eq!(index.first(&"word 7", word), Some(507));
        index.remove(word(7), 507);
        assert_eq!(index.first(&"word 7", word), None);
    }
}

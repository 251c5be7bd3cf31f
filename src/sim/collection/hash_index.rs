//! Finding things by what they are called, for a few bytes each.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::resource::ArrivalId;

/// Things by a key that each has itself, so that it is not kept here a second time: whoever asks says how the key
/// of a thing reads.
#[derive(Debug, Default)]
pub struct HashIndex {
    arrival_ids: HashTable<ArrivalId>,
    hasher: RandomState,
}

impl HashIndex {
    /// Of the things that have the key, the one that came first.
    pub fn get<K: Hash + Eq>(&self, key: &K, key_of: impl Fn(ArrivalId) -> K) -> Option<ArrivalId> {
        let likely = self
            .arrival_ids
            .iter_hash(self.hasher.hash_one(key))
            .copied();
        likely
            .filter(|arrival_id| key_of(*arrival_id) == *key)
            .min()
    }

    /// Adds a thing that is here, and has its key for as long as it is.
    pub fn insert<K: Hash>(&mut self, arrival_id: ArrivalId, key_of: impl Fn(ArrivalId) -> K) {
        let hasher = &self.hasher;
        let hash_of = |arrival_id: &ArrivalId| hasher.hash_one(key_of(*arrival_id));
        self.arrival_ids
            .insert_unique(hash_of(&arrival_id), arrival_id, hash_of);
    }

    /// Adds a thing that is about to be here, unless one has the key already; answers whether it did.
    pub fn try_insert<'a, K: Hash + Eq + ?Sized + 'a>(
        &mut self,
        key: &K,
        arrival_id: ArrivalId,
        key_of: impl Fn(ArrivalId) -> &'a K,
    ) -> bool {
        let hasher = &self.hasher;
        let entry = self.arrival_ids.entry(
            hasher.hash_one(key),
            |arrival_id| key_of(*arrival_id) == key,
            |arrival_id| hasher.hash_one(key_of(*arrival_id)),
        );
        match entry {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(arrival_id);
                true
            }
        }
    }

    /// Takes a thing away that has the key.
    pub fn remove(&mut self, key: impl Hash, arrival_id: ArrivalId) {
        let hash = self.hasher.hash_one(key);
        let found = self
            .arrival_ids
            .find_entry(hash, |known| *known == arrival_id);
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
        let word = |arrival_id: ArrivalId| words[usize::try_from(arrival_id).unwrap()].as_str();
        let mut index = HashIndex::default();
        for arrival_id in (0..1_000).rev() {
            index.insert(arrival_id, word);
        }

        assert!((0..500).all(|arrival_id| index.get(&word(arrival_id), word) == Some(arrival_id)));
        index.remove(word(7), 7);
        assert_eq!(index.get(&"word 7", word), Some(507));
        index.remove(word(7), 507);
        assert_eq!(index.get(&"word 7", word), None);
    }
}

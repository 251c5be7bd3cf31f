//! An index of resources by a key, at a few bytes per resource.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::resource::ArrivalId;

/// An index that stores no keys: `key_of` reads the key of a resource from the resource itself.
#[derive(Clone, Debug, Default)]
pub struct HashIndex {
    arrival_ids: HashTable<ArrivalId>,
    hasher: RandomState,
}

impl HashIndex {
    /// The first of the resources with that key.
    pub fn get<K: Hash + Eq>(&self, key: &K, key_of: impl Fn(ArrivalId) -> K) -> Option<ArrivalId> {
        self.arrival_ids
            .iter_hash(self.hasher.hash_one(key))
            .copied()
            .filter(|arrival_id| key_of(*arrival_id) == *key)
            .min()
    }

    /// Adds a stored resource. Its key must not change before it is removed from the index.
    pub fn insert<K: Hash>(&mut self, arrival_id: ArrivalId, key_of: impl Fn(ArrivalId) -> K) {
        let hasher = &self.hasher;
        let hash_of = |arrival_id: &ArrivalId| hasher.hash_one(key_of(*arrival_id));
        self.arrival_ids
            .insert_unique(hash_of(&arrival_id), arrival_id, hash_of);
    }

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
    fn the_first_resource_with_a_key_is_found_until_it_is_removed() {
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

//! The packed forms of collections. Those without an order of their own are in the order of their keys, so that equal values
//! have equal bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};

use indexmap::{IndexMap, IndexSet};

use super::{Pack, Packer, UnpackError, Unpacker};

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, packer: &mut Packer) {
        self.is_some().pack(packer);
        if let Some(value) = self {
            value.pack(packer);
        }
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        bool::unpack(unpacker)?
            .then(|| T::unpack(unpacker))
            .transpose()
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, packer: &mut Packer) {
        (**self).pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        T::unpack(unpacker).map(Self::new)
    }
}

/// Without room for more.
impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, packer: &mut Packer) {
        packer.all(self.len(), self.iter());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let n = unpacker.count()?;
        let mut values = Self::with_capacity(n);
        for _ in 0..n {
            values.push(T::unpack(unpacker)?);
        }
        Ok(values)
    }
}

impl<T: Pack> Pack for Box<[T]> {
    fn pack(&self, packer: &mut Packer) {
        packer.all(self.len(), self.iter());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Vec::unpack(unpacker).map(Vec::into_boxed_slice)
    }
}

impl<T: Pack> Pack for VecDeque<T> {
    fn pack(&self, packer: &mut Packer) {
        packer.all(self.len(), self.iter());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Vec::unpack(unpacker).map(Self::from)
    }
}

impl<T: Pack + Ord> Pack for BTreeSet<T> {
    fn pack(&self, packer: &mut Packer) {
        packer.all(self.len(), self.iter());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Vec::unpack(unpacker)?.into_iter().collect())
    }
}

impl<T: Pack + Hash + Eq> Pack for IndexSet<T> {
    fn pack(&self, packer: &mut Packer) {
        packer.all(self.len(), self.iter());
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Vec::unpack(unpacker)?.into_iter().collect())
    }
}

impl<K: Pack + Ord, V: Pack> Pack for BTreeMap<K, V> {
    fn pack(&self, packer: &mut Packer) {
        pack_entries(self.len(), self.iter(), packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Vec::unpack(unpacker)?.into_iter().collect())
    }
}

impl<K: Pack + Hash + Eq, V: Pack> Pack for IndexMap<K, V> {
    fn pack(&self, packer: &mut Packer) {
        pack_entries(self.len(), self.iter(), packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Vec::unpack(unpacker)?.into_iter().collect())
    }
}

impl<K: Pack + Hash + Ord, V: Pack, S: BuildHasher + Default> Pack for HashMap<K, V, S> {
    fn pack(&self, packer: &mut Packer) {
        let mut entries: Vec<(&K, &V)> = self.iter().collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        pack_entries(entries.len(), entries.into_iter(), packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        Ok(Vec::unpack(unpacker)?.into_iter().collect())
    }
}

fn pack_entries<'a, K: Pack + 'a, V: Pack + 'a>(
    n: usize,
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    packer: &mut Packer,
) {
    packer.number(n as u64);
    for (key, value) in entries {
        key.pack(packer);
        value.pack(packer);
    }
}

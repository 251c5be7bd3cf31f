//! The names of the steps that histories mention: each is kept once, and as long as one of them mentions it.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use indexmap::Equivalent;

use super::heap::Heap;
use super::pack::{Pack, Packer, UnpackError, Unpacker, pack_structs};
use super::step_name::{StepName, Unit};

/// The approximate size of an entry without its texts.
const OVERHEAD: usize = 80;

/// Names by number.
#[derive(Clone, Debug, Default)]
pub(super) struct StepNames {
    entries: Vec<Option<Entry>>,
    numbers: HashTable<u32>,
    hasher: RandomState,
    /// The numbers without a name.
    free: Vec<u32>,
    /// The numbers of names that perhaps no record mentions.
    idle: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Entry {
    name: StepName<Arc<str>>,
    n_records: u32,
}

impl Entry {
    fn size(&self) -> usize {
        let unit = match &self.name.unit {
            Unit::Whole => 0,
            Unit::Stage(unit) | Unit::Service(unit) => unit.heap(),
        };
        OVERHEAD + unit + self.name.step.heap()
    }
}

impl StepNames {
    /// The number of a name, and the bytes that it takes if it is new.
    ///
    /// # Panics
    /// At more than four billion different names.
    pub(super) fn intern(&mut self, name: StepName<&str>) -> (u32, usize) {
        let Self {
            entries,
            numbers,
            hasher,
            free,
            idle,
        } = self;
        let hash = hasher.hash_one(name);
        let is_same = |number: &u32| {
            let entry = entries[*number as usize].as_ref();
            entry.is_some_and(|entry| name.equivalent(&entry.name))
        };
        if let Some(number) = numbers.find(hash, is_same) {
            return (*number, 0);
        }
        let entry = Entry {
            name: name.map(|text| Arc::from(*text)),
            n_records: 0,
        };
        let size = entry.size();
        let number = if let Some(number) = free.pop() {
            entries[number as usize] = Some(entry);
            number
        } else {
            entries.push(Some(entry));
            u32::try_from(entries.len() - 1).expect("the names are few")
        };
        idle.push(number);
        let hash_of = |number: &u32| {
            let entry = entries[*number as usize].as_ref();
            hasher.hash_one(&entry.expect("a number has a name").name)
        };
        numbers.insert_unique(hash, number, hash_of);
        (number, size)
    }

    /// The bytes that the names take.
    pub(super) fn size(&self) -> usize {
        self.entries.iter().flatten().map(Entry::size).sum()
    }

    /// Returns true if a name has the number.
    pub(super) fn knows(&self, number: u32) -> bool {
        self.entries
            .get(number as usize)
            .is_some_and(Option::is_some)
    }

    /// # Panics
    /// If no name has the number.
    pub(super) fn get(&self, number: u32) -> &StepName<Arc<str>> {
        let entry = self.entries[number as usize].as_ref();
        &entry.expect("a number has a name").name
    }

    /// Notes that a record mentions a name.
    pub(super) fn retain(&mut self, number: u32) {
        if let Some(entry) = &mut self.entries[number as usize] {
            entry.n_records = entry.n_records.saturating_add(1);
        }
    }

    /// Notes that a record no longer mentions a name.
    pub(super) fn release(&mut self, number: u32) {
        if let Some(entry) = &mut self.entries[number as usize] {
            entry.n_records = entry.n_records.saturating_sub(1);
            if entry.n_records == 0 {
                self.idle.push(number);
            }
        }
    }

    /// Forgets the names that no record mentions, and returns the bytes that they took. Their numbers are used again, so
    /// nobody may hold one.
    pub(super) fn forget_idle(&mut self) -> usize {
        let mut freed = 0;
        while let Some(number) = self.idle.pop() {
            let slot = &mut self.entries[number as usize];
            let Some(entry) = slot.take_if(|entry| entry.n_records == 0) else {
                continue;
            };
            freed += entry.size();
            let hash = self.hasher.hash_one(&entry.name);
            if let Ok(found) = self.numbers.find_entry(hash, |known| *known == number) {
                found.remove();
            }
            self.free.push(number);
        }
        freed
    }
}

pack_structs! { Entry { name, n_records } }

impl Pack for StepNames {
    fn pack(&self, packer: &mut Packer) {
        self.entries.pack(packer);
        self.free.pack(packer);
        self.idle.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let mut names = Self {
            entries: Pack::unpack(unpacker)?,
            free: Pack::unpack(unpacker)?,
            idle: Pack::unpack(unpacker)?,
            ..Self::default()
        };
        let Self {
            entries,
            numbers,
            hasher,
            ..
        } = &mut names;
        let hash_of = |number: &u32| {
            let entry = entries[*number as usize].as_ref();
            hasher.hash_one(&entry.expect("a number has a name").name)
        };
        for (number, entry) in (0..).zip(&*entries) {
            if entry.is_some() {
                numbers.insert_unique(hash_of(&number), number, hash_of);
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_long_as_a_record_mentions_it() {
        let mut names = StepNames::default();
        let (kept, size) = names.intern(StepName::whole("kept"));
        names.retain(kept);
        names.retain(kept);
        let (brief, _) = names.intern(StepName::whole("brief"));
        assert_eq!(names.intern(StepName::whole("kept")), (kept, 0));
        assert_ne!(brief, kept);

        assert_eq!(names.forget_idle(), size + "brief".heap() - "kept".heap());
        assert_eq!(&*names.get(kept).step, "kept");
        names.release(kept);
        assert_eq!(names.forget_idle(), 0, "one record is left");
        names.release(kept);
        assert_eq!(names.forget_idle(), size);

        let (other, _) = names.intern(StepName {
            unit: Unit::Stage("s"),
            step: "kept",
        });
        assert!([kept, brief].contains(&other), "numbers are used again");
        assert_eq!(names.get(other).stage().map(|stage| &**stage), Some("s"));
    }
}

//! A list of rules in the order in which they are tried: the highest priority first, then the first added.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer};

use super::memory::{Memory, MemoryAccount, MemoryPart};
use super::pack::{Pack, Packer, UnpackError, Unpacker};

/// The most rules of a list.
pub const MOST_RULES: usize = 10_000;

/// A rule of a test bench, such as a script or a fault.
pub trait Rule {
    /// Its id, unique in its list.
    fn id(&self) -> &str;

    /// Its priority; 0 by default.
    fn priority(&self) -> i32;

    /// Its approximate size in bytes, which does not change while it is in a list.
    fn size(&self) -> usize;
}

/// A field that a rule is shown with and that nothing is read from, so that a rule can be sent as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Ignored<T>(PhantomData<T>);

impl<T> Default for Ignored<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> PartialEq for Ignored<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ignored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|_| Self::default())
    }
}

/// The reason that a list takes no more rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleLimit {
    /// There are [`MOST_RULES`].
    Number,
    /// The memory for rules is used up.
    Memory,
}

/// Rules, tried in order.
#[derive(Clone, Debug)]
pub struct RuleList<R> {
    rules: Vec<R>,
    account: MemoryAccount,
}

impl<R: Rule> RuleList<R> {
    /// No rules, which count as those of the process.
    pub fn new(memory: &Memory) -> Self {
        Self {
            rules: Vec::new(),
            account: MemoryAccount::new(memory, MemoryPart::Rules),
        }
    }

    /// The approximate number of bytes that the rules take.
    pub fn bytes(&self) -> usize {
        self.account.own()
    }

    /// Counts a copy that is there to stay.
    pub fn count_copied(&mut self) {
        self.account.count_copied();
    }

    /// Checks that there is room for so many more rules of that size together.
    pub fn check_room(&self, n_more: usize, size: usize) -> Result<(), RuleLimit> {
        if self.rules.len() + n_more > MOST_RULES {
            return Err(RuleLimit::Number);
        }
        let has_room = self.account.has_room(size);
        has_room.then_some(()).ok_or(RuleLimit::Memory)
    }

    /// Adds a rule behind those of the same or a higher priority.
    pub fn add(&mut self, rule: R) {
        let place = self
            .rules
            .partition_point(|other| other.priority() >= rule.priority());
        self.account.add(rule.size());
        self.rules.insert(place, rule);
    }

    /// The rule of an id.
    pub fn get(&self, id: &str) -> Option<&R> {
        self.rules.iter().find(|rule| rule.id() == id)
    }

    /// The rule of an id, for a change that leaves its id and its priority.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut R> {
        self.rules.iter_mut().find(|rule| rule.id() == id)
    }

    /// Puts a rule in the place of the one with its id; with another priority it moves. Returns false if none has the
    /// id.
    pub fn replace(&mut self, rule: R) -> bool {
        let mut rules = self.rules.iter();
        let Some(place) = rules.position(|other| other.id() == rule.id()) else {
            return false;
        };
        self.account.subtract(self.rules[place].size());
        if self.rules[place].priority() == rule.priority() {
            self.account.add(rule.size());
            self.rules[place] = rule;
        } else {
            self.rules.remove(place);
            self.add(rule);
        }
        true
    }

    /// Removes a rule; returns false if none has that id.
    pub fn remove(&mut self, id: &str) -> bool {
        let mut rules = self.rules.iter();
        let Some(place) = rules.position(|rule| rule.id() == id) else {
            return false;
        };
        let removed = self.rules.remove(place);
        self.account.subtract(removed.size());
        true
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        // Their memory is given back too.
        self.rules = Vec::new();
        self.account.clear();
    }

    /// The rules in the order in which they are tried.
    pub fn as_slice(&self) -> &[R] {
        &self.rules
    }

    /// The same, for changes that leave ids and priorities.
    pub fn as_mut_slice(&mut self) -> &mut [R] {
        &mut self.rules
    }
}

impl<R: Rule + Pack> RuleList<R> {
    pub fn pack(&self, packer: &mut Packer) {
        self.rules.pack(packer);
    }

    /// Fills an empty list with the rules that were packed.
    pub fn unpack(&mut self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        self.rules = Pack::unpack(unpacker)?;
        self.account.add(self.rules.iter().map(Rule::size).sum());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Numbered(&'static str, i32, u8);

    impl Rule for Numbered {
        fn id(&self) -> &str {
            self.0
        }

        fn priority(&self) -> i32 {
            self.1
        }

        fn size(&self) -> usize {
            usize::from(self.2)
        }
    }

    fn ids(rules: &RuleList<Numbered>) -> Vec<&str> {
        rules.as_slice().iter().map(|rule| rule.0).collect()
    }

    #[test]
    fn the_highest_priority_goes_first_then_the_first_added() {
        let mut rules = RuleList::new(&Memory::default());
        for rule in [
            Numbered("a", 0, 0),
            Numbered("b", 5, 0),
            Numbered("c", 0, 0),
            Numbered("d", -1, 0),
            Numbered("e", 5, 0),
        ] {
            rules.add(rule);
        }
        assert_eq!(ids(&rules), ["b", "e", "a", "c", "d"]);

        assert!(rules.replace(Numbered("a", 0, 1)));
        assert_eq!(ids(&rules), ["b", "e", "a", "c", "d"], "it kept its place");
        assert_eq!(rules.get("a"), Some(&Numbered("a", 0, 1)));
        assert!(rules.replace(Numbered("b", 0, 1)));
        assert_eq!(ids(&rules), ["e", "a", "c", "b", "d"]);
        assert!(!rules.replace(Numbered("f", 0, 1)));

        assert!(rules.remove("c") && !rules.remove("c"));
        assert_eq!(ids(&rules), ["e", "a", "b", "d"]);
    }

    #[test]
    fn rules_are_limited_in_number_and_bytes() {
        let memory = Memory::new(32_000, 1);
        let mut rules = RuleList::new(&memory);
        rules.add(Numbered("a", 0, 200));
        rules.add(Numbered("b", 0, 100));
        assert!(rules.replace(Numbered("a", 0, 250)));
        assert_eq!(rules.bytes(), 350);
        let room = memory.limit(MemoryPart::Rules) - 350;
        assert_eq!(rules.check_room(1, room), Ok(()));
        assert_eq!(rules.check_room(1, room + 1), Err(RuleLimit::Memory));
        let too_many = MOST_RULES - 1;
        assert_eq!(rules.check_room(too_many, 0), Err(RuleLimit::Number));

        rules.remove("b");
        assert_eq!(memory.used(MemoryPart::Rules), 250);
        rules.clear();
        assert_eq!(memory.used(MemoryPart::Rules), 0);
    }
}

//! The memory of a process: a budget with a share for each part, counted in bytes.
//!
//! Sizes are approximate. Each is computed when a thing is added, and kept beside it, so that a sum is never computed
//! again from its parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use strum::{EnumCount, IntoStaticStr, VariantArray};

/// The budget of a process, by default.
pub const USUAL_BUDGET: usize = 2 << 30;

/// The smallest budget.
pub const LEAST_BUDGET: usize = 16 << 20;

/// The most worlds, by default.
const USUAL_WORLDS: usize = 256;

/// The denominator of all shares.
const WHOLE: usize = 32;

/// The approximate size of a world without resources: its router, tasks and tables.
pub const EMPTY_WORLD: usize = 96 << 10;

/// A part of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum MemoryPart {
    /// The resources of all families with their timelines, the fixtures of worlds, and the worlds themselves.
    Resources,
    /// Bodies of requests and answers, and states that are read or written.
    InFlight,
    Journal,
    Events,
    /// Scripts, faults and webhooks.
    Rules,
    /// Users, tokens and access keys.
    Identities,
    /// The commands of worlds, and copies of worlds from which they can be replayed.
    History,
    /// The answers to recent reads.
    Answers,
}

impl MemoryPart {
    /// The share of the budget, in parts of [`WHOLE`].
    const fn share(self) -> usize {
        match self {
            Self::Resources => 10,
            // More than the resources, so that a world that has them all can be exported.
            Self::InFlight => 12,
            Self::Journal => 4,
            Self::Events => 2,
            Self::Rules | Self::Identities | Self::History | Self::Answers => 1,
        }
    }
}

/// The budget of a process. Cheap to clone; all clones are the same budget.
#[derive(Clone, Debug)]
pub struct Memory(Arc<MemoryInner>);

#[derive(Debug)]
struct MemoryInner {
    budget: usize,
    most_worlds: usize,
    used: [AtomicUsize; MemoryPart::COUNT],
}

/// Two budgets are equal if they allow the same.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        (self.0.budget, self.0.most_worlds) == (other.0.budget, other.0.most_worlds)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(USUAL_BUDGET, USUAL_WORLDS)
    }
}

impl Memory {
    /// A budget of so many bytes for at most so many worlds.
    pub fn new(budget: usize, most_worlds: usize) -> Self {
        Self(Arc::new(MemoryInner {
            budget,
            most_worlds: most_worlds.max(1),
            used: Default::default(),
        }))
    }

    /// The budget of all parts together.
    pub fn budget(&self) -> usize {
        self.0.budget
    }

    /// The limit of a part in bytes.
    pub fn limit(&self, part: MemoryPart) -> usize {
        self.0.budget / WHOLE * part.share()
    }

    /// The bytes that a part uses.
    pub fn used(&self, part: MemoryPart) -> usize {
        self.counter(part).load(Ordering::Relaxed)
    }

    /// True if a part has room for so many bytes more.
    pub fn has_room(&self, part: MemoryPart, bytes: usize) -> bool {
        self.used(part).saturating_add(bytes) <= self.limit(part)
    }

    /// Takes bytes of a part until the hold is dropped; `None` if there is no room for them.
    pub fn hold(&self, part: MemoryPart, bytes: usize) -> Option<MemoryHold> {
        let mut memory_hold = MemoryHold(MemoryAccount::new(self, part));
        memory_hold.grow(bytes).then_some(memory_hold)
    }

    /// The same, and even more bytes than there are if the part is not used otherwise.
    pub fn hold_at_least_one(&self, part: MemoryPart, bytes: usize) -> Option<MemoryHold> {
        let mut account = MemoryAccount::new(self, part);
        if self.used(part) == 0 {
            account.add(bytes);
            return Some(MemoryHold(account));
        }
        self.hold(part, bytes)
    }

    fn counter(&self, part: MemoryPart) -> &AtomicUsize {
        &self.0.used[part as usize]
    }
}

/// The bytes that one owner uses of a part. They are given back when it is dropped.
#[derive(Debug)]
pub struct MemoryAccount {
    memory: Memory,
    part: MemoryPart,
    own: usize,
    /// The bytes of the owner that it is a copy of.
    copied: usize,
}

impl MemoryAccount {
    pub fn new(memory: &Memory, part: MemoryPart) -> Self {
        Self {
            memory: memory.clone(),
            part,
            own: 0,
            copied: 0,
        }
    }

    /// Counts what it is a copy of, once the copy is there to stay.
    pub fn count_copied(&mut self) {
        let copied = std::mem::take(&mut self.copied);
        self.add(copied);
    }

    /// The bytes of this owner.
    pub fn own(&self) -> usize {
        self.own
    }

    pub fn add(&mut self, bytes: usize) {
        self.own += bytes;
        let counter = self.memory.counter(self.part);
        counter.fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn subtract(&mut self, bytes: usize) {
        let bytes = bytes.min(self.own);
        self.own -= bytes;
        let counter = self.memory.counter(self.part);
        counter.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Counts a thing whose size has changed.
    pub fn replace(&mut self, before: usize, after: usize) {
        if after > before {
            self.add(after - before);
        } else if before > after {
            self.subtract(before - after);
        }
    }

    /// Gives all bytes back.
    pub fn clear(&mut self) {
        self.subtract(self.own);
    }

    /// True if the part is used up.
    pub fn is_full(&self) -> bool {
        !self.memory.has_room(self.part, 0)
    }

    /// True if the part has room for so many bytes more.
    pub fn has_room(&self, bytes: usize) -> bool {
        self.memory.has_room(self.part, bytes)
    }

    /// True if the part holds the bytes of this owner without those of another, which it replaces.
    pub fn fits_instead_of(&self, other: &Self) -> bool {
        let others = self.memory.used(self.part).saturating_sub(other.own);
        others <= self.memory.limit(self.part)
    }

    /// True if a world must forget something: the worlds share half of the part as they need it, and the other half
    /// equally.
    pub fn is_beyond_share(&self) -> bool {
        let half = self.memory.limit(self.part) / 2;
        self.memory.used(self.part) > half && self.own > half / self.memory.0.most_worlds
    }
}

/// The copy counts nothing, since copies are made for a moment.
impl Clone for MemoryAccount {
    fn clone(&self) -> Self {
        let mut copy = Self::new(&self.memory, self.part);
        copy.copied = self.own.max(self.copied);
        copy
    }
}

impl Drop for MemoryAccount {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Bytes that are taken for a while.
#[derive(Debug)]
pub struct MemoryHold(MemoryAccount);

impl MemoryHold {
    /// Takes what is missing to so many bytes; returns false and takes none if there is no room for them.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        self.grow(bytes.saturating_sub(self.0.own()))
    }

    /// Takes more bytes; returns false and takes none if there is no room for them.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Self(account) = self;
        account.add(bytes);
        let is_within = !account.is_full() || bytes == 0;
        if !is_within {
            account.subtract(bytes);
        }
        is_within
    }
}

/// The approximate size of a piece of memory in the allocator, which rounds it up.
pub fn block(bytes: usize) -> usize {
    if bytes == 0 {
        0
    } else {
        bytes.next_multiple_of(16) + bytes / 16
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryPart::{InFlight, Journal};
    use super::*;

    #[test]
    fn the_shares_are_the_whole_budget() {
        let shares = MemoryPart::VARIANTS.iter().map(|part| part.share());
        assert_eq!(shares.sum::<usize>(), WHOLE);
    }

    #[test]
    fn an_account_gives_back_what_it_has_taken() {
        let memory = Memory::new(32_000, 4);
        let (mut first, mut second) = (
            MemoryAccount::new(&memory, Journal),
            MemoryAccount::new(&memory, Journal),
        );
        first.add(500);
        second.replace(0, 300);
        second.replace(300, 200);
        assert_eq!((memory.used(Journal), second.own()), (700, 200));

        drop(first);
        assert_eq!(memory.used(Journal), 200);
        second.subtract(1_000);
        assert_eq!(memory.used(Journal), 0, "no more than it has taken");
    }

    #[test]
    fn a_hold_takes_all_or_nothing() {
        let memory = Memory::new(32_000, 4);
        let limit = memory.limit(InFlight);
        let mut memory_hold = memory.hold(InFlight, limit - 10).unwrap();
        assert!(memory.hold(InFlight, 11).is_none());
        assert!(!memory_hold.grow(11) && memory_hold.grow(10));
        assert_eq!(memory.used(InFlight), limit);

        assert!(memory.hold_at_least_one(InFlight, 1).is_none());

        drop(memory_hold);
        assert_eq!(memory.used(InFlight), 0);
        let larger = memory.hold_at_least_one(InFlight, limit + 1);
        assert!(larger.is_some() && memory.hold(InFlight, 1).is_none());
    }

    #[test]
    fn a_world_keeps_its_part_of_the_half_that_is_shared_equally() {
        let memory = Memory::new(32_000, 4);
        let mut greedy = MemoryAccount::new(&memory, Journal);
        let mut modest = MemoryAccount::new(&memory, Journal);
        greedy.add(2_000);
        assert!(!greedy.is_beyond_share(), "nobody else needs it");

        modest.add(500);
        assert!(greedy.is_beyond_share() && !modest.is_beyond_share());
        modest.add(1);
        assert!(modest.is_beyond_share());
    }
}

//! A small generator of random numbers: the same seed gives the same requests on every machine.

use release_emulator::internals::sim::ids::mix;

/// `SplitMix64`.
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of one sequence of a seed.
    pub(crate) fn new(seed: u64, sequence: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ sequence);
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        let mixed = mix(self.0);
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed
    }

    /// A number below `n`, which is not 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).expect("a count");
        usize::try_from(self.next() % n).expect("it is below a count")
    }

    /// True in so many of 100 cases.
    pub(crate) fn percent(&mut self, n: usize) -> bool {
        self.below(100) < n
    }

    /// One of some things.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

//! Identifiers that look real and are the same in every run: all are drawn from one seeded sequence.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::Millis;
use super::pack::{Pack, Packer, UnpackError, Unpacker};

/// A seeded source of identifiers. Its whole state is the number of those drawn.
#[derive(Debug)]
pub struct Ids {
    seed: u64,
    drawn: AtomicU64,
    /// The number of those drawn after the end of the sequence, which begins again then.
    drawn_again: AtomicU64,
}

impl Ids {
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            drawn: AtomicU64::new(0),
            drawn_again: AtomicU64::new(0),
        }
    }

    /// A version 4 UUID, drawn again while it is taken (by a fixture, say).
    pub fn uuid(&self, taken: impl Fn(&str) -> bool) -> String {
        self.fresh(|n| self.uuid_of(n).to_string(), taken)
    }

    /// A 24-hex object id: four bytes of `now` in seconds, five of the seed, three of a counter.
    pub fn object_id(&self, now: Millis, taken: impl Fn(&str) -> bool) -> String {
        let machine = mix(self.seed) & 0xff_ffff_ffff;
        let seconds = now.div_euclid(1_000).cast_unsigned() & 0xffff_ffff;
        self.fresh(
            |n| {
                let count = mix(self.seed ^ 0x5eed).wrapping_add(n) & 0xff_ffff;
                let id = u128::from(seconds) << 64 | u128::from(machine << 24 | count);
                base16ct::lower::encode_string(&id.to_be_bytes()[4..])
            },
            taken,
        )
    }

    /// 32 hexadecimal digits, like the request ids of gateways.
    pub fn hex32(&self) -> String {
        self.uuid_of(self.draw()).simple().to_string()
    }

    /// A token of 64 hexadecimal digits, drawn again while it is taken.
    pub fn token(&self, taken: impl Fn(&str) -> bool) -> String {
        let half = |n| self.uuid_of(n).simple().to_string();
        self.fresh(|n| half(n) + &half(self.draw()), taken)
    }

    /// The number of identifiers drawn so far.
    pub fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Skips to the position after `drawn` identifiers. It never goes back.
    pub fn skip_to(&self, drawn: u64) {
        self.drawn.fetch_max(drawn, Ordering::Relaxed);
    }

    /// Goes to the place of another sequence of the same seed, perhaps back.
    pub fn go_to(&self, other: &Self) {
        self.drawn.store(other.drawn(), Ordering::Relaxed);
        let drawn_again = other.drawn_again.load(Ordering::Relaxed);
        self.drawn_again.store(drawn_again, Ordering::Relaxed);
    }

    /// Goes to a place, perhaps back.
    pub fn set_drawn(&self, drawn: u64) {
        self.drawn.store(drawn, Ordering::Relaxed);
    }

    /// A copy that continues the sequence independently, for an attempt that may fail.
    pub fn fork(&self) -> Self {
        Self {
            seed: self.seed,
            drawn: AtomicU64::new(self.drawn()),
            drawn_again: AtomicU64::new(self.drawn_again.load(Ordering::Relaxed)),
        }
    }

    /// Starts the sequence over, for a reset.
    pub fn restart(&self) {
        self.drawn.store(0, Ordering::Relaxed);
        self.drawn_again.store(0, Ordering::Relaxed);
    }

    /// Packs the place in the sequence.
    pub fn pack(&self, packer: &mut Packer) {
        self.drawn().pack(packer);
        self.drawn_again.load(Ordering::Relaxed).pack(packer);
    }

    /// Goes to the place that was packed.
    pub fn unpack(&self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        let (drawn, drawn_again) = <(u64, u64)>::unpack(unpacker)?;
        self.drawn.store(drawn, Ordering::Relaxed);
        self.drawn_again.store(drawn_again, Ordering::Relaxed);
        Ok(())
    }

    fn fresh(&self, id_of: impl Fn(u64) -> String, taken: impl Fn(&str) -> bool) -> String {
        loop {
            let id = id_of(self.draw());
            if !taken(&id) {
                return id;
            }
        }
    }

    /// The next place in the sequence. After its end come the first ones, of which many are free again.
    fn draw(&self) -> u64 {
        let next = |drawn: u64| drawn.checked_add(1);
        let relaxed = Ordering::Relaxed;
        let drawn = self.drawn.fetch_update(relaxed, relaxed, next);
        drawn.unwrap_or_else(|_| self.drawn_again.fetch_add(1, relaxed))
    }

    fn uuid_of(&self, n: u64) -> Uuid {
        let (high, low) = (
            mix(self.seed ^ mix(n)),
            mix(self.seed.rotate_left(32) ^ mix(!n)),
        );
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The finaliser of `SplitMix64`: a bijection that spreads neighbouring numbers over all 64 bits.
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_without_repeats() {
        let (one, two) = (Ids::seeded(7), Ids::seeded(7));
        let first: Vec<_> = (0..10_000).map(|_| one.uuid(|_| false)).collect();

        assert!(first.iter().all(|id| *id == two.uuid(|_| false)));
        assert_eq!(first.iter().collect::<HashSet<_>>().len(), first.len());
        assert_eq!(Uuid::parse_str(&first[0]).unwrap().get_version_num(), 4);
    }

    #[test]
    fn a_taken_id_is_drawn_again() {
        let first = Ids::seeded(7).uuid(|_| false);
        assert_ne!(Ids::seeded(7).uuid(|id| id == first), first);
    }

    #[test]
    fn at_the_end_of_the_sequence_ids_are_still_fresh() {
        let ids = Ids::seeded(7);
        ids.skip_to(u64::MAX - 1);
        let first = Ids::seeded(7).uuid(|_| false);
        let mut known = HashSet::from([first]);
        for _ in 0..5 {
            let uuid = ids.uuid(|id| known.contains(id));
            assert!(known.insert(uuid));
            // Nobody knows these yet when the next are drawn.
            assert!(known.insert(ids.token(|_| false)));
            assert!(known.insert(ids.object_id(0, |_| false)));
            assert!(known.insert(ids.hex32()));
        }
        assert_eq!(ids.drawn(), u64::MAX);
    }

    #[test]
    fn an_object_id_begins_with_its_second() {
        let id = Ids::seeded(7).object_id(0x6628_7b11 * 1_000 + 999, |_| false);
        assert_eq!((&id[..8], id.len()), ("66287b11", 24));
    }
}

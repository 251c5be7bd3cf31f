//! The secrets whose values are known: those that are configured, those that were issued, and for a while those that were.
//!
//! Only hashes of them are kept. A text is scanned once for all of them, whatever their number.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use indexmap::IndexMap;

use super::encodings::visit_base64;

/// The length of the shortest secret that is looked for: a shorter one would turn up in the middle of anything.
const SHORTEST: usize = 6;

/// The length from which a plain word or number is looked for in the middle of others.
const LONG_WORD: usize = 16;

/// The number of issued secrets after which the older half is forgotten. More than the tokens in force, and than the
/// records of the journal.
const MOST_ISSUED: usize = 1 << 16;

/// The most bytes that are scanned under the lock at a time.
const SLICE: usize = 64 << 10;

/// The length of the longest secret that is looked for.
const LONGEST: usize = 8 << 10;

/// Words that are values of examples, and the names of fields: hiding them would hide everything.
const WORDS: [&str; 4] = ["password", "secret", "string", "token"];

/// A set of secrets that can be found in texts.
#[derive(Clone, Default)]
pub struct SecretSet {
    /// The lengths of the secrets by their last bytes.
    by_end: IndexMap<u64, Vec<SecretLength>>,
    hashes: HashSet<u64>,
    /// A bit for each hash of the last bytes of a secret; empty without secrets.
    ends: Vec<u64>,
}

/// The length of secrets, and true if they count as whole words only.
#[derive(Clone, Copy, PartialEq, Eq)]
struct SecretLength {
    bytes: usize,
    is_word: bool,
}

/// The number of bits for the last bytes of secrets.
const N_BITS: usize = 1 << 16;

impl SecretSet {
    /// Adds a secret, unless it is too short to be found.
    pub fn add(&mut self, secret: &str) {
        let bytes = secret.as_bytes();
        if !(SHORTEST..=LONGEST).contains(&bytes.len()) || WORDS.contains(&secret) {
            return;
        }
        let is_word =
            bytes.iter().all(u8::is_ascii_lowercase) || bytes.iter().all(u8::is_ascii_digit);
        let length = SecretLength {
            bytes: bytes.len(),
            is_word: is_word && bytes.len() < LONG_WORD,
        };
        let end = last_bytes(bytes, bytes.len());
        let lengths = self.by_end.entry(end).or_default();
        if !lengths.contains(&length) {
            lengths.push(length);
        }
        self.hashes.insert(hash(bytes));
        self.ends.resize(N_BITS / 64, 0);
        let (word, bit) = bit_of(end);
        self.ends[word] |= bit;
    }

    fn len(&self) -> usize {
        self.hashes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    fn contains(&self, secret: &str) -> bool {
        self.hashes.contains(&hash(secret.as_bytes()))
    }

    /// Adds the secrets of another set.
    fn extend(&mut self, other: &Self) {
        for (end, lengths) in &other.by_end {
            let known = self.by_end.entry(*end).or_default();
            let new = lengths.iter().filter(|length| !known.contains(length));
            let new: Vec<SecretLength> = new.copied().collect();
            known.extend(new);
        }
        self.hashes.extend(&other.hashes);
        self.ends.resize(N_BITS / 64, 0);
        for (own, others) in self.ends.iter_mut().zip(&other.ends) {
            *own |= others;
        }
    }

    /// Finds the secrets in a text, also in base64.
    pub fn find(&self, text: &[u8], ranges: &mut Vec<Range<usize>>) {
        if self.ends.is_empty() {
            return;
        }
        self.find_plain(text, SHORTEST, ranges);
        let mut found = Vec::new();
        visit_base64(text, &mut |run, decoded| {
            self.find_plain(decoded, SHORTEST, &mut found);
            if !found.is_empty() {
                found.clear();
                ranges.push(run);
            }
        });
    }

    /// Finds the secrets in a text that end at `from` or later.
    fn find_plain(&self, text: &[u8], from: usize, ranges: &mut Vec<Range<usize>>) {
        for end in from..=text.len() {
            let window = last_bytes(text, end);
            let (word, bit) = bit_of(window);
            if self.ends[word] & bit == 0 {
                continue;
            }
            let lengths = self.by_end.get(&window).into_iter().flatten();
            ranges.extend(lengths.filter_map(|length| {
                let begin = end.checked_sub(length.bytes)?;
                let is_found = self.hashes.contains(&hash(&text[begin..end]))
                    && !(length.is_word && is_within_word(text, begin, end));
                is_found.then_some(begin..end)
            }));
        }
    }
}

/// Shows the number only.
impl fmt::Debug for SecretSet {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} secrets", self.len())
    }
}

/// The [`SHORTEST`] bytes before an offset.
fn last_bytes(text: &[u8], end: usize) -> u64 {
    let bytes = &text[end - SHORTEST..end];
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The place of the bit for the last bytes of a secret.
fn bit_of(end: u64) -> (usize, u64) {
    // The golden ratio spreads similar texts.
    let spread = end.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let [high, low, ..] = spread.to_be_bytes();
    let bit = usize::from(u16::from_be_bytes([high, low]));
    (bit / 64, 1 << (bit % 64))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

fn is_within_word(text: &[u8], begin: usize, end: usize) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    is_letter(begin.checked_sub(1).and_then(|before| text.get(before))) || is_letter(text.get(end))
}

/// The known secrets of a world.
#[derive(Debug, Default)]
pub struct KnownSecrets(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Those of the state.
    configured: SecretSet,
    /// Those that no state replaces: of the process and of webhooks.
    pinned: SecretSet,
    /// Those that were issued, or configured before, in two generations.
    issued: SecretSet,
    issued_before: SecretSet,
}

/// Records of requests are equal whatever their world knows.
impl PartialEq for KnownSecrets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KnownSecrets {}

impl KnownSecrets {
    /// Returns true if no secret is known.
    pub fn is_empty(&self) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.sets().iter().all(|set| set.is_empty())
    }

    /// Replaces the configured secrets. The former ones stay known for a while, since the journal may still show them.
    pub fn configure<'a>(&self, secrets: impl Iterator<Item = &'a str>) {
        let mut configured = SecretSet::default();
        secrets.for_each(|secret| configured.add(secret));
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::replace(&mut known.configured, configured);
        if !former.hashes.is_subset(&known.configured.hashes) {
            known.retire(|issued| issued.extend(&former));
        }
    }

    /// Adds an issued secret.
    pub fn add(&self, secret: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.retire(|issued| issued.add(secret));
    }

    /// Adds a secret that is never forgotten.
    pub fn pin(&self, secret: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.pinned.len() < MOST_ISSUED && !known.pinned.contains(secret) {
            known.pinned.add(secret);
        }
    }

    /// Finds the secrets in a text.
    pub fn find(&self, text: &[u8], ranges: &mut Vec<Range<usize>>) {
        // A slice begins before the end of the last one, so that no secret lies between them.
        let mut begin = 0;
        loop {
            let slice = &text[begin..text.len().min(begin + SLICE)];
            let mut found = Vec::new();
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            for set in known.sets() {
                set.find(slice, &mut found);
            }
            drop(known);
            ranges.extend(
                found
                    .into_iter()
                    .map(|range| begin + range.start..begin + range.end),
            );
            if begin + slice.len() == text.len() {
                return;
            }
            begin += SLICE - LONGEST;
        }
    }
}

impl Known {
    const fn sets(&self) -> [&SecretSet; 4] {
        let Self {
            configured,
            pinned,
            issued,
            issued_before,
        } = self;
        [configured, pinned, issued, issued_before]
    }

    fn retire(&mut self, add: impl FnOnce(&mut SecretSet)) {
        if self.issued.len() >= MOST_ISSUED {
            self.issued_before = std::mem::take(&mut self.issued);
        }
        add(&mut self.issued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(known: &KnownSecrets, text: &'a str) -> Vec<&'a str> {
        let mut ranges = Vec::new();
        known.find(text.as_bytes(), &mut ranges);
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_known_secret_is_found_anywhere_and_in_base64() {
        let known = KnownSecrets::default();
        assert_eq!(found(&known, "s3cret-token"), Vec::<&str>::new());
        known.configure(["s3cret-token", "other-token", "t", "release", "password"].into_iter());
        known.add("0605767aee00d2562f3cc0123456789a");

        assert_eq!(found(&known, "/as3cret-tokenb/"), ["s3cret-token"]);
        assert_eq!(
            found(&known, "x 0605767aee00d2562f3cc0123456789a"),
            ["0605767aee00d2562f3cc0123456789a"]
        );
        // ann:s3cret-token
        assert_eq!(
            found(&known, "Basic YW5uOnMzY3JldC10b2tlbg=="),
            ["YW5uOnMzY3JldC10b2tlbg"]
        );
        // A short text is no secret of its own, a plain word only as a whole, and the name of a field never.
        assert_eq!(found(&known, "t /releases password"), Vec::<&str>::new());
        assert_eq!(found(&known, "/release/"), ["release"]);
    }

    #[test]
    fn a_secret_between_two_slices_is_found() {
        let known = KnownSecrets::default();
        known.configure(["s3cret-token"].into_iter());
        let text = "x".repeat(SLICE - 5) + "s3cret-token" + &"y".repeat(SLICE);
        assert!(found(&known, &text).contains(&"s3cret-token"));
    }

    #[test]
    fn a_former_secret_is_known_until_as_many_others_were_issued() {
        let known = KnownSecrets::default();
        known.configure(["s3cret-token"].into_iter());
        known.configure(std::iter::empty());
        known.pin("s3cret-webhook");
        assert_eq!(found(&known, "s3cret-token"), ["s3cret-token"]);

        for n in 0..2 * MOST_ISSUED {
            known.add(&format!("issued-{n:06}"));
        }

        assert_eq!(found(&known, "s3cret-token"), Vec::<&str>::new());
        assert_eq!(found(&known, "s3cret-webhook"), ["s3cret-webhook"]);
        assert_eq!(
            found(&known, "issued-131071 issued-070000"),
            ["issued-131071", "issued-070000"]
        );
    }
}

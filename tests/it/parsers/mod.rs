//! Property tests of everything that reads bytes of a client: no input makes it panic or takes long, and whatever has a
//! model reads as the model does.
//!
//! Signatures and canonical requests have theirs in `signatures/fuzz.rs`. `PROPTEST_CASES=1000000 cargo test --release
//! --test it parsers` runs for long.

mod cron;
mod go_bodies;
mod go_bodies_v4;
mod go_rules;
mod gzip;
mod heads;
mod json;
mod queries;
mod yaml;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// Changes to some bytes.
#[derive(Clone, Debug)]
struct Edits(Vec<(Index, Edit)>);

#[derive(Clone, Debug)]
enum Edit {
    Replace(u8),
    Insert(Vec<u8>),
    Remove(usize),
    Repeat(usize),
    Cut,
}

impl Edits {
    /// Few edits, so that most of the text stays what it is. Inserted are single bytes, and these words.
    fn any(words: &'static [&'static str]) -> impl Strategy<Value = Self> {
        let word = proptest::sample::select(words).prop_map(|word| word.as_bytes().to_vec());
        let edit = prop_oneof![
            4 => any::<u8>().prop_map(Edit::Replace),
            2 => any::<u8>().prop_map(|byte| Edit::Insert(vec![byte])),
            4 => word.prop_map(Edit::Insert),
            2 => (1..9_usize).prop_map(Edit::Remove),
            2 => (1..40_usize).prop_map(Edit::Repeat),
            1 => Just(Edit::Cut),
        ];
        vec((any::<Index>(), edit), 0..5).prop_map(Self)
    }

    fn apply(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for (at, edit) in &self.0 {
            if text.is_empty() {
                break;
            }
            let at = at.index(text.len());
            let until = |length: &usize| (at + length).min(text.len());
            match edit {
                Edit::Replace(byte) => text[at] = *byte,
                Edit::Insert(bytes) => drop(text.splice(at..at, bytes.iter().copied())),
                Edit::Remove(length) => drop(text.drain(at..until(length))),
                Edit::Repeat(length) => {
                    let part = text[at..until(length)].to_vec();
                    text.splice(at..at, part);
                }
                Edit::Cut => text.truncate(at),
            }
        }
        text
    }
}

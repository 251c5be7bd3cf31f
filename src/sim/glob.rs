//! A glob, compiled once: `*` stands for any text and `?` for any character.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::memory::block;
use super::pack::{Pack, Packer, UnpackError, Unpacker};

/// The length limit of a glob in a document, in bytes.
pub const LONGEST_GLOB: usize = 1_024;

/// A text with wildcards, and its matcher. The cost of a match grows with the text alone, by a factor of a sixty-fourth of
/// the glob's length.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob {
    text: String,
    /// Absent: the glob has no wildcard, and matches itself.
    matcher: Option<Box<Matcher>>,
}

impl Glob {
    /// Compiles a glob.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let matcher = Matcher::new(&text).map(Box::new);
        Self { text, matcher }
    }

    /// Compiles a glob of a document, which may have up to [`LONGEST_GLOB`] bytes.
    pub fn read(text: String) -> Result<Self, String> {
        if text.len() > LONGEST_GLOB {
            let length = text.len();
            return Err(format!(
                "must have at most {LONGEST_GLOB} bytes, as any text with * and ?, not {length}"
            ));
        }
        Ok(Self::new(text))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The approximate size of its text and its matcher, which has a character for each.
    pub fn size(&self) -> usize {
        block(self.text.len()) + block(size_of::<char>() * self.text.len())
    }

    /// True if the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        match &self.matcher {
            None => self.text == text,
            Some(matcher) => matcher.matches(text),
        }
    }
}

/// Its text, since the matcher has a character for each of it.
impl fmt::Debug for Glob {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Glob {}

impl From<Glob> for String {
    fn from(glob: Glob) -> Self {
        glob.text
    }
}

impl TryFrom<String> for Glob {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::read(text)
    }
}

/// The pieces of a glob between its stars: the first begins the text, the last ends it, and the others follow each other in
/// between, each as early as it can.
#[derive(Clone, Debug)]
struct Matcher {
    first: String,
    between: Vec<Piece>,
    /// Absent: the glob has no star.
    last: Option<String>,
}

/// A piece between two stars.
#[derive(Clone, Debug)]
enum Piece {
    /// It has no `?`.
    Literal(String),
    Automaton(Automaton),
}

impl Matcher {
    /// The matcher of a glob; `None` if it has no wildcard.
    fn new(glob: &str) -> Option<Self> {
        if !glob.contains(['*', '?']) {
            return None;
        }
        let mut pieces = glob.split('*');
        let first = pieces.next().unwrap_or_default().to_owned();
        let last = pieces.next_back().map(str::to_owned);
        let between = pieces.filter(|piece| !piece.is_empty());
        Some(Self {
            first,
            between: between.map(Piece::new).collect(),
            last,
        })
    }

    fn matches(&self, text: &str) -> bool {
        let Some(mut rest) = after_prefix(&self.first, text) else {
            return false;
        };
        let Some(last) = &self.last else {
            return rest.is_empty();
        };
        for piece in &self.between {
            match piece.after_first_in(rest) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        has_suffix(last, rest)
    }
}

impl Piece {
    fn new(piece: &str) -> Self {
        if piece.contains('?') {
            Self::Automaton(Automaton::new(piece))
        } else {
            Self::Literal(piece.to_owned())
        }
    }

    /// The rest of a text after the first place at which the piece matches.
    fn after_first_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.split_once(&**literal).map(|(_, rest)| rest),
            Self::Automaton(automaton) => automaton.after_first_in(text),
        }
    }
}

/// The rest of a text after a piece that may have `?`.
fn after_prefix<'a>(piece: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    for wanted in piece.chars() {
        let found = rest.next()?;
        if wanted != '?' && wanted != found {
            return None;
        }
    }
    Some(rest.as_str())
}

fn has_suffix(piece: &str, text: &str) -> bool {
    let mut rest = text.chars();
    piece.chars().rev().all(|wanted| {
        let found = rest.next_back();
        found.is_some_and(|found| wanted == '?' || wanted == found)
    })
}

/// The search for a piece with `?` at all places at once, a bit for each of its characters (shift-and, after Baeza-Yates and
/// Gonnet): a search place by place takes the product of both lengths.
#[derive(Clone, Debug)]
struct Automaton {
    n_words: usize,
    /// The last character, as a bit of the last word.
    end: u64,
    /// The places at which each character of the piece fits.
    fits: HashMap<char, Vec<u64>>,
    /// The places of `?`, at which any other character fits.
    any: Vec<u64>,
}

impl Automaton {
    fn new(piece: &str) -> Self {
        let length = piece.chars().count();
        let n_words = length.div_ceil(64);
        let mut any = vec![0; n_words];
        for (place, character) in piece.chars().enumerate() {
            if character == '?' {
                any[place / 64] |= 1 << (place % 64);
            }
        }
        let mut fits: HashMap<char, Vec<u64>> = HashMap::new();
        for (place, character) in piece.chars().enumerate() {
            if character != '?' {
                let words = fits.entry(character).or_insert_with(|| any.clone());
                words[place / 64] |= 1 << (place % 64);
            }
        }
        Self {
            n_words,
            end: 1 << ((length - 1) % 64),
            fits,
            any,
        }
    }

    fn after_first_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        // A bit is set if the text so far ends with the piece up to that place.
        let mut reached = vec![0_u64; self.n_words];
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let fits = self.fits.get(&character).unwrap_or(&self.any);
            let mut carry = 1;
            for (reached, fits) in reached.iter_mut().zip(fits) {
                let next_carry = *reached >> 63;
                *reached = ((*reached << 1) | carry) & fits;
                carry = next_carry;
            }
            if reached[self.n_words - 1] & self.end != 0 {
                return Some(rest.as_str());
            }
        }
        None
    }
}

impl Pack for Glob {
    fn pack(&self, packer: &mut Packer) {
        self.text.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        String::unpack(unpacker).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wildmatch::WildMatch;

    use super::*;

    #[test]
    fn a_long_piece_is_found_across_words() {
        let piece = format!("{}?{}", "ab".repeat(50), "c".repeat(40));
        let text = format!("{}xx{}", "ab".repeat(80), "c".repeat(40));
        assert!(Glob::new(format!("*{piece}*")).matches(&format!("..{}", text.replace("xx", "x"))));
        assert!(!Glob::new(format!("*{piece}*")).matches(&text));
    }

    #[test]
    fn a_long_glob_on_a_long_text_costs_little() {
        let text = "a".repeat(200_000);
        let watch = crate::sim::clock::Stopwatch::start();
        for filling in ["a", "?", "a?"] {
            let glob = Glob::new(format!("*{}b*", filling.repeat(1_000 / filling.len())));
            assert!(!glob.matches(&text));
        }
        // Place by place it is half a minute.
        assert!(watch.elapsed().as_secs() < 5, "{:?}", watch.elapsed());
    }

    #[test]
    fn a_glob_in_a_document_has_a_limit() {
        let read = |length: usize| serde_json::from_value::<Glob>("*".repeat(length).into());
        assert!(read(LONGEST_GLOB).is_ok());
        let error = read(LONGEST_GLOB + 1).unwrap_err().to_string();
        assert_eq!(
            error,
            "must have at most 1024 bytes, as any text with * and ?, not 1025"
        );
    }

    proptest! {
        #[test]
        fn it_matches_as_another_matcher_does(glob in "[ab\u{e9}*?]{0,9}", text in "[ab\u{e9}]{0,9}") {
            let expected = WildMatch::new(&glob).matches(&text);
            prop_assert_eq!(Glob::new(glob).matches(&text), expected);
        }
    }
}

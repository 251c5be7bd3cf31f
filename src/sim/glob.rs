//! A glob, compiled once: `*` stands for any text and `?` for any character.

use std::fmt;

use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::memory::block;

/// A text with wildcards, and its matcher.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Glob {
    // The matcher folds repeated wildcards, so it cannot give the text back.
    text: String,
    matcher: WildMatch,
}

impl Glob {
    /// Compiles a glob.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let matcher = WildMatch::new(&text);
        Self { text, matcher }
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
        self.matcher.matches(text)
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

impl From<String> for Glob {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

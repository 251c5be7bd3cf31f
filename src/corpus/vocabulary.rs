//! The words that tell nothing of anybody: those of the published documents and of the emulator's own refusals.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::catalog::documents;
use crate::registry;

/// Words of error texts that the documents may lack.
const COMMON: &str = "a about above access account action after again all allowed already also an and another any api are \
    argument array at attempt auth authenticated authentication authorization authorized bad be because been before begin \
    being below between body both but by bytes call called can cannot caused change character characters check client code \
    conflict connection contain contains content correct could create created credential credentials current data database \
    date deadline default delete deleted denied deny deployment did different disabled does domain down duplicate each \
    either empty enabled end environment error errors exceed exceeded exceeds exist existed existing exists expected expire \
    expired fail failed failure field fields file first for forbidden format found from gateway get given greater group had \
    has have header host id identifier if illegal image in incorrect input instance integer internal into invalid is it item \
    its json key last later length less limit limited list local locked login long lower malformed match matched maximum may \
    message method minimum missing more most must name names need network new no not null number object of off on only \
    operation option or other out over page param parameter parameters params parse password path per permission permitted \
    please policy post present process product project projects provided put query quota range rate read reason record \
    refused region release released request requested requests required reset resource response retry role route running \
    same schema secret server service services session short should signature signed size some specified start started state \
    status step stopped string success such support supported system tag task template text than that the their then there \
    this time timeout timestamp to token too too try type unable unauthorized unavailable under undefined unexpected unique \
    unknown unsupported until up update updated upper url use used user users using valid validate value values verify \
    version wait was were when where which while whole will with within without workflow wrong you your";

struct Vocabulary {
    words: HashSet<String>,
    /// The words of enumerations, as they are written.
    enumerated: HashSet<String>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut vocabulary = Vocabulary {
        words: COMMON.split_whitespace().map(str::to_owned).collect(),
        enumerated: HashSet::new(),
    };
    for document in documents() {
        vocabulary.add(document, "");
    }
    for row in registry::error_rows() {
        vocabulary.add_text(row.text);
    }
    vocabulary
});

impl Vocabulary {
    /// Adds the texts of a document, but for its examples, which are values.
    fn add(&mut self, value: &Value, key: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if matches!(name.as_str(), "example" | "examples") {
                        continue;
                    }
                    self.add_text(name);
                    self.add(value, name);
                }
            }
            Value::Array(items) => {
                for item in items {
                    if let ("enum", Value::String(word)) = (key, item) {
                        self.enumerated.insert(word.clone());
                    }
                    self.add(item, key);
                }
            }
            Value::String(text) => self.add_text(text),
            _ => {}
        }
    }

    fn add_text(&mut self, text: &str) {
        for word in words(text) {
            self.words.insert(word.to_lowercase());
            for part in parts(word) {
                self.words.insert(part.to_lowercase());
            }
        }
    }
}

/// The runs of letters in a text, with the apostrophes, digits and underscores within them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| word.chars().any(char::is_alphabetic))
}

/// The parts of an identifier, as `error` and `msg` of `errorMsg` and `error_msg`.
pub(super) fn parts(identifier: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for piece in identifier.split(['_', '-', '.', ' ', '/']) {
        let mut begin = 0;
        let mut was_lower = false;
        for (at, c) in piece.char_indices() {
            if c.is_uppercase() && was_lower {
                parts.push(&piece[begin..at]);
                begin = at;
            }
            was_lower = c.is_lowercase();
        }
        parts.push(&piece[begin..]);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// True for a word of the documents, in any case.
pub(super) fn is_known(word: &str) -> bool {
    VOCABULARY.words.contains(&word.to_lowercase())
}

/// True for a word of an enumeration of any operation, as it is written.
pub(super) fn is_enumerated(word: &str) -> bool {
    VOCABULARY.enumerated.contains(word)
}

/// True for an identifier whose parts are all known.
pub(super) fn is_known_identifier(identifier: &str) -> bool {
    let parts = parts(identifier);
    !parts.is_empty() && (is_known(identifier) || parts.iter().all(|part| is_known(part)))
}

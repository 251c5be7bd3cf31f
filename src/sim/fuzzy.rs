//! Spelling suggestions: the known word that a misspelt one was probably meant to be.

use std::fmt::Display;

/// The longest word that is compared, in bytes: ids and names are shorter, and the cost grows with the length.
const MAX_LENGTH: usize = 64;

/// A suggestion to append to a message about an unknown word; empty if there is none.
pub fn suggestion(near: Option<impl Display>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean {near}?"))
}

/// Returns the known word nearest to an unknown one, if any is near enough; the first of equally near ones.
///
/// Case, hyphens and underscores are ignored. Words of three to five letters may differ by one edit, longer ones by two;
/// swapping two letters is one edit.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normalized = normalize(word)?;
    let max_edits = max_edits(&normalized);
    let chunks = chunks(&normalized, 2 * max_edits + 1);
    let letters: Vec<char> = normalized.chars().collect();
    known
        .into_iter()
        .filter(|known| *known != word)
        .filter_map(|known| {
            let candidate = normalize(known)?;
            // Most words have nothing in common, which is found out much faster than their distance.
            if !chunks
                .iter()
                .any(|chunk| is_in(&candidate, chunk, max_edits))
            {
                return None;
            }
            let candidate: Vec<char> = candidate.chars().collect();
            let edits = (0..=max_edits).find(|most| is_within(&candidate, &letters, *most))?;
            Some((edits, known))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, known)| known)
}

/// Returns true if two words differ in case, hyphens and underscores only.
pub fn is_same_word(one: &str, other: &str) -> bool {
    one == other || normalize(one).is_some_and(|one| Some(one) == normalize(other))
}

fn max_edits(word: &str) -> usize {
    match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// Splits a word into `n` chunks with their offsets, or fewer if it is short. An edit alters at most two chunks and shifts
/// the others by a letter, so of `2k + 1` chunks at least one survives `k` edits almost in place.
fn chunks(word: &str, n: usize) -> Vec<(usize, &str)> {
    let letters: Vec<usize> = word.char_indices().map(|(offset, _)| offset).collect();
    let begin = |chunk: usize| {
        let offset = letters.get(chunk * letters.len() / n);
        offset.copied().unwrap_or(word.len())
    };
    (0..n)
        .map(|chunk| (begin(chunk), &word[begin(chunk)..begin(chunk + 1)]))
        .filter(|(_, chunk)| !chunk.is_empty())
        .collect()
}

/// Returns true if a word has a chunk at its offset or within the shift of `edits` letters, of at most four bytes each.
fn is_in(word: &str, (offset, chunk): &(usize, &str), edits: usize) -> bool {
    let mut offsets = offset.saturating_sub(4 * edits)..=offset + 4 * edits;
    offsets.any(|at| word.as_bytes().get(at..at + chunk.len()) == Some(chunk.as_bytes()))
}

/// Returns true if at most that many edits lead from one word to the other: a letter left out, added or replaced, or two that
/// are swapped, which may have others between them. Tries the few that can come first, so the cost hardly grows with the
/// length.
fn is_within(one: &[char], other: &[char], edits: usize) -> bool {
    let n_equal = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[n_equal..], &other[n_equal..]);
    if one.len().abs_diff(other.len()) > edits {
        return false;
    }
    let (Some(left), [a, one_rest @ ..], [b, other_rest @ ..]) = (edits.checked_sub(1), one, other)
    else {
        return one.len().max(other.len()) <= edits;
    };
    // The letters that are swapped, with `i` and `j` others between them.
    let is_swapped = |i: usize, j: usize| {
        edits > i + j
            && one_rest.get(i) == Some(b)
            && other_rest.get(j) == Some(a)
            && is_within(&one_rest[i + 1..], &other_rest[j + 1..], edits - 1 - i - j)
    };
    is_within(one_rest, other_rest, left)
        || is_within(one_rest, other, left)
        || is_within(one, other_rest, left)
        || (0..edits).any(|i| (0..edits - i).any(|j| is_swapped(i, j)))
}

/// The word without case, hyphens and underscores; `None` if it is too long or nothing remains.
fn normalize(word: &str) -> Option<String> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let letters = word.chars().filter(|letter| !matches!(letter, '-' | '_'));
    let normalized: String = letters.flat_map(char::to_lowercase).collect();
    (!normalized.is_empty()).then_some(normalized)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_misspelt_word_is_understood_and_another_word_is_not() {
        let known = ["name", "model_version", "id", "stages", "serviceName"];
        for (word, meant) in [
            ("nmae", Some("name")),
            ("Name", Some("name")),
            ("names", Some("name")),
            ("model-version", Some("model_version")),
            ("modelVersion", Some("model_version")),
            ("service_name", Some("serviceName")),
            ("stagse", Some("stages")),
            ("ID", Some("id")),
            ("ix", None),
            ("game_of", None),
            ("name", None),
            ("", None),
            ("--", None),
            ("n\u{e4}me", Some("name")),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
        assert_eq!(nearest(&"n".repeat(100), known), None);
    }

    #[test]
    fn the_nearest_word_wins_and_the_first_of_equally_near_ones() {
        assert_eq!(nearest("limitt", ["limits", "limit"]), Some("limits"));
        assert_eq!(nearest("offsett", ["offsets1", "offset"]), Some("offset"));
    }

    proptest! {
        #[test]
        fn edits_are_counted_as_in_the_whole_table(one in "[abc]{0,7}", other in "[abc]{0,7}", most in 0..3_usize) {
            let letters = |word: &str| word.chars().collect::<Vec<_>>();
            let all = strsim::damerau_levenshtein(&one, &other);
            prop_assert_eq!(is_within(&letters(&one), &letters(&other), most), all <= most);
        }

        #[test]
        fn a_word_without_a_common_chunk_is_never_near(one in "[abc\u{e9}]{0,9}", other in "[abc\u{e9}]{0,9}") {
            let off = strsim::damerau_levenshtein(&one, &other);
            let is_near = !one.is_empty() && !other.is_empty() && one != other && off <= max_edits(&one);
            prop_assert_eq!(nearest(&one, [other.as_str()]).is_some(), is_near);
        }
    }
}

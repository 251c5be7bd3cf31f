//! Words that come near each other: what a slip of the pen was probably meant to be.

/// The longest word that is compared, in bytes: ids and names are shorter, and longer ones only cost time.
const LONGEST: usize = 64;

/// The known word that comes nearest, if any is near enough; among equals the first.
///
/// Case, hyphens and underscores do not count. Beyond that a word of three to five letters may be off by one, a
/// longer one by two; two letters that changed places count as one.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant = normalize(word)?;
    let allowed = max_edits(&meant);
    let parts = parts(&meant, 2 * allowed + 1);
    let scored = known.into_iter().filter(|known| *known != word);
    let scored = scored.filter_map(|known| {
        let plain = normalize(known)?;
        // Most words have nothing in common, which is found out much faster than how far they are apart.
        let is_plain = plain.is_ascii() && meant.is_ascii();
        let shift = if is_plain { allowed } else { 4 * allowed };
        let stays = |(at, part): &(usize, &str)| {
            let mut places = at.saturating_sub(shift)..=at + shift;
            places.any(|at| plain.as_bytes().get(at..at + part.len()) == Some(part.as_bytes()))
        };
        if !parts.iter().any(stays) {
            return None;
        }
        let off = strsim::damerau_levenshtein(&plain, &meant);
        (off <= allowed).then_some((off, known))
    });
    scored.min_by_key(|(off, _)| *off).map(|(_, known)| known)
}

/// By how many letters a word may be off.
fn max_edits(word: &str) -> usize {
    match word.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// So many parts of a word with their places, fewer if it has not so many letters. A slip alters at most two of them
/// and moves the others by a letter, so that of one more than twice the slips one stays about where it is.
fn parts(word: &str, n: usize) -> Vec<(usize, &str)> {
    let letters: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    let cut = |part: usize| {
        let at = letters.get(part * letters.len() / n).copied();
        at.unwrap_or(word.len())
    };
    let parts = (0..n).map(|part| (cut(part), &word[cut(part)..cut(part + 1)]));
    parts.filter(|(_, part)| !part.is_empty()).collect()
}

/// The word without what does not count; nothing if that leaves nothing, or too much.
fn normalize(word: &str) -> Option<String> {
    if word.len() > LONGEST {
        return None;
    }
    let letters = word.chars().filter(|c| !matches!(c, '-' | '_'));
    let mut plain = String::with_capacity(word.len());
    for letter in letters {
        if letter.is_ascii() {
            plain.push(letter.to_ascii_lowercase());
        } else {
            plain.extend(letter.to_lowercase());
        }
    }
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_understood_and_another_word_is_not() {
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
    fn the_nearest_goes_first_and_among_equals_the_first() {
        assert_eq!(nearest("limitt", ["limits", "limit"]), Some("limits"));
        assert_eq!(nearest("offsett", ["offsets1", "offset"]), Some("offset"));
    }

    proptest! {
        #[test]
        fn what_is_passed_over_would_not_have_been_near(one in "[abc\u{e9}]{0,9}", other in "[abc\u{e9}]{0,9}") {
            let off = strsim::damerau_levenshtein(&one, &other);
            let is_near = !one.is_empty() && !other.is_empty() && one != other && off <= max_edits(&one);
            prop_assert_eq!(nearest(&one, [other.as_str()]).is_some(), is_near);
        }
    }
}

//! Words that come near each other: what a slip of the pen was probably meant to be.

/// The longest word that is compared, in bytes: ids and names are shorter, and longer ones only cost time.
const LONGEST: usize = 64;

/// The known word that comes nearest, if any is near enough; among equals the first.
///
/// Case, hyphens and underscores do not count. Beyond that a word of three to five letters may be off by one, a
/// longer one by two; two letters that changed places count as one.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let meant = plain(word)?;
    let allowed = match meant.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let scored = known.into_iter().filter(|known| *known != word);
    let scored = scored.filter_map(|known| {
        let plain = plain(known)?;
        if plain.len().abs_diff(meant.len()) > 4 * allowed {
            return None;
        }
        let off = strsim::damerau_levenshtein(&plain, &meant);
        (off <= allowed).then_some((off, known))
    });
    scored.min_by_key(|(off, _)| *off).map(|(_, known)| known)
}

/// The word without what does not count; nothing if that leaves nothing, or too much.
fn plain(word: &str) -> Option<String> {
    if word.len() > LONGEST {
        return None;
    }
    let plain: String = word
        .chars()
        .filter(|c| !matches!(c, '-' | '_'))
        .flat_map(char::to_lowercase)
        .collect();
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
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
}

//! The likeness of error texts.

use std::collections::HashSet;

use super::kinds::DriftKind;

/// The share of common words, in hundredths, from which texts are similar.
const SIMILAR: usize = 50;

/// The text in place of what was left out.
const GAP: char = '…';

/// The most words in the gaps of a text.
const MOST_IN_GAPS: usize = 4;

/// The likeness of two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Same,
    Similar,
    Different,
}

/// The kind of difference of two masked error texts, if they differ.
pub(super) fn text_difference(recorded: &str, ours: &str) -> Option<DriftKind> {
    match likeness(recorded, ours) {
        Likeness::Same => None,
        Likeness::Similar => Some(DriftKind::ErrorTextSimilar),
        Likeness::Different => Some(DriftKind::ErrorTextDifferent),
    }
}

/// Compares the words of two masked texts. Gaps, numbers and signs do not count.
fn likeness(one: &str, other: &str) -> Likeness {
    let has_gap = [one.contains(GAP), other.contains(GAP)];
    let (one, other) = (words(one), words(other));
    if one == other
        || has_gap[0] && is_within(&one, &other)
        || has_gap[1] && is_within(&other, &one)
    {
        return Likeness::Same;
    }
    let (one, other): (HashSet<_>, HashSet<_>) =
        (one.into_iter().collect(), other.into_iter().collect());
    let common = one.intersection(&other).count();
    let all = one.union(&other).count();
    if common * 100 >= all * SIMILAR {
        Likeness::Similar
    } else {
        Likeness::Different
    }
}

/// True if the words are the others but for a few, which a gap may have been.
fn is_within(few: &[String], many: &[String]) -> bool {
    let mut rest = many.iter();
    many.len() <= few.len() + MOST_IN_GAPS && few.iter().all(|word| rest.any(|other| other == word))
}

/// The words of a text. Behind the first bar some gateways show the request that they have signed.
fn words(text: &str) -> Vec<String> {
    let text = text.split('|').next().unwrap_or_default();
    let words = text.split(|c: char| !c.is_alphabetic());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_common_words_decides() {
        for (one, other, expected) in [
            (
                "the pipeline … does not exist",
                "The pipeline … does not exist.",
                Likeness::Same,
            ),
            (
                "the pipeline does not exist",
                "pipeline not exist",
                Likeness::Similar,
            ),
            (
                "the pipeline … does not exist",
                "internal error",
                Likeness::Different,
            ),
            ("…", "", Likeness::Same),
            (
                "… must not be empty",
                "name must not be empty",
                Likeness::Same,
            ),
            (
                "… must not be empty",
                "name must be absent",
                Likeness::Different,
            ),
            ("wrong: GET|/v1/a", "wrong: GET|/v1/b", Likeness::Same),
        ] {
            assert_eq!(likeness(one, other), expected, "{one} / {other}");
        }
    }
}

//! The overlap of two patterns: whether any text matches both.

use std::collections::HashSet;

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GlobToken {
    /// This character.
    Only(char),
    /// Any character.
    Any,
    /// Any text.
    Text,
    /// Any text without a slash that is not empty: a parameter of a path.
    Segment,
    /// The rest of a segment after its first character.
    Rest,
}

/// Returns true if a text matches both a glob and a path template such as `/v3/{project_id}/pipelines`.
pub fn overlaps_template(glob: &str, template: &str) -> bool {
    let mut tokens = Vec::new();
    let mut rest = template;
    while let Some((literal, parameter)) = rest.split_once('{') {
        tokens.extend(literal.chars().map(GlobToken::Only));
        tokens.push(GlobToken::Segment);
        rest = parameter.split_once('}').map_or("", |(_, rest)| rest);
    }
    tokens.extend(rest.chars().map(GlobToken::Only));
    overlap(&of_glob(glob), &tokens)
}

/// Returns true if a text matches both globs.
pub fn overlaps_glob(one: &str, other: &str) -> bool {
    overlap(&of_glob(one), &of_glob(other))
}

fn of_glob(glob: &str) -> Vec<GlobToken> {
    let token = |character| match character {
        '*' => GlobToken::Text,
        '?' => GlobToken::Any,
        other => GlobToken::Only(other),
    };
    glob.chars().map(token).collect()
}

/// The pairs of places that a common text can reach, searched from the beginning.
fn overlap(one: &[GlobToken], other: &[GlobToken]) -> bool {
    let (mut open, mut seen) = (vec![(0, 0, false, false)], HashSet::new());
    while let Some(state) = open.pop() {
        if !seen.insert(state) {
            continue;
        }
        let (i, j, i_begun, j_begun) = state;
        let token = |tokens: &[GlobToken], place: usize, has_begun: bool| match tokens.get(place) {
            Some(GlobToken::Segment) if has_begun => Some(GlobToken::Rest),
            other => other.copied(),
        };
        let (a, b) = (token(one, i, i_begun), token(other, j, j_begun));
        // A text may end here.
        if matches!(a, Some(GlobToken::Text | GlobToken::Rest)) {
            open.push((i + 1, j, false, j_begun));
        }
        if matches!(b, Some(GlobToken::Text | GlobToken::Rest)) {
            open.push((i, j + 1, i_begun, false));
        }
        match (a, b) {
            (None, None) => return true,
            (Some(a), Some(b)) if have_common_character(a, b) => {
                let next = |place, token| match token {
                    GlobToken::Text => (place, false),
                    GlobToken::Segment | GlobToken::Rest => (place, true),
                    GlobToken::Only(_) | GlobToken::Any => (place + 1, false),
                };
                let ((i, i_begun), (j, j_begun)) = (next(i, a), next(j, b));
                open.push((i, j, i_begun, j_begun));
            }
            _ => {}
        }
    }
    false
}

fn have_common_character(one: GlobToken, other: GlobToken) -> bool {
    let is_segment = |token| matches!(token, GlobToken::Segment | GlobToken::Rest);
    match (one, other) {
        (GlobToken::Only(one), GlobToken::Only(other)) => one == other,
        (GlobToken::Only('/'), token) | (token, GlobToken::Only('/')) => !is_segment(token),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wildmatch::WildMatch;

    use super::*;

    #[test]
    fn a_path_overlaps_the_templates_that_it_can_be_of() {
        let list = "/v3/{project_id}/pipeline/pipelines";
        let show = "/v3/{project_id}/pipeline/pipelines/{pipeline_id}";
        for (glob, of_list, of_show) in [
            ("/v3/p1/pipeline/pipelines", true, false),
            ("/v3/p1/pipeline/pipelines/4105", false, true),
            ("/v3/p1/pipeline/pipelines/", false, false),
            ("/v3/*", true, true),
            ("*", true, true),
            ("*/pipelines", true, true),
            ("*/pipeline/pipelines/*", false, true),
            ("/v3/?/pipeline/pipelines", true, false),
            ("/v3//pipeline/pipelines", false, false),
            ("/v3/p1/pipeline/pipeline", false, false),
            ("/nope", false, false),
            ("", false, false),
        ] {
            assert_eq!(overlaps_template(glob, list), of_list, "{glob}");
            assert_eq!(overlaps_template(glob, show), of_show, "{glob}");
        }
        assert!(overlaps_glob("infer*", "inferred; *"));
        assert!(!overlaps_glob("infered*", "inferred; *"));
    }

    proptest! {
        #[test]
        fn a_text_that_matches_both_proves_an_overlap(one in "[ab*?]{0,6}", other in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            let matches = |glob: &str| WildMatch::new(glob).matches(&text);
            if matches(&one) && matches(&other) {
                prop_assert!(overlaps_glob(&one, &other));
            }
        }

        #[test]
        fn a_text_overlaps_a_glob_if_it_matches(glob in "[ab*?]{0,6}", text in "[ab]{0,6}") {
            prop_assert_eq!(overlaps_glob(&glob, &text), WildMatch::new(&glob).matches(&text));
        }
    }
}

//! The closest known route to a request for an unknown path.

use std::borrow::Cow;

/// The share of a path, in hundredths, that may differ from a close one.
const MOST_DIFFERING: usize = 15;

/// The longest path that is compared, in bytes: paths of operations are shorter, and the cost grows with the length.
const MAX_LENGTH: usize = 256;

/// The longest segment that is compared whole, in bytes. A longer one is a parameter and no misspelt word.
const LONGEST_SEGMENT: usize = 36;

/// The text in the place of a longer segment, which resembles no word.
const CUT_SEGMENT: &str = "********";

/// The fewest words that a path with a segment too few or too many shares with a route: fewer are no sign of a mistake.
const FEWEST_SHARED: usize = 2;

/// The difference of a path with a segment too few or too many, which is less close than any with misspelt words.
const OTHER_SEGMENTS: usize = 10_000;

/// Returns the method and path template that are closest to those of a request: with misspelt words, or with one segment
/// too few or too many. Of equally close paths, one with the method of the request is preferred.
pub fn closest_route<'a>(
    method: &str,
    path: &str,
    known: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<(&'a str, &'a str)> {
    let path = cut_segments(path.trim_end_matches('/'))?;
    // Differing bytes per ten thousand: smaller is closer.
    let distance = |template: &str| {
        let filled = fill(template, &path);
        let longer = filled.len().max(path.len()).max(1);
        let edits = edits(
            filled.as_bytes(),
            path.as_bytes(),
            longer * MOST_DIFFERING / 100,
        );
        match edits {
            Some(edits) => Some(edits * 10_000 / longer),
            None => differs_by_a_segment(template, &path).then_some(OTHER_SEGMENTS),
        }
    };
    known
        .filter_map(|route| {
            let (known_method, template) = route;
            Some((distance(template)?, known_method != method, route))
        })
        // Of equal ones the last, as always.
        .reduce(|best, other| {
            if (other.0, other.1) <= (best.0, best.1) {
                other
            } else {
                best
            }
        })
        .map(|(.., route)| route)
}

/// The path with its long segments cut; `None` if it is too long to be compared.
fn cut_segments(path: &str) -> Option<Cow<'_, str>> {
    if path.len() <= LONGEST_SEGMENT {
        return Some(path.into());
    }
    let mut cut = String::new();
    for (n, segment) in path.split('/').enumerate() {
        if n > 0 {
            cut.push('/');
        }
        cut.push_str(if segment.len() > LONGEST_SEGMENT {
            CUT_SEGMENT
        } else {
            segment
        });
        if cut.len() > MAX_LENGTH {
            return None;
        }
    }
    Some(cut.into())
}

/// Replaces the parameters of a template by the segments of a path, so that they do not count as differences.
fn fill(template: &str, path: &str) -> String {
    let mut segments = path.split('/');
    let filled = template.split('/').map(|part| match segments.next() {
        Some(segment) if part.starts_with('{') && !segment.is_empty() => segment,
        _ => part,
    });
    filled.collect::<Vec<_>>().join("/")
}

/// True if a path has all the words of a template in order but for one segment, which either of the two has too many.
fn differs_by_a_segment(template: &str, path: &str) -> bool {
    let parts: Vec<&str> = template.split('/').collect();
    let segments: Vec<&str> = path.split('/').collect();
    let is_longer = parts.len() == segments.len() + 1;
    if !is_longer && parts.len() + 1 != segments.len() {
        return false;
    }
    let is_parameter = |part: &str| part.starts_with('{');
    let fits =
        |part: &str, segment: &str| part == segment || is_parameter(part) && !segment.is_empty();
    // The first one is empty, in front of the leading slash.
    (1..parts.len().max(segments.len())).any(|skipped| {
        let part = |n: usize| parts[n + usize::from(is_longer && n >= skipped)];
        let segment = |n: usize| segments[n + usize::from(!is_longer && n >= skipped)];
        let n_pairs = parts.len().min(segments.len());
        let shared = (1..n_pairs).filter(|n| !is_parameter(part(*n)));
        (1..n_pairs).all(|n| fits(part(n), segment(n))) && shared.count() >= FEWEST_SHARED
    })
}

/// The number of edits between two texts, if they are at most `most`; the swap of two neighbours is one edit. Only the cells
/// of the table that so few edits can reach are filled.
fn edits(one: &[u8], other: &[u8], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let too_many = most + 1;
    let width = other.len() + 1;
    let mut rows = [
        vec![too_many; width],
        (0..width).map(|n| n.min(too_many)).collect(),
        vec![too_many; width],
    ];
    for (i, &a) in one.iter().enumerate() {
        let [before_last, last, row] = &mut rows;
        let (from, to) = (i.saturating_sub(most), (i + most + 1).min(other.len()));
        row[from] = if from == 0 {
            (i + 1).min(too_many)
        } else {
            too_many
        };
        let mut least = row[from];
        for j in from..to {
            let b = other[j];
            let mut cell = last[j] + usize::from(a != b);
            cell = cell.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == other[j - 1] && one[i - 1] == b {
                cell = cell.min(before_last[j - 1] + 1);
            }
            row[j + 1] = cell.min(too_many);
            least = least.min(cell);
        }
        if to < other.len() {
            row[to + 1] = too_many;
        }
        if least > most {
            return None;
        }
        rows.rotate_left(1);
    }
    Some(rows[1][other.len()]).filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN: [(&str, &str); 4] = [
        ("GET", "/v3/{project_id}/pipeline/pipelines"),
        ("POST", "/v3/{project_id}/pipeline/pipelines"),
        ("GET", "/v2/meshes/{mesh_id}/releases"),
        (
            "POST",
            "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute",
        ),
    ];

    fn assert_closest(method: &str, path: &str, expected: Option<usize>) {
        let closest = closest_route(method, path, KNOWN.into_iter());
        assert_eq!(closest, expected.map(|n| KNOWN[n]), "{method} {path}");
    }

    #[test]
    fn a_typo_is_found_and_another_service_is_not() {
        assert_closest("GET", "/v3/p1/pipeline/pipeline", Some(0));
        assert_closest("POST", "/v3/p1/pipeline/pipelines/", Some(1));
        assert_closest("GET", "/v2/mesh/m1/releases", Some(2));
        assert_closest("POST", "/v3/p1/cas/release-plans/x/excute", Some(3));
        assert_closest("GET", "/", None);
        assert_closest("GET", "/v1/p1/clusters", None);
        let long = format!("/v3/p1/pipeline/pipelines?{}", "x".repeat(600));
        assert_closest("GET", &long, None);
    }

    #[test]
    fn a_segment_too_few_or_too_many_is_found() {
        assert_closest("POST", "/v3/p1/pipelines", Some(1));
        assert_closest("GET", "/v3/pipeline/pipelines", Some(0));
        assert_closest("GET", "/v2/p1/meshes/m1/releases", Some(2));
        assert_closest("POST", "/v3/p1/release-plans/x/execute", Some(3));
        // Two segments too few, or another word.
        assert_closest("GET", "/v3/pipelines", None);
        assert_closest("GET", "/v3/p1/clusters", None);
        assert_closest("GET", "/v3", None);
    }

    #[test]
    fn a_long_id_does_not_hide_a_typo() {
        let id = "\u{e9}".repeat(3_000);
        assert_closest("GET", &format!("/v3/{id}/pipelin/pipelines"), Some(0));
        let ids = format!("/v3/{0}/cas/release-plan/{0}/execute", "7".repeat(40));
        assert_closest("POST", &ids, Some(3));
    }

    proptest! {
        #[test]
        fn few_edits_are_counted_as_in_the_whole_table(
            one in "[abc]{0,24}", other in "[abc]{0,24}", most in 0..12_usize,
        ) {
            let all = strsim::osa_distance(&one, &other);
            let expected = (all <= most).then_some(all);
            prop_assert_eq!(edits(one.as_bytes(), other.as_bytes(), most), expected);
        }
    }
}

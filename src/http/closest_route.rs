//! The closest known route to a request for an unknown path.

/// The similarity from which two paths count as close; 1 means equal.
const MIN_SIMILARITY: f64 = 0.85;

/// The longest path that is compared, in bytes: paths of operations are shorter, and the cost grows with the length.
const MAX_LENGTH: usize = 512;

/// Returns the method and path template that are closest to those of a request. Of equally close paths, one with the
/// method of the request is preferred.
pub fn closest_route<'a>(
    method: &str,
    path: &str,
    known: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<(&'a str, &'a str)> {
    if path.len() > MAX_LENGTH {
        return None;
    }
    let path = path.trim_end_matches('/');
    known
        .map(|route| {
            let (known_method, template) = route;
            let filled = fill(template, path);
            let similarity = strsim::normalized_damerau_levenshtein(&filled, path);
            (similarity, known_method == method, route)
        })
        .filter(|(similarity, ..)| *similarity >= MIN_SIMILARITY)
        .max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
        .map(|(.., route)| route)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_found_and_another_service_is_not() {
        let known = [
            ("GET", "/v3/{project_id}/pipeline/pipelines"),
            ("POST", "/v3/{project_id}/pipeline/pipelines"),
            ("GET", "/v2/meshes/{mesh_id}/releases"),
            (
                "POST",
                "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute",
            ),
        ];
        let assert_closest = |method: &str, path: &str, expected: Option<usize>| {
            let closest = closest_route(method, path, known.into_iter());
            assert_eq!(closest, expected.map(|n| known[n]), "{method} {path}");
        };
        assert_closest("GET", "/v3/p1/pipeline/pipeline", Some(0));
        assert_closest("POST", "/v3/p1/pipeline/pipelines/", Some(1));
        assert_closest("GET", "/v2/mesh/m1/releases", Some(2));
        assert_closest("POST", "/v3/p1/cas/release-plans/x/excute", Some(3));
        assert_closest("GET", "/", None);
        assert_closest("GET", "/v1/p1/clusters", None);
        let long = format!("/v3/p1/pipeline/pipelines?{}", "x".repeat(600));
        assert_closest("GET", &long, None);
    }
}

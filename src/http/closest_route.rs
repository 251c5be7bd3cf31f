//! The known path that a request to an unknown one was probably meant for.

use axum::http::Method;

/// How alike two paths must be, from 0 to 1.
const ALIKE: f64 = 0.85;

/// The longest path that is compared, in bytes: longer ones only cost time.
const LONGEST: usize = 512;

/// What is known of the path that comes nearest, one of the method going before others. Known are a method, a path
/// template and whatever else.
#[must_use]
pub fn closest_route<'a, T>(
    method: &Method,
    path: &str,
    known: impl Iterator<Item = (&'a str, &'a str, T)>,
) -> Option<T> {
    if path.len() > LONGEST {
        return None;
    }
    let path = path.trim_end_matches('/');
    let scored = known.filter_map(|(own, template, known)| {
        let meant = filled(template, path);
        let alike = strsim::normalized_damerau_levenshtein(&meant, path);
        (alike >= ALIKE).then_some((alike, own == method.as_str(), known))
    });
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    best.map(|(.., known)| known)
}

/// The template with what the path has in place of its parameters, so that only the rest is compared.
fn filled(template: &str, path: &str) -> String {
    let mut given = path.split('/');
    let filled = template.split('/').map(|part| {
        let given = given.next();
        match given {
            Some(given) if part.starts_with('{') && !given.is_empty() => given,
            _ => part,
        }
    });
    filled.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_found_and_another_service_is_not() {
        let known = [
            ("GET", "/v3/{project_id}/pipeline/pipelines"),
            ("POST", "/v3/{project_id}/pipeline/pipelines"),
            ("GET", "/v2/meshes/{mesh_id}/releases"),
            (
                "POST",
                "/v3/{project_id}/cas/release-plans/{release_plan_id}/execute",
            ),
        ];
        let near = |method: Method, path: &str| {
            let known = known.iter().enumerate();
            closest_route(
                &method,
                path,
                known.map(|(n, (method, path))| (*method, *path, n)),
            )
        };
        assert_eq!(near(Method::GET, "/v3/p1/pipeline/pipeline"), Some(0));
        assert_eq!(near(Method::POST, "/v3/p1/pipeline/pipelines/"), Some(1));
        assert_eq!(near(Method::GET, "/v2/mesh/m1/releases"), Some(2));
        assert_eq!(
            near(Method::POST, "/v3/p1/cas/release-plans/x/excute"),
            Some(3)
        );
        assert_eq!(near(Method::GET, "/"), None);
        assert_eq!(near(Method::GET, "/v1/p1/clusters"), None);
        let long = format!("/v3/p1/pipeline/pipelines?{}", "x".repeat(600));
        assert_eq!(near(Method::GET, &long), None);
    }
}

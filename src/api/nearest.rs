//! What a request to a path that nobody has may have meant.

use axum::http::Method;

use crate::http::Operation;

/// How alike two paths must be, from 0 to 1.
const ALIKE: f64 = 0.85;

/// The operation whose path comes nearest, one of the method going before others.
#[must_use]
pub(super) fn nearest(method: &Method, path: &str) -> Option<&'static Operation> {
    let path = path.trim_end_matches('/');
    let scored = super::operations().filter_map(|operation| {
        let meant = filled(&operation.path, path);
        let alike = strsim::normalized_damerau_levenshtein(&meant, path);
        (alike >= ALIKE).then_some((alike, operation.method == method.as_str(), operation))
    });
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    best.map(|(.., operation)| operation)
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
        let near = |method, path| nearest(&method, path).map(|found| found.id.as_str());
        assert_eq!(
            near(Method::GET, "/v3/p1/pipeline/pipeline"),
            Some("ListPipelines")
        );
        assert_eq!(
            near(Method::POST, "/v3/p1/pipeline/pipelines/"),
            Some("CreatePipeline")
        );
        assert_eq!(
            near(Method::GET, "/v2/mesh/m1/releases"),
            Some("GetAllReleases")
        );
        assert_eq!(
            near(Method::POST, "/v3/p1/cas/release-plans/x/excute"),
            Some("ExecuteReleasePlan")
        );
        assert_eq!(near(Method::GET, "/"), None);
        assert_eq!(near(Method::GET, "/v1/p1/clusters"), None);
    }
}

//! The service's routing, which differs from that of `axum`: it goes by the decoded path, a parameter may be empty, and a
//! path that exists without its trailing slash is redirected.

use std::mem;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri};
use axum::response::IntoResponse;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::http::middleware::instrument::{SentUri, instrument};
use crate::http::response::ResponseFuture;
use crate::http::routes::Routes;
use crate::http::{Dialect, Operation, Rejection};

/// The path that a redirect of an unknown path leads to: the same without its last slash, if that is a path of the method.
/// Both are percent-decoded.
pub fn without_slash<'a>(
    mut operations: impl Iterator<Item = &'static Operation>,
    method: &Method,
    path: &'a str,
) -> Option<&'a str> {
    let shorter = path.strip_suffix('/')?;
    let exists = operations
        .any(|operation| operation.method == method.as_str() && fits(&operation.path, shorter));
    exists.then_some(shorter)
}

/// Returns true if a path fits a template. A parameter may be empty, as in the service's router.
fn fits(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = template.split('/').all(|expected| {
        let segment = segments.next();
        segment.is_some_and(|segment| expected.starts_with('{') || expected == segment)
    });
    fits && segments.next().is_none()
}

/// Serves a request whose path has escapes that the router would not see through, by these routes.
pub fn reroute<D: Dialect>(
    dialect: &D,
    routes: &Routes<D>,
    request: &mut Request,
) -> Option<ResponseFuture> {
    let path = request.uri().path();
    if !path.contains('%') {
        return None;
    }
    let plain = plain_path(path);
    if plain == path {
        return None;
    }
    let path_and_query = match request.uri().query() {
        Some(query) => format!("{plain}?{query}"),
        None => plain,
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(path_and_query).ok();
    let uri = Uri::from_parts(parts).ok()?;
    let sent_uri = mem::replace(request.uri_mut(), uri);
    request.extensions_mut().insert(SentUri(sent_uri));

    let of_unrouted = dialect.clone();
    let router = routes.mount(dialect.clone());
    let router = router.fallback(async move |request: Request| {
        let recorder = Arc::clone(of_unrouted.recorder());
        let refuse = async move |request: Request| {
            let (parts, _) = request.into_parts();
            let refusal = of_unrouted.unrouted(&parts, Rejection::NoRoute);
            refusal.into_response()
        };
        instrument(recorder, request, refuse).await
    });
    let request = mem::take(request);
    Some(Box::pin(async move {
        let answer = TowerToHyperService::new(router).call(request).await;
        answer.unwrap_or_else(|never| match never {})
    }))
}

/// A path without those escapes that it does not need. What is left decodes to the same.
fn plain_path(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let escaped = after.get(..2);
        let byte = escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if is_plain(byte) && !after.starts_with('+') => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            _ => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// Returns true for a character that a path may have without an escape.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::zadig::Zadig;
    use crate::world::family::Service;

    #[test]
    fn a_path_keeps_the_escapes_that_it_needs() {
        for (path, plain) in [
            ("/a%2Fb", "/a/b"),
            ("/%6b8s/%2e", "/k8s/."),
            ("/a%252Fb%20%3F%C3%9C", "/a%252Fb%20%3F%C3%9C"),
            ("/100%/%zz/%+1/%4", "/100%/%zz/%+1/%4"),
            ("/%e4%b8", "/%e4%b8"),
        ] {
            assert_eq!(plain_path(path), plain);
        }
    }

    #[test]
    fn a_path_is_redirected_to_one_of_its_own_method() {
        for (method, path, target) in [
            (
                "GET",
                "/openapi/delivery/releases/",
                Some("/openapi/delivery/releases"),
            ),
            (
                "GET",
                "/openapi/delivery/releases//",
                Some("/openapi/delivery/releases/"),
            ),
            ("DELETE", "/openapi/delivery/releases/", None),
            (
                "DELETE",
                "/openapi/delivery/releases//",
                Some("/openapi/delivery/releases/"),
            ),
            (
                "POST",
                "/openapi/delivery/releases/k8s/",
                Some("/openapi/delivery/releases/k8s"),
            ),
            ("POST", "/openapi/delivery/releases/x/", None),
            (
                "GET",
                "/openapi/environments/production/",
                Some("/openapi/environments/production"),
            ),
            ("GET", "/openapi/environments", None),
            ("GET", "/openapi/", None),
        ] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let operations = Zadig::routes().operations();
            let found = without_slash(operations, &method, path);
            assert_eq!(found, target, "{method} {path}");
        }
    }
}

//! The gate in front of the control plane.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Refusal, Unserved, is_page, judge};
#[cfg(feature = "cli")]
use crate::control::dashboard::sign_in;
use crate::http::context::add_hint;
use crate::http::cors::{CorsGrant, vary_by_origin};
use crate::http::head::MalformedHead;
use crate::http::middleware::instrument::instrument;
use crate::http::problem::Problem;
use crate::registry::World;

/// The scheme of the token.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"release-emulator\"");

/// Serves a request whose path the control plane has, if the caller may use it.
pub(in crate::control) async fn gate(
    State(world): State<World>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&world, &request) {
        Ok(passage) => {
            let mut response = next.run(request).await;
            passage.mark(response.headers_mut());
            response
        }
        Err(unserved) => {
            let recorder = Arc::clone(world.recorder());
            let answer = async move |request: Request| answer(&world, unserved, &request);
            instrument(recorder, request, answer).await
        }
    }
}

/// Answers a request with `serve` if the caller may use the control plane. For paths without a route, whose requests are
/// instrumented already.
pub(in crate::control) fn check(
    world: &World,
    request: &Request,
    serve: impl FnOnce() -> Response,
) -> Response {
    match admit(world, request) {
        Ok(passage) => {
            let mut response = serve();
            passage.mark(response.headers_mut());
            response
        }
        Err(unserved) => answer(world, unserved, request),
    }
}

/// The marks of the answer to a caller who may use the control plane.
struct Passage {
    grant: Option<CorsGrant>,
    depends_on_page: bool,
}

impl Passage {
    fn mark(self, headers: &mut HeaderMap) {
        if let Some(grant) = self.grant {
            grant.share(headers);
        }
        if self.depends_on_page {
            vary_by_origin(headers);
        }
    }
}

fn admit(world: &World, request: &Request) -> Result<Passage, Unserved> {
    let settings = world.settings();
    let public_url = settings.public_url.as_ref();
    // That of a further world has its port.
    let public_url = public_url.map(|_| world.base_url(request.headers()));
    let is_malformed = request.extensions().get::<MalformedHead>().is_some();
    let grant = match judge(&settings.control_access, public_url.as_ref(), request) {
        // It is refused as malformed, which says more.
        Err(Unserved::Refused(Refusal::Host(_))) if is_malformed => None,
        judged => judged?,
    };
    Ok(Passage {
        grant,
        depends_on_page: !settings.control_access.origins.is_empty(),
    })
}

/// The answer to a request that is not served.
fn answer(world: &World, unserved: Unserved, request: &Request) -> Response {
    let mut response = match unserved {
        Unserved::Preflight(grant) => grant.answer_preflight(request.headers()),
        Unserved::Refused(refusal) => refuse(&refusal, request),
    };
    if !world.settings().control_access.origins.is_empty() {
        vary_by_origin(response.headers_mut());
    }
    response
}

fn refuse(refusal: &Refusal, request: &Request) -> Response {
    add_hint(refusal.hint());
    let text = refusal.to_string();
    if *refusal != Refusal::Token {
        return Problem::Forbidden(text).into_response();
    }
    let page = sign_in(request, is_page(request.uri().path()));
    let mut response = page.unwrap_or_else(|| Problem::Unauthorized(text).into_response());
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, BEARER);
    response
}

/// A library without the dashboard has no page that asks for the token.
#[cfg(not(feature = "cli"))]
fn sign_in(_: &Request, _: bool) -> Option<Response> {
    None
}

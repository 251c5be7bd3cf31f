//! The dialect of a family: its credentials and its error bodies.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::evidence::error_row::ErrorRow;
use super::faults::effect::StubResponse;
use super::observe::Recorder;
use super::published::PublishedApi;
use super::response::ResponseFuture;
use super::{Authentication, Caller, Operation, Rejection};

/// A family's way to authenticate callers and to word refusals.
///
/// The state of a family's router implements it, so extractors get the dialect from the state and handlers need no
/// type parameter.
pub trait Dialect: Clone + Send + Sync + 'static {
    /// The family's error, with words for every [`Rejection`].
    type Error: From<Rejection> + IntoResponse + Send;

    /// True if the dialect is that of an emulated service, whose operations declare their evidence.
    const IS_EMULATED_SERVICE: bool = true;

    /// True if HEAD is answered like GET without a body; otherwise it is a wrong method.
    const HEAD_IS_GET: bool = true;

    /// True if the answer to a GET depends on nothing but its URL, the caller and the world, so that it can be kept until the
    /// world changes.
    const KEEPS_ANSWERS: bool = false;

    /// The maximum size of a request body: 12 MiB, the documented limit of the gateway.
    const MAX_BODY: usize = 12 << 20;

    /// The maximum size of the body of a request for that path.
    fn max_body(&self, _path: &str) -> usize {
        Self::MAX_BODY
    }

    /// The recorder of the world's requests.
    fn recorder(&self) -> &Arc<Recorder>;

    /// Authenticates the caller of a request by its head, as far as the credential does not cover the body.
    fn authenticate<'a>(&self, request: &'a Parts) -> Result<Authentication<'a>, Rejection>;

    /// Checks that the caller is allowed to use the operation. Families that need the body for this decide in their
    /// handlers.
    fn authorize(
        &self,
        caller: &Caller,
        operation: &Operation,
        _request: &Parts,
    ) -> Result<(), Rejection> {
        caller.authorize(operation)
    }

    /// The project, mesh or project key in the path, query or headers of a request.
    fn scope(&self, _request: &Parts) -> Option<String> {
        None
    }

    /// The same in the body, for operations that name it only there.
    fn scope_in_body(&self, _operation: &Operation, _body: &[u8]) -> Option<String> {
        None
    }

    /// The response of an injected fault, in the family's words.
    fn fault(&self, _answer: &StubResponse) -> Response {
        Self::Error::from(Rejection::Internal).into_response()
    }

    /// Adds the service's own headers to a response.
    fn add_headers(headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// The errors of the family, those of its gateway included.
    fn error_rows() -> Vec<ErrorRow> {
        Vec::new()
    }

    /// The published OpenAPI document of the family.
    fn published() -> &'static PublishedApi;

    /// True if a request that is no read may change what is kept on disk.
    fn stores(&self, _request: &Parts) -> bool {
        true
    }

    /// Serves a request by another route than that of its path as it was sent, and takes it then.
    fn reroute(&self, _request: &mut Request) -> Option<ResponseFuture> {
        None
    }

    /// Refuses a request that no route accepts ([`Rejection::NoRoute`], [`Rejection::WrongMethod`]). Families whose
    /// gateway checks the credential first do so here.
    fn unrouted(&self, _request: &Parts, rejection: Rejection) -> Self::Error {
        rejection.into()
    }
}

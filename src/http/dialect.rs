//! A family's dialect: its callers are recognised and its refusals worded by it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;

use super::faults::rules::StubResponse;
use super::observe::Recorder;
use super::{Caller, Operation, Rejection};

/// The voice of a family: how it recognises its callers and words its refusals.
///
/// The state of a family's router implements it, so extractors learn the dialect from the state and
/// handlers carry no type parameter.
pub trait Dialect: Clone + Send + Sync + 'static {
    /// The family's error, which says every [`Rejection`] in the family's own words.
    type Error: From<Rejection> + IntoResponse + Send;

    /// True if it is the dialect of an emulated service, whose operations declare how they are known.
    const IS_EMULATED_SERVICE: bool = true;

    /// True if HEAD is answered as GET without a body; otherwise it is a wrong method.
    const HEAD_IS_GET: bool = true;

    /// The most a request body may hold, in bytes: 12 MiB, the documented limit of the gateway.
    const MAX_BODY: usize = 12 << 20;

    /// What notices the requests of the world.
    fn recorder(&self) -> &Arc<Recorder>;

    /// True if the request's credential covers its body, which is then read before the caller is recognised,
    /// and so its size is looked at first.
    fn signs_body(&self, request: &Parts) -> bool {
        let _ = request;
        false
    }

    /// Recognises who calls by what the request says of itself. The body is empty unless the credential
    /// covers it.
    fn authenticate(&self, request: &Parts, body: &Bytes) -> Result<Caller, Rejection>;

    /// True if the caller may use the operation. A family that must look at more than the request's head
    /// allows it here and decides in its handlers.
    fn authorize(
        &self,
        caller: &Caller,
        operation: &Operation,
        request: &Parts,
    ) -> Result<(), Rejection> {
        let _ = request;
        caller.authorize(operation)
    }

    /// The project, mesh or project key that a request names in its head.
    fn scope(&self, request: &Parts) -> Option<String> {
        let _ = request;
        None
    }

    /// Answers in place of the service, in the family's words: what a fault asks for.
    fn fault(&self, answer: &StubResponse) -> Response {
        let _ = answer;
        Self::Error::from(Rejection::Internal).into_response()
    }

    /// Adds to the family's part of the OpenAPI document what the gate does to every operation: the
    /// credential it asks for, and its refusals.
    fn declare(api: &mut OpenApi) {
        let _ = api;
    }

    /// Refuses a request that no route takes ([`Rejection::NoRoute`], [`Rejection::WrongMethod`]). A family
    /// whose gateway looks at the credential first does so here.
    fn unrouted(&self, request: &Parts, why: Rejection) -> Self::Error {
        let _ = request;
        why.into()
    }
}

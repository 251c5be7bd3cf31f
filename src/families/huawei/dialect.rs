//! The dialect of the Huawei services. They share a gateway; their errors and the place of the project id differ.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::authenticate::{authenticate, authorize, check_named_project};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::observe::Recorder;
use crate::http::published::PublishedApi;
use crate::http::{Authentication, Caller, Dialect, Operation, Rejection};
use crate::world::handle::Handle;

/// A service behind the gateway. Every implementor speaks the gateway's [`Dialect`].
pub trait HuaweiService: Clone + Send + Sync + 'static {
    /// The family's table.
    type Table: 'static;

    /// The family's error.
    type Error: From<Rejection> + IntoResponse + Send;

    /// False if answers depend on headers or on the instant itself, and not only on the URL, the caller and the world.
    const KEEPS_ANSWERS: bool = true;

    /// The handle on the family's table.
    fn handle(&self) -> &Handle<Self::Table>;

    /// The project of a request, as its path or headers spell it.
    fn project<'a>(request: &'a Parts, caller: &'a Caller) -> Option<&'a str>;

    /// Checks that the caller may use the operation in the project of the request.
    fn authorize(caller: &Caller, operation: &Operation, request: &Parts) -> Result<(), Rejection> {
        authorize(caller, operation, Self::project(request, caller))
    }

    /// The project or mesh of a request, for the journal and for faults.
    fn scope(request: &Parts) -> Option<String>;

    /// The response to an injected fault, in the family's format.
    fn fault(answer: &StubResponse) -> Response;

    /// The caller, if the request needs no credential.
    fn anonymous(request: &Parts) -> Option<Caller> {
        let _ = request;
        None
    }

    /// Adds the service's own headers to a response.
    fn add_headers(headers: &mut HeaderMap) {
        let _ = headers;
    }

    /// The errors of the service's own.
    fn error_rows() -> Vec<ErrorRow>;

    /// The published OpenAPI document of the service.
    fn published() -> &'static PublishedApi;

    /// The refusal of a request without a route.
    fn unrouted(request: &Parts, why: Rejection) -> Self::Error {
        let _ = request;
        why.into()
    }
}

impl<S: HuaweiService> Dialect for S {
    type Error = <S as HuaweiService>::Error;

    const KEEPS_ANSWERS: bool = <S as HuaweiService>::KEEPS_ANSWERS;

    fn recorder(&self) -> &Arc<Recorder> {
        self.handle().recorder()
    }

    fn authenticate<'a>(&self, request: &'a Parts) -> Result<Authentication<'a>, Rejection> {
        match S::anonymous(request) {
            Some(caller) => Ok(Authentication::Done(caller)),
            None => authenticate(self.handle(), request),
        }
    }

    fn authorize(
        &self,
        caller: &Caller,
        operation: &Operation,
        request: &Parts,
    ) -> Result<(), Rejection> {
        let project = S::project(request, caller);
        check_named_project(
            self.handle().settings(),
            caller,
            operation,
            project,
            request,
        )?;
        <S as HuaweiService>::authorize(caller, operation, request)
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        <S as HuaweiService>::scope(request)
    }

    fn fault(&self, answer: &StubResponse) -> Response {
        <S as HuaweiService>::fault(answer)
    }

    fn add_headers(headers: &mut HeaderMap) {
        <S as HuaweiService>::add_headers(headers);
    }

    fn error_rows() -> Vec<ErrorRow> {
        let mut rows = <S as HuaweiService>::error_rows();
        rows.extend(super::error::ROWS);
        rows
    }

    fn published() -> &'static PublishedApi {
        <S as HuaweiService>::published()
    }

    fn unrouted(&self, request: &Parts, why: Rejection) -> Self::Error {
        <S as HuaweiService>::unrouted(request, why)
    }
}

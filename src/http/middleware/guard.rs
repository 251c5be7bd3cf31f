//! The guard: authentication, authorization and fault injection in front of every handler.
//!
//! It refuses a request in the words of the handler's [`Dialect`], so a wrong token is answered with the documented error
//! body of the service. The checks run in the order of the gateway:
//!
//! 0. the head as such,
//! 1. the path and the method,
//! 2. the credential; if that is the signature of a known key, first the declared size, since the body is signed,
//! 3. injected faults, which hit requests with a wrong credential too,
//! 4. the permission for the operation,
//! 5. the declared size.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::sleep;

use super::instrument::instrument;
use crate::http::context::{add_hint, with_details};
use crate::http::extract::read_body;
use crate::http::faults::apply::complete;
use crate::http::faults::injection::InjectedFault;
use crate::http::faults::rules::RequestInfo;
use crate::http::route_spec::RouteSpec;
use crate::http::{Authentication, Caller, Dialect, Operation, Rejection};

pub type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler without its argument types, so that [`serve`] is compiled once per dialect instead of once per handler.
type BoxedHandler<D> = Box<dyn FnOnce(Request, D) -> ResponseFuture + Send>;

/// A handler with [`instrument`] and the guard around it.
///
/// This is a handler and not a `tower::Layer`, because a layer would clone and box a service for every request.
#[derive(Clone)]
pub struct Guarded<H, D: 'static> {
    pub handler: H,
    /// The declarations of the path.
    pub route_spec: &'static RouteSpec<D>,
}

/// A marker that keeps the [`Handler`] implementation of [`Guarded`] apart from those of functions.
pub struct Guard;

impl<H, T, D> Handler<(Guard, T), D> for Guarded<H, D>
where
    H: Handler<T, D, Future = ResponseFuture>,
    T: 'static,
    D: Dialect,
{
    type Future = ResponseFuture;

    fn call(self, request: Request, dialect: D) -> ResponseFuture {
        let handler: BoxedHandler<D> =
            Box::new(|request, dialect| self.handler.call(request, dialect));
        Box::pin(serve(self.route_spec, dialect, request, handler))
    }
}

async fn serve<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: D,
    request: Request,
    handler: BoxedHandler<D>,
) -> Response {
    let recorder = Arc::clone(dialect.recorder());
    let guarded = async move |request| {
        let mut response = guard(route_spec, dialect, request, handler).await;
        D::add_headers(response.headers_mut());
        response
    };
    instrument(recorder, request, guarded).await
}

/// A handler that refuses every method.
#[derive(Clone)]
pub struct WrongMethod<D: 'static>(pub &'static RouteSpec<D>);

impl<D: Dialect> Handler<(), D> for WrongMethod<D> {
    type Future = ResponseFuture;

    fn call(self, request: Request, dialect: D) -> ResponseFuture {
        let (parts, _) = request.into_parts();
        Box::pin(async move { wrong_method(self.0, &dialect, &parts).into_response() })
    }
}

fn wrong_method<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: &D,
    parts: &Parts,
) -> D::Error {
    if let Some(rejection) = Rejection::of_head(&parts.extensions) {
        return rejection.into();
    }
    route_spec.hint_at_methods();
    dialect.unrouted(parts, Rejection::WrongMethod)
}

/// Runs the handler if the request is admitted. A panic becomes the family's internal error.
async fn guard<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: D,
    request: Request,
    handler: BoxedHandler<D>,
) -> Response {
    let response = AssertUnwindSafe(admit(route_spec, dialect, request, handler))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Rejection::Internal.into()));
    response.unwrap_or_else(IntoResponse::into_response)
}

async fn admit<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: D,
    request: Request,
    handler: BoxedHandler<D>,
) -> Result<Response, D::Error> {
    if let Some(rejection) = Rejection::of_head(request.extensions()) {
        return Err(rejection.into());
    }
    let (parts, body) = request.into_parts();
    let operation = identify_operation(route_spec, &dialect, &parts)?;
    let is_too_large = declared_size(&parts, &body) > D::MAX_BODY as u64;
    let (caller, body) = match dialect.authenticate(&parts) {
        Ok(Authentication::Done(caller)) => (Ok(caller), body),
        Ok(Authentication::AwaitsBody(_)) if is_too_large => return Err(Rejection::TooLarge.into()),
        Ok(Authentication::AwaitsBody(signature)) => {
            let body = read_body(body, D::MAX_BODY).await?;
            (signature.verify(&parts, &body), body.into())
        }
        Err(rejection) => (Err(rejection), body),
    };
    let fault = operation
        .and_then(|operation| inject_fault(&dialect, operation, caller.as_ref().ok(), &parts))
        .unwrap_or_default();
    if !fault.delay.is_zero() {
        sleep(fault.delay).await;
    }
    if let Some(stub_response) = fault.effect.stub_response() {
        with_details(|details| details.fault_effect = fault.effect);
        return Ok(complete(dialect.fault(&stub_response)));
    }
    let caller = caller?;
    if let Some(operation) = operation {
        // Before the permission, since a message about a missing permission would hide the mistake.
        if has_project_placeholder(parts.uri.path()) {
            return Err(Rejection::NoProject.into());
        }
        dialect.authorize(&caller, operation, &parts)?;
    }
    if is_too_large {
        return Err(Rejection::TooLarge.into());
    }
    let request_schema = route_spec.request_schema(&parts.method);
    let declared_evidence = route_spec.evidence(&parts.method);
    with_details(|details| {
        details.request_schema = request_schema;
        details.declared_evidence = declared_evidence;
        details.fault_effect = fault.effect;
        details.authorized = Some(caller);
    });
    Ok(handler(Request::from_parts(parts, body), dialect).await)
}

/// The operation of a request. Requests that the router accepts and no service would are refused.
fn identify_operation<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: &D,
    parts: &Parts,
) -> Result<Option<&'static Operation>, D::Error> {
    // The router takes an empty segment for a parameter; no service does.
    if parts.uri.path().contains("//") {
        add_hint("the path has an empty segment, where an id may be missing".to_owned());
        return Err(dialect.unrouted(parts, Rejection::NoRoute));
    }
    if parts.method == Method::HEAD && !D::HEAD_IS_GET {
        return Err(wrong_method(route_spec, dialect, parts));
    }
    let operation = route_spec.operation(&parts.method);
    if operation.is_some() {
        let scope = dialect.scope(parts);
        with_details(|details| {
            details.operation = operation;
            details.scope = scope;
        });
    }
    Ok(operation)
}

/// Selects the fault that hits a request, and records it with the caller.
fn inject_fault<D: Dialect>(
    dialect: &D,
    operation: &Operation,
    caller: Option<&Caller>,
    parts: &Parts,
) -> Option<InjectedFault> {
    let fault = dialect.recorder().faults.evaluate(&RequestInfo {
        family: &operation.family,
        operation: &operation.id,
        method: parts.method.as_str(),
        path: parts.uri.path(),
        caller: caller.map(|caller| &*caller.name),
    });
    with_details(|details| {
        details.caller = caller.map(|caller| caller.name.clone());
        details.fault = fault.as_ref().map(|fault| fault.id.clone());
    });
    fault
}

/// The size of the body by its headers; 0 if they do not tell it.
fn declared_size(parts: &Parts, body: &Body) -> u64 {
    let header = parts.headers.get(header::CONTENT_LENGTH);
    let length = header.and_then(|value| value.to_str().ok()?.parse().ok());
    length.unwrap_or_else(|| body.size_hint().lower())
}

/// True if a path has the placeholder `{project_id}` of the documentation in place of an id.
fn has_project_placeholder(path: &str) -> bool {
    // Two quick searches rule out nearly every path before it is copied.
    path.contains('{') && path.contains("/{project_id}/")
        || path.contains('%') && path.to_ascii_lowercase().contains("/%7bproject_id%7d/")
}

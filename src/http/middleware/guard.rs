//! The gate before every handler: what is refused before it runs, in the family's own words; and what becomes of
//! all that is answered.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::sleep;

use super::instrument::instrument;
use crate::http::context::{RequestContext, add_hint};
use crate::http::extract::whole;
use crate::http::faults::rules::{RequestInfo, ResponseFault};
use crate::http::route_spec::RouteSpec;
use crate::http::{Dialect, Operation, Rejection};

/// An answer under way.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler whatever its arguments are.
type BoxedHandler<D> = Box<dyn FnOnce(Request, D) -> ResponseFuture + Send>;

/// A handler behind the gate. It is no layer: those clone and box at each request what is fixed here once.
pub struct Guarded<H, D: 'static> {
    handler: H,
    /// What is declared of the path; absent: there is no gate, and all are let through.
    route_spec: Option<&'static RouteSpec<D>>,
}

impl<H: Clone, D> Clone for Guarded<H, D> {
    fn clone(&self) -> Self {
        Self {
            handler: self.handler.clone(),
            ..*self
        }
    }
}

impl<H, D> Guarded<H, D> {
    /// Puts a handler behind the gate of a path of which that is declared.
    #[must_use]
    pub fn new(handler: H, route_spec: &'static RouteSpec<D>) -> Self {
        Self {
            handler,
            route_spec: Some(route_spec),
        }
    }
}

impl<D> Guarded<WrongMethod<D>, D> {
    /// Refuses the methods that a path does not have, before the credential is looked at.
    #[must_use]
    pub fn wrong_method(route_spec: &'static RouteSpec<D>) -> Self {
        Self {
            handler: WrongMethod(route_spec),
            route_spec: None,
        }
    }
}

/// Tells the [`Handler`] of [`Guarded`] from those of functions.
pub struct Guard;

impl<H, T, D> Handler<(Guard, T), D> for Guarded<H, D>
where
    H: Handler<T, D, Future = ResponseFuture>,
    T: 'static,
    D: Dialect,
{
    type Future = ResponseFuture;

    fn call(self, request: Request, dialect: D) -> ResponseFuture {
        let Self {
            handler,
            route_spec,
        } = self;
        let handler: BoxedHandler<D> = Box::new(|request, dialect| handler.call(request, dialect));
        Box::pin(serve(route_spec, dialect, request, handler))
    }
}

/// Serves a request, past the gate if there is one. There is one of these for each dialect, not for each handler.
async fn serve<D: Dialect>(
    route_spec: Option<&'static RouteSpec<D>>,
    dialect: D,
    request: Request,
    handler: BoxedHandler<D>,
) -> Response {
    let recorder = Arc::clone(dialect.recorder());
    let pass = async move |request| match route_spec {
        Some(route_spec) => pass(route_spec, dialect, request, handler).await,
        None => handler(request, dialect).await,
    };
    instrument(recorder, request, pass).await
}

/// Refuses a method that the path does not have.
pub struct WrongMethod<D: 'static>(pub &'static RouteSpec<D>);

impl<D> Clone for WrongMethod<D> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

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
    if let Some(context) = parts.extensions.get::<RequestContext>() {
        route_spec.tell_methods(context);
    }
    dialect.unrouted(parts, Rejection::WrongMethod)
}

/// Lets a request through to its handler, or refuses it. A panic of either is an answer too.
async fn pass<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: D,
    request: Request,
    handler: BoxedHandler<D>,
) -> Response {
    let passed = async move {
        match admit(route_spec, &dialect, request).await {
            Ok(Admitted::Request(request, None)) => handler(request, dialect).await,
            Ok(Admitted::Request(request, Some(response_fault))) => {
                let mut response = handler(request, dialect).await;
                response.extensions_mut().insert(response_fault);
                response
            }
            Ok(Admitted::Faulted(response)) => response,
            Err(error) => error.into_response(),
        }
    };
    let passed = AssertUnwindSafe(passed).catch_unwind().await;
    passed.unwrap_or_else(|_| D::Error::from(Rejection::Internal).into_response())
}

/// What becomes of a request at the gate, if it is not refused.
enum Admitted {
    /// It goes on to its handler; a fault may want something of the answer.
    Request(Request, Option<ResponseFault>),
    /// A fault answered it.
    Faulted(Response),
}

/// The checks before the service's own, in the gateway's order. A body that the credential covers is read on
/// the way, and passed on as it was. A fault strikes as soon as it is known who calls, or that it cannot be.
async fn admit<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: &D,
    request: Request,
) -> Result<Admitted, D::Error> {
    let (parts, body) = request.into_parts();
    let Some(context) = parts.extensions.get::<RequestContext>() else {
        // Whoever calls the gate has noted something already.
        return Err(Rejection::Internal.into());
    };
    let operation = identify_operation(route_spec, dialect, &parts, context)?;
    let is_large = declared_size(&parts, &body) > D::MAX_BODY as u64;
    let (body, covered) = if dialect.signs_body(&parts) {
        if is_large {
            return Err(Rejection::TooLarge.into());
        }
        let covered = whole(body, D::MAX_BODY).await?;
        (Body::from(covered.clone()), covered)
    } else {
        (body, Bytes::new())
    };
    let caller = dialect.authenticate(&parts, &covered);
    let injected = operation.and_then(|operation| {
        let caller = caller.as_ref().ok().map(|caller| &caller.name);
        if let Some(caller) = caller {
            context.caller(caller.clone());
        }
        let injected = dialect.recorder().faults.evaluate(&RequestInfo {
            family: &operation.family,
            operation: &operation.id,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            caller: caller.map(|name| &**name),
        })?;
        context.fault(&injected.rule);
        Some(injected)
    });
    let response_fault = match injected {
        None => None,
        Some(injected) => {
            if !injected.delay.is_zero() {
                sleep(injected.delay).await;
            }
            let response_fault = injected
                .response_fault
                .is_any()
                .then_some(injected.response_fault);
            if let Some(answer) = injected.answer {
                let mut response = dialect.fault(&answer);
                if let Some(response_fault) = response_fault {
                    response.extensions_mut().insert(response_fault);
                }
                return Ok(Admitted::Faulted(response));
            }
            response_fault
        }
    };
    let caller = caller?;
    if let Some(operation) = operation {
        let path = parts.uri.path();
        // Before the permission: that no credential is for this project would be true, but beside the point.
        if names_no_project(path) {
            return Err(Rejection::NoProject.into());
        }
        dialect.authorize(&caller, operation, &parts)?;
    }
    if is_large {
        return Err(Rejection::TooLarge.into());
    }
    if let Some(request_schema) = route_spec.request_schema(&parts.method) {
        context.request_schema(request_schema);
    }
    context.admit(caller);
    Ok(Admitted::Request(
        Request::from_parts(parts, body),
        response_fault,
    ))
}

/// True if a path has the document's own placeholder where a project's id should be.
fn names_no_project(path: &str) -> bool {
    // Nearly no path has either character, and to look for one takes next to no time.
    path.contains('{') && path.contains("/{project_id}/")
        || path.contains('%') && path.to_ascii_lowercase().contains("/%7bproject_id%7d/")
}

/// The operation that a request is for, which is noted. What the router takes for a route and no service would
/// is refused.
fn identify_operation<D: Dialect>(
    route_spec: &'static RouteSpec<D>,
    dialect: &D,
    parts: &Parts,
    context: &RequestContext,
) -> Result<Option<&'static Operation>, D::Error> {
    // The router lets an empty segment stand for a parameter; no service does.
    if parts.uri.path().contains("//") {
        add_hint("the path has an empty segment, where an id may be missing".to_owned());
        return Err(dialect.unrouted(parts, Rejection::NoRoute));
    }
    if parts.method == Method::HEAD && !D::HEAD_IS_GET {
        return Err(wrong_method(route_spec, dialect, parts));
    }
    let operation = route_spec.operation(&parts.method);
    if let Some(operation) = operation {
        context.serve(operation);
        if let Some(scope) = dialect.scope(parts) {
            context.scope(scope);
        }
    }
    Ok(operation)
}

/// The size the request says its body has; 0 if it does not say.
fn declared_size(parts: &Parts, body: &Body) -> u64 {
    let header = parts.headers.get(header::CONTENT_LENGTH);
    let said = header.and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or_else(|| body.size_hint().lower())
}

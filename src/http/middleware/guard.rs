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
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{Extensions, Method};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::sleep;

use super::fault::{alter_answer, inject_fault};
use super::instrument::instrument;
use super::kept_answer::{check, keep};
use super::request_body::{BodyLimits, declared_size, decode};
use crate::http::answers::{Asked, Question, ReadStamp};
use crate::http::body::{self, LEAST_HELD, collect};
use crate::http::context::{self, add_hint, with_details};
use crate::http::durability::Durability;
use crate::http::faults::alter::complete;
use crate::http::replay::{Replayed, RequestCommand};
use crate::http::response::ResponseFuture;
use crate::http::route_spec::RouteSpec;
use crate::http::{Authentication, Caller, Dialect, Operation, Rejection};
use crate::sim::memory::Memory;
use crate::storage::NotStored;

/// A handler without its own type, so that the guard and what axum puts around it are compiled once per dialect instead
/// of once per handler.
type SharedHandler<D> = Arc<dyn Fn(Request, D) -> ResponseFuture + Send + Sync>;

/// A handler with [`instrument`] and the guard around it.
///
/// This is a handler and not a `tower::Layer`, because a layer would clone and box a service for every request.
#[derive(Clone)]
pub struct Guarded<D: 'static> {
    handler: SharedHandler<D>,
    /// The declarations of the path.
    route_spec: &'static RouteSpec,
}

impl<D: Dialect> Guarded<D> {
    /// Puts the guard around the handler of a path.
    pub fn new<H, T>(handler: H, route_spec: &'static RouteSpec) -> Self
    where
        H: Handler<T, D, Future = ResponseFuture>,
    {
        Self {
            handler: Arc::new(move |request, dialect| handler.clone().call(request, dialect)),
            route_spec,
        }
    }
}

/// A marker that keeps the [`Handler`] implementation of [`Guarded`] apart from those of functions.
pub struct Guard;

impl<D: Dialect> Handler<(Guard,), D> for Guarded<D> {
    type Future = ResponseFuture;

    fn call(self, mut request: Request, dialect: D) -> ResponseFuture {
        if let Some(answer) = dialect.reroute(&mut request) {
            return answer;
        }
        if let Some(replayed) = request.extensions_mut().remove::<Replayed>() {
            return Box::pin(replay(
                self.route_spec,
                dialect,
                request,
                self.handler,
                replayed,
            ));
        }
        Box::pin(serve(self.route_spec, dialect, request, self.handler))
    }
}

async fn serve<D: Dialect>(
    route_spec: &'static RouteSpec,
    dialect: D,
    request: Request,
    handler: SharedHandler<D>,
) -> Response {
    let recorder = Arc::clone(dialect.recorder());
    let guarded = async move |request| {
        let recorder = Arc::clone(dialect.recorder());
        let response = guard(route_spec, dialect, request, handler).await;
        let response = hold_answer(response, &recorder.memory).await;
        let busy = || D::Error::from(Rejection::Busy).into_response();
        let mut response = response.unwrap_or_else(busy);
        D::add_headers(response.headers_mut());
        response
    };
    instrument(recorder, request, guarded).await
}

/// Runs a request again, which was admitted before.
async fn replay<D: Dialect>(
    route_spec: &'static RouteSpec,
    dialect: D,
    request: Request,
    handler: SharedHandler<D>,
    replayed: Replayed,
) -> Response {
    let serve = async move {
        let (parts, body) = request.into_parts();
        identify_operation(route_spec, &dialect, &parts)?;
        with_details(|details| {
            details.authorized = Some(replayed.caller);
            details.command = replayed.command.map(RequestCommand::kept);
        });
        Ok(handler(Request::from_parts(parts, body), dialect).await)
    };
    let serve = AssertUnwindSafe(serve).catch_unwind();
    let (answer, _) = context::scope(String::new(), None, serve).await;
    let answer: Result<Response, D::Error> =
        answer.unwrap_or_else(|_| Err(Rejection::Internal.into()));
    answer.unwrap_or_else(IntoResponse::into_response)
}

/// Counts a large answer as long as it has not been sent; `None` if there is no room for it.
async fn hold_answer(response: Response, memory: &Memory) -> Option<Response> {
    if response.body().size_hint().lower() < LEAST_HELD as u64 {
        return Some(response);
    }
    let (head, body) = response.into_parts();
    // The body is complete in memory, so this does not wait.
    let body = collect(body).await.unwrap_or_default();
    let body = body::hold_answer(body, memory)?;
    Some(Response::from_parts(head, body.into()))
}

/// A handler that refuses every method.
#[derive(Clone)]
pub struct WrongMethod(pub &'static RouteSpec);

impl<D: Dialect> Handler<(), D> for WrongMethod {
    type Future = ResponseFuture;

    fn call(self, request: Request, dialect: D) -> ResponseFuture {
        let (parts, _) = request.into_parts();
        Box::pin(async move { wrong_method(self.0, &dialect, &parts).into_response() })
    }
}

/// The refusal of a malformed head. That of another protocol is noted for the log.
fn refuse_head(extensions: &Extensions) -> Option<Rejection> {
    let rejection = Rejection::of_head(extensions)?;
    if let Rejection::MalformedHead(malformed) = &rejection {
        let is_other_protocol = malformed.is_other_protocol;
        with_details(|details| details.is_other_protocol = is_other_protocol);
    }
    Some(rejection)
}

fn wrong_method<D: Dialect>(
    route_spec: &'static RouteSpec,
    dialect: &D,
    parts: &Parts,
) -> D::Error {
    if let Some(rejection) = refuse_head(&parts.extensions) {
        return rejection.into();
    }
    route_spec.hint_at_methods();
    dialect.unrouted(parts, Rejection::WrongMethod)
}

/// Runs the handler if the request is admitted. A panic becomes the family's internal error.
async fn guard<D: Dialect>(
    route_spec: &'static RouteSpec,
    dialect: D,
    request: Request,
    handler: SharedHandler<D>,
) -> Response {
    let response = AssertUnwindSafe(admit(route_spec, dialect, request, handler))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            with_details(|details| details.has_failed = true);
            Err(Rejection::Internal.into())
        });
    response.unwrap_or_else(IntoResponse::into_response)
}

async fn admit<D: Dialect>(
    route_spec: &'static RouteSpec,
    dialect: D,
    request: Request,
    handler: SharedHandler<D>,
) -> Result<Response, D::Error> {
    if let Some(rejection) = refuse_head(request.extensions()) {
        return Err(rejection.into());
    }
    let (parts, body) = request.into_parts();
    let operation = identify_operation(route_spec, &dialect, &parts)?;
    let recorder = Arc::clone(dialect.recorder());
    let limits = BodyLimits {
        most: dialect.max_body(parts.uri.path()),
        memory: &recorder.memory,
    };
    let is_too_large = declared_size(&parts, &body) > limits.most as u64;
    let (caller, body) = match dialect.authenticate(&parts) {
        Ok(Authentication::Done(caller)) => (Ok(caller), body),
        Ok(Authentication::AwaitsBody(_)) if is_too_large => return Err(Rejection::TooLarge.into()),
        Ok(Authentication::AwaitsBody(signature)) => {
            let body = limits.read(body).await?;
            (signature.verify(&parts, &body), body.into())
        }
        Err(rejection) => (Err(rejection), body),
    };
    // The bytes of a refused caller, or of too large a body, stay as they are.
    let (body, body_fault) = if caller.is_ok() && !is_too_large {
        decode(&parts, body, limits).await
    } else {
        (body, None)
    };
    let (fault, body) = match operation {
        Some(operation) => {
            let caller = caller.as_ref().ok();
            let limits = (!is_too_large).then_some(limits);
            inject_fault(&dialect, operation, caller, &parts, body, limits).await?
        }
        None => (None, body),
    };
    let admission = Admission {
        route_spec,
        operation,
        caller,
        is_too_large,
        body_fault,
    };
    let mut stub_response = None;
    if let Some(fault) = &fault {
        stub_response = fault.effect.stub_response();
        if !fault.delay.is_zero() {
            sleep(fault.delay).await;
        }
    }
    let response = if let Some(stub_response) = stub_response {
        complete(dialect.fault(&stub_response))
    } else {
        let served = admission.proceed(dialect, parts, body, handler).await;
        served.unwrap_or_else(IntoResponse::into_response)
    };
    match fault {
        Some(fault) if fault.effect.alters_answer() => {
            Ok(Box::pin(alter_answer(response, fault, recorder)).await)
        }
        _ => Ok(response),
    }
}

/// A request whose operation, caller and faults are known.
struct Admission {
    route_spec: &'static RouteSpec,
    operation: Option<&'static Operation>,
    caller: Result<Caller, Rejection>,
    is_too_large: bool,
    /// The reason that the body cannot be unpacked.
    body_fault: Option<Rejection>,
}

impl Admission {
    /// Checks what is left to check, and runs the handler.
    async fn proceed<D: Dialect>(
        self,
        dialect: D,
        parts: Parts,
        body: Body,
        handler: SharedHandler<D>,
    ) -> Result<Response, D::Error> {
        let caller = self.caller?;
        if let Some(operation) = self.operation {
            // Before the permission, since a message about a missing permission would hide the mistake.
            if has_project_placeholder(parts.uri.path()) {
                return Err(Rejection::NoProject.into());
            }
            dialect.authorize(&caller, operation, &parts)?;
        }
        if self.is_too_large {
            return Err(Rejection::TooLarge.into());
        }
        if let Some(rejection) = self.body_fault {
            return Err(rejection.into());
        }
        let request_schema = self.route_spec.request_schema(&parts.method);
        let declared_evidence = self.route_spec.evidence(&parts.method);
        let keeps = dialect.recorder().keeps_command(&parts.method);
        let name = self.route_spec.name(&parts.method).filter(|_| keeps);
        let command = name.map(|name| {
            let scope = with_details(|details| details.scope.clone()).flatten();
            RequestCommand::new(&parts, name, scope, &caller)
        });
        let is_kept = D::KEEPS_ANSWERS
            && parts.method == Method::GET
            && body.is_end_stream()
            && command.is_none()
            && dialect.recorder().answers.is_on();
        let asked = is_kept.then(|| {
            let recorder = dialect.recorder();
            let question = Question::new(&parts, &caller);
            recorder.answers.ask(question, &recorder.clock)
        });
        with_details(|details| {
            details.command = command;
            details.request_schema = request_schema;
            details.declared_evidence = declared_evidence;
            details.authorized = Some(caller);
            // The credential was looked up too.
            details.read_stamp = ReadStamp::default();
        });
        match asked {
            Some(Asked::Answered(answer)) => {
                if cfg!(debug_assertions) {
                    let request = Request::from_parts(parts, body);
                    check(&answer, handler(request, dialect).await).await;
                }
                let evidence = answer.evidence.clone();
                with_details(|details| {
                    details.kept_evidence = evidence;
                    if answer.has_known_query {
                        // It was checked when the answer was kept.
                        details.request_schema = None;
                    }
                });
                return Ok(answer.response());
            }
            Some(Asked::Again(question)) => {
                let recorder = Arc::clone(dialect.recorder());
                let response = handler(Request::from_parts(parts, body), dialect).await;
                return Ok(Box::pin(keep(response, &recorder, question)).await);
            }
            Some(Asked::First) | None => {}
        }
        if dialect.recorder().durability().is_none() || !dialect.stores(&parts) {
            return Ok(handler(Request::from_parts(parts, body), dialect).await);
        }
        Box::pin(store(dialect, parts, body, handler)).await
    }
}

/// Runs the handler of a request whose command is stored on disk: there is room for it before, and it is there before the
/// answer.
async fn store<D: Dialect>(
    dialect: D,
    parts: Parts,
    body: Body,
    handler: SharedHandler<D>,
) -> Result<Response, D::Error> {
    let recorder = Arc::clone(dialect.recorder());
    let not_stored = |reason: NotStored| {
        let reason = reason.to_string();
        add_hint(Rejection::not_stored_hint(&reason));
        Rejection::NotStored(reason)
    };
    let durability = recorder.durability();
    let room = match durability.zip(Durability::room_for(&parts, &body)) {
        Some((durability, bytes)) => Some(durability.reserve(bytes).await.map_err(not_stored)?),
        None => None,
    };
    let response = handler(Request::from_parts(parts, body), dialect).await;
    if let Some(durability) = durability.filter(|_| room.is_some()) {
        durability.commit().await.map_err(not_stored)?;
    }
    Ok(response)
}

/// The operation of a request. Requests that the router accepts and no service would are refused.
fn identify_operation<D: Dialect>(
    route_spec: &'static RouteSpec,
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
            details.is_get = parts.method == Method::GET;
            details.scope = scope;
        });
    }
    Ok(operation)
}

/// True if a path has the placeholder `{project_id}` of the documentation in place of an id.
fn has_project_placeholder(path: &str) -> bool {
    // Two quick searches rule out nearly every path before it is copied.
    path.contains('{') && path.contains("/{project_id}/")
        || path.contains('%') && path.to_ascii_lowercase().contains("/%7bproject_id%7d/")
}

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

use super::declared::Declared;
use super::extract::whole;
use super::finish::finish;
use super::notes::Notes;
use super::watch::faults::{Hit, Mangle};
use super::{Dialect, Operation, Rejection};

/// An answer under way.
pub type Served = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler whatever its arguments are.
type Handling<D> = Box<dyn FnOnce(Request, D) -> Served + Send>;

/// A handler behind the gate. It is no layer: those clone and box at each request what is fixed here once.
pub struct Gated<H, D: 'static> {
    handler: H,
    /// What is declared of the path; absent: there is no gate, and all are let through.
    declared: Option<&'static Declared<D>>,
}

impl<H: Clone, D> Clone for Gated<H, D> {
    fn clone(&self) -> Self {
        Self {
            handler: self.handler.clone(),
            ..*self
        }
    }
}

impl<H, D> Gated<H, D> {
    /// Puts a handler behind the gate of a path of which that is declared.
    #[must_use]
    pub fn new(handler: H, declared: &'static Declared<D>) -> Self {
        Self {
            handler,
            declared: Some(declared),
        }
    }
}

impl<D> Gated<WrongMethod<D>, D> {
    /// Refuses the methods that a path does not have, before the credential is looked at.
    #[must_use]
    pub fn wrong_method(declared: &'static Declared<D>) -> Self {
        Self {
            handler: WrongMethod(declared),
            declared: None,
        }
    }
}

/// Tells the [`Handler`] of [`Gated`] from those of functions.
pub struct Gate;

impl<H, T, D> Handler<(Gate, T), D> for Gated<H, D>
where
    H: Handler<T, D, Future = Served>,
    T: 'static,
    D: Dialect,
{
    type Future = Served;

    fn call(self, request: Request, dialect: D) -> Served {
        let Self { handler, declared } = self;
        let handling: Handling<D> = Box::new(|request, dialect| handler.call(request, dialect));
        Box::pin(serve(declared, dialect, request, handling))
    }
}

/// Serves a request, past the gate if there is one. There is one of these for each dialect, not for each handler.
async fn serve<D: Dialect>(
    declared: Option<&'static Declared<D>>,
    dialect: D,
    request: Request,
    handling: Handling<D>,
) -> Response {
    let watch = Arc::clone(dialect.watch());
    let pass = async move |request| match declared {
        Some(declared) => pass(declared, dialect, request, handling).await,
        None => handling(request, dialect).await,
    };
    finish(watch, request, pass).await
}

/// Refuses a method that the path does not have.
pub struct WrongMethod<D: 'static>(pub &'static Declared<D>);

impl<D> Clone for WrongMethod<D> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<D: Dialect> Handler<(), D> for WrongMethod<D> {
    type Future = Served;

    fn call(self, request: Request, dialect: D) -> Served {
        let (parts, _) = request.into_parts();
        Box::pin(async move { wrong_method(self.0, &dialect, &parts).into_response() })
    }
}

fn wrong_method<D: Dialect>(
    declared: &'static Declared<D>,
    dialect: &D,
    parts: &Parts,
) -> D::Error {
    if let Some(notes) = parts.extensions.get::<Notes>() {
        declared.tell_methods(notes);
    }
    dialect.unrouted(parts, Rejection::WrongMethod)
}

/// Lets a request through to its handler, or refuses it. A panic of either is an answer too.
async fn pass<D: Dialect>(
    declared: &'static Declared<D>,
    dialect: D,
    request: Request,
    handling: Handling<D>,
) -> Response {
    let passed = async move {
        match admit(declared, &dialect, request).await {
            Ok(Admitted::Request(request, None)) => handling(request, dialect).await,
            Ok(Admitted::Request(request, Some(mangle))) => {
                let mut response = handling(request, dialect).await;
                response.extensions_mut().insert(mangle);
                response
            }
            Ok(Admitted::Struck(response)) => response,
            Err(error) => error.into_response(),
        }
    };
    let passed = AssertUnwindSafe(passed).catch_unwind().await;
    passed.unwrap_or_else(|_| D::Error::from(Rejection::Fault).into_response())
}

/// What becomes of a request at the gate, if it is not refused.
enum Admitted {
    /// It goes on to its handler; a fault may want something of the answer.
    Request(Request, Option<Mangle>),
    /// A fault answered it.
    Struck(Response),
}

/// The checks before the service's own, in the gateway's order. A body that the credential covers is read on
/// the way, and passed on as it was. A fault strikes as soon as it is known who calls, or that it cannot be.
async fn admit<D: Dialect>(
    declared: &'static Declared<D>,
    dialect: &D,
    request: Request,
) -> Result<Admitted, D::Error> {
    let (parts, body) = request.into_parts();
    let Some(notes) = parts.extensions.get::<Notes>() else {
        // Whoever calls the gate has noted something already.
        return Err(Rejection::Fault.into());
    };
    let operation = recognise(declared, dialect, &parts, notes)?;
    let is_large = declared_size(&parts, &body) > D::MAX_BODY as u64;
    let (body, covered) = if dialect.covers_body(&parts) {
        if is_large {
            return Err(Rejection::TooLarge.into());
        }
        let covered = whole(body, D::MAX_BODY).await?;
        (Body::from(covered.clone()), covered)
    } else {
        (body, Bytes::new())
    };
    let caller = dialect.caller(&parts, &covered);
    let struck = operation.and_then(|operation| {
        let caller = caller.as_ref().ok().map(|caller| &caller.name);
        if let Some(caller) = caller {
            notes.caller(caller.clone());
        }
        let struck = dialect.watch().faults.strike(&Hit {
            family: &operation.family,
            operation: &operation.id,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            caller: caller.map(|name| &**name),
        })?;
        notes.fault(&struck.rule);
        Some(struck)
    });
    let mangle = match struck {
        None => None,
        Some(struck) => {
            if !struck.delay.is_zero() {
                sleep(struck.delay).await;
            }
            let mangle = struck.mangle.is_any().then_some(struck.mangle);
            if let Some(answer) = struck.answer {
                let mut response = dialect.fault(&answer);
                if let Some(mangle) = mangle {
                    response.extensions_mut().insert(mangle);
                }
                return Ok(Admitted::Struck(response));
            }
            mangle
        }
    };
    let caller = caller?;
    if let Some(operation) = operation {
        let path = parts.uri.path();
        // Before the permission: that no credential is for this project would be true, but beside the point.
        if names_no_project(path) {
            return Err(Rejection::NoProject.into());
        }
        dialect.permit(&caller, operation, &parts)?;
    }
    if is_large {
        return Err(Rejection::TooLarge.into());
    }
    if let Some(spelling) = declared.spelling(&parts.method) {
        notes.spelling(spelling);
    }
    notes.admit(caller);
    Ok(Admitted::Request(Request::from_parts(parts, body), mangle))
}

/// Whether a path has the document's own placeholder where a project's id should be.
fn names_no_project(path: &str) -> bool {
    // Nearly no path has either character, and to look for one takes next to no time.
    path.contains('{') && path.contains("/{project_id}/")
        || path.contains('%') && path.to_ascii_lowercase().contains("/%7bproject_id%7d/")
}

/// The operation that a request is for, which is noted. What the router takes for a route and no service would
/// is refused.
fn recognise<D: Dialect>(
    declared: &'static Declared<D>,
    dialect: &D,
    parts: &Parts,
    notes: &Notes,
) -> Result<Option<&'static Operation>, D::Error> {
    // The router lets an empty segment stand for a parameter; no service does.
    if parts.uri.path().contains("//") {
        notes.hint("the path has an empty segment, where an id may be missing".to_owned());
        return Err(dialect.unrouted(parts, Rejection::NoRoute));
    }
    if parts.method == Method::HEAD && !D::HEAD_IS_GET {
        return Err(wrong_method(declared, dialect, parts));
    }
    let operation = declared.operation(&parts.method);
    if let Some(operation) = operation {
        notes.serve(operation);
        if let Some(scope) = dialect.scope(parts) {
            notes.scope(scope);
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

//! A family's router with its gate: what is refused before a handler runs, in the family's own words.

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::sleep;
use utoipa::openapi::OpenApi;

use super::extract::whole;
use super::nearest::nearest;
use super::notes::Notes;
use super::routes::Routes;
use super::spelling::Spelling;
use super::watch::faults::{Hit, Mangle};
use super::{Dialect, Operation, Rejection};

/// A family's routes, built once per process and then mounted for each world.
pub struct Sealed<D> {
    routes: Routes<D>,
    emulates: bool,
}

impl<D: Dialect> Sealed<D> {
    /// Routes that emulate a service, so that each declares how it is known.
    #[must_use]
    pub fn new(routes: Routes<D>) -> Self {
        Self {
            routes,
            emulates: true,
        }
    }

    /// The same for routes that emulate nothing, and so declare no evidence.
    #[must_use]
    pub fn own(routes: Routes<D>) -> Self {
        Self {
            routes,
            emulates: false,
        }
    }

    /// The family's part of the OpenAPI document.
    #[must_use]
    pub fn api(&self) -> OpenApi {
        self.routes.api()
    }

    /// The family's operations, by path and then by method as OpenAPI orders these.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.routes.operations()
    }

    fn operations_at(&self, template: &str) -> &[Operation] {
        if self.emulates {
            self.routes.operations_at(template)
        } else {
            &[]
        }
    }

    /// The operation that a request is for; HEAD is looked up as GET.
    fn operation(&self, request: &Parts) -> Option<&Operation> {
        let template = request.extensions.get::<MatchedPath>()?;
        let method = as_get(&request.method).as_str();
        let mut own = self.operations_at(template.as_str()).iter();
        own.find(|operation| operation.method == method)
    }

    /// What a request may be made of; HEAD is looked up as GET.
    fn spelling(&self, request: &Parts) -> Option<&Spelling> {
        let template = request.extensions.get::<MatchedPath>()?;
        let method = as_get(&request.method);
        let mut own = self.routes.spellings_at(template.as_str()).iter();
        own.find(|(known, _)| known == method)
            .map(|(_, spelling)| spelling)
    }

    /// Tells a caller who has the wrong method which ones the path has.
    pub fn tell_methods(&'static self, request: &Parts) {
        let extensions = &request.extensions;
        let template = extensions.get::<MatchedPath>();
        let template = template.map_or("", MatchedPath::as_str);
        let Some(notes) = extensions.get::<Notes>() else {
            return;
        };
        let own = self.routes.spellings_at(template).iter();
        let methods: Vec<&str> = own.map(|(method, _)| method.as_str()).collect();
        if !methods.is_empty() {
            notes.hint(format!("this path has {}", methods.join(", ")));
        }
        if let Some(first) = self.operations_at(template).first() {
            notes.nearest(first);
        }
    }

    /// Tells a caller whose path is unknown which one comes nearest.
    pub fn tell_nearest(&self, request: &Request) {
        // Always the same of several that come as near.
        let mut known: Vec<_> = self.routes.paths().collect();
        known.sort_unstable_by_key(|(method, path)| (*path, method.as_str()));
        let known = known.into_iter();
        let known = known.map(|(method, path)| (method.as_str(), path, (method, path)));
        let near = nearest(request.method(), request.uri().path(), known);
        if let (Some(notes), Some((method, path))) = (request.extensions().get::<Notes>(), near) {
            notes.hint(format!("the nearest is {method} {path}"));
        }
    }

    /// The router for one world, behind its gate.
    pub fn mount(&'static self, dialect: D) -> Router {
        let gated = self
            .routes
            .router()
            .clone()
            .route_layer(from_fn_with_state((self, dialect.clone()), gate::<D>));
        gated
            // After `route_layer`: a wrong method is refused before the credential is looked at.
            .method_not_allowed_fallback(async move |State(dialect): State<D>, request: Request| {
                let (parts, _) = request.into_parts();
                self.tell_methods(&parts);
                dialect
                    .unrouted(&parts, Rejection::WrongMethod)
                    .into_response()
            })
            .with_state(dialect)
    }
}

/// Lets a request through to its handler, or refuses it. A panic of either is an answer too.
async fn gate<D: Dialect>(
    State((sealed, dialect)): State<(&'static Sealed<D>, D)>,
    request: Request,
    next: Next,
) -> Response {
    let passed = AssertUnwindSafe(pass(sealed, dialect, request, next));
    let passed = passed.catch_unwind().await;
    passed.unwrap_or_else(|_| D::Error::from(Rejection::Fault).into_response())
}

async fn pass<D: Dialect>(
    sealed: &'static Sealed<D>,
    dialect: D,
    request: Request,
    next: Next,
) -> Response {
    match admit(sealed, &dialect, request).await {
        Ok(Admitted::Request(request, None)) => next.run(request).await,
        Ok(Admitted::Request(request, Some(mangle))) => {
            let mut response = next.run(request).await;
            response.extensions_mut().insert(mangle);
            response
        }
        Ok(Admitted::Struck(response)) => response,
        Err(error) => error.into_response(),
    }
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
    sealed: &'static Sealed<D>,
    dialect: &D,
    request: Request,
) -> Result<Admitted, D::Error> {
    let (mut parts, body) = request.into_parts();
    let operation = recognise(sealed, dialect, &parts)?;
    let is_large = declared(&parts, &body) > D::MAX_BODY as u64;
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
        let notes = parts.extensions.get::<Notes>()?;
        let caller = caller.as_ref().ok().map(|caller| caller.name.as_str());
        if let Some(caller) = caller {
            notes.caller(caller);
        }
        notes.strike(&Hit {
            family: &operation.family,
            operation: &operation.id,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            caller,
        })
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
    if let (Some(spelling), Some(notes)) =
        (sealed.spelling(&parts), parts.extensions.get::<Notes>())
    {
        notes.spelling(spelling);
    }
    parts.extensions.insert(caller);
    Ok(Admitted::Request(Request::from_parts(parts, body), mangle))
}

/// Whether a path has the document's own placeholder where a project's id should be.
fn names_no_project(path: &str) -> bool {
    path.contains("/{project_id}/")
        || path.contains('%') && path.to_ascii_lowercase().contains("/%7bproject_id%7d/")
}

/// The operation that a request is for, which is noted. What the router takes for a route and no service would
/// is refused.
fn recognise<D: Dialect>(
    sealed: &'static Sealed<D>,
    dialect: &D,
    parts: &Parts,
) -> Result<Option<&'static Operation>, D::Error> {
    // The router lets an empty segment stand for a parameter; no service does.
    if parts.uri.path().contains("//") {
        if let Some(notes) = parts.extensions.get::<Notes>() {
            notes.hint("the path has an empty segment, where an id may be missing".to_owned());
        }
        return Err(dialect.unrouted(parts, Rejection::NoRoute));
    }
    if parts.method == Method::HEAD && !D::HEAD_IS_GET {
        sealed.tell_methods(parts);
        return Err(dialect.unrouted(parts, Rejection::WrongMethod));
    }
    let operation = sealed.operation(parts);
    if let (Some(operation), Some(notes)) = (operation, parts.extensions.get::<Notes>()) {
        notes.serve(operation);
        if let Some(scope) = dialect.scope(parts) {
            notes.scope(scope);
        }
    }
    Ok(operation)
}

fn as_get(method: &Method) -> &Method {
    if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    }
}

/// The size the request says its body has; 0 if it does not say.
fn declared(parts: &Parts, body: &Body) -> u64 {
    let header = parts.headers.get(header::CONTENT_LENGTH);
    let said = header.and_then(|value| value.to_str().ok()?.parse().ok());
    said.unwrap_or_else(|| body.size_hint().lower())
}

/// Refuses a request that no route takes, as its family would.
pub fn refuse_unrouted<D: Dialect>(dialect: &D, request: Request, why: Rejection) -> Response {
    let (parts, _) = request.into_parts();
    dialect.unrouted(&parts, why).into_response()
}

//! Zadig: delivery versions (generation 1, as of v3.4.1).
//!
//! A version pins the images of an environment's services under a name and pushes them to a registry, one
//! after the other; a Helm version packages the services' charts first. The gateway in front looks at the
//! credential before anything else, so even an unknown path is 401 without one. Rights are looked at after
//! the request was bound: who may not do something but also says it wrong is told about the latter.
//!
//! - [`operations`]: the five operations. Requests and responses are in [`wire`], bodies are read by [`go_json`]
//!   as Go reads them, errors are in [`error`] and the service's own words in [`messages`].
//! - [`table`]: the versions of a world. [`model::version_request`] checks a request, [`model::artifacts`] makes
//!   rows and pushes of it, [`model::catalog`] has what requests refer to, [`model::version`] the lifecycle.
//! - [`fixture`]: the fixture format.

pub mod error;
pub mod fixture;
pub mod go_json;
mod hints;
pub mod messages;
pub mod model;
pub mod operations;
pub mod table;
pub mod wire;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use axum::routing::MethodFilter;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

use crate::families::huawei::UNKNOWN_CALLER;
use crate::http::api_definition::ApiDefinition;
use crate::http::auth::{self, Failure};
use crate::http::faults::rules::StubResponse;
use crate::http::observe::Recorder;
use crate::http::openapi::gateway_responses::{AppliesTo, Refusal, declare_gate};
use crate::http::routes::{Route, Routes, route};
use crate::http::{Caller, Dialect, Operation, Rejection};
use crate::registry::World;
use crate::world::identities::ZadigUser;
use crate::world::settings::Auth;
pub use error::Error;
pub use model::version::FAMILY;
pub use table::Table;
use wire::query::{self, Params};

/// The family's dialect.
#[derive(Clone)]
pub struct Zadig(pub World);

impl Dialect for Zadig {
    type Error = Error;

    const HEAD_IS_GET: bool = false;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    fn declare(api: &mut OpenApi) {
        let value = |name, text| ApiKeyValue::with_description(name, text);
        let header = value(
            "Authorization",
            "A scheme and a token, such as Bearer <token>",
        );
        let query = value("token", "The token by itself");
        let schemes = [
            (
                "zadig_token",
                SecurityScheme::ApiKey(ApiKey::Header(header)),
            ),
            (
                "zadig_query_token",
                SecurityScheme::ApiKey(ApiKey::Query(query)),
            ),
        ];
        let refusals = [
            Refusal::new(StatusCode::UNAUTHORIZED, None, AppliesTo::Every),
            Refusal::new(StatusCode::FORBIDDEN, None, AppliesTo::Permitted),
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, None, AppliesTo::Bodies),
        ];
        declare_gate(api, schemes, &refusals);
    }

    fn authenticate(&self, request: &Parts, _: &Bytes) -> Result<Caller, Rejection> {
        let query = Params::of(request.uri.query());
        let tokens = auth::zadig(&request.headers, query.get("token"))
            .map_err(Rejection::Unauthenticated)?;
        let (passes, caller) = self.0.read(|tables, _| {
            let user = |token| tables.identities.zadig_user(token);
            let caller = user(tokens.identity).map(caller_of);
            (user(tokens.checked).is_some() && caller.is_some(), caller)
        });
        if !passes && self.0.settings().auth == Auth::Strict {
            return Err(Rejection::Unauthenticated(Failure::UnknownToken));
        }
        Ok(caller.unwrap_or_else(|| Caller::named(UNKNOWN_CALLER)))
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        let params = Params::of(request.uri.query());
        params.get("projectKey").map(str::to_owned)
    }

    fn fault(&self, answer: &StubResponse) -> Response {
        error::fault(answer)
    }

    /// Rights depend on the project that the query or the body names, so the handlers look at them.
    fn authorize(&self, _: &Caller, _: &Operation, _: &Parts) -> Result<(), Rejection> {
        Ok(())
    }

    fn unrouted(&self, request: &Parts, why: Rejection) -> Error {
        if let Err(refused) = self.authenticate(request, &Bytes::new()) {
            return refused.into();
        }
        let path = query::decoded_path(request.uri.path());
        match why {
            // The service has no route that ends with a slash, whatever the method.
            Rejection::WrongMethod if !path.ends_with('/') => Error::WrongMethod {
                method: request.method.clone(),
                path,
            },
            Rejection::WrongMethod | Rejection::NoRoute => Error::NoRoute { path },
            other => other.into(),
        }
    }
}

/// A known user as a caller. What is allowed is spelt `<role>@<project>`, and bare where it holds for the
/// whole installation.
fn caller_of(user: &ZadigUser) -> Caller {
    let allowed = user.projects.iter().flat_map(|(project, roles)| {
        roles.iter().map(move |role| {
            if role == RELEASE_GET {
                role.clone()
            } else {
                format!("{role}@{project}")
            }
        })
    });
    Caller {
        actions: (!user.admin).then(|| allowed.collect()),
        ..Caller::named(user.name.clone())
    }
}

/// The action that shows any version to whoever may look into the artifact centre.
const RELEASE_GET: &str = "release_get";

/// Where the family lives.
const RELEASES: &str = "/openapi/delivery/releases";

/// The family's routes and what they declare.
pub fn definition() -> &'static ApiDefinition<Zadig> {
    static DEFINITION: LazyLock<ApiDefinition<Zadig>> = LazyLock::new(|| {
        // For every other method the words `k8s` and `helm` are ids like any other.
        let as_id = |route: Route<Zadig>| {
            route
                .and_on(MethodFilter::GET, operations::get_version)
                .and_on(MethodFilter::DELETE, operations::delete_version)
                .or_wrong_method()
        };
        let with_slash = |path: &str| Route::undeclared(path).or_else(trailing_slash);
        ApiDefinition::new(
            Routes::new()
                .with(route!(operations::list_versions).or_wrong_method())
                .with(route!(operations::get_version, operations::delete_version).or_wrong_method())
                .with(as_id(route!(operations::create_k8s_version)))
                .with(as_id(route!(operations::create_helm_version)))
                .with(with_slash(&format!("{RELEASES}/")))
                .with(with_slash(&format!("{RELEASES}/{{id}}/"))),
        )
    });
    &DEFINITION
}

/// A path that would exist without its last slash leads there; any other is unknown.
async fn trailing_slash(State(zadig): State<Zadig>, request: Request) -> Result<Response, Error> {
    let (parts, _) = request.into_parts();
    let to = parts.uri.path().trim_end_matches('/').to_owned();
    let last = to.rsplit('/').next().unwrap_or_default();
    let exists = match parts.method {
        Method::GET => true,
        Method::DELETE => to != RELEASES,
        Method::POST => to != RELEASES && matches!(last, "k8s" | "helm"),
        _ => false,
    };
    if exists {
        Ok(operations::redirect(&parts, &to))
    } else {
        Err(zadig.unrouted(&parts, Rejection::NoRoute))
    }
}

/// The family's router for a world.
pub fn router(world: &World) -> Router {
    definition().mount(Zadig(world.clone()))
}

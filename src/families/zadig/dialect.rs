//! Zadig's dialect: its credentials and its refusals.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use super::access::{PUBLIC_ROLES, RELEASE_GET};
use super::error::{self, Error};
use super::query::{self, Params};
use super::release_plans;
use super::routing;
use super::table::Table;
use crate::http::auth::{self, CredentialError, jwt};
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::observe::Recorder;
use crate::http::published::published;
use crate::http::response::ResponseFuture;
use crate::http::{Authentication, Caller, Dialect, Operation, Rejection};
use crate::world::family::Service;
use crate::world::handle::Handle;
use crate::world::identities::{UNKNOWN_CALLER, ZadigUser};
use crate::world::settings::{Auth, Fidelity, ZadigGeneration};

/// The state of the family's router.
#[derive(Clone)]
pub struct Zadig(pub Handle<Table>);

impl Zadig {
    /// The generation of the world.
    pub fn generation(&self) -> ZadigGeneration {
        let demanded = self.0.settings().zadig;
        demanded.unwrap_or_else(|| self.0.read(|table, _, _| table.generation()))
    }

    /// The operations that the service of the world's generation has; in documented fidelity those of the documents too.
    fn served_operations(&self) -> impl Iterator<Item = &'static Operation> {
        let absent = match (self.generation(), self.0.settings().fidelity) {
            (ZadigGeneration::V3, _) => "RetryVersion",
            (ZadigGeneration::V4, Fidelity::Strict) => "GetVersion",
            (ZadigGeneration::V4, Fidelity::Documented) => "",
        };
        let operations = Self::routes().operations();
        operations.filter(move |operation| operation.id != absent)
    }
}

impl Dialect for Zadig {
    type Error = Error;

    published!("families/zadig/openapi.json");

    const HEAD_IS_GET: bool = false;
    const KEEPS_ANSWERS: bool = true;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    fn error_rows() -> Vec<ErrorRow> {
        error::ROWS.to_vec()
    }

    fn authenticate<'a>(&self, request: &'a Parts) -> Result<Authentication<'a>, Rejection> {
        let query = Params::from_query(request.uri.query());
        let tokens = auth::zadig(&request.headers, query.get("token"))
            .map_err(Rejection::Unauthenticated)?;
        let (passes, caller) = self.0.read(|table, shared, _| {
            let user = |token| shared.identities.zadig_user(token);
            let caller = user(tokens.identity).map(|user| caller_of(user, table));
            (user(tokens.checked).is_some() && caller.is_some(), caller)
        });
        if !passes && self.0.settings().auth == Auth::Strict {
            return Err(Rejection::Unauthenticated(CredentialError::UnknownToken));
        }
        let caller = caller.unwrap_or_else(|| unknown_caller(tokens.identity));
        Ok(Authentication::Done(caller))
    }

    fn scope(&self, request: &Parts) -> Option<String> {
        let params = Params::from_query(request.uri.query());
        let project = params
            .get("projectKey")
            // The name in the service's internal operations.
            .or_else(|| params.get("projectName"));
        // Release plans belong to no project.
        let is_plan = || request.uri.path().contains("/release_plan/v1");
        project
            .or_else(|| is_plan().then_some(release_plans::table::SCOPE))
            .map(str::to_owned)
    }

    fn scope_in_body(&self, operation: &Operation, body: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Scope {
            project_key: String,
        }
        // The other operations name the project in the query.
        let scope = |body| serde_json::from_slice::<Scope>(body).ok();
        let is_creation = operation.method == "POST";
        Some(is_creation.then(|| scope(body))??.project_key)
    }

    fn fault(&self, stub: &StubResponse) -> Response {
        error::fault(stub)
    }

    fn reroute(&self, request: &mut Request) -> Option<ResponseFuture> {
        routing::reroute(self, Self::routes(), request)
    }

    // Permissions depend on the project in the query or the body, so the handlers check them.
    fn authorize(&self, _: &Caller, _: &Operation, _: &Parts) -> Result<(), Rejection> {
        Ok(())
    }

    fn unrouted(&self, request: &Parts, rejection: Rejection) -> Error {
        if let Err(unauthenticated) = self.authenticate(request) {
            return unauthenticated.into();
        }
        let path = query::decoded_path(request.uri.path());
        if let Some(target) =
            routing::without_slash(self.served_operations(), &request.method, &path)
        {
            return Error::moved(&request.method, target, request.uri.query());
        }
        match rejection {
            // The service has no route with a trailing slash for any method.
            Rejection::WrongMethod if !path.ends_with('/') => {
                Error::wrong_method(&request.method, &path)
            }
            Rejection::WrongMethod | Rejection::NoRoute => Error::no_route(&path),
            other => other.into(),
        }
    }
}

/// The caller of a known user. Its actions have the form `<role>@<project>`; a role for the whole installation
/// stands alone.
fn caller_of(user: &ZadigUser, table: &Table) -> Caller {
    let system_roles = user.roles.iter().cloned();
    let public_roles = table.catalog.public_projects().flat_map(|project| {
        let roles = PUBLIC_ROLES.into_iter();
        roles.map(move |role| format!("{role}@{project}"))
    });
    let project_roles = user.projects.iter().flat_map(|(project, roles)| {
        roles.iter().map(move |role| {
            if role == RELEASE_GET {
                role.clone()
            } else {
                format!("{role}@{project}")
            }
        })
    });
    Caller {
        user_id: user.uid.clone(),
        actions: (!user.admin).then(|| {
            let roles = system_roles.chain(project_roles);
            roles.chain(public_roles).collect()
        }),
        ..Caller::named(user.name.clone())
    }
}

/// The caller of an unknown token, who may do everything. The service reads the claims of a token without checking them
/// again; a token without a name is the emulator's own caller.
fn unknown_caller(token: &str) -> Caller {
    let claims = jwt::claims(token).unwrap_or_default();
    match claims.name.filter(|name| !name.is_empty()) {
        Some(name) => Caller {
            user_id: claims.uid.filter(|uid| !uid.is_empty()),
            ..Caller::named(name)
        },
        None => Caller::named(UNKNOWN_CALLER),
    }
}

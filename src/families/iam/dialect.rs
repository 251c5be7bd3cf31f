//! The family's dialect.

use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::SecurityRequirement;

use super::error::{self, Error};
use crate::families::huawei::HuaweiService;
use crate::http::faults::rules::StubResponse;
use crate::http::operation::{NONE, operations_of};
use crate::http::{Caller, Operation, Rejection};
use crate::world::handle::Handle;

/// The state of the family's router. The family has no table of its own: identities are shared by all families.
#[derive(Clone)]
pub struct Iam(pub Handle<()>);

/// The name of a caller who logs in, and so has no credential yet.
const NOBODY: &str = "nobody";

impl HuaweiService for Iam {
    type Table = ();
    type Error = Error;

    fn handle(&self) -> &Handle<()> {
        &self.0
    }

    fn project<'a>(_: &'a Parts, _: &'a Caller) -> Option<&'a str> {
        None
    }

    /// This is a service of accounts, so the project of a token does not matter.
    fn authorize(caller: &Caller, operation: &Operation, _: &Parts) -> Result<(), Rejection> {
        if operation.action == NONE {
            return Ok(());
        }
        caller.authorize(operation)
    }

    fn scope(_: &Parts) -> Option<String> {
        None
    }

    fn fault(answer: &StubResponse) -> Response {
        error::fault(answer)
    }

    fn anonymous(request: &Parts) -> Option<Caller> {
        // The only POST is the one that issues a token.
        (request.method == Method::POST).then(|| Caller::named(NOBODY))
    }

    fn declare(api: &mut OpenApi) {
        for operation in api.paths.paths.values_mut().flat_map(operations_of) {
            if operation.operation_id.as_deref() == Some("CreateToken") {
                operation.security = Some(vec![SecurityRequirement::default()]);
            }
        }
    }
}

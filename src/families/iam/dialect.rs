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

/// The name of a caller who logs in and has no credential yet.
const ANONYMOUS: &str = "nobody";

impl HuaweiService for Iam {
    type Table = ();
    type Error = Error;

    fn handle(&self) -> &Handle<()> {
        &self.0
    }

    fn project<'a>(_: &'a Parts, _: &'a Caller) -> Option<&'a str> {
        None
    }

    /// Any token is valid for this service, whatever its project.
    fn authorize(caller: &Caller, operation: &Operation, _: &Parts) -> Result<(), Rejection> {
        if operation.action == NONE {
            return Ok(());
        }
        caller.authorize(operation)
    }

    fn scope(_: &Parts) -> Option<String> {
        None
    }

    fn fault(stub: &StubResponse) -> Response {
        error::fault(stub)
    }

    fn anonymous(request: &Parts) -> Option<Caller> {
        // The only POST issues a token.
        (request.method == Method::POST).then(|| Caller::named(ANONYMOUS))
    }

    fn declare(api: &mut OpenApi) {
        for operation in api.paths.paths.values_mut().flat_map(operations_of) {
            if operation.operation_id.as_deref() == Some("CreateToken") {
                operation.security = Some(vec![SecurityRequirement::default()]);
            }
        }
    }
}

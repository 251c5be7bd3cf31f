//! Huawei IAM: what the callers of the other families ask first - tokens, projects and accounts.
//!
//! A client that signs with AK/SK asks for the project of its region, one that uses tokens gets them here and
//! renews them. The gateway looks at credentials in front of this service as in front of the others. Users,
//! access keys and projects come from the fixtures; what is issued here is known to every family.
//!
//! - [`operations`]: the operations. In and out: [`wire`]. Refusals: [`error`].
//!
//! Sources: IAM API reference (<https://support.huaweicloud.com/intl/en-us/api-iam/>), the Open Telekom Cloud
//! copy of it (<https://docs.otc.t-systems.com/identity-access-management/api-ref/>), which prints examples, and
//! the official SDKs; read 2026-08 and 2026-11.

pub mod error;
pub mod operations;
pub mod wire;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Bytes;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::SecurityRequirement;

use crate::families::huawei;
use crate::http::api_definition::ApiDefinition;
use crate::http::faults::rules::StubResponse;
use crate::http::observe::Recorder;
use crate::http::operation::{NONE, operations_of};
use crate::http::routes::{Routes, route};
use crate::http::{Caller, Dialect, Operation, Rejection};
use crate::registry::World;
pub use error::Error;

/// The family's dialect.
#[derive(Clone)]
pub struct Iam(pub World);

/// The name of who logs in, and so has no credential yet.
const NOBODY: &str = "nobody";

impl Dialect for Iam {
    type Error = Error;

    fn recorder(&self) -> &Arc<Recorder> {
        self.0.recorder()
    }

    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
        // A login is how one comes by a credential.
        for operation in api.paths.paths.values_mut().flat_map(operations_of) {
            if operation.operation_id.as_deref() == Some("CreateToken") {
                operation.security = Some(vec![SecurityRequirement::default()]);
            }
        }
    }

    fn fault(&self, answer: &StubResponse) -> Response {
        error::fault(answer)
    }

    fn signs_body(&self, request: &Parts) -> bool {
        !is_login(request) && huawei::is_signed(request)
    }

    fn authenticate(&self, request: &Parts, body: &Bytes) -> Result<Caller, Rejection> {
        if is_login(request) {
            return Ok(Caller::named(NOBODY));
        }
        huawei::authenticate(&self.0, request, body)
    }

    /// This is a service of accounts, so the project of a token does not matter.
    fn authorize(
        &self,
        caller: &Caller,
        operation: &Operation,
        _: &Parts,
    ) -> Result<(), Rejection> {
        if operation.action == NONE {
            return Ok(());
        }
        caller.authorize(operation)
    }
}

/// The only POST is the one that issues a token.
fn is_login(request: &Parts) -> bool {
    request.method == Method::POST
}

/// The URL table.
fn routes() -> Routes<Iam> {
    Routes::new()
        .with(route!(
            operations::create_token,
            operations::show_token,
            operations::revoke_token
        ))
        .with(route!(operations::list_projects))
        .with(route!(operations::list_domains))
}

/// The family's routes and what they declare.
pub fn definition() -> &'static ApiDefinition<Iam> {
    static DEFINITION: LazyLock<ApiDefinition<Iam>> =
        LazyLock::new(|| ApiDefinition::new(routes()));
    &DEFINITION
}

/// The family's router for a world.
pub fn router(world: &World) -> Router {
    definition().mount(Iam(world.clone()))
}

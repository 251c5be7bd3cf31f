//! The family's part of the OpenAPI document: the operations that need no credential.

use utoipa::openapi::OpenApi;
use utoipa::openapi::security::SecurityRequirement;

use super::dialect::Iam;
use crate::families::huawei;
use crate::http::attributes::Declare;
use crate::http::attributes::operations_of;

/// The operations without a credential.
const ANONYMOUS_OPERATIONS: [&str; 4] = [
    "CreateToken",
    "CreateTokenWithIdToken",
    "ListApiVersions",
    "ShowApiVersion",
];

impl Declare for Iam {
    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
        for operation in api.paths.paths.values_mut().flat_map(operations_of) {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if !ANONYMOUS_OPERATIONS.contains(&id) {
                continue;
            }
            // A login has a refusal of its own for a wrong credential.
            if id != "CreateToken" {
                operation.responses.responses.remove("401");
            }
            operation.security = Some(vec![SecurityRequirement::default()]);
        }
    }
}

//! Operations that newer clients ask for and the emulator does not have. A 501 in the service's shape says so, where a
//! 404 would look like a wrong address.

use crate::families::iam::Error;
#[cfg(test)]
use crate::families::iam::error::KeystoneErrorBody;

/// The description of the success that the service has and the emulator has not.
#[cfg(test)]
const NEVER: &str = "Never answered: the operation is not emulated";

/// Issues a token for an identity token (not emulated).
///
/// The identity token is that of an `OpenID` Connect provider. The emulator has none: 501, with a hint.
#[cfg_attr(test, utoipa::path(post, path = "/v3.0/OS-AUTH/id-token/tokens", operation_id = "CreateTokenWithIdToken", tag = "iam",
    responses((status = 200, description = NEVER), (status = 501, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("the vendor's API document, CreateTokenWithIdToken, read 2026-11, for the path; the refusal is the emulator's")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("not emulated: there are no identity providers; 501")))))]
pub(super) async fn create_token_with_id_token() -> Error {
    Error::NotEmulated(
        "the emulator has no identity providers; log in with POST /v3/auth/tokens by password, token or access key",
    )
}

/// Assumes a trust agency (not emulated).
///
/// 501, with a hint at the older operation.
#[cfg_attr(test, utoipa::path(post, path = "/v5/agencies/assume", operation_id = "AssumeAgency", tag = "iam",
    responses((status = 200, description = NEVER), (status = 501, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("requests of the official SDKs, read 2026-11, for the path; the refusal is the emulator's")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("not emulated: agencies are assumed with POST /v3.0/OS-CREDENTIAL/securitytokens; 501")))))]
pub(super) async fn assume_agency() -> Error {
    Error::NotEmulated(
        "assume the agency with POST /v3.0/OS-CREDENTIAL/securitytokens by the method assume_role",
    )
}

/// Shows the account and the identity of the caller (not emulated).
///
/// 501, with a hint at the older operation.
#[cfg_attr(test, utoipa::path(get, path = "/v5/caller-identity", operation_id = "GetCallerIdentity", tag = "iam",
    responses((status = 200, description = NEVER), (status = 501, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("inferred")),
        ("x-source" = json!("requests of the official SDKs, read 2026-11, for the path; the refusal is the emulator's")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("not emulated: GET /v3/auth/domains tells the account; 501")))))]
pub(super) async fn get_caller_identity() -> Error {
    Error::NotEmulated("GET /v3/auth/domains tells the account of the caller")
}

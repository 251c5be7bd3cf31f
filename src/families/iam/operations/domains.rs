//! Accounts.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;

use crate::families::iam::Error;
use crate::families::iam::Iam;
use crate::families::iam::wire::domain::IamDomains;
use crate::http::{Caller, response};

/// Lists the one account of the caller.
///
/// `GET /v3/auth/domains`. Clients of account-level services look up their account id here. Errors: the gateway's.
#[cfg_attr(test, utoipa::path(get, path = "/v3/auth/domains", operation_id = "ListDomains", tag = "iam",
    responses((status = 200, body = IamDomains)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListAuthDomains, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("users without an account in the fixtures belong to the account emulator")))))]
pub(super) async fn list_domains(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let base = handle.base_url(&parts.headers);
    Ok(handle.read(|(), shared, _| {
        let domain = shared.identities.account_of(&caller);
        response::ok(&IamDomains::new(domain, &base), 512)
    }))
}

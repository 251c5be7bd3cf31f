//! The operations.

mod domains;
mod not_emulated;
mod projects;
mod request;
mod services;
mod temporary_keys;
mod tokens;
mod users;
mod versions;

use super::Iam;
use crate::http::routes::{Routes, route};

/// The URL table.
pub(super) fn routes() -> Routes<Iam> {
    Routes::default()
        .with(route!(versions::list_versions))
        // The address that the versions give has a slash at its end.
        .with(route!(versions::show_version).also_at("/v3/"))
        .with(route!(
            tokens::create_token,
            tokens::show_token,
            tokens::revoke_token
        ))
        .with(route!(temporary_keys::create_temporary_key))
        .with(route!(projects::list_projects))
        .with(route!(projects::list_auth_projects))
        .with(route!(projects::show_project))
        .with(route!(domains::list_domains))
        .with(route!(users::list_users))
        .with(route!(services::show_catalog))
        .with(route!(services::list_services))
        .with(route!(services::list_endpoints))
        .with(route!(services::list_regions))
        .with(route!(not_emulated::create_token_with_id_token))
        .with(route!(not_emulated::assume_agency))
        .with(route!(not_emulated::get_caller_identity))
}

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
        .with(route!("/", get(versions::list_versions)))
        // The address that the versions give has a slash at its end.
        .with(route!("/v3", get(versions::show_version)).also_at("/v3/"))
        .with(route!(
            "/v3/auth/tokens",
            post(tokens::create_token),
            get(tokens::show_token),
            delete(tokens::revoke_token)
        ))
        .with(route!(
            "/v3.0/OS-CREDENTIAL/securitytokens",
            post(temporary_keys::create_temporary_key)
        ))
        .with(route!("/v3/projects", get(projects::list_projects)))
        .with(route!(
            "/v3/auth/projects",
            get(projects::list_auth_projects)
        ))
        .with(route!(
            "/v3/projects/{project_id}",
            get(projects::show_project)
        ))
        .with(route!("/v3/auth/domains", get(domains::list_domains)))
        .with(route!("/v3/users", get(users::list_users)))
        .with(route!("/v3/auth/catalog", get(services::show_catalog)))
        .with(route!("/v3/services", get(services::list_services)))
        .with(route!("/v3/endpoints", get(services::list_endpoints)))
        .with(route!("/v3/regions", get(services::list_regions)))
        .with(route!(
            "/v3.0/OS-AUTH/id-token/tokens",
            post(not_emulated::create_token_with_id_token)
        ))
        .with(route!(
            "/v5/agencies/assume",
            post(not_emulated::assume_agency)
        ))
        .with(route!(
            "/v5/caller-identity",
            get(not_emulated::get_caller_identity)
        ))
}

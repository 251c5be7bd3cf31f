//! Users.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;

use super::request::{bad, flag, target};
#[cfg(test)]
use crate::families::iam::error::{IamErrorBody, KeystoneErrorBody};
use crate::families::iam::wire::user::{IamUser, IamUsers};
use crate::families::iam::{Error, Iam};
use crate::http::extract::Query;
use crate::http::{Caller, response};
use crate::sim::time::parse_rfc3339;
use crate::world::identities::NameOrId;

/// The filter of a list of users.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct UserFilter {
    /// The account's id.
    domain_id: Option<String>,
    /// `true` or `false`: availability; all users are available.
    #[cfg_attr(test, param(value_type = Option<bool>))]
    enabled: Option<String>,
    /// The user's name.
    name: Option<String>,
    /// The expiry of the password, such as `lt:2016-12-08T22:02:00Z`, with `lt`, `lte`, `gt`, `gte`, `eq` or `neq`;
    /// passwords do not expire.
    password_expires_at: Option<String>,
}

/// Lists the users of the caller's account.
///
/// `GET /v3/users`, with `?name=` for one of them. A caller whose credential is unknown sees the users of all accounts.
/// Errors: 400 `IAM.0007` for an invalid parameter; 403 without the permission `iam:users:listUsers`, of which
/// `Security Administrator` is the older name.
#[cfg_attr(test, utoipa::path(get, path = "/v3/users", operation_id = "ListUsers", tag = "iam", params(UserFilter),
    responses((status = 200, body = IamUsers), (status = 400, body = IamErrorBody), (status = 403, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneListUsers, read 2026-11")),
        ("x-action" = json!("iam:users:listUsers")),
        ("x-alias" = json!("Security Administrator")),
        ("x-differences" = json!("the users of the fixtures, all of them enabled, with passwords that do not expire")))))]
pub(super) async fn list_users(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<UserFilter>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let is_empty = flag("enabled", filter.enabled.as_deref())? == Some(false)
        || !filter.matches_endless_passwords()?;
    let (base, path) = (handle.base_url(&parts.headers), target(&parts));
    let named = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (name, domain_id) = (named(&filter.name), named(&filter.domain_id));
    let users: Vec<IamUser> = handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let is_known = caller.account.is_some() || directory.knows(&caller.name);
        let account = is_known.then(|| directory.account_of(&caller));
        let users = directory.users(account).filter(|user| {
            let domain = directory.domain_of(&user.name);
            let is_in_domain = |id: &String| NameOrId::Id(id).is_domain(domain);
            name.as_ref().is_none_or(|name| *name == user.name)
                && domain_id.as_ref().is_none_or(is_in_domain)
        });
        users
            .map(|user| IamUser::new(&user.name, directory.domain_of(&user.name), &base))
            .collect()
    });
    let users = if is_empty { Vec::new() } else { users };
    Ok(response::ok(&IamUsers::new(users, &base, &path), 512))
}

impl UserFilter {
    /// True if the filter matches passwords that do not expire: without a condition, or with `neq`.
    fn matches_endless_passwords(&self) -> Result<bool, Error> {
        let Some(condition) = self.password_expires_at.as_deref() else {
            return Ok(true);
        };
        match condition.split_once(':') {
            Some(("neq", at)) if parse_rfc3339(at).is_some() => Ok(true),
            Some(("lt" | "lte" | "gt" | "gte" | "eq", at)) if parse_rfc3339(at).is_some() => {
                Ok(false)
            }
            _ => Err(bad(
                "password_expires_at",
                "lt, lte, gt, gte, eq or neq, a colon and a timestamp",
            )),
        }
    }
}

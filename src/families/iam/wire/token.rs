//! The description of a token.

use std::borrow::Cow;

use chrono::DateTime;
use serde::Serialize;

#[cfg(test)]
use super::login::IamMethod;
use super::service::IamService;
use crate::families::iam::model::{LIFETIME, catalog};
use crate::sim::Millis;
use crate::sim::time::MAX_INSTANT;
use crate::sim::time::parse_rfc3339;
use crate::world::identities::{AssumedBy, Directory, Issued, Project, Token, domain_id, user_id};

/// A timestamp in the format of tokens: RFC 3339 in UTC with microseconds, `2015-11-09T01:42:57.527363Z`.
pub fn stamp(at: Millis) -> String {
    let time = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
    time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The description of a token, as login and showing it answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamTokenEnvelope {
    token: IamToken,
}

/// The description of a token.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamToken {
    /// The methods of the login.
    #[cfg_attr(test, schema(value_type = Vec<IamMethod>, example = json!(["password"])))]
    methods: Vec<String>,
    /// The expiry, in UTC.
    #[cfg_attr(test, schema(example = "2015-11-09T01:42:57.527363Z"))]
    expires_at: String,
    /// The time of issue, in UTC.
    #[cfg_attr(test, schema(example = "2015-11-09T00:42:57.527404Z"))]
    issued_at: String,
    /// The user who has assumed the agency; only of an agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed_by: Option<IamAssumedBy>,
    /// The owner: a user, or an agency with its account in front of its name.
    user: IamTokenUser,
    /// The account in scope; only without a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<IamDomainRef>,
    /// The project in scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<IamProjectRef>,
    /// The addresses of the services, all of them the emulator's. Empty with `nocatalog`.
    catalog: Vec<IamService>,
    /// The permissions: a role per action that the fixtures allow, `te_admin` if they limit nothing.
    roles: Vec<IamRole>,
}

/// The owner of a token.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamTokenUser {
    domain: IamDomainRef,
    id: String,
    name: String,
    /// Always empty: passwords do not expire. Agencies have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    password_expires_at: Option<&'static str>,
}

impl IamTokenUser {
    fn new(name: &str, domain: &IamDomainRef, password_expires_at: Option<&'static str>) -> Self {
        Self {
            domain: domain.clone(),
            id: user_id(name),
            name: name.to_owned(),
            password_expires_at,
        }
    }
}

/// The user who has assumed an agency.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamAssumedBy {
    user: IamTokenUser,
}

/// An account by id and name.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamDomainRef {
    id: String,
    name: String,
}

impl IamDomainRef {
    fn new(name: &str) -> Self {
        Self {
            id: domain_id(name),
            name: name.to_owned(),
        }
    }
}

/// A project by id and name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamProjectRef {
    domain: IamDomainRef,
    id: String,
    name: String,
}

/// A permission of a token.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamRole {
    /// Always `0`.
    id: &'static str,
    name: String,
}

/// The expiry of a password that does not expire.
const NEVER: &str = "";

impl IamTokenEnvelope {
    /// The description of a token. `base` is the URL of the emulator.
    pub fn new(token: &Token, directory: &Directory, base: &str, with_catalog: bool) -> Self {
        let expires_at = token.expires_at.as_deref().and_then(parse_rfc3339);
        let expires_at = expires_at.unwrap_or(MAX_INSTANT);
        let infer = || Cow::Owned(infer_issued(token, directory, expires_at));
        let issued = token.issued().map_or_else(infer, Cow::Borrowed);
        let issued_at = parse_rfc3339(&issued.at).unwrap_or(expires_at - LIFETIME);
        let domain = IamDomainRef::new(&issued.domain);
        let project = issued.project.clone();
        let catalog = if with_catalog {
            let services = catalog(project.as_ref());
            services
                .map(|endpoint| IamService::new(endpoint, base))
                .collect()
        } else {
            Vec::new()
        };
        let assumed_by = issued.assumed_by.as_ref();
        let password_expires_at = assumed_by.is_none().then_some(NEVER);
        let role = |name: &str| IamRole {
            id: "0",
            name: name.to_owned(),
        };
        Self {
            token: IamToken {
                methods: issued.methods.clone(),
                expires_at: stamp(expires_at),
                issued_at: stamp(issued_at),
                assumed_by: assumed_by.map(|AssumedBy { user, domain }| IamAssumedBy {
                    user: IamTokenUser::new(user, &IamDomainRef::new(domain), Some(NEVER)),
                }),
                user: IamTokenUser::new(&token.user, &domain, password_expires_at),
                domain: project.is_none().then(|| domain.clone()),
                project: project.map(|Project { id, name }| IamProjectRef { domain, id, name }),
                catalog,
                roles: match directory.actions_of(&token.user) {
                    None => vec![role("te_admin")],
                    Some(actions) => actions.iter().map(|action| role(action)).collect(),
                },
            },
        }
    }
}

/// The issue of a token from a fixture, which does not say when it was issued, nor for which of its user's projects. A
/// token that never expires may be of any age.
fn infer_issued(token: &Token, directory: &Directory, expires_at: Millis) -> Issued {
    let at = if expires_at == MAX_INSTANT {
        0
    } else {
        expires_at - LIFETIME
    };
    Issued {
        at: stamp(at),
        domain: directory.domain_of(&token.user).to_owned(),
        project: directory.own_projects(&token.user).first().cloned(),
        methods: vec!["password".to_owned()],
        assumed_by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_has_microseconds() {
        assert_eq!(stamp(1_767_268_800_007), "2026-01-01T12:00:00.007000Z");
    }
}

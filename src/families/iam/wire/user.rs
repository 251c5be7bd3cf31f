//! Users in responses.

use serde::Serialize;

use super::links::IamLinks;
use crate::world::identities::{domain_id, user_id};

/// The users that match a filter.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamUsers {
    links: IamLinks,
    users: Vec<IamUser>,
}

/// One user.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamUser {
    /// Always empty.
    description: &'static str,
    /// The account's id.
    domain_id: String,
    /// Always true.
    enabled: bool,
    id: String,
    links: IamLinks,
    name: String,
    /// Always null: passwords do not expire.
    #[cfg_attr(test, schema(required))]
    password_expires_at: Option<String>,
    /// Always false: no password has to be changed.
    pwd_status: bool,
}

impl IamUser {
    pub fn new(name: &str, domain: &str, base: &str) -> Self {
        let id = user_id(name);
        Self {
            description: "",
            domain_id: domain_id(domain),
            enabled: true,
            links: IamLinks::new(base, &format!("/v3/users/{id}")),
            id,
            name: name.to_owned(),
            password_expires_at: None,
            pwd_status: false,
        }
    }
}

impl IamUsers {
    /// The response to a request for `path`.
    pub fn new(users: Vec<IamUser>, base: &str, path: &str) -> Self {
        Self {
            links: IamLinks::new(base, path),
            users,
        }
    }
}

//! Accounts in responses.

use serde::Serialize;

use super::links::IamSelfLink;
use crate::world::identities::domain_id;

/// The accounts of a caller.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamDomains {
    domains: [IamDomain; 1],
    links: IamSelfLink,
}

/// One account.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamDomain {
    /// Always empty.
    description: &'static str,
    /// Always true.
    enabled: bool,
    id: String,
    links: IamSelfLink,
    name: String,
}

impl IamDomains {
    /// The one account of a user.
    pub fn new(name: &str, base: &str) -> Self {
        let id = domain_id(name);
        Self {
            domains: [IamDomain {
                description: "",
                enabled: true,
                links: IamSelfLink::new(base, &format!("/v3/domains/{id}")),
                id,
                name: name.to_owned(),
            }],
            links: IamSelfLink::new(base, "/v3/auth/domains"),
        }
    }
}

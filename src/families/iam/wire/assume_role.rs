//! The agency in the body of a login or of a request for a temporary access key.

use serde::Deserialize;

use super::body::required;
use crate::families::iam::Error;
use crate::families::iam::model::{AgencyName, Reference};

/// An agency by its name and the account that has created it.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct IamAssumeRole {
    /// The agency's name. Mandatory, here or in `xrole_name`.
    agency_name: Option<String>,
    /// The agency's name in the words of older clients.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    xrole_name: Option<String>,
    /// The id of the agency's account. Takes precedence over the name.
    domain_id: Option<String>,
    /// The name of the agency's account. Mandatory without an id.
    domain_name: Option<String>,
}

impl IamAssumeRole {
    pub(super) fn complete(self) -> Result<AgencyName, Error> {
        agency_name(
            self.agency_name.or(self.xrole_name),
            self.domain_id,
            self.domain_name,
        )
    }
}

/// Requires the name of an agency, and the id or the name of its account.
pub(super) fn agency_name(
    name: Option<String>,
    domain_id: Option<String>,
    domain_name: Option<String>,
) -> Result<AgencyName, Error> {
    let name = required(name, "auth.identity.assume_role.agency_name")?;
    let domain = match (domain_id, domain_name) {
        (Some(id), _) => Reference::Id(id),
        (None, domain_name) => {
            let path = "auth.identity.assume_role.domain_name";
            Reference::Name(required(domain_name, path)?)
        }
    };
    Ok(AgencyName { domain, name })
}

//! The request for a temporary access key.

use super::AgencyName;
use crate::families::huawei::hint;
use crate::families::iam::Error;
use crate::http::Caller;
use crate::http::auth::{CredentialError, Secret};
use crate::sim::Millis;
use crate::world::identities::{Directory, Login};

/// A complete request.
#[derive(Debug)]
pub struct TemporaryKeyRequest {
    pub grant: KeyGrant,
    /// The lifetime of the key.
    pub lifetime: Millis,
}

/// The grounds on which a key is granted.
#[derive(Debug)]
pub enum KeyGrant {
    /// The token in the header `X-Auth-Token`, else this one.
    Token(Option<Secret>),
    /// An agency that the caller assumes.
    Agency(AgencyName),
}

impl TemporaryKeyRequest {
    /// The name of the method.
    pub fn method(&self) -> &'static str {
        match self.grant {
            KeyGrant::Token(_) => "token",
            KeyGrant::Agency(_) => "assume_role",
        }
    }

    /// The user or agency for whom the key is. `is_lenient` also accepts unknown tokens, and unknown agencies where the
    /// world has no agencies.
    pub fn login(
        &self,
        directory: &Directory,
        caller: Option<&Caller>,
        header_token: Option<&str>,
        now: Millis,
        is_lenient: bool,
    ) -> Result<Login, Error> {
        let token = match &self.grant {
            KeyGrant::Agency(agency) => return agency.assume(directory, caller, is_lenient),
            KeyGrant::Token(token) => header_token.or(token.as_ref().map(Secret::expose)),
        };
        let Some(token) = token else {
            return Err(Error::BadToken(
                "send the token in X-Auth-Token or in auth.identity.token.id".to_owned(),
            ));
        };
        let refuse = |failure| Error::BadToken(hint(&failure));
        match directory.login_by_token(token, now).map_err(refuse)? {
            Some(login) => Ok(login),
            None if is_lenient => Ok(Login::of_unknown()),
            None => Err(refuse(CredentialError::UnknownToken)),
        }
    }
}

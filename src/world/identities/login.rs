//! Logins: the users and agencies that credentials and assumed agencies stand for.

use super::directory::{Directory, NO_DOMAIN, UNKNOWN_CALLER};
use super::fixture::{AssumedBy, Project, User, full_name};
use super::names::{NameOrId, user_id};
use super::totp::is_valid_passcode;
use crate::http::Caller;
use crate::http::auth::CredentialError;
use crate::sim::Millis;
use crate::sim::time::parse_rfc3339;

/// A successful login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name of the user, or the full name of the agency.
    pub user: String,
    /// The account of the user or the agency.
    pub domain: String,
    /// The project that the credential of the login is limited to.
    pub project: Option<Project>,
    /// The user who has assumed the agency; absent: it is a user's login.
    pub assumed_by: Option<AssumedBy>,
    /// The instant at which the credential of the login expires, if it does.
    pub expires: Option<Millis>,
}

/// A one-time code, and the id of the user whose device has made it.
#[derive(Clone, Copy, Debug)]
pub struct Passcode<'a> {
    pub user_id: &'a str,
    pub code: &'a str,
}

/// The reason why an agency cannot be assumed, for a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssumeError {
    UnknownAgency(String),
    /// The agency trusts another account.
    NotTrusted(String),
}

impl Login {
    pub fn of_user(user: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            domain: domain.into(),
            project: None,
            assumed_by: None,
            expires: None,
        }
    }

    /// The login with a credential that no fixture has.
    pub fn of_unknown() -> Self {
        Self::of_user(UNKNOWN_CALLER, NO_DOMAIN)
    }
}

impl Directory {
    /// The login of a user, if the account and the password are right, and the one-time code if the user has a device.
    /// The error is the reason for a hint; the service itself does not tell it.
    pub fn login(
        &self,
        user: NameOrId,
        domain: Option<NameOrId>,
        password: &str,
        passcode: Option<Passcode>,
        now: Millis,
    ) -> Result<Login, String> {
        let Some(user) = self.user(user) else {
            let names: Vec<&str> = self.users.keys().map(String::as_str).collect();
            let names = names.join(", ");
            return Err(format!("there is no such user; known are [{names}]"));
        };
        let name = &user.name;
        if !user.is_at_home(domain) {
            return Err(format!("{name} belongs to the account {}", user.domain));
        }
        if !user.password.is(password) {
            return Err(format!("the password is not that of {name}"));
        }
        user.check_passcode(passcode, now)?;
        Ok(Login::of_user(name, self.domain_of(name)))
    }

    fn user(&self, user: NameOrId) -> Option<&User> {
        match user {
            NameOrId::Name(name) => self.users.get(name),
            NameOrId::Id(id) => self.users.values().find(|user| user_id(&user.name) == id),
        }
    }

    /// The login with a token, if the token is known.
    pub fn login_by_token(
        &self,
        token: &str,
        now: Millis,
    ) -> Result<Option<Login>, CredentialError> {
        let Some(token) = self.known_token(token, now)? else {
            return Ok(None);
        };
        let user = &token.user;
        let domain = self.domain_of(user);
        let login = match token.issued() {
            None => Login::of_user(user, domain),
            Some(issued) => Login {
                project: issued.project.clone(),
                assumed_by: issued.assumed_by.clone(),
                ..Login::of_user(user, &issued.domain)
            },
        };
        let expires = token.expires_at.as_deref().and_then(parse_rfc3339);
        Ok(Some(Login { expires, ..login }))
    }

    /// The login with a permanent access key, if the key is known.
    pub fn login_by_key(
        &self,
        ak: &str,
        sk: &str,
        now: Millis,
    ) -> Result<Option<Login>, CredentialError> {
        let Some((key, caller)) = self.by_key(ak, now)? else {
            return Ok(None);
        };
        let wrong = if key.security_token.is_some() {
            "a temporary access key signs requests and cannot log in"
        } else if !key.sk.is(sk) {
            "the secret is not that of the access key"
        } else {
            return Ok(Some(Login::of_user(
                caller.name.into_owned(),
                self.domain_of(&key.user),
            )));
        };
        Err(CredentialError::bad_signature(wrong))
    }

    /// The login of a caller who assumes an agency. If there are no agencies, `accept_unknown` accepts any.
    pub fn assume(
        &self,
        caller: &Caller,
        domain: NameOrId,
        name: &str,
        accept_unknown: bool,
    ) -> Result<Login, AssumeError> {
        let own_domain = self.account_of(caller);
        let mut agencies = self.agencies.values();
        let found = agencies.find(|known| known.name == name && domain.is_domain(&known.domain));
        let domain = match found {
            Some(agency) if agency.trusted_domain != own_domain => {
                let (agency, trusted) = (agency.full_name(), &agency.trusted_domain);
                return Err(AssumeError::NotTrusted(format!(
                    "{agency} trusts the account {trusted}; that of {} is {own_domain}",
                    caller.name
                )));
            }
            Some(agency) => &agency.domain,
            None if accept_unknown && self.agencies.is_empty() => domain.text(),
            None => {
                let known: Vec<&str> = self.agencies.keys().map(String::as_str).collect();
                let known = known.join(", ");
                return Err(AssumeError::UnknownAgency(format!(
                    "there is no such agency; known are [{known}]"
                )));
            }
        };
        let assumed_by = AssumedBy {
            user: caller.name.clone().into_owned(),
            domain: own_domain.to_owned(),
        };
        Ok(Login {
            assumed_by: Some(assumed_by),
            ..Login::of_user(full_name(domain, name), domain)
        })
    }

    /// The reason why a user or an agency cannot have a token for a project.
    pub fn project_refusal(&self, name: &str, project: NameOrId) -> String {
        let own: Vec<_> = self
            .own_projects(name)
            .iter()
            .map(|own| format!("{} ({})", own.name, own.id))
            .collect();
        format!(
            "{name} may enter [{}], not {}",
            own.join(", "),
            project.text()
        )
    }
}

impl User {
    /// True if the user belongs to the account. An absent account, or that of a user without one, is any.
    fn is_at_home(&self, domain: Option<NameOrId>) -> bool {
        self.domain.is_empty() || domain.is_none_or(|domain| domain.is_domain(&self.domain))
    }

    fn check_passcode(&self, passcode: Option<Passcode>, now: Millis) -> Result<(), String> {
        let (name, id) = (&self.name, user_id(&self.name));
        let why = match (&self.totp_secret, passcode) {
            (Some(_), None) => {
                format!("{name} has a totp_secret: log in by the methods password and totp")
            }
            (None, Some(_)) => {
                format!("{name} has no totp_secret: log in by the method password alone")
            }
            (Some(_), Some(passcode)) if passcode.user_id != id => {
                format!("auth.identity.totp.user.id must be the id of {name}, {id}")
            }
            (Some(secret), Some(passcode)) if !is_valid_passcode(secret, passcode.code, now) => {
                format!("the passcode is not that of {name} at this time of the emulator's clock")
            }
            (None, None) | (Some(_), Some(_)) => return Ok(()),
        };
        Err(why)
    }
}

//! The request for a token.

use crate::families::huawei::hint;
use crate::families::iam::Error;
use crate::http::Caller;
use crate::http::auth::{CredentialError, Secret};
use crate::sim::Millis;
use crate::sim::time::MAX_INSTANT;
use crate::world::identities::{AssumeError, Directory, Login, NameOrId, Passcode, Project};

/// The lifetime of an issued token: 24 hours of the world's clock.
pub const LIFETIME: Millis = 24 * 60 * 60 * 1_000;

/// The permissions to assume an agency: the service's role, and the action that it consists of.
const ASSUME: [&str; 2] = ["Agent Operator", "iam:tokens:assume"];

/// A complete login.
#[derive(Debug)]
pub struct LoginRequest {
    pub method: LoginMethod,
    /// The names of the methods, as the request has them.
    pub methods: Vec<String>,
    pub scope: LoginScope,
}

/// The method of a login, with its credential.
#[derive(Debug)]
pub enum LoginMethod {
    Password {
        user: Reference,
        /// The user's account; absent for a user by id.
        domain: Option<Reference>,
        password: Secret,
        code: Option<OneTimeCode>,
    },
    Token(Secret),
    AccessKey {
        ak: String,
        sk: Secret,
    },
    AssumeRole(AgencyName),
}

/// The one-time code of a user's virtual MFA device.
#[derive(Debug)]
pub struct OneTimeCode {
    pub user_id: String,
    pub passcode: Secret,
}

/// An agency by its account and its name.
#[derive(Debug)]
pub struct AgencyName {
    pub domain: Reference,
    pub name: String,
}

/// A user, an account or a project by name or id.
#[derive(Debug)]
pub enum Reference {
    Name(String),
    Id(String),
}

impl Reference {
    pub fn who(&self) -> NameOrId<'_> {
        match self {
            Self::Name(name) => NameOrId::Name(name),
            Self::Id(id) => NameOrId::Id(id),
        }
    }
}

/// The scope that a token shall have.
#[derive(Debug)]
pub enum LoginScope {
    Project {
        project: Reference,
        /// The account that the project must be of.
        domain: Option<Reference>,
    },
    Domain(Reference),
    /// That of the account of the user or agency.
    Unscoped,
}

impl LoginRequest {
    /// True if a caller with a credential of its own makes the login.
    pub fn needs_caller(&self) -> bool {
        matches!(self.method, LoginMethod::AssumeRole(_))
    }

    /// Checks the credential. `is_lenient` also accepts unknown credentials where the world has no users, and unknown
    /// agencies where it has no agencies.
    pub fn login(
        &self,
        directory: &Directory,
        caller: Option<&Caller>,
        now: Millis,
        is_lenient: bool,
    ) -> Result<Login, Error> {
        let accept_unknown = is_lenient && !directory.has_users();
        match &self.method {
            LoginMethod::Password {
                user,
                domain,
                password,
                code,
            } => {
                let (user, domain) = (user.who(), domain.as_ref().map(Reference::who));
                let passcode = code.as_ref().map(|code| Passcode {
                    user_id: &code.user_id,
                    code: code.passcode.expose(),
                });
                let login = directory.login(user, domain, password.expose(), passcode, now);
                match login {
                    Err(_) if accept_unknown => {
                        let domain =
                            domain.map_or(directory.domain_of(user.text()), NameOrId::text);
                        Ok(Login::of_user(user.text(), domain))
                    }
                    login => login.map_err(Error::WrongLogin),
                }
            }
            LoginMethod::Token(token) => {
                let login = directory.login_by_token(token.expose(), now);
                let unknown = "the token must be in the fixtures or issued by POST /v3/auth/tokens; \
                               a reset forgets the issued ones";
                known_login(login, accept_unknown, unknown)
            }
            LoginMethod::AccessKey { ak, sk } => {
                let login = directory.login_by_key(ak, sk.expose(), now);
                let unknown = "the access key must be among identities.access_keys";
                known_login(login, accept_unknown, unknown)
            }
            LoginMethod::AssumeRole(agency) => agency.assume(directory, caller, is_lenient),
        }
    }

    /// The project of the token; absent if the token is for the account.
    pub fn project(&self, directory: &Directory, login: &Login) -> Result<Option<Project>, Error> {
        let user = &login.user;
        match &self.scope {
            LoginScope::Project { project, domain } => {
                check_account(domain.as_ref(), login)?;
                let project = project.who();
                match directory.project(user, project) {
                    Some(project) => Ok(Some(project)),
                    None => Err(Error::Unauthenticated(
                        directory.project_refusal(user, project),
                    )),
                }
            }
            LoginScope::Domain(domain) => check_account(Some(domain), login).map(|()| None),
            LoginScope::Unscoped => Ok(None),
        }
    }

    /// The end of the token. A token from a token ends with it.
    pub fn expires(login: &Login, now: Millis) -> Millis {
        let end = (now + LIFETIME).min(MAX_INSTANT);
        login.expires.map_or(end, |expires| end.min(expires))
    }
}

/// Checks that an account is that of the user or agency.
fn check_account(account: Option<&Reference>, login: &Login) -> Result<(), Error> {
    let Login { user, domain, .. } = login;
    if account.is_none_or(|account| account.who().is_domain(domain)) {
        return Ok(());
    }
    let why = format!("the account of {user} is {domain}");
    Err(Error::Unauthenticated(why))
}

/// The login with a token or a key.
fn known_login(
    login: Result<Option<Login>, CredentialError>,
    accept_unknown: bool,
    unknown: &str,
) -> Result<Login, Error> {
    match login {
        Ok(Some(login)) => Ok(login),
        Ok(None) if accept_unknown => Ok(Login::of_unknown()),
        Ok(None) => Err(Error::Unauthenticated(unknown.to_owned())),
        Err(failure) => Err(Error::Unauthenticated(hint(&failure))),
    }
}

impl AgencyName {
    /// Assumes the agency as the caller, who needs the permission to.
    pub fn assume(
        &self,
        directory: &Directory,
        caller: Option<&Caller>,
        is_lenient: bool,
    ) -> Result<Login, Error> {
        let Some(caller) = caller else {
            return Err(Error::BadToken(hint(&CredentialError::Missing)));
        };
        if !ASSUME.iter().any(|action| caller.is_allowed(action)) {
            let [role, action] = ASSUME;
            return Err(Error::Forbidden(format!(
                "{} needs the permission {role} or {action} to assume an agency",
                caller.name
            )));
        }
        let login = directory.assume(caller, self.domain.who(), &self.name, is_lenient);
        login.map_err(|error| match error {
            AssumeError::NotTrusted(why) => Error::Forbidden(why),
            AssumeError::UnknownAgency(why) => Error::NoSuchAgency {
                name: self.name.clone(),
                why,
            },
        })
    }
}

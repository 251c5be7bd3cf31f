//! The body of a login.

use serde::Deserialize;
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

use super::assume_role::IamAssumeRole;
use super::body::{self, essential, required};
use crate::families::iam::Error;
use crate::families::iam::model::{LoginMethod, LoginRequest, LoginScope, OneTimeCode, Reference};
#[cfg(test)]
use crate::http::Evidence;
#[cfg(test)]
use crate::http::attributes::evidence::words;
use crate::http::auth::Secret;

/// The body of a login: `{"auth":{"identity":{…},"scope":{…}}}`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamTokenRequest {
    /// The credentials and the scope. Mandatory.
    #[cfg_attr(test, schema(value_type = IamAuth, required = true))]
    auth: Option<IamAuth>,
}

/// Credentials, and the scope of the token.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamAuth {
    /// The credentials. Mandatory.
    #[cfg_attr(test, schema(value_type = IamIdentity, required = true))]
    identity: Option<IamIdentity>,
    /// The scope of the token. A project takes precedence over an account; without either the token is for the account
    /// of the user or agency.
    scope: Option<IamScope>,
}

/// Credentials: the methods, and under the name of each what it needs.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamIdentity {
    /// `["password"]`, `["password", "totp"]`, `["token"]`, `["hw_ak_sk"]` or `["assume_role"]`. Mandatory.
    #[cfg_attr(test, schema(value_type = Vec<IamMethod>, required = true, min_items = 1, max_items = 2, example = json!(["password"])))]
    methods: Option<Vec<String>>,
    /// A user with a password.
    password: Option<IamPassword>,
    /// The one-time code of the user's virtual MFA device.
    totp: Option<IamTotp>,
    /// A token.
    token: Option<IamSubject>,
    /// A permanent access key.
    hw_ak_sk: Option<IamAccessKey>,
    /// An agency, which the caller with the `X-Auth-Token` assumes.
    assume_role: Option<IamAssumeRole>,
}

/// A method of a login, in the schema.
#[cfg(test)]
pub(super) struct IamMethod;

#[cfg(test)]
impl PartialSchema for IamMethod {
    fn schema() -> RefOr<Schema> {
        words(
            "A method of a login.",
            [
                ("password", Evidence::Documented),
                ("totp", Evidence::Documented),
                ("token", Evidence::Observed),
                ("hw_ak_sk", Evidence::Observed),
                ("assume_role", Evidence::Documented),
            ],
        )
    }
}

#[cfg(test)]
impl ToSchema for IamMethod {}

/// A user with a password.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamPassword {
    /// Mandatory.
    #[cfg_attr(test, schema(value_type = IamLoginUser, required = true))]
    user: Option<IamLoginUser>,
}

/// A user with a password.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamLoginUser {
    /// The user's id, in place of name and account, as `OpenStack`'s clients send it.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    id: Option<String>,
    /// The user's name. Mandatory without an id.
    name: Option<String>,
    /// The user's password. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    password: Option<Secret>,
    /// The user's account. Mandatory without an id.
    domain: Option<IamUserDomain>,
}

/// The account of a user by id or by name. The id takes precedence.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamUserDomain {
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    id: Option<String>,
    name: Option<String>,
}

/// The one-time code of a virtual MFA device.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamTotp {
    /// Mandatory.
    #[cfg_attr(test, schema(value_type = IamTotpUser, required = true))]
    user: Option<IamTotpUser>,
}

/// A user with a one-time code.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamTotpUser {
    /// The user's id. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    id: Option<String>,
    /// The code that the device shows. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    passcode: Option<Secret>,
}

/// A token that logs in.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamSubject {
    /// The token. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    id: Option<Secret>,
}

/// A permanent access key.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamAccessKey {
    /// The public half. Mandatory.
    #[cfg_attr(test, schema(value_type = IamPublicHalf, required = true))]
    access: Option<IamPublicHalf>,
    /// The secret half. Mandatory.
    #[cfg_attr(test, schema(value_type = IamSecretHalf, required = true))]
    secret: Option<IamSecretHalf>,
}

/// The public half of an access key.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamPublicHalf {
    /// The access key id. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    key: Option<String>,
}

/// The secret half of an access key.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamSecretHalf {
    /// The secret access key. Mandatory.
    #[cfg_attr(test, schema(value_type = String, required = true))]
    key: Option<Secret>,
}

/// The scope of a token.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamScope {
    /// A project.
    project: Option<IamProjectScope>,
    /// An account.
    domain: Option<IamNamed>,
}

/// A project by id or by name. The id takes precedence.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamProjectScope {
    id: Option<String>,
    name: Option<String>,
    /// The project's account, as `OpenStack`'s clients send it beside a name. It must be that of the user or agency.
    domain: Option<IamProjectDomain>,
}

/// The account of a project by id or by name. The id takes precedence.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamProjectDomain {
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    id: Option<String>,
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    name: Option<String>,
}

/// A resource by id or by name. The id takes precedence.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamNamed {
    id: Option<String>,
    name: Option<String>,
}

impl IamNamed {
    /// Requires an id or a name. `path` is that of the name.
    fn complete(self, path: &'static str) -> Result<Reference, Error> {
        match (self.id, self.name) {
            (Some(id), _) => Ok(Reference::Id(id)),
            (None, Some(name)) => Ok(Reference::Name(name)),
            (None, None) => Err(Error::Required(path)),
        }
    }
}

impl LoginRequest {
    /// Reads a login. `ignored` receives the path of every unknown field.
    pub fn read(body: &[u8], ignored: &mut dyn FnMut(String)) -> Result<Self, Error> {
        let request: IamTokenRequest = body::read(body, ignored)?;
        let auth = essential(request.auth, "auth")?;
        let mut identity = essential(auth.identity, "auth.identity")?;
        let methods = essential(identity.methods.take(), "auth.identity.methods")?;
        Ok(Self {
            method: identity.complete(&methods)?,
            methods,
            scope: auth.scope.unwrap_or_default().complete()?,
        })
    }
}

impl IamIdentity {
    fn complete(self, methods: &[String]) -> Result<LoginMethod, Error> {
        let names: Vec<&str> = methods.iter().map(String::as_str).collect();
        match names[..] {
            [] => Err(Error::BadBody("auth.identity.methods must not be empty".to_owned())),
            ["password"] => required(self.password, "auth.identity.password")?.complete(None),
            ["password", "totp"] | ["totp", "password"] => {
                let code = required(self.totp, "auth.identity.totp")?.complete()?;
                required(self.password, "auth.identity.password")?.complete(Some(code))
            }
            ["token"] => {
                let token = required(self.token, "auth.identity.token")?;
                Ok(LoginMethod::Token(required(token.id, "auth.identity.token.id")?))
            }
            ["hw_ak_sk"] => required(self.hw_ak_sk, "auth.identity.hw_ak_sk")?.complete(),
            ["assume_role"] => {
                let role = required(self.assume_role, "auth.identity.assume_role")?;
                Ok(LoginMethod::AssumeRole(role.complete()?))
            }
            _ => Err(Error::BadField {
                field: "methods".to_owned(),
                value: format!("{methods:?}"),
                why: "auth.identity.methods must be [\"password\"], [\"password\", \"totp\"], [\"token\"], \
                      [\"hw_ak_sk\"] or [\"assume_role\"]"
                    .to_owned(),
            }),
        }
    }
}

impl IamPassword {
    fn complete(self, code: Option<OneTimeCode>) -> Result<LoginMethod, Error> {
        let user = required(self.user, "auth.identity.password.user")?;
        let password = required(user.password, "auth.identity.password.user.password")?;
        let domain = match user.domain {
            Some(IamUserDomain { id, name }) => {
                let named = IamNamed { id, name };
                Some(named.complete("auth.identity.password.user.domain.name")?)
            }
            None if user.id.is_none() && user.name.is_some() => {
                return Err(Error::Required("auth.identity.password.user.domain"));
            }
            None => None,
        };
        let named = IamNamed {
            id: user.id,
            name: user.name,
        };
        Ok(LoginMethod::Password {
            user: named.complete("auth.identity.password.user.name")?,
            domain,
            password,
            code,
        })
    }
}

impl IamTotp {
    fn complete(self) -> Result<OneTimeCode, Error> {
        let user = required(self.user, "auth.identity.totp.user")?;
        Ok(OneTimeCode {
            user_id: required(user.id, "auth.identity.totp.user.id")?,
            passcode: required(user.passcode, "auth.identity.totp.user.passcode")?,
        })
    }
}

impl IamAccessKey {
    fn complete(self) -> Result<LoginMethod, Error> {
        let access = required(self.access, "auth.identity.hw_ak_sk.access")?;
        let secret = required(self.secret, "auth.identity.hw_ak_sk.secret")?;
        Ok(LoginMethod::AccessKey {
            ak: required(access.key, "auth.identity.hw_ak_sk.access.key")?,
            sk: required(secret.key, "auth.identity.hw_ak_sk.secret.key")?,
        })
    }
}

impl IamProjectScope {
    fn complete(self) -> Result<LoginScope, Error> {
        let named = |id, name| IamNamed { id, name };
        let domain = self
            .domain
            .map(|domain| named(domain.id, domain.name).complete("auth.scope.project.domain.name"));
        Ok(LoginScope::Project {
            project: named(self.id, self.name).complete("auth.scope.project.name")?,
            domain: domain.transpose()?,
        })
    }
}

impl IamScope {
    fn complete(self) -> Result<LoginScope, Error> {
        Ok(match (self.project, self.domain) {
            (Some(project), _) => project.complete()?,
            (None, Some(domain)) => LoginScope::Domain(domain.complete("auth.scope.domain.name")?),
            (None, None) => LoginScope::Unscoped,
        })
    }
}

//! The body of a login.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::families::iam::Error;
use crate::http::auth::Secret;
use crate::http::json::value::OrderedValue;
use crate::http::json::{path_string, strict};
use crate::world::identities::{Directory, Login, NameOrId, Project};

/// The body of a login: `{"auth":{"identity":{…},"scope":{…}}}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct IamTokenRequest {
    /// The credentials and the scope. Mandatory.
    #[schema(value_type = IamAuth, required = true)]
    auth: Option<IamAuth>,
}

/// Credentials, and the scope of the token.
#[derive(Debug, Deserialize, ToSchema)]
struct IamAuth {
    /// The credentials. Mandatory.
    #[schema(value_type = IamIdentity, required = true)]
    identity: Option<IamIdentity>,
    /// The scope of the token. A project takes precedence over an account; without either the token is for the user's
    /// account.
    scope: Option<IamScope>,
}

/// Credentials.
#[derive(Debug, Deserialize, ToSchema)]
struct IamIdentity {
    /// `["password"]`. Mandatory; other methods are not emulated.
    #[schema(value_type = Vec<IamMethod>, required = true, min_items = 1, max_items = 1, example = json!(["password"]))]
    methods: Option<Vec<String>>,
    /// Mandatory.
    #[schema(value_type = IamPassword, required = true)]
    password: Option<IamPassword>,
}

/// The emulated method.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
enum IamMethod {
    #[expect(dead_code, reason = "only the schema uses it")]
    Password,
}

/// A user with a password.
#[derive(Debug, Deserialize, ToSchema)]
struct IamPassword {
    /// Mandatory.
    #[schema(value_type = IamLoginUser, required = true)]
    user: Option<IamLoginUser>,
}

/// A user with a password.
#[derive(Debug, Deserialize, ToSchema)]
struct IamLoginUser {
    /// The user's id, in place of name and account.
    id: Option<String>,
    /// The user's name. Mandatory without an id.
    name: Option<String>,
    /// The user's password. Mandatory.
    #[schema(value_type = String, required = true)]
    password: Option<Secret>,
    /// The user's account. Mandatory without an id.
    domain: Option<IamNamed>,
}

/// The scope of a token.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct IamScope {
    /// A project.
    project: Option<IamNamed>,
    /// An account.
    domain: Option<IamNamed>,
}

/// A resource by id or by name. The id takes precedence.
#[derive(Debug, Deserialize, ToSchema)]
struct IamNamed {
    id: Option<String>,
    name: Option<String>,
}

impl IamNamed {
    /// Requires an id or a name. `path` is that of the name.
    fn complete(self, path: &'static str) -> Result<Self, Error> {
        match (&self.id, &self.name) {
            (None, None) => Err(Error::Required(path)),
            _ => Ok(self),
        }
    }

    fn who(&self) -> NameOrId<'_> {
        match &self.id {
            Some(id) => NameOrId::Id(id),
            None => NameOrId::Name(self.name.as_deref().unwrap_or_default()),
        }
    }

    fn text(&self) -> &str {
        let (NameOrId::Id(text) | NameOrId::Name(text)) = self.who();
        text
    }
}

fn required<T>(field: Option<T>, path: &'static str) -> Result<T, Error> {
    field.ok_or(Error::Required(path))
}

/// A complete login.
#[derive(Debug)]
pub struct LoginRequest {
    user: IamNamed,
    password: Secret,
    /// The user's account; absent for a user by id.
    domain: Option<IamNamed>,
    scope: IamScope,
}

impl LoginRequest {
    /// Reads a login. `ignored` receives the path of every unknown field.
    ///
    /// # Panics
    /// Never: the keys of JSON are strings.
    pub fn read(body: &[u8], mut ignored: impl FnMut(String)) -> Result<Self, Error> {
        let value: OrderedValue =
            serde_json::from_slice(body).map_err(|error| Error::BadBody(error.to_string()))?;
        if !matches!(value, OrderedValue::Object(_)) {
            return Err(Error::BadBody("the body must be a JSON object".to_owned()));
        }
        // The last of repeated fields counts; a struct would refuse them.
        let text = serde_json::to_string(&value).expect("keys are strings");
        let mut json = serde_json::Deserializer::from_str(&text);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let mut callback = |path: serde_ignored::Path| ignored(path_string(&path));
        let request: IamTokenRequest =
            strict::deserialize(serde_ignored::Deserializer::new(tracked, &mut callback))
                .map_err(|_| bad_field(&text, &track.path().to_string()))?;
        Self::complete(request)
    }

    fn complete(request: IamTokenRequest) -> Result<Self, Error> {
        let auth = required(request.auth, "auth")?;
        let identity = required(auth.identity, "auth.identity")?;
        let methods = required(identity.methods, "auth.identity.methods")?;
        if methods != ["password"] {
            return Err(Error::BadField {
                field: "methods".to_owned(),
                value: format!("{methods:?}"),
                why: "auth.identity.methods: only [\"password\"] is emulated".to_owned(),
            });
        }
        let password = required(identity.password, "auth.identity.password")?;
        let user = required(password.user, "auth.identity.password.user")?;
        let password = required(user.password, "auth.identity.password.user.password")?;
        let domain = match user.domain {
            Some(domain) => Some(domain.complete("auth.identity.password.user.domain.name")?),
            None if user.id.is_none() && user.name.is_some() => {
                return Err(Error::Required("auth.identity.password.user.domain"));
            }
            None => None,
        };
        let mut scope = auth.scope.unwrap_or_default();
        if let Some(project) = scope.project {
            scope.project = Some(project.complete("auth.scope.project.name")?);
        } else if let Some(domain) = scope.domain {
            scope.domain = Some(domain.complete("auth.scope.domain.name")?);
        }
        let named = IamNamed {
            id: user.id,
            name: user.name,
        };
        Ok(Self {
            user: named.complete("auth.identity.password.user.name")?,
            password,
            domain,
            scope,
        })
    }

    /// Checks the password. `accept_unknown` also logs in unknown users.
    pub fn login(&self, directory: &Directory, accept_unknown: bool) -> Result<Login, Error> {
        let (user, domain) = (self.user.who(), self.domain.as_ref().map(IamNamed::who));
        if let Some(login) = directory.login(user, domain, self.password.expose()) {
            return Ok(login);
        }
        if !accept_unknown {
            return Err(Error::WrongLogin(directory.login_failure(user, domain)));
        }
        let user = self.user.text();
        let domain = match &self.domain {
            Some(domain) => domain.text(),
            None => directory.domain_of(user),
        };
        Ok(Login {
            user: user.to_owned(),
            domain: domain.to_owned(),
        })
    }

    /// The project of the token; absent if the token is for the account.
    pub fn project(&self, directory: &Directory, login: &Login) -> Result<Option<Project>, Error> {
        let (user, own_domain) = (&login.user, &login.domain);
        if let Some(project) = &self.scope.project {
            let project = project.who();
            return match directory.project(user, project) {
                Some(project) => Ok(Some(project)),
                None => Err(Error::ForeignScope(
                    directory.project_refusal(user, project),
                )),
            };
        }
        match &self.scope.domain {
            Some(domain) if !domain.who().is_domain(own_domain) => {
                let why = format!("the account of {user} is {own_domain}");
                Err(Error::ForeignScope(why))
            }
            Some(_) | None => Ok(None),
        }
    }
}

/// The error of a field of the wrong type. Its value is masked if it is, or may hold, a password.
fn bad_field(text: &str, path: &str) -> Error {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let field = path.rsplit('.').next().unwrap_or_default().to_owned();
    let pointer = path.replace(['.', '['], "/").replace(']', "");
    let value = match body.pointer(&format!("/{pointer}")) {
        Some(_) if path.starts_with("auth.identity.password") => "***".to_owned(),
        None | Some(Value::Object(_) | Value::Array(_)) => "***".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Error::BadField {
        why: format!("{path} has the wrong type"),
        field,
        value,
    }
}

//! The body of a login.

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::families::iam::Error;
use crate::http::auth::Secret;
use crate::http::json::value::OrderedValue;
use crate::http::json::{path_string, strict};
use crate::world::identities::{Directory, Login, Project, Who};

/// The body of a login: `{"auth":{"identity":{…},"scope":{…}}}`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct IamTokenRequest {
    /// Who asks, and for what. Mandatory.
    #[schema(value_type = IamAuth, required = true)]
    auth: Option<IamAuth>,
}

/// Who asks, and for what.
#[derive(Debug, Deserialize, ToSchema)]
struct IamAuth {
    /// Who asks. Mandatory.
    #[schema(value_type = IamIdentity, required = true)]
    identity: Option<IamIdentity>,
    /// What the token is for. A project goes before an account; without either it is for the user's account.
    scope: Option<IamScope>,
}

/// Who asks, and how that is proved.
#[derive(Debug, Deserialize, ToSchema)]
struct IamIdentity {
    /// `["password"]`. Mandatory; other methods are not emulated.
    #[schema(value_type = Vec<IamMethod>, required = true, min_items = 1, max_items = 1, example = json!(["password"]))]
    methods: Option<Vec<String>>,
    /// Mandatory.
    #[schema(value_type = IamPassword, required = true)]
    password: Option<IamPassword>,
}

/// The method that is emulated.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
enum IamMethod {
    #[expect(dead_code, reason = "the schema alone speaks of it")]
    Password,
}

/// A name with its password.
#[derive(Debug, Deserialize, ToSchema)]
struct IamPassword {
    /// Mandatory.
    #[schema(value_type = IamLoginUser, required = true)]
    user: Option<IamLoginUser>,
}

/// Who asks.
#[derive(Debug, Deserialize, ToSchema)]
struct IamLoginUser {
    /// The user's id, in place of the name and the account.
    id: Option<String>,
    /// The user's name. Mandatory without an id.
    name: Option<String>,
    /// The user's password. Mandatory.
    #[schema(value_type = String, required = true)]
    password: Option<Secret>,
    /// The user's account. Mandatory without an id.
    domain: Option<IamNamed>,
}

/// What a token is for.
#[derive(Debug, Default, Deserialize, ToSchema)]
struct IamScope {
    /// One project.
    project: Option<IamNamed>,
    /// An account.
    domain: Option<IamNamed>,
}

/// Something by id or by name; the id goes first.
#[derive(Debug, Deserialize, ToSchema)]
struct IamNamed {
    id: Option<String>,
    name: Option<String>,
}

impl IamNamed {
    fn reference(self, path: &'static str) -> Result<Reference, Error> {
        match (self.id, self.name) {
            (Some(id), _) => Ok(Reference::Id(id)),
            (None, Some(name)) => Ok(Reference::Name(name)),
            (None, None) => Err(Error::Required {
                field: "name",
                path,
            }),
        }
    }
}

#[derive(Debug)]
enum Reference {
    Name(String),
    Id(String),
}

impl Reference {
    fn who(&self) -> Who<'_> {
        match self {
            Self::Name(name) => Who::Name(name),
            Self::Id(id) => Who::Id(id),
        }
    }

    fn text(&self) -> &str {
        let (Self::Name(text) | Self::Id(text)) = self;
        text
    }
}

/// A login that is complete.
#[derive(Debug)]
pub struct LoginRequest {
    user: Reference,
    password: Secret,
    /// The user's account; a user by id needs none.
    domain: Option<Reference>,
    scope: RequestedScope,
}

/// What a token is for.
#[derive(Debug)]
enum RequestedScope {
    Project(Reference),
    Domain(Reference),
    OwnDomain,
}

impl LoginRequest {
    /// Reads a login; `ignored` hears the path of every field that means nothing here.
    pub fn read(body: &[u8], mut ignored: impl FnMut(String)) -> Result<Self, Error> {
        let value: OrderedValue =
            serde_json::from_slice(body).map_err(|error| Error::BadBody(error.to_string()))?;
        if !matches!(value, OrderedValue::Object(_)) {
            return Err(Error::BadBody("the body must be a JSON object".to_owned()));
        }
        // Of a repeated field the last counts, which a struct would refuse.
        let text = serde_json::to_string(&value).expect("keys are strings");
        let mut json = serde_json::Deserializer::from_str(&text);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let mut callback = |path: serde_ignored::Path| ignored(path_string(&path));
        let request: IamTokenRequest =
            strict::deserialize(serde_ignored::Deserializer::new(tracked, &mut callback))
                .map_err(|_| bad_field(&value, &track.path().to_string()))?;
        Self::complete(request)
    }

    fn complete(request: IamTokenRequest) -> Result<Self, Error> {
        let missing = |field, path| move || Error::Required { field, path };
        let auth = request.auth.ok_or_else(missing("auth", "auth"))?;
        let identity = auth
            .identity
            .ok_or_else(missing("identity", "auth.identity"))?;
        let methods = identity
            .methods
            .ok_or_else(missing("methods", "auth.identity.methods"))?;
        if methods != ["password"] {
            return Err(Error::BadField {
                field: "methods".to_owned(),
                value: format!("{methods:?}"),
                why: "auth.identity.methods: only [\"password\"] is emulated".to_owned(),
            });
        }
        let password = identity
            .password
            .ok_or_else(missing("password", "auth.identity.password"))?;
        let user = password
            .user
            .ok_or_else(missing("user", "auth.identity.password.user"))?;
        let secret = user
            .password
            .ok_or_else(missing("password", "auth.identity.password.user.password"))?;
        let domain = user
            .domain
            .map(|domain| domain.reference("auth.identity.password.user.domain.name"));
        let domain = domain.transpose()?;
        if user.id.is_none() && user.name.is_some() && domain.is_none() {
            return Err(missing("domain", "auth.identity.password.user.domain")());
        }
        let named = IamNamed {
            id: user.id,
            name: user.name,
        };
        let IamScope {
            project,
            domain: account,
        } = auth.scope.unwrap_or_default();
        let scope = match (project, account) {
            (Some(project), _) => {
                RequestedScope::Project(project.reference("auth.scope.project.name")?)
            }
            (None, Some(domain)) => {
                RequestedScope::Domain(domain.reference("auth.scope.domain.name")?)
            }
            (None, None) => RequestedScope::OwnDomain,
        };
        Ok(Self {
            user: named.reference("auth.identity.password.user.name")?,
            password: secret,
            domain,
            scope,
        })
    }

    /// Who logs in, if the password is right. `anybody`: also who is not known.
    pub fn login(&self, directory: &Directory, anybody: bool) -> Result<Login, Error> {
        let (user, domain) = (self.user.who(), self.domain.as_ref());
        let domain_named = domain.map(Reference::who);
        if let Some(login) = directory.login(user, domain_named, self.password.expose()) {
            return Ok(login);
        }
        if anybody {
            let name = self.user.text();
            let domain = domain.map_or(directory.domain_of(name), Reference::text);
            return Ok(Login {
                user: name.to_owned(),
                domain: domain.to_owned(),
            });
        }
        Err(Error::WrongLogin(directory.why_not(user, domain_named)))
    }

    /// The project that the token is for, or none if it is for the account.
    pub fn project(&self, directory: &Directory, login: &Login) -> Result<Option<Project>, Error> {
        match &self.scope {
            RequestedScope::Project(login_request) => {
                let login_request = login_request.who();
                let project = directory.project(&login.user, login_request);
                let foreign =
                    || Error::ForeignScope(directory.why_no_project(&login.user, login_request));
                project.map(Some).ok_or_else(foreign)
            }
            RequestedScope::Domain(login_request)
                if !login_request.who().is_domain(&login.domain) =>
            {
                Err(Error::ForeignScope(format!(
                    "the account of {} is {}",
                    login.user, login.domain
                )))
            }
            RequestedScope::Domain(_) | RequestedScope::OwnDomain => Ok(None),
        }
    }
}

/// The error of a field whose type is wrong: its value is shown unless it is, or may hold, a password.
fn bad_field(value: &OrderedValue, path: &str) -> Error {
    let field = path.rsplit('.').next().unwrap_or_default().to_owned();
    let found = path.split('.').try_fold(value, |value, part| {
        let (name, place) = part.split_once('[').unwrap_or((part, ""));
        let OrderedValue::Object(fields) = value else {
            return None;
        };
        match (
            fields.get(name)?,
            place.trim_end_matches(']').parse::<usize>(),
        ) {
            (OrderedValue::Array(items), Ok(n)) => items.get(n),
            (_, Ok(_)) => None,
            (field, Err(_)) => Some(field),
        }
    });
    let value = match found {
        Some(OrderedValue::Scalar(scalar)) if !path.starts_with("auth.identity.password") => {
            match scalar {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }
        }
        _ => "***".to_owned(),
    };
    Error::BadField {
        why: format!("{path} has the wrong type"),
        field,
        value,
    }
}

//! The bodies of the request for a temporary access key and of its answer.

use serde::{Deserialize, Serialize};

use super::assume_role::agency_name;
use super::body::{self, essential, required};
use super::token::stamp;
use crate::families::iam::Error;
use crate::families::iam::model::{KeyGrant, TemporaryKeyRequest};
use crate::http::auth::Secret;
use crate::sim::Millis;

/// The body of a request for a temporary access key: `{"auth":{"identity":{…}}}`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamTemporaryKeyRequest {
    /// Mandatory.
    #[cfg_attr(test, schema(value_type = IamTemporaryKeyAuth, required = true))]
    auth: Option<IamTemporaryKeyAuth>,
}

/// The credentials of a request for a temporary access key.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamTemporaryKeyAuth {
    /// Mandatory.
    #[cfg_attr(test, schema(value_type = IamTemporaryKeyIdentity, required = true))]
    identity: Option<IamTemporaryKeyIdentity>,
}

/// The method, and under its name what it needs.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamTemporaryKeyIdentity {
    /// `["token"]` or `["assume_role"]`. Mandatory.
    #[cfg_attr(test, schema(value_type = Vec<IamTemporaryKeyMethod>, required = true, min_items = 1, max_items = 1,
        example = json!(["token"])))]
    methods: Option<Vec<String>>,
    /// A token, and the lifetime of the key.
    token: Option<IamKeyToken>,
    /// An agency, and the lifetime of the key.
    assume_role: Option<IamKeyAssumeRole>,
}

/// A method by which a temporary access key is granted.
#[derive(Debug)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
#[expect(dead_code, reason = "only the schema uses it")]
enum IamTemporaryKeyMethod {
    Token,
    AssumeRole,
}

/// A token, and the lifetime of the key.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamKeyToken {
    /// The token, if there is none in `X-Auth-Token`.
    #[cfg_attr(test, schema(value_type = Option<String>))]
    id: Option<Secret>,
    /// The lifetime in seconds; 900 if absent.
    #[cfg_attr(test, schema(minimum = 900, maximum = 86_400))]
    duration_seconds: Option<i64>,
}

/// An agency by its name and the account that has created it, and the lifetime of the key.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamKeyAssumeRole {
    /// The agency's name. Mandatory, here or in `xrole_name`.
    agency_name: Option<String>,
    /// The agency's name in the words of older clients.
    #[cfg_attr(test, schema(extensions(("x-evidence" = json!("observed")))))]
    xrole_name: Option<String>,
    /// The id of the agency's account. Takes precedence over the name.
    domain_id: Option<String>,
    /// The name of the agency's account. Mandatory without an id.
    domain_name: Option<String>,
    /// The lifetime in seconds; 900 if absent.
    #[cfg_attr(test, schema(minimum = 900, maximum = 86_400))]
    duration_seconds: Option<i64>,
    /// The user on whose behalf the caller acts.
    session_user: Option<IamSessionUser>,
}

/// A user of the caller's own organisation.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamSessionUser {
    /// The name: 5 to 64 letters, digits, `-` and `_`, the first a letter.
    #[cfg_attr(test, schema(pattern = "^[A-Za-z][A-Za-z0-9_-]{4,63}$"))]
    name: Option<String>,
}

impl TemporaryKeyRequest {
    /// Reads a request. `ignored` receives the path of every unknown field.
    pub fn read(body: &[u8], ignored: &mut dyn FnMut(String)) -> Result<Self, Error> {
        let request: IamTemporaryKeyRequest = body::read(body, ignored)?;
        let auth = essential(request.auth, "auth")?;
        let identity = essential(auth.identity, "auth.identity")?;
        let methods = essential(identity.methods, "auth.identity.methods")?;
        let names: Vec<&str> = methods.iter().map(String::as_str).collect();
        match names[..] {
            [] => Err(Error::BadBody(
                "auth.identity.methods must not be empty".to_owned(),
            )),
            ["token"] => {
                let token = identity.token.unwrap_or_default();
                Ok(Self {
                    lifetime: lifetime("auth.identity.token", token.duration_seconds)?,
                    grant: KeyGrant::Token(token.id),
                })
            }
            ["assume_role"] => {
                let path = "auth.identity.assume_role";
                let role = required(identity.assume_role, path)?;
                role.session_user.map_or(Ok(()), IamSessionUser::check)?;
                let name = role.agency_name.or(role.xrole_name);
                Ok(Self {
                    lifetime: lifetime(path, role.duration_seconds)?,
                    grant: KeyGrant::Agency(agency_name(name, role.domain_id, role.domain_name)?),
                })
            }
            _ => Err(Error::BadField {
                field: "methods".to_owned(),
                value: format!("{methods:?}"),
                why: "auth.identity.methods must be [\"token\"] or [\"assume_role\"]".to_owned(),
            }),
        }
    }
}

/// The lifetime of a key: 15 minutes to 24 hours.
fn lifetime(path: &str, seconds: Option<i64>) -> Result<Millis, Error> {
    match seconds.unwrap_or(900) {
        seconds @ 900..=86_400 => Ok(seconds * 1_000),
        seconds => Err(Error::BadField {
            field: "duration_seconds".to_owned(),
            value: seconds.to_string(),
            why: format!("{path}.duration_seconds must be 900 to 86400"),
        }),
    }
}

impl IamSessionUser {
    fn check(self) -> Result<(), Error> {
        let Some(name) = self.name else {
            return Ok(());
        };
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (5..=64).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(is_allowed)
        {
            return Ok(());
        }
        Err(Error::BadField {
            field: "name".to_owned(),
            value: name,
            why: "auth.identity.assume_role.session_user.name must have 5 to 64 letters, digits, - and _, \
                  the first a letter"
                .to_owned(),
        })
    }
}

/// A temporary access key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IamTemporaryKey {
    credential: IamCredential,
}

/// The parts of a temporary access key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IamCredential {
    /// The public half.
    #[cfg_attr(test, schema(example = "NZFAT5VNWEJDGZ4PZ8CG"))]
    access: String,
    /// The expiry, in UTC.
    #[cfg_attr(test, schema(example = "2020-01-08T03:50:07.574000Z"))]
    expires_at: String,
    /// The secret half.
    secret: Secret,
    /// The session token, which goes into the header `X-Security-Token` of every signed request.
    securitytoken: Secret,
}

impl IamTemporaryKey {
    pub fn new(access: String, secret: Secret, securitytoken: Secret, expires: Millis) -> Self {
        Self {
            credential: IamCredential {
                access,
                expires_at: stamp(expires),
                secret,
                securitytoken,
            },
        }
    }
}

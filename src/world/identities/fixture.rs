//! The fixture format of identities.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::http::auth::Secret;
use crate::world::fixture::{ValidationError, upsert};
use crate::world::time::parse_rfc3339;

/// Identities in the fixture format. Secrets are written out in it, and nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identities {
    /// Users of the Huawei families.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Their access keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_keys: Vec<AccessKey>,
    /// Their tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
    /// Users of Zadig.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub zadig_users: Vec<ZadigUser>,
}

/// A user of the Huawei families.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name, unique.
    pub name: String,
    /// The password.
    #[serde(default)]
    pub password: Secret,
    /// The account the user belongs to.
    #[serde(default)]
    pub domain: String,
    /// The projects the user may enter.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// The actions allowed, with `*` as a wildcard; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
}

/// A project of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name: the region's.
    pub name: String,
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The public half.
    pub ak: String,
    /// The secret half.
    pub sk: Secret,
    pub user: String,
    /// The session token that belongs to a temporary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_token: Option<Secret>,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its value.
    pub token: Secret,
    pub user: String,
    /// The expiry, RFC 3339; null: never.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The record of a token that the emulator issued or revoked itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<TokenHistory>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenHistory {
    /// The record of its issue; absent: the token comes from a fixture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued: Option<Issued>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issued {
    /// The instant, RFC 3339.
    pub at: String,
    /// The account of its user.
    pub domain: String,
    /// The project that it is for; absent: it is for the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
}

/// A user of Zadig.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZadigUser {
    /// The user's one API token.
    pub token: Secret,
    /// The name that versions show.
    pub name: String,
    #[serde(default)]
    pub admin: bool,
    /// What is allowed in which project: `get_delivery`, `create_delivery`, `delete_delivery`, `release_get`,
    /// `project_admin`.
    #[serde(default)]
    pub projects: BTreeMap<String, Vec<String>>,
}

/// The roles that a user of Zadig may have.
const ROLES: [&str; 5] = [
    "get_delivery",
    "create_delivery",
    "delete_delivery",
    "release_get",
    "project_admin",
];

impl Identities {
    /// Checks that names are unique, that everything belongs to somebody and that times can be read.
    pub fn check(&self) -> Result<(), ValidationError> {
        let users = unique("users", self.users.iter().map(|user| user.name.as_str()))?;
        unique(
            "access_keys",
            self.access_keys.iter().map(|key| key.ak.as_str()),
        )?;
        unique(
            "tokens",
            self.tokens.iter().map(|token| token.token.expose()),
        )?;
        unique(
            "zadig_users",
            self.zadig_users.iter().map(|user| user.token.expose()),
        )?;
        for (n, key) in self.access_keys.iter().enumerate() {
            if !users.contains(key.user.as_str()) {
                return Err(ValidationError::new(
                    format!("access_keys[{n}].user"),
                    "the name of one of the users",
                ));
            }
        }
        for (n, token) in self.tokens.iter().enumerate() {
            let issued = token.issued();
            // One that was issued here names its user even if nobody knows the user.
            if issued.is_none() && !users.contains(token.user.as_str()) {
                return Err(ValidationError::new(
                    format!("tokens[{n}].user"),
                    "the name of one of the users",
                ));
            }
            if token
                .expires_at
                .as_deref()
                .is_some_and(|at| parse_rfc3339(at).is_none())
            {
                return Err(ValidationError::new(
                    format!("tokens[{n}].expires_at"),
                    "an RFC 3339 time or null",
                ));
            }
            if issued.is_some_and(|issued| parse_rfc3339(&issued.at).is_none()) {
                return Err(ValidationError::new(
                    format!("tokens[{n}].emulator.issued.at"),
                    "an RFC 3339 time",
                ));
            }
        }
        for (n, user) in self.zadig_users.iter().enumerate() {
            for (project, roles) in &user.projects {
                if roles.iter().any(|role| !ROLES.contains(&role.as_str())) {
                    let place = format!("zadig_users[{n}].projects.{project}");
                    return Err(ValidationError::new(
                        place,
                        format!("roles out of {}", ROLES.join(", ")),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Takes over what a patch says, by name, key and token.
    pub fn merge(&mut self, patch: Self) {
        upsert(&mut self.users, patch.users, |user| &user.name);
        upsert(&mut self.access_keys, patch.access_keys, |key| &key.ak);
        upsert(&mut self.tokens, patch.tokens, |token| &token.token);
        upsert(&mut self.zadig_users, patch.zadig_users, |user| &user.token);
    }
}

/// The names of a list, in which each may come only once.
fn unique<'a>(
    list: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<HashSet<&'a str>, ValidationError> {
    let mut seen = HashSet::new();
    for (n, name) in names.enumerate() {
        if !seen.insert(name) {
            return Err(ValidationError::new(
                format!("{list}[{n}]"),
                "each only once",
            ));
        }
    }
    Ok(seen)
}

//! The fixture format of identities.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::http::auth::Secret;
use crate::sim::time::{not_rfc3339, parse_rfc3339};
use crate::world::fixture::{ValidationError, upsert};

/// Identities in the fixture format, the only place where secrets are written in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identities {
    /// Users of the Huawei families.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Access keys of the users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_keys: Vec<AccessKey>,
    /// Tokens of the users.
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
    pub id: String,
    /// The name, which is that of a region.
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
    /// The value.
    pub token: Secret,
    pub user: String,
    /// The expiry, RFC 3339; null: never.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The record of a token that the emulator issued or revoked.
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
    /// The project it is for; absent: it is for the account.
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
    /// The roles in each project: `get_delivery`, `create_delivery`, `delete_delivery`, `release_get`,
    /// `project_admin`.
    #[serde(default)]
    pub projects: BTreeMap<String, Vec<String>>,
}

/// The roles of Zadig users.
const ROLES: [&str; 5] = [
    "get_delivery",
    "create_delivery",
    "delete_delivery",
    "release_get",
    "project_admin",
];

impl Identities {
    /// Checks that names are unique, that users exist and that timestamps and roles are valid.
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
        let zadig_users = self.zadig_users.iter();
        unique("zadig_users", zadig_users.map(|user| user.token.expose()))?;
        let check_user = |list: &str, n: usize, user: &str| {
            if users.contains(user) {
                return Ok(());
            }
            let path = format!("{list}[{n}].user");
            Err(ValidationError::new(
                path,
                "must be the name of one of the users",
            ))
        };
        for (n, key) in self.access_keys.iter().enumerate() {
            check_user("access_keys", n, &key.user)?;
        }
        for (n, token) in self.tokens.iter().enumerate() {
            let issued = token.issued();
            // The emulator also issues tokens to users that no fixture has.
            if issued.is_none() {
                check_user("tokens", n, &token.user)?;
            }
            if let Some(expires_at) = &token.expires_at {
                check_timestamp(expires_at, || format!("tokens[{n}].expires_at"))?;
            }
            if let Some(issued) = issued {
                check_timestamp(&issued.at, || format!("tokens[{n}].emulator.issued.at"))?;
            }
        }
        for (n, user) in self.zadig_users.iter().enumerate() {
            for (project, roles) in &user.projects {
                if let Some(role) = roles.iter().find(|role| !ROLES.contains(&role.as_str())) {
                    return Err(ValidationError::new(
                        format!("zadig_users[{n}].projects.{project}"),
                        format!(
                            "\"{role}\" is not a role; the roles are {}",
                            ROLES.join(", ")
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Applies a patch: replaces entries with the same name, key or token, and adds the rest.
    pub fn merge(&mut self, patch: Self) {
        upsert(&mut self.users, patch.users, |user| &user.name);
        upsert(&mut self.access_keys, patch.access_keys, |key| &key.ak);
        upsert(&mut self.tokens, patch.tokens, |token| &token.token);
        upsert(&mut self.zadig_users, patch.zadig_users, |user| &user.token);
    }
}

/// The names in a list, which must be unique. They may be secrets, so an error does not repeat them.
fn unique<'a>(
    list: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<HashSet<&'a str>, ValidationError> {
    let mut seen = HashSet::new();
    for (n, name) in names.enumerate() {
        if !seen.insert(name) {
            let path = format!("{list}[{n}]");
            return Err(ValidationError::new(path, "duplicate of an earlier entry"));
        }
    }
    Ok(seen)
}

fn check_timestamp(text: &str, path: impl Fn() -> String) -> Result<(), ValidationError> {
    match parse_rfc3339(text) {
        Some(_) => Ok(()),
        None => Err(ValidationError::new(path(), not_rfc3339(text))),
    }
}

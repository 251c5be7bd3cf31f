//! The identities a world knows: users with their tokens and access keys, and the users of Zadig.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{Misfit, upsert};
use crate::http::Caller;
use crate::http::auth::Failure;
use crate::sim::Ms;

/// Identities in the fixture format, which is also how they are kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identities {
    /// Users of the Huawei families.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::http::json::objects"
    )]
    pub users: Vec<User>,
    /// Their access keys.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::http::json::objects"
    )]
    pub access_keys: Vec<AccessKey>,
    /// Their tokens.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::http::json::objects"
    )]
    pub tokens: Vec<Token>,
    /// Users of Zadig.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "crate::http::json::objects"
    )]
    pub zadig_users: Vec<ZadigUser>,
}

/// Secrets stay out of logs.
impl std::fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        let names: Vec<_> = self.users.iter().map(|user| &user.name).collect();
        formatter
            .debug_struct("Identities")
            .field("users", &names)
            .finish_non_exhaustive()
    }
}

/// A user of the Huawei families.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The name, unique.
    pub name: String,
    /// The password.
    #[serde(default)]
    pub password: String,
    /// The account the user belongs to.
    #[serde(default)]
    pub domain: String,
    /// The projects the user may enter.
    #[serde(default, deserialize_with = "crate::http::json::objects")]
    pub projects: Vec<Project>,
    /// The actions allowed, with `*` as a wildcard; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
}

/// A project of a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its id.
    pub id: String,
    /// Its name: the region's.
    pub name: String,
}

/// An access key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The public half.
    pub ak: String,
    /// The secret half.
    pub sk: String,
    /// Whose it is, by name.
    pub user: String,
    /// The session token that belongs to a temporary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_token: Option<String>,
}

/// A token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its value.
    pub token: String,
    /// Whose it is, by name.
    pub user: String,
    /// When it ends, RFC 3339; null: never.
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// A user of Zadig.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZadigUser {
    /// The user's one API token.
    pub token: String,
    /// The name that versions show.
    pub name: String,
    /// Whether everything is allowed.
    #[serde(default)]
    pub admin: bool,
    /// What is allowed in which project: `get_delivery`, `create_delivery`, `delete_delivery`, `release_get`,
    /// `project_admin`.
    #[serde(default)]
    pub projects: BTreeMap<String, Vec<String>>,
}

/// What may be allowed to a user of Zadig.
const ROLES: [&str; 5] = [
    "get_delivery",
    "create_delivery",
    "delete_delivery",
    "release_get",
    "project_admin",
];

impl Identities {
    /// Checks that names are unique, that everything belongs to somebody and that times can be read.
    pub fn check(&self) -> Result<(), Misfit> {
        unique("users", self.users.iter().map(|user| user.name.as_str()))?;
        unique(
            "access_keys",
            self.access_keys.iter().map(|key| key.ak.as_str()),
        )?;
        unique(
            "tokens",
            self.tokens.iter().map(|token| token.token.as_str()),
        )?;
        unique(
            "zadig_users",
            self.zadig_users.iter().map(|user| user.token.as_str()),
        )?;
        let known = |user: &str| self.users.iter().any(|known| known.name == user);
        for (n, key) in self.access_keys.iter().enumerate() {
            if !known(&key.user) {
                return Err(Misfit::new(
                    format!("access_keys[{n}].user"),
                    format!("a user's name, not {}", key.user),
                ));
            }
        }
        for (n, token) in self.tokens.iter().enumerate() {
            if !known(&token.user) {
                return Err(Misfit::new(
                    format!("tokens[{n}].user"),
                    format!("a user's name, not {}", token.user),
                ));
            }
            if token
                .expires_at
                .as_deref()
                .is_some_and(|at| instant(at).is_none())
            {
                return Err(Misfit::new(
                    format!("tokens[{n}].expires_at"),
                    "an RFC 3339 time or null",
                ));
            }
        }
        for (n, user) in self.zadig_users.iter().enumerate() {
            for (project, roles) in &user.projects {
                if roles.iter().any(|role| !ROLES.contains(&role.as_str())) {
                    let place = format!("zadig_users[{n}].projects.{project}");
                    return Err(Misfit::new(
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

    /// Whose token it is, if anybody's. A token whose time is over fails.
    pub fn by_token(&self, token: &str, now: Ms) -> Result<Option<Caller>, Failure> {
        let Some(known) = self.tokens.iter().find(|known| known.token == token) else {
            return Ok(None);
        };
        match &known.expires_at {
            Some(at) if instant(at).is_some_and(|end| end <= now) => {
                Err(Failure::Expired { at: at.clone() })
            }
            _ => Ok(self.by_name(&known.user)),
        }
    }

    /// Whose access key it is, if anybody's.
    #[must_use]
    pub fn by_key(&self, ak: &str) -> Option<Caller> {
        let key = self.access_keys.iter().find(|key| key.ak == ak)?;
        self.by_name(&key.user)
    }

    /// The user of Zadig with that token, if there is one.
    #[must_use]
    pub fn zadig_user(&self, token: &str) -> Option<&ZadigUser> {
        self.zadig_users.iter().find(|user| user.token == token)
    }

    fn by_name(&self, name: &str) -> Option<Caller> {
        let user = self.users.iter().find(|user| user.name == name)?;
        let projects: Vec<_> = user
            .projects
            .iter()
            .map(|project| project.id.clone())
            .collect();
        Some(Caller {
            projects: (!projects.is_empty()).then_some(projects),
            actions: user.actions.clone(),
            ..Caller::named(name)
        })
    }
}

/// The instant of an RFC 3339 text.
#[must_use]
pub fn instant(text: &str) -> Option<Ms> {
    chrono::DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.timestamp_millis())
}

fn unique<'a>(list: &str, names: impl Iterator<Item = &'a str>) -> Result<(), Misfit> {
    let mut seen = std::collections::HashSet::new();
    for (n, name) in names.enumerate() {
        if !seen.insert(name) {
            return Err(Misfit::new(format!("{list}[{n}]"), "each only once"));
        }
    }
    Ok(())
}

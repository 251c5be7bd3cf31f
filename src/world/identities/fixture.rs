//! The fixture format of identities.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::http::auth::Secret;
use crate::sim::heap::{Heap, heap_of};
use crate::world::fixture::upsert;

/// Identities in the fixture format, the only place where secrets are written in plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Identities {
    /// Users of the Huawei families.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<User>,
    /// Agencies, which the users of other accounts may assume.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agencies: Vec<Agency>,
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
    /// The secret of the user's virtual MFA device, in base32; absent: the password alone is enough to log in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totp_secret: Option<Secret>,
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

/// An agency: an account's permission for another account to act in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// The name, unique in its account.
    pub name: String,
    /// The account in whose place others may act.
    pub domain: String,
    /// The account whose users may assume the agency.
    pub trusted_domain: String,
    /// The projects that the agency may enter.
    #[serde(default)]
    pub projects: Vec<Project>,
    /// The actions allowed, with `*` as a wildcard; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
}

impl Agency {
    /// The name that is unique among all agencies and users, which tokens and resources show.
    pub fn full_name(&self) -> String {
        full_name(&self.domain, &self.name)
    }
}

/// The full name of an agency: its account and its name.
pub(super) fn full_name(domain: &str, name: &str) -> String {
    format!("{domain}/{name}")
}

/// A project of a user or an agency.
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
    /// The user; of a temporary key also an agency, by its full name.
    pub user: String,
    /// The session token that belongs to a temporary key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_token: Option<Secret>,
    /// The expiry, RFC 3339; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The record of a key that the emulator issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emulator: Option<KeyHistory>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyHistory {
    /// The record of its issue.
    pub issued: Issued,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The value.
    pub token: Secret,
    /// The user; of an issued token also an agency, by its full name.
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
    /// The account of its user or agency.
    pub domain: String,
    /// The project it is for; absent: a token is for the account, a key for every project of its user or agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Project>,
    /// The methods of the login; absent: `["password"]`.
    #[serde(default = "password", skip_serializing_if = "is_password")]
    pub methods: Vec<String>,
    /// The user who has assumed the agency; absent: it is for a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed_by: Option<AssumedBy>,
}

fn password() -> Vec<String> {
    vec!["password".to_owned()]
}

fn is_password(methods: &[String]) -> bool {
    methods == ["password"]
}

/// The user who has assumed an agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssumedBy {
    pub user: String,
    /// The user's account, which the agency trusts.
    pub domain: String,
}

/// A user of Zadig.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ZadigUser {
    /// The user's one API token.
    pub token: Secret,
    /// The name that versions show.
    pub name: String,
    /// The id, unique; absent: the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The name of the login, unique among those of its identity type; absent: the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The directory that the user comes from; absent: `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_type: Option<String>,
    #[serde(default)]
    pub admin: bool,
    /// The roles for the whole installation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// The roles in each project.
    #[serde(default)]
    pub projects: BTreeMap<String, Vec<String>>,
}

impl ZadigUser {
    pub fn uid(&self) -> &str {
        self.uid.as_ref().unwrap_or(&self.name)
    }

    pub fn account(&self) -> &str {
        self.account.as_ref().unwrap_or(&self.name)
    }

    pub fn identity_type(&self) -> &str {
        self.identity_type.as_deref().unwrap_or("system")
    }
}

heap_of! {
    User { name, password, totp_secret, domain, projects, actions }
    Agency { name, domain, trusted_domain, projects, actions }
    Project { id, name }
    AccessKey { ak, sk, user, security_token, expires_at, emulator }
    KeyHistory { issued }
    Token { token, user, expires_at, emulator }
    TokenHistory { issued }
    Issued { at, domain, project, methods, assumed_by }
    AssumedBy { user, domain }
}

impl Heap for ZadigUser {
    fn heap(&self) -> usize {
        const OF_PROJECT: usize = 64;
        let projects = self.projects.iter();
        let projects = projects.map(|(key, roles)| OF_PROJECT + key.heap() + roles.heap());
        let ids = self.uid.heap() + self.account.heap() + self.identity_type.heap();
        self.token.heap() + self.name.heap() + ids + self.roles.heap() + projects.sum::<usize>()
    }
}

impl Identities {
    /// Applies a patch: replaces entries with the same name, key or token, and adds the rest.
    pub fn merge(&mut self, patch: Self) {
        upsert(&mut self.users, patch.users, |user| &user.name);
        let n_known = self.agencies.len();
        for agency in patch.agencies {
            let mut known = self.agencies[..n_known].iter_mut();
            match known.find(|known| known.full_name() == agency.full_name()) {
                Some(known) => *known = agency,
                // A duplicate in the patch stays, so that loading refuses it.
                None => self.agencies.push(agency),
            }
        }
        upsert(&mut self.access_keys, patch.access_keys, |key| &key.ak);
        upsert(&mut self.tokens, patch.tokens, |token| &token.token);
        upsert(&mut self.zadig_users, patch.zadig_users, |user| &user.token);
    }
}

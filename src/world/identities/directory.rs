//! The identities of a world, found by name, token and access key.

use std::hash::Hash;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::fixture::{
    AccessKey, Identities, Issued, Project, Token, TokenHistory, User, ZadigUser,
};
use crate::http::Caller;
use crate::http::auth::{CredentialError, Secret};
use crate::sim::Millis;
use crate::sim::time::parse_rfc3339;

/// The name of a caller whose credential is unknown.
pub const UNKNOWN_CALLER: &str = "emulator";

/// The account of users without one.
const NO_DOMAIN: &str = "emulator";

/// The identities of a world, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    users: IndexMap<String, User>,
    keys: IndexMap<String, AccessKey>,
    tokens: IndexMap<Secret, StoredToken>,
    zadig_users: IndexMap<Secret, ZadigUser>,
}

/// A token with the instant at which it expires.
#[derive(Clone, Debug)]
struct StoredToken {
    token: Token,
    expires: Option<Millis>,
}

/// A successful login: the names of the user and the user's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub domain: String,
}

impl Directory {
    /// A directory of identities, which have been checked.
    pub fn load(identities: Identities) -> Self {
        let mut directory = Self {
            users: keyed(identities.users, |user| user.name.clone()),
            keys: keyed(identities.access_keys, |key| key.ak.clone()),
            tokens: IndexMap::with_capacity(identities.tokens.len()),
            zadig_users: keyed(identities.zadig_users, |user| user.token.clone()),
        };
        for token in identities.tokens {
            directory.insert_token(token);
        }
        directory
    }

    /// The identities in the fixture format.
    pub fn save(&self) -> Identities {
        Identities {
            users: self.users.values().cloned().collect(),
            access_keys: self.keys.values().cloned().collect(),
            tokens: self
                .tokens
                .values()
                .map(|stored| stored.token.clone())
                .collect(),
            zadig_users: self.zadig_users.values().cloned().collect(),
        }
    }

    /// The owner of a token, if the token is known. An expired or revoked one is an error.
    pub fn by_token(&self, token: &str, now: Millis) -> Result<Option<Caller>, CredentialError> {
        let Some(stored) = self.tokens.get(token) else {
            return Ok(None);
        };
        if stored.is_revoked() {
            return Err(CredentialError::Revoked);
        }
        match &stored.token.expires_at {
            Some(at) if stored.is_expired(now) => Err(CredentialError::Expired { at: at.clone() }),
            _ => Ok(Some(self.caller_with(&stored.token))),
        }
    }

    /// An access key and its owner.
    pub fn by_key(&self, ak: &str) -> Option<(&AccessKey, Caller)> {
        let key = self.keys.get(ak)?;
        Some((key, self.caller(&key.user)))
    }

    pub fn zadig_user(&self, token: &str) -> Option<&ZadigUser> {
        self.zadig_users.get(token)
    }

    /// A token that is valid now.
    pub fn valid_token(&self, token: &str, now: Millis) -> Option<&Token> {
        let stored = self.tokens.get(token)?;
        (!stored.is_revoked() && !stored.is_expired(now)).then_some(&stored.token)
    }

    /// A token that was not revoked. It may have expired.
    pub fn unrevoked_token(&self, token: &str) -> Option<&Token> {
        let stored = self.tokens.get(token)?;
        (!stored.is_revoked()).then_some(&stored.token)
    }

    /// Revokes a token, if it is known.
    pub fn revoke_token(&mut self, token: &str) {
        if let Some(stored) = self.tokens.get_mut(token) {
            let history = stored
                .token
                .emulator
                .get_or_insert_with(TokenHistory::default);
            history.revoked = true;
        }
    }

    pub fn contains_token(&self, token: &str) -> bool {
        self.tokens.contains_key(token)
    }

    pub fn insert_token(&mut self, token: Token) {
        let expires = token.expires_at.as_deref().and_then(parse_rfc3339);
        let stored = StoredToken { token, expires };
        self.tokens.insert(stored.token.token.clone(), stored);
    }

    pub fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// The login of a user, if the account and the password are right.
    pub fn login(&self, user: NameOrId, domain: Option<NameOrId>, password: &str) -> Option<Login> {
        let user = self.user(user)?;
        (user.is_at_home(domain) && user.password.is(password)).then(|| Login {
            user: user.name.clone(),
            domain: self.domain_of(&user.name).to_owned(),
        })
    }

    fn user(&self, user: NameOrId) -> Option<&User> {
        match user {
            NameOrId::Name(name) => self.users.get(name),
            NameOrId::Id(id) => self.users.values().find(|user| user_id(&user.name) == id),
        }
    }

    /// The reason for a failed login, for a hint. The service itself does not tell it.
    pub fn login_failure(&self, user: NameOrId, domain: Option<NameOrId>) -> String {
        match self.user(user) {
            None => {
                let names: Vec<&str> = self.users.keys().map(String::as_str).collect();
                format!("there is no such user; known are [{}]", names.join(", "))
            }
            Some(user) if !user.is_at_home(domain) => {
                format!("{} belongs to the account {}", user.name, user.domain)
            }
            Some(user) => format!("the password is not that of {}", user.name),
        }
    }

    /// The reason why a user cannot have a token for a project.
    pub fn project_refusal(&self, user: &str, project: NameOrId) -> String {
        let (NameOrId::Name(requested) | NameOrId::Id(requested)) = project;
        let own: Vec<_> = self
            .own_projects(user)
            .iter()
            .map(|own| format!("{} ({})", own.name, own.id))
            .collect();
        format!("{user} may enter [{}], not {requested}", own.join(", "))
    }

    /// The account of a caller.
    pub fn account_of<'a>(&'a self, caller: &'a Caller) -> &'a str {
        let own = caller.account.as_deref();
        own.unwrap_or_else(|| self.domain_of(&caller.name))
    }

    /// The account of a user.
    pub fn domain_of(&self, user: &str) -> &str {
        match self.users.get(user) {
            Some(user) if !user.domain.is_empty() => &user.domain,
            _ => NO_DOMAIN,
        }
    }

    /// A project, if the user may enter it. A user without projects may enter any; an unknown one is derived from its
    /// name or id, always in the same way.
    pub fn project(&self, user: &str, project: NameOrId) -> Option<Project> {
        let find = |projects: &[Project]| {
            let is_named = |known: &&Project| project.is(&known.name, &known.id);
            projects.iter().find(is_named).cloned()
        };
        if self.is_limited(user) {
            return find(self.own_projects(user));
        }
        let known = self.users.values().find_map(|user| find(&user.projects));
        Some(known.unwrap_or_else(|| match project {
            NameOrId::Name(name) => Project::from_name(name),
            NameOrId::Id(id) => Project {
                id: id.to_owned(),
                name: id.to_owned(),
            },
        }))
    }

    /// The projects of a user. A user without projects sees those of everybody, one per name.
    pub fn projects(&self, user: &str) -> Vec<Project> {
        let own = self.own_projects(user);
        if !own.is_empty() {
            return own.to_vec();
        }
        let mut by_name: IndexMap<&str, &Project> = IndexMap::new();
        for project in self.users.values().flat_map(|user| &user.projects) {
            by_name.entry(&project.name).or_insert(project);
        }
        by_name.into_values().cloned().collect()
    }

    /// True if a user is limited to certain projects.
    pub fn is_limited(&self, user: &str) -> bool {
        !self.own_projects(user).is_empty()
    }

    /// The actions allowed to a user; absent: all.
    pub fn actions_of(&self, user: &str) -> Option<&[String]> {
        self.users.get(user)?.actions.as_deref()
    }

    /// The projects that a user is limited to. If there are none, the user may enter any.
    pub fn own_projects(&self, user: &str) -> &[Project] {
        self.users.get(user).map_or(&[], |user| &user.projects)
    }

    fn caller(&self, name: &str) -> Caller {
        let caller = Caller::named(name.to_owned());
        let Some(user) = self.users.get(name) else {
            return caller;
        };
        let projects: Vec<_> = user.projects.iter().map(|own| own.id.clone()).collect();
        Caller {
            projects: (!projects.is_empty()).then_some(projects),
            actions: user.actions.clone(),
            ..caller
        }
    }

    /// The caller with a token. An issued token is for its project alone, or for no project.
    fn caller_with(&self, token: &Token) -> Caller {
        let caller = self.caller(&token.user);
        let Some(issued) = token.issued() else {
            return caller;
        };
        let project = issued.project.iter().map(|project| project.id.clone());
        Caller {
            projects: Some(project.collect()),
            account: Some(issued.domain.clone()),
            ..caller
        }
    }
}

fn keyed<K: Hash + Eq, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> IndexMap<K, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

impl StoredToken {
    fn is_revoked(&self) -> bool {
        let history = self.token.emulator.as_ref();
        history.is_some_and(|history| history.revoked)
    }

    fn is_expired(&self, now: Millis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl User {
    /// True if the user belongs to the account. An absent account, or that of a user without one, is any.
    fn is_at_home(&self, domain: Option<NameOrId>) -> bool {
        self.domain.is_empty() || domain.is_none_or(|domain| domain.is_domain(&self.domain))
    }
}

impl From<Issued> for TokenHistory {
    fn from(issued: Issued) -> Self {
        Self {
            issued: Some(issued),
            revoked: false,
        }
    }
}

impl Token {
    /// The record of its issue, if the emulator issued it.
    pub fn issued(&self) -> Option<&Issued> {
        self.emulator.as_ref()?.issued.as_ref()
    }
}

/// A reference to a user, an account or a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrId<'a> {
    Name(&'a str),
    Id(&'a str),
}

impl NameOrId<'_> {
    /// True if it refers to the account of that name.
    pub fn is_domain(self, name: &str) -> bool {
        self.is(name, &domain_id(name))
    }

    fn is(self, name: &str, id: &str) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Id(own) => own == id,
        }
    }
}

impl Project {
    /// A project that no fixture has, with an id derived from its name.
    pub fn from_name(name: &str) -> Self {
        Self {
            id: derived_id("project", name),
            name: name.to_owned(),
        }
    }
}

pub fn user_id(name: &str) -> String {
    derived_id("user", name)
}

pub fn domain_id(name: &str) -> String {
    derived_id("domain", name)
}

/// An id of 32 hexadecimal digits that depends only on a kind and a name.
pub fn derived_id(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\0{name}"));
    base16ct::lower::encode_string(&digest[..16])
}

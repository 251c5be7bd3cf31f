//! The identities of a world, found by name, token and access key.

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use super::fixture::{
    AccessKey, Identities, Issued, Project, Token, TokenHistory, User, ZadigUser,
};
use crate::http::Caller;
use crate::http::auth::{CredentialError, Secret};
use crate::sim::Millis;
use crate::world::time::parse_rfc3339;

/// The name of callers with an unknown credential.
pub const UNKNOWN_CALLER: &str = "emulator";

/// The account of users who are given none.
const NO_DOMAIN: &str = "emulator";

/// The identities of a world, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    users: IndexMap<String, User>,
    keys: IndexMap<String, AccessKey>,
    tokens: IndexMap<Secret, Kept>,
    zadig_users: IndexMap<Secret, ZadigUser>,
}

/// A token with the instant at which it ends.
#[derive(Clone, Debug)]
struct Kept {
    token: Token,
    ends: Option<Millis>,
}

/// Whom a login is for, once the password is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The user's account.
    pub domain: String,
}

impl Directory {
    /// Takes over identities that were checked.
    #[must_use]
    pub fn load(identities: Identities) -> Self {
        let Identities {
            users,
            access_keys,
            tokens,
            zadig_users,
        } = identities;
        Self {
            users: users
                .into_iter()
                .map(|user| (user.name.clone(), user))
                .collect(),
            keys: access_keys
                .into_iter()
                .map(|key| (key.ak.clone(), key))
                .collect(),
            tokens: tokens
                .into_iter()
                .map(|token| (token.token.clone(), Kept::of(token)))
                .collect(),
            zadig_users: zadig_users
                .into_iter()
                .map(|user| (user.token.clone(), user))
                .collect(),
        }
    }

    /// The same in the fixture format.
    #[must_use]
    pub fn save(&self) -> Identities {
        Identities {
            users: self.users.values().cloned().collect(),
            access_keys: self.keys.values().cloned().collect(),
            tokens: self
                .tokens
                .values()
                .map(|kept| kept.token.clone())
                .collect(),
            zadig_users: self.zadig_users.values().cloned().collect(),
        }
    }

    /// The owner of a token, if it is known. An expired token fails, and so does a revoked one.
    pub fn by_token(&self, token: &str, now: Millis) -> Result<Option<Caller>, CredentialError> {
        let Some(kept) = self.tokens.get(token) else {
            return Ok(None);
        };
        if kept.is_revoked() {
            return Err(CredentialError::Revoked);
        }
        match &kept.token.expires_at {
            Some(at) if kept.has_ended(now) => Err(CredentialError::Expired { at: at.clone() }),
            _ => Ok(Some(self.caller_with(&kept.token))),
        }
    }

    /// An access key with whose it is.
    #[must_use]
    pub fn by_key(&self, ak: &str) -> Option<(&AccessKey, Caller)> {
        let key = self.keys.get(ak)?;
        Some((key, self.caller(&key.user)))
    }

    /// The user of Zadig with that token, if there is one.
    #[must_use]
    pub fn zadig_user(&self, token: &str) -> Option<&ZadigUser> {
        self.zadig_users.get(token)
    }

    /// A token that holds now.
    #[must_use]
    pub fn token(&self, token: &str, now: Millis) -> Option<&Token> {
        let kept = self.tokens.get(token)?;
        (!kept.is_revoked() && !kept.has_ended(now)).then_some(&kept.token)
    }

    /// A token that was not revoked, whether its time is over or not.
    #[must_use]
    pub fn unrevoked(&self, token: &str) -> Option<&Token> {
        let kept = self.tokens.get(token)?;
        (!kept.is_revoked()).then_some(&kept.token)
    }

    /// Revokes a token, if it is known.
    pub fn revoke(&mut self, token: &str) {
        if let Some(kept) = self.tokens.get_mut(token) {
            let history = kept
                .token
                .emulator
                .get_or_insert_with(TokenHistory::default);
            history.revoked = true;
        }
    }

    #[must_use]
    pub fn knows(&self, token: &str) -> bool {
        self.tokens.contains_key(token)
    }

    /// Keeps a token.
    pub fn keep(&mut self, token: Token) {
        self.tokens.insert(token.token.clone(), Kept::of(token));
    }

    /// True if there is any user to compare a login with.
    #[must_use]
    pub fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// The user whose name or id it is, if the account is right and the password too.
    #[must_use]
    pub fn login(&self, user: Who, domain: Option<Who>, password: &str) -> Option<Login> {
        let user = self.user(user)?;
        (user.is_at_home(domain) && user.password.is(password)).then(|| Login {
            user: user.name.clone(),
            domain: self.domain_of(&user.name).to_owned(),
        })
    }

    fn user(&self, user: Who) -> Option<&User> {
        match user {
            Who::Name(name) => self.users.get(name),
            Who::Id(id) => self.users.values().find(|user| user_id(&user.name) == id),
        }
    }

    /// The reason a login failed, for the emulator's user; the service itself keeps it to itself.
    #[must_use]
    pub fn why_not(&self, user: Who, domain: Option<Who>) -> String {
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

    /// The reason a user may have no token for a project.
    #[must_use]
    pub fn why_no_project(&self, user: &str, project: Who) -> String {
        let (Who::Name(asked) | Who::Id(asked)) = project;
        let own = self.own_projects(user).iter();
        let own: Vec<_> = own
            .map(|own| format!("{} ({})", own.name, own.id))
            .collect();
        format!("{user} may enter [{}], not {asked}", own.join(", "))
    }

    /// The account of whoever calls.
    #[must_use]
    pub fn account_of<'a>(&'a self, caller: &'a Caller) -> &'a str {
        let own = caller.account.as_deref();
        own.unwrap_or_else(|| self.domain_of(&caller.name))
    }

    /// The account of a user.
    #[must_use]
    pub fn domain_of(&self, user: &str) -> &str {
        let known = self.users.get(user).map(|user| user.domain.as_str());
        known
            .filter(|domain| !domain.is_empty())
            .unwrap_or(NO_DOMAIN)
    }

    /// The project that a user names, as far as the user may enter it. Who is limited to none may enter any:
    /// one that nobody knows is made of its id or name, always the same.
    #[must_use]
    pub fn project(&self, user: &str, project: Who) -> Option<Project> {
        let own = self.own_projects(user);
        let known = |projects: &[Project]| {
            let mut all = projects.iter();
            all.find(|known| project.is(&known.name, &known.id))
                .cloned()
        };
        if !own.is_empty() {
            return known(own);
        }
        let found = self.users.values().find_map(|user| known(&user.projects));
        Some(found.unwrap_or_else(|| match project {
            Who::Name(name) => made_of(name),
            Who::Id(id) => Project {
                id: id.to_owned(),
                name: id.to_owned(),
            },
        }))
    }

    /// The projects of a user. Who is limited to none is shown everybody's, one for each name.
    #[must_use]
    pub fn projects(&self, user: &str) -> Vec<Project> {
        let own = self.own_projects(user);
        if !own.is_empty() {
            return own.to_vec();
        }
        let all = self.users.values().flat_map(|user| &user.projects);
        let mut by_name: IndexMap<&str, &Project> = IndexMap::new();
        for project in all {
            by_name.entry(&project.name).or_insert(project);
        }
        by_name.into_values().cloned().collect()
    }

    /// True if a user is limited to certain projects.
    #[must_use]
    pub fn is_limited(&self, user: &str) -> bool {
        !self.own_projects(user).is_empty()
    }

    /// The actions allowed to a user; absent: all.
    #[must_use]
    pub fn actions_of(&self, user: &str) -> Option<&[String]> {
        self.users.get(user)?.actions.as_deref()
    }

    /// The projects that a user is limited to; none: the user may enter any.
    #[must_use]
    pub fn own_projects(&self, user: &str) -> &[Project] {
        self.users.get(user).map_or(&[], |user| &user.projects)
    }

    fn caller(&self, name: &str) -> Caller {
        let caller = Caller::named(name.to_owned());
        let Some(user) = self.users.get(name) else {
            return caller;
        };
        let projects: Vec<_> = user
            .projects
            .iter()
            .map(|project| project.id.clone())
            .collect();
        Caller {
            projects: (!projects.is_empty()).then_some(projects),
            actions: user.actions.clone(),
            ..caller
        }
    }

    /// Whoever calls with a token: one that was issued is for its project alone, or for none.
    fn caller_with(&self, token: &Token) -> Caller {
        let caller = self.caller(&token.user);
        match token.issued() {
            None => caller,
            Some(issued) => Caller {
                projects: Some(
                    issued
                        .project
                        .iter()
                        .map(|project| project.id.clone())
                        .collect(),
                ),
                account: Some(issued.domain.clone()),
                ..caller
            },
        }
    }
}

impl Kept {
    fn of(token: Token) -> Self {
        let ends = token.expires_at.as_deref().and_then(parse_rfc3339);
        Self { token, ends }
    }

    fn is_revoked(&self) -> bool {
        let history = self.token.emulator.as_ref();
        history.is_some_and(|history| history.revoked)
    }

    fn has_ended(&self, now: Millis) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

impl User {
    /// True if the user's account is the one that is named, if both are.
    fn is_at_home(&self, domain: Option<Who>) -> bool {
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
    /// The record of its issue, if it was issued here.
    #[must_use]
    pub fn issued(&self) -> Option<&Issued> {
        self.emulator.as_ref()?.issued.as_ref()
    }
}

/// Somebody or something, by name or by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// By name.
    Name(&'a str),
    /// By id.
    Id(&'a str),
}

impl Who<'_> {
    /// True if it is the account of that name.
    #[must_use]
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

/// The id of a user, which always comes out of the name alike.
#[must_use]
pub fn user_id(name: &str) -> String {
    id_of("user", name)
}

/// The id of an account.
#[must_use]
pub fn domain_id(name: &str) -> String {
    id_of("domain", name)
}

/// A project that nobody told of, by its name: that of the region.
#[must_use]
pub fn made_of(name: &str) -> Project {
    Project {
        id: id_of("project", name),
        name: name.to_owned(),
    }
}

/// 32 hexadecimal digits made of a kind and a name.
#[must_use]
pub fn id_of(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\0{name}"));
    base16ct::lower::encode_string(&digest[..16])
}

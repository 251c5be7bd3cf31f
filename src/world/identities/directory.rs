//! The identities of a world, found by name, token and access key.

use std::hash::Hash;

use indexmap::IndexMap;

use super::credentials::Credentials;
use super::fixture::{
    AccessKey, Agency, Identities, Issued, KeyHistory, Project, Token, TokenHistory, User,
    ZadigUser,
};
use super::names::NameOrId;
use crate::http::Caller;
use crate::http::auth::{CredentialError, Secret};
use crate::http::json;
use crate::sim::Millis;
use crate::sim::heap::Heap;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};
use crate::sim::pack::{Packer, UnpackError, Unpacker};

/// The name of a caller whose credential is unknown.
pub const UNKNOWN_CALLER: &str = "emulator";

/// The approximate size of a place in a map, with its name.
const OVERHEAD: usize = 96;

/// The account of users without one.
pub(super) const NO_DOMAIN: &str = "emulator";

/// The identities of a world, in the order in which they were added.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) users: IndexMap<String, User>,
    /// Agencies by their full names.
    pub(super) agencies: IndexMap<String, Agency>,
    keys: Credentials<AccessKey>,
    tokens: Credentials<Token>,
    zadig_users: IndexMap<Secret, ZadigUser>,
    /// The memory of all but the keys and tokens, which count themselves.
    account: MemoryAccount,
}

/// The permissions of a user or an agency.
#[derive(Clone, Copy, Debug)]
struct Permissions<'a> {
    domain: &'a str,
    projects: &'a [Project],
    actions: Option<&'a [String]>,
}

impl Directory {
    /// An empty directory. What is added counts as identities of the process.
    pub fn new(memory: &Memory) -> Self {
        Self {
            users: IndexMap::new(),
            agencies: IndexMap::new(),
            keys: Credentials::new(memory),
            tokens: Credentials::new(memory),
            zadig_users: IndexMap::new(),
            account: MemoryAccount::new(memory, MemoryPart::Identities),
        }
    }

    /// Counts a copy that is there to stay.
    pub fn count_copied(&mut self) {
        self.account.count_copied();
        self.keys.count_copied();
        self.tokens.count_copied();
    }

    /// Fills an empty directory with identities, which have been checked.
    pub fn load(&mut self, identities: Identities) {
        let Identities {
            users,
            agencies,
            access_keys,
            tokens,
            zadig_users,
        } = identities;
        let size = users.heap() + agencies.heap() + zadig_users.heap();
        // The maps know each by a name of its own.
        let n_named = users.len() + agencies.len() + zadig_users.len();
        self.account.add(size + n_named * OVERHEAD);
        self.users = keyed(users, |user| user.name.clone());
        self.agencies = keyed(agencies, Agency::full_name);
        self.zadig_users = keyed(zadig_users, |user| user.token.clone());
        for key in access_keys {
            self.keys.insert(key);
        }
        for token in tokens {
            self.tokens.insert(token);
        }
    }

    /// The approximate number of bytes that the identities take.
    pub fn bytes(&self) -> usize {
        self.account.own() + self.keys.bytes() + self.tokens.bytes()
    }

    /// The identities in the fixture format.
    pub fn save(&self) -> Identities {
        Identities {
            users: self.users.values().cloned().collect(),
            agencies: self.agencies.values().cloned().collect(),
            access_keys: self.keys.iter().cloned().collect(),
            tokens: self.tokens.iter().cloned().collect(),
            zadig_users: self.zadig_users.values().cloned().collect(),
        }
    }

    /// Packs the identities, in the fixture format, which has all of them.
    ///
    /// # Panics
    /// Never: the keys are strings.
    pub fn pack(&self, packer: &mut Packer) {
        let text = serde_json::to_string(&self.save());
        packer.text(&text.expect("keys are strings"));
    }

    /// Fills an empty directory with what was packed.
    pub fn unpack(&mut self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        let identities = json::read_part(unpacker.text()?);
        self.load(identities.map_err(|_| UnpackError::Wrong("identities"))?);
        Ok(())
    }

    /// The passwords, keys and tokens.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let users = self.users.values();
        let users = users.flat_map(|user| [Some(&user.password), user.totp_secret.as_ref()]);
        let keys = self
            .keys
            .iter()
            .flat_map(|key| [Some(&key.sk), key.security_token.as_ref()]);
        let tokens = self.tokens.iter().map(|token| &token.token);
        let tokens = tokens.chain(self.zadig_users.keys());
        let halves = users.chain(keys).flatten();
        halves.chain(tokens).map(Secret::expose)
    }

    /// The owner of a token, if the token is known. An expired or revoked one is an error.
    pub fn by_token(&self, token: &str, now: Millis) -> Result<Option<Caller>, CredentialError> {
        let token = self.known_token(token, now)?;
        Ok(token.map(|token| self.caller_with(token)))
    }

    /// A token, if it is known. An expired or revoked one is an error.
    pub(super) fn known_token(
        &self,
        token: &str,
        now: Millis,
    ) -> Result<Option<&Token>, CredentialError> {
        let Some(stored) = self.tokens.get(token) else {
            return Ok(None);
        };
        let token = &stored.credential;
        if token.is_revoked() {
            return Err(CredentialError::Revoked);
        }
        match &token.expires_at {
            Some(at) if stored.is_expired(now) => Err(CredentialError::Expired { at: at.clone() }),
            _ => Ok(Some(token)),
        }
    }

    /// An access key and its owner, if the key is known. An expired one is an error.
    pub fn by_key(
        &self,
        ak: &str,
        now: Millis,
    ) -> Result<Option<(&AccessKey, Caller)>, CredentialError> {
        let Some(stored) = self.keys.get(ak) else {
            return Ok(None);
        };
        let key = &stored.credential;
        match &key.expires_at {
            Some(at) if stored.is_expired(now) => Err(CredentialError::Expired { at: at.clone() }),
            _ => Ok(Some((key, self.caller_with_key(key)))),
        }
    }

    pub fn zadig_user(&self, token: &str) -> Option<&ZadigUser> {
        self.zadig_users.get(token)
    }

    /// The users of Zadig, in the order of the fixtures.
    pub fn zadig_users(&self) -> impl Iterator<Item = &ZadigUser> {
        self.zadig_users.values()
    }

    /// A token that is valid now.
    pub fn valid_token(&self, token: &str, now: Millis) -> Option<&Token> {
        self.known_token(token, now).ok().flatten()
    }

    /// A token that was not revoked. It may have expired.
    pub fn unrevoked_token(&self, token: &str) -> Option<&Token> {
        let token = &self.tokens.get(token)?.credential;
        (!token.is_revoked()).then_some(token)
    }

    /// Revokes a token, if it is known.
    pub fn revoke_token(&mut self, token: &str) {
        if let Some(stored) = self.tokens.get_mut(token) {
            let history = &mut stored.emulator;
            history.get_or_insert_with(TokenHistory::default).revoked = true;
        }
    }

    pub fn contains_token(&self, token: &str) -> bool {
        self.tokens.contains(token)
    }

    pub fn contains_key(&self, ak: &str) -> bool {
        self.keys.contains(ak)
    }

    /// Adds an issued token, and forgets those that have long expired or are too many.
    pub fn issue_token(&mut self, token: Token, now: Millis) {
        self.tokens.issue(token, now);
    }

    /// Adds an issued access key, in the same way.
    pub fn issue_key(&mut self, key: AccessKey, now: Millis) {
        self.keys.issue(key, now);
    }

    pub fn has_users(&self) -> bool {
        !self.users.is_empty()
    }

    /// The account of a caller.
    pub fn account_of<'a>(&'a self, caller: &'a Caller) -> &'a str {
        let own = caller.account.as_deref();
        own.unwrap_or_else(|| self.domain_of(&caller.name))
    }

    /// The account of a user or an agency.
    pub fn domain_of(&self, name: &str) -> &str {
        match self.permissions(name) {
            Some(Permissions { domain, .. }) if !domain.is_empty() => domain,
            _ => NO_DOMAIN,
        }
    }

    /// A project, if the user or agency may enter it. One without projects may enter any; an unknown project is derived
    /// from its name or id, always in the same way.
    pub fn project(&self, name: &str, project: NameOrId) -> Option<Project> {
        let is_named = |known: &&Project| project.is(&known.name, &known.id);
        if self.is_limited(name) {
            return self.own_projects(name).iter().find(is_named).cloned();
        }
        let known = self.every_project().find(is_named).cloned();
        Some(known.unwrap_or_else(|| match project {
            NameOrId::Name(name) => Project::from_name(name),
            NameOrId::Id(id) => Project {
                id: id.to_owned(),
                name: id.to_owned(),
            },
        }))
    }

    /// The projects of a user or an agency. One without projects sees those of everybody, one per name.
    pub fn projects(&self, name: &str) -> Vec<Project> {
        let own = self.own_projects(name);
        if !own.is_empty() {
            return own.to_vec();
        }
        let mut by_name: IndexMap<&str, &Project> = IndexMap::new();
        for project in self.every_project() {
            by_name.entry(&project.name).or_insert(project);
        }
        by_name.into_values().cloned().collect()
    }

    fn every_project(&self) -> impl Iterator<Item = &Project> {
        let of_users = self.users.values().flat_map(|user| &user.projects);
        let of_agencies = self.agencies.values().flat_map(|agency| &agency.projects);
        of_users.chain(of_agencies)
    }

    /// True if a user or an agency is limited to certain projects.
    pub fn is_limited(&self, name: &str) -> bool {
        !self.own_projects(name).is_empty()
    }

    /// The actions allowed to a user or an agency; absent: all.
    pub fn actions_of(&self, name: &str) -> Option<&[String]> {
        self.permissions(name)?.actions
    }

    /// The projects that a user or an agency is limited to. If there are none, it may enter any.
    pub fn own_projects(&self, name: &str) -> &[Project] {
        self.permissions(name).map_or(&[], |known| known.projects)
    }

    /// The users of an account in the order in which they were added; absent: of all accounts.
    pub fn users(&self, domain: Option<&str>) -> impl Iterator<Item = &User> {
        let users = self.users.values();
        users.filter(move |user| domain.is_none_or(|domain| self.domain_of(&user.name) == domain))
    }

    /// True if the name is that of a user or an agency of the fixtures.
    pub fn knows(&self, name: &str) -> bool {
        self.permissions(name).is_some()
    }

    fn permissions(&self, name: &str) -> Option<Permissions<'_>> {
        if let Some(user) = self.users.get(name) {
            return Some(Permissions {
                domain: &user.domain,
                projects: &user.projects,
                actions: user.actions.as_deref(),
            });
        }
        let agency = self.agencies.get(name)?;
        Some(Permissions {
            domain: &agency.domain,
            projects: &agency.projects,
            actions: agency.actions.as_deref(),
        })
    }

    fn caller(&self, name: &str) -> Caller {
        let caller = Caller::named(name.to_owned());
        let Some(known) = self.permissions(name) else {
            return caller;
        };
        let projects: Vec<_> = known.projects.iter().map(|own| own.id.clone()).collect();
        Caller {
            projects: (!projects.is_empty()).then_some(projects),
            actions: known.actions.map(<[_]>::to_vec),
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

    /// The caller with an access key. An issued key is for its project alone, or for every project of its owner.
    fn caller_with_key(&self, key: &AccessKey) -> Caller {
        let caller = self.caller(&key.user);
        let Some(KeyHistory { issued }) = &key.emulator else {
            return caller;
        };
        let project = issued.project.as_ref().map(|own| vec![own.id.clone()]);
        Caller {
            projects: project.or(caller.projects),
            account: Some(issued.domain.clone()),
            ..caller
        }
    }
}

fn keyed<K: Hash + Eq, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> IndexMap<K, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
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

    fn is_revoked(&self) -> bool {
        let history = self.emulator.as_ref();
        history.is_some_and(|history| history.revoked)
    }
}

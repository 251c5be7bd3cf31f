//! The tokens or access keys of a world, those that the emulator issued with an end.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use foldhash::{HashMap, HashMapExt};

use super::fixture::{AccessKey, Token};
use crate::http::auth::Secret;
use crate::sim::Millis;
use crate::sim::heap::Heap;
use crate::sim::memory::{Memory, MemoryAccount, MemoryPart};
use crate::sim::time::parse_rfc3339;

/// The most issued credentials of a kind. More take the places of those that expire first.
pub(super) const MOST_ISSUED: usize = 10_000;

/// The time that an expired or revoked credential is still known after its end, so that its refusal can tell the reason: a
/// day, as long as a token lasts.
const MEMORY_OF_EXPIRED: Millis = 86_400_000;

/// The approximate size of a credential without its texts, with its places in the maps.
const OVERHEAD: usize = 320;

/// A credential by which a caller is known.
pub(super) trait Credential: Heap {
    type Key: Clone + Eq + Hash;

    fn key(&self) -> &Self::Key;

    fn expires_at(&self) -> Option<&str>;

    /// True if the emulator issued it.
    fn is_issued(&self) -> bool;
}

impl Credential for Token {
    type Key = Secret;

    fn key(&self) -> &Secret {
        &self.token
    }

    fn expires_at(&self) -> Option<&str> {
        self.expires_at.as_deref()
    }

    fn is_issued(&self) -> bool {
        self.issued().is_some()
    }
}

impl Credential for AccessKey {
    type Key = String;

    fn key(&self) -> &String {
        &self.ak
    }

    fn expires_at(&self) -> Option<&str> {
        self.expires_at.as_deref()
    }

    fn is_issued(&self) -> bool {
        self.emulator.is_some()
    }
}

/// A credential with the instant at which it expires.
#[derive(Clone, Debug)]
pub(super) struct Expiring<T> {
    pub(super) credential: T,
    expires: Option<Millis>,
}

impl<T> Expiring<T> {
    pub(super) fn is_expired(&self, now: Millis) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// Credentials by key, in the order in which they were added.
#[derive(Clone, Debug)]
pub(super) struct Credentials<T: Credential> {
    by_key: HashMap<T::Key, Expiring<T>>,
    order: BTreeMap<u64, T::Key>,
    /// The ends of issued credentials that have one, with their places.
    ends: BTreeSet<(Millis, u64)>,
    n_added: u64,
    account: MemoryAccount,
}

impl<T: Credential> Credentials<T> {
    pub(super) fn new(memory: &Memory) -> Self {
        Self {
            by_key: HashMap::new(),
            order: BTreeMap::new(),
            ends: BTreeSet::new(),
            n_added: 0,
            account: MemoryAccount::new(memory, MemoryPart::Identities),
        }
    }

    pub(super) fn count_copied(&mut self) {
        self.account.count_copied();
    }

    pub(super) fn bytes(&self) -> usize {
        self.account.own()
    }

    pub(super) fn get<Q>(&self, key: &Q) -> Option<&Expiring<T>>
    where
        T::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.by_key.get(key)
    }

    /// A credential, for a change that leaves its key and its end.
    pub(super) fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut T>
    where
        T::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(&mut self.by_key.get_mut(key)?.credential)
    }

    pub(super) fn contains<Q>(&self, key: &Q) -> bool
    where
        T::Key: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.by_key.contains_key(key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let stored = self.order.values().filter_map(|key| self.by_key.get(key));
        stored.map(|stored| &stored.credential)
    }

    /// Adds a credential whose key is new.
    pub(super) fn insert(&mut self, credential: T) {
        let expires = credential.expires_at().and_then(parse_rfc3339);
        let key = credential.key().clone();
        let place = self.n_added;
        self.n_added += 1;
        self.account.add(size(&credential));
        if let Some(expires) = expires.filter(|_| credential.is_issued()) {
            self.ends.insert((expires, place));
        }
        self.order.insert(place, key.clone());
        let stored = Expiring {
            credential,
            expires,
        };
        self.by_key.insert(key, stored);
    }

    /// Adds a credential that the emulator issues, and forgets those that ended long ago; if there are too many or the memory
    /// is full, those that end first.
    pub(super) fn issue(&mut self, credential: T, now: Millis) {
        self.insert(credential);
        let forgotten = now.saturating_sub(MEMORY_OF_EXPIRED);
        while let Some((expires, place)) = self.ends.first().copied()
            && (expires <= forgotten || self.ends.len() > MOST_ISSUED || self.account.is_full())
            // The new one stays.
            && self.ends.len() > 1
        {
            self.ends.remove(&(expires, place));
            let key = self.order.remove(&place);
            if let Some(stored) = key.and_then(|key| self.by_key.remove(&key)) {
                self.account.subtract(size(&stored.credential));
            }
        }
    }
}

/// The key stands in two maps beside the credential.
fn size<T: Credential>(credential: &T) -> usize {
    OVERHEAD + size_of::<Expiring<T>>() + credential.heap()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Issued;
    use super::*;

    fn token(name: &str, expires_at: &str, is_issued: bool) -> Token {
        let issued = Issued {
            at: "2030-01-01T00:00:00Z".to_owned(),
            domain: "d".to_owned(),
            project: None,
            methods: Vec::new(),
            assumed_by: None,
        };
        Token {
            token: Secret::new(name),
            user: "ann".to_owned(),
            expires_at: Some(expires_at.to_owned()),
            emulator: is_issued.then(|| issued.into()),
        }
    }

    fn names(tokens: &Credentials<Token>) -> Vec<&str> {
        tokens.iter().map(|token| token.token.expose()).collect()
    }

    #[test]
    fn an_issued_token_is_forgotten_a_day_after_its_end() {
        let mut tokens = Credentials::new(&Memory::default());
        tokens.insert(token("fixture", "2030-01-01T00:00:00Z", false));
        let at = |text| parse_rfc3339(text).unwrap();
        let noon = at("2030-01-01T12:00:00Z");
        tokens.issue(token("later", "2030-01-03T00:00:00Z", true), noon);
        tokens.issue(token("sooner", "2030-01-02T00:00:00Z", true), noon);
        let bytes = tokens.bytes();

        tokens.issue(
            token("a", "2030-01-04T00:00:00Z", true),
            at("2030-01-02T23:59:59Z"),
        );
        assert_eq!(names(&tokens), ["fixture", "later", "sooner", "a"]);
        tokens.issue(
            token("b", "2030-01-04T00:00:00Z", true),
            at("2030-01-03T00:00:00Z"),
        );
        assert_eq!(names(&tokens), ["fixture", "later", "a", "b"]);
        tokens.issue(
            token("c", "2040-01-01T00:00:00Z", true),
            at("2039-01-01T00:00:00Z"),
        );
        assert_eq!(names(&tokens), ["fixture", "c"], "that of a fixture stays");
        assert!(tokens.bytes() < bytes);
        assert!(tokens.get("a").is_none() && tokens.get("c").is_some());
    }

    #[test]
    fn of_too_many_tokens_those_that_end_first_go() {
        let mut tokens = Credentials::new(&Memory::default());
        for n in 0..MOST_ISSUED + 5 {
            let name = format!("t{n}");
            let end = format!("2030-01-02T00:00:{:02}Z", n / 1_000);
            tokens.issue(token(&name, &end, true), 0);
        }
        assert_eq!(tokens.iter().count(), MOST_ISSUED);
        assert!(tokens.get("t4").is_none() && tokens.get("t5").is_some());
    }

    #[test]
    fn the_tokens_of_all_worlds_have_a_limit_together() {
        let memory = Memory::new(1 << 20, 1);
        let mut tokens = Credentials::new(&memory);
        for n in 0..1_000 {
            tokens.issue(token(&format!("t{n}"), "2030-01-02T00:00:00Z", true), 0);
        }
        let limit = memory.limit(MemoryPart::Identities);
        assert!(memory.used(MemoryPart::Identities) <= limit);
        assert!(tokens.iter().count() > 10 && tokens.get("t999").is_some());
    }
}

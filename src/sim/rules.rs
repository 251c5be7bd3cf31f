//! A list of rules in the order in which they are tried: the highest priority first, then the first added.

use std::marker::PhantomData;

use serde::{Deserialize, Deserializer};

/// A rule of a test bench, such as a script or a fault.
pub trait Rule {
    /// Its id, unique in its list.
    fn id(&self) -> &str;

    /// Its priority; 0 by default.
    fn priority(&self) -> i32;
}

/// A field that a rule is shown with and that nothing is read from, so that a rule can be sent as it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Ignored<T>(PhantomData<T>);

impl<T> Default for Ignored<T> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T> PartialEq for Ignored<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ignored<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(|_| Self::default())
    }
}

/// Rules, tried in order.
#[derive(Clone, Debug)]
pub struct RuleList<R>(Vec<R>);

impl<R> Default for RuleList<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Rule> RuleList<R> {
    /// Adds a rule behind those of the same or a higher priority.
    pub fn add(&mut self, rule: R) {
        let place = self
            .0
            .partition_point(|other| other.priority() >= rule.priority());
        self.0.insert(place, rule);
    }

    /// The rule of an id.
    pub fn get(&self, id: &str) -> Option<&R> {
        self.0.iter().find(|rule| rule.id() == id)
    }

    /// The rule of an id, for a change that leaves its id and its priority.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut R> {
        self.0.iter_mut().find(|rule| rule.id() == id)
    }

    /// Puts a rule in the place of the one with its id; with another priority it moves. Returns false if none has the
    /// id.
    pub fn replace(&mut self, rule: R) -> bool {
        let Some(place) = self.0.iter().position(|other| other.id() == rule.id()) else {
            return false;
        };
        if self.0[place].priority() == rule.priority() {
            self.0[place] = rule;
        } else {
            self.0.remove(place);
            self.add(rule);
        }
        true
    }

    /// Removes a rule; returns false if none has that id.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|rule| rule.id() != id);
        self.0.len() < before
    }

    /// Removes all rules.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The rules in the order in which they are tried.
    pub fn as_slice(&self) -> &[R] {
        &self.0
    }

    /// The same, for changes that leave ids and priorities.
    pub fn as_mut_slice(&mut self) -> &mut [R] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Numbered(&'static str, i32, u8);

    impl Rule for Numbered {
        fn id(&self) -> &str {
            self.0
        }

        fn priority(&self) -> i32 {
            self.1
        }
    }

    fn ids(rules: &RuleList<Numbered>) -> Vec<&str> {
        rules.as_slice().iter().map(|rule| rule.0).collect()
    }

    #[test]
    fn the_highest_priority_goes_first_then_the_first_added() {
        let mut rules = RuleList::default();
        for rule in [
            Numbered("a", 0, 0),
            Numbered("b", 5, 0),
            Numbered("c", 0, 0),
            Numbered("d", -1, 0),
            Numbered("e", 5, 0),
        ] {
            rules.add(rule);
        }
        assert_eq!(ids(&rules), ["b", "e", "a", "c", "d"]);

        assert!(rules.replace(Numbered("a", 0, 1)));
        assert_eq!(ids(&rules), ["b", "e", "a", "c", "d"], "it kept its place");
        assert_eq!(rules.get("a"), Some(&Numbered("a", 0, 1)));
        assert!(rules.replace(Numbered("b", 0, 1)));
        assert_eq!(ids(&rules), ["e", "a", "c", "b", "d"]);
        assert!(!rules.replace(Numbered("f", 0, 1)));

        assert!(rules.remove("c") && !rules.remove("c"));
        assert_eq!(ids(&rules), ["e", "a", "b", "d"]);
    }
}

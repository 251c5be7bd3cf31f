//! The checks of identities in the fixture format.

use std::collections::{HashMap, HashSet};

use super::totp::parse_totp_secret;
use super::{Identities, ZadigUser};
use crate::sim::time::{not_rfc3339, parse_rfc3339};
use crate::world::fixture::ValidationError;

/// The roles of Zadig users in a project. `release_get` counts for the whole installation here, too.
const PROJECT_ROLES: [&str; 9] = [
    "get_delivery",
    "create_delivery",
    "delete_delivery",
    "release_get",
    "project_admin",
    "get_environment",
    "get_production_environment",
    "run_workflow",
    "edit_workflow",
];

/// The roles of Zadig users for the whole installation.
const SYSTEM_ROLES: [&str; 7] = [
    "release_get",
    "get_release_plan",
    "create_release_plan",
    "delete_release_plan",
    "edit_release_plan_metadata",
    "edit_release_plan_approval",
    "edit_release_plan_subtasks",
];

/// The number of errors that are told in full.
const N_SHOWN: usize = 20;

impl Identities {
    /// Checks that names are unique, that users exist, and that timestamps, secrets of MFA devices and roles are valid.
    /// The error tells everything that is wrong; its path is that of the first.
    pub fn check(&self) -> Result<(), ValidationError> {
        let mut check = Check::default();
        let users = check.users(self);
        check.agencies(self, &users);
        check.access_keys(self, &users);
        check.tokens(self, &users);
        check.zadig_users(self);
        check.result()
    }
}

/// The errors found so far. Names and values may be secrets, so no error repeats them.
#[derive(Default)]
struct Check(Vec<ValidationError>);

impl Check {
    fn refuse(&mut self, path: String, message: impl Into<String>) {
        self.0.push(ValidationError::new(path, message));
    }

    fn result(self) -> Result<(), ValidationError> {
        let n_more = self.0.len().saturating_sub(N_SHOWN);
        let shown = self.0.into_iter().take(N_SHOWN);
        let nested = shown.map(|error| error.nested_in("identities"));
        let joined = nested.reduce(|first, other| ValidationError {
            message: format!("{}; {other}", first.message),
            ..first
        });
        match joined {
            None => Ok(()),
            Some(error) if n_more == 0 => Err(error),
            Some(error) => Err(ValidationError {
                message: format!("{}; and {n_more} more", error.message),
                ..error
            }),
        }
    }

    /// The names in a list, which must be unique.
    fn unique<T: Eq + std::hash::Hash>(
        &mut self,
        list: &str,
        names: impl Iterator<Item = T>,
    ) -> HashSet<T> {
        let mut seen = HashSet::new();
        for (n, name) in names.enumerate() {
            if !seen.insert(name) {
                self.refuse(format!("{list}[{n}]"), "duplicate of an earlier entry");
            }
        }
        seen
    }

    fn users<'a>(&mut self, identities: &'a Identities) -> HashSet<&'a str> {
        let users = &identities.users;
        for (n, user) in users.iter().enumerate() {
            if let Some(secret) = &user.totp_secret
                && parse_totp_secret(secret).is_none()
            {
                let expected = "must be base32 (the letters A to Z and the digits 2 to 7)";
                self.refuse(format!("users[{n}].totp_secret"), expected);
            }
        }
        self.unique("users", users.iter().map(|user| user.name.as_str()))
    }

    fn agencies(&mut self, identities: &Identities, users: &HashSet<&str>) {
        let agencies = &identities.agencies;
        for (n, agency) in agencies.iter().enumerate() {
            for (field, value) in [
                ("name", &agency.name),
                ("domain", &agency.domain),
                ("trusted_domain", &agency.trusted_domain),
            ] {
                if value.is_empty() {
                    self.refuse(format!("agencies[{n}].{field}"), "must not be empty");
                }
            }
            if users.contains(agency.full_name().as_str()) {
                let message = "its account and name together are the name of a user";
                self.refuse(format!("agencies[{n}].name"), message);
            }
        }
        let names = agencies.iter().map(|agency| (&agency.domain, &agency.name));
        self.unique("agencies", names);
    }

    fn access_keys(&mut self, identities: &Identities, users: &HashSet<&str>) {
        let keys = &identities.access_keys;
        self.unique("access_keys", keys.iter().map(|key| key.ak.as_str()));
        for (n, key) in keys.iter().enumerate() {
            let path = format!("access_keys[{n}]");
            // The emulator also issues keys to agencies, and to users that no fixture has.
            match &key.emulator {
                None => self.user(&path, &key.user, users),
                Some(history) => {
                    self.timestamp(format!("{path}.emulator.issued.at"), &history.issued.at);
                }
            }
            if let Some(expires_at) = &key.expires_at {
                self.timestamp(format!("{path}.expires_at"), expires_at);
            }
        }
    }

    fn tokens(&mut self, identities: &Identities, users: &HashSet<&str>) {
        let tokens = &identities.tokens;
        self.unique("tokens", tokens.iter().map(|token| token.token.expose()));
        for (n, token) in tokens.iter().enumerate() {
            let path = format!("tokens[{n}]");
            // The emulator also issues tokens to agencies, and to users that no fixture has.
            match token.issued() {
                None => self.user(&path, &token.user, users),
                Some(issued) => self.timestamp(format!("{path}.emulator.issued.at"), &issued.at),
            }
            if let Some(expires_at) = &token.expires_at {
                self.timestamp(format!("{path}.expires_at"), expires_at);
            }
        }
    }

    fn zadig_users(&mut self, identities: &Identities) {
        let users = &identities.zadig_users;
        self.unique("zadig_users", users.iter().map(|user| user.token.expose()));
        self.zadig_ids(
            users,
            "uid",
            |user| user.uid.is_some(),
            |user| (user.uid(), ""),
        );
        self.zadig_ids(
            users,
            "account",
            |user| user.account.is_some(),
            |user| (user.account(), user.identity_type()),
        );
        for (n, user) in users.iter().enumerate() {
            let path = format!("zadig_users[{n}]");
            self.roles(&format!("{path}.roles"), &user.roles, &SYSTEM_ROLES);
            for (project, roles) in &user.projects {
                self.roles(&format!("{path}.projects.{project}"), roles, &PROJECT_ROLES);
            }
        }
    }

    /// Checks that no id of a Zadig user that is given is that of another. Users without ids may share a name.
    fn zadig_ids<'a>(
        &mut self,
        users: &'a [ZadigUser],
        field: &str,
        is_given: impl Fn(&ZadigUser) -> bool,
        id: impl Fn(&'a ZadigUser) -> (&'a str, &'a str),
    ) {
        let mut n_of_ids: HashMap<_, usize> = HashMap::new();
        for user in users {
            *n_of_ids.entry(id(user)).or_default() += 1;
        }
        for (n, user) in users.iter().enumerate() {
            if is_given(user) && n_of_ids[&id(user)] > 1 {
                let path = format!("zadig_users[{n}].{field}");
                self.refuse(path, "another user has the same");
            }
        }
    }

    fn roles(&mut self, path: &str, roles: &[String], known: &[&str]) {
        for role in roles.iter().filter(|role| !known.contains(&role.as_str())) {
            let message = format!(
                "\"{role}\" is not a role; the roles are {}",
                known.join(", ")
            );
            self.refuse(path.to_owned(), message);
        }
    }

    fn user(&mut self, path: &str, user: &str, users: &HashSet<&str>) {
        if !users.contains(user) {
            let message = "must be the name of one of the users";
            self.refuse(format!("{path}.user"), message);
        }
    }

    fn timestamp(&mut self, path: String, text: &str) {
        if parse_rfc3339(text).is_none() {
            self.refuse(path, not_rfc3339(text));
        }
    }
}

//! Names and ids of users, accounts and projects. An id depends only on its name.

use sha2::{Digest, Sha256};

use super::Project;

/// A reference to a user, an account or a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOrId<'a> {
    Name(&'a str),
    Id(&'a str),
}

impl<'a> NameOrId<'a> {
    /// The name or the id.
    pub fn text(self) -> &'a str {
        let (Self::Name(text) | Self::Id(text)) = self;
        text
    }

    /// True if it refers to the account of that name.
    pub fn is_domain(self, name: &str) -> bool {
        self.is(name, &domain_id(name))
    }

    pub(super) fn is(self, name: &str, id: &str) -> bool {
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

/// The id of a user or an agency.
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

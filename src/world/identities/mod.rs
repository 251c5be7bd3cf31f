//! The identities of a world: users with their tokens and access keys, and the users of Zadig.
//!
//! [`Identities`] is their fixture format, [`Directory`] indexes them.

mod directory;
mod fixture;

pub use directory::{Directory, Login, NameOrId, UNKNOWN_CALLER, derived_id, domain_id, user_id};
pub use fixture::{AccessKey, Identities, Issued, Project, Token, TokenHistory, User, ZadigUser};

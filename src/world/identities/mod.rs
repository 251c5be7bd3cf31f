//! The identities a world knows: users with their tokens and access keys, and the users of Zadig.
//!
//! [`Identities`] is their fixture format, [`Directory`] keeps them so that each is found at once.

mod directory;
mod fixture;

pub use directory::{Directory, Login, UNKNOWN_CALLER, Who, domain_id, id_of, made_of, user_id};
pub use fixture::{AccessKey, Identities, Issued, Project, Token, TokenHistory, User, ZadigUser};

//! The identities of a world: users and agencies with their tokens and access keys, and the users of Zadig.
//!
//! [`Identities`] is their fixture format, [`Directory`] indexes them.

mod check;
mod credentials;
mod directory;
mod fixture;
mod login;
mod names;
mod totp;

pub use directory::{Directory, UNKNOWN_CALLER};
pub use fixture::{
    AccessKey, Agency, AssumedBy, Identities, Issued, KeyHistory, Project, Token, TokenHistory,
    User, ZadigUser,
};
pub use login::{AssumeError, Login, Passcode};
pub use names::{NameOrId, derived_id, domain_id, user_id};

//! Drift: the differences between what a real service has answered, or answers now, and what the emulator answers.
//!
//! A recorded session is replayed against a fresh world, which is given the state that the recorded answers show. Answers
//! are compared by their shape, beside the schema of their operation: names and times differ from one service to the next,
//! keys and types do not.

mod ask;
mod bindings;
mod compare;
mod credentials;
mod documented;
mod gather;
mod junit;
pub mod kinds;
mod live;
mod messages;
mod outcome;
mod parameters;
mod places;
mod question;
mod replay;
pub mod report;
mod text;
mod times;
mod values;
mod verify;
mod writes;

pub use junit::junit;
pub use live::{LiveService, verify_live};
pub use text::text;
pub use verify::{Corpus, proved, verify};

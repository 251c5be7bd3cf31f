//! JSON bodies, decoded as Go's `encoding/json` does it.

pub mod any_value;
pub mod decode;
pub mod quote;
pub mod scan;

//! Bodies read as Go's `encoding/json` reads them.

pub mod decode;
pub mod scan;

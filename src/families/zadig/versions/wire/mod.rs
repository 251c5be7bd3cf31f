//! Requests and responses on the wire. What the second generation alone has is in the files of `v4`.

pub mod choice;
pub mod query;
pub mod request;
pub mod request_v4;
pub mod response;
pub mod response_v4;

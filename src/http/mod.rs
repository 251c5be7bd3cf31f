//! The HTTP layer that all families share: dialects, operations, extractors, middleware. It knows no cloud.
//!
//! A request passes, outermost first: [`middleware::instrument`] (request id, evidence, hints, log line), the
//! family's [`middleware::guard`] (unknown method; then credential, permission, declared size), the extractors, the
//! handler.

pub mod accept;
pub mod answers;
#[cfg(test)]
pub mod attributes;
pub mod auth;
pub mod authentication;
pub mod body;
pub mod browser;
pub mod caller;
pub mod closest_route;
pub mod commands;
pub mod context;
pub mod cors;
pub mod dialect;
pub mod durability;
pub mod encoding;
pub mod evidence;
pub mod extract;
pub mod faults;
pub mod forwarded;
pub mod head;
pub mod host_name;
pub mod json;
pub mod machine_name;
pub mod matching;
pub mod middleware;
pub mod observe;
pub mod openapi;
pub mod operation;
pub mod problem;
pub mod published;
pub mod query;
pub mod rejection;
pub mod replay;
pub mod response;
pub mod route_spec;
pub mod routes;
pub mod web_origin;

pub use authentication::Authentication;
pub use caller::Caller;
pub use dialect::Dialect;
pub use evidence::Evidence;
pub use operation::Operation;
pub use rejection::Rejection;

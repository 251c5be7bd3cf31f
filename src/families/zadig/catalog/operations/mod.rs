//! The reads of projects, environments, registries and services.

pub mod environments;
pub mod projects;
pub mod registries;
pub mod services;

use crate::families::zadig::error::Error;
use crate::families::zadig::query::Params;
use crate::http::{Evidence, Rejection};

/// The driver's text for a resource that does not exist.
const NO_DOCUMENTS: &str = "mongo: no documents in result";

/// The project of a query, or a refusal in the handler's own words.
fn project<'a>(params: &'a Params, missing: &str) -> Result<&'a str, Error> {
    let project = params.get("projectKey").filter(|key| !key.is_empty());
    project.ok_or_else(|| bad_query(missing, "the query parameter projectKey is required"))
}

fn bad_query(text: &str, hint: &str) -> Error {
    Error::from(Rejection::BadQuery(text.to_owned())).with_hint(hint.to_owned())
}

/// A resource that does not exist, in the words of the service.
fn unknown(text: String, hint: Option<String>) -> Error {
    Error::untyped(text, Evidence::Observed).with_hint(hint)
}

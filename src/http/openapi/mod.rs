//! Additions to the OpenAPI document: the responses of a gateway, the fields of requests, and the form of schemas.

pub mod any_schemas;
pub mod derived_schema;
pub mod descriptions;
pub mod field_tree;
#[cfg(test)]
pub mod gateway_responses;
mod misspelt;
#[cfg(test)]
pub mod optional_bodies;
pub mod plain_schemas;
pub mod request_schema;
mod required_fields;

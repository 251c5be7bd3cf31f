//! Additions to the OpenAPI document: the responses of a gateway, the fields of requests, and the form of schemas.

pub mod derived_schema;
pub mod field_tree;
pub mod gateway_responses;
mod misspelt;
pub mod plain_schemas;
pub mod request_schema;
mod required_fields;

//! Additions to the OpenAPI document: the responses of a gateway, the fields of requests, and the form of schemas.

pub mod descriptions;
pub mod document;
pub mod field_tree;
mod misspelt;
pub mod plain_schemas;
pub mod request_schema;
mod required_fields;

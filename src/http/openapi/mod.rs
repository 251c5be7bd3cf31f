//! Additions to the OpenAPI document: the responses of a gateway, and the fields of requests.

pub mod gateway_responses;
pub mod request_schema;

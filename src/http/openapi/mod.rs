//! The OpenAPI document beside the attributes: responses of the gateway, and the fields of requests.

pub mod gateway_responses;
pub mod request_schema;

//! Logins, temporary access keys, and the directory of services.

mod login_request;
mod services;
mod temporary_key_request;

pub use login_request::{
    AgencyName, LIFETIME, LoginMethod, LoginRequest, LoginScope, OneTimeCode, Reference,
};
pub use services::{EmulatedService, Endpoint, SERVICES, catalog, endpoints, regions};
pub use temporary_key_request::{KeyGrant, TemporaryKeyRequest};

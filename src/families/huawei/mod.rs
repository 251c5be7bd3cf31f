//! The API gateway in front of every Huawei service: dialect, refusals, authentication.

mod authenticate;
mod dialect;
mod error;
#[cfg(test)]
mod openapi;
mod path;

pub use authenticate::authenticate;
pub use dialect::HuaweiService;
pub use error::{GatewayError, GatewayErrorBody, fault, hint, status_code};
#[cfg(test)]
pub use openapi::declare;
pub use path::{decoded, segment};

//! The API gateway in front of every Huawei service: dialect, refusals, authentication.

mod authenticate;
mod dialect;
mod error;
mod openapi;
mod path;

pub use authenticate::authenticate;
pub use dialect::HuaweiService;
pub use error::{GatewayError, GatewayErrorBody, fault, hint, status_code};
pub use path::{decoded, segment};

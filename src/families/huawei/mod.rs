//! The API gateway in front of every Huawei service: the shared dialect, its refusals, and the recognition of callers.

mod authenticate;
mod dialect;
mod error;
mod openapi;
mod path;

pub use dialect::HuaweiService;
pub use error::{GatewayError, GatewayErrorBody, StatusRow, fault, hint};
pub use path::{decoded, segment};

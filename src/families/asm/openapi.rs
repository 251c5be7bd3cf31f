//! The family's part of the OpenAPI document: that of the gateway.

use utoipa::openapi::OpenApi;

use super::dialect::Asm;
use crate::families::huawei;
use crate::http::attributes::Declare;

impl Declare for Asm {
    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
    }
}

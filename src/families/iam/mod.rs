//! Huawei IAM, as far as the clients of the other families need it: versions, tokens, temporary access keys, projects,
//! accounts, users, and the directory of services.
//!
//! A client that signs with AK/SK looks up the project of its region here; a client that uses tokens obtains and renews
//! them here, and may assume an agency. Users, agencies, access keys and projects come from the fixtures. Every family
//! accepts the issued tokens and keys.
//!
//! - [`operations`]: the operations. In and out: [`wire`]. Refusals: [`error`].
//! - [`model`]: logins, temporary access keys, and the services of the directory.
//!
//! Sources: the vendor's API documents (the API explorer's, which the crate `huawei-cloud-api-definitions-IAM` holds),
//! the IAM API reference (<https://support.huaweicloud.com/intl/en-us/api-iam/>), the Open Telekom Cloud
//! copy of it (<https://docs.otc.t-systems.com/identity-access-management/api-ref/>), and the official SDKs; read
//! 2026-08 and 2026-11.

mod dialect;
pub mod error;
pub mod model;
#[cfg(test)]
mod openapi;
pub mod operations;
pub mod wire;

use std::sync::LazyLock;

use crate::http::routes::Routes;
use crate::world::family::Service;
use crate::world::handle::Handle;
pub use dialect::Iam;
pub use error::Error;

impl Service for Iam {
    type Table = ();

    fn new(handle: Handle<()>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<Iam>> = LazyLock::new(operations::routes);
        &ROUTES
    }
}

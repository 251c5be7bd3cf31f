//! Huawei IAM, as far as the clients of the other families need it: tokens, projects and accounts.
//!
//! A client that signs with AK/SK looks up the project of its region here; a client that uses tokens obtains and renews
//! them here. Users, access keys and projects come from the fixtures. Every family accepts the issued tokens.
//!
//! - [`operations`]: the operations. In and out: [`wire`]. Refusals: [`error`].
//!
//! Sources: IAM API reference (<https://support.huaweicloud.com/intl/en-us/api-iam/>), the Open Telekom Cloud
//! copy of it (<https://docs.otc.t-systems.com/identity-access-management/api-ref/>), which prints examples, and
//! the official SDKs; read 2026-08 and 2026-11.

mod dialect;
pub mod error;
pub mod operations;
pub mod wire;

use std::sync::LazyLock;

use crate::http::routes::{Routes, route};
use crate::world::family::Service;
use crate::world::handle::Handle;
pub use dialect::Iam;
pub use error::Error;

/// The URL table.
fn routes() -> Routes<Iam> {
    Routes::default()
        .with(route!(
            operations::create_token,
            operations::show_token,
            operations::revoke_token
        ))
        .with(route!(operations::list_projects))
        .with(route!(operations::list_domains))
}

impl Service for Iam {
    type Table = ();

    fn new(handle: Handle<()>) -> Self {
        Self(handle)
    }

    fn routes() -> &'static Routes<Self> {
        static ROUTES: LazyLock<Routes<Iam>> = LazyLock::new(routes);
        &ROUTES
    }
}

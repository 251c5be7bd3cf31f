//! The options that say who may use the control plane, and which web pages may read answers.

use std::convert::Infallible;

use clap::Args;

use crate::http::auth::Secret;
use crate::http::cors::CorsOrigin;
use crate::http::host_name::HostPattern;
use crate::http::web_origin::WebOrigin;
use crate::world::settings::{ControlAccess, is_token};

const ALLOW_HOST_HELP: &str = "A host name by which the control plane may be asked, such as emulator.example.com or \
    *.example.com; may be repeated, or comma-separated";

const ALLOW_ORIGIN_HELP: &str = "An origin whose web pages may use the control plane, such as http://localhost:5173; \
    may be repeated, or comma-separated";

const CORS_HELP: &str = "An origin whose web pages may read the answers of the emulated services, or * for all; may be \
    repeated, or comma-separated";

/// The callers that are let in.
#[derive(Clone, Debug, Default, Args)]
pub struct AccessOptions {
    /// A host name by which the control plane may be asked
    #[arg(long, env = "RELEASE_EMULATOR_ALLOW_HOST", value_name = "HOST", value_delimiter = ',', help = ALLOW_HOST_HELP)]
    allow_host: Vec<HostPattern>,
    /// An origin whose web pages may use the control plane
    #[arg(long, env = "RELEASE_EMULATOR_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',', help = ALLOW_ORIGIN_HELP)]
    allow_origin: Vec<WebOrigin>,
    /// An origin whose web pages may read the answers of the emulated services
    #[arg(long, env = "RELEASE_EMULATOR_CORS", value_name = "ORIGIN|*", value_delimiter = ',', help = CORS_HELP)]
    pub cors: Vec<CorsOrigin>,
    /// The token of the control plane
    #[command(flatten)]
    pub token: TokenOption,
}

/// The token of the control plane.
#[derive(Clone, Debug, Default, Args)]
pub struct TokenOption {
    /// The token that the control plane requires, as the header X-Emulator-Token or Authorization: Bearer; absent: none
    #[arg(
        long,
        env = "RELEASE_EMULATOR_CONTROL_TOKEN",
        value_name = "TOKEN",
        value_parser = secret,
        hide_env_values = true
    )]
    pub control_token: Option<Secret>,
}

/// Any text is taken here: an error of the parser would show it.
#[expect(
    clippy::unnecessary_wraps,
    reason = "a parser of clap returns a result"
)]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

impl TokenOption {
    /// Checks the token, which clients send in a header. The error does not show it.
    pub(super) fn check(&self) -> Result<(), String> {
        match &self.control_token {
            Some(token) if !is_token(token) => Err(
                "the control token must be one or more visible ASCII characters, without spaces"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }
}

impl AccessOptions {
    /// The host names by which it may be asked.
    pub(super) fn hosts(&self) -> &[HostPattern] {
        &self.allow_host
    }

    /// The callers of the control plane.
    pub fn control_access(&self) -> ControlAccess {
        ControlAccess {
            hosts: self.allow_host.clone(),
            origins: self.allow_origin.clone(),
            token: self.token.control_token.clone(),
        }
    }
}

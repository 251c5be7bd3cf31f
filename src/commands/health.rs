//! The command `health`.

use std::time::Duration;

use super::exit::{ExitError, NOT_READY};
use super::printing::print;
use super::process::runtime;
use crate::cli::HealthOptions;
use crate::health;

/// Asks if an emulator is ready.
pub(super) fn ask(options: &HealthOptions) -> Result<u8, ExitError> {
    let runtime = runtime(NOT_READY)?;
    let wait = Duration::from_millis(options.wait.unsigned_abs());
    let url = options.url();
    let token = options.token.control_token.as_ref();
    match runtime.block_on(health::wait(&url, token, options.ca.as_deref(), wait)) {
        Ok(()) => print(&format!("ready: {url}")),
        Err(why) => Err((NOT_READY, why.to_string())),
    }
}

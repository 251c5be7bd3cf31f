//! The command `serve`.

use std::io::Write;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::exit::{ExitError, LONGEST_STOP, USAGE};
use super::process::{no_signals, stop_on_signal, stop_with_stdin};
use super::start::{open, start, tls_endpoints};
use crate::cli::{ServeOptions, USUAL_PORT};
use crate::control;
use crate::listening::Beside;
use crate::server::worlds::WorldServer;

/// Serves until a signal.
pub(super) async fn serve(options: &ServeOptions, server: &Handle) -> Result<u8, ExitError> {
    let endpoints = options.listen.endpoints(USUAL_PORT);
    let beside = Beside {
        for_tls: tls_endpoints(options, USUAL_PORT),
        ..Beside::default()
    };
    let host = start(options, endpoints, beside, None, server, None).await?;
    stop_on_signal(&host.stop()).map_err(|error| no_signals(&error))?;
    if options.stop_with_stdin {
        stop_with_stdin(&host.stop())
            .map_err(|error| (USAGE, format!("cannot wait for the end of stdin: {error}")))?;
    }
    open(options, &host)?;
    // It serves even if stdout is closed.
    let _ = std::io::stdout().write_all(ready_line(&host).as_bytes());
    let _ = std::io::stdout().flush();
    host.stop().cancelled().await;
    let _ = timeout(LONGEST_STOP, host.closed()).await;
    Ok(0)
}

/// The line that tells the URLs, and the certificate of the authority that clients must trust for the second.
fn ready_line(host: &WorldServer) -> String {
    let process = std::process::id();
    let mut line = format!(
        "release-emulator ready url=http://{} pid={process}",
        host.address()
    );
    if let Some(https_url) = host.https_url() {
        line.extend([" https_url=", &https_url]);
    }
    if host.tls().is_some_and(|tls| tls.ca_pem().is_some()) {
        line.extend([" ca=", &host.url(), control::CA_PATH]);
    }
    line + "\n"
}

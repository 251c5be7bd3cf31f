//! The start of a server: fixtures or a data directory, listening sockets, the port file.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::data::data_worlds;
use super::exit::{CANNOT_BIND, ExitError, USAGE};
use super::verify::recorded_dates;
use crate::app::app_with_host;
use crate::cli::ServeOptions;
use crate::listening::{Beside, listen};
use crate::server::listeners::{InnerNetwork, ListenEndpoint};
use crate::server::worlds::{OnClose, WorldServer};

/// The endpoints for TLS.
pub(super) fn tls_endpoints(options: &ServeOptions, usual_port: u16) -> Vec<ListenEndpoint> {
    options.tls.endpoints(&options.listen, usual_port)
}

/// Loads the fixtures, binds and serves, not yet open.
pub(super) async fn start(
    options: &ServeOptions,
    endpoints: Vec<ListenEndpoint>,
    beside: Beside,
    inner: Option<Arc<dyn InnerNetwork>>,
    server: &Handle,
    on_close: Option<OnClose>,
) -> Result<WorldServer, ExitError> {
    let tls = options.server_tls();
    let tls = tls.map_err(|error| (USAGE, format!("cannot speak TLS: {error}")))?;
    let beside = Beside { tls, ..beside };
    let mut settings = options.settings();
    settings.recorded = recorded_dates(&options.corpus, &settings).await?;
    let (world, keeping) = data_worlds(options, &settings)?;
    let limits = options.limits();
    let listeners = listen(&options.listen, &endpoints, beside, server).await;
    let listeners = listeners.map_err(|advice| (CANNOT_BIND, advice))?;
    let started = server.spawn(async move {
        WorldServer::start_keeping(
            world,
            listeners,
            limits,
            app_with_host,
            on_close,
            keeping,
            inner,
        )
    });
    let started = started.await.expect("starting does not panic");
    let host = started.map_err(|error| (CANNOT_BIND, format!("cannot listen: {error}")))?;
    if options.access.token.control_token.is_none() {
        warn_of_strangers(&host);
    }
    Ok(host)
}

/// Says what an address beyond the loopback opens.
fn warn_of_strangers(host: &WorldServer) {
    let mut addresses = host.addresses().iter().chain(host.tls_addresses());
    if let Some(address) = addresses.find(|address| !address.ip().to_canonical().is_loopback()) {
        tracing::warn!(
            %address,
            "other machines can reach {address}: its control plane, with the secrets of the state, is open to them; \
             --control-token TOKEN closes it"
        );
    }
}

/// Writes the port file and declares the first world open.
pub(super) fn open(options: &ServeOptions, host: &WorldServer) -> Result<(), ExitError> {
    if let Some(file) = &options.port_file {
        let cannot_write = |error| {
            (
                USAGE,
                format!("cannot write the port file {}: {error}", file.display()),
            )
        };
        let port = host.address().port();
        let ports = match host.tls_port() {
            Some(tls_port) => format!("{port}\n{tls_port}\n"),
            None => format!("{port}\n"),
        };
        write_whole(file, &ports).map_err(cannot_write)?;
    }
    host.first().open();
    Ok(())
}

/// Writes a file under a temporary name and renames it, so that readers never see half of it.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    if written.is_err() {
        // The first error is the one to report.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

//! The command `record`.

use std::io::Write;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::exit::{CANNOT_BIND, ExitError, USAGE};
use super::printing::print;
use super::process::{no_signals, stop_on_signal};
use crate::cli::RecordOptions;
use crate::listening::{Beside, listen};
use crate::record::Recorder;
use crate::record::upstream::Connector;
use crate::server::worlds::url;

/// Records until a signal.
pub(super) async fn record(options: &RecordOptions, server: &Handle) -> Result<u8, ExitError> {
    let upstreams = options.upstreams();
    let mut listeners = Vec::new();
    for endpoint in options.endpoints() {
        let bound = listen(&options.listen, &[endpoint], Beside::default(), server).await;
        listeners.push(bound.map_err(|advice| (CANNOT_BIND, advice))?);
    }
    let mut ready = String::new();
    for (upstream, listeners) in upstreams.iter().zip(&listeners) {
        let addresses = listeners.addresses();
        let addresses = addresses.map_err(|error| (CANNOT_BIND, error.to_string()))?;
        let url = addresses
            .first()
            .map_or_else(String::new, |address| url(*address));
        let (upstream, pid) = (upstream.url(), std::process::id());
        let line = format!("release-emulator ready url={url} upstream={upstream} pid={pid}\n");
        ready.push_str(&line);
    }
    let connector =
        Connector::new(&upstreams, options.ca.as_deref()).map_err(|why| (USAGE, why))?;
    let file = options.out.display().to_string();
    let cannot_write = |error| (USAGE, format!("cannot write {file}: {error}"));
    let recorder = Recorder::start(upstreams, listeners, connector, &options.out);
    let recorder = recorder.map_err(cannot_write)?;
    let stop = CancellationToken::new();
    stop_on_signal(&stop).map_err(|error| no_signals(&error))?;
    // It records even if stdout is closed.
    let _ = std::io::stdout().write_all(ready.as_bytes());
    let _ = std::io::stdout().flush();
    let recorded = server.spawn(recorder.serve(stop)).await;
    let recorded = recorded.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let lines = recorded.map_err(cannot_write)?.lines(&file);
    print(&lines.join("\n"))
}

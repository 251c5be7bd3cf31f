//! The process around a command: its runtimes and its log, and the signals that end it.

use std::io::Write;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

use super::exit::{ExitError, USAGE};
use crate::cli::{LogFormat, LogLevel};
use crate::log::{self, LogGuard};
use crate::signals::{EndedChildren, StopSignals};

const CANNOT_BEGIN: &str = "cannot start";

/// A runtime for a command that serves nothing. Without one the process ends with that code.
pub(super) fn runtime(code: u8) -> Result<Runtime, ExitError> {
    let runtime = in_words(|| Builder::new_current_thread().enable_all().build());
    runtime.map_err(|error| (code, format!("{CANNOT_BEGIN}: {error}")))
}

/// Runs a command that serves, with a log.
pub(super) fn log_to(
    format: LogFormat,
    level: Option<LogLevel>,
    task: impl AsyncFnOnce(Handle) -> Result<u8, ExitError>,
) -> Result<u8, ExitError> {
    // Signals have a runtime of their own, so a stop works even while all threads of the server are busy.
    let (_guard, server, own) = in_words(|| -> std::io::Result<(LogGuard, Runtime, Runtime)> {
        let guard = log::start(format, level)?;
        let server = Builder::new_multi_thread().enable_all().build()?;
        Ok((
            guard,
            server,
            Builder::new_current_thread().enable_all().build()?,
        ))
    })
    .map_err(|error| (USAGE, format!("{CANNOT_BEGIN}: {error}")))?;
    let ended = own.block_on(task(server.handle().clone()));
    // Long work, such as an advance by years, is aborted with the process.
    server.shutdown_background();
    ended
}

/// Ends the process in words if it panics meanwhile: tokio does where no file descriptor or no thread is left.
#[expect(
    clippy::exit,
    reason = "unwinding would wait for threads that are not told to end"
)]
fn in_words<T>(begin: impl FnOnce() -> T) -> T {
    std::panic::set_hook(Box::new(|panic| {
        let reason = panic.payload_as_str().unwrap_or("for an unknown reason");
        // Stderr may be closed; the exit code reports the failure too.
        let _ = writeln!(
            std::io::stderr(),
            "release-emulator: {CANNOT_BEGIN}: {reason}"
        );
        std::process::exit(USAGE.into());
    }));
    let begun = begin();
    drop(std::panic::take_hook());
    begun
}

pub(super) fn no_signals(error: &std::io::Error) -> ExitError {
    (USAGE, format!("cannot listen for signals: {error}"))
}

/// Cancels the token at the first signal that asks the process to stop. As PID 1 of a container the process reaps the
/// children of others meanwhile.
pub(super) fn stop_on_signal(token: &CancellationToken) -> std::io::Result<()> {
    let (mut signals, token) = (StopSignals::new()?, token.clone());
    tokio::spawn(EndedChildren::new()?.reap());
    tokio::spawn(async move {
        signals.recv().await;
        token.cancel();
    });
    Ok(())
}

/// Cancels the token at the end of stdin.
pub(super) fn stop_with_stdin(token: &CancellationToken) -> std::io::Result<()> {
    let token = token.clone();
    let read = move || {
        // An error is an end too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        token.cancel();
    };
    thread::Builder::new().spawn(read).map(drop)
}

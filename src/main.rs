//! The process: reads the command line, loads fixtures, binds, says that it is ready, serves until a signal.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use release_emulator::config::{Config, LogFormat, LogLevel};
use release_emulator::http::serve::serve;
use release_emulator::{app, fixtures, ticker};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};

/// Exit codes beside 0 (a clean stop).
const USAGE: u8 = 2;
const CANNOT_BIND: u8 = 3;
const BAD_FIXTURES: u8 = 4;

/// The longest a stop may take, whatever the server is at.
const LONGEST_STOP: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    let config = Config::from_process();
    let _guard = start_log(&config);
    // Signals have a runtime of their own: a stop is heard even while all threads of the server are at work.
    let runtimes = Builder::new_multi_thread()
        .enable_all()
        .build()
        .and_then(|server| Ok((server, Builder::new_current_thread().enable_all().build()?)));
    let (server, signals) = match runtimes {
        Ok(runtimes) => runtimes,
        Err(error) => return stop(USAGE, &format!("cannot start: {error}")),
    };
    let result = signals.block_on(run(config, server.handle()));
    // Work that is too long to wait for, such as an advance of years, ends with the process.
    server.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => stop(code, &why),
    }
}

fn stop(code: u8, why: &str) -> ExitCode {
    // Nobody may be there to read it, and the code says it too.
    let _ = writeln!(std::io::stderr(), "release-emulator: {why}");
    ExitCode::from(code)
}

async fn run(config: Config, server: &Handle) -> Result<(), (u8, String)> {
    let world = fixtures::world(&config.fixtures, &config.settings())
        .map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    let cannot_listen = |error: std::io::Error| {
        (
            CANNOT_BIND,
            format!("cannot listen on {}: {error}", config.listen),
        )
    };
    let listener = server
        .spawn(TcpListener::bind(config.listen))
        .await
        .expect("binding does not panic")
        .map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let token = CancellationToken::new();
    stop_on_signal(&token)
        .map_err(|error| (USAGE, format!("cannot listen for signals: {error}")))?;
    if let Some(file) = &config.port_file {
        let cannot_write = |error| {
            (
                USAGE,
                format!("cannot write the port file {}: {error}", file.display()),
            )
        };
        write_whole(file, &format!("{}\n", address.port())).map_err(cannot_write)?;
    }
    world.open();
    let ready = format!(
        "release-emulator ready url=http://{address} pid={}\n",
        std::process::id()
    );
    // A closed stdout is no reason not to serve.
    let _ = std::io::stdout().write_all(ready.as_bytes());
    let _ = std::io::stdout().flush();
    server.spawn(ticker::tick(world.clone(), token.clone()));
    let served = server.spawn(serve(listener, app(&world), token.clone()));
    token.cancelled().await;
    let _ = timeout(LONGEST_STOP, served).await;
    Ok(())
}

/// Cancels the token on SIGTERM and SIGINT.
fn stop_on_signal(token: &CancellationToken) -> std::io::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut signals, token) = (signal(kind)?, token.clone());
        tokio::spawn(async move {
            signals.recv().await;
            token.cancel();
        });
    }
    Ok(())
}

/// Writes a file that nobody sees half written.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, file));
    if written.is_err() {
        // Nothing is left behind; the first failure is the one to tell.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Logs to stderr through a queue, so that a slow reader never holds up a request.
fn start_log(config: &Config) -> WorkerGuard {
    let level = match config.log_level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let (writer, guard): (NonBlocking, WorkerGuard) =
        tracing_appender::non_blocking(std::io::stderr());
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(writer)
        .with_ansi(false);
    match config.log {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    guard
}

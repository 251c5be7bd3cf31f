//! The process: reads the command line, loads fixtures, binds, says that it is ready, serves until a signal.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use release_emulator::config::{Config, LogFormat, LogLevel};
use release_emulator::http::serve::serve;
use release_emulator::{app, fixtures, ticker};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};

/// Exit codes beside 0 (a clean stop).
const USAGE: u8 = 2;
const CANNOT_BIND: u8 = 3;
const BAD_FIXTURES: u8 = 4;

/// How long a stop may take from the signal on. The process then ends as it is: a request may be holding it up, an
/// advance of years over a busy schedule say.
const PATIENCE: Duration = Duration::from_millis(150);

fn main() -> ExitCode {
    let config = Config::from_process();
    let _guard = start_log(&config);
    let token = CancellationToken::new();
    if let Err(error) = stop_on_signal(&token) {
        return stop(USAGE, &format!("cannot listen for signals: {error}"));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return stop(USAGE, &format!("cannot start: {error}")),
    };
    match runtime.block_on(run(config, token)) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => stop(code, &why),
    }
}

fn stop(code: u8, why: &str) -> ExitCode {
    // Nobody may be there to read it, and the code says it too.
    let _ = writeln!(std::io::stderr(), "release-emulator: {why}");
    ExitCode::from(code)
}

async fn run(config: Config, token: CancellationToken) -> Result<(), (u8, String)> {
    let world = fixtures::world(&config.fixtures, &config.settings())
        .map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    let cannot_listen = |error: std::io::Error| {
        (
            CANNOT_BIND,
            format!("cannot listen on {}: {error}", config.listen),
        )
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
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
    tokio::spawn(ticker::tick(world.clone(), token.clone()));
    serve(listener, app(&world), token).await;
    Ok(())
}

/// Cancels the token on SIGTERM and SIGINT, from a thread that no request can hold up.
fn stop_on_signal(token: &CancellationToken) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    drop(entered);
    let token = token.clone();
    let wait = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        token.cancel();
        tokio::time::sleep(PATIENCE).await;
        std::process::exit(0);
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || runtime.block_on(wait))?;
    Ok(())
}

/// Writes a file that nobody sees half written.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, file)
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

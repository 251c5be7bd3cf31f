//! The process: reads the command line, loads fixtures, binds, says that it is ready, serves until a signal or
//! for as long as a command runs.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use mimalloc::MiMalloc;
use release_emulator::internals::cli::{Config, Exec, LogFormat, LogLevel, Task};
use release_emulator::internals::exec::{self, FailureReport};
use release_emulator::internals::registry::fixtures;
use release_emulator::internals::server::worlds::{OnClose, WorldServer};
use release_emulator::internals::{app_with_host, control};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Requests are made of many small pieces of memory, some of which the journal keeps for a while.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Exit codes beside 0 (a clean stop) and those of a command.
const USAGE: u8 = 2;
const CANNOT_BIND: u8 = 3;
const BAD_FIXTURES: u8 = 4;
const FAILED_ON: u8 = 7;
const CANNOT_START: u8 = 127;

/// The longest a stop may take, whatever the server is at.
const LONGEST_STOP: Duration = Duration::from_millis(150);

/// How many lines of the log may wait for a slow reader; more are dropped. Their places are made at the start.
const MOST_LINES: usize = 8_192;

/// The exit code of a failure, and what is said of it.
type Failure = (u8, String);

fn main() -> ExitCode {
    let ended = match Task::from_process() {
        Task::Serve(config) => process(&config, async |server| serve(&config, &server).await),
        Task::Exec(exec) => process(&exec.serve, async |server| run(&exec, &server).await),
        Task::OpenApi => print(control::openapi()),
    };
    let (code, why) = match ended {
        Ok(code) => return ExitCode::from(code),
        Err(failure) => failure,
    };
    // Nobody may be there to read it, and the code says it too.
    let _ = writeln!(std::io::stderr(), "release-emulator: {why}");
    ExitCode::from(code)
}

fn print(text: &str) -> Result<u8, Failure> {
    writeln!(std::io::stdout(), "{text}")
        .map(|()| 0)
        .map_err(|error| (USAGE, format!("cannot write to stdout: {error}")))
}

/// Does a task with a runtime for the server, and one for itself.
fn process(
    config: &Config,
    task: impl AsyncFnOnce(Handle) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    let _guard = start_log(config);
    // Signals have a runtime of their own: a stop is heard even while all threads of the server are at work.
    let (server, own) = Builder::new_multi_thread()
        .enable_all()
        .build()
        .and_then(|server| Ok((server, Builder::new_current_thread().enable_all().build()?)))
        .map_err(|error| (USAGE, format!("cannot start: {error}")))?;
    let ended = own.block_on(task(server.handle().clone()));
    // Work that is too long to wait for, such as an advance of years, ends with the process.
    server.shutdown_background();
    ended
}

/// Serves until a signal.
async fn serve(config: &Config, server: &Handle) -> Result<u8, Failure> {
    let host = start(config, server, None).await?;
    stop_on_signal(&host.stop())
        .map_err(|error| (USAGE, format!("cannot listen for signals: {error}")))?;
    open(config, &host)?;
    let ready = format!(
        "release-emulator ready url=http://{} pid={}\n",
        host.address(),
        std::process::id()
    );
    // A closed stdout is no reason not to serve.
    let _ = std::io::stdout().write_all(ready.as_bytes());
    let _ = std::io::stdout().flush();
    host.stop().cancelled().await;
    let _ = timeout(LONGEST_STOP, host.closed()).await;
    Ok(0)
}

/// Serves while a command runs, and answers its exit code.
async fn run(exec: &Exec, server: &Handle) -> Result<u8, Failure> {
    let findings = FailureReport::default();
    let farewell = findings.collect(exec.fail_on.clone());
    let host = start(&exec.serve, server, Some(farewell)).await?;
    open(&exec.serve, &host)?;
    let identities = host
        .first()
        .read(|tables, _| tables.shared.identities.save());
    let url = host.url();
    let variables = exec::variables(&url, &identities, |name| std::env::var_os(name).is_some());

    let ended = exec::run(&exec.command, variables).await;

    host.stop().cancel();
    let has_closed = timeout(LONGEST_STOP, host.closed()).await.is_ok();
    match ended {
        Ok(0) if !exec.fail_on.is_empty() && !has_closed => Err((
            FAILED_ON,
            "the command succeeded, but a world was still at work and could not be looked at"
                .to_owned(),
        )),
        Ok(0) => match findings.lines() {
            lines if lines.is_empty() => Ok(0),
            lines => Err((
                FAILED_ON,
                format!("the command succeeded, but\n  {}", lines.join("\n  ")),
            )),
        },
        Ok(code) => {
            for line in findings.tail() {
                // Nobody may be there to read it, and the code says that it failed.
                let _ = writeln!(std::io::stderr(), "release-emulator: {line}");
            }
            Ok(code)
        }
        Err(error @ exec::Error::Start { .. }) => Err((CANNOT_START, error.to_string())),
        Err(error @ exec::Error::Wait(_)) => Err((USAGE, error.to_string())),
    }
}

/// Loads the fixtures, binds and serves, not yet open.
async fn start(
    config: &Config,
    server: &Handle,
    farewell: Option<OnClose>,
) -> Result<WorldServer, Failure> {
    let world = fixtures::world(&config.fixtures, None, &config.settings())
        .map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    let (listen, limits) = (config.listen, config.limits());
    let started = server.spawn(async move {
        let listener = TcpListener::bind(listen).await?;
        WorldServer::start(world, listener, limits, app_with_host, farewell)
    });
    let started = started.await.expect("binding does not panic");
    started.map_err(|error| (CANNOT_BIND, format!("cannot listen on {listen}: {error}")))
}

/// Writes the port file and declares the first world open.
fn open(config: &Config, host: &WorldServer) -> Result<(), Failure> {
    if let Some(file) = &config.port_file {
        let cannot_write = |error| {
            (
                USAGE,
                format!("cannot write the port file {}: {error}", file.display()),
            )
        };
        write_whole(file, &format!("{}\n", host.address().port())).map_err(cannot_write)?;
    }
    host.first().open();
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
    let (writer, guard): (NonBlocking, WorkerGuard) = NonBlockingBuilder::default()
        .buffered_lines_limit(MOST_LINES)
        .finish(std::io::stderr());
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

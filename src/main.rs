//! The process: reads the command line, loads fixtures, binds, prints the ready line, and serves until a signal or while
//! a command runs.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use mimalloc::MiMalloc;
use release_emulator::internals::cli::{
    self, CliCommand, DocsOptions, ExecOptions, HealthOptions, ServeOptions, USUAL_PORT,
};
use release_emulator::internals::exec::{self, FailureReport};
use release_emulator::internals::registry::fixtures;
use release_emulator::internals::server::listeners::{ListenEndpoint, Listeners};
use release_emulator::internals::server::worlds::{OnClose, WorldServer};
use release_emulator::internals::signals::StopSignals;
use release_emulator::internals::{
    app_with_host, control, docs as guides, health, log, taken_port,
};
use tokio::runtime::{Builder, Handle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A request allocates many small pieces of memory, and the journal keeps some of them for a while.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Exit codes beside 0 (a clean stop) and those of a command.
const NOT_READY: u8 = 1;
const USAGE: u8 = 2;
const CANNOT_BIND: u8 = 3;
const BAD_FIXTURES: u8 = 4;
const FAILED_ON: u8 = 7;
const CANNOT_START: u8 = 127;

/// The longest time that a stop may take.
const LONGEST_STOP: Duration = Duration::from_millis(150);

/// An exit code and a message.
type ExitError = (u8, String);

fn main() -> ExitCode {
    let ended = match CliCommand::from_process() {
        CliCommand::Serve(options) => {
            process(&options, async |server| serve(&options, &server).await)
        }
        CliCommand::Exec(options) => {
            process(&options.serve, async |server| run(&options, &server).await)
        }
        CliCommand::Health(options) => ask(&options),
        CliCommand::OpenApi(options) => {
            print(&control::openapi(&options.settings(), &options.base_url()))
        }
        CliCommand::Completions { shell } => print(&cli::completions(shell)),
        CliCommand::Man { folder } => write_man(folder.as_deref()),
        CliCommand::Docs(options) => docs(&options),
    };
    let (code, why) = match ended {
        Ok(code) => return ExitCode::from(code),
        Err(failure) => failure,
    };
    // Stderr may be closed; the exit code reports the failure too.
    let _ = writeln!(std::io::stderr(), "release-emulator: {why}");
    ExitCode::from(code)
}

/// Asks if an emulator is ready.
fn ask(options: &HealthOptions) -> Result<u8, ExitError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| (NOT_READY, format!("cannot start: {error}")))?;
    let wait = Duration::from_millis(options.wait.unsigned_abs());
    let url = options.url();
    let token = options.token.control_token.as_ref();
    match runtime.block_on(health::wait(&url, token, wait)) {
        Ok(()) => print(&format!("ready: {url}")),
        Err(why) => Err((NOT_READY, why.to_string())),
    }
}

/// Prints the man page, or writes all of them into a folder.
fn write_man(folder: Option<&Path>) -> Result<u8, ExitError> {
    match folder {
        None => print(&cli::man_page()),
        Some(folder) => cli::write_man_pages(folder).map(|()| 0).map_err(|error| {
            let folder = folder.display();
            (
                USAGE,
                format!("cannot write man pages to {folder}: {error}"),
            )
        }),
    }
}

fn print(text: &str) -> Result<u8, ExitError> {
    match writeln!(std::io::stdout(), "{}", text.trim_end_matches('\n')) {
        Ok(()) => Ok(0),
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err((USAGE, format!("cannot write to stdout: {error}"))),
    }
}

/// Prints a page of the guides, all of them, or their list.
fn docs(options: &DocsOptions) -> Result<u8, ExitError> {
    let Some(name) = &options.page else {
        return print(&if options.all {
            guides::all()
        } else {
            guides::list()
        });
    };
    if name == guides::LLMS {
        return print(&guides::llms(&format!("http://127.0.0.1:{USUAL_PORT}")));
    }
    if let Some(page) = guides::find(name.trim_end_matches(".md")) {
        return print(&page.printed());
    }
    let near = guides::nearest_page(name);
    let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
    let text = format!("there is no page {name}{near}");
    Err((USAGE, format!("{text}\n`release-emulator docs` lists them")))
}

/// Runs a task with a runtime of its own and one for the server.
fn process(
    options: &ServeOptions,
    task: impl AsyncFnOnce(Handle) -> Result<u8, ExitError>,
) -> Result<u8, ExitError> {
    let _guard = log::start(options.log, options.log_level);
    // Signals have a runtime of their own, so a stop works even while all threads of the server are busy.
    let (server, own) = Builder::new_multi_thread()
        .enable_all()
        .build()
        .and_then(|server| Ok((server, Builder::new_current_thread().enable_all().build()?)))
        .map_err(|error| (USAGE, format!("cannot start: {error}")))?;
    let ended = own.block_on(task(server.handle().clone()));
    // Long work, such as an advance by years, is aborted with the process.
    server.shutdown_background();
    ended
}

/// Serves until a signal.
async fn serve(options: &ServeOptions, server: &Handle) -> Result<u8, ExitError> {
    let endpoints = options.listen.endpoints(USUAL_PORT);
    let host = start(options, endpoints, server, None).await?;
    stop_on_signal(&host.stop())
        .map_err(|error| (USAGE, format!("cannot listen for signals: {error}")))?;
    open(options, &host)?;
    let ready = format!(
        "release-emulator ready url=http://{} pid={}\n",
        host.address(),
        std::process::id()
    );
    // It serves even if stdout is closed.
    let _ = std::io::stdout().write_all(ready.as_bytes());
    let _ = std::io::stdout().flush();
    host.stop().cancelled().await;
    let _ = timeout(LONGEST_STOP, host.closed()).await;
    Ok(0)
}

/// Serves while a command runs, and returns its exit code.
async fn run(options: &ExecOptions, server: &Handle) -> Result<u8, ExitError> {
    let findings = FailureReport::default();
    let on_close = findings.collect(options.fail_on.clone());
    let endpoints = options.serve.listen.endpoints(0);
    let host = start(&options.serve, endpoints, server, Some(on_close)).await?;
    open(&options.serve, &host)?;
    let identities = host
        .first()
        .read(|tables, _| tables.shared.identities.save());
    let url = host.url();
    let token = options.serve.access.token.control_token.as_ref();
    let variables = exec::variables(&url, &identities, token, |name| {
        std::env::var_os(name).is_some()
    });

    let ended = exec::run(&options.command, variables).await;

    host.stop().cancel();
    let has_closed = timeout(LONGEST_STOP, host.closed()).await.is_ok();
    for note in findings.notes() {
        // Stderr may be closed; the exit code does not depend on it.
        let _ = writeln!(std::io::stderr(), "release-emulator: {note}");
    }
    match ended {
        Ok(0) if !options.fail_on.is_empty() && !has_closed => Err((
            FAILED_ON,
            "the command succeeded, but a world was still busy and could not be checked".to_owned(),
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
                // Stderr may be closed; the exit code reports the failure too.
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
    options: &ServeOptions,
    endpoints: Vec<ListenEndpoint>,
    server: &Handle,
    on_close: Option<OnClose>,
) -> Result<WorldServer, ExitError> {
    let world = fixtures::world(&options.fixtures, None, &options.settings())
        .map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    let limits = options.limits();
    let listeners = {
        // Sockets belong to the runtime in which they are bound.
        let _server = server.enter();
        Listeners::bind(&endpoints)
    };
    let listeners = match listeners {
        Ok(listeners) => listeners,
        Err(error) => {
            let advice = taken_port::advise(&error, &options.listen).await;
            return Err((CANNOT_BIND, advice));
        }
    };
    let started = server.spawn(async move {
        WorldServer::start(world, listeners, limits, app_with_host, on_close)
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
    let mut addresses = host.addresses().iter();
    if let Some(address) = addresses.find(|address| !address.ip().to_canonical().is_loopback()) {
        tracing::warn!(
            %address,
            "other machines can reach {address}: its control plane, with the secrets of the state, is open to them; \
             --control-token TOKEN closes it"
        );
    }
}

/// Writes the port file and declares the first world open.
fn open(options: &ServeOptions, host: &WorldServer) -> Result<(), ExitError> {
    if let Some(file) = &options.port_file {
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

/// Cancels the token at the first signal that asks the process to stop.
fn stop_on_signal(token: &CancellationToken) -> std::io::Result<()> {
    let (mut signals, token) = (StopSignals::new()?, token.clone());
    tokio::spawn(async move {
        signals.recv().await;
        token.cancel();
    });
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

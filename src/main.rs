//! The process: reads the command line, loads fixtures, binds, prints the ready line, and serves until a signal or while
//! a command runs.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mimalloc::MiMalloc;
use release_emulator::internals::cli::{
    self, CliCommand, DataAction, DocsOptions, ExecOptions, HeaderPair, HealthOptions,
    ImportOptions, LogFormat, LogLevel, RecordOptions, ReportFormat, ServeOptions, USUAL_PORT,
    VerifyOptions,
};
use release_emulator::internals::corpus::import::import_files;
use release_emulator::internals::corpus::read_file;
use release_emulator::internals::drift::{self, Corpus, LiveService};
use release_emulator::internals::exec::intercept::Intercept;
use release_emulator::internals::exec::isolate::{self, Network};
use release_emulator::internals::exec::outcome::Outcome;
use release_emulator::internals::exec::{self, FailureReport};
use release_emulator::internals::http::auth::Secret;
use release_emulator::internals::http::auth::sign::ClientKey;
use release_emulator::internals::http::evidence::RecordedDates;
use release_emulator::internals::listening::{Beside, listen};
use release_emulator::internals::log::LogGuard;
use release_emulator::internals::record::Recorder;
use release_emulator::internals::record::upstream::{Connector, Upstream};
use release_emulator::internals::registry::durable::{DurableError, DurableWorlds};
use release_emulator::internals::registry::fixtures;
use release_emulator::internals::server::keeping::Keeping;
use release_emulator::internals::server::listeners::{InnerNetwork, ListenEndpoint};
use release_emulator::internals::server::worlds::{self, MAIN, OnClose, WorldServer, url};
use release_emulator::internals::signals::{self, EndedChildren, StopSignals};
use release_emulator::internals::storage::{OpenMode, StorageError};
use release_emulator::internals::{
    Settings, World, app_with_host, control, docs as guides, health, log,
};
use tokio::runtime::{Builder, Handle, Runtime};
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
const CANNOT_ISOLATE: u8 = 6;
const FAILED_ON: u8 = 7;
const DRIFT: u8 = 8;
const CANNOT_START: u8 = 127;

/// The longest time that a stop may take, but for the last lines of the log.
const LONGEST_STOP: Duration = Duration::from_millis(130);

/// The longest wait for a world that is to be checked.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// The longest wait for a reader of stderr after a signal.
const LONGEST_REPORT: Duration = Duration::from_millis(100);

/// An exit code and a message.
type ExitError = (u8, String);

fn main() -> ExitCode {
    if let Some(code) = isolate::act() {
        return ExitCode::from(code);
    }
    if signals::is_guard() {
        signals::guard();
        return ExitCode::SUCCESS;
    }
    let ended = match CliCommand::from_process() {
        CliCommand::Serve(options) => {
            process(&options, async |server| serve(&options, &server).await)
        }
        CliCommand::Exec(options) => {
            process(&options.serve, async |server| run(&options, &server).await)
        }
        CliCommand::Record(options) => log_to(options.log, options.log_level, async |server| {
            record(&options, &server).await
        }),
        CliCommand::Verify(options) => verify(&options),
        CliCommand::Import(options) => import(&options),
        CliCommand::Health(options) => ask(&options),
        CliCommand::OpenApi(options) => {
            print(&control::openapi(&options.settings(), &options.base_url()))
        }
        CliCommand::Completions { shell } => print(&cli::completions(shell)),
        CliCommand::Man { folder } => write_man(folder.as_deref()),
        CliCommand::Docs(options) => docs(&options),
        CliCommand::Data(options) => match options.action {
            DataAction::Check { directory } => check_data(&directory),
            DataAction::Export { directory, world } => export_data(&directory, &world),
        },
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
    let runtime = in_words(|| Builder::new_current_thread().enable_all().build());
    let runtime = runtime.map_err(|error| (NOT_READY, format!("{CANNOT_BEGIN}: {error}")))?;
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

/// Prints a line for each world of a data directory.
fn check_data(directory: &Path) -> Result<u8, ExitError> {
    let (lines, is_whole) = DurableWorlds::open(directory, OpenMode::Read, false)
        .and_then(|worlds| worlds.check())
        .map_err(|error| data_error(&error, directory))?;
    print(&lines.join("\n"))?;
    Ok(if is_whole { 0 } else { BAD_FIXTURES })
}

/// Prints a world of a data directory as a state document.
fn export_data(directory: &Path, world: &str) -> Result<u8, ExitError> {
    let worlds = DurableWorlds::open(directory, OpenMode::Read, false);
    let saved =
        worlds.and_then(|worlds| worlds.saved(world, &Settings::default(), control::replay_router));
    let saved = saved.map_err(|error| data_error(&error, directory))?;
    let state = serde_json::to_string_pretty(&saved.export()).expect("the keys are strings");
    print(&state)
}

/// The exit code and the text of a data directory that cannot be used, with the remedy.
fn data_error(error: &DurableError, directory: &Path) -> ExitError {
    let code = match error {
        DurableError::Storage(StorageError::InUse { .. }) => CANNOT_BIND,
        DurableError::Storage(StorageError::Io { .. }) | DurableError::Unknown { .. } => USAGE,
        _ => BAD_FIXTURES,
    };
    let remedy = if error.is_damage() {
        let directory = directory.display();
        format!(
            "\n`release-emulator data export {directory}` prints what can be saved as a state document; start again with \
             --data-reset and that as --fixtures"
        )
    } else {
        String::new()
    };
    (code, format!("{error}{remedy}"))
}

/// Opens the data directory, and restores its worlds or begins it with the fixtures.
fn data_worlds(
    options: &ServeOptions,
    settings: &Settings,
) -> Result<(World, Option<Keeping>), ExitError> {
    let fixtures = || {
        let world = fixtures::world(&options.fixtures, None, settings);
        world.map_err(|error| (BAD_FIXTURES, error.to_string()))
    };
    let Some(directory) = &options.keep.data else {
        return Ok((fixtures()?, None));
    };
    let started = Keeping::start(
        directory,
        MAIN,
        options.keep.data_reset,
        options.keep.sync,
        settings,
        control::replay_router,
    );
    let started = started.map_err(|error| data_error(&error, directory))?;
    for note in &started.notes {
        // Stderr may be closed.
        let _ = writeln!(std::io::stderr(), "release-emulator: {note}");
    }
    if started.first.is_some() && !options.fixtures.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "release-emulator: --fixtures is ignored, since {} has worlds already; --data-reset starts over",
            directory.display()
        );
    }
    let unusable = |error| data_error(&error, directory);
    let (world, keeping) = started.first_or(MAIN, fixtures, unusable)?;
    Ok((world, Some(keeping)))
}

/// Runs a task with a runtime of its own and one for the server.
fn process(
    options: &ServeOptions,
    task: impl AsyncFnOnce(Handle) -> Result<u8, ExitError>,
) -> Result<u8, ExitError> {
    log_to(options.log, options.log_level, task)
}

/// The same with a log.
fn log_to(
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

const CANNOT_BEGIN: &str = "cannot start";

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

/// Serves until a signal.
async fn serve(options: &ServeOptions, server: &Handle) -> Result<u8, ExitError> {
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

/// The endpoints for TLS.
fn tls_endpoints(options: &ServeOptions, usual_port: u16) -> Vec<ListenEndpoint> {
    options.tls.endpoints(&options.listen, usual_port)
}

/// Records until a signal.
async fn record(options: &RecordOptions, server: &Handle) -> Result<u8, ExitError> {
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

/// The dates of the recordings that agree with the emulator.
async fn recorded_dates(
    files: &[PathBuf],
    settings: &Settings,
) -> Result<Arc<RecordedDates>, ExitError> {
    if files.is_empty() {
        return Ok(Arc::default());
    }
    let corpora = corpora(files, &mut Vec::new())?;
    Ok(Arc::new(drift::proved(&corpora, settings).await))
}

fn corpora(files: &[PathBuf], notes: &mut Vec<String>) -> Result<Vec<Corpus>, ExitError> {
    let mut corpora = Vec::new();
    for file in files {
        let exchanges = read_file(file, notes);
        corpora.push(Corpus {
            name: file.display().to_string(),
            exchanges: exchanges.map_err(|error| (BAD_FIXTURES, error.to_string()))?,
        });
    }
    Ok(corpora)
}

/// Compares the emulator with corpora, and prints the report.
fn verify(options: &VerifyOptions) -> Result<u8, ExitError> {
    let mut notes = Vec::new();
    let corpora = corpora(&options.corpus, &mut notes)?;
    let is_empty = corpora.iter().all(|corpus| corpus.exchanges.is_empty());
    if is_empty && options.against.is_none() {
        return Err((
            BAD_FIXTURES,
            "nothing was recorded in the corpus".to_owned(),
        ));
    }
    let runtime = in_words(|| Builder::new_current_thread().enable_all().build());
    let runtime = runtime.map_err(|error| (USAGE, format!("{CANNOT_BEGIN}: {error}")))?;
    let settings = options.settings();
    let mut report = match &options.against {
        Some(upstream) => {
            let service = live_service(options, upstream, &corpora)?;
            let asked = runtime.block_on(drift::verify_live(&service, &settings));
            asked.map_err(|why| (NOT_READY, why))?
        }
        None => runtime.block_on(drift::verify(&corpora, &settings)),
    };
    report.notes.extend(notes);
    let printed = match options.format {
        ReportFormat::Text => drift::text(&report),
        ReportFormat::Json => serde_json::to_string_pretty(&report).expect("the keys are strings"),
        ReportFormat::Junit => drift::junit(&report),
    };
    print(&printed)?;
    Ok(if report.has_drift() { DRIFT } else { 0 })
}

/// The service that is asked, with the credentials of the environment.
fn live_service(
    options: &VerifyOptions,
    upstream: &Upstream,
    corpora: &[Corpus],
) -> Result<LiveService, ExitError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let secret = |name: &str| variable(name).map(|value| Secret::new(&value));
    let key = variable("HUAWEICLOUD_SDK_AK").zip(secret("HUAWEICLOUD_SDK_SK"));
    let exchanges = corpora.iter().flat_map(|corpus| &corpus.exchanges);
    Ok(LiveService {
        upstream: upstream.clone(),
        connector: Connector::new(std::slice::from_ref(upstream), options.ca.as_deref())
            .map_err(|why| (USAGE, why))?,
        key: key.map(|(ak, sk)| ClientKey {
            ak,
            sk,
            session: secret("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
        }),
        project: variable("HUAWEICLOUD_SDK_PROJECT_ID"),
        zadig_token: secret("ZADIG_TOKEN"),
        headers: options
            .header
            .iter()
            .map(|HeaderPair(name, value)| (name.clone(), value.clone()))
            .collect(),
        operations: exchanges
            .map(|exchange| exchange.operation.clone())
            .collect(),
        allows_writes: options.allow_writes,
    })
}

/// Prints fixtures with what files show.
fn import(options: &ImportOptions) -> Result<u8, ExitError> {
    let imported = import_files(&options.files, options.zadig);
    let imported = imported.map_err(|error| (BAD_FIXTURES, error.to_string()))?;
    for line in &imported.unusable {
        // Stderr may be closed.
        let _ = writeln!(std::io::stderr(), "release-emulator: not imported: {line}");
    }
    print(&imported.fixtures)
}

/// Serves while a command runs, and returns its exit code.
async fn run(options: &ExecOptions, server: &Handle) -> Result<u8, ExitError> {
    let mut signals = StopSignals::new().map_err(|error| no_signals(&error))?;
    let findings = FailureReport::default();
    let on_close = findings.collect(options.fail_on.clone());
    let endpoints = options.serve.listen.endpoints(0);
    let intercept = options
        .intercept
        .then(|| Intercept::begin(options.intercept_host.clone()));
    let intercept = intercept.transpose();
    let intercept = intercept.map_err(|error| (USAGE, error.to_string()))?;
    let proxy = intercept
        .as_ref()
        .map(|intercept| Arc::clone(intercept.proxy()));
    let for_tls = tls_endpoints(&options.serve, 0);
    let network = options.isolate.then(Network::new).transpose();
    let network = network.map_err(|error| (CANNOT_ISOLATE, error.to_string()))?;
    let network = network.map(Arc::new);
    let beside = Beside {
        for_tls,
        proxy,
        ..Beside::default()
    };
    let inner = network
        .clone()
        .map(|network| network as Arc<dyn InnerNetwork>);
    let serve = &options.serve;
    let host = start(serve, endpoints, beside, inner, server, Some(on_close)).await?;
    open(&options.serve, &host)?;
    let identities = host
        .first()
        .read(|tables, _| tables.shared.identities.save());
    let url = if network.is_some() {
        worlds::url(isolate::inner_address(host.address()))
    } else {
        host.url()
    };
    let token = options.serve.access.token.control_token.as_ref();
    let mut variables = exec::variables(&url, &identities, token, intercept.is_none(), |name| {
        std::env::var_os(name).is_some()
    });
    variables.extend(
        host.https_url()
            .map(|url| ("RELEASE_EMULATOR_HTTPS_URL", url)),
    );
    if let (Some(intercept), Some(proxy)) = (&intercept, host.proxy_address()) {
        variables.extend(intercept.variables(proxy, |name| std::env::var(name).ok()));
    }

    let mut is_stopping = false;
    let folder = intercept.as_ref().map(Intercept::folder);
    let command = network
        .as_ref()
        .map(|network| network.entering(&options.command));
    let command = command.as_ref().unwrap_or(&options.command);
    let ended = exec::run(command, variables, folder, &mut signals, &mut is_stopping).await;

    host.stop().cancel();
    let checks = ended.as_ref().is_ok_and(|code| *code == 0) && !options.fail_on.is_empty();
    let longest = if checks { LONGEST_CHECK } else { LONGEST_STOP };
    let has_closed = tokio::select! {
        closed = timeout(longest, host.closed()) => closed.is_ok(),
        _ = signals.recv() => false,
    };
    let code = match ended {
        Ok(code) => code,
        Err(error @ exec::Error::Start { .. }) => return Err((CANNOT_START, error.to_string())),
        Err(error @ exec::Error::Wait(_)) => return Err((USAGE, error.to_string())),
    };
    let fail_on = &options.fail_on;
    let outcome = Outcome::new(code, fail_on, has_closed, &findings, intercept.as_ref());
    let code = if outcome.is_failed { FAILED_ON } else { code };
    let reported = outcome.report();
    let longest = if is_stopping {
        LONGEST_REPORT
    } else {
        Duration::MAX
    };
    tokio::select! {
        _ = timeout(longest, reported) => {}
        _ = signals.recv() => {}
    }
    Ok(code)
}

/// Loads the fixtures, binds and serves, not yet open.
async fn start(
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
fn open(options: &ServeOptions, host: &WorldServer) -> Result<(), ExitError> {
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

fn no_signals(error: &std::io::Error) -> ExitError {
    (USAGE, format!("cannot listen for signals: {error}"))
}

/// Cancels the token at the first signal that asks the process to stop. As PID 1 of a container the process reaps the
/// children of others meanwhile.
fn stop_on_signal(token: &CancellationToken) -> std::io::Result<()> {
    let (mut signals, token) = (StopSignals::new()?, token.clone());
    tokio::spawn(EndedChildren::new()?.reap());
    tokio::spawn(async move {
        signals.recv().await;
        token.cancel();
    });
    Ok(())
}

/// Cancels the token at the end of stdin.
fn stop_with_stdin(token: &CancellationToken) -> std::io::Result<()> {
    let token = token.clone();
    let read = move || {
        // An error is an end too.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        token.cancel();
    };
    thread::Builder::new().spawn(read).map(drop)
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

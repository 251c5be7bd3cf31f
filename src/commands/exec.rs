//! The command `exec`.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::exit::{CANNOT_ISOLATE, CANNOT_START, ExitError, FAILED_ON, LONGEST_STOP, USAGE};
use super::process::no_signals;
use super::start::{open, start, tls_endpoints};
use crate::cli::ExecOptions;
use crate::exec::intercept::Intercept;
use crate::exec::isolate::{self, Network};
use crate::exec::outcome::Outcome;
use crate::exec::{self, FailureReport};
use crate::listening::Beside;
use crate::server::listeners::InnerNetwork;
use crate::server::worlds;
use crate::signals::StopSignals;

/// The longest wait for a world that is to be checked.
const LONGEST_CHECK: Duration = Duration::from_secs(5);

/// The longest wait for a reader of stderr after a signal.
const LONGEST_REPORT: Duration = Duration::from_millis(100);

/// Serves while a command runs, and returns its exit code.
pub(super) async fn run(options: &ExecOptions, server: &Handle) -> Result<u8, ExitError> {
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

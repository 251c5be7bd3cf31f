//! A command that runs against the emulator: its environment variables, the signals passed on to it, and the findings
//! that make the run fail even if the command succeeds.

pub mod intercept;
pub mod isolate;
pub mod outcome;
mod stuck;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clap::ValueEnum;

use self::stuck::stuck;
use crate::http::auth::Secret;
use crate::http::auth::redact::Mask;
use crate::http::observe::record::RequestSummary;
use crate::registry::World;
use crate::registry::report_lines::{request_line, unused_fault, unused_script};
use crate::server::worlds::OnClose;
use crate::signals::{CommandError, RunningCommand, StopSignals};
use crate::sim::glob::Glob;
use crate::world::identities::Identities;

/// The credential of a command if the fixtures have none: any passes without `--auth strict`.
const ANY_KEY: (&str, &str) = ("any-ak", "any-sk");

/// The variable of the control token, which test code reads.
const CONTROL_TOKEN: &str = "RELEASE_EMULATOR_CONTROL_TOKEN";

/// The variables of the emulator's URL: its own, and those of the Huawei SDKs.
const URL: &str = "RELEASE_EMULATOR_URL";
const IAM: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
const ASM: &str = "HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4";
const SERVICESTAGE: &str = "HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4";

/// The reason a command did not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be started.
    #[error("cannot start {program}: {cause}")]
    Start {
        /// The program, as it was named.
        program: String,
        /// The cause.
        cause: std::io::Error,
    },
    /// The operating system failed.
    #[error("cannot wait for the command: {0}")]
    Wait(#[from] std::io::Error),
}

/// Runs a command to its end with the process's stdin, stdout and stderr, and passes signals on to it. Returns its exit
/// code: 128 plus the signal's number if a signal ended it. `is_stopping` is set if a signal came. `folder` is removed if this
/// process dies without a word.
pub async fn run(
    command: &[OsString],
    variables: Vec<(&'static str, String)>,
    folder: Option<&Path>,
    signals: &mut StopSignals,
    is_stopping: &mut bool,
) -> Result<u8, Error> {
    let program = command.first().map(OsString::as_os_str).unwrap_or_default();
    let mut started = Command::new(program);
    started.args(command.iter().skip(1)).envs(variables);
    let running = RunningCommand::start(started, folder).map_err(|error| match error {
        CommandError::Start(cause) => Error::Start {
            program: program.to_string_lossy().into_owned(),
            cause,
        },
        CommandError::System(cause) => Error::Wait(cause),
    })?;
    Ok(running.wait(signals, is_stopping).await)
}

/// The additional environment variables of a command: the emulator's URL under its own name, and under those of the
/// Huawei SDKs if `names_endpoints`, the control token if there is one, and a credential for these unless one is set. The credential is the
/// first access key of the identities,
/// with its user's project if there is exactly one, or else an arbitrary key.
pub fn variables(
    url: &str,
    identities: &Identities,
    token: Option<&Secret>,
    names_endpoints: bool,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(&'static str, String)> {
    let names: &[&'static str] = if names_endpoints {
        &[URL, IAM, ASM, SERVICESTAGE]
    } else {
        &[URL]
    };
    let urls = names.iter().map(|name| (*name, url.to_owned()));
    let mut variables: Vec<_> = urls.collect();
    variables.extend(token.map(|token| (CONTROL_TOKEN, token.expose().to_owned())));
    // Half of the user's own credential and half of ours would never match.
    if is_set("HUAWEICLOUD_SDK_AK") || is_set("HUAWEICLOUD_SDK_SK") {
        return variables;
    }
    let key = identities.access_keys.first();
    let (ak, sk) = key.map_or(ANY_KEY, |key| (&key.ak, key.sk.expose()));
    variables.push(("HUAWEICLOUD_SDK_AK", ak.to_owned()));
    variables.push(("HUAWEICLOUD_SDK_SK", sk.to_owned()));
    if let Some(token) = key.and_then(|key| key.security_token.as_ref()) {
        variables.push(("HUAWEICLOUD_SDK_SECURITY_TOKEN", token.expose().to_owned()));
    }
    let owner_of = |key: &&str| identities.users.iter().find(|user| user.name == **key);
    let user = key.map(|key| key.user.as_str());
    if let Some([project]) = user
        .as_ref()
        .and_then(owner_of)
        .map(|user| &user.projects[..])
        && !is_set("HUAWEICLOUD_SDK_PROJECT_ID")
    {
        variables.push(("HUAWEICLOUD_SDK_PROJECT_ID", project.id.clone()));
    }
    variables
}

/// A finding that makes a run fail although its command succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// An unused script.
    UnusedScript,
    /// An unused fault.
    UnusedFault,
    /// A request that matches no operation, unless browsers and probes send it by themselves.
    UnknownRoute,
    /// A failure of the emulator: 500 or more, neither declared by the operation nor injected.
    ServerError,
    /// An answer that relies on a guess about the service.
    Inferred,
    /// A host that is not emulated, asked under `--intercept`.
    Escaped,
}

impl FailOn {
    /// The findings of this kind in a world, a line each.
    fn findings(self, world: &World) -> Vec<String> {
        match self {
            Self::UnusedScript => world.read(|database, _| {
                let listed = database.listed_scripts();
                let unused = listed.iter().filter(|listed| listed.used == 0);
                unused
                    .map(|listed| format!("unused-script: {}", unused_script(listed)))
                    .collect()
            }),
            Self::UnusedFault => {
                let faults = world.recorder().faults.list().into_iter();
                // A rule that is turned off is not to be used.
                let unused = faults.filter(|listed| listed.used == 0 && listed.fault.is_enabled());
                unused
                    .map(|listed| format!("unused-fault: {}", unused_fault(&listed)))
                    .collect()
            }
            Self::UnknownRoute => requests("unknown-route", world, |summary| {
                summary.operation.is_none() && !is_noise(summary)
            }),
            Self::ServerError => requests("server-error", world, |summary| summary.is_failure),
            Self::Inferred => {
                let mut lines: Vec<String> = guesses(world)
                    .iter()
                    .map(|((operation, guess), count)| {
                        format!("inferred: {operation}: {guess} (answers: {count})")
                    })
                    .collect();
                lines.extend(unchecked("inferred", world));
                lines
            }
            // Those are of no world.
            Self::Escaped => Vec::new(),
        }
    }
}

/// The matching requests of a world's journal, a line each, and a line if requests are missing from it.
fn requests(name: &str, world: &World, matches: impl Fn(&RequestSummary) -> bool) -> Vec<String> {
    let entries = world.recorder().journal.entries();
    entries
        .iter()
        .filter(|exchange| matches(&exchange.summary))
        .map(|exchange| format!("{name}: {}", request_line(&exchange.summary)))
        .chain(unchecked(name, world))
        .collect()
}

/// A line if requests are missing from a world's journal.
fn unchecked(name: &str, world: &World) -> Option<String> {
    let journal = &world.recorder().journal;
    let dropped = journal.stats().dropped;
    if !journal.is_on() {
        Some(format!("{name}: not checked, since the journal is off"))
    } else if dropped > 0 {
        Some(format!(
            "{name}: not checked for {dropped} requests that the journal dropped (--journal-bytes)"
        ))
    } else {
        None
    }
}

/// The guesses that the answers in a world's journal rely on, by operation, with the number of answers.
fn guesses(world: &World) -> BTreeMap<(String, String), usize> {
    let mut guesses = BTreeMap::new();
    for exchange in world.recorder().journal.entries() {
        let summary = &exchange.summary;
        let evidence = summary.evidence.as_deref().unwrap_or_default();
        if let Some(guess) = evidence.strip_prefix("inferred; ") {
            let operation = summary.operation.unwrap_or("-");
            *guesses
                .entry((operation.to_owned(), guess.to_owned()))
                .or_default() += 1;
        }
    }
    guesses
}

/// The paths that browsers, crawlers and health probes request by themselves.
const NOISE: [&str; 5] = [
    "/.well-known/*",
    "/apple-touch-icon*.png",
    "/favicon.ico",
    "/health/*",
    "/robots.txt",
];

/// True for a request that browsers and probes send by themselves: for such a path, or a preflight.
fn is_noise(summary: &RequestSummary) -> bool {
    let is_probe = matches!(&*summary.method, "GET" | "HEAD");
    let mut paths = NOISE.iter().map(|path| Glob::new(*path));
    summary.method == "OPTIONS" || is_probe && paths.any(|path| path.matches(&summary.path))
}

/// A line on the requests for unknown routes that are not counted; none if there are none.
fn left_out(world: &World) -> Option<String> {
    let entries = world.recorder().journal.entries();
    let summaries = entries.iter().map(|record| &record.summary);
    let mut noise: Vec<String> = summaries
        .filter(|summary| summary.operation.is_none() && is_noise(summary))
        .map(|summary| format!("{} {}", summary.method, summary.path))
        .collect();
    let n = noise.len();
    noise.sort_unstable();
    noise.dedup();
    (n > 0).then(|| {
        let noise = noise.join(", ");
        format!("unknown-route: not counted, since browsers and probes send them by themselves: {noise} (requests: {n})")
    })
}

/// The number of a world's last requests that are printed for a failed command.
const TAIL: usize = 20;

/// Collects the findings of a run, its last requests, and the resources that are stuck, from each world as it closes.
#[derive(Clone, Debug, Default)]
pub struct FailureReport(Arc<Mutex<Findings>>);

#[derive(Clone, Debug, Default)]
struct Findings {
    /// The findings, a line each.
    lines: Vec<String>,
    /// Remarks that are no findings, a line each.
    notes: Vec<String>,
    /// The last requests by world, a line each, and then the resources that have failed or wait.
    tails: BTreeMap<String, Vec<String>>,
}

impl FailureReport {
    /// The callback for a world that has closed.
    pub fn collect(&self, fail_on: Vec<FailOn>) -> OnClose {
        let report = self.clone();
        Box::new(move |name, world| {
            let mask = Mask::new(Some(&world.recorder().secrets));
            let line = |text: String| format!("world {name}: {}", mask.text(&text));
            let findings = fail_on.iter().flat_map(|fail_on| fail_on.findings(world));
            let lines: Vec<String> = findings.map(line).collect();
            let checks_routes = fail_on.contains(&FailOn::UnknownRoute);
            let note = checks_routes.then(|| left_out(world)).flatten().map(line);
            let records = world.recorder().journal.entries();
            let tail = records
                .iter()
                .skip(records.len().saturating_sub(TAIL))
                .map(|record| request_line(&record.summary))
                .chain(stuck(world))
                .map(line)
                .collect();
            let mut findings = report.lock();
            findings.lines.extend(lines);
            findings.notes.extend(note);
            findings.tails.insert(name.to_owned(), tail);
        })
    }

    /// The findings, a line each, grouped by world.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.lock().lines.clone();
        lines.sort();
        lines
    }

    /// The remarks that are no findings, a line each, grouped by world.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.lock().notes.clone();
        notes.sort();
        notes
    }

    /// The last requests to the worlds, a line each, and the resources in them that have failed or wait.
    pub fn tail(&self) -> Vec<String> {
        self.lock().tails.values().flatten().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Findings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use axum::http::HeaderMap;

    use super::*;
    use crate::http::observe::headers::Headers;
    use crate::http::observe::record::RequestRecord;
    use crate::registry::State;
    use crate::world::settings::Settings;

    const AT: &str = "http://127.0.0.1:43111";

    fn credential(fixtures: &str, set: &[&str]) -> Vec<(&'static str, String)> {
        let identities: Identities = serde_json::from_str(fixtures).unwrap();
        let variables = variables(AT, &identities, None, true, |name| set.contains(&name));
        let (urls, credential) = variables.split_at(4);
        assert!(urls.iter().all(|(_, url)| url == AT), "{urls:?}");
        credential.to_vec()
    }

    fn pairs(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let own = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        expected.iter().map(own).collect()
    }

    #[test]
    fn the_first_access_key_comes_with_its_only_project() {
        let fixtures = r#"{"users": [{"name": "ann", "projects": [{"id": "p1", "name": "cn-north-4"}]}],
            "access_keys": [{"ak": "AK1", "sk": "sk1", "user": "ann", "security_token": "st1"},
                            {"ak": "AK2", "sk": "sk2", "user": "ann"}]}"#;
        let key = [
            ("HUAWEICLOUD_SDK_AK", "AK1"),
            ("HUAWEICLOUD_SDK_SK", "sk1"),
            ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "st1"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", "p1"),
        ];
        assert_eq!(credential(fixtures, &[]), pairs(&key));
        assert_eq!(
            credential(fixtures, &["HUAWEICLOUD_SDK_PROJECT_ID"]),
            pairs(&key[..3])
        );
        assert_eq!(credential(fixtures, &["HUAWEICLOUD_SDK_SK"]), []);
    }

    #[test]
    fn of_several_projects_none_is_chosen_and_without_a_key_any_is_given() {
        let fixtures = r#"{"users": [{"name": "ann", "projects": [{"id": "p1", "name": "cn-north-4"},
            {"id": "p2", "name": "cn-east-3"}]}], "access_keys": [{"ak": "AK1", "sk": "sk1", "user": "ann"}]}"#;
        let key = [("HUAWEICLOUD_SDK_AK", "AK1"), ("HUAWEICLOUD_SDK_SK", "sk1")];
        assert_eq!(credential(fixtures, &[]), pairs(&key));

        let any = [
            ("HUAWEICLOUD_SDK_AK", "any-ak"),
            ("HUAWEICLOUD_SDK_SK", "any-sk"),
        ];
        assert_eq!(credential("{}", &[]), pairs(&any));
    }

    #[test]
    fn a_failure_of_the_emulator_is_a_server_error() {
        let world = World::new(Settings::default(), State::default()).unwrap();
        for (path, is_failure) in [("/declared", false), ("/broken", true)] {
            let summary = RequestSummary {
                path: path.into(),
                status: 500,
                is_failure,
                ..RequestSummary::bare(1, 0)
            };
            let (headers, body) = (HeaderMap::new(), Bytes::new());
            let sent = (&Headers::default(), &b""[..], 0);
            let record = RequestRecord::new(summary, sent, (&headers, &body));
            world.recorder().record(record);
        }
        let findings = FailOn::ServerError.findings(&world);
        assert_eq!(findings, ["server-error: GET /broken returned 500"]);
    }
}

//! A command that is run against the emulator: what it finds in its environment, the signals that are passed on
//! to it, and what makes the run fail although the command itself succeeded.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, PoisonError};

use clap::ValueEnum;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::http::observe::exchange::ExchangeSummary;
use crate::registry::World;
use crate::server::worlds::OnClose;
use crate::sim::glob::Glob;
use crate::sim::scripts::ListedScript;
use crate::world::identities::Identities;

/// The credential of a command whose user has none: any passes unless `--auth strict`.
const ANY_KEY: (&str, &str) = ("any-ak", "any-sk");

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
    /// It was started, or could have been, and then the machine failed.
    #[error("cannot wait for the command: {0}")]
    Wait(#[from] std::io::Error),
}

/// Runs a command to its end, with its own stdin, stdout and stderr, and passes SIGINT and SIGTERM on to it.
/// Answers its exit code, which is 128 and the signal's number where one ended it.
pub async fn run(
    command: &[OsString],
    variables: Vec<(&'static str, String)>,
) -> Result<u8, Error> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let program = command.first().map(OsString::as_os_str).unwrap_or_default();
    let mut child = Command::new(program)
        .args(command.iter().skip(1))
        .envs(variables)
        .spawn()
        .map_err(|cause| Error::Start {
            program: program.to_string_lossy().into_owned(),
            cause,
        })?;
    loop {
        let signal = tokio::select! {
            status = child.wait() => return Ok(code(status?)),
            _ = interrupts.recv() => Signal::INT,
            _ = terminations.recv() => Signal::TERM,
        };
        if signal == Signal::INT && in_foreground() {
            continue;
        }
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(pid) = pid {
            // One that has just ended needs no signal any more.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Whether a terminal's interrupt came to the command as well as to this process: a terminal sends it to all of
/// its foreground, and a command that hears it twice takes the second one for impatience.
fn in_foreground() -> bool {
    let terminal = File::open("/dev/tty");
    terminal.is_ok_and(|terminal| tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
}

fn code(status: ExitStatus) -> u8 {
    let signalled = || status.signal().map(|signal| 128 + signal);
    let code = status.code().or_else(signalled);
    code.and_then(|code| code.try_into().ok())
        .unwrap_or(u8::MAX)
}

/// What a command finds in its environment beside what is there: the emulator's url, under its own name and under
/// those of the Huawei SDKs, and for these a credential unless there is one. It is the first access key of the
/// identities, with its user's project if there is exactly one, or else a key that nobody knows.
#[must_use]
pub fn variables(
    url: &str,
    identities: &Identities,
    is_set: impl Fn(&str) -> bool,
) -> Vec<(&'static str, String)> {
    let mut variables: Vec<_> = [
        "RELEASE_EMULATOR_URL",
        "HUAWEICLOUD_SDK_IAM_ENDPOINT",
        "HUAWEICLOUD_SDK_REGION_ASM_CN_NORTH_4",
        "HUAWEICLOUD_SDK_REGION_SERVICESTAGE_CN_NORTH_4",
    ]
    .map(|name| (name, url.to_owned()))
    .into();
    // Half a credential of somebody else's would help nobody.
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
    let of_key = |key: &&str| identities.users.iter().find(|user| user.name == **key);
    let user = key.map(|key| key.user.as_str());
    if let Some([project]) = user
        .as_ref()
        .and_then(of_key)
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
    /// A script that was never used.
    UnusedScript,
    /// A request to a path, or with a method, that no operation has.
    UnknownRoute,
    /// An answer of 500 or more that no fault asked for.
    ServerError,
}

impl FailOn {
    /// The findings of this kind in a world, a line each.
    fn findings(self, world: &World) -> Vec<String> {
        match self {
            Self::UnusedScript => world.read(|tables, _| {
                let unused = tables.shared.scripts.unused();
                unused.map(unused_script).collect()
            }),
            Self::UnknownRoute => {
                let is_unknown = |summary: &ExchangeSummary| summary.operation.is_none();
                requests("unknown-route", world, is_unknown)
            }
            Self::ServerError => {
                let is_error =
                    |summary: &ExchangeSummary| summary.status >= 500 && summary.fault.is_none();
                requests("server-error", world, is_error)
            }
        }
    }
}

/// The requests of a world's journal that are meant, a line each. Of what the journal has dropped nobody knows.
fn requests(word: &str, world: &World, meant: impl Fn(&ExchangeSummary) -> bool) -> Vec<String> {
    let journal = &world.recorder().journal;
    let mut lines: Vec<String> = journal
        .entries()
        .iter()
        .filter(|entry| meant(&entry.summary))
        .map(|entry| format!("{word}: {}", told(&entry.summary)))
        .collect();
    let dropped = journal.stats().dropped;
    if dropped > 0 {
        lines.push(format!(
            "{word}: unknown of {dropped} requests that the journal had no room for (--journal-bytes)"
        ));
    }
    if !journal.is_on() {
        lines.push(format!("{word}: unknown, since the journal is off"));
    }
    lines
}

/// A request in a line.
fn told(summary: &ExchangeSummary) -> String {
    let ExchangeSummary {
        method,
        path,
        status,
        ..
    } = summary;
    let near = summary.nearest.map_or_else(String::new, |near| {
        format!(", near {} {}", near.method, near.path)
    });
    format!("{method} {path} was answered {status}{near}")
}

fn unused_script(listed: &ListedScript) -> String {
    let pattern = &listed.script.pattern;
    let parts = [
        ("family", pattern.family.as_deref()),
        ("scope", pattern.scope.as_ref().map(Glob::as_str)),
        ("name", pattern.name.as_ref().map(Glob::as_str)),
        ("step", pattern.step.as_ref().map(Glob::as_str)),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, text)| Some(format!("{name} {}", text?)))
        .collect();
    let of = if parts.is_empty() {
        "any step".to_owned()
    } else {
        parts.join(", ")
    };
    format!("unused-script: {} ({of})", listed.id)
}

/// The number of a world's last requests that are printed for a failed command.
const TAIL: usize = 20;

/// Collects what speaks against a run from its worlds, and what they were asked last, each as it closes.
#[derive(Clone, Debug, Default)]
pub struct FailureReport(Arc<Mutex<Found>>);

#[derive(Clone, Debug, Default)]
struct Found {
    against: Vec<String>,
    /// By world, the lines of each in the order of its requests.
    asked: BTreeMap<String, Vec<String>>,
}

impl FailureReport {
    /// The callback for a world that has closed.
    #[must_use]
    pub fn collect(&self, fail_on: Vec<FailOn>) -> OnClose {
        let findings = self.clone();
        Box::new(move |name, world| {
            let found = fail_on.iter().flat_map(|fail_on| fail_on.findings(world));
            let lines = found.map(|found| format!("world {name}: {found}"));
            let asked = world.recorder().journal.entries();
            let last = asked.iter().skip(asked.len().saturating_sub(TAIL));
            let last = last.map(|entry| told(&entry.summary)).collect();
            let mut all = findings.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.against.extend(lines);
            all.asked.insert(name.to_owned(), last);
        })
    }

    /// The findings against the run, a line each, grouped by world.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.found().against;
        lines.sort();
        lines
    }

    /// The last requests to the worlds, a line each.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        let worlds = self.found().asked.into_iter();
        let lines = worlds.flat_map(|(world, lines)| {
            let own = lines.into_iter();
            own.map(move |line| format!("world {world}: {line}"))
        });
        lines.collect()
    }

    fn found(&self) -> Found {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:43111";

    fn credential(fixtures: &str, set: &[&str]) -> Vec<(&'static str, String)> {
        let identities: Identities = serde_json::from_str(fixtures).unwrap();
        let variables = variables(URL, &identities, |name| set.contains(&name));
        let (urls, credential) = variables.split_at(4);
        assert!(urls.iter().all(|(_, url)| url == URL), "{urls:?}");
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
    fn the_end_by_a_signal_is_told_as_a_shell_tells_it() {
        assert_eq!(code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(code(ExitStatus::from_raw(15)), 143);
    }
}

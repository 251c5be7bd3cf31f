//! The command line and its environment twins.

use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::api::identities::instant;
use crate::api::settings::{
    Auth, Fidelity, PipelinesList, References, Settings, is_pace, length,
};
use crate::sim::Ms;

/// What the environment twins of flags begin with.
const PREFIX: &str = "RELEASE_EMULATOR_";

/// Variables of that prefix that are no flags: what is handed to programs under test.
const NEVER_FLAGS: [&str; 2] = ["RELEASE_EMULATOR_URL", "RELEASE_EMULATOR_WORLD"];

/// The twin of `--fixtures`, which splits at commas as the flag itself does not.
const FIXTURES: &str = "RELEASE_EMULATOR_FIXTURES";

const FIXTURES_HELP: &str = "A fixture file (.json, .yaml, .yml), or `documented` for the documented \
    examples; may be repeated [env: RELEASE_EMULATOR_FIXTURES, comma-separated]";

/// A local emulator of four release APIs: Huawei ASM releases, ServiceStage release plans and pipelines,
/// Zadig delivery versions.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Config,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until told to stop (the default)
    Serve(Config),
}

/// What `serve` was asked for.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "RELEASE_EMULATOR_LISTEN", default_value = "127.0.0.1:4600", value_parser = address)]
    pub listen: SocketAddr,
    /// A fixture file (.json, .yaml, .yml), or `documented` for the documented examples; may be repeated
    #[arg(long, value_name = "FILE|documented", help = FIXTURES_HELP)]
    pub fixtures: Vec<String>,
    /// Which credentials pass
    #[arg(long, env = "RELEASE_EMULATOR_AUTH", value_enum, default_value_t)]
    auth: Auth,
    /// What is followed where a document and the service differ
    #[arg(long, env = "RELEASE_EMULATOR_FIDELITY", value_enum, default_value_t)]
    fidelity: Fidelity,
    /// Whether what a request refers to must exist
    #[arg(long, env = "RELEASE_EMULATOR_REFERENCES", value_enum, default_value_t)]
    references: References,
    /// The length of one step of work, such as 2s or 500ms; 0s: at once
    #[arg(long, env = "RELEASE_EMULATOR_STEP", default_value = "2s", value_parser = length)]
    step: Ms,
    /// Virtual seconds per real second
    #[arg(long, env = "RELEASE_EMULATOR_PACE", default_value = "1", value_parser = pace)]
    pace: f64,
    /// Begin with the clock standing at this instant (RFC 3339)
    #[arg(long, env = "RELEASE_EMULATOR_FREEZE", value_name = "TIME", value_parser = time)]
    freeze: Option<Ms>,
    /// Write the port number to this file once it is bound
    #[arg(long, env = "RELEASE_EMULATOR_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
    /// How the pipelines list is wrapped
    #[arg(
        long,
        env = "RELEASE_EMULATOR_PIPELINES_LIST",
        value_enum,
        default_value_t
    )]
    pipelines_list: PipelinesList,
    /// How log lines on stderr look
    #[arg(long, env = "RELEASE_EMULATOR_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// From which level on lines are logged; requests are at info
    #[arg(long, env = "RELEASE_EMULATOR_LOG_LEVEL", value_enum, default_value_t)]
    pub log_level: LogLevel,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// From which level on lines are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// The emulator's own faults.
    Error,
    /// What its user should look at.
    #[default]
    Warn,
    /// A line per request.
    Info,
    /// Why requests were refused.
    Debug,
    /// Everything.
    Trace,
}

impl Config {
    /// Reads the process's arguments and environment. Exits with code 2, or 0 after `--help` and
    /// `--version`, where these say so.
    pub fn from_process() -> Self {
        if let Some(wrong) =
            unknown_variable(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
        {
            Cli::command()
                .error(clap::error::ErrorKind::UnknownArgument, wrong)
                .exit();
        }
        match Self::read(std::env::args_os(), std::env::var(FIXTURES).ok().as_deref()) {
            Ok(config) => config,
            Err(error) => match behind(&error, std::env::args()) {
                // The user has typed no flag, so the message names the variable.
                Some((flag, variable)) => {
                    let said = error.to_string().replacen(&flag, &variable, 1);
                    let _ = std::io::stderr().write_all(said.as_bytes());
                    std::process::exit(error.exit_code())
                }
                None => error.exit(),
            },
        }
    }

    fn read(
        arguments: impl IntoIterator<Item = std::ffi::OsString>,
        fixtures: Option<&str>,
    ) -> Result<Self, clap::Error> {
        let matches = Cli::command().try_get_matches_from(arguments)?;
        let cli = Cli::from_arg_matches(&matches)?;
        let mut config = match cli.command {
            Some(Command::Serve(config)) => config,
            None => cli.serve,
        };
        if config.fixtures.is_empty() {
            let listed = fixtures.iter().flat_map(|listed| listed.split(','));
            config.fixtures = listed
                .map(str::trim)
                .filter(|file| !file.is_empty())
                .map(str::to_owned)
                .collect();
        }
        Ok(config)
    }

    /// What concerns a world.
    pub fn settings(&self) -> Settings {
        Settings {
            auth: self.auth,
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            step: self.step,
            pace: self.pace,
            freeze: self.freeze,
            ..Settings::default()
        }
    }
}

/// Says what is wrong with the first variable of our prefix that is no flag's twin, and names near ones.
fn unknown_variable(names: impl Iterator<Item = String>) -> Option<String> {
    let command = Cli::command();
    let mut known: Vec<String> = command
        .get_arguments()
        .filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned))
        .collect();
    known.push(FIXTURES.to_owned());
    let mut unknown: Vec<String> = names
        .filter(|name| name.starts_with(PREFIX))
        .filter(|name| !known.contains(name) && !NEVER_FLAGS.contains(&name.as_str()))
        .collect();
    unknown.sort();
    let name = unknown.first()?;
    let mut near: Vec<&String> = known
        .iter()
        .filter(|known| strsim::jaro(known, name) > 0.9)
        .collect();
    near.sort_by(|a, b| strsim::jaro(b, name).total_cmp(&strsim::jaro(a, name)));
    let near: Vec<&str> = near.into_iter().take(3).map(String::as_str).collect();
    Some(if near.is_empty() {
        format!(
            "the environment variable {name} is not known; known are {}",
            known.join(", ")
        )
    } else {
        format!(
            "the environment variable {name} is not known; near it is {}",
            near.join(", ")
        )
    })
}

/// The flag that an error is about and its twin in the environment, where the bad value came from the twin.
fn behind(
    error: &clap::Error,
    mut arguments: impl Iterator<Item = String>,
) -> Option<(String, String)> {
    let Some(ContextValue::String(said)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = said.split(' ').next()?;
    if arguments.any(|argument| argument.split('=').next() == Some(flag)) {
        return None;
    }
    let command = Cli::command();
    let known = command
        .get_arguments()
        .find(|known| known.get_long() == flag.strip_prefix("--"))?;
    let variable = known.get_env()?.to_str()?.to_owned();
    Some((said.clone(), variable))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let expected = || "expected an address with a port, such as 127.0.0.1:4600".to_owned();
    text.to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next())
        .ok_or_else(expected)
}

fn pace(text: &str) -> Result<f64, String> {
    let pace = text.parse().ok().filter(|pace| is_pace(*pace));
    pace.ok_or_else(|| "expected a number over 0, at most 1000000".to_owned())
}

fn time(text: &str) -> Result<Ms, String> {
    instant(text)
        .ok_or_else(|| "expected an RFC 3339 time, such as 2026-01-01T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], fixtures: Option<&str>) -> Result<Config, String> {
        let arguments = ["release-emulator"]
            .iter()
            .chain(arguments)
            .map(std::ffi::OsString::from);
        Config::read(arguments, fixtures).map_err(|error| error.to_string())
    }

    #[test]
    fn serve_may_be_said_or_not() {
        for arguments in [
            &["--step", "0s", "--listen", "127.0.0.1:0"][..],
            &["serve", "--step", "0s", "--listen", "127.0.0.1:0"],
        ] {
            let config = read(arguments, None).unwrap();
            assert_eq!((config.step, config.listen.port()), (0, 0));
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_flag() {
        for (arguments, flag) in [
            (["--pace", "0"], "--pace"),
            (["--freeze", "noon"], "--freeze"),
            (["--listen", "4600"], "--listen"),
            (["--auth", "none"], "--auth"),
            (["--stpe", "1s"], "--step"),
        ] {
            let error = read(&arguments, None).unwrap_err();
            assert!(error.contains(flag), "{error}");
        }
    }

    #[test]
    fn the_flag_goes_before_the_variable_which_splits_at_commas() {
        let of = |arguments: &[&str], variable| read(arguments, variable).unwrap().fixtures;
        assert_eq!(
            of(&[], Some("a.json, documented,")),
            ["a.json", "documented"]
        );
        assert_eq!(
            of(&["--fixtures", "b,c.json"], Some("a.json")),
            ["b,c.json"]
        );
    }

    #[test]
    fn an_unknown_variable_names_the_near_ones() {
        let say = |name: &str| unknown_variable([name.to_owned()].into_iter());
        assert!(
            say("RELEASE_EMULATOR_SETP")
                .unwrap()
                .contains("near it is RELEASE_EMULATOR_STEP")
        );
        assert!(
            say("RELEASE_EMULATOR_XYZZY")
                .unwrap()
                .contains("known are RELEASE_EMULATOR_LISTEN")
        );
        for known in [
            "RELEASE_EMULATOR_STEP",
            FIXTURES,
            "RELEASE_EMULATOR_URL",
            "PATH",
        ] {
            assert_eq!(say(known), None);
        }
    }
}

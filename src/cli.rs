//! The command line and its environment variables.

use std::ffi::OsString;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::exec::FailOn;
use crate::server::worlds::Limits;
use crate::sim::Millis;
use crate::sim::fuzzy::nearest;
use crate::sim::time::{NOT_RFC3339, parse_rfc3339};
use crate::world::public_url::PublicUrl;
use crate::world::settings::{
    Auth, Fidelity, PipelinesList, Progress, References, Settings, is_pace, length,
};

/// The prefix of the environment variables of flags.
const PREFIX: &str = "RELEASE_EMULATOR_";

/// Variables with the prefix that belong to no flag: they are passed to programs under test.
const NEVER_FLAGS: [&str; 2] = ["RELEASE_EMULATOR_URL", "RELEASE_EMULATOR_WORLD"];

/// The port of `--listen` by default.
const USUAL_PORT: u16 = 4600;

/// The variable of `--fixtures`, which splits at commas, unlike the flag.
const FIXTURES: &str = "RELEASE_EMULATOR_FIXTURES";

const FIXTURES_HELP: &str = "A fixture file (.json, .yaml, .yml), or `documented` for the documented \
    examples; may be repeated [env: RELEASE_EMULATOR_FIXTURES, comma-separated]";

const PUBLIC_URL_HELP: &str = "The URL of the server in its answers, such as https://emulator.test:4600; absent: \
    the one that was asked";

/// A local emulator of four release APIs: Huawei ASM releases, ServiceStage release plans and pipelines,
/// Zadig delivery versions.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    serve: ServeOptions,
}

/// A command of the process, with its options.
#[derive(Clone, Debug, Subcommand)]
pub enum CliCommand {
    /// Serve until a signal (the default)
    Serve(ServeOptions),
    /// Serve on a free port while a command runs, and exit with its code
    Exec(ExecOptions),
    /// Print the OpenAPI document of a server with these flags
    #[command(name = "openapi")]
    OpenApi(ServeOptions),
}

/// The options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, env = "RELEASE_EMULATOR_LISTEN", default_value = "127.0.0.1:4600", value_parser = address)]
    pub listen: SocketAddr,
    /// A fixture file (.json, .yaml, .yml), or `documented` for the documented examples; may be repeated
    #[arg(long, value_name = "FILE|documented", help = FIXTURES_HELP)]
    pub fixtures: Vec<String>,
    /// The credentials that pass
    #[arg(long, env = "RELEASE_EMULATOR_AUTH", value_enum, default_value_t)]
    auth: Auth,
    /// The authority where the documentation and the service differ
    #[arg(long, env = "RELEASE_EMULATOR_FIDELITY", value_enum, default_value_t)]
    fidelity: Fidelity,
    /// The check of references to resources that the emulator does not own
    #[arg(long, env = "RELEASE_EMULATOR_REFERENCES", value_enum, default_value_t)]
    references: References,
    /// The length of one step of work, such as 2s or 500ms; 0s: at once
    #[arg(long, env = "RELEASE_EMULATOR_STEP", default_value = "2s", value_parser = length)]
    step: Millis,
    /// Virtual seconds per real second
    #[arg(long, env = "RELEASE_EMULATOR_PACE", default_value = "1", value_parser = pace)]
    pace: f64,
    /// Start with the clock frozen at this instant (RFC 3339)
    #[arg(long, env = "RELEASE_EMULATOR_FREEZE", value_name = "TIME", value_parser = time)]
    freeze: Option<Millis>,
    /// Write the port number to this file once it is bound
    #[arg(long, env = "RELEASE_EMULATOR_PORT_FILE", value_name = "FILE")]
    pub port_file: Option<PathBuf>,
    /// The form of the pipelines list
    #[arg(
        long,
        env = "RELEASE_EMULATOR_PIPELINES_LIST",
        value_enum,
        default_value_t
    )]
    pipelines_list: PipelinesList,
    /// The cause for which runs proceed: the clock alone, or reads too, each of which moves what it answers
    #[arg(long, env = "RELEASE_EMULATOR_PROGRESS", value_enum, default_value_t)]
    progress: Progress,
    /// The approximate size of the request journal in bytes; 0 turns it off
    #[arg(
        long,
        env = "RELEASE_EMULATOR_JOURNAL_BYTES",
        value_name = "BYTES",
        default_value_t = 8 << 20
    )]
    journal_bytes: usize,
    /// The limit on worlds at a time, including the first
    #[arg(long, env = "RELEASE_EMULATOR_MAX_WORLDS", value_name = "N", default_value = "256", value_parser = count)]
    max_worlds: usize,
    /// The ports of further worlds, such as 4601-4700; absent: any free port
    #[arg(long, env = "RELEASE_EMULATOR_WORLD_PORTS", value_name = "A-B", value_parser = ports)]
    world_ports: Option<RangeInclusive<u16>>,
    /// The URL of the server in its answers, such as <https://emulator.test:4600>; absent: the one that was asked
    #[arg(long, env = "RELEASE_EMULATOR_PUBLIC_URL", value_name = "URL", help = PUBLIC_URL_HELP)]
    public_url: Option<PublicUrl>,
    /// Allow webhooks to any address, and not only to the loopback
    #[arg(long, env = "RELEASE_EMULATOR_WEBHOOKS_ANYWHERE")]
    webhooks_anywhere: bool,
    /// The format of log lines on stderr
    #[arg(long, env = "RELEASE_EMULATOR_LOG", value_enum, default_value_t)]
    pub log: LogFormat,
    /// The least severe level that is logged; requests are at info
    #[arg(long, env = "RELEASE_EMULATOR_LOG_LEVEL", value_enum, default_value_t)]
    pub log_level: LogLevel,
}

/// The options of `exec`.
#[derive(Clone, Debug, Args)]
pub struct ExecOptions {
    /// The options of the server.
    #[command(flatten)]
    pub serve: ServeOptions,
    /// Exit with code 7 on any of these even if the command succeeds; comma-separated
    #[arg(
        long,
        env = "RELEASE_EMULATOR_FAIL_ON",
        value_name = "LIST",
        value_enum,
        value_delimiter = ','
    )]
    pub fail_on: Vec<FailOn>,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The least severe level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// Bugs of the emulator.
    Error,
    /// Conditions that need attention.
    #[default]
    Warn,
    /// A line per request.
    Info,
    /// The reasons of refused requests.
    Debug,
    /// Everything.
    Trace,
}

impl CliCommand {
    /// Reads the process's arguments and environment. Exits with code 2 on an error, and with 0 after `--help` and
    /// `--version`.
    pub fn from_process() -> Self {
        if let Some(error) =
            unknown_variable(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
        {
            command()
                .error(clap::error::ErrorKind::UnknownArgument, error)
                .exit();
        }
        let arguments = || std::env::args_os().filter_map(|argument| argument.into_string().ok());
        match Self::read(std::env::args_os(), std::env::var(FIXTURES).ok().as_deref()) {
            Ok(command) => command,
            Err(error) => match env_source_of(&error, arguments()) {
                // The value came from the environment, so the message names the variable.
                Some((flag, variable)) => {
                    let text = error.to_string().replacen(&flag, &variable, 1);
                    let _ = std::io::stderr().write_all(text.as_bytes());
                    std::process::exit(error.exit_code())
                }
                None => error.exit(),
            },
        }
    }

    fn read(
        arguments: impl IntoIterator<Item = OsString>,
        fixtures: Option<&str>,
    ) -> Result<Self, clap::Error> {
        let matches = command().try_get_matches_from(with_command_first(arguments))?;
        let cli = Cli::from_arg_matches(&matches)?;
        let mut command = cli.command.unwrap_or(Self::Serve(cli.serve));
        if let Self::Serve(options) | Self::Exec(ExecOptions { serve: options, .. }) = &mut command
            && options.fixtures.is_empty()
        {
            options.fixtures = fixtures
                .iter()
                .flat_map(|files| files.split(','))
                .map(str::trim)
                .filter(|file| !file.is_empty())
                .map(str::to_owned)
                .collect();
        }
        Ok(command)
    }
}

/// The command line. `exec` uses a free port by default.
fn command() -> clap::Command {
    Cli::command().mut_subcommand("exec", |exec| {
        // It would be listed last otherwise.
        exec.mut_arg("listen", |listen| {
            listen.default_value("127.0.0.1:0").display_order(0)
        })
    })
}

/// The arguments with `openapi` in front of the flags before it, so that it can be added to the end of any command line
/// of the server.
fn with_command_first(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let serves = |flags: &[OsString]| {
        let matches = command().try_get_matches_from(flags);
        matches.is_ok_and(|matches| matches.subcommand_name().is_none())
    };
    let places = (2..arguments.len()).filter(|place| arguments[*place] == "openapi");
    if let Some(place) = places
        .into_iter()
        .find(|place| serves(&arguments[..*place]))
    {
        arguments[1..=place].rotate_right(1);
    }
    arguments
}

/// All flags, in their order: those of `serve`, and the ones that only `exec` has.
fn flags() -> Vec<clap::Arg> {
    let command = Cli::command();
    let exec = command.find_subcommand("exec").into_iter();
    exec.flat_map(clap::Command::get_arguments)
        .cloned()
        .collect()
}

impl ServeOptions {
    /// The settings of a world.
    pub fn settings(&self) -> Settings {
        Settings {
            auth: self.auth,
            fidelity: self.fidelity,
            references: self.references,
            pipelines_list: self.pipelines_list,
            progress: self.progress,
            step: self.step,
            pace: self.pace,
            freeze: self.freeze,
            journal_bytes: self.journal_bytes,
            public_url: self.public_url.clone(),
            webhooks_anywhere: self.webhooks_anywhere,
            ..Settings::default()
        }
    }

    /// The URL of the server: its public one, or that for clients on the same machine. Port 0 is no address, so the
    /// usual one stands for it.
    pub fn base_url(&self) -> String {
        if let Some(public_url) = &self.public_url {
            return public_url.to_string();
        }
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        if address.port() == 0 {
            address.set_port(USUAL_PORT);
        }
        format!("http://{address}")
    }

    /// The limits on further worlds.
    pub fn limits(&self) -> Limits {
        Limits {
            most: self.max_worlds,
            ports: self.world_ports.clone(),
        }
    }
}

/// The error for the first variable with the prefix that belongs to no flag, with the closest known one.
fn unknown_variable(names: impl Iterator<Item = String>) -> Option<String> {
    let mut known: Vec<String> = flags()
        .iter()
        .filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned))
        .collect();
    known.push(FIXTURES.to_owned());
    let mut unknown: Vec<String> = names
        .filter(|name| name.starts_with(PREFIX))
        .filter(|name| !known.contains(name) && !NEVER_FLAGS.contains(&name.as_str()))
        .collect();
    unknown.sort();
    let name = unknown.first()?;
    let hint = match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("known variables: {}", known.join(", ")),
    };
    Some(format!("unknown environment variable {name}; {hint}"))
}

/// The flag that an error is about and its variable, if the invalid value came from the variable.
fn env_source_of(
    error: &clap::Error,
    arguments: impl Iterator<Item = String>,
) -> Option<(String, String)> {
    let Some(ContextValue::String(usage)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let flag = usage.split(' ').next()?;
    // Arguments after `--` belong to the command.
    if arguments
        .take_while(|argument| argument != "--")
        .any(|argument| argument.split('=').next() == Some(flag))
    {
        return None;
    }
    let known = flags()
        .into_iter()
        .find(|known| known.get_long() == flag.strip_prefix("--"))?;
    let variable = known.get_env()?.to_str()?.to_owned();
    Some((usage.clone(), variable))
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().into_iter().flatten();
    addresses
        .next()
        .ok_or_else(|| "must be an address with a port, such as 127.0.0.1:4600".to_owned())
}

fn pace(text: &str) -> Result<f64, String> {
    let pace = text.parse().ok().filter(|pace| is_pace(*pace));
    pace.ok_or_else(|| "must be over 0 and at most 1000000".to_owned())
}

fn count(text: &str) -> Result<usize, String> {
    let count = text
        .parse()
        .ok()
        .filter(|count| (1..=65_535).contains(count));
    count.ok_or_else(|| "must be from 1 to 65535".to_owned())
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
    text.split_once('-')
        .and_then(|(first, last)| Some(port(first)?..=port(last)?))
        .filter(|range| !range.is_empty())
        .ok_or_else(|| "must be a range of ports such as 4601-4700".to_owned())
}

fn time(text: &str) -> Result<Millis, String> {
    parse_rfc3339(text).ok_or_else(|| NOT_RFC3339.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str], fixtures: Option<&str>) -> Result<CliCommand, String> {
        let arguments = ["release-emulator"]
            .iter()
            .chain(arguments)
            .map(OsString::from);
        CliCommand::read(arguments, fixtures).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn serve(arguments: &[&str], fixtures: Option<&str>) -> ServeOptions {
        match read(arguments, fixtures) {
            Ok(CliCommand::Serve(options)) => options,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn serve_is_the_default_command() {
        for arguments in [
            &["--step", "0s", "--listen", "127.0.0.1:0"][..],
            &["serve", "--step", "0s", "--listen", "127.0.0.1:0"],
        ] {
            let options = serve(arguments, None);
            assert_eq!((options.step, options.listen.port()), (0, 0));
        }
        assert_eq!(serve(&[], None).listen.port(), 4600);
    }

    #[test]
    fn openapi_takes_the_flags_of_serve_before_and_behind_it() {
        let base_url = |arguments: &[&str]| match read(arguments, None) {
            Ok(CliCommand::OpenApi(options)) => (options.base_url(), options.pipelines_list),
            other => panic!("{other:?}"),
        };
        let usual = "http://127.0.0.1:4600".to_owned();
        assert_eq!(
            base_url(&["openapi"]),
            (usual.clone(), PipelinesList::Array)
        );
        for arguments in [
            &[
                "openapi",
                "--pipelines-list",
                "object",
                "--listen",
                "0.0.0.0:0",
            ][..],
            &[
                "--pipelines-list",
                "object",
                "openapi",
                "--listen",
                "127.0.0.1:0",
            ],
            &[
                "--fixtures",
                "openapi",
                "--pipelines-list=object",
                "openapi",
            ],
        ] {
            assert_eq!(base_url(arguments), (usual.clone(), PipelinesList::Object));
        }
        let other = base_url(&["openapi", "--listen", "[::]:81"]).0;
        assert_eq!(other, "http://[::1]:81");
        assert!(read(&["--setp", "0s", "openapi"], None).is_err());
        let program = read(&["exec", "--", "sh", "openapi"], None);
        assert!(matches!(program, Ok(CliCommand::Exec(_))), "{program:?}");
    }

    #[test]
    fn exec_takes_the_flags_of_serve_a_free_port_and_a_command_with_flags_of_its_own() {
        let exec = |arguments: &[&str]| match read(arguments, Some("documented")) {
            Ok(CliCommand::Exec(options)) => options,
            other => panic!("{other:?}"),
        };
        let given = exec(&[
            "exec",
            "--step",
            "0s",
            "--fail-on",
            "unused-script",
            "--",
            "sh",
            "--step",
        ]);
        assert_eq!(given.command, ["sh", "--step"]);
        assert_eq!(given.fail_on, [FailOn::UnusedScript]);
        assert_eq!((given.serve.step, given.serve.listen.port()), (0, 0));
        assert_eq!(given.serve.fixtures, ["documented"]);
        let chosen = exec(&["exec", "--listen", "127.0.0.1:4611", "--", "sh"]);
        assert_eq!(chosen.serve.listen.port(), 4611);

        let missing = read(&["exec"], None).unwrap_err();
        assert!(missing.contains("<CMD>"), "{missing}");
        let unknown = read(&["exec", "--fail-on", "boredom", "--", "sh"], None).unwrap_err();
        assert!(
            unknown.contains("--fail-on")
                && unknown.contains(
                    "[possible values: unused-script, unused-fault, unknown-route, server-error, inferred]"
                ),
            "{unknown}"
        );
    }

    #[test]
    fn worlds_are_limited_in_number_and_place() {
        let default = Limits {
            most: 256,
            ports: None,
        };
        assert_eq!(serve(&[], None).limits(), default);
        let chosen = Limits {
            most: 2,
            ports: Some(4601..=4700),
        };
        let arguments = ["--max-worlds", "2", "--world-ports", "4601-4700"];
        assert_eq!(serve(&arguments, None).limits(), chosen);
        for wrong in ["4601", "4700-4601", "0-9", "4601-70000", "a-b"] {
            let error = read(&["--world-ports", wrong], None).unwrap_err();
            assert!(
                error.contains("--world-ports") && error.contains("such as 4601-4700"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_bad_value_is_named_with_its_flag() {
        for (arguments, flag) in [
            (["--pace", "0"], "--pace"),
            (["--freeze", "noon"], "--freeze"),
            (["--listen", "4600"], "--listen"),
            (["--auth", "none"], "--auth"),
            (["--max-worlds", "0"], "--max-worlds"),
            (["--stpe", "1s"], "--step"),
        ] {
            let error = read(&arguments, None).unwrap_err();
            assert!(error.contains(flag), "{error}");
        }
    }

    #[test]
    fn the_flag_goes_before_the_variable_which_splits_at_commas() {
        let of = |arguments: &[&str], variable| serve(arguments, variable).fixtures;
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
                .contains("did you mean RELEASE_EMULATOR_STEP?")
        );
        assert!(
            say("RELEASE_EMULATOR_XYZZY")
                .unwrap()
                .contains("known variables: RELEASE_EMULATOR_LISTEN")
        );
        for known in [
            "RELEASE_EMULATOR_STEP",
            "RELEASE_EMULATOR_FAIL_ON",
            FIXTURES,
            "RELEASE_EMULATOR_URL",
            "PATH",
        ] {
            assert_eq!(say(known), None);
        }
    }
}

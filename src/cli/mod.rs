//! The command line and its environment variables.

mod access;
mod commands;
mod generated;
mod listen;
mod options;
mod record;
mod tls;
mod values;
mod variables;

use std::ffi::OsString;
use std::io::Write;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use commands::{Cli, command, with_command_first};
pub use commands::{CliCommand, DataAction, DataOptions, DocsOptions};
pub use generated::{completions, man_page, write_man_pages};
pub use listen::{ListenOptions, USUAL_PORT};
pub use options::{ExecOptions, HealthOptions, LogFormat, LogLevel, ServeOptions};
pub use record::{HeaderPair, ImportOptions, RecordOptions, ReportFormat, VerifyOptions};
pub use tls::{TlsOptions, USUAL_TLS_PORT};
use variables::{FIXTURES, check_variables, env_source_of};

impl CliCommand {
    /// Reads the process's arguments and environment. Exits with code 2 on an error, and with 0 after `--help` and
    /// `--version`.
    pub fn from_process() -> Self {
        let variables = std::env::vars_os();
        let variables = variables.filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        });
        match check_variables(variables) {
            Err(error) => command().error(ErrorKind::UnknownArgument, error).exit(),
            Ok(Some(note)) => {
                let _ = writeln!(std::io::stderr(), "release-emulator: {note}");
            }
            Ok(None) => {}
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
        let matches = matches
            .subcommand()
            .map_or(&matches, |(_, matches)| matches);
        match command.settle(matches) {
            Ok(()) => Ok(command),
            Err(error) => Err(self::command().error(ErrorKind::ArgumentConflict, error)),
        }
    }

    /// Resolves what is said twice about the address, and checks the token.
    fn settle(&mut self, matches: &ArgMatches) -> Result<(), String> {
        let is_flag = |name: &str| {
            matches.try_contains_id(name).unwrap_or(false)
                && matches.value_source(name) == Some(ValueSource::CommandLine)
        };
        if let Self::Exec(options) = self
            && options.serve.stop_with_stdin
        {
            return Err(
                "--stop-with-stdin is for serve: the stdin of exec is its command's".to_owned(),
            );
        }
        let (listen, token) = match self {
            Self::Serve(options)
            | Self::OpenApi(options)
            | Self::Exec(ExecOptions { serve: options, .. }) => {
                (&mut options.listen, &options.access.token)
            }
            Self::Health(options) => {
                if is_flag("listen") || is_flag("port") {
                    if is_flag("url") {
                        return Err("--url is given, and --listen or --port too".to_owned());
                    }
                    options.url = None;
                }
                (&mut options.listen, &options.token)
            }
            Self::Verify(options) => return options.check(),
            Self::Record(options) => return options.listen.settle(is_flag("listen")),
            Self::Completions { .. }
            | Self::Data(_)
            | Self::Docs(_)
            | Self::Import(_)
            | Self::Man { .. } => return Ok(()),
        };
        token.check()?;
        listen.settle(is_flag("listen"))?;
        match self {
            Self::Serve(options) | Self::OpenApi(options) => options.tls.check(),
            Self::Exec(options) => {
                options.serve.tls.check()?;
                options.check()
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exec::FailOn;
    use crate::server::connections::ConnectionLimits;
    use crate::server::worlds::Limits;
    use crate::world::settings::PipelinesList;

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

    fn port(options: &ServeOptions) -> u16 {
        options.listen.endpoints(USUAL_PORT)[0].port
    }

    #[test]
    fn serve_is_the_default_command() {
        for arguments in [
            &["--step", "0s", "--listen", "127.0.0.1:0"][..],
            &["serve", "--step", "0s", "--listen", "127.0.0.1:0"],
        ] {
            let options = serve(arguments, None);
            assert_eq!((options.step, port(&options)), (0, 0));
        }
        assert_eq!(port(&serve(&[], None)), 4600);
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
        assert_eq!(given.serve.step, 0);
        assert_eq!(given.serve.listen.endpoints(0)[0].port, 0);
        assert_eq!(given.serve.fixtures, ["documented"]);
        let chosen = exec(&["exec", "--listen", "127.0.0.1:4611", "--", "sh"]);
        assert_eq!(port(&chosen.serve), 4611);
        let on_port = exec(&["exec", "--port", "4611", "--", "sh"]);
        assert_eq!(port(&on_port.serve), 4611);

        let missing = read(&["exec"], None).unwrap_err();
        assert!(missing.contains("<CMD>"), "{missing}");
        let unknown = read(&["exec", "--fail-on", "boredom", "--", "sh"], None).unwrap_err();
        assert!(
            unknown.contains("--fail-on")
                && unknown.contains(
                    "[possible values: unused-script, unused-fault, unknown-route, server-error, inferred, escaped]"
                ),
            "{unknown}"
        );
    }

    #[test]
    fn the_stdin_of_exec_is_its_commands() {
        assert!(serve(&["--stop-with-stdin"], None).stop_with_stdin);
        let error = read(&["exec", "--stop-with-stdin", "--", "sh"], None).unwrap_err();
        assert!(error.contains("--stop-with-stdin is for serve"), "{error}");
    }

    #[test]
    fn the_command_of_exec_needs_no_dashes_and_keeps_its_own() {
        let command = |arguments: &[&str]| match read(arguments, None) {
            Ok(CliCommand::Exec(options)) => options.command,
            other => panic!("{other:?}"),
        };
        assert_eq!(command(&["exec", "echo", "hi"]), ["echo", "hi"]);
        let own = command(&["exec", "--step", "0s", "pytest", "-q", "--step", "--", "x"]);
        assert_eq!(own, ["pytest", "-q", "--step", "--", "x"]);
        let own = command(&["exec", "--", "sh", "-c", "--", "openapi"]);
        assert_eq!(own, ["sh", "-c", "--", "openapi"]);
        let unknown = read(&["exec", "--setp", "0s", "pytest"], None).unwrap_err();
        assert!(unknown.contains("--step"), "{unknown}");
    }

    #[test]
    fn listen_repeats_and_splits_at_commas() {
        let ports = |arguments: &[&str]| {
            let endpoints = serve(arguments, None)
                .listen
                .endpoints(USUAL_PORT)
                .into_iter();
            endpoints.map(|endpoint| endpoint.port).collect::<Vec<_>>()
        };
        assert_eq!(ports(&["--listen", "81", "--listen", ":82"]), [81, 82]);
        assert_eq!(ports(&["--listen", "81,[::1]:82"]), [81, 82]);
        let error = read(&["--listen", "81", "--port", "82"], None).unwrap_err();
        assert!(error.contains("(81 and 82)"), "{error}");
    }

    #[test]
    fn health_asks_the_address_of_the_flags() {
        let url = |arguments: &[&str]| match read(&[&["health"], arguments].concat(), None) {
            Ok(CliCommand::Health(options)) => Ok((options.url(), options.wait)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        let at = |url: &str| Ok((url.to_owned(), 0));
        assert_eq!(url(&[]), at("http://127.0.0.1:4600"));
        assert_eq!(url(&["--port", "81"]), at("http://127.0.0.1:81"));
        assert_eq!(url(&["--listen", ":81"]), at("http://127.0.0.1:81"));
        assert_eq!(url(&["--url", "http://a:1"]), at("http://a:1"));
        assert_eq!(url(&["--wait", "10s"]).unwrap().1, 10_000);
        let both = url(&["--url", "http://a:1", "--port", "81"]).unwrap_err();
        assert!(both.contains("--url is given"), "{both}");
    }

    #[test]
    fn worlds_and_connections_are_limited() {
        let default = Limits {
            most: 256,
            ports: None,
            connections: ConnectionLimits::default(),
        };
        assert_eq!(serve(&[], None).limits(), default);
        let chosen = Limits {
            most: 2,
            ports: Some(4601..=4700),
            connections: ConnectionLimits {
                most: 7,
                keep_alive: Duration::ZERO,
                ..ConnectionLimits::default()
            },
        };
        let arguments = [
            "--max-worlds",
            "2",
            "--world-ports",
            "4601-4700",
            "--max-connections",
            "7",
            "--keep-alive",
            "0",
        ];
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
            (["--listen", "4600x"], "--listen"),
            (["--port", "70000"], "--port"),
            (["--auth", "none"], "--auth"),
            (["--max-worlds", "0"], "--max-worlds"),
            (["--max-connections", "0"], "--max-connections"),
            (["--keep-alive", "soon"], "--keep-alive"),
            (["--step", "1ns"], "--step"),
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
}

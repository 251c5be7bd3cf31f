//! The commands of the process.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use super::options::{ExecOptions, HealthOptions, ServeOptions};
use super::record::{ImportOptions, RecordOptions, VerifyOptions};

const EXEC_EXAMPLES: &str = "\
Examples:
  release-emulator exec pytest -q
  release-emulator exec --auth strict --fixtures documented -- npm test
  release-emulator exec --intercept --fail-on escaped -- ./release.sh
  cargo run -- exec -- pytest -q        (from a checkout; the first -- belongs to cargo)";

/// A local emulator of four release APIs: Huawei ASM releases, ServiceStage release plans and pipelines,
/// Zadig delivery versions.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<CliCommand>,
    #[command(flatten)]
    pub(super) serve: ServeOptions,
}

/// A command of the process, with its options.
#[derive(Clone, Debug, Subcommand)]
pub enum CliCommand {
    /// Serve until a signal (the default)
    Serve(ServeOptions),
    /// Serve on a free port while a command runs, and exit with its code
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(ExecOptions),
    /// Pass requests on to a real service, and write a corpus of what belongs to an emulated operation, without secrets
    Record(RecordOptions),
    /// Compare the emulator with a corpus, or with a real service: exit code 0 if they agree, 8 if not
    Verify(VerifyOptions),
    /// Print fixtures with the resources that a HAR file or a corpus shows
    Import(ImportOptions),
    /// Ask an emulator if it is ready: exit code 0 if it is, 1 with the reason if not
    Health(HealthOptions),
    /// Check or save what a data directory holds, without serving it
    Data(DataOptions),
    /// Print the OpenAPI document of a server with these flags
    #[command(name = "openapi")]
    OpenApi(ServeOptions),
    /// Print the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or write one for each command into a folder
    Man {
        /// The folder
        folder: Option<PathBuf>,
    },
    /// Print a page of the guides, or the list of pages
    Docs(DocsOptions),
}

/// The options of `data`.
#[derive(Clone, Debug, Args)]
pub struct DataOptions {
    #[command(subcommand)]
    pub action: DataAction,
}

/// The actions on a data directory.
#[derive(Clone, Debug, Subcommand)]
pub enum DataAction {
    /// Print a line for each world: exit code 0 if all are whole, 4 if not
    Check {
        /// The data directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Print what can be saved of a world as a state document, with its secrets
    Export {
        /// The data directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// The world
        #[arg(long, value_name = "NAME", default_value = "main")]
        world: String,
    },
}

/// The options of `docs`.
#[derive(Clone, Debug, Args)]
pub struct DocsOptions {
    /// The page; `llms` is an index with links, as in llms.txt; absent: the list of pages
    #[arg(value_name = "PAGE")]
    pub page: Option<String>,
    /// Print all pages, one after the other
    #[arg(long, conflicts_with = "page")]
    pub all: bool,
}

/// The command line.
pub(super) fn command() -> clap::Command {
    Cli::command()
}

/// The arguments with `openapi` in front of the flags before it, so that it can be added to the end of any command line
/// of the server.
pub(super) fn with_command_first(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
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
pub(super) fn flags() -> Vec<clap::Arg> {
    let command = Cli::command();
    let exec = command.find_subcommand("exec").into_iter();
    exec.flat_map(clap::Command::get_arguments)
        .cloned()
        .collect()
}

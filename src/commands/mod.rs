//! The commands of the process, a file each, with their exit codes.

mod data;
mod exec;
mod exit;
mod health;
mod import;
mod printing;
mod process;
mod record;
mod serve;
mod start;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use crate::cli::{self, CliCommand, DataAction};
use crate::exec::isolate;
use crate::{control, signals};
use printing::{docs, print, write_man};
use process::log_to;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    if let Some(code) = isolate::act() {
        return ExitCode::from(code);
    }
    if signals::is_guard() {
        signals::guard();
        return ExitCode::SUCCESS;
    }
    let ended = match CliCommand::from_process() {
        CliCommand::Serve(options) => log_to(options.log, options.log_level, async |server| {
            serve::serve(&options, &server).await
        }),
        CliCommand::Exec(options) => {
            log_to(options.serve.log, options.serve.log_level, async |server| {
                exec::run(&options, &server).await
            })
        }
        CliCommand::Record(options) => log_to(options.log, options.log_level, async |server| {
            record::record(&options, &server).await
        }),
        CliCommand::Verify(options) => verify::verify(&options),
        CliCommand::Import(options) => import::import(&options),
        CliCommand::Health(options) => health::ask(&options),
        CliCommand::OpenApi(options) => {
            print(&control::openapi(&options.settings(), &options.base_url()))
        }
        CliCommand::Completions { shell } => print(&cli::completions(shell)),
        CliCommand::Man { folder } => write_man(folder.as_deref()),
        CliCommand::Docs(options) => docs(&options),
        CliCommand::Data(options) => match options.action {
            DataAction::Check { directory } => data::check_data(&directory),
            DataAction::Export { directory, world } => data::export_data(&directory, &world),
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

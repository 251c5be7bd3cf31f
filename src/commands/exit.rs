//! The end of a command: its exit codes, and the longest time that it takes.

use std::time::Duration;

/// Exit codes beside 0 (a clean stop) and those of a command.
pub(super) const NOT_READY: u8 = 1;
pub(super) const USAGE: u8 = 2;
pub(super) const CANNOT_BIND: u8 = 3;
pub(super) const BAD_FIXTURES: u8 = 4;
pub(super) const CANNOT_ISOLATE: u8 = 6;
pub(super) const FAILED_ON: u8 = 7;
pub(super) const DRIFT: u8 = 8;
pub(super) const CANNOT_START: u8 = 127;

/// The longest time that a stop may take, but for the last lines of the log.
pub(super) const LONGEST_STOP: Duration = Duration::from_millis(130);

/// An exit code and a message.
pub(super) type ExitError = (u8, String);

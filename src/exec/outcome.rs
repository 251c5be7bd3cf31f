//! The outcome of a run: whether it has failed although its command succeeded, and the lines that say why.

use std::io::Write;
use std::thread;

use tokio::sync::oneshot;

use super::intercept::Intercept;
use super::{FailOn, FailureReport};

/// The outcome of a run whose command has ended.
#[derive(Debug)]
pub struct Outcome {
    /// True if the run has failed although its command succeeded.
    pub is_failed: bool,
    /// Lines for the user.
    pub lines: Vec<String>,
}

impl Outcome {
    /// `is_closed` is false if a world was still busy, so that nothing of it is known.
    pub fn new(
        code: u8,
        fail_on: &[FailOn],
        is_closed: bool,
        report: &FailureReport,
        intercept: Option<&Intercept>,
    ) -> Self {
        let mut lines = report.notes();
        let escaped = intercept.map_or_else(Vec::new, Intercept::escaped);
        lines.extend(intercept.map_or_else(Vec::new, Intercept::notes));
        let mut findings = report.lines();
        if code == 0 && fail_on.contains(&FailOn::Escaped) {
            findings.extend(escaped);
        } else {
            lines.extend(escaped);
        }
        if code != 0 {
            lines.extend(report.tail());
        } else if !fail_on.is_empty() && !is_closed {
            let busy = "the command succeeded, but a world was still busy and could not be checked";
            lines.push(busy.to_owned());
        } else if !findings.is_empty() {
            let findings = findings.join("\n  ");
            lines.push(format!("the command succeeded, but\n  {findings}"));
        } else {
            return Self {
                is_failed: false,
                lines,
            };
        }
        Self {
            is_failed: code == 0,
            lines,
        }
    }

    /// Writes the lines to stderr in a thread, since its reader may have stopped reading.
    pub fn report(self) -> oneshot::Receiver<()> {
        let (is_written, written) = oneshot::channel();
        let write = move || {
            for line in self.lines {
                // Stderr may be closed; the exit code does not depend on it.
                let _ = writeln!(std::io::stderr(), "release-emulator: {line}");
            }
            // Nobody may be waiting any more.
            let _ = is_written.send(());
        };
        // Without a thread nothing is reported, and the exit code tells the result.
        let _ = thread::Builder::new().spawn(write);
        written
    }
}

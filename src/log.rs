//! The log on stderr, behind a queue, so that a slow reader never delays a request.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::cli::{LogFormat, LogLevel};
use crate::http::middleware::log::REFUSALS;
use crate::log_format::{TerminalFormat, wants_colours};

/// The most log lines that wait for a slow reader; more are dropped.
const MOST_LINES: usize = 8_192;

/// The longest wait for the last lines when the process ends. With an unread pipe it is part of every stop.
const LONGEST_FLUSH: Duration = Duration::from_millis(20);

/// Starts the log. Without a level, refused requests are logged only on a terminal: programs that provoke refusals on
/// purpose would fill the logs of their runs. The lines that wait are written when the guard is dropped.
pub fn start(format: LogFormat, given_level: Option<LogLevel>) -> io::Result<LogGuard> {
    let level = match given_level.unwrap_or_default() {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let is_terminal = io::stderr().is_terminal();
    let refusals = match given_level {
        None if !is_terminal => LevelFilter::OFF,
        _ => level,
    };
    let targets = Targets::new()
        .with_default(level)
        .with_target(REFUSALS, refusals);
    let queue = LogQueue::start(io::stderr())?;
    let writer = queue.clone();
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(move || writer.clone())
        .with_ansi(false);
    match format {
        LogFormat::Text if is_terminal => {
            let has_colours = wants_colours(|name| std::env::var(name).ok());
            let format = TerminalFormat { has_colours };
            log.event_format(format).finish().with(targets).init();
        }
        LogFormat::Text => log.finish().with(targets).init(),
        LogFormat::Json => log.json().finish().with(targets).init(),
    }
    Ok(LogGuard(queue))
}

/// Writes the lines that wait when it is dropped, as far as their reader keeps up.
#[must_use = "lines are lost if it is dropped before the end of the process"]
#[derive(Debug)]
pub struct LogGuard(LogQueue);

impl Drop for LogGuard {
    fn drop(&mut self) {
        let (is_flushed, flushed) = sync_channel(1);
        // A full queue has a reader that does not read.
        if self.0.0.try_send(LogMessage::Flush(is_flushed)).is_ok() {
            let _ = flushed.recv_timeout(LONGEST_FLUSH);
        }
    }
}

/// The sending end of the queue: each write is one line.
#[derive(Clone, Debug)]
struct LogQueue(SyncSender<LogMessage>);

#[derive(Debug)]
enum LogMessage {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl LogQueue {
    /// Starts a thread that writes the lines.
    fn start(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (sender, messages) = sync_channel(MOST_LINES);
        thread::Builder::new().spawn(move || write_all(&messages, output))?;
        Ok(Self(sender))
    }
}

fn write_all(messages: &Receiver<LogMessage>, mut output: impl Write) {
    for message in messages {
        // Stderr may be closed, and there is nowhere else to say so.
        let _ = match message {
            LogMessage::Line(line) => output.write_all(&line),
            LogMessage::Flush(is_flushed) => {
                let has_flushed = output.flush();
                // The guard may have waited long enough.
                let _ = is_flushed.send(());
                has_flushed
            }
        };
    }
}

impl Write for LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A line for which there is no room is dropped.
        let _ = self.0.try_send(LogMessage::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Barrier, Mutex};

    use super::*;

    /// An output that waits at its first write for as long as the barrier is held.
    #[derive(Clone)]
    struct SlowOutput {
        written: Arc<Mutex<Vec<u8>>>,
        barrier: Option<Arc<Barrier>>,
    }

    impl Write for SlowOutput {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            if let Some(barrier) = self.barrier.take() {
                barrier.wait();
            }
            self.written.lock().unwrap().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_guard_waits_for_the_last_line_and_a_stalled_reader_delays_nobody() {
        let barrier = Arc::new(Barrier::new(2));
        let output = SlowOutput {
            written: Arc::default(),
            barrier: Some(Arc::clone(&barrier)),
        };
        let mut queue = LogQueue::start(output.clone()).unwrap();
        let guard = LogGuard(queue.clone());
        for _ in 0..2 * MOST_LINES {
            queue.write_all(b"a line\n").unwrap();
        }
        barrier.wait();
        // The reader has caught up once a flush finds room.
        let (is_flushed, flushed) = sync_channel(1);
        queue.0.send(LogMessage::Flush(is_flushed)).unwrap();
        flushed.recv().unwrap();
        let kept = output.written.lock().unwrap().len() / b"a line\n".len();
        assert!((MOST_LINES..=MOST_LINES + 1).contains(&kept), "{kept}");

        queue.write_all(b"the last\n").unwrap();
        drop(guard);
        assert!(output.written.lock().unwrap().ends_with(b"the last\n"));
    }
}

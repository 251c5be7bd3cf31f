//! The log lines for a person at a terminal: the time, the level in colour, and the message.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::sim::clock::system_now;
use crate::sim::time::rfc3339;

/// The format of lines on a terminal. The fields of our own events are left out, since their messages have what counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TerminalFormat {
    pub(crate) has_colours: bool,
}

/// True if a terminal is to have colours. Source: <https://no-color.org>.
pub(crate) fn wants_colours(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    !is_set("NO_COLOR") && variable("TERM").is_none_or(|term| term != "dumb")
}

impl<S, N> FormatEvent<S, N> for TerminalFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now = rfc3339(system_now());
        let time = now.get(11..19).unwrap_or_default();
        let level = event.metadata().level();
        if self.has_colours {
            write!(
                writer,
                "\u{1b}[2m{time}\u{1b}[0m {}{level:>5}\u{1b}[0m ",
                colour(*level)
            )?;
        } else {
            write!(writer, "{time} {level:>5} ")?;
        }
        let is_own = event.metadata().target().starts_with("release_emulator");
        let mut fields = Fields {
            writer: &mut writer,
            is_own,
            written: Ok(()),
        };
        event.record(&mut fields);
        fields.written?;
        writeln!(writer)
    }
}

/// The sequence that begins the colour of a level.
fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

/// Writes the message of an event, and the fields of foreign ones.
struct Fields<'a, 'w> {
    writer: &'a mut Writer<'w>,
    is_own: bool,
    written: fmt::Result,
}

impl Visit for Fields<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.written.is_err() {
            return;
        }
        self.written = match field.name() {
            "message" => write!(self.writer, "{value:?}"),
            _ if self.is_own => Ok(()),
            name => write!(self.writer, " {name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(has_colours: bool) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .event_format(TerminalFormat { has_colours });
        tracing::subscriber::with_default(log.finish(), || {
            tracing::warn!(status = 400, "GET / 400");
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_line_has_the_time_the_level_and_the_message() {
        let plain = line(false);
        assert!(plain.ends_with("  WARN GET / 400\n"), "{plain:?}");
        let coloured = line(true);
        assert!(
            coloured.contains("\u{1b}[33m WARN\u{1b}[0m GET / 400\n"),
            "{coloured:?}"
        );
    }

    #[test]
    fn no_color_and_a_dumb_terminal_turn_colours_off() {
        let wants = |name: &'static str, value: &'static str| {
            wants_colours(move |asked| (asked == name).then(|| value.to_owned()))
        };
        assert!(wants("TERM", "xterm"));
        assert!(!wants("TERM", "dumb"));
        assert!(!wants("NO_COLOR", "1"));
        assert!(wants("NO_COLOR", ""));
    }
}

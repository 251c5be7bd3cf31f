//! A cron line in a time zone, as a trigger policy has it.

use chrono::{DateTime, FixedOffset};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::sim::{Millis, NEVER};

/// A cron line in a time zone. Lines have the six or seven fields of Quartz: seconds, minutes, hours, days of the
/// month, months, days of the week (1 is Sunday) and optionally years.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CronTrigger {
    cron: Cron,
    zone: FixedOffset,
    /// The next fire time, or [`NEVER`]. Kept because searching a line that never fires is costly.
    pub(super) next: Millis,
}

impl CronTrigger {
    /// Reads a line. It never fires until [`Self::advance_past`] searches its first fire time.
    pub(super) fn new(schedule: &str, zone: FixedOffset) -> Result<Self, String> {
        Ok(Self {
            cron: parse(schedule)?,
            zone,
            next: NEVER,
        })
    }

    /// Moves on to the first fire time after `now`.
    pub(super) fn advance_past(&mut self, now: Millis) {
        self.next = self.after(now);
    }

    fn after(&self, now: Millis) -> Millis {
        // The search has whole seconds; an instant within a second lies after its beginning.
        DateTime::from_timestamp_millis(now)
            .map(|now| now.with_timezone(&self.zone))
            .and_then(|now| self.cron.find_next_occurrence(&now, false).ok())
            .map_or(NEVER, |next| next.timestamp_millis())
    }
}

/// Reads a Quartz line with a parser that lacks only open steps, ranges that wrap around and the last day of the
/// week: those are rewritten first.
fn parse(schedule: &str) -> Result<Cron, String> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if !(6..=7).contains(&fields.len()) {
        return Err(format!(
            "a cron line has six or seven fields, not {}",
            fields.len()
        ));
    }
    let fields: Vec<String> = fields
        .iter()
        .zip(FIELDS)
        .map(|(text, field)| field.translate(text))
        .collect::<Result<_, _>>()?;
    CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Optional)
        .dom_and_dow(true)
        .alternative_weekdays(true)
        .build()
        .parse(&fields.join(" "))
        .map_err(|error| error.to_string())
}

/// A field of a cron line: the range of its values and their names.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SECONDS_OR_MINUTES: Field = Field::new(0, 59, &[]);
const DAYS_OF_WEEK: Field = Field::new(1, 7, DAYS);
const YEARS: Field = Field::new(1970, 2099, &[]);

const FIELDS: [Field; 7] = [
    SECONDS_OR_MINUTES,
    SECONDS_OR_MINUTES,
    Field::new(0, 23, &[]),
    Field::new(1, 31, &[]),
    Field::new(1, 12, MONTHS),
    DAYS_OF_WEEK,
    YEARS,
];

impl Field {
    const fn new(least: u32, most: u32, names: &'static [&'static str]) -> Self {
        Self { least, most, names }
    }

    /// Rewrites `a/n` as `a-most/n`, a range that wraps around as its values, and the day of the week `L` as
    /// Saturday.
    fn translate(&self, text: &str) -> Result<String, String> {
        let steps: Result<Vec<String>, String> =
            text.split(',').map(|part| self.step(part)).collect();
        Ok(steps?.join(","))
    }

    fn step(&self, part: &str) -> Result<String, String> {
        if part.is_empty() {
            // The parser would accept it as a field without values, and then search for ever.
            return Err("a value is missing beside a comma".to_owned());
        }
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (part, None),
        };
        if let Some((from, to)) = range.split_once('-')
            && let (Some(from), Some(to)) = (self.value(from), self.value(to))
            && from > to
        {
            return self
                .around(from, to, step)
                .ok_or_else(|| format!("{part}: this range cannot wrap around"));
        }
        Ok(match step {
            Some(step) if self.value(range).is_some() => format!("{range}-{}/{step}", self.most),
            None if self.most == DAYS_OF_WEEK.most && part.eq_ignore_ascii_case("L") => {
                DAYS_OF_WEEK.most.to_string()
            }
            _ => part.to_owned(),
        })
    }

    /// The values of a range that wraps around; its steps continue over the wrap. Years do not wrap.
    fn around(&self, from: u32, to: u32, step: Option<&str>) -> Option<String> {
        let step = step.map_or(Some(1), |step| step.parse().ok())?;
        if step == 0 || from > self.most || to < self.least || self.least == YEARS.least {
            return None;
        }
        let values = (from..=self.most).chain(self.least..=to).step_by(step);
        Some(
            values
                .map(|value| value.to_string())
                .collect::<Vec<_>>()
                .join(","),
        )
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        match named {
            Some(n) => Some(u32::try_from(n).ok()? + self.least),
            None => text.parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::{parse_rfc3339, rfc3339};

    /// The first `n` fire times after `from`, in a zone that many hours east of UTC.
    fn fire_times(schedule: &str, hours_east: i32, from: &str, n: usize) -> Vec<String> {
        let zone = FixedOffset::east_opt(hours_east * 3_600).unwrap();
        let trigger = CronTrigger::new(schedule, zone).unwrap();
        let mut now = parse_rfc3339(from).unwrap();
        (0..n)
            .map(|_| {
                now = trigger.after(now);
                if now == NEVER {
                    "never".to_owned()
                } else {
                    rfc3339(now)
                }
            })
            .collect()
    }

    #[test]
    fn the_documented_line_fires_in_the_first_hour_of_mondays_east_of_utc() {
        // Midnight of Monday 2 March at +8 is 16:00 of Sunday in UTC.
        assert_eq!(
            fire_times("0 00-59/10 00-00 ? * MON *", 8, "2026-03-01T00:00:00Z", 7),
            [
                "2026-03-01T16:00:00Z",
                "2026-03-01T16:10:00Z",
                "2026-03-01T16:20:00Z",
                "2026-03-01T16:30:00Z",
                "2026-03-01T16:40:00Z",
                "2026-03-01T16:50:00Z",
                "2026-03-08T16:00:00Z",
            ]
        );
    }

    #[test]
    fn a_zone_west_of_utc_shifts_the_other_way() {
        assert_eq!(
            fire_times("0 0 0 * * ?", -5, "2026-03-01T00:00:00Z", 1),
            ["2026-03-01T05:00:00Z"]
        );
    }

    #[test]
    fn weekday_numbers_begin_with_sunday() {
        assert_eq!(
            fire_times("0 0 12 ? * 1", 0, "2026-03-02T00:00:00Z", 1),
            ["2026-03-08T12:00:00Z"]
        );
    }

    #[test]
    fn open_steps_and_wrapping_ranges_are_understood() {
        let seconds = fire_times("20/15 * * * * ?", 0, "2026-03-02T00:00:00Z", 4);
        assert_eq!(
            seconds.iter().map(|at| &at[17..19]).collect::<Vec<_>>(),
            ["20", "35", "50", "20"]
        );
        let hours = fire_times("0 0 22-1 * * ?", 0, "2026-03-02T00:30:00Z", 4);
        assert_eq!(
            hours.iter().map(|at| &at[11..13]).collect::<Vec<_>>(),
            ["01", "22", "23", "00"]
        );
        let days = fire_times("0 0 0 ? * FRI-MON", 0, "2026-03-02T00:00:00Z", 4);
        assert_eq!(
            days.iter().map(|at| &at[8..10]).collect::<Vec<_>>(),
            ["06", "07", "08", "09"]
        );
        let every_other = fire_times("0 0 22-2/2 * * ?", 0, "2026-03-02T00:30:00Z", 4);
        assert_eq!(
            every_other.iter().map(|at| &at[11..13]).collect::<Vec<_>>(),
            ["02", "22", "00", "02"]
        );
    }

    #[test]
    fn the_last_day_of_the_week_is_saturday_and_of_the_month_its_last() {
        for (line, expected) in [
            ("0 0 0 ? * L", ["2026-02-07", "2026-02-14", "2026-02-21"]),
            ("0 0 0 ? * 6L", ["2026-02-27", "2026-03-27", "2026-04-24"]),
            (
                "0 0 0 ? * FRI#5",
                ["2026-05-29", "2026-07-31", "2026-10-30"],
            ),
            ("0 0 0 L * ?", ["2026-02-28", "2026-03-31", "2026-04-30"]),
            ("0 0 0 LW * ?", ["2026-02-27", "2026-03-31", "2026-04-30"]),
            ("0 0 0 1W * ?", ["2026-02-02", "2026-03-02", "2026-04-01"]),
            ("0 0 0 31 * ?", ["2026-03-31", "2026-05-31", "2026-07-31"]),
            (
                "0 0 0 1 1 ? 2027/2",
                ["2027-01-01", "2029-01-01", "2031-01-01"],
            ),
        ] {
            let days = fire_times(line, 0, "2026-02-01T00:00:00Z", 3);
            assert_eq!(
                days.iter().map(|at| &at[..10]).collect::<Vec<_>>(),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn a_line_that_never_fires_is_no_error() {
        assert_eq!(
            fire_times("0 0 0 30 2 ?", 0, "2026-03-02T00:00:00Z", 1),
            ["never"]
        );
        assert_eq!(
            fire_times("0 0 0 1 1 ? 1990", 0, "2026-03-02T00:00:00Z", 1),
            ["never"]
        );
    }

    #[test]
    fn an_instant_within_a_second_lies_after_its_beginning() {
        assert_eq!(
            fire_times("* * * * * ?", 0, "2026-03-02T00:00:00.500Z", 1),
            ["2026-03-02T00:00:01Z"]
        );
    }

    #[test]
    fn an_invalid_cron_line_is_refused() {
        for line in [
            "",
            "* * * * *",
            "a b c d e f",
            "60 * * * * ?",
            ", * * * * ?",
            "0,,5 * * * * ?",
            "0 0 22-2/0 * * ?",
            "70-5 * * * * ?",
            "0 0 0 ? * 5-0",
            "0 0 0 1 1 ? 2030-2027",
            "0 0 0 * * ? * *",
        ] {
            assert!(parse(line).is_err(), "{line:?}");
        }
    }
}

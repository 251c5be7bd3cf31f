//! Trigger policies: when time starts a pipeline.

use chrono::{DateTime, FixedOffset};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::stages::SelectedStage;
use crate::sim::{Millis, NEVER};

/// The furthest a time zone lies from UTC, in hours.
const FURTHEST_ZONE: i32 = 14;

/// A trigger policy.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerPolicy {
    /// True if time starts the pipeline; otherwise the hooks are only kept.
    pub scheduled: bool,
    pub hooks: Vec<CronTrigger>,
    /// What it starts; absent: everything.
    pub selected: Option<Vec<SelectedStage>>,
}

/// A schedule in some time zone.
#[derive(Clone, Debug)]
pub struct CronTrigger {
    /// The cron line as it was given.
    pub schedule: String,
    /// True if the zone lies east of UTC.
    pub east: bool,
    pub hours: i32,
    cron: Cron,
    /// The next instant that it names, or [`NEVER`]. Kept because a line that never comes is costly to search.
    next: Millis,
}

impl PartialEq for CronTrigger {
    fn eq(&self, other: &Self) -> bool {
        (&self.schedule, self.east, self.hours) == (&other.schedule, other.east, other.hours)
    }
}

/// Why a hook was refused, by its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidTrigger {
    /// The cron line cannot be read; says why.
    Schedule(String),
    /// The zone is further than 14 hours away.
    Zone,
}

impl TriggerPolicy {
    /// A policy that takes effect at `now`.
    pub fn new(
        scheduled: bool,
        mut hooks: Vec<CronTrigger>,
        selected: Option<Vec<SelectedStage>>,
        now: Millis,
    ) -> Self {
        if scheduled {
            for hook in &mut hooks {
                hook.next = hook.after(now);
            }
        }
        Self {
            scheduled,
            hooks,
            selected,
        }
    }

    /// The next instant at which it starts the pipeline, or [`NEVER`].
    pub fn next(&self) -> Millis {
        self.hooks
            .iter()
            .map(|hook| hook.next)
            .min()
            .unwrap_or(NEVER)
    }

    /// Goes on to the first start after `now`.
    pub fn advance_past(&mut self, now: Millis) {
        for hook in self.hooks.iter_mut().filter(|hook| hook.next <= now) {
            hook.next = hook.after(now);
        }
    }
}

impl CronTrigger {
    /// Reads a hook. A line has six or seven fields, as Quartz writes them: seconds, minutes, hours, days of
    /// the month, months, days of the week (1 is Sunday) and perhaps years.
    pub fn new(schedule: &str, east: bool, hours: i32) -> Result<Self, InvalidTrigger> {
        if !(0..=FURTHEST_ZONE).contains(&hours) {
            return Err(InvalidTrigger::Zone);
        }
        let cron = parse(schedule).map_err(InvalidTrigger::Schedule)?;
        Ok(Self {
            schedule: schedule.to_owned(),
            east,
            hours,
            cron,
            next: NEVER,
        })
    }

    /// The first instant after `now` that it names, or [`NEVER`].
    fn after(&self, now: Millis) -> Millis {
        let seconds = self.hours * 3_600;
        let zone = FixedOffset::east_opt(if self.east { seconds } else { -seconds });
        let local = zone
            .zip(DateTime::from_timestamp_millis(now))
            .map(|(zone, now)| now.with_timezone(&zone));
        let next = local.and_then(|local| self.cron.find_next_occurrence(&local, false).ok());
        // The search has whole seconds; an instant within one lies after its beginning.
        next.map_or(NEVER, |next| next.timestamp_millis())
    }
}

/// Reads a Quartz line with a parser that knows all of it but open steps, ranges that wrap around and the
/// last day of the week.
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

/// The values of a field.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SECONDS_OR_MINUTES: Field = Field::of(0, 59, &[]);
const DAYS_OF_WEEK: Field = Field::of(1, 7, DAYS);
const YEARS: Field = Field::of(1970, 2099, &[]);

const FIELDS: [Field; 7] = [
    SECONDS_OR_MINUTES,
    SECONDS_OR_MINUTES,
    Field::of(0, 23, &[]),
    Field::of(1, 31, &[]),
    Field::of(1, 12, MONTHS),
    DAYS_OF_WEEK,
    YEARS,
];

impl Field {
    const fn of(least: u32, most: u32, names: &'static [&'static str]) -> Self {
        Self { least, most, names }
    }

    /// Rewrites `a/n` as `a-most/n`, a range that wraps around as its values, and a day of the week `L` as
    /// Saturday.
    fn translate(&self, text: &str) -> Result<String, String> {
        let steps: Result<Vec<String>, String> =
            text.split(',').map(|part| self.step(part)).collect();
        Ok(steps?.join(","))
    }

    fn step(&self, part: &str) -> Result<String, String> {
        if part.is_empty() {
            // The parser would take it for no value at all, and search for ever.
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

    /// The values of a range that wraps around, in which a step goes on counting. Years do not come again.
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
    use crate::world::time::parse_rfc3339;
    use crate::world::time::rfc3339;

    fn fires(schedule: &str, east: bool, hours: i32, from: &str, n: usize) -> Vec<String> {
        let hook = CronTrigger::new(schedule, east, hours).unwrap();
        let mut now = parse_rfc3339(from).unwrap();
        (0..n)
            .map(|_| {
                now = hook.after(now);
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
            fires(
                "0 00-59/10 00-00 ? * MON *",
                true,
                8,
                "2026-03-01T00:00:00Z",
                7
            ),
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
            fires("0 0 0 * * ?", false, 5, "2026-03-01T00:00:00Z", 1),
            ["2026-03-01T05:00:00Z"]
        );
    }

    #[test]
    fn weekday_numbers_begin_with_sunday() {
        assert_eq!(
            fires("0 0 12 ? * 1", true, 0, "2026-03-02T00:00:00Z", 1),
            ["2026-03-08T12:00:00Z"]
        );
    }

    #[test]
    fn open_steps_and_wrapping_ranges_are_understood() {
        let seconds = fires("20/15 * * * * ?", true, 0, "2026-03-02T00:00:00Z", 4);
        assert_eq!(
            seconds.iter().map(|at| &at[17..19]).collect::<Vec<_>>(),
            ["20", "35", "50", "20"]
        );
        let hours = fires("0 0 22-1 * * ?", true, 0, "2026-03-02T00:30:00Z", 4);
        assert_eq!(
            hours.iter().map(|at| &at[11..13]).collect::<Vec<_>>(),
            ["01", "22", "23", "00"]
        );
        let days = fires("0 0 0 ? * FRI-MON", true, 0, "2026-03-02T00:00:00Z", 4);
        assert_eq!(
            days.iter().map(|at| &at[8..10]).collect::<Vec<_>>(),
            ["06", "07", "08", "09"]
        );
        let every_other = fires("0 0 22-2/2 * * ?", true, 0, "2026-03-02T00:30:00Z", 4);
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
            let days = fires(line, true, 0, "2026-02-01T00:00:00Z", 3);
            assert_eq!(
                days.iter().map(|at| &at[..10]).collect::<Vec<_>>(),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn a_line_that_never_comes_is_no_error() {
        assert_eq!(
            fires("0 0 0 30 2 ?", true, 0, "2026-03-02T00:00:00Z", 1),
            ["never"]
        );
        assert_eq!(
            fires("0 0 0 1 1 ? 1990", true, 0, "2026-03-02T00:00:00Z", 1),
            ["never"]
        );
    }

    #[test]
    fn an_instant_within_a_second_lies_after_its_beginning() {
        assert_eq!(
            fires("* * * * * ?", true, 0, "2026-03-02T00:00:00.500Z", 1),
            ["2026-03-02T00:00:01Z"]
        );
    }

    #[test]
    fn what_is_no_cron_line_is_refused() {
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
            assert!(
                matches!(
                    CronTrigger::new(line, true, 0),
                    Err(InvalidTrigger::Schedule(_))
                ),
                "{line:?}"
            );
        }
        assert_eq!(
            CronTrigger::new("* * * * * ?", true, 15),
            Err(InvalidTrigger::Zone)
        );
        assert_eq!(
            CronTrigger::new("* * * * * ?", true, -1),
            Err(InvalidTrigger::Zone)
        );
    }
}

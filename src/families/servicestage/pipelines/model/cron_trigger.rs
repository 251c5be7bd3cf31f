//! A cron line in a time zone, as a trigger policy has it.

use chrono::{DateTime, FixedOffset};

use super::cron_line::CronLine;
use crate::sim::{Millis, NEVER};

/// A cron line in a time zone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CronTrigger {
    pub(super) line: CronLine,
    pub(super) zone: FixedOffset,
    /// The next fire time, or [`NEVER`].
    pub(super) next: Millis,
}

impl CronTrigger {
    /// Reads a line. It never fires until [`Self::advance_past`] searches its first fire time.
    pub(super) fn new(schedule: &str, zone: FixedOffset) -> Result<Self, String> {
        Ok(Self {
            line: CronLine::parse(schedule)?,
            zone,
            next: NEVER,
        })
    }

    /// Moves on to the first fire time after `now`.
    pub(super) fn advance_past(&mut self, now: Millis) {
        self.next = self.after(now);
    }

    fn after(&self, now: Millis) -> Millis {
        DateTime::from_timestamp_millis(now)
            .and_then(|now| self.line.after(now.with_timezone(&self.zone).naive_local()))
            .and_then(|next| next.and_local_timezone(self.zone).single())
            .map_or(NEVER, |next| next.timestamp_millis())
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
                "0 0 0 1 1 ? 2028,2031-2032",
                ["2028-01-01", "2031-01-01", "2032-01-01"],
            ),
            (
                // A leap day on a Sunday, which comes once in 28 years or 40.
                "0 0 0 29 2 1",
                ["2032-02-29", "2060-02-29", "2088-02-29"],
            ),
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
    fn schedules_go_on_to_the_end_of_the_calendar() {
        assert_eq!(
            fire_times("0 0 12 29 2 ?", 0, "5001-01-01T00:00:00Z", 2),
            ["5004-02-29T12:00:00Z", "5008-02-29T12:00:00Z"]
        );
        assert_eq!(
            fire_times("0 0 0 1 1 ?", 8, "9998-06-01T00:00:00Z", 2),
            ["9998-12-31T16:00:00Z", "9999-12-31T16:00:00Z"]
        );
    }

    #[test]
    fn an_instant_within_a_second_lies_after_its_beginning() {
        assert_eq!(
            fire_times("* * * * * ?", 0, "2026-03-02T00:00:00.500Z", 1),
            ["2026-03-02T00:00:01Z"]
        );
    }
}

//! A cron line of Quartz, and the times at which it fires.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::cron_days::{DaysOfMonth, DaysOfWeek, Month, YearKind};
use super::cron_field::{DAYS, HOURS, MINUTES, MONTHS, SECONDS, WEEKDAYS, YEARS, parts};

/// The years within which a line without years fires, if it ever does: a leap day that must be on one day of the week comes
/// after 40 years at the latest.
const LONGEST_GAP: i32 = 40;

/// The length limit of a line, in bytes.
const LONGEST_LINE: usize = 1_000;

/// A cron line of Quartz: seconds, minutes, hours, days of the month, months, days of the week (1 is Sunday) and
/// optionally years. A day must fit both its fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CronLine {
    // Sets of numbers, a bit for each.
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: DaysOfMonth,
    weekdays: DaysOfWeek,
    /// The months with a day that fits, for each kind of year: a line that never fires has none, which no search need find.
    months: [u64; YearKind::COUNT],
    /// Absent: all.
    years: Option<BTreeSet<u32>>,
}

impl CronLine {
    /// Reads a line. The error says which part is wrong.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        if line.len() > LONGEST_LINE {
            let length = line.len();
            return Err(format!(
                "a cron line has at most {LONGEST_LINE} bytes, not {length}"
            ));
        }
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [seconds, minutes, hours, days, months, weekdays, rest @ ..] = &fields[..] else {
            return Err(wrong_length(fields.len()));
        };
        let years = match rest {
            [] | ["*"] => None,
            [years] => Some(YEARS.values(years)?),
            _ => return Err(wrong_length(fields.len())),
        };
        let (seconds, minutes, hours) = (
            bits(&SECONDS.values(seconds)?),
            bits(&MINUTES.values(minutes)?),
            bits(&HOURS.values(hours)?),
        );
        let mut days_of_month = DaysOfMonth::default();
        for part in parts(days)? {
            add_days_of_month(&mut days_of_month, part)?;
        }
        let wanted = bits(&MONTHS.values(months)?);
        let mut days_of_week = DaysOfWeek::default();
        for part in parts(weekdays)? {
            add_days_of_week(&mut days_of_week, part)?;
        }
        let mut line = Self {
            seconds,
            minutes,
            hours,
            days: days_of_month,
            weekdays: days_of_week,
            months: [0; YearKind::COUNT],
            years,
        };
        for kind in YearKind::all() {
            let fits = |month: &u32| line.days_in(kind.month(*month)) != 0;
            let fitting = (1..=12)
                .filter(|month| wanted >> month & 1 == 1)
                .filter(fits);
            line.months[kind.index()] = fitting.map(|month| 1 << month).sum();
        }
        Ok(line)
    }

    /// The first time after `now` at which the line fires. Absent: it never does.
    pub(super) fn after(&self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        let first_second = now.with_nanosecond(0)?;
        let first_second = first_second.checked_add_signed(TimeDelta::seconds(1))?;
        let first_day = first_second.date();
        let day = self.day_from(first_day)?;
        if day > first_day {
            return Some(day.and_time(self.time_from(NaiveTime::MIN)?));
        }
        if let Some(time) = self.time_from(first_second.time()) {
            return Some(day.and_time(time));
        }
        let day = self.day_from(first_day.succ_opt()?)?;
        Some(day.and_time(self.time_from(NaiveTime::MIN)?))
    }

    /// The first day from `from` on that fits.
    fn day_from(&self, from: NaiveDate) -> Option<NaiveDate> {
        let fits = |year: i32| {
            let months = self.months[YearKind::of(year).index()];
            // Within its first year, only the months and days from `from` on count.
            let (first_month, first_day) = if year == from.year() {
                (from.month(), from.day())
            } else {
                (1, 1)
            };
            let mut months = (first_month..=12).filter(move |month| months >> month & 1 == 1);
            months.find_map(|month| {
                let least = if month == first_month { first_day } else { 1 };
                let days = self.days_in(YearKind::of(year).month(month));
                NaiveDate::from_ymd_opt(year, month, first_bit(days, least)?)
            })
        };
        match &self.years {
            None if self.months == [0; YearKind::COUNT] => None,
            None => (from.year()..=from.year().checked_add(LONGEST_GAP)?).find_map(fits),
            Some(years) => {
                let first = u32::try_from(from.year()).unwrap_or(0);
                let mut years = years
                    .range(first..)
                    .filter_map(|year| i32::try_from(*year).ok());
                years.find_map(fits)
            }
        }
    }

    /// The days of a month that fit both fields, a bit for each.
    fn days_in(&self, month: Month) -> u64 {
        self.days.within(month) & self.weekdays.within(month)
    }

    /// The first time of a day from `from` on.
    fn time_from(&self, from: NaiveTime) -> Option<NaiveTime> {
        let (hour, minute, second) = (from.hour(), from.minute(), from.second());
        if self.hours >> hour & 1 == 1 {
            if self.minutes >> minute & 1 == 1
                && let Some(second) = first_bit(self.seconds, second)
            {
                return NaiveTime::from_hms_opt(hour, minute, second);
            }
            if let Some(minute) = first_bit(self.minutes, minute + 1) {
                return NaiveTime::from_hms_opt(hour, minute, first_bit(self.seconds, 0)?);
            }
        }
        let hour = first_bit(self.hours, hour + 1)?;
        let (minute, second) = (first_bit(self.minutes, 0)?, first_bit(self.seconds, 0)?);
        NaiveTime::from_hms_opt(hour, minute, second)
    }
}

/// Numbers below 64 as bits.
fn bits(values: &BTreeSet<u32>) -> u64 {
    values.iter().map(|value| 1 << value).sum()
}

/// The first number of a set from `least` on.
fn first_bit(set: u64, least: u32) -> Option<u32> {
    let rest = set.checked_shr(least)?;
    (rest != 0).then(|| least + rest.trailing_zeros())
}

fn wrong_length(length: usize) -> String {
    format!("a cron line has six or seven fields, not {length}")
}

fn add_days_of_month(days: &mut DaysOfMonth, part: &str) -> Result<(), String> {
    let upper = part.to_ascii_uppercase();
    match upper.as_str() {
        "*" | "?" => days.is_any = true,
        "L" => days.has_last = true,
        "LW" => days.has_last_workday = true,
        _ => match upper.strip_suffix('W') {
            Some(day) => days.workdays_near |= 1 << DAYS.value(day)?,
            None => days.days |= bits(&DAYS.range(&upper)?),
        },
    }
    Ok(())
}

fn add_days_of_week(days: &mut DaysOfWeek, part: &str) -> Result<(), String> {
    let upper = part.to_ascii_uppercase();
    if matches!(upper.as_str(), "*" | "?") {
        days.is_any = true;
    } else if let Some((weekday, n)) = upper.split_once('#') {
        let n = n.parse().ok().filter(|n| (1..=5).contains(n));
        let n: usize = n.ok_or_else(|| format!("{part}: # is followed by 1 to 5"))?;
        days.nth[n - 1] |= 1 << WEEKDAYS.value(weekday)?;
    } else {
        match upper.strip_suffix('L') {
            // The last day of a week is Saturday.
            Some("") => days.weekdays |= 1 << WEEKDAYS.most,
            Some(weekday) => days.last |= 1 << WEEKDAYS.value(weekday)?,
            None => days.weekdays |= bits(&WEEKDAYS.range(&upper)?),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_invalid_cron_line_is_refused() {
        for line in [
            "",
            "* * * * *",
            "a b c d e f",
            "60 * * * * ?",
            "+5 * * * * ?",
            ", * * * * ?",
            "0,,5 * * * * ?",
            "0 0 22-2/0 * * ?",
            "70-5 * * * * ?",
            "0 0 24 * * ?",
            "0 0 0 0 * ?",
            "0 0 0 32W * ?",
            "0 0 0 L-40 * ?",
            "0 0 0 * 13 ?",
            "0 0 0 ? * 5-0",
            "0 0 0 ? * 8",
            "0 0 0 ? * FRI#6",
            "0 0 0 ? * #1",
            "0 0 0 1 1 ? 2030-2027",
            "0 0 0 1 1 ? 1969",
            "0 0 0 1 1 ? 2030-2100",
            "0 0 0 1 1 ? 2030/0",
            "0 0 0 * * ? * *",
            "? 0 0 * * ?",
            "0 0 0 * ? MON",
            "0 0 0 1,* * ?",
            "0 0 0 ? * MON,?",
            "0/60 * * * * ?",
            "0 0 0 * * ? ?",
        ] {
            assert!(CronLine::parse(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn a_workday_stays_in_its_month() {
        let line = CronLine::parse("0 0 0 1W,31W * ?").unwrap();
        let mut now = NaiveDate::from_ymd_opt(2026, 7, 15)
            .unwrap()
            .and_time(NaiveTime::MIN);
        let days = [(); 4].map(|()| {
            now = line.after(now).unwrap();
            now.date().to_string()
        });
        // 1 August 2026 is a Saturday, 31 January 2027 a Sunday; November has no 31.
        assert_eq!(
            days,
            ["2026-07-31", "2026-08-03", "2026-08-31", "2026-09-01"]
        );
    }

    #[test]
    fn a_line_that_never_fires_is_known_at_once() {
        let now = NaiveDate::from_ymd_opt(2026, 7, 15)
            .unwrap()
            .and_time(NaiveTime::MIN);
        let watch = crate::sim::clock::Stopwatch::start();
        for _ in 0..1_000 {
            for line in [
                "0 0 0 30 2 ?",
                "0 0 0 31 4,6,9,11 ?",
                "0 0 0 1-7 * 2#5",
                "0 0 0 29 2 ? 2027,2029-2031,2097",
                "0 0 0 ? 2 MON#5 2097",
                "* * * * * ? 1970-2025",
            ] {
                assert_eq!(CronLine::parse(line).unwrap().after(now), None, "{line}");
            }
        }
        // A search of 40 years takes a hundred times as long.
        assert!(watch.elapsed().as_secs() < 5, "{:?}", watch.elapsed());
    }

    #[test]
    fn a_long_line_is_refused() {
        let line = format!("{} * * * * ?", ["0"; 1_000].join(","));
        let error = CronLine::parse(&line).unwrap_err();
        assert_eq!(error, "a cron line has at most 1000 bytes, not 2009");
    }

    fn days() -> impl Strategy<Value = String> {
        prop_oneof![
            2 => Just("*".to_owned()),
            2 => (1..=31_u32).prop_map(|day| day.to_string()),
            1 => (1..=31_u32, 1..=31_u32).prop_map(|(from, to)| format!("{from}-{to}")),
            1 => (1..=31_u32).prop_map(|day| format!("{day}W")),
            1 => Just("L,15".to_owned()),
            1 => Just("LW".to_owned()),
        ]
    }

    fn weekdays() -> impl Strategy<Value = String> {
        prop_oneof![
            2 => Just("?".to_owned()),
            2 => (1..=7_u32, 1..=7_u32).prop_map(|(from, to)| format!("{from}-{to}")),
            1 => (1..=7_u32).prop_map(|day| format!("{day}L")),
            1 => (1..=7_u32, 1..=5_u32).prop_map(|(day, n)| format!("{day}#{n}")),
        ]
    }

    /// True if a day fits both fields, by the calendar alone.
    fn fits(day: NaiveDate, days: &str, weekdays: &str) -> bool {
        let last = u32::from(day.num_days_in_month());
        let is_workday =
            |day: NaiveDate| !matches!(day.weekday(), chrono::Weekday::Sat | chrono::Weekday::Sun);
        let near = |near: u32| {
            let all = (1..=last)
                .filter_map(|n| day.with_day(n))
                .filter(|day| is_workday(*day));
            // Of equally near ones, Saturday's is before it and Sunday's behind it, and none is.
            (near <= last)
                .then(|| all.min_by_key(|day| day.day().abs_diff(near)))
                .flatten()
        };
        let of_month = days.split(',').any(|part| match part {
            "*" => true,
            "L" => day.day() == last,
            "LW" => near(last) == Some(day),
            _ => match (part.strip_suffix('W'), part.split_once('-')) {
                (Some(wanted), _) => near(wanted.parse().unwrap()) == Some(day),
                (_, Some((from, to))) => {
                    let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
                    if from <= to {
                        (from..=to).contains(&day.day())
                    } else {
                        day.day() >= from || day.day() <= to
                    }
                }
                _ => part.parse() == Ok(day.day()),
            },
        });
        let weekday = day.weekday().number_from_sunday();
        let of_week = match (
            weekdays.strip_suffix('L'),
            weekdays.split_once('#'),
            weekdays.split_once('-'),
        ) {
            (Some(wanted), ..) => wanted.parse() == Ok(weekday) && day.day() + 7 > last,
            (_, Some((wanted, n)), _) => {
                wanted.parse() == Ok(weekday) && n.parse() == Ok(day.day().div_ceil(7))
            }
            (_, _, Some((from, to))) => {
                let (from, to): (u32, u32) = (from.parse().unwrap(), to.parse().unwrap());
                if from <= to {
                    (from..=to).contains(&weekday)
                } else {
                    weekday >= from || weekday <= to
                }
            }
            _ => true,
        };
        of_month && of_week
    }

    fn field(most: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            4 => Just("*".to_owned()),
            2 => (0..=most).prop_map(|value| value.to_string()),
            1 => (0..=most, 0..=most).prop_map(|(from, to)| format!("{from}-{to}")),
            1 => (0..=most, 1..=most).prop_map(|(from, step)| format!("{from}/{step}")),
        ]
    }

    proptest! {
        /// Compared with a walk over all days, each looked up in the calendar.
        #[test]
        fn the_next_day_is_the_first_that_fits(
            days in days(), weekdays in weekdays(), month in 1..=12_u32, start in 0..40_000_i64,
        ) {
            let line = CronLine::parse(&format!("0 0 0 {days} {month} {weekdays}")).unwrap();
            let now = NaiveDate::from_ymd_opt(1999, 12, 31).unwrap() + TimeDelta::days(start);
            let later = (1..=41 * 366).map(|n| now + TimeDelta::days(n));
            let expected = later.into_iter().find(|day| day.month() == month && fits(*day, &days, &weekdays));
            let found = line.after(now.and_time(NaiveTime::MIN));
            prop_assert_eq!(found.map(|found| found.date()), expected);
        }

        /// Compared with a walk over all seconds, which looks each one up in the fields.
        #[test]
        fn the_next_time_is_the_first_second_that_fits(
            seconds in field(59), minutes in field(59), hours in field(23),
            start in 0..86_400_u32,
        ) {
            let line = CronLine::parse(&format!("{seconds} {minutes} {hours} * * ?")).unwrap();
            let day = NaiveDate::from_ymd_opt(2026, 2, 28).unwrap();
            let now = day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(start, 0).unwrap());
            let fits = |at: &NaiveDateTime| {
                line.seconds >> at.second() & 1 == 1
                    && line.minutes >> at.minute() & 1 == 1
                    && line.hours >> at.hour() & 1 == 1
            };
            let later = (1..=2 * 86_400).map(|n| now + chrono::TimeDelta::seconds(n));
            prop_assert_eq!(line.after(now), later.into_iter().find(fits));
        }
    }
}

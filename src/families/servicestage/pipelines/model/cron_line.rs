//! A cron line of Quartz, and the times at which it fires.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Weekday};

/// The years after the last one allowed within which a line fires, if it ever does: a leap day that must be on one day
/// of the week comes after 40 years at the latest.
const LONGEST_GAP: i32 = 40;

/// A cron line of Quartz: seconds, minutes, hours, days of the month, months, days of the week (1 is Sunday) and
/// optionally years. A day must fit both its fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CronLine {
    seconds: BTreeSet<u32>,
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: Vec<MonthDays>,
    months: BTreeSet<u32>,
    weekdays: Vec<WeekDays>,
    /// Absent: all.
    years: Option<BTreeSet<u32>>,
}

/// Days of a month.
#[derive(Clone, Debug, PartialEq)]
enum MonthDays {
    Any,
    In(BTreeSet<u32>),
    /// `L`
    Last,
    /// `LW`: the last one from Monday to Friday.
    LastWorkday,
    /// `15W`: the one from Monday to Friday that is nearest to a day, in the same month.
    WorkdayNear(u32),
}

/// Days of the week within a month.
#[derive(Clone, Debug, PartialEq)]
enum WeekDays {
    Any,
    In(BTreeSet<u32>),
    /// `6L`: the last one of its kind in the month.
    Last(u32),
    /// `6#3`: the third one of its kind in the month.
    Nth(u32, u32),
}

impl CronLine {
    /// Reads a line. The error says which part is wrong.
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [seconds, minutes, hours, days, months, weekdays, rest @ ..] = &fields[..] else {
            return Err(wrong_length(fields.len()));
        };
        let years = match rest {
            [] | ["*"] => None,
            [years] => Some(YEARS.values(years)?),
            _ => return Err(wrong_length(fields.len())),
        };
        Ok(Self {
            seconds: SECONDS.values(seconds)?,
            minutes: MINUTES.values(minutes)?,
            hours: HOURS.values(hours)?,
            days: parts(days)?
                .map(MonthDays::parse)
                .collect::<Result<_, _>>()?,
            months: MONTHS.values(months)?,
            weekdays: parts(weekdays)?
                .map(WeekDays::parse)
                .collect::<Result<_, _>>()?,
            years,
        })
    }

    /// The first time after `now` at which the line fires. Absent: it never does.
    pub(super) fn after(&self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        let first_second = now.with_nanosecond(0)?;
        let first_second = first_second.checked_add_signed(chrono::TimeDelta::seconds(1))?;
        let first_day = first_second.date();
        if self.fires_on(first_day)
            && let Some(time) = self.time_from(first_second.time())
        {
            return Some(first_day.and_time(time));
        }
        let midnight = self.time_from(NaiveTime::MIN)?;
        let mut day = first_day.succ_opt()?;
        let last_year = match &self.years {
            None => day.year().checked_add(LONGEST_GAP)?,
            Some(years) => i32::try_from(*years.last()?).ok()?,
        };
        while day.year() <= last_year {
            if !self.fires_in(day) {
                // The first of the next month.
                day = day
                    .with_day(1)?
                    .checked_add_months(chrono::Months::new(1))?;
            } else if self.fires_on(day) {
                return Some(day.and_time(midnight));
            } else {
                day = day.succ_opt()?;
            }
        }
        None
    }

    /// True if the month and the year of a day are among those of the line.
    fn fires_in(&self, day: NaiveDate) -> bool {
        let year = u32::try_from(day.year()).ok();
        self.months.contains(&day.month())
            && (self.years.as_ref())
                .is_none_or(|years| year.is_some_and(|year| years.contains(&year)))
    }

    fn fires_on(&self, day: NaiveDate) -> bool {
        self.fires_in(day)
            && self.days.iter().any(|days| days.contain(day))
            && self.weekdays.iter().any(|weekdays| weekdays.contain(day))
    }

    /// The first time of a day from `from` on.
    fn time_from(&self, from: NaiveTime) -> Option<NaiveTime> {
        let first = |values: &BTreeSet<u32>| values.first().copied();
        let (hour, minute, second) = (from.hour(), from.minute(), from.second());
        if self.hours.contains(&hour) {
            if self.minutes.contains(&minute)
                && let Some(second) = self.seconds.range(second..).next()
            {
                return NaiveTime::from_hms_opt(hour, minute, *second);
            }
            if let Some(minute) = self.minutes.range(minute + 1..).next() {
                return NaiveTime::from_hms_opt(hour, *minute, first(&self.seconds)?);
            }
        }
        let hour = self.hours.range(hour + 1..).next()?;
        NaiveTime::from_hms_opt(*hour, first(&self.minutes)?, first(&self.seconds)?)
    }
}

fn wrong_length(length: usize) -> String {
    format!("a cron line has six or seven fields, not {length}")
}

/// The parts of a field between commas. Words for any value stand alone.
fn parts(field: &str) -> Result<impl Iterator<Item = &str>, String> {
    let parts = || field.split(',');
    if parts().any(|part| matches!(part, "*" | "?")) && parts().count() > 1 {
        return Err(format!("{field}: * and ? stand alone"));
    }
    Ok(parts())
}

impl MonthDays {
    fn parse(part: &str) -> Result<Self, String> {
        let upper = part.to_ascii_uppercase();
        Ok(match upper.as_str() {
            "*" | "?" => Self::Any,
            "L" => Self::Last,
            "LW" => Self::LastWorkday,
            _ => match upper.strip_suffix('W') {
                Some(day) => Self::WorkdayNear(DAYS.value(day)?),
                None => Self::In(DAYS.range(&upper)?),
            },
        })
    }

    fn contain(&self, day: NaiveDate) -> bool {
        match self {
            Self::Any => true,
            Self::In(days) => days.contains(&day.day()),
            Self::Last => day.day() == last_of_month(day),
            Self::LastWorkday => Some(day) == workday_near(day, last_of_month(day)),
            Self::WorkdayNear(near) => Some(day) == workday_near(day, *near),
        }
    }
}

impl WeekDays {
    fn parse(part: &str) -> Result<Self, String> {
        let upper = part.to_ascii_uppercase();
        if matches!(upper.as_str(), "*" | "?") {
            return Ok(Self::Any);
        }
        if let Some((weekday, n)) = upper.split_once('#') {
            let n = n.parse().ok().filter(|n| (1..=5).contains(n));
            let n = n.ok_or_else(|| format!("{part}: # is followed by 1 to 5"))?;
            return Ok(Self::Nth(WEEKDAYS.value(weekday)?, n));
        }
        Ok(match upper.strip_suffix('L') {
            // The last day of a week is Saturday.
            Some("") => Self::In(BTreeSet::from([WEEKDAYS.most])),
            Some(weekday) => Self::Last(WEEKDAYS.value(weekday)?),
            None => Self::In(WEEKDAYS.range(&upper)?),
        })
    }

    fn contain(&self, day: NaiveDate) -> bool {
        let weekday = day.weekday().number_from_sunday();
        match self {
            Self::Any => true,
            Self::In(weekdays) => weekdays.contains(&weekday),
            Self::Last(wanted) => weekday == *wanted && day.day() + 7 > last_of_month(day),
            Self::Nth(wanted, n) => weekday == *wanted && day.day().div_ceil(7) == *n,
        }
    }
}

fn last_of_month(day: NaiveDate) -> u32 {
    u32::from(day.num_days_in_month())
}

/// The day from Monday to Friday that is nearest to a day of the month of `day`, and within it.
fn workday_near(day: NaiveDate, near: u32) -> Option<NaiveDate> {
    let last = last_of_month(day);
    let near = day.with_day(near)?;
    let days = |n| Days::new(n);
    match near.weekday() {
        Weekday::Sat if near.day() == 1 => near.checked_add_days(days(2)),
        Weekday::Sat => near.checked_sub_days(days(1)),
        Weekday::Sun if near.day() == last => near.checked_sub_days(days(2)),
        Weekday::Sun => near.checked_add_days(days(1)),
        _ => Some(near),
    }
}

/// A field with values of one range, some with names.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
    /// True if a range may begin near its end and go on at its beginning, as in `22-2`.
    wraps: bool,
}

const MONTH_NAMES: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAY_NAMES: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const SECONDS: Field = Field::new(0, 59, &[]);
const MINUTES: Field = Field::new(0, 59, &[]);
const HOURS: Field = Field::new(0, 23, &[]);
const DAYS: Field = Field::new(1, 31, &[]);
const MONTHS: Field = Field::new(1, 12, MONTH_NAMES);
const WEEKDAYS: Field = Field::new(1, 7, WEEKDAY_NAMES);
const YEARS: Field = Field {
    wraps: false,
    ..Field::new(1970, 2099, &[])
};

impl Field {
    const fn new(least: u32, most: u32, names: &'static [&'static str]) -> Self {
        Self {
            least,
            most,
            names,
            wraps: true,
        }
    }

    /// The values of a field: of all its parts.
    fn values(&self, field: &str) -> Result<BTreeSet<u32>, String> {
        let mut values = BTreeSet::new();
        for part in parts(field)? {
            values.extend(self.range(part)?);
        }
        Ok(values)
    }

    /// The values of a part: `5`, `1-5` or `*`, each of which may have a step: `10/15`, `1-5/2`, `*/10`.
    fn range(&self, part: &str) -> Result<BTreeSet<u32>, String> {
        if part.is_empty() {
            return Err("a value is missing beside a comma".to_owned());
        }
        let (range, step) = match part.split_once('/') {
            None => (part, None),
            Some((range, step)) => {
                let number = step.parse().ok();
                let number = number.filter(|step| (1..=self.most as usize).contains(step));
                let wrong = || format!("{part}: a step is from 1 to {}", self.most);
                (range, Some(number.ok_or_else(wrong)?))
            }
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None => {
                let from = self.value(range)?;
                (from, if step.is_some() { self.most } else { from })
            }
        };
        let step = step.unwrap_or(1);
        if from <= to {
            return Ok((from..=to).step_by(step).collect());
        }
        if !self.wraps {
            return Err(format!("{part}: this range cannot wrap around"));
        }
        // Steps continue over the wrap.
        let values = (from..=self.most).chain(self.least..=to);
        Ok(values.step_by(step).collect())
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        let value = match named {
            Some(n) => u32::try_from(n).ok().map(|n| n + self.least),
            // A sign is no digit.
            None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            None => None,
        };
        value
            .filter(|value| (self.least..=self.most).contains(value))
            .ok_or_else(|| format!("\"{text}\" is not in {} to {}", self.least, self.most))
    }
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

    fn field(most: u32) -> impl Strategy<Value = String> {
        prop_oneof![
            4 => Just("*".to_owned()),
            2 => (0..=most).prop_map(|value| value.to_string()),
            1 => (0..=most, 0..=most).prop_map(|(from, to)| format!("{from}-{to}")),
            1 => (0..=most, 1..=most).prop_map(|(from, step)| format!("{from}/{step}")),
        ]
    }

    proptest! {
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
                line.seconds.contains(&at.second())
                    && line.minutes.contains(&at.minute())
                    && line.hours.contains(&at.hour())
            };
            let later = (1..=2 * 86_400).map(|n| now + chrono::TimeDelta::seconds(n));
            prop_assert_eq!(line.after(now), later.into_iter().find(fits));
        }
    }
}

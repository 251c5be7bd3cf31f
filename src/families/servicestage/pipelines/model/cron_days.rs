//! The days of a month that a cron line names, as bits: the first day is bit 1.

use chrono::{Datelike, NaiveDate};

/// Saturday, of the days of the week from 1, Sunday.
const SATURDAY: u32 = 7;
const SUNDAY: u32 = 1;

/// A kind of year: its days fall on the same days of the week in each. There are fourteen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct YearKind {
    is_leap: bool,
    /// The days from Sunday to the first of January.
    begin: u32,
}

/// A month of a kind of year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Month {
    length: u32,
    /// The days from Sunday to its first day.
    begin: u32,
}

/// The days of a month that a field names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DaysOfMonth {
    pub(super) is_any: bool,
    pub(super) days: u64,
    /// `L`
    pub(super) has_last: bool,
    /// `LW`: the last one from Monday to Friday.
    pub(super) has_last_workday: bool,
    /// `15W`: the ones from Monday to Friday that are nearest to these days, in the same month.
    pub(super) workdays_near: u64,
}

/// The days of the week that a field names, each as a bit from 1, Sunday.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DaysOfWeek {
    pub(super) is_any: bool,
    pub(super) weekdays: u64,
    /// `6L`: the last one of its kind in the month.
    pub(super) last: u64,
    /// `6#3`: the third one of its kind in the month.
    pub(super) nth: [u64; 5],
}

impl YearKind {
    pub(super) const COUNT: usize = 14;

    /// The kind of a year.
    pub(super) fn of(year: i32) -> Self {
        let first = NaiveDate::from_ymd_opt(year, 1, 1);
        Self {
            is_leap: first.is_some_and(|first| first.leap_year()),
            begin: first.map_or(0, |first| first.weekday().num_days_from_sunday()),
        }
    }

    pub(super) fn all() -> impl Iterator<Item = Self> {
        [false, true]
            .into_iter()
            .flat_map(|is_leap| (0..7).map(move |begin| Self { is_leap, begin }))
    }

    pub(super) fn index(self) -> usize {
        self.begin as usize + if self.is_leap { 7 } else { 0 }
    }

    /// A month, from 1.
    pub(super) fn month(self, month: u32) -> Month {
        let length = |month| match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(self.is_leap),
            _ => 31,
        };
        Month {
            length: length(month),
            begin: (self.begin + (1..month).map(length).sum::<u32>()) % 7,
        }
    }
}

impl Month {
    fn weekday(self, day: u32) -> u32 {
        (self.begin + day - 1) % 7 + 1
    }

    /// All its days.
    fn all(self) -> u64 {
        (2 << self.length) - 2
    }

    /// The day from Monday to Friday that is nearest to a day, within the month.
    fn workday_near(self, near: u32) -> u64 {
        if near > self.length {
            return 0;
        }
        1 << match self.weekday(near) {
            SATURDAY if near == 1 => near + 2,
            SATURDAY => near - 1,
            SUNDAY if near == self.length => near - 2,
            SUNDAY => near + 1,
            _ => near,
        }
    }
}

impl DaysOfMonth {
    /// The days of a month.
    pub(super) fn within(&self, month: Month) -> u64 {
        if self.is_any {
            return month.all();
        }
        let mut days = self.days & month.all();
        if self.has_last {
            days |= 1 << month.length;
        }
        if self.has_last_workday {
            days |= month.workday_near(month.length);
        }
        let near = (1..=month.length).filter(|day| self.workdays_near >> day & 1 == 1);
        near.fold(days, |days, near| days | month.workday_near(near))
    }
}

impl DaysOfWeek {
    /// The days of a month.
    pub(super) fn within(&self, month: Month) -> u64 {
        if self.is_any {
            return month.all();
        }
        let fits = |day: &u32| {
            let nth = self.nth[(*day as usize - 1) / 7];
            let last = if day + 7 > month.length { self.last } else { 0 };
            (self.weekdays | nth | last) >> month.weekday(*day) & 1 == 1
        };
        (1..=month.length).filter(fits).map(|day| 1 << day).sum()
    }
}

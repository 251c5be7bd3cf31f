//! The fields of a cron line: their ranges, names and values.

use std::collections::BTreeSet;

/// A field with values of one range, some with names.
pub(super) struct Field {
    least: u32,
    pub(super) most: u32,
    names: &'static [&'static str],
    /// True if a range may begin near its end and go on at its beginning, as in `22-2`.
    wraps: bool,
}

const MONTH_NAMES: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAY_NAMES: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(super) const SECONDS: Field = Field::new(0, 59, &[]);
pub(super) const MINUTES: Field = Field::new(0, 59, &[]);
pub(super) const HOURS: Field = Field::new(0, 23, &[]);
pub(super) const DAYS: Field = Field::new(1, 31, &[]);
pub(super) const MONTHS: Field = Field::new(1, 12, MONTH_NAMES);
pub(super) const WEEKDAYS: Field = Field::new(1, 7, WEEKDAY_NAMES);
pub(super) const YEARS: Field = Field {
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
    pub(super) fn values(&self, field: &str) -> Result<BTreeSet<u32>, String> {
        let mut values = BTreeSet::new();
        for part in parts(field)? {
            values.extend(self.range(part)?);
        }
        Ok(values)
    }

    /// The values of a part: `5`, `1-5` or `*`, each of which may have a step: `10/15`, `1-5/2`, `*/10`.
    pub(super) fn range(&self, part: &str) -> Result<BTreeSet<u32>, String> {
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

    pub(super) fn value(&self, text: &str) -> Result<u32, String> {
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

/// The parts of a field between commas. Words for any value stand alone.
pub(super) fn parts(field: &str) -> Result<impl Iterator<Item = &str>, String> {
    let parts = || field.split(',');
    if parts().any(|part| matches!(part, "*" | "?")) && parts().count() > 1 {
        return Err(format!("{field}: * and ? stand alone"));
    }
    Ok(parts())
}

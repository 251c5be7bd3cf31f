//! Cron lines, compared with a walk over the days that looks each one up.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{App, PROJECT, cases};

/// The days over which the model walks: a leap day that is a Monday comes after 28 years, or 40 across 2100.
const MOST_DAYS: u64 = 41 * 366;

/// A field: its text, and the values that it selects.
type Field = (String, Vec<u32>);

fn field(least: u32, most: u32) -> impl Strategy<Value = Field> {
    let value = least..=most;
    prop_oneof![
        3 => Just(("*".to_owned(), (least..=most).collect())),
        3 => value.clone().prop_map(|one| (one.to_string(), vec![one])),
        1 => (value.clone(), value.clone()).prop_map(|(a, b)| {
            let (from, to) = (a.min(b), a.max(b));
            (format!("{from}-{to}"), (from..=to).collect())
        }),
        1 => (value.clone(), 1..=most).prop_map(move |(from, by)| {
            let values = (from..=most).step_by(by as usize);
            (format!("{from}/{by}"), values.collect())
        }),
        1 => proptest::collection::btree_set(value, 1..4).prop_map(|values| {
            let texts: Vec<_> = values.iter().map(u32::to_string).collect();
            (texts.join(","), values.into_iter().collect())
        }),
    ]
}

/// A day field: its text, and a function that tells if a date fits.
#[derive(Clone, Debug)]
enum DayField {
    Values(Field),
    Last,
    LastWorkday,
    WorkdayNear(u32),
}

#[derive(Clone, Debug)]
enum WeekdayField {
    Values(Field),
    Last(u32),
    Nth(u32, u32),
}

/// 1 is Sunday.
fn number(date: NaiveDate) -> u32 {
    date.weekday().number_from_sunday()
}

fn days_in_month(date: NaiveDate) -> u32 {
    let next = date.with_day(1).unwrap() + chrono::Months::new(1);
    next.pred_opt().unwrap().day()
}

fn is_workday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

impl DayField {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            5 => field(1, 31).prop_map(Self::Values),
            1 => Just(Self::Last),
            1 => Just(Self::LastWorkday),
            1 => (1..=31_u32).prop_map(Self::WorkdayNear),
        ]
    }

    fn text(&self) -> String {
        match self {
            Self::Values((text, _)) => text.clone(),
            Self::Last => "L".to_owned(),
            Self::LastWorkday => "LW".to_owned(),
            Self::WorkdayNear(day) => format!("{day}W"),
        }
    }

    fn fits(&self, date: NaiveDate) -> bool {
        let of_month = (1..=days_in_month(date)).map(|day| date.with_day(day).unwrap());
        let mut workdays = of_month.filter(|day| is_workday(*day));
        match self {
            Self::Values((_, values)) => values.contains(&date.day()),
            Self::Last => date.day() == days_in_month(date),
            Self::LastWorkday => workdays.next_back() == Some(date),
            Self::WorkdayNear(day) => {
                *day <= days_in_month(date)
                    && workdays.min_by_key(|workday| workday.day().abs_diff(*day)) == Some(date)
            }
        }
    }
}

impl WeekdayField {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            3 => Just(Self::Values(("?".to_owned(), (1..=7).collect()))),
            3 => field(1, 7).prop_map(Self::Values),
            1 => (1..=7_u32).prop_map(Self::Last),
            1 => (1..=7_u32, 1..=5_u32).prop_map(|(day, n)| Self::Nth(day, n)),
        ]
    }

    fn text(&self) -> String {
        match self {
            Self::Values((text, _)) => text.clone(),
            Self::Last(day) => format!("{day}L"),
            Self::Nth(day, n) => format!("{day}#{n}"),
        }
    }

    fn fits(&self, date: NaiveDate) -> bool {
        match self {
            Self::Values((_, values)) => values.contains(&number(date)),
            Self::Last(day) => number(date) == *day && date.day() + 7 > days_in_month(date),
            Self::Nth(day, n) => number(date) == *day && date.day().div_ceil(7) == *n,
        }
    }
}

/// The first time after another at which a line of these fields fires.
fn first(
    after: NaiveDateTime,
    seconds: &Field,
    minutes: &Field,
    hours: &Field,
    days: &DayField,
    months: &Field,
    weekdays: &WeekdayField,
) -> Option<NaiveDateTime> {
    let mut times = Vec::new();
    for hour in &hours.1 {
        for minute in &minutes.1 {
            for second in &seconds.1 {
                times.push(NaiveTime::from_hms_opt(*hour, *minute, *second).unwrap());
            }
        }
    }
    let dates = (0..MOST_DAYS).map(|n| after.date() + Days::new(n));
    let mut fitting = dates.filter(|date| {
        months.1.contains(&date.month()) && weekdays.fits(*date) && days.fits(*date)
    });
    fitting.find_map(|date| {
        let mut later = times.iter().map(|time| date.and_time(*time));
        later.find(|at| *at > after)
    })
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn the_next_start_is_the_first_time_that_fits(
        (seconds, minutes, hours) in (field(0, 59), field(0, 59), field(0, 23)),
        (days, months, weekdays) in (DayField::any(), field(1, 12), WeekdayField::any()),
        start in 0..1_000_000_000_i64,
    ) {
        let line = format!("{} {} {} {} {} {}", seconds.0, minutes.0, hours.0, days.text(), months.0, weekdays.text());
        let now = DateTime::<Utc>::from_timestamp(1_767_268_800 + start, 0).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (status, next) = runtime.block_on(next_start(&line, now));

        let expected = first(now.naive_utc(), &seconds, &minutes, &hours, &days, &months, &weekdays);
        match expected {
            Some(at) => {
                prop_assert_eq!(status, 200, "{}: {}", line, next);
                prop_assert_eq!(&next["time"], &json!(at.and_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()), "{}", line);
            }
            None => prop_assert!(status == 400 || next.is_null(), "{line}: {next}"),
        }
    }

    #[test]
    fn a_line_of_any_text_is_set_or_refused(line in "([0-9*?/,#LW-]|SUN|JAN|[0-9]{1,4}| | | ){0,40}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let now = DateTime::<Utc>::from_timestamp(1_767_268_800, 0).unwrap();
        let (status, next) = runtime.block_on(next_start(&line, now));
        prop_assert!(matches!(status, 200 | 400), "{line}: {status} {next}");
    }
}

/// Sets a line as the schedule of a pipeline. Returns the status of the answer, and the next change.
async fn next_start(line: &str, now: DateTime<Utc>) -> (u16, Value) {
    let state = json!({"servicestage": {"projects": [{"id": PROJECT, "pipelines": [
        {"id": "p", "name": "shop", "pipeline_declaration": {"stages": [{"name": "s", "tasks": [{"name": "t"}]}]}}]}]}});
    let app = App::build(
        |settings| settings.freeze = Some(now.timestamp_millis()),
        &state,
    );
    let hook = json!({"schedule": line, "timezone_operator": "+", "timezone_hour": 0});
    let policy = json!({"strategy_type": 1, "hooks": [hook]});
    let hooks = format!("/v3/{PROJECT}/pipeline/pipelines/p/hooks");
    let status = app.post(&hooks, policy).await.status;
    let timeline = app
        .get("/_emulator/v1/resources/pipelines/p/timeline")
        .await;
    (status, timeline.assert_status(200)["next"].clone())
}

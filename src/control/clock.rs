//! The world's clock.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::dialect::{Control, json};
use crate::http::extract::Json;
use crate::http::json::object;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::registry::advance::{AdvanceError, AdvanceTarget};
use crate::registry::course::Course;
use crate::sim::clock::{ClockReading, ClockUpdate, InvalidInstant, Mode};
#[cfg(test)]
use crate::sim::scripts::FamilyName;
use crate::sim::time::{not_rfc3339, parse_rfc3339, rfc3339};
use crate::sim::{Millis, Transition};
use crate::world::settings::is_pace;

/// The longest advance: ten years, in milliseconds.
const FURTHEST: Millis = 10 * 366 * 86_400_000;

/// The usual bound of an advance to a target: a day, in milliseconds.
const USUAL_BOUND: Millis = 86_400_000;

/// The most transitions that an advance returns.
const MOST_TRANSITIONS: usize = 1_000;

/// The clock of a world, with what keeps it from going on as it should.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ShownClock))]
pub(super) struct ShownClock {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// `running`, or `frozen` until it is set or advanced.
    mode: Mode,
    /// Virtual seconds per real second while it runs.
    pace: f64,
    /// The milliseconds that the clock has given up since it was set, because what was due took longer than it had for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(minimum = 1, nullable = false, value_type = i64))]
    behind_ms: Option<Millis>,
    /// The advance or setting that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    advance: Option<AdvanceUnderWay>,
}

/// An advance or a setting of the clock that is under way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub(super) struct AdvanceUnderWay {
    /// The instant that it goes to, RFC 3339; with `until`, the last one that it may go to.
    target: String,
    /// The number of transitions so far.
    transitions: u64,
}

/// Shows the clock.
///
/// The virtual time of the world, and whether and how fast it runs. While an advance is under way, `now` is the instant that
/// it has reached, as of which all requests are answered.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/clock", operation_id = "ShowClock", tag = "control",
    responses((status = 200, body = ShownClock))))]
pub(super) async fn show_clock(State(Control(world)): State<Control>) -> Response {
    let under_way = world.course_under_way();
    let advance = under_way.and_then(|progress| {
        Some(AdvanceUnderWay {
            target: rfc3339(progress.target()?),
            transitions: progress.n_transitions(),
        })
    });
    // A clock stops before a timer that has not fired.
    let ClockReading { now, mode, pace } = world.read(|_, _| world.clock());
    let shown = ShownClock {
        now: rfc3339(now),
        mode,
        pace,
        behind_ms: Some(world.behind()).filter(|behind| *behind > 0),
        advance,
    };
    json(StatusCode::OK, &shown)
}

/// A change to the clock; absent fields stay as they are.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct ClockSetting {
    /// The instant to go to, RFC 3339, not before the present one, and at most ten years after it.
    #[cfg_attr(test, schema(format = DateTime))]
    now: Option<String>,
    /// The movement from there on.
    mode: Option<Mode>,
    /// Virtual seconds per real second: over 0, at most 1,000,000.
    #[cfg_attr(test, schema(exclusive_minimum = 0, maximum = 1_000_000))]
    pace: Option<f64>,
}

/// Sets the clock, and fires every timer that is due on the way.
///
/// It waits for an advance that is under way, and lets other requests in, as an advance does. Errors: 400 for an invalid
/// field; 409 for an instant in the past, since only a rewind or a reset moves the clock back, and if the world is reset meanwhile.
#[cfg_attr(test, utoipa::path(put, path = "/_emulator/v1/clock", operation_id = "SetClock", tag = "control",
    request_body(content = Option<ClockSetting>,
        example = json!({"now": "2035-06-01T00:00:00Z", "mode": "frozen"})), responses((status = 200, body = ClockReading),
    ProblemWith::<400>,
    ProblemWith::<409>)))]
pub(super) async fn set_clock(
    State(Control(world)): State<Control>,
    Json(setting): Json<ClockSetting>,
) -> Result<Response, Problem> {
    let now = setting.now.as_deref().map(|now| time("now", now));
    let update = ClockUpdate {
        now: now.transpose()?,
        by: 0,
        mode: setting.mode,
        pace: setting.pace.map(pace).transpose()?,
    };
    if update
        .now
        .is_some_and(|now| now - world.clock().now > FURTHEST)
    {
        let wrong =
            format!("now: must be from 0 to {FURTHEST} ms from the present instant, ten years");
        return Err(Problem::BadRequest(wrong));
    }
    let arrival = world.run(Course::setting(update).collecting(0)).await;
    Ok(json(StatusCode::OK, &arrival.reading?))
}

/// The length or the target of an advance: `ms` or `until`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ClockAdvance))]
pub(super) struct Advance {
    /// Milliseconds, from 0 to ten years.
    #[cfg_attr(test, schema(minimum = 0, maximum = 316_224_000_000_i64, value_type = Option<i64>))]
    ms: Option<Millis>,
    /// The target, in place of a length.
    until: Option<AdvanceUntil>,
    /// The most milliseconds of virtual time until the target, to ten years; absent: 86,400,000, a day.
    #[cfg_attr(test, schema(minimum = 0, maximum = 316_224_000_000_i64, value_type = Option<i64>))]
    within_ms: Option<Millis>,
    /// Stops at the first instant at which there have been that many transitions; absent: at none.
    #[cfg_attr(test, schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64))]
    max_transitions: Option<u64>,
}

/// The target of an advance.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(
    untagged,
    expecting = "must be next, idle, or an object with family, id and status"
)]
#[cfg_attr(test, schema(as = ClockTarget))]
pub(super) enum AdvanceUntil {
    Rest(UntilWord),
    Status(#[serde(deserialize_with = "object")] UntilStatus),
}

/// The next change of any resource (`next`), or the instant from which time alone moves no run (`idle`): all have ended,
/// wait for an approval, hang or are paused. Scheduled starts may be due.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, schema(as = ClockTargetWord))]
pub(super) enum UntilWord {
    Next,
    Idle,
}

/// A status of a resource.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = ClockTargetStatus))]
pub(super) struct UntilStatus {
    /// The family.
    #[cfg_attr(test, schema(value_type = FamilyName))]
    family: String,
    /// The resource's id; of an ASM release its uid.
    id: String,
    /// The status, as a code or a word.
    status: StatusText,
}

/// A status: a code such as 2, or a word such as `succeeded` or `SUCCESS`; `gone` for a mesh or release that is removed.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged, expecting = "must be a status, as a code or a word")]
#[cfg_attr(test, schema(as = ClockTargetText))]
pub(super) enum StatusText {
    Code(u8),
    Word(String),
}

impl From<AdvanceUntil> for AdvanceTarget {
    fn from(until: AdvanceUntil) -> Self {
        match until {
            AdvanceUntil::Rest(UntilWord::Next) => Self::Next,
            AdvanceUntil::Rest(UntilWord::Idle) => Self::Idle,
            AdvanceUntil::Status(UntilStatus { family, id, status }) => Self::Status {
                family,
                id,
                status: match status {
                    StatusText::Code(code) => code.to_string(),
                    StatusText::Word(word) => word,
                },
            },
        }
    }
}

/// The result of an advance.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ClockAdvanced))]
pub(super) struct Advanced {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// The transitions on the way, in the order of time; at most 1,000.
    transitions: Vec<Transition>,
    /// The number of further transitions.
    truncated: u64,
    /// The instant that it was to reach, RFC 3339, if it stopped before for `max_transitions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    stopped_before: Option<String>,
}

/// Moves the clock forward by a length, or until a target is reached.
///
/// Fires every timer that is due on the way, in order, and returns the transitions. With `until` the clock stops at the
/// first instant at which the target holds, at once if it does already. If the target is not reached within `within_ms`,
/// that is a 409 that says what is in the way, and the clock stays where it is; only runs that scheduled starts begin on
/// the way are not foreseen: then the clock stands at the last instant that was tried, which the text says.
///
/// A long advance lets other requests in, which are answered as of the instant that it has reached; another advance waits for
/// its end. It ends early where its client leaves. Errors: 400 for a length out of range, and for a status that the family
/// does not have; 404 for an unknown family or resource; 409, also if the world is reset meanwhile.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/clock/advance", operation_id = "AdvanceClock", tag = "control",
    request_body(content = Advance,
        example = json!({"ms": 2_000})), responses((status = 200, body = Advanced),
    ProblemWith::<400>,
    ProblemWith::<404>,
    ProblemWith::<409>)))]
pub(super) async fn advance_clock(
    State(Control(world)): State<Control>,
    Json(advance): Json<Advance>,
) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    for (field, length) in [("ms", advance.ms), ("within_ms", advance.within_ms)] {
        if length.is_some_and(|length| !(0..=FURTHEST).contains(&length)) {
            wrong.push(format!("{field}: must be from 0 to {FURTHEST}, ten years"));
        }
    }
    match (&advance.ms, &advance.until) {
        (None, None) => wrong.push("ms: is required, or until".to_owned()),
        (Some(_), Some(_)) => wrong.push("ms: goes without until".to_owned()),
        (Some(_), None) if advance.within_ms.is_some() => {
            wrong.push("within_ms: goes with until".to_owned());
        }
        _ => {}
    }
    if advance.max_transitions == Some(0) {
        wrong.push("max_transitions: must be at least 1".to_owned());
    }
    if !wrong.is_empty() {
        return Err(Problem::BadRequest(wrong.join("; ")));
    }
    let course = match advance.until {
        Some(until) => {
            let within = advance.within_ms.unwrap_or(USUAL_BOUND);
            Course::until(until.into(), within)
        }
        None => Course::setting(ClockUpdate {
            by: advance.ms.unwrap_or(0),
            ..ClockUpdate::default()
        }),
    };
    let course = course.collecting(MOST_TRANSITIONS);
    let course = course.at_most(advance.max_transitions.unwrap_or(u64::MAX));
    let arrival = world.run(course).await;
    let advanced = Advanced {
        now: rfc3339(arrival.reading?.now),
        transitions: arrival.transitions,
        truncated: arrival.truncated,
        stopped_before: arrival.stopped_before.map(rfc3339),
    };
    Ok(json(StatusCode::OK, &advanced))
}

impl From<AdvanceError> for Problem {
    fn from(error: AdvanceError) -> Self {
        match error {
            AdvanceError::Clock(invalid) => invalid.into(),
            AdvanceError::Unknown(unknown) => unknown.into(),
            AdvanceError::InvalidStatus(text) => Self::BadRequest(format!("until.status: {text}")),
            AdvanceError::Unreached(text) => Self::Conflict(text),
            AdvanceError::Reset => {
                Self::Conflict("the world was reset, and the clock with it".to_owned())
            }
        }
    }
}

/// Reads the instant in a field.
pub(super) fn time(field: &str, text: &str) -> Result<Millis, Problem> {
    parse_rfc3339(text)
        .ok_or_else(|| Problem::BadRequest(format!("{field}: {}", not_rfc3339(text))))
}

/// Returns the pace if a clock can run at it.
pub(super) fn pace(pace: f64) -> Result<f64, Problem> {
    if is_pace(pace) {
        return Ok(pace);
    }
    Err(Problem::BadRequest(
        "pace: must be over 0 and at most 1000000".to_owned(),
    ))
}

impl From<InvalidInstant> for Problem {
    fn from(invalid: InvalidInstant) -> Self {
        match invalid {
            InvalidInstant::Backwards(now) => Self::Conflict(format!(
                "now: the clock is already at {}; only POST /_emulator/v1/clock/rewind and a reset move it back",
                rfc3339(now)
            )),
            InvalidInstant::TooFar => {
                Self::BadRequest("the clock ends with the year 9999".to_owned())
            }
        }
    }
}

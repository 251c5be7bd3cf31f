//! The world's clock.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::{Control, json};
use crate::http::extract::Json;
use crate::http::problem::{Problem, ProblemWith};
use crate::sim::clock::{ClockReading, ClockUpdate, InvalidInstant, Mode};
use crate::sim::time::{not_rfc3339, parse_rfc3339, rfc3339};
use crate::sim::{Millis, Transition};
use crate::world::settings::is_pace;

/// The longest advance: ten years, in milliseconds.
const FURTHEST: Millis = 10 * 366 * 86_400_000;

/// The most transitions that an advance returns.
const MOST_TRANSITIONS: usize = 1_000;

/// Shows the clock.
#[utoipa::path(get, path = "/_emulator/v1/clock", operation_id = "ShowClock", tag = "control",
    responses((status = 200, body = ClockReading)))]
pub(super) async fn show_clock(State(Control(world)): State<Control>) -> Response {
    json(StatusCode::OK, &world.clock())
}

/// A change to the clock; absent fields stay as they are.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockSetting {
    /// The instant to go to, RFC 3339, not before the present one.
    #[schema(format = DateTime)]
    now: Option<String>,
    /// The movement from there on.
    mode: Option<Mode>,
    /// Virtual seconds per real second: over 0, at most 1,000,000.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    pace: Option<f64>,
}

/// Sets the clock, and fires every timer that is due on the way. Errors: 400; 409 for an instant in the past, since
/// only a reset moves the clock back.
#[utoipa::path(put, path = "/_emulator/v1/clock", operation_id = "SetClock", tag = "control",
    request_body(content = Option<ClockSetting>,
        example = json!({"now": "2040-06-01T00:00:00Z", "mode": "frozen"})), responses((status = 200, body = ClockReading),
    ProblemWith::<400>,
    ProblemWith::<409>))]
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
    let reading = world.set_clock(update, &mut |_| {})?;
    Ok(json(StatusCode::OK, &reading))
}

/// The length of an advance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockAdvance)]
pub(super) struct Advance {
    /// Milliseconds, from 0 to ten years.
    #[schema(minimum = 0, maximum = 316_224_000_000_i64, value_type = i64)]
    ms: Millis,
}

/// The result of an advance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockAdvanced)]
pub(super) struct Advanced {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// The transitions on the way, in the order of time; at most 1,000.
    transitions: Vec<Transition>,
    /// The number of further transitions.
    truncated: u64,
}

/// Moves the clock forward by exactly that time. Fires every timer that is due on the way, in order, and returns the
/// transitions. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/clock/advance", operation_id = "AdvanceClock", tag = "control",
    request_body(content = Advance,
        example = json!({"ms": 2_000})), responses((status = 200, body = Advanced),
    ProblemWith::<400>))]
pub(super) async fn advance_clock(
    State(Control(world)): State<Control>,
    Json(advance): Json<Advance>,
) -> Result<Response, Problem> {
    if !(0..=FURTHEST).contains(&advance.ms) {
        return Err(Problem::BadRequest(format!(
            "ms: must be from 0 to {FURTHEST}, ten years"
        )));
    }
    let (mut transitions, mut truncated) = (Vec::new(), 0);
    let reading = world.advance(advance.ms, &mut |transition| {
        if transitions.len() < MOST_TRANSITIONS {
            transitions.push(transition);
        } else {
            truncated += 1;
        }
    });
    let advanced = Advanced {
        now: rfc3339(reading?.now),
        transitions,
        truncated,
    };
    Ok(json(StatusCode::OK, &advanced))
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
                "now: the clock is already at {}; only POST /_emulator/v1/reset moves it back",
                rfc3339(now)
            )),
            InvalidInstant::TooFar => {
                Self::BadRequest("the clock ends with the year 9999".to_owned())
            }
        }
    }
}

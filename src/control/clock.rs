//! The world's clock.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use super::transition::TransitionBody;
use crate::http::extract::Json;
use crate::http::response;
use crate::sim::Millis;
use crate::sim::clock::{ClockReading, ClockUpdate, InvalidInstant, Mode};
use crate::world::settings::is_pace;
use crate::world::time::parse_rfc3339;
use crate::world::time::rfc3339;

/// The furthest one advance may go: ten years, in milliseconds.
const FURTHEST: Millis = 10 * 366 * 86_400_000;

/// The most transitions an advance answers.
const MOST_TRANSITIONS: usize = 1_000;

/// What the clock shows and how it moves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub(super) struct ClockBody {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// Whether it moves by itself.
    mode: ModeWord,
    /// Virtual seconds per real second while it runs.
    pace: f64,
}

/// Whether a clock moves by itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ClockMode)]
enum ModeWord {
    Running,
    Frozen,
}

impl ClockBody {
    fn of(reading: ClockReading) -> Self {
        let mode = match reading.mode {
            Mode::Running => ModeWord::Running,
            Mode::Frozen => ModeWord::Frozen,
        };
        Self {
            now: rfc3339(reading.now),
            mode,
            pace: reading.pace,
        }
    }
}

/// The clock.
#[utoipa::path(get, path = "/_emulator/v1/clock", operation_id = "ShowClock", tag = "control",
    responses((status = 200, body = ClockBody)))]
pub(super) async fn show_clock(State(Control(world)): State<Control>) -> Response {
    response::json(
        StatusCode::OK,
        response::to_json(&ClockBody::of(world.clock()), 96),
    )
}

/// A change to the clock; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClockSetting {
    /// The instant to go to, RFC 3339, not before the present one.
    #[schema(format = DateTime)]
    now: Option<String>,
    /// Whether to move from there on.
    mode: Option<ModeWord>,
    /// Virtual seconds per real second: over 0, at most 1,000,000.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    pace: Option<f64>,
}

/// Sets the clock. Everything that is due on the way happens. Errors: 400; 409 for an instant in the past,
/// since time goes back only by a reset.
#[utoipa::path(put, path = "/_emulator/v1/clock", operation_id = "SetClock", tag = "control",
    request_body(content = Option<ClockSetting>,
        example = json!({"now": "2040-06-01T00:00:00Z", "mode": "frozen"})), responses((status = 200, body = ClockBody),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn set_clock(
    State(Control(world)): State<Control>,
    Json(setting): Json<ClockSetting>,
) -> Result<Response, Problem> {
    let now = setting.now.as_deref().map(|now| time("now", now));
    let mode = setting.mode.map(|mode| match mode {
        ModeWord::Running => Mode::Running,
        ModeWord::Frozen => Mode::Frozen,
    });
    let setting = ClockUpdate {
        now: now.transpose()?,
        mode,
        pace: setting.pace.map(pace).transpose()?,
    };
    let reading = world.set_clock(setting, &mut |_, _| {}).map_err(refused)?;
    Ok(response::json(
        StatusCode::OK,
        response::to_json(&ClockBody::of(reading), 96),
    ))
}

/// How far to advance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClockAdvance)]
pub(super) struct Advance {
    /// Milliseconds, from 0 to ten years.
    #[schema(minimum = 0, maximum = 316_224_000_000_i64, value_type = i64)]
    ms: Millis,
}

/// Where an advance led.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockAdvanced)]
pub(super) struct Advanced {
    /// The present instant, RFC 3339 in UTC.
    now: String,
    /// What changed on the way, in the order of time; at most 1,000.
    transitions: Vec<TransitionBody>,
    /// How many more there were.
    truncated: u64,
}

/// Moves the clock forward. Everything that is due on the way happens, in order, and is answered; it ends at
/// its target instant, whatever is still open. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/clock/advance", operation_id = "AdvanceClock", tag = "control",
    request_body(content = Advance,
        example = json!({"ms": 2_000})), responses((status = 200, body = Advanced),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
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
    let reading = world.advance(advance.ms, &mut |id, transition| {
        if transitions.len() < MOST_TRANSITIONS {
            transitions.push(TransitionBody::of(id, transition));
        } else {
            truncated += 1;
        }
    });
    let now = rfc3339(reading.map_err(refused)?.now);
    Ok(response::json(
        StatusCode::OK,
        response::to_json(
            &Advanced {
                now,
                transitions,
                truncated,
            },
            256,
        ),
    ))
}

/// The instant that a field says.
pub(super) fn time(field: &str, text: &str) -> Result<Millis, Problem> {
    parse_rfc3339(text)
        .ok_or_else(|| Problem::BadRequest(format!("{field}: {text} is no RFC 3339 time")))
}

/// A pace, if there can be one.
pub(super) fn pace(pace: f64) -> Result<f64, Problem> {
    if is_pace(pace) {
        return Ok(pace);
    }
    Err(Problem::BadRequest(
        "pace: must be over 0 and at most 1000000".to_owned(),
    ))
}

fn refused(refused: InvalidInstant) -> Problem {
    match refused {
        InvalidInstant::Backwards(now) => Problem::Conflict(format!(
            "now: it is {} already, and time goes back only by POST /_emulator/v1/reset",
            rfc3339(now)
        )),
        InvalidInstant::TooFar => {
            Problem::BadRequest("the clock ends with the year 9999".to_owned())
        }
    }
}

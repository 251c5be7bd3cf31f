//! Injected faults: adding, listing, removing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use super::problem::note_known;
use crate::http::context::add_hint;
use crate::http::extract::{Json, Path};
use crate::http::faults::rules::{Delay, Disconnect, Pattern, ResponseFault, Rule, StubResponse};
use crate::http::json::strict;
use crate::http::response;
use crate::registry;
use crate::sim::Millis;
use crate::sim::clock::system_now;
use crate::sim::fuzzy::nearest;
use crate::sim::glob::Glob;

/// A rule, as it is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Fault)]
pub(super) struct FaultBody {
    /// Which requests it is for; absent: all to emulated services.
    #[serde(default, rename = "match")]
    pattern: RequestPattern,
    /// What goes wrong.
    #[serde(rename = "do")]
    effect: Effect,
    /// How many requests it hits; absent: any number.
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    times: Option<u64>,
    /// How many that fit pass before the first is hit.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    after: Option<u64>,
    /// How likely one that fits is hit, from 0 to 1; absent: always.
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// What chance is drawn from: the same seed hits the same requests.
    #[schema(maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    seed: Option<u64>,
    /// For how long it holds, in milliseconds of real time; absent: until it is taken back.
    #[schema(minimum = 1, maximum = 31_536_000_000_i64, value_type = Option<i64>)]
    ttl_ms: Option<Millis>,
}

/// A rule, as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedFault)]
pub(super) struct FaultView {
    /// The rule's id.
    id: String,
    /// Which requests it is for.
    #[serde(rename = "match")]
    pattern: RequestPattern,
    /// What goes wrong.
    #[serde(rename = "do")]
    effect: Effect,
    /// How many requests it hits; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    times: Option<u64>,
    /// How many that fit pass before the first is hit; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<u64>,
    /// How likely one that fits is hit; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    probability: Option<f64>,
    /// What chance is drawn from; absent: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seed: Option<u64>,
    /// For how long it holds, in milliseconds of real time; absent: until it is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, nullable = false)]
    ttl_ms: Option<Millis>,
    /// How many requests it has hit so far.
    used: u64,
}

/// Which requests a rule is for: all that is given must hold. Texts are globs with `*` and `?`.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FaultMatch)]
pub(super) struct RequestPattern {
    /// `iam`, `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// The operation's id, as `GET /_emulator/v1/operations` lists it.
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    /// The path, as it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<String>,
}

/// What goes wrong; at least one thing must.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = FaultEffect)]
pub(super) struct Effect {
    /// The status answered in place of the service, in the family's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 200, maximum = 599)]
    status: Option<u16>,
    /// The code in the body; absent: the one that belongs to the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The text in the body; absent: the one that belongs to the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// How long the request waits first, in milliseconds of real time, up to an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<DelayBody>,
    /// Closes the connection: `before` the first byte of the answer, or `midway` in its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    drop: Option<Drop>,
    /// Makes the body unreadable.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    garbage: bool,
    /// How many bytes of the body go out in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    slow_bytes_per_s: Option<u64>,
}

/// How long a request waits first, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultDelay)]
#[serde(untagged)]
enum DelayBody {
    /// Always that long.
    Fixed(u64),
    /// Anything in between, alike.
    Uniform(#[serde(deserialize_with = "strict::deserialize")] Uniform),
    /// Log-normal.
    LogNormal(#[serde(deserialize_with = "strict::deserialize")] LogNormal),
}

/// Anything from `min` to `max`, alike.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultUniformDelay)]
#[serde(deny_unknown_fields)]
struct Uniform {
    #[schema(maximum = 3_600_000)]
    min: u64,
    #[schema(maximum = 3_600_000)]
    max: u64,
}

/// Half of the delays are below `median`; their logarithms are normally distributed with the deviation `sigma`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultLogNormalDelay)]
#[serde(deny_unknown_fields)]
struct LogNormal {
    #[schema(maximum = 3_600_000)]
    median: u64,
    #[schema(minimum = 0, maximum = 10)]
    sigma: f64,
}

/// When a connection is closed.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = FaultDrop)]
#[serde(rename_all = "lowercase")]
enum Drop {
    Before,
    Midway,
}

/// The methods that operations have.
const METHODS: [&str; 5] = ["GET", "HEAD", "POST", "PUT", "DELETE"];

/// The status of a rule that has only the code or the message of an answer.
const NO_STATUS: u16 = 0;

/// The longest a delay may be told to take, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The longest a rule may hold, in milliseconds.
const YEAR: Millis = 365 * 86_400_000;

impl FaultBody {
    fn rule(self, id: String) -> Result<Rule, Problem> {
        // `check` takes this status for an absent one.
        if self.effect.status == Some(NO_STATUS) {
            wrong("do.status: must be from 200 to 599")?;
        }
        let rule = Rule {
            id,
            pattern: self.pattern.into(),
            answer: self.effect.answer(),
            delay: self.effect.delay_ms.map(Delay::from),
            response_fault: self.effect.response_fault(),
            times: self.times,
            after: self.after.unwrap_or(0),
            probability: self.probability.unwrap_or(1.0),
            seed: self.seed.unwrap_or(0),
            ttl: self.ttl_ms,
            since: system_now(),
            matched: 0,
            injected: 0,
        };
        check(&rule)?;
        Ok(rule)
    }
}

/// Refuses a rule that has a value out of range, does nothing, or could never hit.
pub(crate) fn check(rule: &Rule) -> Result<(), Problem> {
    if rule.times == Some(0) {
        return wrong("times: must be at least 1");
    }
    if rule.ttl.is_some_and(|ttl| !(1..=YEAR).contains(&ttl)) {
        return wrong("ttl_ms: must be from 1 to 31536000000, a year");
    }
    if !(0.0..=1.0).contains(&rule.probability) {
        return wrong("probability: must be from 0 to 1");
    }
    check_effect(rule)?;
    check_pattern(&rule.pattern)
}

fn check_effect(rule: &Rule) -> Result<(), Problem> {
    match &rule.answer {
        None => {}
        Some(answer) if (200..=599).contains(&answer.status) => {}
        Some(answer) if answer.status == NO_STATUS && answer.code.is_some() => {
            return wrong("do.code: goes with a status");
        }
        Some(answer) if answer.status == NO_STATUS && answer.message.is_some() => {
            return wrong("do.message: goes with a status");
        }
        Some(_) => return wrong("do.status: must be from 200 to 599"),
    }
    let is_delay = match rule.delay {
        None => true,
        Some(Delay::Fixed(ms)) => ms <= HOUR,
        Some(Delay::Uniform(min, max)) => min <= max && max <= HOUR,
        Some(Delay::LogNormal { median, sigma }) => median <= HOUR && (0.0..=10.0).contains(&sigma),
    };
    if !is_delay {
        return wrong(
            "do.delay_ms: up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)",
        );
    }
    if rule.response_fault.bytes_per_s == Some(0) {
        return wrong("do.slow_bytes_per_s: must be at least 1");
    }
    if rule.answer.is_none() && rule.delay.is_none() && !rule.response_fault.is_any() {
        return wrong("do: give at least one of status, delay_ms, drop, garbage, slow_bytes_per_s");
    }
    Ok(())
}

/// Refuses a pattern that no request could match: probably a slip of the pen.
fn check_pattern(pattern: &Pattern) -> Result<(), Problem> {
    let (families, ids): (Vec<&str>, Vec<&str>) = registry::operations()
        .map(|operation| (operation.family.as_str(), operation.id.as_str()))
        .unzip();
    let fields = [
        ("family", "family", &pattern.family, &families[..]),
        ("operation", "operation", &pattern.operation, &ids),
        ("method", "operation's method", &pattern.method, &METHODS),
    ];
    for (field, noun, glob, known) in fields {
        let Some(glob) = glob else { continue };
        if known.iter().any(|known| glob.matches(known)) {
            continue;
        }
        if let Some(near) = nearest(glob.as_str(), known.iter().copied()) {
            add_hint(format!("did you mean {near}?"));
        }
        return Err(Problem::BadRequest(format!(
            "match.{field}: no {noun} is like that; see GET /_emulator/v1/operations"
        )));
    }
    Ok(())
}

fn wrong(detail: &str) -> Result<(), Problem> {
    Err(Problem::BadRequest(detail.to_owned()))
}

impl FaultView {
    fn of(rule: Rule) -> Self {
        let answer = rule.answer.unwrap_or_default();
        let delay = rule.delay.map(|delay| match delay {
            Delay::Fixed(ms) => DelayBody::Fixed(ms),
            Delay::Uniform(min, max) => DelayBody::Uniform(Uniform { min, max }),
            Delay::LogNormal { median, sigma } => DelayBody::LogNormal(LogNormal { median, sigma }),
        });
        let drop = rule
            .response_fault
            .disconnect
            .map(|disconnect| match disconnect {
                Disconnect::Before => Drop::Before,
                Disconnect::Midway => Drop::Midway,
            });
        let Pattern {
            family,
            operation,
            method,
            path,
            caller,
        } = rule.pattern;
        Self {
            id: rule.id,
            pattern: RequestPattern {
                family: family.map(Into::into),
                operation: operation.map(Into::into),
                method: method.map(Into::into),
                path: path.map(Into::into),
                caller: caller.map(Into::into),
            },
            effect: Effect {
                status: (answer.status > 0).then_some(answer.status),
                code: answer.code,
                message: answer.message,
                delay_ms: delay,
                drop,
                garbage: rule.response_fault.garbage,
                slow_bytes_per_s: rule.response_fault.bytes_per_s,
            },
            times: rule.times,
            after: (rule.after > 0).then_some(rule.after),
            probability: (rule.probability < 1.0).then_some(rule.probability),
            seed: (rule.seed > 0).then_some(rule.seed),
            ttl_ms: rule.ttl,
            used: rule.injected,
        }
    }
}

impl From<RequestPattern> for Pattern {
    fn from(pattern: RequestPattern) -> Self {
        Self {
            family: pattern.family.map(Glob::new),
            operation: pattern.operation.map(Glob::new),
            method: pattern.method.map(Glob::new),
            path: pattern.path.map(Glob::new),
            caller: pattern.caller.map(Glob::new),
        }
    }
}

impl From<DelayBody> for Delay {
    fn from(delay: DelayBody) -> Self {
        match delay {
            DelayBody::Fixed(ms) => Self::Fixed(ms),
            DelayBody::Uniform(Uniform { min, max }) => Self::Uniform(min, max),
            DelayBody::LogNormal(LogNormal { median, sigma }) => Self::LogNormal { median, sigma },
        }
    }
}

impl Effect {
    fn answer(&self) -> Option<StubResponse> {
        if self.status.is_none() && self.code.is_none() && self.message.is_none() {
            return None;
        }
        Some(StubResponse {
            status: self.status.unwrap_or(NO_STATUS),
            code: self.code.clone(),
            message: self.message.clone(),
        })
    }

    fn response_fault(&self) -> ResponseFault {
        ResponseFault {
            disconnect: self.drop.map(|drop| match drop {
                Drop::Before => Disconnect::Before,
                Drop::Midway => Disconnect::Midway,
            }),
            garbage: self.garbage,
            bytes_per_s: self.slow_bytes_per_s,
        }
    }
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Faults)]
pub(super) struct FaultsBody {
    /// In the order they were given; the first that hits a request decides.
    faults: Vec<FaultView>,
}

/// Lists the rules, and how many requests each has hit.
#[utoipa::path(get, path = "/_emulator/v1/faults", operation_id = "ListFaults", tag = "control",
    responses((status = 200, body = FaultsBody)))]
pub(super) async fn list_faults(State(Control(world)): State<Control>) -> Response {
    let rules = world.recorder().faults.rules().into_iter();
    let faults = rules.map(FaultView::of).collect();
    response::json(
        StatusCode::OK,
        response::to_json(&FaultsBody { faults }, 256),
    )
}

/// Adds a rule behind the others. It hits requests to emulated services that come from now on, never those to
/// `/_emulator`; what it hits names it in the header `x-emulator-fault`. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/faults", operation_id = "AddFault", tag = "control",
    request_body(content = FaultBody,
        example = json!({"match": {"operation": "ListPipelines"}, "do": {"status": 429}, "times": 1})), responses((status = 201, body = FaultView),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_fault(
    State(Control(world)): State<Control>,
    Json(body): Json<FaultBody>,
) -> Result<Response, Problem> {
    let rule = body.rule(world.request_ids().uuid(|_| false))?;
    world.recorder().faults.add(rule.clone());
    let text = response::to_json(&FaultView::of(rule), 256);
    Ok(response::json(StatusCode::CREATED, text))
}

/// Takes all rules back.
#[utoipa::path(delete, path = "/_emulator/v1/faults", operation_id = "ClearFaults", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_faults(State(Control(world)): State<Control>) -> Response {
    world.recorder().faults.clear();
    response::empty(StatusCode::NO_CONTENT)
}

/// Takes one rule back. Errors: 404.
#[utoipa::path(delete, path = "/_emulator/v1/faults/{id}", operation_id = "RemoveFault", tag = "control",
    responses((status = 204), (status = 404, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn remove_fault(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.recorder().faults.remove(&id) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        let rules = world.recorder().faults.rules();
        note_known("fault", &id, rules.iter().map(|rule| rule.id.as_str()));
        Err(Problem::NotFound(format!("fault {id}")))
    }
}

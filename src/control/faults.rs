//! What is to go wrong with requests from now on.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wildmatch::WildMatch;

use super::problem::note_known;
use super::{Control, Problem};
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

/// The longest a delay may be told to take, in milliseconds.
const HOUR: u64 = 3_600_000;

/// The longest a rule may hold, in milliseconds.
const YEAR: Millis = 365 * 86_400_000;

impl FaultBody {
    fn rule(self, id: String) -> Result<Rule, Problem> {
        let wrong = |what: &str| Err(Problem::BadRequest(what.to_owned()));
        if self.times == Some(0) {
            return wrong("times: must be at least 1");
        }
        if self.ttl_ms.is_some_and(|ttl| !(1..=YEAR).contains(&ttl)) {
            return wrong("ttl_ms: must be from 1 to 31536000000, a year");
        }
        let probability = self.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return wrong("probability: must be from 0 to 1");
        }
        let (answer, delay, response_fault) = self.effect.parts()?;
        Ok(Rule {
            id,
            pattern: self.pattern.checked()?,
            answer,
            delay,
            response_fault,
            times: self.times,
            after: self.after.unwrap_or(0),
            probability,
            seed: self.seed.unwrap_or(0),
            ttl: self.ttl_ms,
            since: system_now(),
            matched: 0,
            injected: 0,
        })
    }
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

impl RequestPattern {
    /// The pattern, if there is any request that it could be for: a slip of the pen would never hit.
    fn checked(self) -> Result<Pattern, Problem> {
        let fits = |pattern: &Option<String>, known: &[&str]| {
            pattern.as_ref().is_none_or(|pattern| {
                let pattern = WildMatch::new(pattern);
                known.iter().any(|known| pattern.matches(known))
            })
        };
        let (families, ids): (Vec<&str>, Vec<&str>) = registry::operations()
            .map(|known| (known.family.as_str(), known.id.as_str()))
            .unzip();
        let nothing = |field: &str, what: &str, said: &Option<String>, known: &[&str]| {
            let said = said.as_deref().unwrap_or_default();
            if let Some(near) = nearest(said, known.iter().copied()) {
                add_hint(format!("did you mean {near}?"));
            }
            Err(Problem::BadRequest(format!(
                "match.{field}: no {what} is like that; see GET /_emulator/v1/operations"
            )))
        };
        if !fits(&self.family, &families) {
            return nothing("family", "family", &self.family, &families);
        }
        if !fits(&self.operation, &ids) {
            return nothing("operation", "operation", &self.operation, &ids);
        }
        if !fits(&self.method, &METHODS) {
            return nothing("method", "operation's method", &self.method, &METHODS);
        }
        Ok(Pattern {
            family: self.family.map(Glob::new),
            operation: self.operation.map(Glob::new),
            method: self.method.map(Glob::new),
            path: self.path.map(Glob::new),
            caller: self.caller.map(Glob::new),
        })
    }
}

impl Effect {
    fn parts(self) -> Result<(Option<StubResponse>, Option<Delay>, ResponseFault), Problem> {
        let wrong = |what: &str| Err(Problem::BadRequest(what.to_owned()));
        let answer = match self.status {
            Some(status) if (200..=599).contains(&status) => Some(StubResponse {
                status,
                code: self.code,
                message: self.message,
            }),
            Some(_) => return wrong("do.status: must be from 200 to 599"),
            None if self.code.is_some() => return wrong("do.code: goes with a status"),
            None if self.message.is_some() => return wrong("do.message: goes with a status"),
            None => None,
        };
        let delay = match self.delay_ms {
            None => None,
            Some(DelayBody::Fixed(ms)) if ms <= HOUR => Some(Delay::Fixed(ms)),
            Some(DelayBody::Uniform(Uniform { min, max })) if min <= max && max <= HOUR => {
                Some(Delay::Uniform(min, max))
            }
            Some(DelayBody::LogNormal(LogNormal { median, sigma }))
                if median <= HOUR && (0.0..=10.0).contains(&sigma) =>
            {
                Some(Delay::LogNormal { median, sigma })
            }
            Some(_) => {
                return wrong(
                    "do.delay_ms: up to 3600000, as a number, as min and max, or as median and sigma (0 to 10)",
                );
            }
        };
        if self.slow_bytes_per_s == Some(0) {
            return wrong("do.slow_bytes_per_s: must be at least 1");
        }
        let response_fault = ResponseFault {
            disconnect: self.drop.map(|drop| match drop {
                Drop::Before => Disconnect::Before,
                Drop::Midway => Disconnect::Midway,
            }),
            garbage: self.garbage,
            bytes_per_s: self.slow_bytes_per_s,
        };
        if answer.is_none() && delay.is_none() && !response_fault.is_any() {
            return wrong(
                "do: give at least one of status, delay_ms, drop, garbage, slow_bytes_per_s",
            );
        }
        Ok((answer, delay, response_fault))
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

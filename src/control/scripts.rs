//! Outcomes to come: what work that starts from now on will come to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::Control;
use super::problem::Problem;
use super::problem::note_known;
use crate::http::extract::{Json, Path};
use crate::http::response;
use crate::sim::glob::Glob;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::{Pattern, ScriptRule, ScriptSequence, ScriptedOutcome, Work};
use crate::sim::{Millis, NEVER};

/// The families whose work can be scripted, and whose resources have timelines.
pub(super) const FAMILIES: [&str; 4] = ["asm", "plans", "pipelines", "zadig"];

/// A rule, as it is given. It says the same of each step (`outcome`, `message`, `takes_ms`, `times`), or one
/// thing after the other (`sequence`).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Script)]
pub(super) struct RuleBody {
    /// Which steps it is for; absent: all.
    #[serde(default, rename = "match")]
    pattern: PatternBody,
    /// How they end; absent: `succeed`, unless there is a `sequence`.
    outcome: Option<OutcomeWord>,
    /// Why they fail; goes with `fail` alone.
    message: Option<String>,
    /// How long they take, in milliseconds; absent: the usual length. Not with `hang`.
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    takes_ms: Option<Millis>,
    /// For how many steps it holds; absent: for any number.
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    times: Option<u64>,
    /// How one step after the other goes, in place of the four fields above; used up after the last.
    #[schema(min_items = 1)]
    sequence: Option<Vec<FateBody>>,
}

/// A rule, as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedScript)]
pub(super) struct RuleView {
    /// The rule's id.
    id: String,
    /// Which steps it is for.
    #[serde(rename = "match")]
    pattern: PatternBody,
    /// How they end; absent: one after the other, as `sequence` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outcome: Option<OutcomeWord>,
    /// Why they fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<String>,
    /// How long they take, in milliseconds; absent: the usual length.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, value_type = Option<i64>, nullable = false)]
    takes_ms: Option<Millis>,
    /// For how many steps it holds; absent: for any number, or for as many as `sequence` has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false)]
    times: Option<u64>,
    /// How one step after the other goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, nullable = false)]
    sequence: Option<Vec<FateBody>>,
    /// How many steps it decided so far.
    used: u64,
}

/// How one step of a sequence goes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScriptedStep)]
struct FateBody {
    /// How it ends; absent: `succeed`.
    #[serde(default)]
    outcome: OutcomeWord,
    /// Why it fails; goes with `fail` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// How long it takes, in milliseconds; absent: the usual length. Not with `hang`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    takes_ms: Option<Millis>,
}

/// Which steps a rule is for: all that is given must hold. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ScriptMatch)]
struct PatternBody {
    /// `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(asm|plans|pipelines|zadig)$")]
    family: Option<String>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The resource's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The step: a task, a component, an image, a chart; where there is none, the resource's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// What the step belongs to.
    work: WorkWord,
}

/// What a step belongs to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScriptedWork)]
enum WorkWord {
    #[default]
    Run,
    Rollback,
    Abort,
    Create,
    Delete,
}

/// How a step ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScriptedOutcome)]
enum OutcomeWord {
    #[default]
    Succeed,
    Fail,
    Hang,
}

impl RuleBody {
    fn rule(self, id: String) -> Result<ScriptRule, Problem> {
        let family = self.pattern.family.as_deref();
        if family.is_some_and(|family| !FAMILIES.contains(&family)) {
            return wrong("match.family: must be asm, plans, pipelines or zadig");
        }
        let pattern = self.pattern.clone().pattern();
        let says = self.says(pattern.work)?;
        Ok(ScriptRule {
            id,
            pattern,
            says,
            used: 0,
        })
    }

    /// What it says of steps of that work.
    fn says(self, work: Work) -> Result<ScriptSequence, Problem> {
        let Self {
            pattern: _,
            outcome,
            message,
            takes_ms,
            times,
            sequence,
        } = self;
        let Some(steps) = sequence else {
            if times == Some(0) {
                return wrong("times: must be at least 1");
            }
            let each = FateBody {
                outcome: outcome.unwrap_or_default(),
                message,
                takes_ms,
            };
            let fate = each.fate(work, "")?;
            return Ok(ScriptSequence::Repeat { fate, times });
        };
        if outcome.is_some() || message.is_some() || takes_ms.is_some() || times.is_some() {
            return wrong("sequence: goes without outcome, message, takes_ms and times");
        }
        if steps.is_empty() {
            return wrong("sequence: must have at least one outcome");
        }
        let steps = steps.into_iter().enumerate();
        let fates = steps.map(|(n, step)| step.fate(work, &format!("sequence[{n}].")));
        Ok(ScriptSequence::Sequence(fates.collect::<Result<_, _>>()?))
    }
}

impl RuleView {
    fn of(rule: &ScriptRule) -> Self {
        let empty = Self {
            id: rule.id.clone(),
            pattern: PatternBody::of(&rule.pattern),
            outcome: None,
            message: None,
            takes_ms: None,
            times: None,
            sequence: None,
            used: rule.used,
        };
        match &rule.says {
            ScriptSequence::Repeat { fate, times } => {
                let FateBody {
                    outcome,
                    message,
                    takes_ms,
                } = FateBody::of(fate);
                Self {
                    outcome: Some(outcome),
                    message,
                    takes_ms,
                    times: *times,
                    ..empty
                }
            }
            ScriptSequence::Sequence(fates) => Self {
                sequence: Some(fates.iter().map(FateBody::of).collect()),
                ..empty
            },
        }
    }
}

impl FateBody {
    /// What it says of a step of that work; `place` is where it stands in the body.
    fn fate(self, work: Work, place: &str) -> Result<ScriptedOutcome, Problem> {
        let wrong = |what: &str| wrong(&format!("{place}{what}"));
        match self.takes_ms {
            Some(takes) if takes < 0 => return wrong("takes_ms: must not be negative"),
            Some(NEVER) => return wrong("takes_ms: too long; what never ends has outcome hang"),
            Some(_) if self.outcome == OutcomeWord::Hang => {
                return wrong("takes_ms: goes with outcome succeed or fail");
            }
            _ => {}
        }
        let outcome = match (self.outcome, self.message) {
            (OutcomeWord::Fail, _) if work == Work::Abort => {
                return wrong("outcome: an abort cannot fail");
            }
            (OutcomeWord::Fail, message) => Outcome::Fail(message.unwrap_or_default().into()),
            (_, Some(_)) => return wrong("message: goes with outcome fail"),
            (OutcomeWord::Succeed, None) => Outcome::Succeed,
            (OutcomeWord::Hang, None) => return Ok(ScriptedOutcome::Hangs),
        };
        Ok(ScriptedOutcome::Ends {
            outcome,
            takes: self.takes_ms,
        })
    }

    fn of(fate: &ScriptedOutcome) -> Self {
        let (outcome, message, takes_ms) = match fate {
            ScriptedOutcome::Hangs => (OutcomeWord::Hang, None, None),
            ScriptedOutcome::Ends {
                outcome: Outcome::Succeed,
                takes,
            } => (OutcomeWord::Succeed, None, *takes),
            ScriptedOutcome::Ends {
                outcome: Outcome::Fail(message),
                takes,
            } => (OutcomeWord::Fail, Some(message.to_string()), *takes),
        };
        Self {
            outcome,
            message: message.filter(|message| !message.is_empty()),
            takes_ms,
        }
    }
}

impl PatternBody {
    fn pattern(self) -> Pattern {
        let Self {
            family,
            scope,
            name,
            step,
            work,
        } = self;
        Pattern {
            family,
            scope: scope.map(Glob::new),
            name: name.map(Glob::new),
            step: step.map(Glob::new),
            work: work.into(),
        }
    }

    fn of(pattern: &Pattern) -> Self {
        let Pattern {
            family,
            scope,
            name,
            step,
            work,
        } = pattern.clone();
        Self {
            family,
            scope: scope.map(Into::into),
            name: name.map(Into::into),
            step: step.map(Into::into),
            work: work.into(),
        }
    }
}

impl From<WorkWord> for Work {
    fn from(word: WorkWord) -> Self {
        match word {
            WorkWord::Run => Self::Run,
            WorkWord::Rollback => Self::Rollback,
            WorkWord::Abort => Self::Abort,
            WorkWord::Create => Self::Create,
            WorkWord::Delete => Self::Delete,
        }
    }
}

impl From<Work> for WorkWord {
    fn from(work: Work) -> Self {
        match work {
            Work::Run => Self::Run,
            Work::Rollback => Self::Rollback,
            Work::Abort => Self::Abort,
            Work::Create => Self::Create,
            Work::Delete => Self::Delete,
        }
    }
}

/// Refuses a script that could not be given over HTTP either.
pub(crate) fn check(script: &ScriptRule) -> Result<(), Problem> {
    let body = RuleView::of(script);
    let given = RuleBody {
        pattern: body.pattern,
        outcome: body.outcome,
        message: body.message,
        takes_ms: body.takes_ms,
        times: body.times,
        sequence: body.sequence,
    };
    given.rule(String::new()).map(drop)
}

fn wrong<T>(what: &str) -> Result<T, Problem> {
    Err(Problem::BadRequest(what.to_owned()))
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scripts)]
pub(super) struct RulesView {
    /// In the order they were given; the first that fits and is not used up decides.
    scripts: Vec<RuleView>,
    /// The ids of those that decided nothing so far.
    unused: Vec<String>,
}

/// Lists the rules with how many steps each decided so far, and apart those that decided none.
#[utoipa::path(get, path = "/_emulator/v1/scripts", operation_id = "ListScripts", tag = "control",
    responses((status = 200, body = RulesView)))]
pub(super) async fn list_scripts(State(Control(world)): State<Control>) -> Response {
    let body = world.read(|tables, _| RulesView {
        scripts: tables
            .shared
            .scripts
            .rules()
            .iter()
            .map(RuleView::of)
            .collect(),
        unused: tables
            .shared
            .scripts
            .unused()
            .map(|rule| rule.id.clone())
            .collect(),
    });
    response::json(StatusCode::OK, response::to_json(&body, 256))
}

/// Adds a rule behind the others. It decides steps of runs that start from now on: a run's steps are frozen
/// when it starts. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/scripts", operation_id = "AddScript", tag = "control",
    request_body(content = Option<RuleBody>,
        example = json!({
        "match": {"family": "pipelines", "step": "roll-out"}, "outcome": "fail", "message": "image not found",
        "takes_ms": 3_000, "times": 1})), responses((status = 201, body = RuleView),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_script(
    State(Control(world)): State<Control>,
    Json(body): Json<RuleBody>,
) -> Result<Response, Problem> {
    // Request ids are drawn for it, so that a script does not shift the ids of resources.
    let rule = body.rule(world.request_ids().uuid(|_| false))?;
    let text = response::to_json(&RuleView::of(&rule), 256);
    world.write(|tables, _| tables.shared.scripts.add(rule));
    Ok(response::json(StatusCode::CREATED, text))
}

/// Takes all rules back.
#[utoipa::path(delete, path = "/_emulator/v1/scripts", operation_id = "ClearScripts", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_scripts(State(Control(world)): State<Control>) -> Response {
    world.write(|tables, _| tables.shared.scripts.clear());
    response::empty(StatusCode::NO_CONTENT)
}

/// Takes one rule back. Errors: 404.
#[utoipa::path(delete, path = "/_emulator/v1/scripts/{id}", operation_id = "RemoveScript", tag = "control",
    responses((status = 204), (status = 404, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn remove_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.write(|tables, _| tables.shared.scripts.remove(&id)) {
        Ok(response::empty(StatusCode::NO_CONTENT))
    } else {
        world.read(|tables, _| {
            let rules = tables.shared.scripts.rules().iter();
            note_known("script", &id, rules.map(|rule| rule.id.as_str()));
        });
        Err(Problem::NotFound(format!("script {id}")))
    }
}

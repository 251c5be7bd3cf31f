//! Outcomes to come: what work that starts from now on will come to.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Control, Problem};
use crate::http::extract::{Json, Path};
use crate::http::render;
use crate::sim::Ms;
use crate::sim::lifecycle::Outcome;
use crate::sim::scripts::{Pattern, Rule, Work};

/// The families whose work can be scripted.
const FAMILIES: [&str; 4] = ["asm", "plans", "pipelines", "zadig"];

/// A rule, as it is given and as it is answered.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleBody {
    /// The rule's id; answered, not given.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    #[schema(read_only)]
    id: Option<String>,
    /// Which steps it is for; absent: all.
    #[serde(default, rename = "match")]
    pattern: PatternBody,
    /// How they end.
    #[serde(default)]
    outcome: OutcomeWord,
    /// Why they fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// How long they take, in milliseconds; absent: the usual length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, value_type = Option<i64>)]
    takes_ms: Option<Ms>,
    /// For how many steps it holds; absent: for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    times: Option<u64>,
    /// For how many steps it held so far; answered, not given.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    #[schema(read_only)]
    used: Option<u64>,
}

/// Which steps a rule is for: all that is given must hold. Texts are globs with `*` and `?`.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct PatternBody {
    /// `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The resource's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The step: a task, a component, an image, a chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<String>,
    /// What the step belongs to.
    work: WorkWord,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum WorkWord {
    #[default]
    Run,
    Rollback,
    Abort,
    Create,
    Delete,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OutcomeWord {
    #[default]
    Succeed,
    Fail,
}

impl RuleBody {
    fn rule(self, id: String) -> Result<Rule, Problem> {
        let wrong = |what: &str| Err(Problem::BadRequest(what.to_owned()));
        if self
            .pattern
            .family
            .as_deref()
            .is_some_and(|family| !FAMILIES.contains(&family))
        {
            return wrong("match.family: must be asm, plans, pipelines or zadig");
        }
        if self.takes_ms.is_some_and(|takes| takes < 0) {
            return wrong("takes_ms: must not be negative");
        }
        if self.times == Some(0) {
            return wrong("times: must be at least 1");
        }
        let outcome = match (self.outcome, self.message) {
            (OutcomeWord::Fail, message) => Outcome::Fail(message.unwrap_or_default().into()),
            (OutcomeWord::Succeed, None) => Outcome::Succeed,
            (OutcomeWord::Succeed, Some(_)) => return wrong("message: goes with outcome fail"),
        };
        let work = match self.pattern.work {
            WorkWord::Run => Work::Run,
            WorkWord::Rollback => Work::Rollback,
            WorkWord::Abort => Work::Abort,
            WorkWord::Create => Work::Create,
            WorkWord::Delete => Work::Delete,
        };
        if work == Work::Abort && outcome != Outcome::Succeed {
            return wrong("outcome: an abort cannot fail");
        }
        let PatternBody {
            family,
            scope,
            name,
            step,
            ..
        } = self.pattern;
        let pattern = Pattern {
            family,
            scope,
            name,
            step,
            work,
        };
        Ok(Rule {
            id,
            pattern,
            outcome,
            takes: self.takes_ms,
            times: self.times,
            used: 0,
        })
    }

    fn of(rule: &Rule) -> Self {
        let (outcome, message) = match &rule.outcome {
            Outcome::Succeed => (OutcomeWord::Succeed, None),
            Outcome::Fail(message) => (OutcomeWord::Fail, Some(message.to_string())),
        };
        let work = match rule.pattern.work {
            Work::Run => WorkWord::Run,
            Work::Rollback => WorkWord::Rollback,
            Work::Abort => WorkWord::Abort,
            Work::Create => WorkWord::Create,
            Work::Delete => WorkWord::Delete,
        };
        let Pattern {
            family,
            scope,
            name,
            step,
            ..
        } = rule.pattern.clone();
        Self {
            id: Some(rule.id.clone()),
            pattern: PatternBody {
                family,
                scope,
                name,
                step,
                work,
            },
            outcome,
            message: message.filter(|message| !message.is_empty()),
            takes_ms: rule.takes,
            times: rule.times,
            used: Some(rule.used),
        }
    }
}

/// The rules in force.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RulesBody {
    /// In the order they were given; the first that fits and is not used up decides.
    scripts: Vec<RuleBody>,
}

/// Lists the rules, and for how many steps each held so far.
#[utoipa::path(get, path = "/_emulator/v1/scripts", operation_id = "ListScripts", tag = "control",
    responses((status = 200, body = RulesBody)))]
pub(super) async fn list_scripts(State(Control(world)): State<Control>) -> Response {
    let scripts = world.read(|tables, _| tables.scripts.rules().iter().map(RuleBody::of).collect());
    render::json(StatusCode::OK, render::text(&RulesBody { scripts }, 256))
}

/// Adds a rule behind the others. It decides steps of runs that start from now on: a run's steps are frozen
/// when it starts. Errors: 400.
#[utoipa::path(post, path = "/_emulator/v1/scripts", operation_id = "AddScript", tag = "control",
    request_body = RuleBody, responses((status = 201, body = RuleBody),
    (status = 400, body = super::problem::ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_script(
    State(Control(world)): State<Control>,
    Json(body): Json<RuleBody>,
) -> Result<Response, Problem> {
    // Request ids are drawn for it, so that a script does not shift the ids of resources.
    let rule = body.rule(world.request_ids().uuid(|_| false))?;
    let text = render::text(&RuleBody::of(&rule), 256);
    world.write(|tables, _| tables.scripts.add(rule));
    Ok(render::json(StatusCode::CREATED, text))
}

/// Takes all rules back.
#[utoipa::path(delete, path = "/_emulator/v1/scripts", operation_id = "ClearScripts", tag = "control",
    responses((status = 204)))]
pub(super) async fn clear_scripts(State(Control(world)): State<Control>) -> Response {
    world.write(|tables, _| tables.scripts.clear());
    render::empty(StatusCode::NO_CONTENT)
}

/// Takes one rule back. Errors: 404.
#[utoipa::path(delete, path = "/_emulator/v1/scripts/{id}", operation_id = "RemoveScript", tag = "control",
    responses((status = 204), (status = 404, body = super::problem::ProblemBody,
    content_type = "application/problem+json")))]
pub(super) async fn remove_script(
    State(Control(world)): State<Control>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    if world.write(|tables, _| tables.scripts.remove(&id)) {
        Ok(render::empty(StatusCode::NO_CONTENT))
    } else {
        Err(Problem::NotFound(format!("script {id}")))
    }
}

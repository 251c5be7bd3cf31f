//! Release plans in the fixture format: the list item or the detail, plus the emulator's own facts.

use serde::{Deserialize, Serialize};

use super::model::batch_run::BatchRun;
use super::model::component::Component;
use super::model::plan::Plan;
use super::model::progress::{LastExecution, PlanProgress};
use super::model::spec::{PlanSpec, check_desc};
use super::model::vocabulary::{Action, FailStrategy, Status};
use super::table::Table;
use crate::families::servicestage::names::{check_name, name_after};
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::ValidationError;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::run_fixture::RunState;

/// A plan. Absent fields have the values of a new plan; the default name is derived from the id. Times are
/// milliseconds since the Unix epoch, 0 if not reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its id, unique among the plans of all projects.
    pub id: String,
    #[serde(default)]
    pub action: Option<Action>,
    /// The id of its swimlane.
    #[serde(default)]
    pub swimlane_id: Option<String>,
    /// Its description.
    #[serde(default)]
    pub desc: Option<String>,
    /// Its components. A fixture may omit the fields that no documented example shows.
    #[serde(default)]
    pub components: Option<Vec<RawJson>>,
    /// Its name, unique in the project.
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub fail_strategy: Option<FailStrategy>,
    /// Its status. It stays until a command acts, unless [`Emulator`] has its history.
    #[serde(default)]
    pub status: Option<Status>,
    #[serde(default)]
    pub create_time: Option<Millis>,
    #[serde(default)]
    pub modify_time: Option<Millis>,
    #[serde(default)]
    pub execute_time: Option<Millis>,
    #[serde(default)]
    pub creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<Emulator>,
}

/// The history behind a plan's status, which the documents do not show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emulator {
    /// The status given by a fixture before the rollback, if the execution is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Status>,
    /// The last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<BatchRunState>,
    /// The rollback that followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<BatchRunState>,
}

/// An execution or a rollback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRunState {
    /// The run. Its steps are the plan's components, by position; a run with nothing to do has one step more.
    pub run: RunState,
    /// The id of each component's job; empty if it has none.
    pub jobs: Vec<String>,
}

impl Table {
    /// Adds a plan from the fixture format.
    pub fn load(
        &mut self,
        project: &str,
        item: Item,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let id = item.id.clone();
        if id.is_empty() {
            return Err(ValidationError::new("id", "a text that is not empty"));
        }
        if self.contains(&id) {
            return Err(ValidationError::new(
                "id",
                format!("an id that no other plan has, not {id:?} again"),
            ));
        }
        let mut plan = item.plan(change_context.now)?;
        if self.has_name(project, &plan.spec.name) {
            let name = &plan.spec.name;
            return Err(ValidationError::new(
                "name",
                format!("a name that no other plan of the project has, not {name:?} again"),
            ));
        }
        plan.spec.give_ids(ids);
        self.insert(project, &id, plan, change_context);
        Ok(())
    }

    /// The plans of a project in the fixture format, oldest first.
    #[must_use]
    pub fn save(&self, project: &str, now: Millis) -> Vec<Item> {
        self.of(project)
            .map(|entry| Item::of(&entry.id, &entry.item, now))
            .collect()
    }
}

impl Item {
    fn plan(self, now: Millis) -> Result<Plan, ValidationError> {
        let name = self.name.unwrap_or_else(|| name_after(&self.id));
        check_name(&name)?;
        let desc = self.desc.unwrap_or_default();
        check_desc(&desc)?;
        let components = Component::stored(self.components.unwrap_or_default())?;
        let progress = plan_progress(self.emulator, self.status, components.len(), now)?;
        let started = match &progress.release {
            LastExecution::Done(batch_run) => batch_run.run.started(),
            LastExecution::Given(_) => 0,
        };
        Ok(Plan {
            action: self.action.unwrap_or(Action::Create),
            swimlane_id: self.swimlane_id.unwrap_or_default(),
            creator: self.creator.unwrap_or_else(|| UNKNOWN_CALLER.to_owned()),
            create_time: time("create_time", self.create_time, now)?,
            modify_time: time("modify_time", self.modify_time, 0)?,
            execute_time: time("execute_time", self.execute_time, started)?,
            spec: PlanSpec {
                name,
                desc,
                fail_strategy: self.fail_strategy.unwrap_or(FailStrategy::Stop),
                components,
            },
            progress,
        })
    }

    fn of(id: &str, plan: &Plan, now: Millis) -> Self {
        let spec = &plan.spec;
        let components = spec.components.iter().map(|it| it.text.clone());
        Self {
            id: id.to_owned(),
            action: Some(plan.action),
            swimlane_id: Some(plan.swimlane_id.clone()),
            desc: Some(spec.desc.clone()),
            components: Some(components.collect()),
            name: Some(spec.name.clone()),
            fail_strategy: Some(spec.fail_strategy),
            status: Some(plan.status(now)),
            create_time: Some(plan.create_time),
            modify_time: Some(plan.modify_time),
            execute_time: Some(plan.execute_time),
            creator: Some(plan.creator.clone()),
            emulator: Emulator::of(&plan.progress),
        }
    }
}

impl Emulator {
    /// The facts that do not follow from the status alone.
    fn of(progress: &PlanProgress) -> Option<Self> {
        let rollback = progress.rollback.as_ref().map(BatchRunState::of);
        match &progress.release {
            LastExecution::Done(batch_run) => Some(Self {
                given: None,
                execution: Some(BatchRunState::of(batch_run)),
                rollback,
            }),
            LastExecution::Given(status) if rollback.is_some() => Some(Self {
                given: Some(*status),
                execution: None,
                rollback,
            }),
            LastExecution::Given(_) => None,
        }
    }
}

impl BatchRunState {
    fn of(batch_run: &BatchRun) -> Self {
        Self {
            run: RunState::from(&batch_run.run),
            jobs: batch_run.jobs.clone(),
        }
    }

    fn restore(
        self,
        path: &str,
        n_components: usize,
        now: Millis,
    ) -> Result<BatchRun, ValidationError> {
        let run = self.run.restore(now);
        let run = run.map_err(|error| error.nested_in(format!("{path}.run")))?;
        if self.jobs.len() != n_components {
            let expected = format!("one for each of the {n_components} components");
            return Err(ValidationError::new(format!("{path}.jobs"), expected));
        }
        let n_steps = run.plan().steps.len();
        if n_steps != n_components && n_steps != n_components + 1 {
            let expected = format!("a step for each of the {n_components} components");
            return Err(ValidationError::new(format!("{path}.run.does"), expected));
        }
        let jobs = self.jobs;
        Ok(BatchRun { run, jobs })
    }
}

/// The progress of a plan: from its history if it has one, otherwise from its status.
fn plan_progress(
    known: Option<Emulator>,
    status: Option<Status>,
    n_components: usize,
    now: Millis,
) -> Result<PlanProgress, ValidationError> {
    let Emulator {
        given,
        execution,
        rollback,
    } = known.unwrap_or_default();
    let release = match (execution, given) {
        (Some(_), Some(_)) => {
            let expected = "nothing beside an execution";
            return Err(ValidationError::new("emulator.given", expected));
        }
        (Some(batch_run), None) => LastExecution::Done(
            batch_run
                .restore("emulator.execution", n_components, now)?
                .into(),
        ),
        (None, None) if rollback.is_some() => {
            let expected = "the status before the rollback";
            return Err(ValidationError::new("emulator.given", expected));
        }
        (None, given) => LastExecution::Given(given.or(status).unwrap_or(Status::Created)),
    };
    let restore =
        |batch_run: BatchRunState| batch_run.restore("emulator.rollback", n_components, now);
    Ok(PlanProgress {
        release,
        rollback: rollback.map(restore).transpose()?,
    })
}

/// A time in a fixture.
fn time(path: &str, given: Option<Millis>, absent: Millis) -> Result<Millis, ValidationError> {
    match given.unwrap_or(absent) {
        time if time >= 0 => Ok(time),
        time => Err(ValidationError::new(
            path,
            format!("milliseconds since the Unix epoch, not {time}"),
        )),
    }
}

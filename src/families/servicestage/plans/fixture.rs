//! Release plans in the fixture format: the documented detail, with the emulator's own knowledge under `emulator`.

use serde::{Deserialize, Serialize};

use super::model::batch_run::BatchRun;
use super::model::component::Component;
use super::model::plan::Plan;
use super::model::progress::{LastExecution, PlanProgress};
use super::model::spec::{PlanSpec, check_desc};
use super::model::vocabulary::{FailStrategy, PlanAction, PlanStatus};
use super::table::{Table, name_taken};
use crate::families::servicestage::names::{check_name, name_after};
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::RunRecord;
use crate::sim::transition::ChangeContext;
use crate::world::fixture::ValidationError;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::run_fixture::restore_run;

/// A plan. Absent fields have the values of a fresh plan; an absent name is made of the id. Times are milliseconds since
/// the Unix epoch, or 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFixture {
    /// Unique among the plans of all projects.
    pub id: String,
    pub action: Option<PlanAction>,
    pub swimlane_id: Option<String>,
    pub desc: Option<String>,
    /// The components. They may lack the fields that the documents show of no component.
    pub components: Option<Vec<RawJson>>,
    /// Unique in the project.
    pub name: Option<String>,
    pub fail_strategy: Option<FailStrategy>,
    /// The status until a command changes it, unless `emulator` contains the runs that led to it.
    pub status: Option<PlanStatus>,
    pub create_time: Option<Millis>,
    pub modify_time: Option<Millis>,
    pub execute_time: Option<Millis>,
    pub creator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<ProgressFixture>,
}

/// The runs that led to the status of a plan. The documents do not show them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressFixture {
    /// The given status before the rollback, if the last execution is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<PlanStatus>,
    /// The last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<BatchRunFixture>,
    /// The rollback of the last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<BatchRunFixture>,
}

/// An execution or a rollback.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRunFixture {
    /// The run. It has a step per component, by position, and one more if no component works.
    pub run: RunRecord,
    /// The job id of each component; empty without work.
    pub jobs: Vec<String>,
}

impl Table {
    /// Adds a plan from a fixture.
    pub fn load(
        &mut self,
        project: &str,
        fixture: PlanFixture,
        ids: &Ids,
        change_context: &mut ChangeContext,
    ) -> Result<(), ValidationError> {
        let id = fixture.id.clone();
        if id.is_empty() {
            return Err(ValidationError::new("id", "must not be empty"));
        }
        if self.contains(&id) {
            return Err(ValidationError::new("id", format!("duplicate {id:?}")));
        }
        let mut plan = fixture.into_plan(change_context.now)?;
        let name = &plan.spec.name;
        if self.named(project, name).is_some() {
            return Err(ValidationError::new("name", name_taken(name)));
        }
        plan.spec.give_ids(ids);
        self.insert(project, &id, plan, change_context);
        Ok(())
    }

    /// The plans of a project as fixtures, oldest first.
    pub fn save(&self, project: &str, now: Millis) -> Vec<PlanFixture> {
        self.of(project)
            .map(|entry| PlanFixture::new(&entry.id, &entry.item, now))
            .collect()
    }
}

impl PlanFixture {
    fn new(id: &str, plan: &Plan, now: Millis) -> Self {
        let spec = &plan.spec;
        let components = spec
            .components
            .iter()
            .map(|component| component.text.clone());
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
            emulator: ProgressFixture::new(&plan.progress),
        }
    }

    fn into_plan(self, now: Millis) -> Result<Plan, ValidationError> {
        let name = self.name.unwrap_or_else(|| name_after(&self.id));
        check_name(&name)?;
        let desc = self.desc.unwrap_or_default();
        check_desc(&desc)?;
        let components = Component::stored(self.components.unwrap_or_default())?;
        let progress = match self.emulator {
            Some(progress) => progress.restore(self.status, components.len(), now)?,
            None => PlanProgress::given(self.status.unwrap_or(PlanStatus::Created)),
        };
        let started = match &progress.release {
            LastExecution::Done(batch_run) => batch_run.run.started(),
            LastExecution::Given(_) => 0,
        };
        Ok(Plan {
            action: self.action.unwrap_or(PlanAction::Create),
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
}

impl ProgressFixture {
    /// The runs of a plan; absent if the status is all that is known.
    fn new(progress: &PlanProgress) -> Option<Self> {
        let rollback = progress.rollback.as_ref().map(BatchRunFixture::from);
        let (given, execution) = match &progress.release {
            LastExecution::Done(batch_run) => (None, Some((&**batch_run).into())),
            LastExecution::Given(status) if rollback.is_some() => (Some(*status), None),
            LastExecution::Given(_) => return None,
        };
        Some(Self {
            given,
            execution,
            rollback,
        })
    }

    fn restore(
        self,
        status: Option<PlanStatus>,
        n_components: usize,
        now: Millis,
    ) -> Result<PlanProgress, ValidationError> {
        let release = match (self.execution, self.given) {
            (Some(_), Some(_)) => {
                let wrong = "must be absent beside an execution";
                return Err(ValidationError::new("emulator.given", wrong));
            }
            (Some(execution), None) => {
                let batch_run = execution.restore("emulator.execution", n_components, now)?;
                LastExecution::Done(batch_run.into())
            }
            (None, None) if self.rollback.is_some() => {
                let wrong = "is required: the status before the rollback";
                return Err(ValidationError::new("emulator.given", wrong));
            }
            (None, given) => LastExecution::Given(given.or(status).unwrap_or(PlanStatus::Created)),
        };
        let rollback = match self.rollback {
            Some(rollback) => Some(rollback.restore("emulator.rollback", n_components, now)?),
            None => None,
        };
        Ok(PlanProgress { release, rollback })
    }
}

impl From<&BatchRun> for BatchRunFixture {
    fn from(batch_run: &BatchRun) -> Self {
        Self {
            run: batch_run.run.record().clone(),
            jobs: batch_run.jobs.clone(),
        }
    }
}

impl BatchRunFixture {
    fn restore(
        self,
        path: &str,
        n_components: usize,
        now: Millis,
    ) -> Result<BatchRun, ValidationError> {
        let run =
            restore_run(self.run, now).map_err(|error| error.nested_in(format!("{path}.run")))?;
        if self.jobs.len() != n_components {
            let wrong = format!("must have {n_components} entries, one per component");
            return Err(ValidationError::new(format!("{path}.jobs"), wrong));
        }
        let n_steps = run.record().steps.len();
        if n_steps != n_components && n_steps != n_components + 1 {
            let wrong = format!("must have {n_components} steps, one per component");
            return Err(ValidationError::new(format!("{path}.run.does"), wrong));
        }
        let jobs = self.jobs;
        Ok(BatchRun { run, jobs })
    }
}

fn time(path: &str, time: Option<Millis>, default: Millis) -> Result<Millis, ValidationError> {
    match time.unwrap_or(default) {
        time if time >= 0 => Ok(time),
        time => {
            let wrong = format!("must be milliseconds since the Unix epoch, not {time}");
            Err(ValidationError::new(path, wrong))
        }
    }
}

//! Release plans in the fixture format: the documented detail, with the emulator's own knowledge under `emulator`.

use serde::{Deserialize, Serialize};

use super::model::batch_run::BatchRun;
use super::model::component::Component;
use super::model::plan::Plan;
use super::model::progress::{LastExecution, PlanProgress};
use super::model::spec::{PlanSpec, check_desc};
use super::model::vocabulary::{FailStrategy, PlanAction, PlanStatus};
use crate::families::servicestage::names::{check_name, name_after};
use crate::http::json::RawJson;
use crate::sim::Millis;
use crate::sim::ids::Ids;
use crate::sim::lifecycle::RunRecord;
use crate::sim::time::{MAX_INSTANT, MIN_INSTANT};
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
    pub execution: Option<BatchRun<RunRecord>>,
    /// The rollback of the last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<BatchRun<RunRecord>>,
}

impl PlanFixture {
    pub fn new(id: &str, plan: &Plan, now: Millis) -> Self {
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
            status: Some(plan.progress.status(now)),
            create_time: Some(plan.create_time),
            modify_time: Some(plan.modify_time),
            execute_time: Some(plan.execute_time),
            creator: Some(plan.creator.clone()),
            emulator: ProgressFixture::new(&plan.progress),
        }
    }

    /// The plan. Components without an id receive one.
    pub fn plan(self, ids: &Ids, now: Millis) -> Result<Plan, ValidationError> {
        if self.id.is_empty() {
            return Err(ValidationError::new("id", "must not be empty"));
        }
        let name = self.name.unwrap_or_else(|| name_after(&self.id));
        check_name(&name)?;
        let desc = self.desc.unwrap_or_default();
        check_desc(&desc)?;
        let components = Component::stored(self.components.unwrap_or_default())?;
        let status = self.status.unwrap_or(PlanStatus::Created);
        let progress = self.emulator.unwrap_or_default();
        let progress = progress
            .restore(status, components.len(), now)
            .map_err(|error| error.nested_in("emulator"))?;
        let started = match &progress.release {
            LastExecution::Done(batch_run) => batch_run.run.started(),
            LastExecution::Given(_) => 0,
        };
        let mut spec = PlanSpec {
            name,
            desc,
            fail_strategy: self.fail_strategy.unwrap_or(FailStrategy::Stop),
            components,
        };
        spec.give_ids(ids);
        Ok(Plan {
            action: self.action.unwrap_or(PlanAction::Create),
            swimlane_id: self.swimlane_id.unwrap_or_default(),
            creator: self.creator.unwrap_or_else(|| UNKNOWN_CALLER.to_owned()),
            create_time: time("create_time", self.create_time, now)?,
            modify_time: time("modify_time", self.modify_time, 0)?,
            execute_time: time("execute_time", self.execute_time, started)?,
            spec,
            progress,
        })
    }
}

impl ProgressFixture {
    /// The runs of a plan; absent if the status is all that is known.
    fn new(progress: &PlanProgress) -> Option<Self> {
        let rollback = progress.rollback.as_ref().map(BatchRun::from);
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

    /// `status` is the plan's, which holds if no run is known.
    fn restore(
        self,
        status: PlanStatus,
        n_components: usize,
        now: Millis,
    ) -> Result<PlanProgress, ValidationError> {
        let restore = |path, batch_run: Option<BatchRun<RunRecord>>| {
            batch_run
                .map(|batch_run| batch_run.restore(n_components, now))
                .transpose()
                .map_err(|error| error.nested_in(path))
        };
        let wrong = match (&self.execution, self.given) {
            (Some(_), Some(_)) => Some("must be absent beside an execution"),
            (None, None) if self.rollback.is_some() => {
                Some("is required: the status before the rollback")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(ValidationError::new("given", wrong));
        }
        let release = match restore("execution", self.execution)? {
            Some(execution) => LastExecution::Done(execution.into()),
            None => LastExecution::Given(self.given.unwrap_or(status)),
        };
        let rollback = restore("rollback", self.rollback)?;
        Ok(PlanProgress { release, rollback })
    }
}

impl From<&BatchRun> for BatchRun<RunRecord> {
    fn from(batch_run: &BatchRun) -> Self {
        Self {
            run: batch_run.run.record().clone(),
            jobs: batch_run.jobs.clone(),
        }
    }
}

impl BatchRun<RunRecord> {
    fn restore(self, n_components: usize, now: Millis) -> Result<BatchRun, ValidationError> {
        let run = restore_run(self.run, now);
        let run = run.map_err(|error| error.nested_in("run"))?;
        if self.jobs.len() != n_components {
            let wrong = format!("must have {n_components} entries, one per component");
            return Err(ValidationError::new("jobs", wrong));
        }
        let n_steps = run.record().steps.len();
        if n_steps != n_components && n_steps != n_components + 1 {
            let wrong = format!("must have {n_components} steps, one per component");
            return Err(ValidationError::new("run.does", wrong));
        }
        let jobs = self.jobs;
        Ok(BatchRun { run, jobs })
    }
}

fn time(path: &str, time: Option<Millis>, default: Millis) -> Result<Millis, ValidationError> {
    match time.unwrap_or(default) {
        time if (MIN_INSTANT..=MAX_INSTANT).contains(&time) => Ok(time),
        time => {
            let wrong = format!(
                "must be milliseconds since the Unix epoch, in the years 0 to 9999, not {time}"
            );
            Err(ValidationError::new(path, wrong))
        }
    }
}

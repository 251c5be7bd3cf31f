//! A trigger policy, as it is given and as it is answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::action::{SelectedBody, select};
use crate::families::servicestage::pipelines::model::trigger_policy::{
    CronTrigger, InvalidTrigger, TriggerPolicy,
};
use crate::http::json::ValidationError;
use crate::sim::Millis;

/// A trigger policy, as it is given and as it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineTriggerPolicy)]
pub(crate) struct PolicyBody {
    /// 0: by hand; 1: scheduled.
    #[schema(minimum = 0, maximum = 1)]
    pub strategy_type: i64,
    /// When; required and not empty for 1.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    pub hooks: Vec<HookBody>,
    /// What is started. Absent or null: all tasks. Answered only if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_tasks: Option<Vec<SelectedBody>>,
}

/// When a pipeline is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineHook)]
pub(crate) struct HookBody {
    /// A cron line of six or seven fields, as Quartz writes them.
    pub schedule: String,
    /// `+` (default): east of UTC; `-`: west.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    pub timezone_operator: SignWord,
    /// How many hours from UTC, 0 (default) to 14.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    #[schema(minimum = 0, maximum = 14)]
    pub timezone_hour: i32,
}

/// East or west.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PipelineTimezoneSign)]
pub(crate) enum SignWord {
    /// East.
    #[default]
    #[serde(rename = "+")]
    East,
    /// West.
    #[serde(rename = "-")]
    West,
}

impl PolicyBody {
    /// Checks the policy, which takes effect at `now`. Errors: 400 with the JSON path.
    pub(crate) fn policy(self, now: Millis) -> Result<TriggerPolicy, ValidationError> {
        let scheduled = match self.strategy_type {
            0 => false,
            1 => true,
            other => {
                return Err(ValidationError::new(
                    "strategy_type",
                    format!("{other} is neither 0 nor 1"),
                ));
            }
        };
        let mut hooks = Vec::new();
        for (n, hook) in self.hooks.into_iter().enumerate() {
            let east = hook.timezone_operator == SignWord::East;
            hooks.push(
                CronTrigger::new(&hook.schedule, east, hook.timezone_hour).map_err(
                    |bad| match bad {
                        InvalidTrigger::Schedule(why) => {
                            ValidationError::new(format!("hooks[{n}].schedule"), why)
                        }
                        InvalidTrigger::Zone => ValidationError::new(
                            format!("hooks[{n}].timezone_hour"),
                            "must be from 0 to 14",
                        ),
                    },
                )?,
            );
        }
        if scheduled && hooks.is_empty() {
            return Err(ValidationError::new(
                "hooks",
                "must not be absent or empty with strategy_type 1",
            ));
        }
        Ok(TriggerPolicy::new(
            scheduled,
            hooks,
            self.selected_tasks.map(select),
            now,
        ))
    }

    /// Writes a policy down; without one it is by hand.
    pub(crate) fn of(policy: Option<&TriggerPolicy>) -> Self {
        let hook = |hook: &CronTrigger| HookBody {
            schedule: hook.schedule.clone(),
            timezone_operator: if hook.east {
                SignWord::East
            } else {
                SignWord::West
            },
            timezone_hour: hook.hours,
        };
        let selected = policy.and_then(|policy| policy.selected.as_ref());
        Self {
            strategy_type: policy.map_or(0, |policy| i64::from(policy.scheduled)),
            hooks: policy
                .into_iter()
                .flat_map(|policy| &policy.hooks)
                .map(hook)
                .collect(),
            selected_tasks: selected
                .map(|selected| selected.iter().map(SelectedBody::of).collect()),
        }
    }
}

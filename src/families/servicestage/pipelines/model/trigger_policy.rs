//! The trigger policy of a pipeline.

use chrono::FixedOffset;
use serde::{Deserialize, Serialize};

use super::cron_trigger::CronTrigger;
#[cfg(test)]
use super::execution::Trigger;
#[cfg(test)]
use super::selection::SelectedTasks;
use super::selection::TaskSelection;
use crate::http::json::ValidationError;
use crate::sim::heap::Heap;
use crate::sim::pack::{Pack, Packer, UnpackError, Unpacker, pack_enums, pack_structs};
use crate::sim::{Millis, NEVER};

/// The most schedules of a policy.
const MOST_HOOKS: usize = 100;

/// A trigger policy, in requests and responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PipelineTriggerPolicy))]
pub struct PolicySpec {
    /// 0: manual; 1: scheduled.
    #[cfg_attr(test, schema(value_type = Trigger))]
    strategy_type: i64,
    /// The schedules, at most 100; required and not empty if `strategy_type` is 1.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    #[cfg_attr(test, schema(max_items = 100))]
    hooks: Vec<Hook>,
    /// The tasks to start. Absent or null: all. Responses show it only if it was given.
    #[serde(default, skip_serializing_if = "TaskSelection::is_all")]
    #[cfg_attr(test, schema(value_type = Option<Vec<SelectedTasks>>))]
    selected_tasks: TaskSelection,
}

/// A schedule of starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PipelineHook))]
struct Hook {
    /// A cron line with the six or seven fields of Quartz.
    schedule: String,
    /// `+` (default): east of UTC; `-`: west.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    // No enum: generators of clients make a name of each value, and none of these.
    #[cfg_attr(test, schema(value_type = String, min_length = 1, max_length = 1, example = "+"))]
    timezone_operator: TimezoneSign,
    /// The offset from UTC in hours, 0 (default) to 14.
    #[serde(default, deserialize_with = "crate::http::json::default_if_null")]
    #[cfg_attr(test, schema(minimum = 0, maximum = 14))]
    timezone_hour: i32,
}

/// The direction of an offset from UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum TimezoneSign {
    /// East.
    #[default]
    #[serde(rename = "+")]
    East,
    /// West.
    #[serde(rename = "-")]
    West,
}

/// A trigger policy in effect.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerPolicy {
    spec: PolicySpec,
    /// The hooks of a scheduled policy, each with its next fire time.
    triggers: Vec<CronTrigger>,
}

/// A trigger has a set of numbers for each field of its line.
impl Heap for TriggerPolicy {
    fn heap(&self) -> usize {
        const OF_TRIGGER: usize = 1_024;
        let hooks = self.spec.hooks.iter();
        let hooks = hooks.map(|hook| size_of::<Hook>() + hook.schedule.heap());
        let hooks = hooks.sum::<usize>() + self.triggers.len() * OF_TRIGGER;
        hooks + self.spec.selected_tasks.heap()
    }
}

impl TriggerPolicy {
    /// Checks a policy that takes effect at `now`. Hooks are checked even if the policy does not schedule them.
    pub fn new(spec: PolicySpec, now: Millis) -> Result<Self, ValidationError> {
        let is_scheduled = match spec.strategy_type {
            0 => false,
            1 => true,
            other => {
                let expected = format!("must be 0 or 1, not {other}");
                return Err(ValidationError::new("strategy_type", expected));
            }
        };
        if spec.hooks.len() > MOST_HOOKS {
            let length = spec.hooks.len();
            let expected = format!("must have at most {MOST_HOOKS} schedules, not {length}");
            return Err(ValidationError::new("hooks", expected));
        }
        let mut triggers = Vec::new();
        for (n, hook) in spec.hooks.iter().enumerate() {
            let trigger = hook.trigger();
            triggers.push(trigger.map_err(|error| error.nested_in(format_args!("hooks[{n}]")))?);
        }
        if !is_scheduled {
            triggers.clear();
        } else if triggers.is_empty() {
            let expected = "must not be empty with strategy_type 1";
            return Err(ValidationError::new("hooks", expected));
        }
        for trigger in &mut triggers {
            trigger.advance_past(now);
        }
        Ok(Self { spec, triggers })
    }

    pub fn spec(&self) -> &PolicySpec {
        &self.spec
    }

    pub fn selection(&self) -> &TaskSelection {
        &self.spec.selected_tasks
    }

    /// The next scheduled start, or [`NEVER`].
    pub fn next(&self) -> Millis {
        let next = self.triggers.iter().map(|trigger| trigger.next).min();
        next.unwrap_or(NEVER)
    }

    /// The schedules that never fire again, each with its place.
    pub fn never_firing(&self) -> impl Iterator<Item = (usize, &str)> {
        let hooks = self.triggers.iter().zip(&self.spec.hooks).enumerate();
        hooks.filter_map(|(n, (trigger, hook))| {
            (trigger.next == NEVER).then_some((n, &*hook.schedule))
        })
    }

    /// Moves on to the first start after `now`.
    pub fn advance_past(&mut self, now: Millis) {
        for trigger in &mut self.triggers {
            if trigger.next <= now {
                trigger.advance_past(now);
            }
        }
    }
}

impl Hook {
    fn trigger(&self) -> Result<CronTrigger, ValidationError> {
        if !(0..=14).contains(&self.timezone_hour) {
            let (expected, actual) = ("must be from 0 to 14", self.timezone_hour);
            return Err(ValidationError::unlike("timezone_hour", expected, actual));
        }
        let seconds = self.timezone_hour * 3_600;
        let zone = match self.timezone_operator {
            TimezoneSign::East => FixedOffset::east_opt(seconds),
            TimezoneSign::West => FixedOffset::west_opt(seconds),
        };
        let zone = zone.expect("14 hours are less than a day");
        CronTrigger::new(&self.schedule, zone)
            .map_err(|error| ValidationError::new("schedule", error))
    }
}

pack_enums! {
    TimezoneSign { 0: East, 1: West }
}

pack_structs! {
    PolicySpec { strategy_type, hooks, selected_tasks }
    Hook { schedule, timezone_operator, timezone_hour }
}

/// The lines of the triggers are in the policy, and only their next fire times beside it.
impl Pack for TriggerPolicy {
    fn pack(&self, packer: &mut Packer) {
        self.spec.pack(packer);
        let next: Vec<Millis> = self.triggers.iter().map(|trigger| trigger.next).collect();
        next.pack(packer);
    }

    fn unpack(unpacker: &mut Unpacker) -> Result<Self, UnpackError> {
        let spec = PolicySpec::unpack(unpacker)?;
        let mut triggers = Vec::new();
        for (hook, next) in spec.hooks.iter().zip(Vec::unpack(unpacker)?) {
            let trigger = hook.trigger();
            let trigger = trigger.map_err(|_| UnpackError::Wrong("trigger policy"))?;
            triggers.push(CronTrigger { next, ..trigger });
        }
        Ok(Self { spec, triggers })
    }
}

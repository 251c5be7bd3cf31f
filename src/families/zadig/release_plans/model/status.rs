//! The statuses of a plan and of its jobs, with the changes that each generation allows.

#[cfg(test)]
use std::borrow::Cow;

use serde::{Deserialize, Serialize};
#[cfg(test)]
use strum::VariantArray;
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

#[cfg(test)]
use crate::http::Evidence;
#[cfg(test)]
use crate::http::attributes::evidence::{known_words, words};
use crate::sim::pack::pack_enums;
use crate::world::settings::ZadigGeneration;

/// The status of a plan.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ZadigPlanStatus {
    /// It is being written.
    #[default]
    Planning,
    /// It is written. Only since v4.1.
    FinishPlanning,
    /// Its approvers are asked.
    WaitForApproval,
    /// Its jobs can be executed.
    Executing,
    /// An approver has rejected it.
    Denied,
    /// Its window ended before its jobs did.
    Timeout,
    /// All of its jobs have ended, some of them perhaps by a failure.
    Success,
    /// It was given up.
    Cancel,
    /// An external system checks the end of planning. Only since v4.1, as are the following.
    WaitForFinishPlanningExternalCheck,
    WaitForFinishPlanningExternalCheckFailed,
    /// An external system checks the execution.
    WaitForExecuteExternalCheck,
    WaitForExecuteExternalCheckFailed,
    /// An external system checks the result.
    WaitForAllDoneExternalCheck,
    WaitForAllDoneExternalCheckFailed,
}

impl ZadigPlanStatus {
    /// The statuses that a user may give to a plan in this one.
    pub fn targets(self, generation: ZadigGeneration) -> &'static [Self] {
        use ZadigPlanStatus::{
            Cancel, Executing, FinishPlanning, Planning, Success, WaitForApproval,
        };
        let is_second = generation == ZadigGeneration::V4;
        match self {
            Planning if is_second => &[FinishPlanning],
            Planning => &[WaitForApproval, Executing],
            FinishPlanning => &[Planning, WaitForApproval, Executing],
            WaitForApproval if is_second => &[Planning, Executing, Cancel],
            WaitForApproval => &[Planning, Executing],
            Executing => &[Planning, Success, Cancel],
            Self::Denied | Self::Timeout if !is_second => &[Planning],
            Success | Cancel => &[],
            Self::Denied
            | Self::Timeout
            | Self::WaitForFinishPlanningExternalCheck
            | Self::WaitForFinishPlanningExternalCheckFailed
            | Self::WaitForExecuteExternalCheck
            | Self::WaitForExecuteExternalCheckFailed
            | Self::WaitForAllDoneExternalCheck
            | Self::WaitForAllDoneExternalCheckFailed => &[Planning, Cancel],
        }
    }

    /// True if the first generation has the status, too.
    pub fn is_of_both(self) -> bool {
        matches!(
            self,
            Self::Planning
                | Self::WaitForApproval
                | Self::Executing
                | Self::Denied
                | Self::Timeout
                | Self::Success
                | Self::Cancel
        )
    }

    /// True if PATCH may replace the plan.
    pub fn may_be_edited(self) -> bool {
        !matches!(
            self,
            Self::Success | Self::Executing | Self::WaitForApproval
        )
    }
}

#[cfg(test)]
impl PartialSchema for ZadigPlanStatus {
    fn schema() -> RefOr<Schema> {
        // The document shows one of them.
        let evidence = |status: &Self| match status {
            Self::Planning => Evidence::Documented,
            _ => Evidence::Observed,
        };
        let all = Self::VARIANTS.iter();
        words(
            "The status of a plan.",
            all.map(|status| (status.into(), evidence(status))),
        )
    }
}

#[cfg(test)]
impl ToSchema for ZadigPlanStatus {
    fn name() -> Cow<'static, str> {
        "ZadigReleasePlanStatus".into()
    }
}

/// The status of a job of a plan.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::Display,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum ZadigPlanJobStatus {
    /// The plan has never been executed.
    #[default]
    #[serde(rename = "")]
    #[strum(serialize = "")]
    New,
    /// It waits for its execution.
    Todo,
    /// Its workflow task is under way.
    Running,
    Done,
    Skipped,
    /// Its workflow task has failed.
    Failed,
}

impl ZadigPlanJobStatus {
    /// True if a plan can succeed with the job.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Failed)
    }
}

#[cfg(test)]
impl PartialSchema for ZadigPlanJobStatus {
    fn schema() -> RefOr<Schema> {
        // An empty word cannot be one of an enum, of which generators make names.
        let known = Self::VARIANTS.iter().filter(|status| **status != Self::New);
        let known = known.map(|status| (status.into(), Evidence::Observed));
        let description = "`todo`, `running`, `done`, `skipped` or `failed`; empty before the plan is executed for the \
                           first time.";
        known_words(description, known).into()
    }
}

#[cfg(test)]
impl ToSchema for ZadigPlanJobStatus {
    fn name() -> Cow<'static, str> {
        "ZadigReleasePlanJobStatus".into()
    }
}

pack_enums! {
    ZadigPlanStatus {
        0: Planning,
        1: FinishPlanning,
        2: WaitForApproval,
        3: Executing,
        4: Denied,
        5: Timeout,
        6: Success,
        7: Cancel,
        8: WaitForFinishPlanningExternalCheck,
        9: WaitForFinishPlanningExternalCheckFailed,
        10: WaitForExecuteExternalCheck,
        11: WaitForExecuteExternalCheckFailed,
        12: WaitForAllDoneExternalCheck,
        13: WaitForAllDoneExternalCheckFailed,
    }
    ZadigPlanJobStatus { 0: New, 1: Todo, 2: Running, 3: Done, 4: Skipped, 5: Failed }
}

//! The schemas of the numbers that stand for words: statuses and triggers.

#[cfg(test)]
use std::borrow::Cow;

#[cfg(test)]
use strum::VariantArray;
#[cfg(test)]
use utoipa::openapi::{RefOr, Schema};
#[cfg(test)]
use utoipa::{PartialSchema, ToSchema};

#[cfg(test)]
use crate::families::servicestage::pipelines::model::execution::Trigger;
#[cfg(test)]
use crate::families::servicestage::pipelines::model::status::PipelineStatus;
#[cfg(test)]
use crate::http::attributes::derived_schema::numbers;

/// The statuses with their codes, names and meanings.
#[cfg(test)]
fn statuses() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let statuses = PipelineStatus::VARIANTS.iter();
    statuses.map(|status| (status.code(), status.into(), status.meaning()))
}

#[cfg(test)]
impl PartialSchema for PipelineStatus {
    fn schema() -> RefOr<Schema> {
        numbers("The status of a pipeline, a stage or a task.", statuses())
    }
}

#[cfg(test)]
impl ToSchema for PipelineStatus {
    fn name() -> Cow<'static, str> {
        "PipelineStatus".into()
    }
}

/// The status of the approval before a stage.
#[cfg(test)]
pub(super) struct ApprovalStatus;

#[cfg(test)]
impl PartialSchema for ApprovalStatus {
    fn schema() -> RefOr<Schema> {
        let none = [(0, "NoApproval", "there is no approval")];
        numbers(
            "The status of the approval before a stage.",
            none.into_iter().chain(statuses()),
        )
    }
}

#[cfg(test)]
impl ToSchema for ApprovalStatus {
    fn name() -> Cow<'static, str> {
        "PipelineApprovalStatus".into()
    }
}

#[cfg(test)]
impl PartialSchema for Trigger {
    fn schema() -> RefOr<Schema> {
        let triggers = [
            (Self::Manual as u8, "Manual", "manual"),
            (Self::Scheduled as u8, "Scheduled", "scheduled"),
        ];
        numbers("The trigger of a start.", triggers)
    }
}

#[cfg(test)]
impl ToSchema for Trigger {
    fn name() -> Cow<'static, str> {
        "PipelineTriggerType".into()
    }
}

//! The schemas of the numbers that stand for words: statuses and triggers.

use std::borrow::Cow;

use strum::VariantArray;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::families::servicestage::pipelines::model::execution::Trigger;
use crate::families::servicestage::pipelines::model::status::PipelineStatus;
use crate::http::openapi::derived_schema::numbers;

/// The statuses with their codes, names and meanings.
fn statuses() -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let statuses = PipelineStatus::VARIANTS.iter();
    statuses.map(|status| (status.code(), status.into(), status.meaning()))
}

impl PartialSchema for PipelineStatus {
    fn schema() -> RefOr<Schema> {
        numbers("The status of a pipeline, a stage or a task.", statuses())
    }
}

impl ToSchema for PipelineStatus {
    fn name() -> Cow<'static, str> {
        "PipelineStatus".into()
    }
}

/// The status of the approval before a stage.
pub(super) struct ApprovalStatus;

impl PartialSchema for ApprovalStatus {
    fn schema() -> RefOr<Schema> {
        let none = [(0, "NoApproval", "there is no approval")];
        numbers(
            "The status of the approval before a stage.",
            none.into_iter().chain(statuses()),
        )
    }
}

impl ToSchema for ApprovalStatus {
    fn name() -> Cow<'static, str> {
        "PipelineApprovalStatus".into()
    }
}

impl PartialSchema for Trigger {
    fn schema() -> RefOr<Schema> {
        let triggers = [
            (Self::Manual as u8, "Manual", "manual"),
            (Self::Scheduled as u8, "Scheduled", "scheduled"),
        ];
        numbers("The trigger of a start.", triggers)
    }
}

impl ToSchema for Trigger {
    fn name() -> Cow<'static, str> {
        "PipelineTriggerType".into()
    }
}

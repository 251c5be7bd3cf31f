//! The families' part of the OpenAPI document: inferred parameters, and schemas of what is kept verbatim.

use utoipa::openapi::OpenApi;

use super::dialect::ServiceStage;
use super::paging::Paging;
use crate::families::huawei;
use crate::http::attributes::Declare;
use crate::http::attributes::derived_schema::declare_open;
use crate::http::attributes::evidence::{declare_inferred_parameters, declare_inferred_spellings};

/// The schemas of what is kept verbatim, so with the keys that the emulator does not know.
const VERBATIM: [&str; 10] = [
    "PipelineSource",
    "PipelineSourceHeader",
    "PipelineStage",
    "PipelineTask",
    "PipelineTaskType",
    "PipelineTemplateSource",
    "PipelineLatest",
    "ReleasePlanComponent",
    "ReleasePlanLabel",
    "ReleasePlanRequestedComponent",
];

impl Declare for ServiceStage {
    fn declare(api: &mut OpenApi) {
        huawei::declare(api);
        declare_inferred_parameters(api, &Paging::PARAMETERS);
        declare_spellings(api);
        declare_open(api, &VERBATIM);
    }
}

/// Declares that stages and tasks may be spelt as in the sibling API.
fn declare_spellings(api: &mut OpenApi) {
    let stage = ["approvalType", "displayName", "orderIndex"];
    declare_inferred_spellings(api, "PipelineStage", &stage);
    let task = ["displayName", "orderIndex", "taskGroup", "taskTypeId"];
    declare_inferred_spellings(api, "PipelineTask", &task);
}

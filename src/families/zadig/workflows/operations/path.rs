//! The workflow and the task in the path of a request, well-formed or not: the service takes bytes that are no text as they
//! are.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::query::decoded_path;

/// The key of a workflow.
#[derive(Debug)]
pub struct WorkflowPath(pub String);

/// The key of a workflow and the number of its task.
#[derive(Debug)]
pub struct TaskPath(pub (String, String));

/// The segments of a path from the workflow on.
fn segments(parts: &Parts) -> impl Iterator<Item = String> {
    let path = parts.uri.path();
    // After `/api/aslan/workflow/v4/workflowtask/manualexec/workflow`, or `/openapi/workflows/custom`.
    let n_fixed = if path.starts_with("/api/") { 8 } else { 4 };
    path.split('/').skip(n_fixed).map(decoded_path)
}

impl FromRequestParts<Zadig> for WorkflowPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Zadig) -> Result<Self, Infallible> {
        Ok(Self(segments(parts).next().unwrap_or_default()))
    }
}

impl FromRequestParts<Zadig> for TaskPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Zadig) -> Result<Self, Infallible> {
        let mut segments = segments(parts);
        let workflow_key = segments.next().unwrap_or_default();
        // Between them is the word `task`.
        let task_id = segments.nth(1).unwrap_or_default();
        Ok(Self((workflow_key, task_id)))
    }
}

//! The internal reads, by which the service's own pages show a plan, a job and the log.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::messages::PlanError;
#[cfg(test)]
use super::model::plan_log::ZadigPlanLog;
use super::operations::show_plan;
#[cfg(test)]
use super::wire::response::ZadigPlanDetail;
use super::wire::response::ZadigPlanJobView;
use crate::families::zadig::access::check_system_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::UntypedError;
use crate::families::zadig::extract::Id;
use crate::families::zadig::query::decoded_path;
use crate::families::zadig::response;
use crate::http::Caller;

/// The approximate size of a job, in bytes.
const JOB_SIZE: usize = 512;

/// The id in a path of an internal operation on a plan, and the part at its end: the status of a change, or a job.
#[derive(Debug)]
pub struct ZadigPlanPath {
    pub id: String,
    pub part: String,
}

impl FromRequestParts<Zadig> for ZadigPlanPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Zadig) -> Result<Self, Infallible> {
        let path = parts.uri.path().trim_start_matches('/');
        // After `api/aslan/release_plan/v1`; the service takes bytes that are no text as they are.
        let mut segments = path.split('/').skip(4).map(decoded_path);
        let id = segments.next().unwrap_or_default();
        let part = segments.nth(1).unwrap_or_default();
        Ok(Self { id, part })
    }
}

/// Shows a release plan, as the public operation does.
///
/// Errors: 401, 403, 500.
#[cfg_attr(test, utoipa::path(get, path = "/api/aslan/release_plan/v1/{id}", operation_id = "GetZadigReleasePlanInternally",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    responses(
        (status = 200, body = ZadigPlanDetail),
        (status = 500, body = UntypedError, description = "The plan does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("get_release_plan")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. inferred: the answer is that of the public operation, and the permission that of the log."))
    )))]
pub async fn get_plan_internally(
    zadig: State<Zadig>,
    caller: Caller,
    id: Id,
) -> Result<Response, Error> {
    check_system_role(&caller, "get_release_plan")?;
    show_plan(&zadig, &id)
}

/// Shows a job of a release plan, as the plan shows it.
///
/// Errors: 401, 403, 500.
#[cfg_attr(test, utoipa::path(get, path = "/api/aslan/release_plan/v1/{id}/job/{jobID}", operation_id = "GetZadigReleasePlanJob",
    tag = "zadig", params(
        ("id" = String, Path, description = "The plan's id."),
        ("jobID" = String, Path, description = "The job's id."),
    ),
    responses(
        (status = 200, body = ZadigPlanJobView),
        (status = 500, body = UntypedError, description = "The plan or the job does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, release_plan, read 2026-11")),
        ("x-action" = json!("get_release_plan")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. inferred: the answer is the job of the plan, and the permission that of the log."))
    )))]
pub async fn get_plan_job(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, part }: ZadigPlanPath,
) -> Result<Response, Error> {
    check_system_role(&caller, "get_release_plan")?;
    handle.show(|table, _, now, shown| {
        let refuse = |refusal| table.plan_refusal(refusal, &id, now);
        let stored = table
            .release_plans
            .find(&id, "get plan: ")
            .map_err(refuse)?;
        shown.note(stored);
        let plan = &stored.item;
        let job = plan.jobs.iter().find(|job| job.id == part);
        let job = job.ok_or_else(|| refuse(PlanError::UnknownJob(part.clone())))?;
        let view = ZadigPlanJobView::new(plan, job, now);
        Ok(response::json(StatusCode::OK, &view, JOB_SIZE))
    })
}

/// Lists the log of a release plan, newest first.
///
/// An unknown plan has an empty one. Errors: 401, 403.
#[cfg_attr(test, utoipa::path(get, path = "/api/aslan/release_plan/v1/{id}/logs", operation_id = "ListZadigReleasePlanLogs",
    tag = "zadig", params(("id" = String, Path, description = "The plan's id.")),
    responses((status = 200, body = Vec<ZadigPlanLog>)),
    extensions(
        ("x-evidence" = json!("inferred")),
        ("x-source" = json!("Zadig v3.4.1, release_plan, read 2026-11")),
        ("x-action" = json!("get_release_plan")),
        ("x-differences" = json!("internal: the service's own pages call it, and no document has it. inferred: the entries have the status of the plan before and after, but not the contents of an edit. The newest 1,000 are kept."))
    )))]
pub async fn list_plan_logs(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    ZadigPlanPath { id, .. }: ZadigPlanPath,
) -> Result<Response, Error> {
    check_system_role(&caller, "get_release_plan")?;
    Ok(handle.read(|table, _, _| {
        let found = table.release_plans.find(&id, "").ok();
        let logs = found.map(|stored| &*stored.item.logs).unwrap_or_default();
        let newest_first: Vec<_> = logs.iter().rev().collect();
        response::json(StatusCode::OK, &newest_first, 256 * logs.len() + 16)
    }))
}

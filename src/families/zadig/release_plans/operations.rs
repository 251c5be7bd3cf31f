//! The four public operations.

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::context::PlanContext;
use super::generation::{check_field, check_path};
use super::messages::PlanError;
use super::table::ZadigPlanPage;
use super::wire::query::plan_page;
use super::wire::request::{CrashingNull, CreatePlanBody, PlanRequest, UpdatePlanBody};
use super::wire::response::{ZadigPlanCreated, ZadigPlanDetail, ZadigPlanList, ZadigPlanRow};
use crate::families::zadig::access::check_system_role;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::extract::{Bound, Id};
use crate::families::zadig::query::Params;
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::families::zadig::response::{self, SUCCESS, success};
use crate::families::zadig::table::Table;
use crate::http::response::StreamedArray;
use crate::http::{Caller, Rejection};
use crate::world::settings::ZadigGeneration;

const PAGE_HINT: &str = "the query parameters pageNum and pageSize are required and must not be 0";

/// The approximate size of a plan in the list, in bytes.
const ROW_SIZE: usize = 256;

/// The roles that an edit needs, all of them.
const EDIT_ROLES: [&str; 3] = [
    "edit_release_plan_metadata",
    "edit_release_plan_approval",
    "edit_release_plan_subtasks",
];

/// Lists the release plans of the installation, that with the highest number first.
///
/// Both parameters are required; zero counts as absent, and a negative number asks for all plans. Plans belong to no
/// project. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/release_plan/v1", operation_id = "ListZadigReleasePlans", tag = "zadig",
    params(
        ("pageNum" = i64, Query, description = "The number of the page, from 1."),
        ("pageSize" = i64, Query, description = "The maximum number of plans on the page."),
    ),
    responses(
        (status = 200, body = ZadigPlanList),
        (status = 400, body = TypedError, description = "A parameter is missing or not a number"),
        (status = 500, body = UntypedError, description = "The page begins beyond all numbers"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Release Plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("Errors and limits are those of the service's source."))
    )))]
pub async fn list_plans(
    State(Zadig(handle)): State<Zadig>,
    params: Params,
) -> Result<Response, Error> {
    let page = plan_page(&params)
        .map_err(|text| Error::from(Rejection::BadQuery(text)).with_hint(PAGE_HINT.to_owned()))?;
    handle.show(|table, _, _, shown| {
        let (plans, total) = table.release_plans.list(page)?;
        let size = ROW_SIZE * row_count(page, total) + 64;
        let rows = plans.map(|stored| {
            shown.note(stored);
            ZadigPlanRow::new(&stored.id, &stored.item)
        });
        let list = ZadigPlanList {
            list: StreamedArray::new(Box::new(rows)),
            total,
        };
        Ok(response::json(StatusCode::OK, &list, size))
    })
}

fn row_count(page: ZadigPlanPage, total: usize) -> usize {
    usize::try_from(page.size).unwrap_or(total).min(total)
}

/// Shows a release plan with its approval and its jobs.
///
/// An unknown or malformed id is a 500, not a 404. Errors: 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/release_plan/v1/{id}", operation_id = "GetZadigReleasePlan", tag = "zadig",
    params(("id" = String, Path, description = "The plan's id.")),
    responses(
        (status = 200, body = ZadigPlanDetail),
        (status = 500, body = UntypedError, description = "The plan does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Release Plan, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("The fields are those of the service's source: v3 has those of v3.4, v4 those of v4.3. Approvals by Lark, DingTalk and WeCom are shown as they were sent. The workflow of a job has the fields of the workflow's own detail."))
    )))]
pub async fn get_plan(zadig: State<Zadig>, id: Id) -> Result<Response, Error> {
    show_plan(&zadig, &id)
}

/// The answer to a read of a plan.
pub(super) fn show_plan(Zadig(handle): &Zadig, Id(id): &Id) -> Result<Response, Error> {
    handle.show(|table, _, now, shown| {
        let stored = table.release_plans.find(id, "");
        let stored = stored.map_err(|refusal| table.plan_refusal(refusal, id, now))?;
        shown.note(stored);
        let view = ZadigPlanDetail::new(&stored.id, &stored.item, table.generation(), now);
        let size = ROW_SIZE * (view.jobs.len() + 4);
        Ok(response::json(StatusCode::OK, &view, size))
    })
}

/// Creates a release plan without jobs, in status planning.
///
/// The manager is looked up by account and identity type. The answer has the id since v4, and is a message under v3.
/// Errors: 400, 401, 403, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/release_plan/v1", operation_id = "CreateZadigReleasePlan", tag = "zadig",
    request_body = CreatePlanBody,
    responses(
        (status = 200, body = ZadigPlanCreated),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type"),
        (status = 500, body = UntypedError, description = "Any other error; without a body if the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Release Plan, read 2026-11")),
        ("x-action" = json!("create_release_plan")),
        ("x-differences" = json!("The permission is checked before the body is read, as in the service. An unknown manager is accepted unless --references checked, and its account is its id. manager_identity_type may be absent, as in the service. The page of v3.4 shows the id in the answer and schedule_execute_time, which v3.4.1 does not have."))
    )))]
pub async fn create_plan(
    State(zadig): State<Zadig>,
    caller: Caller,
    request: Request,
) -> Result<Response, Error> {
    check_system_role(&caller, "create_release_plan")?;
    let Bound(body) = Bound::<CreatePlanBody>::read(request, &zadig).await?;
    let mut plan: PlanRequest = body.try_into()?;
    let is_scheduled = plan.schedule_execute_time != 0;
    if !check_field(&zadig, "schedule_execute_time", is_scheduled)? {
        plan.schedule_execute_time = 0;
    }
    let Zadig(handle) = &zadig;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = PlanContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller,
            now,
        };
        let created = table.create_plan(plan, &mut context);
        let id = created.map_err(|refusal| table.plan_refusal(refusal, "", now))?;
        let created = match table.generation() {
            ZadigGeneration::V4 => ZadigPlanCreated {
                id: Some(&id),
                message: None,
            },
            _ => ZadigPlanCreated {
                id: None,
                message: Some(SUCCESS.message),
            },
        };
        Ok(response::json(StatusCode::OK, &created, 64))
    })
}

/// Replaces a release plan with its jobs, and takes it back to planning.
///
/// Since v4. Everything is replaced: a field that is left out is cleared. The jobs of a workflow that `inputs` does not name are
/// skipped. Refused while the plan is executed, waits for an approval or has succeeded. Errors: 400, 401, 403, 405, 413,
/// 500.
#[cfg_attr(test, utoipa::path(patch, path = "/openapi/release_plan/v1/{id}", operation_id = "UpdateZadigReleasePlan", tag = "zadig",
    params(("id" = String, Path, description = "The plan's id.")),
    request_body(content = UpdatePlanBody,
        example = json!({"name": "Test-Plan-1", "manager": "patrick", "manager_identity_type": "system",
            "jobs": [{"name": "Text-1", "type": "text", "spec": {"content": "Hello, World 1.", "remark": "abc"}}]})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "The body is not JSON or has a wrong type; a workflow does not exist"),
        (status = 405, body = str, content_type = "text/plain", description = "Under v3 with --fidelity strict"),
        (status = 500, body = UntypedError, description = "Any other error; without a body if the service crashes"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Release Plan, read 2026-11")),
        ("x-action" = json!("edit_release_plan_metadata")),
        ("x-differences" = json!("The permissions are checked before the body is read, as in the service: those to edit metadata, approval and subtasks. The page of v3.4 has this operation, but v3.4.1 does not. parameters at the top level of the documented example are ignored, as in the service; those of a job count."))
    )))]
pub async fn update_plan(
    State(zadig): State<Zadig>,
    caller: Caller,
    request: Request,
) -> Result<Response, Error> {
    let path = crate::families::zadig::query::decoded_path(request.uri().path());
    check_path(&zadig, "PATCH of a release plan", || {
        Error::wrong_method(&Method::PATCH, &path)
    })?;
    for role in EDIT_ROLES {
        check_system_role(&caller, role)?;
    }
    let id = path.rsplit('/').next().unwrap_or_default();
    let Bound(body) = Bound::<UpdatePlanBody>::read(request, &zadig).await?;
    let (plan, jobs) = body.request()?;
    let Zadig(handle) = &zadig;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = PlanContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller,
            now,
        };
        let updated = table.update_plan(id, plan, &jobs, &mut context);
        updated.map_err(|refusal| table.plan_refusal(refusal, id, now))
    })?;
    Ok(success())
}

impl Table {
    /// The refusal with the hint on it.
    pub(super) fn plan_refusal(&self, refusal: PlanError, id: &str, now: i64) -> Error {
        let hint = self.plan_hint(&refusal, id, now);
        Error::from(refusal).with_hint(hint)
    }
}

impl From<CrashingNull> for Error {
    fn from(CrashingNull(cause): CrashingNull) -> Self {
        Self::crash(cause)
    }
}

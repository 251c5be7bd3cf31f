//! The internal list of delivery versions.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::merge::NewestFirst;
use super::query::ReleaseQuery;
use super::wire::{Release, delivery_workflow};
use crate::families::zadig::access::{RELEASE_GET, check_role, forbidden};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
use crate::families::zadig::table::Table;
use crate::families::zadig::versions::model::version::Version;
use crate::http::Caller;

/// The approximate size of a version, in bytes.
const ROW_SIZE: usize = 640;

const TOTAL: HeaderName = HeaderName::from_static("x-total");

/// Lists the delivery versions of all projects, newest first.
///
/// An internal operation of Zadig's own pages, which the document has under "delivery center". The header `X-Total` has the number of versions
/// on all pages. `serviceName` selects on the page. A parameter that is no number is a 400 without a body. Errors: 400,
/// 401, 403.
#[utoipa::path(get, path = "/api/aslan/delivery/releases", operation_id = "ListReleases", tag = "zadig",
    params(
        ("projectName" = Option<String>, Query, description = "The project; absent: all."),
        ("workflowName" = Option<String>, Query, description = "The workflow; absent: all."),
        ("taskId" = Option<i64>, Query, description = "The workflow's task; absent: all."),
        ("serviceName" = Option<String>, Query, description = "A service of the version; absent: all."),
        ("page" = Option<i64>, Query, description = "The number of the page, from 1.",
            extensions(("x-evidence" = json!("observed")))),
        ("per_page" = Option<i64>, Query, description = "The maximum number of versions on the page; absent: 20.",
            extensions(("x-evidence" = json!("observed")))),
        ("verbosity" = Option<String>, Query, description = "`brief`: without rows and progress.",
            extensions(("x-evidence" = json!("observed")))),
    ),
    responses(
        (status = 200, body = [Release], headers(("X-Total" = u64, description = "The number of versions on all pages"))),
        (status = 400, description = "A parameter is not a number"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Delivery center, read 2026-11; internal (Zadig v3.4.1, its source)")),
        ("x-action" = json!("release_get")),
        ("x-differences" = json!("internal. Empty lists are absent as in the service, where the document shows []. productEnvInfo is always null and taskId 0: a version does not keep its environment. The keys of distributeInfo are inferred. The documented text of a malformed taskId is stale."))
    ))]
pub async fn list_releases(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let query = ReleaseQuery::bind(&params).map_err(|wrong| {
        Error::unbound(format!(
            "page, per_page and taskId must be numbers: {wrong}"
        ))
    })?;
    if !query.project.is_empty() {
        check_role(&caller, &query.project, "get_delivery")?;
    } else if !caller.is_allowed(RELEASE_GET) {
        return Err(forbidden("release_get, or a projectName"));
    }
    Ok(handle.show(|table, _, now, shown| {
        let selected = table.select_versions(&query);
        let total = selected.total();
        let (first, size) = query.range();
        let page = selected.after(first).take(size);
        // The service selects among those of the page.
        let page = page.filter(|stored| query.has_service(&stored.item));
        let releases: Vec<_> = page
            .map(|stored| {
                shown.note(stored);
                Release::new(stored, query.is_brief, now)
            })
            .collect();
        let size = ROW_SIZE * releases.len() + 2;
        let mut answer = response::json(StatusCode::OK, &releases, size);
        let total = HeaderValue::from(total);
        answer.headers_mut().insert(TOTAL, total);
        answer
    }))
}

impl ReleaseQuery {
    fn has_service(&self, version: &Version) -> bool {
        let mut rows = version.deploys.iter();
        self.service.is_empty() || self.is_brief || rows.any(|row| row.service_name == self.service)
    }
}

impl Table {
    /// The versions that a query selects.
    fn select_versions(&self, query: &ReleaseQuery) -> NewestFirst<'_> {
        let collection = &self.versions.collection;
        let projects = collection
            .scopes()
            // The tasks that push images have no numbers here.
            .filter(|_| query.task == 0)
            .filter(|project| query.project.is_empty() || *project == query.project)
            .filter(|project| {
                query.workflow.is_empty() || delivery_workflow(project) == query.workflow
            });
        NewestFirst::new(collection, projects.collect())
    }
}

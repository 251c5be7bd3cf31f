//! The internal list of delivery versions.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;

use super::merge::NewestFirst;
use super::query::ReleaseQuery;
use super::wire::{Release, delivery_workflow};
use super::wire_v4::{ReleaseV4, ReleasesChoice, push_task, push_workflow};
use crate::families::zadig::access::{RELEASE_GET, check_role, forbidden};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
use crate::families::zadig::query::Params;
use crate::families::zadig::response;
use crate::families::zadig::table::Table;
use crate::families::zadig::versions::model::version::Version;
use crate::http::Caller;
use crate::sim::collection::Stored;
use crate::world::settings::ZadigGeneration;

/// The approximate size of a version, in bytes.
const ROW_SIZE: usize = 640;

const TOTAL: HeaderName = HeaderName::from_static("x-total");

/// Lists the delivery versions of all projects, newest first.
///
/// An internal operation of Zadig's own pages, which the document has under "delivery center". The header `X-Total` has
/// the number of versions on all pages. In generation 1 `serviceName` selects on the page. In generation 2 a query without
/// a page is answered with all versions. A parameter that is no number is a 400 without a body. Errors: 400, 401, 403.
#[cfg_attr(test, utoipa::path(get, path = "/api/aslan/delivery/releases", operation_id = "ListReleases", tag = "zadig",
    params(
        ("projectName" = Option<String>, Query, description = "The project; absent: all."),
        ("workflowName" = Option<String>, Query, description = "The workflow; absent: all."),
        ("taskId" = Option<i64>, Query, description = "The workflow's task; absent: all."),
        ("serviceName" = Option<String>, Query, description = "A service of the version; absent: all. Generation 1."),
        ("page" = Option<i64>, Query, description = "The number of the page, from 1.",
            extensions(("x-evidence" = json!("observed")))),
        ("per_page" = Option<i64>, Query, description = "The maximum number of versions on the page; absent: 20, of a query without a page in generation 2 all.",
            extensions(("x-evidence" = json!("observed")))),
        ("verbosity" = Option<String>, Query, description = "`brief`: without rows and progress. Generation 1.",
            extensions(("x-evidence" = json!("observed")))),
        ("label" = Option<String>, Query, description = "A label of the version; absent: all. Generation 2.",
            extensions(("x-evidence" = json!("observed")))),
    ),
    responses(
        (status = 200, body = ReleasesChoice, headers(("X-Total" = u64, description = "The number of versions on all pages"))),
        (status = 400, description = "A parameter is not a number"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v5.0 documentation, OpenAPI, Delivery center, read 2026-11; internal (Zadig v3.4.1 and v4.3.0, their source)")),
        ("x-action" = json!("release_get")),
        ("x-differences" = json!("internal. The document shows generation 1 for every version; generation 2 answers flat objects. Empty lists are absent as in the service, where the document shows []. productEnvInfo is always null and taskId 0. The keys of distributeInfo are inferred. The documented text of a malformed taskId is stale."))
    )))]
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
        let (releases, total) = match table.generation() {
            ZadigGeneration::V3 => {
                let total = selected.total();
                let (first, size) = query.range();
                let page = selected.after(first).take(size);
                // The service selects among those of the page.
                let page = page.filter(|stored| query.has_service(&stored.item));
                let releases = page.map(|stored| {
                    shown.note(stored);
                    Release::new(stored, query.is_brief, now)
                });
                (ReleasesChoice::V3(releases.collect()), total)
            }
            ZadigGeneration::V4 => {
                let (first, size) = query.range_v4();
                let view = |stored| {
                    shown.note(stored);
                    ReleaseV4::new(stored, now)
                };
                if query.picks_versions() {
                    let picked = selected.filter(|stored| query.picks(stored));
                    let picked: Vec<_> = picked.collect();
                    let total = picked.len();
                    let page = picked.into_iter().skip(first).take(size);
                    (ReleasesChoice::V4(page.map(view).collect()), total)
                } else {
                    let total = selected.total();
                    let page = selected.after(first).take(size);
                    (ReleasesChoice::V4(page.map(view).collect()), total)
                }
            }
        };
        let size = ROW_SIZE * releases.n_releases() + 2;
        let mut answer = response::json(StatusCode::OK, &releases, size);
        let total = HeaderValue::from(total);
        answer.headers_mut().insert(TOTAL, total);
        answer
    }))
}

impl ReleaseQuery {
    /// Returns true if versions of a project are selected one by one in generation 2, where each has its own workflow.
    fn picks_versions(&self) -> bool {
        !self.workflow.is_empty() || self.task != 0 || !self.label.is_empty()
    }

    fn picks(&self, stored: &Stored<Version>) -> bool {
        let task = push_task(&stored.item);
        (self.workflow.is_empty() || task.is_some() && self.workflow == push_workflow(stored))
            && (self.task == 0 || task == Some(self.task))
            && (self.label.is_empty() || stored.item.labels.contains(&self.label))
    }

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
            .filter(|project| query.project.is_empty() || *project == query.project)
            .filter(|project| match self.generation() {
                // The tasks that push images have no numbers there.
                ZadigGeneration::V3 => {
                    query.task == 0
                        && (query.workflow.is_empty()
                            || delivery_workflow(project) == query.workflow)
                }
                ZadigGeneration::V4 => true,
            });
        NewestFirst::new(collection, projects.collect())
    }
}

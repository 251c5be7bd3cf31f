//! The reads of projects.

use std::borrow::Cow;
use std::cmp::Reverse;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{bad_query, project};
use crate::families::zadig::access::{forbidden, has_any_role};
use crate::families::zadig::catalog::ProjectInfo;
use crate::families::zadig::catalog::wire::projects::{ProjectDetail, ProjectItem, ProjectList};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::query::{Params, integer};
use crate::families::zadig::response;
use crate::families::zadig::table::Table;
use crate::http::{Caller, Evidence};

/// The approximate size of a project in the list, in bytes.
const ROW_SIZE: usize = 128;

/// Lists the projects, the last changed first.
///
/// Administrators see every project, others those in which they have a role. Projects that changed in the same second
/// are in the order of their keys. Errors: 400, 401, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/projects/project", operation_id = "ListZadigProjects", tag = "zadig",
    params(
        ("pageSize" = Option<i64>, Query, description = "The maximum number of projects on the page; absent: 20."),
        ("pageNum" = Option<i64>, Query, description = "The number of the page, from 1; absent: 1."),
    ),
    responses(
        (status = 200, body = ProjectList),
        (status = 400, body = TypedError, description = "A parameter is not a number"),
        (status = 500, body = UntypedError, description = "The database refuses the page"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v4.0 documentation, OpenAPI, Project, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("Projects come from fixtures, or begin with their first resource. The order of equal times, and the texts for a page size of 0 and for a negative page, are inferred."))
    )))]
pub async fn list_zadig_projects(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    let (size, number) = page(&params)?;
    Ok(handle.read(|table, _, _| {
        let mut projects: Vec<_> = table
            .project_keys()
            .into_iter()
            .filter(|key| has_any_role(&caller, key))
            .map(|key| (key, table.project_info(key)))
            .collect();
        let total = projects.len();
        if total == 0 && caller.actions.is_some() {
            return response::json(StatusCode::OK, &ProjectList::none(), 64);
        }
        projects.sort_by_key(|(_, info)| Reverse(info.update_time));
        let page = projects.iter().skip(size.saturating_mul(number - 1));
        let list = ProjectList::Some {
            total,
            projects: page
                .take(size)
                .map(|(key, info)| ProjectItem::new(key, info))
                .collect(),
        };
        response::json(StatusCode::OK, &list, ROW_SIZE * size.min(total) + 64)
    }))
}

/// The size and the number of a page. The database refuses what is no page.
fn page(params: &Params) -> Result<(usize, usize), Error> {
    let number = |key, usual| match params.get(key) {
        None => Ok(usual),
        given => integer(given).map_err(|_| {
            let hint = "pageSize and pageNum must be numbers";
            bad_query("invalid ListProjectOpenAPI params", hint)
        }),
    };
    let size = number("pageSize", 20)?;
    let page = number("pageNum", 1)?;
    let refuse = |text: String| {
        let hint = "pageSize and pageNum must be 1 or more".to_owned();
        Error::untyped(text, Evidence::Inferred).with_hint(hint)
    };
    let skipped = page.wrapping_sub(1).wrapping_mul(size);
    if skipped < 0 {
        return Err(refuse(format!(
            "(Location5107200) invalid argument to $skip stage: Expected a non-negative number in: $skip: {skipped}"
        )));
    }
    match (usize::try_from(size), usize::try_from(page)) {
        (Ok(size @ 1..), Ok(page @ 1..)) => Ok((size, page)),
        _ => Err(refuse(
            "(Location15958) the limit must be positive".to_owned(),
        )),
    }
}

/// Shows a project.
///
/// Any role in the project is enough. An unknown project is a 403, for administrators too. Errors: 400, 401, 403.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/projects/project/detail", operation_id = "GetZadigProject", tag = "zadig",
    params(("projectKey" = String, Query, description = "The project.")),
    responses(
        (status = 200, body = ProjectDetail),
        (status = 400, body = TypedError, description = "projectKey is missing"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v4.0 documentation, OpenAPI, Project, read 2026-11")),
        ("x-action" = json!("get_project")),
        ("x-differences" = json!("The time is create_time, as in the example and the service; the table says created_time."))
    )))]
pub async fn get_zadig_project(
    State(Zadig(handle)): State<Zadig>,
    caller: Caller,
    params: Params,
) -> Result<Response, Error> {
    handle.read(|table, _, _| {
        let keys = table.project_keys();
        let is_admin = caller.actions.is_none();
        if !is_admin && !keys.iter().any(|key| has_any_role(&caller, key)) {
            return Err(forbidden("a role in a project"));
        }
        let project = project(&params, "projectKey is empty")?;
        if !keys.contains(&project) {
            let unknown = forbidden(&format!("a role in project {project:?}"));
            return Err(unknown.with_hint(table.unknown_project_hint(project)));
        }
        if !has_any_role(&caller, project) {
            return Err(forbidden(&format!("a role in project {project:?}")));
        }
        let info = table.project_info(project);
        let view = ProjectDetail::new(project, &info);
        Ok(response::json(StatusCode::OK, &view, 256))
    })
}

impl Table {
    /// The metadata of a project, which only fixtures give.
    fn project_info(&self, key: &str) -> Cow<'_, ProjectInfo> {
        match self.catalog.0.get(key) {
            Some(project_catalog) => Cow::Borrowed(&project_catalog.info),
            None => Cow::Owned(ProjectInfo::new(key)),
        }
    }
}

//! The resources of all families in one list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::dialect::{Control, json};
use crate::http::extract::Query;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::registry::family_names;
#[cfg(test)]
use crate::sim::scripts::FamilyName;
use crate::sim::summary::{ResourcePage, ResourceSummary};

/// The most resources of a page, which is also the usual number.
const MOST_RESOURCES: usize = 1_000;

/// A filter of resources, and the page of the list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResourceFilter {
    /// The family.
    #[cfg_attr(test, param(value_type = Option<FamilyName>))]
    family: Option<String>,
    /// The project, mesh or project key.
    scope: Option<String>,
    /// The most resources: 1 to 1,000; absent: 1,000.
    #[cfg_attr(test, param(minimum = 1, maximum = 1_000))]
    limit: Option<usize>,
    /// The number of resources to pass over; absent: none.
    offset: Option<usize>,
}

/// A page of the resources.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ResourceList))]
pub(super) struct Resources {
    /// By family and scope, oldest first.
    resources: Vec<ResourceSummary>,
    /// The number of resources with that family and scope.
    count: usize,
}

/// Lists the resources of all families.
///
/// Each with its status, as the service has it and in words, its next change and the commands that it allows now: those
/// that the status allows, whatever arguments they need. Errors: 400 for an unknown family or a limit out of range.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/resources", operation_id = "ListResources", tag = "control",
    params(ResourceFilter),
    responses((status = 200, body = Resources),
    ProblemWith::<400>)))]
pub(super) async fn list_resources(
    State(Control(world)): State<Control>,
    Query(filter): Query<ResourceFilter>,
) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    if let Some(family) = &filter.family
        && !family_names().contains(&family.as_str())
    {
        wrong.push(format!(
            "family: must be asm, plans, pipelines or zadig, not \"{family}\""
        ));
    }
    let limit = filter.limit.unwrap_or(MOST_RESOURCES);
    if !(1..=MOST_RESOURCES).contains(&limit) {
        wrong.push(format!("limit: must be from 1 to {MOST_RESOURCES}"));
    }
    if !wrong.is_empty() {
        return Err(Problem::BadRequest(wrong.join("; ")));
    }
    let mut page = ResourcePage {
        family: filter.family,
        scope: filter.scope,
        offset: filter.offset.unwrap_or(0),
        limit,
        ..ResourcePage::default()
    };
    world.read(|database, now| database.list(&mut page, now));
    let ResourcePage {
        resources, count, ..
    } = page;
    Ok(json(StatusCode::OK, &Resources { resources, count }))
}

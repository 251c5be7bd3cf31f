//! Delivery versions (generation 1, as of v3.4.1).
//!
//! A version pins the images of an environment's services under a name and pushes them to a registry, one
//! after the other; a Helm version packages the services' charts first.
//!
//! - [`operations`]: the five operations. Requests and responses are in [`wire`], the service's own texts in
//!   [`messages`].
//! - [`table`]: the versions of a world. [`model::version_request`] checks a request, [`creation`] carries it out,
//!   [`model::artifacts`] makes its rows and pushes, [`model::version`] has the lifecycle.
//! - [`fixture`]: the fixture format.

mod creation;
pub mod fixture;
mod hints;
pub mod messages;
pub mod model;
pub mod operations;
pub mod table;
pub mod wire;

use axum::routing::MethodFilter;
use utoipa::openapi::{OpenApi, RefOr, Required};

use super::dialect::Zadig;
use crate::http::operation::find_operation;
use crate::http::routes::{Route, Routes, route};
use crate::world::settings::{Fidelity, Settings};

/// The URL table.
pub(super) fn routes() -> Routes<Zadig> {
    // For other methods `k8s` and `helm` are ids like any other.
    let as_id = |route: Route<Zadig>| {
        route
            .and_on(MethodFilter::GET, operations::get_version)
            .and_on(MethodFilter::DELETE, operations::delete_version)
            .or_wrong_method()
    };
    Routes::default()
        .with(route!(operations::list_versions).or_wrong_method())
        .with(route!(operations::get_version, operations::delete_version).or_wrong_method())
        .with(as_id(route!(operations::create_k8s_version)))
        .with(as_id(route!(operations::create_helm_version)))
}

/// Under strict fidelity a version is shown only with a project.
pub(super) fn follow(api: &mut OpenApi, settings: &Settings) {
    if settings.fidelity != Fidelity::Strict {
        return;
    }
    let shown = find_operation(api, "GetVersion");
    let parameters = shown.and_then(|shown| shown.parameters.as_mut());
    for parameter in parameters.into_iter().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.name == "projectKey"
        {
            parameter.required = Required::True;
        }
    }
}

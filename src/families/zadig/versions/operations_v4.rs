//! The operations that the second generation alone has.

use axum::extract::State;
use axum::http::request::Parts;
use axum::response::Response;

use super::answers::{redeliver, show_by_id, show_delivered_by_name};
use super::generation::check_path;
use super::wire::request_v4::RetryBody;
#[cfg(test)]
use super::wire::response_v4::VersionDetailV4;
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
#[cfg(test)]
use crate::families::zadig::error::{TypedError, UntypedError};
use crate::families::zadig::query::{Params, decoded_path};
#[cfg(test)]
use crate::families::zadig::response::ResultMessage;
use crate::http::Caller;
use crate::http::context::{add_hint, with_details};
use crate::http::extract::Body;
use crate::world::settings::{Fidelity, ZadigGeneration};

/// Shows a delivery version of Zadig v4 by its project and name, with the images of its services.
///
/// An unknown version is a 500, not a 404. Only with `--zadig v4`: without it, the path is refused in documented fidelity, and
/// `detail` is an id in strict fidelity. Errors: 400, 401, 403, 500.
#[cfg_attr(test, utoipa::path(get, path = "/openapi/delivery/releases/detail", operation_id = "GetVersionByName", tag = "zadig",
    params(
        ("versionName" = String, Query, description = "The version's name."),
        ("projectKey" = String, Query, description = "The project."),
    ),
    responses(
        (status = 200, body = VersionDetailV4<'static>),
        (status = 400, body = TypedError, description = "A parameter is missing"),
        (status = 500, body = UntypedError, description = "The version does not exist"),
    ),
    extensions(
        ("x-evidence" = json!("observed")),
        ("x-source" = json!("Zadig v4.3.0, delivery handler and service, read 2026-11; the answer is that of the documentation of v4.0 to v5.0, Version Management")),
        ("x-action" = json!("get_delivery")),
        ("x-differences" = json!("The documentation has the same answer at GET /openapi/delivery/releases/:id. yaml_content of from_env is a Deployment of the fixtures' containers, or for a chart the places of their images. Statuses of images follow the clock; the service looks at them every 5 seconds."))
    )))]
pub async fn get_version_by_name(
    State(zadig): State<Zadig>,
    caller: Caller,
    params: Params,
    parts: Parts,
) -> Result<Response, Error> {
    if zadig.generation() == ZadigGeneration::V3 {
        check_path(&parts, ZadigGeneration::V4, zadig.0.settings())?;
        return show_by_id(&zadig, &caller, &params, "detail");
    }
    show_delivered_by_name(&zadig, &caller, &params)
}

/// Retries a failed delivery version of Zadig v4.
///
/// A K8s version pushes again what is not pushed. A Helm version packages the charts that are not pushed, and then pushes all
/// of its images. The service reads the query alone; as the documents have it, the body may say the same, unless with
/// `--fidelity strict`. Only with `--zadig v4`. Errors: 400, 401, 403, 405, 413, 500.
#[cfg_attr(test, utoipa::path(post, path = "/openapi/delivery/releases/retry", operation_id = "RetryVersion", tag = "zadig",
    params(
        ("id" = Option<String>, Query, description = "The version's id, of any project. Required with --fidelity strict."),
        ("projectKey" = Option<String>, Query,
            description = "The project whose permissions apply. Required with --fidelity strict."),
    ),
    request_body(content = Option<RetryBody>,
        example = json!({"id": "66287b110b8b8a631910f5ae", "projectKey": "yaml"})),
    responses(
        (status = 200, body = ResultMessage),
        (status = 400, body = TypedError, description = "A parameter is missing"),
        (status = 500, body = UntypedError, description = "The version does not exist or cannot be retried"),
    ),
    extensions(
        ("x-evidence" = json!("documented")),
        ("x-source" = json!("Zadig v4.0 to v5.0 documentation, OpenAPI, Version Management, read 2026-11")),
        ("x-action" = json!("create_delivery")),
        ("x-differences" = json!("The service reads the query alone, and answers 400 to the documented body, as does --fidelity strict. A retry proceeds as since v4.3.0; before, a version stays retrying for ever. Errors are those of the service's source."))
    )))]
pub async fn retry_version(
    State(zadig): State<Zadig>,
    caller: Caller,
    params: Params,
    parts: Parts,
    Body(body): Body,
) -> Result<Response, Error> {
    if zadig.generation() == ZadigGeneration::V3 {
        check_path(&parts, ZadigGeneration::V4, zadig.0.settings())?;
        return Err(Error::wrong_method(
            &parts.method,
            &decoded_path(parts.uri.path()),
        ));
    }
    let given = |key| params.get(key).filter(|text| !text.is_empty());
    let mut documented = RetryBody::default();
    if given("id").is_none() || given("projectKey").is_none() {
        let read: Option<RetryBody> = serde_json::from_slice(&body).ok();
        if let Some(read) = read {
            add_hint(
                "Zadig reads id and projectKey from the query alone, as does --fidelity strict"
                    .to_owned(),
            );
            if zadig.0.settings().fidelity == Fidelity::Documented {
                documented = read;
            }
        }
    }
    let or_documented = |key, text: String| match given(key) {
        Some(text) => Some(text.to_owned()),
        None => Some(text).filter(|text| !text.is_empty()),
    };
    let missing = |text: &str| {
        Error::bad_query(
            text.to_owned(),
            "the query parameters id and projectKey are required",
        )
    };
    let id = or_documented("id", documented.id);
    let id = id.ok_or_else(|| missing("id can't be empty!"))?;
    let project = or_documented("projectKey", documented.project_key);
    // The service's own name for it.
    let project = project.ok_or_else(|| missing("projectName can't be empty!"))?;
    with_details(|details| details.scope = Some(project.clone()));
    redeliver(&zadig, &caller, &project, &id)
}

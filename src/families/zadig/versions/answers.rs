//! The answers of the operations, for each generation.

use axum::http::{Method, StatusCode};
use axum::response::Response;

use super::creation::ZadigWriteContext;
use super::messages::VersionError;
use super::messages_v4::DeliveryError;
use super::model::delivered::{Delivered, detail_size};
use super::model::delivery_request::{DeliveryRequest, FROM_ENV};
use super::model::version::Version;
use super::model::version_request::VersionRequest;
use super::wire::response::VersionDetail;
use super::wire::response_v4::VersionDetailV4;
use crate::families::zadig::access::{RELEASE_GET, check_role};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
use crate::families::zadig::query::Params;
use crate::families::zadig::response::{self, success};
use crate::http::Caller;
use crate::http::context::{add_hint, note_inferred, with_details};
use crate::sim::Millis;
use crate::sim::collection::Stored;
use crate::world::settings::Fidelity;

/// The path of all versions.
pub(super) const RELEASES: &str = "/openapi/delivery/releases";

pub(super) const PROJECT_HINT: &str = "the query parameter projectKey is required";

const NAME_HINT: &str = "the query parameters versionName and projectKey are required";

/// The approximate size of a version in the list, in bytes.
pub(super) const ROW_SIZE: usize = 256;

/// Answers the detail of the first generation.
pub(super) fn show_by_id(
    Zadig(handle): &Zadig,
    caller: &Caller,
    params: &Params,
    id: &str,
) -> Result<Response, Error> {
    let project = params.project();
    if let (Err(missing), Fidelity::Strict) = (&project, handle.settings().fidelity) {
        return Err(Error::bad_query(missing.clone(), PROJECT_HINT));
    }
    handle.show(|table, _, now, shown| {
        let found = table.versions.find(id).map_err(|unknown| {
            let hint = table.unknown_id_hint(params.get("projectKey"), id);
            Error::from(unknown).with_hint(hint)
        });
        // The documented request has no project, so the version's own applies.
        let project = match (project, &found) {
            (Ok(project), _) => project,
            (Err(_), Ok(stored)) => &stored.scope,
            (Err(_), Err(unknown)) => return Err(unknown.clone()),
        };
        if !caller.is_allowed(RELEASE_GET) {
            check_role(caller, project, "get_delivery")?;
        }
        let stored = found?;
        shown.note(stored);
        let view = VersionDetail::new(&stored.id, &stored.item, now);
        let n_rows = view.deploy_infos.len() + 2 * view.distribute_infos.len();
        let size = ROW_SIZE * (n_rows + 2);
        Ok(response::json(StatusCode::OK, &view, size))
    })
}

/// Answers the detail of the second generation by an id, as its documents have it.
pub(super) fn show_delivered_by_id(
    Zadig(handle): &Zadig,
    caller: &Caller,
    params: &Params,
    id: &str,
) -> Result<Response, Error> {
    let not_served = || Error::wrong_method(&Method::GET, &format!("{RELEASES}/{id}"));
    let hint = "the service shows a version at GET /openapi/delivery/releases/detail?projectKey=…&versionName=…";
    if handle.settings().fidelity == Fidelity::Strict {
        return Err(not_served().with_hint(hint.to_owned()));
    }
    handle.show(|table, _, now, shown| {
        let Ok(stored) = table.versions.find(id) else {
            let unknown = table.unknown_id_hint(params.get("projectKey"), id);
            return Err(not_served().with_hint(unknown).with_hint(hint.to_owned()));
        };
        check_reader(caller, params.project().unwrap_or(&stored.scope))?;
        let Some(delivered) = &stored.item.delivered else {
            return Err(not_served());
        };
        shown.note(stored);
        add_hint(format!(
            "the documents have this path, but Zadig answers 405, as does --fidelity strict: {hint}"
        ));
        Ok(detail(stored, delivered, now))
    })
}

/// Answers the detail of the second generation by the project and the name.
pub(super) fn show_delivered_by_name(
    Zadig(handle): &Zadig,
    caller: &Caller,
    params: &Params,
) -> Result<Response, Error> {
    let name = params.get("versionName").filter(|name| !name.is_empty());
    let Some(name) = name else {
        let missing = "versionName can't be empty!".to_owned();
        return Err(Error::bad_query(missing, NAME_HINT));
    };
    let project = params.project();
    let project = project.map_err(|missing| Error::bad_query(missing, NAME_HINT))?;
    check_reader(caller, project)?;
    handle.show(|table, _, now, shown| {
        let stored = table.versions.named(project, name);
        let delivered = stored.and_then(|stored| Some((stored, stored.item.delivered.as_ref()?)));
        let Some((stored, delivered)) = delivered else {
            let unknown = DeliveryError::UnknownName {
                project: project.to_owned(),
                name: name.to_owned(),
            };
            let hint = table.unknown_name_hint(project, name);
            return Err(Error::from(unknown).with_hint(hint));
        };
        shown.note(stored);
        Ok(detail(stored, delivered, now))
    })
}

fn check_reader(caller: &Caller, project: &str) -> Result<(), Error> {
    if caller.is_allowed(RELEASE_GET) {
        return Ok(());
    }
    check_role(caller, project, "get_delivery")
}

fn detail(stored: &Stored<Version>, delivered: &Delivered, now: Millis) -> Response {
    if delivered.source == FROM_ENV {
        // The emulator knows the containers of a service alone.
        note_inferred("services.yaml_content");
    }
    let view = VersionDetailV4::new(&stored.scope, &stored.item, delivered, now);
    response::json(StatusCode::OK, &view, detail_size(delivered))
}

/// Creates or retries a version of the first generation.
pub(super) fn create(
    Zadig(handle): &Zadig,
    caller: &Caller,
    project: &str,
    body: impl TryInto<VersionRequest, Error = VersionError>,
) -> Result<Response, Error> {
    // Only the body names the project.
    with_details(|details| details.scope = Some(project.to_owned()));
    check_role(caller, project, "create_delivery")?;
    let request = body.try_into()?;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = ZadigWriteContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller.name,
            now,
        };
        table.create(&request, &mut context).map_err(|refusal| {
            let hint = table.refusal_hint(&request, &refusal, now);
            Error::from(refusal).with_hint(hint)
        })
    })?;
    Ok(success())
}

/// Creates a version of the second generation.
pub(super) fn deliver(
    Zadig(handle): &Zadig,
    caller: &Caller,
    request: &DeliveryRequest,
) -> Result<Response, Error> {
    // Only the body names the project.
    with_details(|details| details.scope = Some(request.project.clone()));
    check_role(caller, &request.project, "create_delivery")?;
    handle.check_room()?;
    handle.write(|table, shared, now| {
        let mut context = ZadigWriteContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller.name,
            now,
        };
        table.deliver(request, &mut context).map_err(|refusal| {
            let hint = table.delivery_hint(request, &refusal, now);
            Error::from(refusal).with_hint(hint)
        })
    })?;
    Ok(success())
}

/// Retries a version of the second generation.
pub(super) fn redeliver(
    Zadig(handle): &Zadig,
    caller: &Caller,
    project: &str,
    id: &str,
) -> Result<Response, Error> {
    check_role(caller, project, "create_delivery")?;
    handle.write(|table, shared, now| {
        let mut context = ZadigWriteContext {
            shared,
            ids: handle.ids(),
            settings: handle.settings(),
            caller: &caller.name,
            now,
        };
        table.redeliver(id, &mut context).map_err(|refusal| {
            let hint = table.redelivery_hint(project, id, &refusal, now);
            Error::from(refusal).with_hint(hint)
        })
    })?;
    Ok(success())
}

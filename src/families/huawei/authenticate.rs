//! The recognition of a Huawei service's callers, and their permissions.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::path::decoded;
use crate::http::auth::verify::{Key, verify};
use crate::http::auth::{Credential, Failure, Signature, canonical, huawei};
use crate::http::{Caller, Operation, Rejection};
use crate::sim::clock::system_now;
use crate::world::handle::Handle;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::settings::{Auth, Fidelity};

/// True if a request is signed, and so its body with it.
#[must_use]
pub(super) fn is_signed(request: &Parts) -> bool {
    request.headers.contains_key(header::AUTHORIZATION)
        && matches!(huawei(&request.headers), Ok(Credential::Signature(_)))
}

/// Recognises who calls a Huawei service. What is known of a credential is always checked; what nobody knows
/// passes unless `--auth strict`.
pub(super) fn authenticate<T>(
    handle: &Handle<T>,
    request: &Parts,
    body: &Bytes,
) -> Result<Caller, Rejection> {
    let credential = huawei(&request.headers).map_err(Rejection::Unauthenticated)?;
    let known = match &credential {
        Credential::Token(token) => {
            handle.read(|_, shared, now| shared.identities.by_token(token, now))
        }
        Credential::Signature(signature) => signer(handle, signature, request, body),
    };
    let known = known.map_err(Rejection::Unauthenticated)?;
    let caller = match (known, credential) {
        (Some(caller), _) => caller,
        (None, _) if handle.settings().auth == Auth::Shape => Caller::named(UNKNOWN_CALLER),
        (None, Credential::Token(_)) => {
            return Err(Rejection::Unauthenticated(Failure::UnknownToken));
        }
        (None, Credential::Signature(signature)) => {
            let ak = signature.ak.to_owned();
            return Err(Rejection::Unauthenticated(Failure::UnknownKey { ak }));
        }
    };
    let named = request
        .headers
        .get(PROJECT_ID)
        .and_then(|value| value.to_str().ok());
    Ok(Caller {
        named_project: named.filter(|id| !id.is_empty()).map(str::to_owned),
        ..caller
    })
}

/// The caller whose access key signed the request, if the key is known.
fn signer<T>(
    handle: &Handle<T>,
    signature: &Signature,
    request: &Parts,
    body: &Bytes,
) -> Result<Option<Caller>, Failure> {
    // The key is taken out of the lock: others need not wait for the arithmetic.
    let found = handle.read(|_, shared, now| {
        let (key, caller) = shared.identities.by_key(signature.ak)?;
        Some((key.clone(), caller, now))
    });
    let Some((key, caller, now)) = found else {
        return Ok(None);
    };
    let settings = handle.settings();
    // Clients sign with the time of their machine, whatever the emulator's clock shows. Only who asks for the
    // service's strictness in both respects has them judged by that clock.
    let judged_by_world = settings.auth == Auth::Strict && settings.fidelity == Fidelity::Strict;
    let now = if judged_by_world { now } else { system_now() };
    let request = canonical::Request {
        method: &request.method,
        uri: &request.uri,
        headers: &request.headers,
        body,
    };
    let key = Key {
        sk: &key.sk,
        session: key.security_token.as_ref(),
    };
    verify(signature, &request, &key, now).map(|()| Some(caller))
}

/// The header in which a request may name its project.
const PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

/// True if the caller may use an operation, and may do so in the project that the request is for, if it names
/// one, as its path or its header spells it. A token of an account is for no project, and so for no operation
/// of one.
pub(super) fn authorize(
    caller: &Caller,
    operation: &Operation,
    project: Option<&str>,
) -> Result<(), Rejection> {
    let foreign = match (caller.projects.as_deref(), project) {
        (Some([]), _) => Some("the token is for an account; get one for a project".to_owned()),
        (Some(own), Some(project)) => {
            let project = decoded(project);
            (!own.contains(&project)).then(|| {
                let own = own.join(" or ");
                format!("the credential is for the project {own}, not for {project}")
            })
        }
        _ => None,
    };
    match foreign {
        Some(why) => Err(Rejection::Forbidden {
            action: operation.action.clone(),
            why,
        }),
        None => caller.authorize(operation),
    }
}

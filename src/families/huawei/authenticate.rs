//! Authentication and authorization of the callers of Huawei services.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderName, header};

use super::path::decoded;
use crate::http::auth::verify::{Key, verify};
use crate::http::auth::{Credential, CredentialError, Signature, canonical, huawei};
use crate::http::{Caller, Operation, Rejection};
use crate::sim::clock::system_now;
use crate::world::handle::Handle;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::settings::{Auth, Fidelity};

/// Returns true if a request is signed. A signature covers the body.
pub(super) fn is_signed(request: &Parts) -> bool {
    request.headers.contains_key(header::AUTHORIZATION)
        && matches!(huawei(&request.headers), Ok(Credential::Signature(_)))
}

/// Recognises the caller of a Huawei service. A known credential is always checked; an unknown one is accepted
/// unless `--auth strict`.
pub fn authenticate<T>(
    handle: &Handle<T>,
    request: &Parts,
    body: &Bytes,
) -> Result<Caller, Rejection> {
    let mut caller = identify(handle, request, body).map_err(Rejection::Unauthenticated)?;
    let named = request.headers.get(PROJECT_ID);
    let named = named.and_then(|value| value.to_str().ok());
    caller.named_project = named.filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(caller)
}

fn identify<T>(
    handle: &Handle<T>,
    request: &Parts,
    body: &Bytes,
) -> Result<Caller, CredentialError> {
    let (caller, unknown) = match huawei(&request.headers)? {
        Credential::Token(token) => (
            handle.read(|_, shared, now| shared.identities.by_token(token, now))?,
            CredentialError::UnknownToken,
        ),
        Credential::Signature(signature) => (
            signer(handle, &signature, request, body)?,
            CredentialError::UnknownKey {
                ak: signature.ak.to_owned(),
            },
        ),
    };
    match caller {
        Some(caller) => Ok(caller),
        None if handle.settings().auth == Auth::Shape => Ok(Caller::named(UNKNOWN_CALLER)),
        None => Err(unknown),
    }
}

/// The caller whose access key signed the request, if the key is known.
fn signer<T>(
    handle: &Handle<T>,
    signature: &Signature,
    request: &Parts,
    body: &Bytes,
) -> Result<Option<Caller>, CredentialError> {
    // The signature is verified outside the lock, since hashing a body takes long.
    let found = handle.read(|_, shared, now| {
        let found = shared.identities.by_key(signature.ak, now)?;
        Ok(found.map(|(key, caller)| (key.clone(), caller, now)))
    })?;
    let Some((key, caller, now)) = found else {
        return Ok(None);
    };
    let settings = handle.settings();
    // Clients sign with their machine's time. Only full strictness compares it with the emulator's clock.
    let is_strict = settings.auth == Auth::Strict && settings.fidelity == Fidelity::Strict;
    let now = if is_strict { now } else { system_now() };
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

/// Checks that the caller may use an operation in the project of the request. `project` is percent-encoded. A token for
/// an account is valid for no project.
pub(super) fn authorize(
    caller: &Caller,
    operation: &Operation,
    project: Option<&str>,
) -> Result<(), Rejection> {
    let why = match (caller.projects.as_deref(), project.map(decoded)) {
        (Some([]), _) => "the token is for an account; get one for a project".to_owned(),
        (Some(own), Some(project)) if !own.contains(&project) => {
            let own = own.join(" or ");
            format!("the credential is for the project {own}, not for {project}")
        }
        _ => return caller.authorize(operation),
    };
    Err(Rejection::Forbidden {
        action: operation.action.clone(),
        why,
    })
}

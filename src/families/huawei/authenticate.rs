//! Authentication and authorization of the callers of Huawei services.

use axum::http::HeaderName;
use axum::http::request::Parts;

use super::path::decoded;
use crate::http::auth::verify::{Key, verify_head};
use crate::http::auth::{Credential, CredentialError, Signature, huawei};
use crate::http::authentication::UnverifiedSignature;
use crate::http::context::{add_hint, note_permission};
use crate::http::{Authentication, Caller, Evidence, Operation, Rejection};
use crate::sim::clock::system_now;
use crate::world::handle::Handle;
use crate::world::identities::UNKNOWN_CALLER;
use crate::world::settings::{Auth, Fidelity, Settings};

/// Recognises the caller of a Huawei service. A known credential is always checked; an unknown one is accepted
/// unless `--auth strict`.
pub fn authenticate<'a, T>(
    handle: &Handle<T>,
    request: &'a Parts,
) -> Result<Authentication<'a>, Rejection> {
    let mut authentication = identify(handle, request).map_err(Rejection::Unauthenticated)?;
    let caller = match &mut authentication {
        Authentication::Done(caller) => caller,
        Authentication::AwaitsBody(signature) => &mut signature.signer,
    };
    let named = request.headers.get(PROJECT_ID);
    let named = named.and_then(|value| value.to_str().ok());
    caller.named_project = named.filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(authentication)
}

fn identify<'a, T>(
    handle: &Handle<T>,
    request: &'a Parts,
) -> Result<Authentication<'a>, CredentialError> {
    let unknown = match huawei(&request.headers)? {
        Credential::Token(token) => {
            let caller = handle.read(|_, shared, now| shared.identities.by_token(token, now))?;
            if let Some(caller) = caller {
                return Ok(Authentication::Done(caller));
            }
            CredentialError::UnknownToken
        }
        Credential::Signature(signature) => {
            let ak = signature.ak;
            if let Some(unverified) = unverified(handle, signature, request)? {
                return Ok(Authentication::AwaitsBody(unverified));
            }
            CredentialError::UnknownKey { ak: ak.to_owned() }
        }
    };
    match handle.settings().auth {
        Auth::Shape => Ok(Authentication::Done(Caller::named(UNKNOWN_CALLER))),
        Auth::Strict => Err(unknown),
    }
}

/// The signature with its key, if that is known. The digest is left to verify, for which the body must have arrived.
fn unverified<'a, T>(
    handle: &Handle<T>,
    signature: Signature<'a>,
    request: &Parts,
) -> Result<Option<UnverifiedSignature<'a>>, CredentialError> {
    let found = handle.read(|_, shared, now| {
        let found = shared.identities.by_key(signature.ak, now)?;
        Ok(found.map(|(key, signer)| (key.clone(), signer, now)))
    })?;
    let Some((key, signer, now)) = found else {
        return Ok(None);
    };
    let settings = handle.settings();
    let is_strict = settings.fidelity == Fidelity::Strict;
    // Clients sign with their machine's time. Only full strictness compares it with the emulator's clock.
    let now = if is_strict && settings.auth == Auth::Strict {
        now
    } else {
        system_now()
    };
    let secrets = Key {
        sk: &key.sk,
        session: key.security_token.as_ref(),
    };
    verify_head(&signature, &request.headers, &secrets, now)?;
    Ok(Some(UnverifiedSignature {
        signature,
        sk: key.sk,
        signer,
        is_strict,
    }))
}

/// Checks that a signed request names in its header no other project than in its path. The real services refuse such a
/// request; the emulator does with `--fidelity strict`, and otherwise hints at it.
pub(super) fn check_named_project(
    settings: &Settings,
    caller: &Caller,
    operation: &Operation,
    in_path: Option<&str>,
    request: &Parts,
) -> Result<(), Rejection> {
    let (Some(named), Some(in_path)) = (&caller.named_project, in_path) else {
        return Ok(());
    };
    let in_path = decoded(in_path);
    let is_signed = || matches!(huawei(&request.headers), Ok(Credential::Signature(_)));
    if *named == in_path || !is_signed() {
        return Ok(());
    }
    let why = format!("X-Project-Id names the project {named}, the path {in_path}");
    if settings.fidelity == Fidelity::Strict {
        return Err(Rejection::Forbidden {
            action: operation.action.clone(),
            why,
            // The words of the refusal are unknown.
            evidence: Evidence::Inferred,
        });
    }
    add_hint(format!("{why}; the real service refuses this"));
    Ok(())
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
    let (why, evidence) = match (caller.projects.as_deref(), project.map(decoded)) {
        (Some([]), _) => (
            "the token is for an account; get one for a project".to_owned(),
            Evidence::Inferred,
        ),
        (Some(own), Some(project)) if !own.contains(&project) => {
            let own = own.join(" or ");
            let why = format!("the credential is for the project {own}, not for {project}");
            (why, Evidence::Documented)
        }
        _ => {
            caller.authorize(operation)?;
            if caller.actions.is_some() {
                let is_newer = caller.is_allowed(&operation.action);
                let names = (&operation.action, &operation.alias);
                note_permission(if is_newer { names.0 } else { names.1 });
            }
            return Ok(());
        }
    };
    Err(Rejection::Forbidden {
        action: operation.action.clone(),
        why,
        evidence,
    })
}

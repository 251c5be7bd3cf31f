//! Temporary access keys.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::request::note_body;
use crate::families::iam::dialect::has_credential;
#[cfg(test)]
use crate::families::iam::error::{IamAnyErrorBody, IamErrorBody, KeystoneErrorBody};
use crate::families::iam::model::TemporaryKeyRequest;
use crate::families::iam::wire::temporary_key::IamTemporaryKey;
#[cfg(test)]
use crate::families::iam::wire::temporary_key::IamTemporaryKeyRequest;
use crate::families::iam::wire::token::stamp;
use crate::families::iam::{Error, Iam};
use crate::http::auth::{AUTH_TOKEN, Secret, header_value};
use crate::http::extract::Body;
use crate::http::{Caller, response};
use crate::sim::ids::Ids;
use crate::sim::time::MAX_INSTANT;
use crate::world::identities::{AccessKey, Directory, Issued, KeyHistory};
use crate::world::settings::Auth;

/// Issues a temporary access key.
///
/// `POST /v3.0/OS-CREDENTIAL/securitytokens`. Answers 201 with the key and its session token. Requests that the key
/// signs carry the session token in `X-Security-Token`. The key expires after `duration_seconds` of the emulator's
/// clock, from 900 (if absent) to 86,400. Method `token`: the key has the permissions of the user or agency with the
/// token, in the project of the token, else in all of its projects. Method `assume_role`: the caller assumes an agency,
/// and the key has the agency's projects and actions. Errors: as for a login by these methods.
#[cfg_attr(test, utoipa::path(post, path = "/v3.0/OS-CREDENTIAL/securitytokens", operation_id = "CreateTemporaryAccessKey", tag = "iam",
    request_body = IamTemporaryKeyRequest,
    responses((status = 201, body = IamTemporaryKey), (status = 400, body = IamAnyErrorBody),
        (status = 401, body = IamAnyErrorBody), (status = 403, body = KeystoneErrorBody),
        (status = 404, body = KeystoneErrorBody), (status = 413, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, CreateTemporaryAccessKeyByToken and CreateTemporaryAccessKeyByAgency, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("auth.identity.policy is ignored; session_user is checked and not kept; the halves of a key and its session token are hexadecimal digits; the bodies of errors are inferred")))))]
pub(super) async fn create_temporary_key(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
    Body(body): Body,
) -> Result<Response, Error> {
    let mut ignored = Vec::new();
    let key_request = TemporaryKeyRequest::read(&body, &mut |path| ignored.push(path));
    note_body(&body, ignored);
    let key_request = key_request?;
    let caller = has_credential(&parts.headers).then_some(&caller);
    let header_token = header_value(&parts.headers, &AUTH_TOKEN).ok().flatten();
    let is_lenient = handle.settings().auth != Auth::Strict;
    let text = handle.write(|(), shared, now| {
        let directory = &mut shared.identities;
        let login = key_request.login(directory, caller, header_token, now, is_lenient)?;
        let expires = (now + key_request.lifetime).min(MAX_INSTANT);
        let (ak, sk, security_token) = draw_key(handle.token_ids(), directory);
        let issued = Issued {
            at: stamp(now),
            domain: login.domain,
            project: login.project,
            methods: vec![key_request.method().to_owned()],
            assumed_by: login.assumed_by,
        };
        for secret in [&sk, &security_token] {
            handle.recorder().secrets.add(secret.expose());
        }
        let key = AccessKey {
            ak: ak.clone(),
            sk: sk.clone(),
            user: login.user,
            security_token: Some(security_token.clone()),
            expires_at: Some(stamp(expires)),
            emulator: Some(KeyHistory { issued }),
        };
        directory.issue_key(key, now);
        let key = IamTemporaryKey::new(ak, sk, security_token, expires);
        Ok::<_, Error>(response::to_json(&key, 256))
    })?;
    Ok(response::json(StatusCode::CREATED, text))
}

/// A public half of 20 digits in the service's capitals, a secret half of 40 digits, and a session token.
fn draw_key(ids: &Ids, directory: &Directory) -> (String, Secret, Secret) {
    let halves = ids.token(|text| directory.contains_key(&text[..20].to_ascii_uppercase()));
    let (access, secret) = halves.split_at(20);
    let session = ids.token(|_| false);
    (
        access.to_ascii_uppercase(),
        Secret::new(&secret[..40]),
        Secret::new(session),
    )
}

//! Tokens: login, description, revocation.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::request::note_body;
use crate::families::huawei::{self, authenticate};
#[cfg(test)]
use crate::families::iam::error::{IamAnyErrorBody, IamErrorBody, KeystoneErrorBody};
use crate::families::iam::model::LoginRequest;
#[cfg(test)]
use crate::families::iam::wire::login::IamTokenRequest;
use crate::families::iam::wire::token::{IamTokenEnvelope, stamp};
use crate::families::iam::{Error, Iam};
use crate::http::auth::{SUBJECT_TOKEN, Secret, header_value};
use crate::http::context::note_inferred;
use crate::http::extract::{Body, Query};
use crate::http::{Caller, Rejection, response};
use crate::world::identities::{Issued, Token};
use crate::world::settings::Auth;

/// The permission to show and revoke other users' tokens. The service has a role of this name.
const ADMINISTRATOR: &str = "Security Administrator";

/// Parameters that shorten the description of a token.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(default)]
pub(super) struct TokenQuery {
    /// Any text but an empty one omits the catalog.
    nocatalog: String,
}

/// Issues a token for a login.
///
/// `POST /v3/auth/tokens`. Answers 201 with the token in the header `X-Subject-Token` and its description in the body.
/// The token expires after 24 hours of the emulator's clock, and one from a token no later than that. A scope with a
/// project limits it to that project; with an account or without a scope, the token is valid for account-level services
/// only. Methods: `password`; `password` with `totp`, for users with a `totp_secret`, in whose place the password alone
/// is refused; `token`; `hw_ak_sk`, a permanent access key; `assume_role`, by which the caller with the `X-Auth-Token`
/// or signature assumes an agency. Errors: 400 for an invalid body, `IAM.0072` for a missing field, `IAM.0073` for an
/// invalid field; 401 for a wrong credential or a foreign scope; for an agency 403 without the permission `Agent
/// Operator` or the agency's trust, and 404 for an unknown one. If the fixtures have no users, anyone may log in unless
/// `--auth strict`, and if they have no agencies, anyone may assume any.
#[cfg_attr(test, utoipa::path(post, path = "/v3/auth/tokens", operation_id = "CreateToken", tag = "iam",
    params(TokenQuery,
        ("X-Auth-Token" = Option<String>, Header, description = "The token of the user who assumes an agency")),
    request_body(content = IamTokenRequest,
        example = json!({"auth": {
            "identity": {"methods": ["password"],
                "password": {"user": {"name": "demo", "password": "demo-password", "domain": {"name": "demo"}}}},
            "scope": {"project": {"name": "cn-north-4"}}}})),
    responses((status = 201, body = IamTokenEnvelope, headers(("X-Subject-Token" = String, description = "The token"))),
        (status = 400, body = IamAnyErrorBody), (status = 401, body = KeystoneErrorBody),
        (status = 403, body = KeystoneErrorBody), (status = 404, body = KeystoneErrorBody),
        (status = 413, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneCreateUserTokenByPassword, KeystoneCreateUserTokenByPasswordAndMfa and KeystoneCreateAgencyToken, and the Open Telekom Cloud copy of its page iam_30_0001, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("the methods token and hw_ak_sk, xrole_name, a user by id and the account of a project are as official clients send them (observed); a token is 64 hexadecimal digits; the catalog lists the emulated services, ASM and ServiceStage under inferred names; the roles are the actions of the fixtures; a scope is optional; a one-time code may be used again; the texts for a wrong one-time code, token, key, scope or agency are inferred; failed logins do not lock accounts, and a changed password does not invalidate tokens")))))]
pub(super) async fn create_token(
    State(Iam(handle)): State<Iam>,
    Query(view): Query<TokenQuery>,
    parts: Parts,
    Body(body): Body,
) -> Result<Response, Error> {
    let mut ignored = Vec::new();
    let login_request = LoginRequest::read(&body, &mut |path| ignored.push(path));
    note_body(&body, ignored);
    let login_request = login_request?;
    let caller = if login_request.needs_caller() {
        let authentication = authenticate(&handle, &parts);
        let caller = authentication.and_then(|known| known.verify(&parts, &body));
        Some(caller.map_err(bad_token)?)
    } else {
        None
    };
    let base = handle.base_url(&parts.headers);
    let is_lenient = handle.settings().auth != Auth::Strict;
    let (token, text) = handle.write(|(), shared, now| {
        let directory = &mut shared.identities;
        let login = login_request.login(directory, caller.as_ref(), now, is_lenient)?;
        let issued = Issued {
            at: stamp(now),
            project: login_request.project(directory, &login)?,
            methods: login_request.methods,
            domain: login.domain.clone(),
            assumed_by: login.assumed_by.clone(),
        };
        let token = handle
            .token_ids()
            .token(|token| directory.contains_token(token));
        let token = Token {
            token: Secret::new(token),
            expires_at: Some(stamp(LoginRequest::expires(&login, now))),
            user: login.user,
            emulator: Some(issued.into()),
        };
        handle.recorder().secrets.add(token.token.expose());
        directory.issue_token(token.clone(), now);
        let envelope = IamTokenEnvelope::new(&token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token, response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(
        response::json(StatusCode::CREATED, text),
        &token,
    ))
}

/// The refusal of the credential of a caller who assumes an agency.
fn bad_token(rejection: Rejection) -> Error {
    match rejection {
        Rejection::Unauthenticated(failure) => Error::BadToken(huawei::hint(&failure)),
        other => other.into(),
    }
}

/// Shows a token.
///
/// `GET /v3/auth/tokens` (or HEAD, for the status alone), with the token in `X-Subject-Token`. Answers 200 with the
/// header and body of its issue. Errors: 400 `IAM.0009` for a missing `X-Subject-Token`; 403 for another user's token
/// without the permission `Security Administrator`; 404 for an unknown, expired or revoked token.
#[cfg_attr(test, utoipa::path(get, path = "/v3/auth/tokens", operation_id = "ShowToken", tag = "iam",
    params(TokenQuery, ("X-Subject-Token" = String, Header, description = "The token to show", min_length = 1)),
    responses((status = 200, body = IamTokenEnvelope, headers(("X-Subject-Token" = String, description = "The token"))),
        (status = 400, body = IamErrorBody), (status = 403, body = KeystoneErrorBody),
        (status = 404, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("the vendor's API document, KeystoneValidateToken, and the Open Telekom Cloud copy of its page iam_30_0004, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("for a token from the fixtures, the time of issue and the project (its user's first) are inferred")))))]
pub(super) async fn show_token(
    State(Iam(handle)): State<Iam>,
    Query(view): Query<TokenQuery>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let subject = subject(&parts)?;
    let base = handle.base_url(&parts.headers);
    let (token, text) = handle.read(|(), shared, now| {
        let directory = &shared.identities;
        let token = directory
            .valid_token(subject, now)
            .ok_or(Error::NoSuchToken)?;
        check_owner(&caller, token)?;
        if token.issued().is_none() {
            note_inferred("token.issued_at");
            note_inferred("token.project");
        }
        let envelope = IamTokenEnvelope::new(token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token.clone(), response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(response::json(StatusCode::OK, text), &token))
}

/// Revokes a token, expired or not.
///
/// `DELETE /v3/auth/tokens`, with the token in `X-Subject-Token`. Answers 204. From then on every service refuses the
/// token with 401 `APIGW.0307`. Errors: as for showing a token.
#[cfg_attr(test, utoipa::path(delete, path = "/v3/auth/tokens", operation_id = "DeleteToken", tag = "iam",
    params(("X-Subject-Token" = String, Header, description = "The token to revoke", min_length = 1)),
    responses((status = 204), (status = 400, body = IamErrorBody), (status = 403, body = KeystoneErrorBody),
        (status = 404, body = KeystoneErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("Open Telekom Cloud, IAM API reference, Deleting a User Token, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("it takes effect at once")))))]
pub(super) async fn revoke_token(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let subject = subject(&parts)?;
    handle.write(|(), shared, _| {
        let directory = &mut shared.identities;
        let token = directory
            .unrevoked_token(subject)
            .ok_or(Error::NoSuchToken)?;
        check_owner(&caller, token)?;
        directory.revoke_token(subject);
        Ok::<_, Error>(())
    })?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// The token that the operation is about.
fn subject(request: &Parts) -> Result<&str, Error> {
    match header_value(&request.headers, &SUBJECT_TOKEN) {
        Ok(Some(subject)) => Ok(subject),
        Ok(None) | Err(_) => Err(Error::BadSubject),
    }
}

/// Checks that the token belongs to the caller, unless the caller may access those of others.
fn check_owner(caller: &Caller, token: &Token) -> Result<(), Error> {
    if token.user == caller.name || caller.is_allowed(ADMINISTRATOR) {
        Ok(())
    } else {
        Err(Error::Forbidden(format!(
            "the token belongs to another user; the permission {ADMINISTRATOR} is required"
        )))
    }
}

fn with_subject(mut response: Response, token: &Secret) -> Response {
    if let Ok(token) = HeaderValue::from_str(token.expose()) {
        response.headers_mut().insert(SUBJECT_TOKEN, token);
    }
    response
}

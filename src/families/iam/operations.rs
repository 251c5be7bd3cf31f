//! The operations.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::{IamErrorBody, IamLoginErrorBody};
use super::wire::request::{IamTokenRequest, LoginRequest};
use super::wire::response::{IamDomains, IamProjects, IamTokenEnvelope, LIFETIME, stamp};
use super::{Error, Iam};
use crate::http::auth::{SUBJECT_TOKEN, Secret, header_value, redact};
use crate::http::context::with_details;
use crate::http::extract::{Body, Query};
use crate::http::{Caller, response};
use crate::sim::time::MAX_INSTANT;
use crate::world::identities::{Issued, NameOrId, Project, Token};
use crate::world::settings::Auth;

/// The permission to show and revoke other users' tokens. The service has a role of this name.
const ADMINISTRATOR: &str = "Security Administrator";

/// Parameters that shorten the description of a token.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct TokenQuery {
    /// Any text but an empty one omits the catalog.
    nocatalog: String,
}

/// Issues a token for a name and a password. `POST /v3/auth/tokens`.
///
/// Answers 201 with the token in the header `X-Subject-Token` and its description in the body. The token expires after
/// 24 hours of the emulator's clock. A scope with a project limits it to that project; with an account or without a
/// scope, the token is valid for account-level services only. Errors: 401 in Keystone's shape for a wrong password, an
/// unknown user or a foreign scope; 400 `IAM.0011` for invalid JSON, `IAM.0072` for a missing field, `IAM.0073` for an
/// invalid field. If the fixtures have no users, anyone may log in unless `--auth strict`.
#[utoipa::path(post, path = "/v3/auth/tokens", operation_id = "CreateToken", tag = "iam", params(TokenQuery),
    request_body(content = IamTokenRequest,
        example = json!({"auth": {
            "identity": {"methods": ["password"],
                "password": {"user": {"name": "demo", "password": "demo-password", "domain": {"name": "demo"}}}},
            "scope": {"project": {"name": "cn-north-4"}}}})),
    responses((status = 201, body = IamTokenEnvelope, headers(("X-Subject-Token" = String, description = "The token"))),
        (status = 400, body = IamErrorBody), (status = 401, body = IamLoginErrorBody),
        (status = 413, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("only the password method; a token is 64 hexadecimal digits; the catalog lists the emulated services, ASM and ServiceStage under inferred names; the roles are the actions of the fixtures; the shape of each error is inferred; failed logins do not lock accounts, and a changed password does not invalidate tokens"))))]
pub(super) async fn create_token(
    State(Iam(handle)): State<Iam>,
    Query(view): Query<TokenQuery>,
    parts: Parts,
    Body(body): Body,
) -> Result<Response, Error> {
    let mut ignored = Vec::new();
    let login_request = LoginRequest::read(&body, |place| ignored.push(place));
    with_details(|details| {
        details.unknown_fields = ignored;
        details.body = body;
    });
    let login_request = login_request?;
    let base = base(&parts);
    let accept_unknown = handle.settings().auth != Auth::Strict;
    let (token, text) = handle.write(|(), shared, now| {
        let directory = &mut shared.identities;
        let login = login_request.login(directory, accept_unknown && !directory.has_users())?;
        let issued = Issued {
            at: stamp(now),
            project: login_request.project(directory, &login)?,
            domain: login.domain,
        };
        let token = Token {
            token: Secret::new(
                handle
                    .token_ids()
                    .token(|token| directory.contains_token(token)),
            ),
            user: login.user,
            expires_at: Some(stamp((now + LIFETIME).min(MAX_INSTANT))),
            emulator: Some(issued.into()),
        };
        directory.insert_token(token.clone());
        let envelope = IamTokenEnvelope::new(&token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token, response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(
        response::json(StatusCode::CREATED, text),
        &token,
    ))
}

/// Shows a token. `GET /v3/auth/tokens` (or HEAD, for the status alone), with the token in `X-Subject-Token`.
///
/// Answers 200 with the header and body of its issue. Errors: 400 `IAM.0009` for a missing `X-Subject-Token`; 403
/// `IAM.0002` for another user's token without the permission `Security Administrator`; 404 `IAM.0004` for an unknown,
/// expired or revoked token.
#[utoipa::path(get, path = "/v3/auth/tokens", operation_id = "ShowToken", tag = "iam",
    params(TokenQuery, ("X-Subject-Token" = String, Header, description = "The token to show", min_length = 1)),
    responses((status = 200, body = IamTokenEnvelope, headers(("X-Subject-Token" = String, description = "The token"))),
        (status = 400, body = IamErrorBody), (status = 403, body = IamErrorBody), (status = 404, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0004.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("for a token from the fixtures, the time of issue and the project (its user's first) are inferred"))))]
pub(super) async fn show_token(
    State(Iam(handle)): State<Iam>,
    Query(view): Query<TokenQuery>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let subject = subject(&parts)?;
    let base = base(&parts);
    let (token, text) = handle.read(|(), shared, now| {
        let directory = &shared.identities;
        let token = directory
            .valid_token(subject, now)
            .ok_or(Error::NoSuchToken)?;
        check_owner(&caller, token)?;
        let envelope = IamTokenEnvelope::new(token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token.clone(), response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(response::json(StatusCode::OK, text), &token))
}

/// Revokes a token, expired or not. `DELETE /v3/auth/tokens`, with the token in `X-Subject-Token`.
///
/// Answers 204. From then on every service refuses the token with 401 `APIGW.0307`. Errors: as for showing a token.
#[utoipa::path(delete, path = "/v3/auth/tokens", operation_id = "DeleteToken", tag = "iam",
    params(("X-Subject-Token" = String, Header, description = "The token to revoke", min_length = 1)),
    responses((status = 204), (status = 400, body = IamErrorBody), (status = 403, body = IamErrorBody),
        (status = 404, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("Open Telekom Cloud, IAM API reference, Deleting a User Token, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("it takes effect at once"))))]
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

/// The filter and the page of a list of projects.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct ProjectFilter {
    /// The account's id.
    domain_id: Option<String>,
    /// The project's name, which is the region's.
    name: Option<String>,
    /// The id of the parent project or of the account.
    parent_id: Option<String>,
    /// `true` or `false`: availability; all projects are available.
    #[param(pattern = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$")]
    enabled: Option<String>,
    /// `true` or `false`: accounts or projects; none of the list is an account.
    #[param(pattern = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$")]
    is_domain: Option<String>,
    /// The number of the page, at least 1; only with `per_page`.
    #[param(value_type = Option<i64>, minimum = 1)]
    page: Option<String>,
    /// The number of projects per page, 1 to 5,000; only with `page`.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 5_000)]
    per_page: Option<String>,
}

/// Lists the projects of the caller. `GET /v3/projects`; the SDKs look up the id of their project with
/// `?name=<region>`.
///
/// A caller without project limits sees the projects of all users, one per name; for an unknown name, a project whose
/// id is derived from the name. Errors: 400 `IAM.0007` for an invalid parameter; 403 `IAM.0003` without the permission
/// `iam:projects:listProjects`.
#[utoipa::path(get, path = "/v3/projects", operation_id = "ListProjects", tag = "iam", params(ProjectFilter),
    responses((status = 200, body = IamProjects), (status = 400, body = IamErrorBody), (status = 403, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-iam/iam_06_0001.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("iam:projects:listProjects")),
        ("x-differences" = json!("links.previous and links.next are always null; a caller without project limits is shown a derived project for any name"))))]
pub(super) async fn list_projects(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<ProjectFilter>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let page = filter.page()?;
    let enabled = flag("enabled", filter.enabled.as_deref())?;
    let is_domain = flag("is_domain", filter.is_domain.as_deref())?;
    let none_matches = enabled == Some(false) || is_domain == Some(true);
    let (base, path) = (base(&parts), target(&parts));
    let text = handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let domain = directory.account_of(&caller);
        let mut projects = directory.projects(&caller.name);
        if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
            projects.retain(|project| project.name == name);
            if projects.is_empty() && !directory.is_limited(&caller.name) {
                projects.push(Project::from_name(name));
            }
        }
        let is_other_domain = |id: &Option<String>| match id.as_deref() {
            None | Some("") => false,
            Some(id) => !NameOrId::Id(id).is_domain(domain),
        };
        if none_matches || is_other_domain(&filter.domain_id) || is_other_domain(&filter.parent_id)
        {
            projects.clear();
        }
        let projects: Vec<Project> = match page {
            Some((skip, take)) => projects.into_iter().skip(skip).take(take).collect(),
            None => projects,
        };
        response::to_json(&IamProjects::new(projects, domain, &base, &path), 512)
    });
    Ok(response::json(StatusCode::OK, text))
}

impl ProjectFilter {
    /// The numbers of projects to skip and to take, if a page is requested.
    fn page(&self) -> Result<Option<(usize, usize)>, Error> {
        match (&self.page, &self.per_page) {
            (None, None) => Ok(None),
            (Some(page), Some(per_page)) => {
                let page = match page.parse::<usize>() {
                    Ok(page) if page > 0 => page,
                    _ => return Err(bad("page", "a positive integer")),
                };
                let Ok(per_page @ 1..=5_000) = per_page.parse::<usize>() else {
                    return Err(bad("per_page", "an integer from 1 to 5000"));
                };
                Ok(Some(((page - 1).saturating_mul(per_page), per_page)))
            }
            (Some(_), None) => Err(bad("per_page", "given together with page")),
            (None, Some(_)) => Err(bad("page", "given together with per_page")),
        }
    }
}

fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, Error> {
    match text.unwrap_or_default().to_ascii_lowercase().as_str() {
        "" => Ok(None),
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => Err(bad(name, "true or false")),
    }
}

fn bad(name: &str, must_be: &str) -> Error {
    Error::BadParameter {
        name: name.to_owned(),
        why: format!("{name} must be {must_be}"),
    }
}

/// Lists the one account of the caller. `GET /v3/auth/domains`.
///
/// Clients of account-level services look up their account id here. Errors: the gateway's.
#[utoipa::path(get, path = "/v3/auth/domains", operation_id = "ListDomains", tag = "iam",
    responses((status = 200, body = IamDomains)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/api-iam/iam_07_0001.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("users without an account in the fixtures belong to the account emulator"))))]
pub(super) async fn list_domains(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let (base, path) = (base(&parts), target(&parts));
    let text = handle.read(|(), shared, _| {
        let domain = shared.identities.account_of(&caller);
        response::to_json(&IamDomains::new(domain, &base, &path), 512)
    });
    Ok(response::json(StatusCode::OK, text))
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
        Err(Error::ForeignToken)
    }
}

/// The base URL of the emulator, as the client knows it.
fn base(request: &Parts) -> String {
    let host = request
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

/// The path of the request with its query, secrets masked.
fn target(request: &Parts) -> String {
    let path = request.uri.path();
    match request.uri.query() {
        Some(query) => format!("{path}?{}", redact::query(query)),
        None => path.to_owned(),
    }
}

fn with_subject(mut response: Response, token: &Secret) -> Response {
    if let Ok(token) = HeaderValue::from_str(token.expose()) {
        response.headers_mut().insert(SUBJECT_TOKEN, token);
    }
    response
}

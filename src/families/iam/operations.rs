//! The operations.

use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::error::{IamErrorBody, IamLoginErrorBody};
use super::wire::request::{IamTokenRequest, LoginRequest};
use super::wire::response::{IamDomains, IamProjects, IamTokenEnvelope, LIFE, stamp};
use super::{Error, Iam};
use crate::http::auth::{SUBJECT_TOKEN, Secret, header_value, redact};
use crate::http::context::RequestContext;
use crate::http::extract::{Body, Query};
use crate::http::{Caller, response};
use crate::sim::clock::MAX_INSTANT;
use crate::world::identities::{Issued, Project, Token, Who, made_of};
use crate::world::settings::Auth;

/// The permission to look at and revoke other users' tokens: a role, whose name stands for it here.
const ADMINISTRATOR: &str = "Security Administrator";

/// What is left out of a token.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct TokenQuery {
    /// Anything but an empty text leaves out the catalog.
    nocatalog: String,
}

/// Issues a token for a name and a password. `POST /v3/auth/tokens`.
///
/// Answers 201 with the token in the header `X-Subject-Token` and what it is worth in the body. It lives for 24
/// hours of the emulator's clock. A scope with a project makes it one for that project alone; with an account,
/// or without a scope, it is for services of accounts. Errors: 401 in Keystone's shape for a wrong password, an
/// unknown user or a scope that is not the user's; 400 `IAM.0011` no JSON, `IAM.0072` a field is missing,
/// `IAM.0073` a field is wrong. While the fixtures have no users, everybody may log in unless `--auth strict`.
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
        ("x-differences" = json!("the password method alone; a token is 64 hexadecimal digits; the catalog names the services that are here, ASM and ServiceStage by inferred names; the roles are the actions of the fixtures; which shape an error has is inferred; accounts are not locked after failed logins, and a changed password leaves the tokens as they are"))))]
pub(super) async fn create_token(
    State(Iam(handle)): State<Iam>,
    Query(view): Query<TokenQuery>,
    parts: Parts,
    Body(body): Body,
) -> Result<Response, Error> {
    let mut ignored = Vec::new();
    let login_request = LoginRequest::read(&body, |place| ignored.push(place));
    if let Some(request_context) = parts.extensions.get::<RequestContext>() {
        request_context.ignored(ignored);
        request_context.body(body);
    }
    let login_request = login_request?;
    let base = base(&parts);
    let is_strict = handle.settings().auth == Auth::Strict;
    let (token, text) = handle.write(|(), shared, now| {
        let directory = &mut shared.identities;
        let login = login_request.login(directory, !is_strict && !directory.has_users())?;
        let issued = Issued {
            at: stamp(now),
            project: login_request.project(directory, &login)?,
            domain: login.domain,
        };
        let token = Token {
            token: Secret::of(handle.token_ids().token(|token| directory.knows(token))),
            user: login.user,
            expires_at: Some(stamp((now + LIFE).min(MAX_INSTANT))),
            emulator: Some(issued.into()),
        };
        directory.keep(token.clone());
        let envelope = IamTokenEnvelope::of(&token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token, response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(
        response::json(StatusCode::CREATED, text),
        &token,
    ))
}

/// Shows what a token is worth. `GET /v3/auth/tokens` (and HEAD, which answers the status alone), with the token
/// in question in `X-Subject-Token`.
///
/// Answers 200 with the same header and body as its issue. Errors: 400 `IAM.0009` no `X-Subject-Token`; 403
/// `IAM.0002` somebody else's token, unless everything is allowed or `Security Administrator` is; 404 `IAM.0004` a
/// token that is not known or holds no more.
#[utoipa::path(get, path = "/v3/auth/tokens", operation_id = "ShowToken", tag = "iam",
    params(TokenQuery, ("X-Subject-Token" = String, Header, description = "The token in question", min_length = 1)),
    responses((status = 200, body = IamTokenEnvelope, headers(("X-Subject-Token" = String, description = "The token"))),
        (status = 400, body = IamErrorBody), (status = 403, body = IamErrorBody), (status = 404, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0004.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("of a token of the fixtures it is inferred when it was issued, and that it is for its user's first project"))))]
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
        let token = directory.token(subject, now).ok_or(Error::NoSuchToken)?;
        check_owner(&caller, token)?;
        let envelope = IamTokenEnvelope::of(token, directory, &base, view.nocatalog.is_empty());
        Ok::<_, Error>((token.token.clone(), response::to_json(&envelope, 1 << 10)))
    })?;
    Ok(with_subject(response::json(StatusCode::OK, text), &token))
}

/// Revokes a token, whether its time is over or not. `DELETE /v3/auth/tokens`, with the token in question in
/// `X-Subject-Token`.
///
/// Answers 204. From then on every service answers the token with 401 `APIGW.0307`. Errors: as of a look at it.
#[utoipa::path(delete, path = "/v3/auth/tokens", operation_id = "DeleteToken", tag = "iam",
    params(("X-Subject-Token" = String, Header, description = "The token in question", min_length = 1)),
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
        let token = directory.unrevoked(subject).ok_or(Error::NoSuchToken)?;
        check_owner(&caller, token)?;
        directory.revoke(subject);
        Ok::<_, Error>(())
    })?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// What narrows a list of projects, and which page of it is asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct ProjectFilter {
    /// The account's id.
    domain_id: Option<String>,
    /// The project's name: that of the region.
    name: Option<String>,
    /// The id of the project above, or of the account.
    parent_id: Option<String>,
    /// `true` or `false`: whether the project is available, which all are.
    #[param(pattern = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$")]
    enabled: Option<String>,
    /// `true` or `false`: whether it is an account, which none is.
    #[param(pattern = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])?$")]
    is_domain: Option<String>,
    /// The number of the page, from 1 on; only with `per_page`.
    #[param(value_type = Option<i64>, minimum = 1)]
    page: Option<String>,
    /// How many projects a page has, 1 to 5,000; only with `page`.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 5_000)]
    per_page: Option<String>,
}

/// Lists the projects that the caller may enter. `GET /v3/projects`; with `?name=<region>` the SDKs find out the id
/// of the one project that they are for.
///
/// Who is limited to no projects is shown those of every user, one for each name, and with a name that nobody
/// has one that is made of it, always with the same id. Errors: 400 `IAM.0007` a parameter that cannot be read;
/// 403 `IAM.0003` without the permission `iam:projects:listProjects`.
#[utoipa::path(get, path = "/v3/projects", operation_id = "ListProjects", tag = "iam", params(ProjectFilter),
    responses((status = 200, body = IamProjects), (status = 400, body = IamErrorBody), (status = 403, body = IamErrorBody)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/intl/en-us/api-iam/iam_06_0001.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("iam:projects:listProjects")),
        ("x-differences" = json!("links.previous and links.next are always null; for a caller who is limited to no projects one is made up for every name"))))]
pub(super) async fn list_projects(
    State(Iam(handle)): State<Iam>,
    Query(filter): Query<ProjectFilter>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let page = filter.page()?;
    let enabled = flag("enabled", filter.enabled.as_deref())?;
    let is_domain = flag("is_domain", filter.is_domain.as_deref())?;
    let none_fits = enabled == Some(false) || is_domain == Some(true);
    let (base, path) = (base(&parts), target(&parts));
    let text = handle.read(|(), shared, _| {
        let directory = &shared.identities;
        let domain = directory.account_of(&caller);
        let mut projects = directory.projects(&caller.name);
        if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
            projects.retain(|project| project.name == name);
            if projects.is_empty() && !directory.is_limited(&caller.name) {
                projects.push(made_of(name));
            }
        }
        let is_here = |id: &Option<String>| {
            let id = id.as_deref().filter(|id| !id.is_empty());
            id.is_none_or(|id| Who::Id(id).is_domain(domain))
        };
        if none_fits || !is_here(&filter.domain_id) || !is_here(&filter.parent_id) {
            projects.clear();
        }
        let projects: Vec<Project> = match page {
            Some((skip, take)) => projects.into_iter().skip(skip).take(take).collect(),
            None => projects,
        };
        response::to_json(&IamProjects::of(projects, domain, &base, &path), 512)
    });
    Ok(response::json(StatusCode::OK, text))
}

impl ProjectFilter {
    /// How many projects to skip and to take, if pages are asked for.
    fn page(&self) -> Result<Option<(usize, usize)>, Error> {
        let number = |name: &str, text: &str, most: usize| {
            let number = text.parse().ok();
            let number = number.filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| match most {
                usize::MAX => bad(name, "a whole number from 1 on"),
                most => bad(name, &format!("a whole number from 1 to {most}")),
            })
        };
        match (self.page.as_deref(), self.per_page.as_deref()) {
            (None, None) => Ok(None),
            (Some(page), Some(per_page)) => {
                let page = number("page", page, usize::MAX)?;
                let per_page = number("per_page", per_page, 5_000)?;
                Ok(Some(((page - 1).saturating_mul(per_page), per_page)))
            }
            (Some(_), None) => Err(bad("per_page", "given together with page")),
            (None, Some(_)) => Err(bad("page", "given together with per_page")),
        }
    }
}

fn flag(name: &str, text: Option<&str>) -> Result<Option<bool>, Error> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let flag = text.to_ascii_lowercase().parse();
    flag.map(Some).map_err(|_| bad(name, "true or false"))
}

fn bad(name: &str, must_be: &str) -> Error {
    Error::BadParameter {
        name: name.to_owned(),
        why: format!("{name} must be {must_be}"),
    }
}

/// Lists the accounts that the caller belongs to: one. `GET /v3/auth/domains`.
///
/// Clients of services of accounts find out the id of theirs by it. Errors: those of the gateway.
#[utoipa::path(get, path = "/v3/auth/domains", operation_id = "ListDomains", tag = "iam",
    responses((status = 200, body = IamDomains)),
    extensions(("x-evidence" = json!("documented")),
        ("x-source" = json!("https://support.huaweicloud.com/api-iam/iam_07_0001.html and its Open Telekom Cloud copy, read 2026-11")),
        ("x-action" = json!("none")),
        ("x-differences" = json!("a user for whom the fixtures name no account belongs to the account emulator"))))]
pub(super) async fn list_domains(
    State(Iam(handle)): State<Iam>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Error> {
    let (base, path) = (base(&parts), target(&parts));
    let text = handle.read(|(), shared, _| {
        let domain = shared.identities.account_of(&caller);
        response::to_json(&IamDomains::of(domain, &base, &path), 512)
    });
    Ok(response::json(StatusCode::OK, text))
}

/// The token in question.
fn subject(request: &Parts) -> Result<&str, Error> {
    let subject = header_value(&request.headers, &SUBJECT_TOKEN)
        .ok()
        .flatten();
    subject.ok_or(Error::BadSubject)
}

/// Whether it is the caller's own token, or the caller may look at those of others.
fn check_owner(caller: &Caller, token: &Token) -> Result<(), Error> {
    if token.user == caller.name || caller.is_allowed(ADMINISTRATOR) {
        Ok(())
    } else {
        Err(Error::ForeignToken)
    }
}

/// The address at which the request was sent here.
fn base(request: &Parts) -> String {
    let host = request
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}", host.unwrap_or("localhost"))
}

/// The path of the request with its query, but for what sounds secret there.
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

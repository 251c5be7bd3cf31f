//! The gateway in front of every Huawei service: its refusals, and how callers are recognised.
//!
//! Shape: `{"error_msg":…,"error_code":"APIGW.…","request_id":…}`, the id being that of `X-Request-Id`.
//! Source: API Request Signing Guide, error codes; the texts of the 401s from it and from the services' FAQ
//! pages; read 2026-08. The texts of the others are inferred.

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{PartialSchema, ToSchema};

use crate::http::auth::verify::{Key, verify};
use crate::http::auth::{Credential, Failure, Signature, canonical, huawei};
use crate::http::faults::rules::StubResponse;
use crate::http::middleware::instrument::{Hint, WithRequestId};
use crate::http::openapi::gateway_responses::{AppliesTo, Refusal, declare_gate};
use crate::http::{Caller, Operation, Rejection, response};
use crate::registry::World;
use crate::sim::Millis;
use crate::sim::clock::{MAX_INSTANT, system_now};
use crate::world::hints::TOO_LARGE;
use crate::world::settings::{Auth, Fidelity};

/// The prefix of the gateway's codes for calls to Huawei's own services.
const PREFIX: &str = "APIGW";

/// What the gateway refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// `.0101`, 404: no such path.
    #[error("The API does not exist or has not been published in the environment")]
    NoRoute,
    /// `.0101`, 405: no such method (inferred).
    #[error(
        "The API does not exist or has not been published in the environment: method not allowed"
    )]
    WrongMethod,
    /// `.0301`, 401; `.0307` for a token that was revoked.
    #[error("{}", unauthenticated(.0))]
    Unauthenticated(Failure),
    /// `.0302`, 403.
    #[error("The IAM user is not authorized to access the API: {action}")]
    Forbidden {
        /// The permission that is missing.
        action: String,
        /// Why.
        why: String,
    },
    /// `.0201`, 413: the body is over 12 MiB.
    #[error("Request entity too large")]
    TooLarge,
    /// `.0602`, 400: the path holds a literal placeholder.
    #[error("Bad request: the path holds the literal {{project_id}}")]
    NoProject,
    /// `.0101`, 501: an operation that exists but cannot be emulated (inferred).
    #[error("The API is not available in this environment")]
    NotEmulated,
}

/// The documented text of a credential that does not hold.
fn unauthenticated(failure: &Failure) -> String {
    let reason = match failure {
        Failure::Revoked => return "The token must be updated.".to_owned(),
        Failure::Missing => "x-auth-token not found".to_owned(),
        Failure::Malformed(_) | Failure::BadSignature(_) => "verify aksk signature fail".to_owned(),
        Failure::UnknownToken => "decrypt token fail".to_owned(),
        Failure::Expired { at } => format!("token expires, expires_at: {at}"),
        Failure::UnknownKey { ak } => format!("Get secretKey failed,ak:{ak},err:ak not exist"),
        Failure::Skewed { signed, server } => format!(
            "calc aksk signature fail:signature expired, signature time:{signed},server time:{server}"
        ),
    };
    format!("Incorrect IAM authentication information: {reason}")
}

impl GatewayError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => "0101",
            Self::Unauthenticated(Failure::Revoked) => "0307",
            Self::Unauthenticated(_) => "0301",
            Self::Forbidden { .. } => "0302",
            Self::TooLarge => "0201",
            Self::NoProject => "0602",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoProject => StatusCode::BAD_REQUEST,
            Self::NotEmulated => StatusCode::NOT_IMPLEMENTED,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unauthenticated(failure) => Some(hint(failure)),
            Self::Forbidden { why, .. } => Some(why.clone()),
            Self::NoProject => Some(
                "the client was built without a project id: give its credentials one".to_owned(),
            ),
            Self::TooLarge => Some(TOO_LARGE.to_owned()),
            // What the path or its methods are is told where that is known.
            Self::NoRoute | Self::WrongMethod | Self::NotEmulated => None,
        }
    }
}

/// Why a credential was refused, and what would make it pass.
#[must_use]
pub fn hint(failure: &Failure) -> String {
    let hint = match failure {
        Failure::Missing => "send an X-Auth-Token, or sign with AK/SK",
        Failure::Malformed(why) | Failure::BadSignature(why) => why,
        Failure::UnknownToken => {
            "with --auth strict a token must be in the fixtures or issued by POST /v3/auth/tokens; \
             a reset forgets the issued ones"
        }
        Failure::UnknownKey { .. } => {
            "with --auth strict the access key must be among identities.access_keys"
        }
        Failure::Expired { .. } | Failure::Revoked => {
            "get a new token with POST /v3/auth/tokens; tokens end on the emulator's clock"
        }
        Failure::Skewed { .. } => {
            "a signature holds for 15 minutes before and after its X-Sdk-Date; with --auth strict and \
             --fidelity strict these are minutes of the emulator's clock, else of the machine's"
        }
    };
    hint.to_owned()
}

/// The gateway's error body.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct GatewayErrorBody<'a> {
    /// What went wrong.
    pub error_msg: String,
    /// `APIGW.` and four digits.
    pub error_code: String,
    /// The same as the header `X-Request-Id`: 32 hexadecimal digits.
    pub request_id: &'a str,
}

impl IntoResponse for GatewayError {
    fn into_response(self) -> Response {
        let code = format!("{PREFIX}.{}", self.code());
        let mut response = refusal(self.status(), code, self.to_string());
        if let Some(hint) = self.hint() {
            response.extensions_mut().insert(Hint(hint));
        }
        response
    }
}

/// An answer in the gateway's shape.
fn refusal(status: StatusCode, code: String, text: String) -> Response {
    let mut response = response::json(status, axum::body::Body::empty());
    response
        .extensions_mut()
        .insert(WithRequestId::new(move |request_id| {
            let body = GatewayErrorBody {
                error_msg: text.clone(),
                error_code: code.clone(),
                request_id,
            };
            serde_json::to_string(&body).expect("keys are strings")
        }));
    response
}

/// A status with the code and the text that belong to it.
pub type StatusRow = (u16, &'static str, &'static str);

/// What the gateway itself answers with a status. Source: the code table of the API GatewayError, read 2026-08; the texts
/// are inferred.
const STATUSES: [StatusRow; 9] = [
    (400, "0602", "Bad request"),
    (
        401,
        "0301",
        "Incorrect IAM authentication information: x-auth-token not found",
    ),
    (
        403,
        "0302",
        "The IAM user is not authorized to access the API",
    ),
    (
        404,
        "0101",
        "The API does not exist or has not been published in the environment",
    ),
    (413, "0201", "Request entity too large"),
    (429, "0308", "The throttling threshold has been reached"),
    (500, "0601", "Internal server error"),
    (502, "0202", "Backend unavailable"),
    (504, "0203", "Backend timeout"),
];

/// What a fault asks for, in the words of a service behind the gateway: in the service's own if it has any for the
/// status, or if the code is one of its own; else in the gateway's.
pub fn fault(
    answer: &StubResponse,
    own: &[StatusRow],
    body: impl FnOnce(String, String) -> Vec<u8>,
) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let of = |table: &[StatusRow]| {
        let mut table = table.iter();
        table.find(|(known, ..)| *known == answer.status).copied()
    };
    let by_gateway = match &answer.code {
        Some(code) => code.starts_with("APIG"),
        None => of(own).is_none(),
    };
    let reason = status.canonical_reason().unwrap_or("Unknown");
    if by_gateway {
        let rest = if status.is_server_error() {
            "0601"
        } else {
            "0602"
        };
        let (_, code, text) = of(&STATUSES).unwrap_or((answer.status, rest, reason));
        let given = answer.code.clone();
        return refusal(
            status,
            given.unwrap_or_else(|| format!("{PREFIX}.{code}")),
            answer.message.clone().unwrap_or_else(|| text.to_owned()),
        );
    }
    let (_, code, text) = of(own).unwrap_or((answer.status, "", reason));
    let code = answer.code.clone().unwrap_or_else(|| code.to_owned());
    let text = answer.message.clone().unwrap_or_else(|| text.to_owned());
    response::json(status, body(code, text))
}

/// Declares what the gateway does to every operation behind it.
pub fn declare(api: &mut OpenApi) {
    let header = |name, text| {
        let value = ApiKeyValue::with_description(name, text);
        SecurityScheme::ApiKey(ApiKey::Header(value))
    };
    let schemes = [
        ("huawei_token", header("X-Auth-Token", "An IAM token")),
        (
            "huawei_signature",
            header("Authorization", "An AK/SK signature"),
        ),
    ];
    let body = || Some(GatewayErrorBody::name().into_owned());
    let refusals = [
        Refusal::new(StatusCode::BAD_REQUEST, body(), AppliesTo::Projects),
        Refusal::new(StatusCode::UNAUTHORIZED, body(), AppliesTo::Every),
        Refusal::new(StatusCode::FORBIDDEN, body(), AppliesTo::Permitted),
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, body(), AppliesTo::Bodies),
    ];
    declare_gate(api, schemes, &refusals);
    let components = api.components.get_or_insert_default();
    let schema = GatewayErrorBody::schema();
    components
        .schemas
        .insert(GatewayErrorBody::name().into_owned(), schema);
}

/// Whether a request is signed, and so its body with it.
#[must_use]
pub fn is_signed(request: &Parts) -> bool {
    request.headers.contains_key(header::AUTHORIZATION)
        && matches!(huawei(&request.headers), Ok(Credential::Signature(_)))
}

/// Recognises who calls a Huawei service. What is known of a credential is always checked; what nobody knows
/// passes unless `--auth strict`.
pub fn authenticate(world: &World, request: &Parts, body: &Bytes) -> Result<Caller, Rejection> {
    let credential = huawei(&request.headers).map_err(Rejection::Unauthenticated)?;
    let known = match &credential {
        Credential::Token(token) => {
            world.read(|tables, now| tables.identities.by_token(token, now))
        }
        Credential::Signature(signature) => signer(world, signature, request, body),
    };
    let known = known.map_err(Rejection::Unauthenticated)?;
    let caller = match (known, credential) {
        (Some(caller), _) => caller,
        (None, _) if world.settings().auth == Auth::Shape => Caller::named(UNKNOWN_CALLER),
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

/// Whose access key has signed a request, if it is anybody's.
fn signer(
    world: &World,
    signature: &Signature,
    request: &Parts,
    body: &Bytes,
) -> Result<Option<Caller>, Failure> {
    // The key is taken out of the lock: others need not wait for the arithmetic.
    let found = world.read(|tables, now| {
        let (key, caller) = tables.identities.by_key(signature.ak)?;
        Some((key.clone(), caller, now))
    });
    let Some((key, caller, now)) = found else {
        return Ok(None);
    };
    let settings = world.settings();
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

/// The name of a caller whose credential nobody knows.
pub const UNKNOWN_CALLER: &str = "emulator";

/// The n-th segment of a path, from 1; what comes before the first slash is 0.
#[must_use]
pub fn segment(path: &str, n: usize) -> Option<&str> {
    // `split` takes longer to begin than paths are long.
    let slash = |text: &str| text.bytes().position(|byte| byte == b'/');
    let mut rest = path;
    for _ in 0..n {
        rest = &rest[slash(rest)? + 1..];
    }
    Some(&rest[..slash(rest).unwrap_or(rest.len())])
}

/// A segment of a path, decoded.
#[must_use]
pub fn decoded(segment: &str) -> String {
    if !segment.as_bytes().contains(&b'%') {
        return segment.to_owned();
    }
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Whether the caller may use an operation, and may do so in the project that the request is for, if it names
/// one, as its path or its header spells it. A token of an account is for no project, and so for no operation
/// of one.
pub fn authorize(
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

/// An instant as RFC 3339 in UTC, with milliseconds only where there are any.
#[must_use]
pub fn rfc3339(at: Millis) -> String {
    match u64::try_from(at) {
        Ok(since_epoch) if at <= MAX_INSTANT => {
            let time = UNIX_EPOCH + Duration::from_millis(since_epoch);
            if since_epoch % 1_000 == 0 {
                humantime::format_rfc3339_seconds(time).to_string()
            } else {
                humantime::format_rfc3339_millis(time).to_string()
            }
        }
        _ => rfc3339_beyond(at),
    }
}

/// The same at whatever instant; within those years `humantime` takes half of the time.
fn rfc3339_beyond(at: Millis) -> String {
    let precision = if at.rem_euclid(1_000) == 0 {
        chrono::SecondsFormat::Secs
    } else {
        chrono::SecondsFormat::Millis
    };
    let time = chrono::DateTime::from_timestamp_millis(at)
        .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC);
    time.to_rfc3339_opts(precision, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_are_those_that_a_split_finds() {
        for path in ["", "/", "/v3/p1/pipelines", "/v3/p1/", "//x", "no/slash"] {
            for n in 0..5 {
                assert_eq!(segment(path, n), path.split('/').nth(n), "{n} of {path:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn instants_read_the_same_whoever_writes_them(at in -1_000..=MAX_INSTANT + 1_000, to_second: bool) {
            let at = if to_second { at - at.rem_euclid(1_000) } else { at };
            prop_assert_eq!(rfc3339(at), rfc3339_beyond(at));
        }
    }

    #[test]
    fn the_ends_of_time_can_be_read() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(MAX_INSTANT), "9999-12-31T23:59:59.999Z");
    }
}

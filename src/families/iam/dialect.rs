//! The family's dialect.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;

use super::error::{self, Error};
use crate::families::huawei::HuaweiService;
use crate::http::auth::AUTH_TOKEN;
use crate::http::context::request_id;
use crate::http::evidence::error_row::ErrorRow;
use crate::http::faults::effect::StubResponse;
use crate::http::operation::NONE;
use crate::http::published::published;
use crate::http::{Caller, Operation, Rejection};
use crate::world::handle::Handle;

/// The state of the family's router. The family has no table of its own: identities are shared by all families.
#[derive(Clone)]
pub struct Iam(pub Handle<()>);

/// The name of a caller who logs in and has no credential yet.
const ANONYMOUS: &str = "nobody";

/// The header by which the service's operators find a request again. SDKs print it beside `X-Request-Id`.
const TRACE_ID: HeaderName = HeaderName::from_static("x-iam-trace-id");

impl HuaweiService for Iam {
    type Table = ();
    type Error = Error;

    /// Links have the address by which the emulator was asked, and tokens expire.
    const KEEPS_ANSWERS: bool = false;

    published!("families/iam/openapi.json");

    fn handle(&self) -> &Handle<()> {
        &self.0
    }

    fn project<'a>(_: &'a Parts, _: &'a Caller) -> Option<&'a str> {
        None
    }

    /// Any token is valid for this service, whatever its project.
    fn authorize(caller: &Caller, operation: &Operation, _: &Parts) -> Result<(), Rejection> {
        if operation.action == NONE {
            return Ok(());
        }
        caller.authorize(operation)
    }

    fn scope(_: &Parts) -> Option<String> {
        None
    }

    fn error_rows() -> Vec<ErrorRow> {
        error::ROWS.to_vec()
    }

    fn fault(stub: &StubResponse) -> Response {
        error::fault(stub)
    }

    fn anonymous(request: &Parts) -> Option<Caller> {
        let is_anonymous = match request.uri.path() {
            "/" | "/v3" | "/v3/" | "/v3.0/OS-AUTH/id-token/tokens" => true,
            "/v3/auth/tokens" => request.method == Method::POST,
            // The token may be in the body.
            "/v3.0/OS-CREDENTIAL/securitytokens" => !has_credential(&request.headers),
            _ => false,
        };
        is_anonymous.then(|| Caller::named(ANONYMOUS))
    }

    fn add_headers(headers: &mut HeaderMap) {
        if let Ok(id) = HeaderValue::from_str(&request_id()) {
            headers.insert(TRACE_ID, id);
        }
    }
}

/// True if a request has a credential in its headers.
pub(super) fn has_credential(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTH_TOKEN) || headers.contains_key(header::AUTHORIZATION)
}

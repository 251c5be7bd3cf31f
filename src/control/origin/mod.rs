//! The callers of the control plane: programs, the server's own pages, and pages of the origins that the user allows. It
//! serves no page of a stranger, which a browser on the same machine would let in.
//!
//! A page is told by headers that only browsers send and that no page can forge: `Origin`, `Referer` and
//! `Sec-Fetch-Site`. A page whose name was rebound to this machine sends those of the server itself, and is told by
//! `Host`.

mod gate;
mod marks;
mod refusal;
#[cfg(test)]
mod tests;

use axum::http::{Method, Request, header};

use super::certificate::CA_PATH;
#[cfg(feature = "cli")]
use super::dashboard::{is_asset, is_page as is_dashboard};
use super::entrance::UsualPath;
use crate::http::cors::{CorsGrant, is_preflight};
use crate::world::public_url::PublicUrl;
use crate::world::settings::ControlAccess;
pub(super) use gate::{check, gate};
use marks::CallerMarks;
use refusal::Refusal;

/// The types of bodies that a form can send, and with it any page, without the consent of the server. Source: Fetch,
/// "CORS-safelisted request-header".
const FORM_TYPES: [&str; 3] = [
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "text/plain",
];

/// The headers by which a browser is told. `Sec-Fetch-Mode` is not among them, since the `fetch` of Node sends it too.
const BROWSER_MARKS: [&str; 5] = [
    "origin",
    "referer",
    "sec-fetch-site",
    "sec-fetch-dest",
    "sec-fetch-user",
];

/// A request that the control plane does not serve.
#[derive(Debug, PartialEq, Eq)]
enum Unserved {
    /// The preflight of a page that is let in.
    Preflight(CorsGrant),
    Refused(Refusal),
}

impl From<Refusal> for Unserved {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Decides if a request to the control plane is served, and returns the permission for its page to read the answer.
/// `public_url` is that of the world, if one was chosen.
fn judge<B>(
    access: &ControlAccess,
    public_url: Option<&PublicUrl>,
    request: &Request<B>,
) -> Result<Option<CorsGrant>, Unserved> {
    let caller = CallerMarks {
        access,
        public_origin: public_url.map(PublicUrl::origin),
        headers: request.headers(),
    };
    let foreign_host = caller.foreign_host(request.uri().host());
    let allowed_page = caller.allowed_page();
    if foreign_host.is_none()
        && is_preflight(request.method(), request.headers())
        && let Some(grant) = allowed_page
    {
        // A browser sends it without the token.
        return Err(Unserved::Preflight(grant));
    }
    if !caller.has_token() && !is_public(request) {
        return Err(Refusal::Token.into());
    }
    if let Some(host) = foreign_host {
        return Err(Refusal::Host(host).into());
    }
    if opens_page(request) {
        return Ok(None);
    }
    if let Some(refusal) = caller.foreign_page() {
        return Err(refusal.into());
    }
    if let Some(content_type) = form_type(request) {
        return Err(Refusal::Form(content_type).into());
    }
    Ok(allowed_page)
}

/// True for a link that opens an HTML page in a tab. It changes nothing, and the page that has the link reads nothing.
fn opens_page<B>(request: &Request<B>) -> bool {
    let is = |name, text: &str| {
        let value = request.headers().get(name);
        value.is_some_and(|value| value == text)
    };
    *request.method() == Method::GET
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
        && (is_page(request.uri().path()) || UsualPath::of(request) == Some(UsualPath::Guides))
}

/// True for what needs no token: the certificate by which a client would trust the server that it sends the token to, and
/// what is the same in every emulator, as the script of the dashboard, which asks for the token.
fn is_public<B>(request: &Request<B>) -> bool {
    #[cfg(feature = "cli")]
    if is_asset(request) {
        return true;
    }
    request.uri().path() == CA_PATH
}

/// True for the paths of the HTML pages.
fn is_page(path: &str) -> bool {
    #[cfg(feature = "cli")]
    if is_dashboard(path) {
        return true;
    }
    let guide = path.strip_prefix("/_emulator/docs/");
    matches!(path, "/_emulator" | "/_emulator/" | "/_emulator/docs")
        || guide.is_some_and(|name| !name.contains(['.', '/']))
}

/// The content type of a change that a browser sends and a form could have sent; empty if it has a body without one.
/// Browsers send other types to another origin only with its consent.
fn form_type<B>(request: &Request<B>) -> Option<String> {
    let headers = request.headers();
    let is_change = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if !is_change || !BROWSER_MARKS.iter().any(|mark| headers.contains_key(*mark)) {
        return None;
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        let length = headers.get(header::CONTENT_LENGTH);
        let has_body = length.is_some_and(|length| length != "0")
            || headers.contains_key(header::TRANSFER_ENCODING);
        return has_body.then(String::new);
    }
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    types.find_map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let essence = text.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        FORM_TYPES.contains(&essence.as_str()).then_some(essence)
    })
}

//! The sharing of answers with web pages of other origins (CORS). Without it a browser keeps answers from such pages.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;

use super::context::note_own_answer;
use super::middleware::instrument::instrument;
use super::observe::Recorder;
use super::response;
use super::web_origin::WebOrigin;

/// The permission to reach a server in a private network from a page on the internet.
const ASKS_PRIVATE: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");

const METHODS: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

/// The headers of a page that asks for none in particular.
const USUAL_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, X-Auth-Token");

/// The headers of answers that a page may read, beside all that an answer has.
const EXPOSED: &str = "X-Request-Id, X-Subject-Token, X-IAM-Trace-Id, x-emulator-evidence, x-emulator-hint, x-emulator-fault";

/// The seconds for which a browser remembers a permission.
const LIFETIME: HeaderValue = HeaderValue::from_static("600");

/// An origin whose pages may read answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigin {
    Any,
    Page(WebOrigin),
}

impl FromStr for CorsOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let origin = text.parse().map(Self::Page);
        origin.map_err(|error: String| format!("{error}, or * for all pages"))
    }
}

/// The permission for a page to read an answer: the value of `Access-Control-Allow-Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsGrant(HeaderValue);

impl CorsGrant {
    /// The permission for the page that sends a request, if its origin is among those.
    fn of(origins: &[CorsOrigin], headers: &HeaderMap) -> Option<Self> {
        if origins.contains(&CorsOrigin::Any) {
            return Some(Self(HeaderValue::from_static("*")));
        }
        let sent = headers.get(header::ORIGIN)?;
        let origin: WebOrigin = sent.to_str().ok()?.parse().ok()?;
        let is_allowed = |allowed: &CorsOrigin| match allowed {
            CorsOrigin::Any => true,
            CorsOrigin::Page(page) => page.is_same_as(&origin),
        };
        origins.iter().any(is_allowed).then(|| Self(sent.clone()))
    }

    /// The permission for the page whose origin that is, as it was sent.
    pub const fn for_page(origin: HeaderValue) -> Self {
        Self(origin)
    }

    /// The answer to a preflight, which permits whatever it asks for.
    pub fn answer_preflight(self, asked: &HeaderMap) -> Response {
        let mut response = response::empty(StatusCode::NO_CONTENT);
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.0);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        let names = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let names = names.cloned().unwrap_or(USUAL_HEADERS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, LIFETIME);
        if asked.contains_key(ASKS_PRIVATE) {
            headers.insert(ALLOWS_PRIVATE, HeaderValue::from_static("true"));
        }
        response
    }

    /// Permits the page to read an answer with all its headers.
    ///
    /// # Panics
    /// Never: names of headers are printable.
    pub fn share(self, headers: &mut HeaderMap) {
        let mut exposed = EXPOSED.to_owned();
        for name in headers.keys() {
            let mut known = EXPOSED.split(", ");
            if !known.any(|known| name.as_str().eq_ignore_ascii_case(known)) {
                exposed.extend([", ", name.as_str()]);
            }
        }
        // A fault may have set these on purpose.
        headers
            .entry(header::ACCESS_CONTROL_ALLOW_ORIGIN)
            .or_insert(self.0);
        headers
            .entry(header::ACCESS_CONTROL_EXPOSE_HEADERS)
            .or_insert_with(|| HeaderValue::try_from(exposed).expect("names of headers"));
    }
}

/// True for the question of a browser whether a page may send a request.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Notes that an answer depends on the page that asks.
pub fn vary_by_origin(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

/// Serves a request with `serve` and shares the answer with pages of these origins. Their preflights are answered here:
/// they are no requests to a service, and carry no credential.
pub async fn serve_pages<F: Future<Output = Response>>(
    origins: &[CorsOrigin],
    recorder: Arc<Recorder>,
    request: Request,
    serve: impl FnOnce(Request) -> F,
) -> Response {
    let grant = CorsGrant::of(origins, request.headers());
    let depends_on_page = !origins.contains(&CorsOrigin::Any);
    let mut response = match grant {
        Some(grant) if is_preflight(request.method(), request.headers()) => {
            let permit = async move |request: Request| {
                note_own_answer();
                grant.answer_preflight(request.headers())
            };
            instrument(recorder, request, permit).await
        }
        grant => {
            let mut response = serve(request).await;
            if let Some(grant) = grant {
                grant.share(response.headers_mut());
            }
            response
        }
    };
    if depends_on_page {
        vary_by_origin(response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(origins: &[&str], sent: &'static str) -> Option<CorsGrant> {
        let origins: Vec<CorsOrigin> = origins.iter().map(|text| text.parse().unwrap()).collect();
        let sent = HeaderValue::from_static(sent);
        CorsGrant::of(&origins, &HeaderMap::from_iter([(header::ORIGIN, sent)]))
    }

    #[test]
    fn the_origin_is_granted_as_it_was_sent_and_a_star_to_all() {
        let page = "http://localhost:5173";
        let granted = |text| Some(CorsGrant(HeaderValue::from_static(text)));
        assert_eq!(grant(&["http://a.test", page], page), granted(page));
        assert_eq!(grant(&[page, "*"], "null"), granted("*"));
        for other in [
            "http://localhost:5174",
            "https://localhost:5173",
            "null",
            "",
        ] {
            assert_eq!(grant(&[page], other), None, "{other}");
        }
        assert_eq!(grant(&[], page), None);
    }

    #[test]
    fn a_wrong_origin_says_what_is_expected() {
        let error = "localhost".parse::<CorsOrigin>().unwrap_err();
        assert!(error.ends_with("or * for all pages"), "{error}");
    }

    #[test]
    fn headers_that_an_answer_has_are_exposed_and_a_faults_own_are_kept() {
        let mut headers = HeaderMap::new();
        headers.insert("x-rate-limit", HeaderValue::from_static("1"));
        headers.insert("x-request-id", HeaderValue::from_static("1"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("x"),
        );
        CorsGrant(HeaderValue::from_static("*")).share(&mut headers);
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "x");
        let exposed = headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .unwrap();
        assert!(
            exposed.starts_with(EXPOSED) && exposed.contains(", x-rate-limit"),
            "{exposed}"
        );
        assert_eq!(exposed.to_lowercase().matches("x-request-id").count(), 1);
    }
}

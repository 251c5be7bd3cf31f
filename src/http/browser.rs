//! Browsers: how they are told from other clients, and where they are led.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::{accept, response};

/// The index of the control plane, for people.
pub const INDEX: &str = "/_emulator/";

/// Leads to another path.
pub fn lead_to(path: &'static str) -> Response {
    let mut response = response::empty(StatusCode::FOUND);
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_static(path));
    headers.insert(header::VARY, HeaderValue::from_static("Accept"));
    response
}

/// True for a browser that opens an address in a tab. Over HTTP from afar it says so only by its wish for HTTPS.
pub fn opens_page(headers: &HeaderMap) -> bool {
    let is = |name, text: &str| headers.get(name).is_some_and(|value| value == text);
    match headers.get("sec-fetch-dest") {
        Some(_) => is("sec-fetch-dest", "document"),
        None => is("upgrade-insecure-requests", "1"),
    }
}

/// True if a client prefers HTML, as a browser does. One that takes everything does not prefer it.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    // The HttpURLConnection of Java sends this range, and names HTML without wanting it.
    let is_java = accept::names(headers, "*");
    let html = ["text/html", "application/xhtml+xml"];
    !is_java && accept::prefers(headers, &html, &["application/json"])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_prefer_html_and_other_clients_do_not() {
        let prefers = |accept| {
            let accept = HeaderValue::from_static(accept);
            prefers_html(&HeaderMap::from_iter([(header::ACCEPT, accept)]))
        };
        for browser in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
            "text/html",
            "application/json;q=0.5, text/html;q=0.9",
        ] {
            assert!(prefers(browser), "{browser}");
        }
        for other in [
            "*/*",
            "application/json",
            "application/json, text/plain, */*",
            "text/html;q=0, */*",
            "application/json, text/html",
            "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        ] {
            assert!(!prefers(other), "{other}");
        }
        assert!(!prefers_html(&HeaderMap::new()));
    }
}

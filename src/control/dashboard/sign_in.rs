//! The page in the place of every other one while the control token is missing. It tells nothing of the world: the script
//! asks for the token, keeps it for the tab, and fetches the page with it. The answer has `WWW-Authenticate` whatever its
//! status, by which the script tells it.

use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use maud::{DOCTYPE, html};

use super::assets::FOLDER;
use super::layout::{answer, head};
use crate::http::browser::{opens_page, prefers_html};

/// True for a request of the scripts and styles, which are the same in every emulator, and thus need no token.
pub(in crate::control) fn is_asset<B>(request: &Request<B>) -> bool {
    *request.method() == Method::GET && request.uri().path().starts_with(FOLDER)
}

/// The page for a browser that opens another path without the token.
pub(in crate::control) fn sign_in<B>(request: &Request<B>, is_page: bool) -> Option<Response> {
    if *request.method() != Method::GET || !prefers_html(request.headers()) {
        return None;
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head("Control token"))
            body.sign-in {
                main {
                    h1 { "release-emulator" }
                    form id="sign-in" {
                        label for="token" { "Control token" }
                        input id="token" type="password" autocomplete="off" required autofocus;
                        p.hint { "The value of " code { "--control-token" } " or "
                            code { "RELEASE_EMULATOR_CONTROL_TOKEN" } " at the start of the emulator. This tab keeps it until it is closed." }
                        button.primary type="submit" { "Open" }
                        p.problem role="alert" id="sign-in-problem" {}
                    }
                }
            }
        }
    };
    let mut response = answer(page.into_string());
    // A browser writes every other status on the console, as if the page that asks were a fault.
    if !(is_page && is_shown(request.headers())) {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    Some(response)
}

/// True for a browser that opens the page, or whose script does so with the token that somebody has typed.
fn is_shown(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    opens_page(headers) || site.is_some_and(|site| site == "same-origin")
}

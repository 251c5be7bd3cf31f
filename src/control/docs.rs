//! The guides as web pages, their text, and the index by the convention of `llms.txt`.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::MethodFilter;

use super::dialect::Control;
use super::page::{HTML, confined};
use crate::docs::{self, PAGES};
use crate::http::problem::Problem;
use crate::http::response;
use crate::http::routes::{Route, Routes};

const MARKDOWN: &str = "text/markdown; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Nothing but the pages' own style sheet and drawings is loaded.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// A drawing brings its style along.
const DRAWING_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The routes. No document declares them: they are for people.
pub(super) fn routes() -> Routes<Control> {
    Routes::default()
        .with(Route::new("/_emulator/docs").and_on(MethodFilter::GET, show_index))
        .with(Route::new("/_emulator/docs/").and_on(MethodFilter::GET, show_index))
        .with(Route::new("/_emulator/docs/{file}").and_on(MethodFilter::GET, show_file))
        // The path of the convention; no family has it.
        .with(Route::new("/llms.txt").and_on(MethodFilter::GET, show_llms))
}

async fn show_index() -> Response {
    page("index").unwrap_or_else(|| response::empty(StatusCode::NOT_FOUND))
}

/// Shows a page as HTML, or as it is written if its name ends with `.md`; or the style sheet, or a drawing.
async fn show_file(Path(file): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if file == "style.css" {
        return Ok(confined(CSS, CONTENT_POLICY, docs::STYLE));
    }
    if let Some(name) = file.strip_suffix(".svg") {
        let mut drawings = PAGES.iter().flat_map(|page| page.drawings);
        let drawing = drawings.find(|drawing| drawing.name == name);
        if let Some(drawing) = drawing {
            return Ok(confined(SVG, DRAWING_POLICY, drawing.svg));
        }
    }
    if let Some(name) = file.strip_suffix(".md") {
        let page = docs::find(name).ok_or_else(|| unknown(name))?;
        return Ok(confined(MARKDOWN, CONTENT_POLICY, page.text));
    }
    match page(&file) {
        Some(page) => Ok(page),
        None if accepts_html(&headers) => {
            let mut response = confined(HTML, CONTENT_POLICY, docs::not_found(&file));
            *response.status_mut() = StatusCode::NOT_FOUND;
            Ok(response)
        }
        None => Err(unknown(&file)),
    }
}

async fn show_llms(State(Control(world)): State<Control>, headers: HeaderMap) -> Response {
    let base = world.base_url(&headers).to_string();
    confined(TEXT, CONTENT_POLICY, docs::llms(&base))
}

fn page(name: &str) -> Option<Response> {
    let page = docs::find(name)?;
    Some(confined(HTML, CONTENT_POLICY, docs::render(page)))
}

fn unknown(name: &str) -> Problem {
    let near = docs::nearest_page(name);
    let near = near.map_or_else(String::new, |near| format!(", did you mean {near}?"));
    Problem::NotFound(format!("page {name}{near}"))
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|accept| {
        accept
            .to_str()
            .is_ok_and(|types| types.contains("text/html"))
    })
}

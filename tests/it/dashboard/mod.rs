//! The dashboard as the server renders it: its frame, its pages, and what cannot break out of them.

mod demo;
mod failures;
mod frame;
mod overview;
mod reference;
mod release;
mod requests;
mod texts;
mod worlds;

use crate::common::{App, Reply};

/// The head of a browser that opens a page.
const BROWSER: &[(&str, &str)] = &[(
    "accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
)];

/// Opens a page as a browser does.
async fn browse(app: &App, path: &str) -> Reply {
    app.send("GET", path, BROWSER, "").await
}

/// The HTML of a page, which must be there.
#[track_caller]
fn html(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    reply.text()
}

/// The values of an attribute, in order.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!(" {name}=\"");
    let rests = html.split(&*begin).skip(1);
    rests
        .map(|rest| rest.split('"').next().unwrap_or_default())
        .collect()
}

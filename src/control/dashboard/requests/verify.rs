//! Assertions on requests: built in a form, decided by the server, ready to be pasted into a test.

use axum::response::Response;
use maud::{Markup, html};

use super::filter::PageFilter;
use super::near_misses;
use crate::control::dashboard::fields::{Field, Input};
use crate::control::dashboard::parts::REQUESTS;
use crate::control::dashboard::shown::Shown;
use crate::control::dashboard::text::{counted, long};
use crate::control::dashboard::{Visit, curl};
use crate::control::requests::read;
use crate::control::verify::{VerifyBody, verify};
use crate::http::matching::pattern::RequestFilter;
use crate::http::problem::Problem;
use crate::http::query::value_of;

/// The bounds of a count, by the words of the API.
const EXPECT: Field = Field::new(
    "expect",
    "Expect",
    Input::Choice(&["at_least", "exactly", "at_most"]),
    "",
);

const N: Field = Field::new("n", "Number", Input::Number, "");

/// An assertion as a request has it.
#[derive(serde::Serialize)]
struct Assertion<'a> {
    #[serde(rename = "match")]
    filter: &'a RequestFilter,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exactly: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<usize>,
}

pub(in crate::control::dashboard) async fn show_verification(visit: Visit) -> Response {
    let filter = PageFilter::new(&visit.query);
    let given = |name| value_of(&visit.query, name).filter(|value| !value.is_empty());
    let expect = given("expect").unwrap_or("at_least".into());
    let n = given("n").unwrap_or("1".into());
    let checked = check(&visit, &filter, &expect, &n).await;
    let main = html! {
        p.crumb { a href=(REQUESTS.path) { "Requests" } " / verify" }
        h1 { "Verify requests" }
        p.lead { "An assertion on the journal: how often requests like these came. It is decided anew whenever a request comes." }
        form.filter method="get" action="/_emulator/requests/verify" id="assertion" {
            div.fields { (EXPECT.show(&expect)) (N.show(&n)) }
            (filter.fields())
            p.actions { button.primary type="submit" { "Verify" } }
        }
        section id="verdict" data-live aria-label="Verdict" aria-live="polite" {
            @match &checked {
                Ok(verdict) => { (verdict) }
                Err(problem) => { p.problem role="alert" { (long(&problem.to_string())) } }
            }
        }
    };
    visit.page(REQUESTS, "Verify requests", &main)
}

async fn check(
    visit: &Visit,
    filter: &PageFilter,
    expect: &str,
    n: &str,
) -> Result<Markup, Problem> {
    let wrong = || Problem::BadRequest(format!("n: {n:?} is not a non-negative integer"));
    let n: usize = n.parse().map_err(|_| wrong())?;
    let (filter, _) = read(&filter.query())?;
    let bound = |word| (expect == word).then_some(n);
    let (exactly, at_most) = (bound("exactly"), bound("at_most"));
    let at_least = (exactly.is_none() && at_most.is_none()).then_some(n);
    let assertion = Assertion {
        filter: &filter,
        at_least,
        exactly,
        at_most,
    };
    let text = Shown::new(&visit.world, &assertion).json();
    let body = VerifyBody {
        filter: filter.clone(),
        exactly,
        at_least,
        at_most,
        ..VerifyBody::default()
    };
    let verdict = match verify(&visit.world, &body).await? {
        Ok(verified) => {
            let matched = verified.matched;
            html! { p.verdict.good { b { "Holds" } ": " (counted(matched, "request matches", "requests match")) } }
        }
        Err(not_verified) => {
            let near = Shown::of_masked(&not_verified).get("near_misses").entries();
            html! {
                p.verdict.failed { b { "Does not hold" } ": " (long(&not_verified.detail)) }
                @if !near.is_empty() {
                    h2 { "The nearest requests" }
                    (near_misses(&near))
                }
            }
        }
    };
    let url = format!("{}/_emulator/v1/requests/verify", visit.url());
    let command = curl::command("POST", &url, std::iter::empty(), Some(&text));
    Ok(html! {
        (verdict)
        h2 { "In a test" }
        @for (id, name, text) in [("assertion-curl", "curl", &command), ("assertion-json", "JSON", &text)] {
            div.code-head { span { (name) } button type="button" data-copy-from=(id) { "Copy" } }
            pre.code id=(id) tabindex="0" { (text) }
        }
    })
}

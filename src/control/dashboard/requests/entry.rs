//! A request with its answer, and the reasons of a refusal.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use percent_encoding::utf8_percent_encode;

use super::differences::{self, Difference};
use super::{IN_QUERY, hint, status};
use crate::control::apart::{apart, has_long_journal};
use crate::control::dashboard::parts::REQUESTS;
use crate::control::dashboard::shown::Shown;
use crate::control::dashboard::text::{long, segment, short};
use crate::control::dashboard::{Visit, curl};
use crate::control::requests::entries;
use crate::http::extract::Path;
use crate::http::observe::record::RequestRecord;
use crate::http::problem::Problem;
use crate::registry::World;

/// A request, and the last accepted one of the same operation if it was refused.
struct Found {
    record: Shown,
    accepted: Option<Shown>,
}

pub(in crate::control::dashboard) async fn show_entry(
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let takes_long = has_long_journal(&visit.world);
    let (world, number) = (visit.world.clone(), id.parse().ok());
    let find = move || number.map_or(Ok(None), |number| find(&world, number));
    let found = match apart(takes_long, find).await {
        Ok(found) => found,
        Err(problem) => return problem.into_response(),
    };
    let Some(found) = found else {
        let main = html! {
            h1 { "No such request" }
            p.lead { "The journal has no request " (short(&id)) ": it was dropped or emptied, or the number is not given yet." }
            p { a.button href=(REQUESTS.path) { "All requests" } }
        };
        return visit.missing(REQUESTS, "No such request", &main);
    };
    let title = format!("Request {id}");
    visit.page(REQUESTS, &title, &page(&found, &visit.url()))
}

fn find(world: &World, id: u64) -> Result<Option<Found>, Problem> {
    let records = entries(world)?;
    let Some(place) = records.iter().position(|record| record.summary.id == id) else {
        return Ok(None);
    };
    let record = &records[place];
    let is_like = |other: &&RequestRecord| {
        let (other, one) = (&other.summary, &record.summary);
        other.status < 400 && other.operation == one.operation && other.action == one.action
    };
    let is_refused = record.summary.status >= 400 && record.summary.operation.is_some();
    // The last one before it, else the first one after.
    let (before, after) = records.split_at(place);
    let accepted = before.iter().rev().chain(after).find(is_like);
    Ok(Some(Found {
        record: Shown::of_masked(record),
        accepted: accepted.filter(|_| is_refused).map(Shown::of_masked),
    }))
}

fn page(found: &Found, base: &str) -> Markup {
    let record = &found.record;
    let answered = record.get("status").number().unwrap_or_default();
    let (method, path) = (record.get("method").text(), record.get("path").text());
    let query = record.get("query").text();
    html! {
        p.crumb { a href=(REQUESTS.path) { "Requests" } " / " (record.get("id").text()) }
        h1.request {
            (status(answered)) " " b { (short(&method)) } " "
            code { (long(&path)) @if !query.is_empty() { "?" (long(&query)) } }
        }
        (actions(record, base))
        @if answered >= 400 { (reasons(found, &method, &path)) }
        (facts(record))
        (message("Request", "request", record))
        (message("Answer", "response", record))
    }
}

fn actions(record: &Shown, base: &str) -> Markup {
    let assertion = assertion(record);
    let fault = fault(record);
    html! {
        p.actions {
            button.primary type="button" data-copy=(curl::of_record(base, record)) { "Copy as curl" }
            a.button href={ "/_emulator/requests/verify?expect=at_least&n=1&" (assertion) } { "Make this a verify assertion" }
            @if let Some(fault) = fault {
                a.button href={ "/_emulator/failures/fault?" (fault) } { "Make this a fault" }
            }
            a.button href={ (REQUESTS.path) "?" (assertion) } { "Similar requests" }
        }
    }
}

/// The filter that selects requests like this one.
fn assertion(record: &Shown) -> String {
    let fields: &[&str] = if record.get("operation").is_null() {
        &["method", "path"]
    } else {
        &["operation", "action", "scope"]
    };
    let mut pairs = pairs(record, fields, "");
    if record.get("operation").is_null() {
        pairs.push("unknown_route=true".to_owned());
    }
    pairs.join("&")
}

/// The fault that hits requests like this one, as the fields of its form; none for a path that faults never hit.
fn fault(record: &Shown) -> Option<String> {
    if record.get("operation").is_null() {
        return None;
    }
    let mut pairs = pairs(record, &["operation", "action", "scope"], "match.");
    pairs.extend(["do.status=503".to_owned(), "times=1".to_owned()]);
    Some(pairs.join("&"))
}

fn pairs(record: &Shown, fields: &[&str], prefix: &str) -> Vec<String> {
    let fields = fields.iter().filter_map(|field| {
        let text = record.get(field).text();
        let encoded = utf8_percent_encode(&text, IN_QUERY);
        (!text.is_empty()).then(|| format!("{prefix}{field}={encoded}"))
    });
    fields.collect()
}

/// The reasons of a refusal: hint, the service's words, nearest route, fault, and an accepted request beside it.
fn reasons(found: &Found, method: &str, path: &str) -> Markup {
    let record = &found.record;
    let (hint, nearest, fault) = (
        hint(record),
        record.get("nearest").text(),
        record.get("fault").text(),
    );
    let of_route = differences::of_route(method, path, &nearest);
    let accepted = found.accepted.as_ref();
    let of_accepted = accepted.map(|accepted| differences::of_requests(record, accepted));
    html! {
        section.reasons aria-label="Reasons" {
            h2 { "Why it was refused" }
            dl.facts-list {
                @if !hint.is_empty() { dt { "Hint" } dd.why { (long(&hint)) } }
                @if let Some(words) = words(record) { dt { "The service's words" } dd { (long(&words)) } }
                @if !fault.is_empty() {
                    dt { "Fault" }
                    dd { a href={ "/_emulator/failures/fault/" (segment(&fault)) } { (short(&fault)) } " hit it" }
                }
                @if !nearest.is_empty() { dt { "Nearest operation" } dd { code { (nearest) } } }
            }
            @if !of_route.is_empty() {
                h3 { "Difference to the nearest operation" }
                (table(&of_route))
            }
            @if let (Some(accepted), Some(differences)) = (accepted, of_accepted) {
                h3 { "Difference to a request that was accepted" }
                p {
                    @let id = accepted.get("id").text();
                    "The nearest accepted request of this operation is " a href={ (REQUESTS.path) "/" (id) } { "#" (id) } "."
                    @if differences.is_empty() { " It has the same query and body, so the state decided." }
                }
                @if !differences.is_empty() { (table(&differences)) }
            }
        }
    }
}

/// The message in the body of a refusal.
fn words(record: &Shown) -> Option<String> {
    let body = record.at("response.body");
    let fields = ["error_msg", "message", "detail", "desc", "description"];
    let nested = body.get("error");
    let found = fields
        .iter()
        .flat_map(|field| [body.get(field), nested.get(field)]);
    found
        .map(|value| value.text())
        .find(|text| !text.is_empty())
}

fn table(differences: &[Difference]) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Differences" {
            table.differences {
                thead { tr { th scope="col" { "Field" } th scope="col" { "Wanted" } th scope="col" { "Got" } } }
                tbody {
                    @for Difference { field, wanted, got } in differences {
                        tr {
                            th scope="row" { code { (short(field)) } }
                            @for text in [wanted, got] {
                                td { @if text.is_empty() { span.none { "none" } } @else { code { (short(text)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn facts(record: &Shown) -> Markup {
    let operation = record.get("operation").text();
    html! {
        section.details aria-label="Facts" {
            h2 { "Facts" }
            dl.facts-list {
                dt { "Operation" }
                dd {
                    @if operation.is_empty() { "none: an unknown route" }
                    @else { a href={ "/_emulator/reference/" (segment(&operation)) } { (operation) } " " (record.get("action").text()) }
                }
                @for (name, label) in [("family", "Family"), ("scope", "Scope"), ("caller", "Caller")] {
                    @let text = record.get(name).text();
                    @if !text.is_empty() { dt { (label) } dd { (long(&text)) } }
                }
                dt { "Answered" } dd { (record.get("time").text()) " on the world's clock, " (record.get("real_time").text()) " on the machine's" }
                dt { "Took" } dd { (record.get("duration_us").text()) " µs" }
                (evidence(&record.get("evidence").text()))
                @let scripts = record.get("scripts").entries();
                @if !scripts.is_empty() {
                    dt { "Scripts" }
                    dd { @for script in scripts { @let id = script.text(); a href={ "/_emulator/failures/script/" (segment(&id)) } { (short(&id)) } " " } }
                }
            }
        }
    }
}

/// The evidence for an answer, part by part.
fn evidence(evidence: &str) -> Markup {
    let mut parts = evidence.split("; ");
    let level = parts.next().unwrap_or_default();
    let meaning = match level {
        "documented" => "the service's own pages say so",
        "observed" => "read in the source of the service or of an official client",
        "inferred" => "an informed guess",
        "injected" => "a fault made it",
        _ => "",
    };
    html! {
        @if !evidence.is_empty() {
            dt { "Evidence" }
            dd {
                b { (short(level)) } @if !meaning.is_empty() { ": " (meaning) }
                @for part in parts { br; code { (long(part)) } }
            }
        }
    }
}

/// Headers and body of the request or the answer.
fn message(title: &str, part: &str, record: &Shown) -> Markup {
    let message = record.get(part);
    let (body, id) = (message.get("body"), format!("{part}-body"));
    let length = message.get("bytes").number().unwrap_or_default();
    html! {
        section.message aria-label=(title) {
            h2 { (title) }
            details id={ (part) "-headers" } {
                summary { "Headers" }
                dl.headers {
                    @for (name, value) in message.get("headers").fields() {
                        dt { (short(&name)) } dd { (long(&value.text())) }
                    }
                }
            }
            @if length == 0 {
                p.empty { "No body" }
            } @else {
                div.code-head { span { "Body, " (length) " bytes" } button type="button" data-copy-from=(id) { "Copy" } }
                pre.code id=(id) tabindex="0" { (body.pretty()) }
            }
        }
    }
}

//! The journal as a page, newest first.

use axum::response::Response;
use maud::{Markup, html};

use super::filter::PageFilter;
use super::{hint, near_misses, status};
use crate::control::apart::{apart, has_long_journal};
use crate::control::dashboard::Visit;
use crate::control::dashboard::curl::quoted;
use crate::control::dashboard::parts::REQUESTS;
use crate::control::dashboard::shown::Shown;
use crate::control::dashboard::text::{counted, long, short};
use crate::control::requests::{matching, read};
use crate::control::verify::{VerifyBody, verify};
use crate::http::problem::Problem;
use crate::http::query::value_of;
use crate::registry::World;

/// The requests that a page shows, unless its query says otherwise.
const USUAL: usize = 50;

/// The most requests that a page shows.
const MOST: usize = 500;

/// The part of the journal that a page shows.
struct Found {
    total: usize,
    dropped: u64,
    /// The newest first.
    records: Vec<Shown>,
    /// If nothing matches, the requests that come nearest.
    near: Vec<Shown>,
}

pub(in crate::control::dashboard) async fn show_list(visit: Visit) -> Response {
    let filter = PageFilter::new(&visit.query);
    let limit = value_of(&visit.query, "limit").and_then(|limit| limit.parse().ok());
    let limit = limit.unwrap_or(USUAL).clamp(1, MOST);
    let found = find(&visit.world, &filter, limit).await;
    let url = visit.url();
    let list_query = filter.query();
    let main = html! {
        h1 { "Requests" }
        p.lead { "Every request to an emulated service with its answer, newest first. Secrets are masked." }
        form.filter method="get" action=(REQUESTS.path) id="filter" {
            (filter.fields())
            p.actions {
                button.primary type="submit" { "Filter" }
                @if !filter.is_empty() { a.button href=(REQUESTS.path) { "All requests" } }
                a.button href={ "/_emulator/requests/verify?" (list_query) } { "Make this a verify assertion" }
                button type="button" data-copy={ "curl " (quoted(&format!("{url}/_emulator/v1/requests?{list_query}"))) } { "Copy the list as curl" }
                button.danger type="button" data-send="DELETE /_emulator/v1/requests" data-confirm="Empty the journal and the log of events?" data-done="The journal is empty" { "Empty the journal" }
            }
        }
        section id="journal" data-live data-hold aria-label="Journal" {
            @match &found {
                Ok(found) => { (listed(found, limit, &filter)) }
                Err(problem) => { p.problem role="alert" { (long(&problem.to_string())) } }
            }
        }
    };
    visit.page(REQUESTS, "Requests", &main)
}

async fn find(world: &World, filter: &PageFilter, limit: usize) -> Result<Found, Problem> {
    let (request_filter, _) = read(&filter.query())?;
    let takes_long = has_long_journal(world);
    let (of, sought) = (world.clone(), request_filter.clone());
    let seeks_all = filter.is_empty();
    let find = move || {
        let journal = &of.recorder().journal;
        // The usual page of a busy world does not look at the whole journal.
        let (total, newest) = if seeks_all && journal.is_on() {
            (journal.stats().entries, journal.newest(limit))
        } else {
            let mut matching = matching(&of, &sought)?;
            let total = matching.len();
            matching.reverse();
            matching.truncate(limit);
            (total, matching)
        };
        Ok::<_, Problem>(Found {
            total,
            dropped: journal.stats().dropped,
            records: newest.iter().map(Shown::of_masked).collect(),
            near: Vec::new(),
        })
    };
    let mut found = apart(takes_long, find).await?;
    if found.total == 0 && !filter.is_empty() {
        let wanted = VerifyBody {
            filter: request_filter,
            at_least: Some(1),
            ..VerifyBody::default()
        };
        if let Err(not_verified) = verify(world, &wanted).await? {
            found.near = Shown::of_masked(&not_verified).get("near_misses").entries();
        }
    }
    Ok(found)
}

fn listed(found: &Found, limit: usize, filter: &PageFilter) -> Markup {
    let Found {
        total,
        dropped,
        records,
        near,
    } = found;
    html! {
        p.total {
            (counted(*total, "request", "requests"))
            @if *dropped > 0 { ", and " (dropped) " older ones that the journal has dropped" }
            @if *total > limit { "; the newest " (limit) " are shown" }
        }
        @if records.is_empty() && filter.is_empty() {
            p.empty { "No service has been called yet. " a href="/_emulator/demo" { "Load the demo" } ", or point a client at this emulator: the " a href="/_emulator/" { "overview" } " has lines to paste." }
        }
        @if !near.is_empty() {
            h2 { "Nothing matches; these come nearest" }
            (near_misses(near))
        }
        // As a whole a new one, in which nothing has moved.
        ol.journal data-key=(records.first().map(|newest| newest.get("id").text()).unwrap_or_default()) {
            @for record in records { (row(record)) }
        }
        @if *total > limit && limit < MOST {
            p { a.button href={ (REQUESTS.path) "?" (filter.query()) "&limit=" (MOST) } { "Show more" } }
        }
    }
}

/// A request in the list.
fn row(record: &Shown) -> Markup {
    let answered = record.get("status").number().unwrap_or_default();
    let hint = hint(record);
    let (query, operation, action) = (
        record.get("query").text(),
        record.get("operation").text(),
        record.get("action").text(),
    );
    html! {
        li.entry {
            a href={ (REQUESTS.path) "/" (record.get("id").text()) } {
                (status(answered)) " " b { (short(&record.get("method").text())) } " "
                code { (short(&record.get("path").text())) @if !query.is_empty() { "?" (short(&query)) } }
            }
            p.line {
                span { "#" (record.get("id").text()) }
                @if answered >= 400 && !hint.is_empty() {
                    span.why { (long(&hint)) }
                } @else {
                    span { (record.get("time").text()) }
                    @if operation.is_empty() {
                        span.unknown { "unknown route" }
                    } @else {
                        span { (operation) @if !action.is_empty() { " " (action) } }
                    }
                    @for (name, label) in [("caller", "by"), ("fault", "fault"), ("evidence", "")] {
                        @let text = record.get(name).text();
                        @if !text.is_empty() { span { (label) " " (short(&text)) } }
                    }
                    @for script in record.get("scripts").entries() { span { "script " (short(&script.text())) } }
                }
            }
        }
    }
}

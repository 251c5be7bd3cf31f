//! The knowledge in a recording: what its answers show, and what its requests name.

use std::collections::HashSet;

use crate::corpus::Exchange;
use crate::corpus::materialize;
use crate::corpus::resources::{Harvest, SeenAnswer};
use crate::corpus::value::Recorded;

/// The most reads that tell of a resource.
const MOST_RELATED: usize = 40;

/// The resources that exchanges show, and those that they name.
pub(super) fn harvest<'e>(exchanges: impl IntoIterator<Item = &'e Exchange>) -> Harvest {
    let mut harvest = Harvest::default();
    let successes = exchanges
        .into_iter()
        .filter(|exchange| exchange.is_success());
    for exchange in successes {
        let parameter = |name: &str| exchange.request.parameter(name).map(str::to_owned);
        harvest.add_named(&parameter);
        let Some(recorded) = exchange.answer.body.as_ref().filter(|_| exchange.is_read()) else {
            continue;
        };
        let body = materialize::value(recorded, &str::to_owned);
        harvest.add(&SeenAnswer {
            operation: &exchange.operation,
            parameter: &parameter,
            body: &body,
        });
    }
    harvest
}

/// The reads of a session before an exchange that name what it names, the nearest last.
pub(super) fn before<'e>(session: &'e [Exchange], exchange: &Exchange) -> Vec<&'e Exchange> {
    let names = names_of(exchange);
    let before = session.iter().take_while(|other| other.n != exchange.n);
    let mut reads: Vec<_> = before.filter(|other| tells(other, &names)).collect();
    let first = reads.len().saturating_sub(MOST_RELATED);
    reads.split_off(first)
}

/// The reads of a session that name what an exchange names, itself last.
pub(super) fn related<'e>(session: &'e [Exchange], exchange: &'e Exchange) -> Vec<&'e Exchange> {
    let names = names_of(exchange);
    let mut reads = before(session, exchange);
    if reads.is_empty() {
        let after = session.iter().skip_while(|other| other.n <= exchange.n);
        reads = after.filter(|other| tells(other, &names)).take(1).collect();
    }
    // A command names what it acts on, though it shows nothing.
    reads.push(exchange);
    reads
}

/// The names in the path, the query and the body of a request.
fn names_of(exchange: &Exchange) -> HashSet<&str> {
    let request = &exchange.request;
    let mut names = HashSet::new();
    for (_, value) in request.path.iter().chain(&request.query) {
        names.extend(value.text());
    }
    if let Some(body) = &request.body {
        collect_names(body, &mut names);
    }
    names.retain(|name| !name.is_empty());
    names
}

fn collect_names<'v>(value: &'v Recorded, names: &mut HashSet<&'v str>) {
    match value {
        Recorded::StandIn(name) => {
            names.insert(name);
        }
        Recorded::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        Recorded::Object(fields) => fields
            .values()
            .for_each(|field| collect_names(field, names)),
        _ => {}
    }
}

/// True for a successful read that names one of these.
fn tells(exchange: &Exchange, names: &HashSet<&str>) -> bool {
    if !exchange.is_read() || !exchange.is_success() {
        return false;
    }
    let parameters = exchange.request.path.iter().chain(&exchange.request.query);
    let mut texts = parameters.filter_map(|(_, value)| value.text());
    texts.any(|text| names.contains(text)) || exchange.request.path.is_empty()
}

/// Lists of which no fixture can have the items.
const UNBUILT: [&str; 3] = [
    "ListPipelineRecords",
    "ListReleases",
    "ListZadigReleasePlanLogs",
];

/// True for an operation that lists what a fixture can have.
pub(super) fn is_list(operation: &str) -> bool {
    let is_named = operation.starts_with("List") || operation == "GetAllReleases";
    is_named && !UNBUILT.contains(&operation)
}

/// True if an answer is not a page of a longer list.
pub(super) fn is_whole(exchange: &Exchange) -> bool {
    let query = exchange.request.query.iter();
    let is_later = query.clone().any(|(name, value)| {
        let first = match name.as_str() {
            "offset" => "0",
            "page" | "pageNum" => "1",
            _ => return false,
        };
        value.text().is_some_and(|text| text != first)
    });
    let items = exchange.answer.body.as_ref().and_then(items_of);
    let is_full = limit_of(exchange)
        .zip(items)
        .is_some_and(|(limit, items)| items >= limit);
    !is_later && !is_full
}

/// The number of items of a list.
fn items_of(body: &Recorded) -> Option<usize> {
    match body {
        Recorded::Array(items) => Some(items.len()),
        Recorded::Object(fields) => fields.values().find_map(|field| match field {
            Recorded::Array(items) => Some(items.len()),
            _ => None,
        }),
        _ => None,
    }
}

/// The most items that a request asks for.
pub(super) fn limit_of(exchange: &Exchange) -> Option<usize> {
    let limits = ["limit", "pageSize", "per_page", "page_size"];
    let mut query = exchange.request.query.iter();
    let (_, limit) = query.find(|(name, _)| limits.contains(&name.as_str()))?;
    match limit {
        Recorded::Number(number) => number
            .as_u64()
            .and_then(|number| usize::try_from(number).ok()),
        limit => limit.text()?.parse().ok(),
    }
}

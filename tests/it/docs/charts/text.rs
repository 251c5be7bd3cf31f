//! A chart as text: a Mermaid diagram, which GitHub draws and which reads well as it is, and a table.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::explore::{Chart, Edge, TIME};
use super::subject::Status;

/// The changes that are drawn, with their causes: all but deletions that most statuses allow, which the table has.
pub fn drawn(chart: &Chart) -> BTreeMap<(String, String), Vec<String>> {
    let mut drawn: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for Edge { from, cause, to } in &chart.edges {
        if to.is_empty() && cause == "delete" {
            continue;
        }
        let causes = drawn.entry((from.clone(), to.clone())).or_default();
        causes.push(cause.clone());
    }
    drawn
}

/// The name of a status as people say it: a code has a word too.
pub fn label(chart: &Chart, status: &str) -> String {
    match chart.words.get(status) {
        Some(word) => format!("{status} {word}"),
        None => status.to_owned(),
    }
}

/// The name of a status in the diagram.
fn id(chart: &Chart, status: &str) -> String {
    match chart.words.get(status) {
        _ if status.is_empty() => "[*]".to_owned(),
        Some(word) => word.replace(' ', "_"),
        None => status.to_owned(),
    }
}

/// The diagram and the table of a chart.
pub fn markdown(chart: &Chart) -> String {
    let subject = chart.subject;
    let mut text = String::from("```mermaid\nstateDiagram-v2\n    direction LR\n");
    for Status { name: status, .. } in subject.statuses() {
        if chart.words.contains_key(*status) {
            let (id, label) = (id(chart, status), label(chart, status));
            let _ = writeln!(text, "    {id}: {label}");
        }
    }
    for ((from, to), causes) in drawn(chart) {
        let (from, to) = (id(chart, &from), id(chart, &to));
        let _ = writeln!(text, "    {from} --> {to}: {}", causes.join(", "));
    }
    text.push_str("```\n\n| status | meaning | accepts | leads to |\n|---|---|---|---|\n");
    for Status {
        name: status,
        meaning,
        ..
    } in subject.statuses()
    {
        let allowed = &chart.allowed[*status];
        let accepts: Vec<String> = allowed
            .iter()
            .map(|command| format!("`{command}`"))
            .collect();
        let accepts = if accepts.is_empty() {
            "-".to_owned()
        } else {
            accepts.join(", ")
        };
        let shown = match chart.words.get(*status) {
            Some(word) => format!("`{status}` {word}"),
            None => format!("`{status}`"),
        };
        let leads = leads(chart, status);
        let _ = writeln!(text, "| {shown} | {meaning} | {accepts} | {leads} |");
    }
    text
}

/// The causes of a status's changes, each with the statuses that may follow; time last.
fn leads(chart: &Chart, status: &str) -> String {
    let mut by_cause: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
    for edge in chart.edges.iter().filter(|edge| edge.from == status) {
        let to = match &*edge.to {
            "" => "gone".to_owned(),
            to => format!("`{to}`"),
        };
        let followers = by_cause
            .entry((edge.cause == TIME, &*edge.cause))
            .or_default();
        followers.push(to);
    }
    let leads = by_cause
        .iter()
        .map(|((_, cause), to)| format!("{cause}: {}", to.join(" or ")));
    let leads: Vec<String> = leads.collect();
    if leads.is_empty() {
        "-".to_owned()
    } else {
        leads.join("; ")
    }
}

//! Lines for the reports on a world: a request, an unused script, an unused fault.

use crate::http::faults::rules::ListedFault;
use crate::http::observe::record::RequestSummary;
use crate::sim::fuzzy::suggestion;
use crate::sim::scripts::{ListedScript, Misfit, PatternField};

/// A request as a line, with the query as the journal shows it.
pub fn request_line(summary: &RequestSummary) -> String {
    let mut line = format!("{} {}", summary.method, summary.path);
    if let Some(query) = &summary.query {
        line.extend(["?", &summary.mask().query(query)]);
    }
    line.extend([" returned ", &summary.status.to_string()]);
    if let Some(nearest) = &summary.nearest {
        line.extend([", did you mean ", nearest, "?"]);
    }
    line
}

/// A fault that has hit nothing, with its pattern.
pub fn unused_fault(listed: &ListedFault) -> String {
    let pattern = serde_json::to_string(&listed.fault.pattern).unwrap_or_default();
    let requests = match pattern.as_str() {
        "{}" => "any request".to_owned(),
        pattern => format!("match {pattern}"),
    };
    format!("{} ({requests})", listed.id)
}

/// A script that has decided nothing, with its pattern and the nearest known name.
pub fn unused_script(listed: &ListedScript) -> String {
    let pattern = &listed.script.pattern;
    let fields = [
        PatternField::Family,
        PatternField::Scope,
        PatternField::Name,
        PatternField::Stage,
        PatternField::Service,
        PatternField::Step,
    ];
    let parts: Vec<String> = fields
        .into_iter()
        .filter_map(|field| {
            let name: &str = field.into();
            Some(format!("{name} {}", pattern.text(field)?))
        })
        .collect();
    let steps = if parts.is_empty() {
        "any step".to_owned()
    } else {
        parts.join(", ")
    };
    let mut line = format!("{} ({steps})", listed.id);
    if let Some(Misfit { field, nearest, .. }) = &listed.misfit {
        let near = nearest.as_ref().map(|near| format!("{field} {near}"));
        line.push_str(&suggestion(near));
    }
    line
}

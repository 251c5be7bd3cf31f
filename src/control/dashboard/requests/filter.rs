//! The filter of a page: the same parameters as those of the API, as fields of a form.

use std::borrow::Cow;

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::control::dashboard::fields::{Field, Input};
use crate::http::query::decoded_pairs;
use crate::registry::operations;

/// The families of requests.
pub(in crate::control::dashboard) const FAMILIES: &[&str] =
    &["", "iam", "asm", "plans", "pipelines", "zadig"];

/// The id of the list of operations.
const OPERATIONS: &str = "operations";

/// The parameter of a page with further conditions, one a line, such as `query.action_id=stop`.
const CONDITIONS: &str = "conditions";

/// The parameters whose names are a kind and a name of the user's, which lines of [`CONDITIONS`] hold.
const NESTED: [&str; 3] = ["query", "headers", "body"];

/// The fields that most people need.
const FIRST: [Field; 5] = [
    Field::new("family", "Family", Input::Choice(FAMILIES), ""),
    Field::new("operation", "Operation", Input::Suggested(OPERATIONS), ""),
    Field::new("path", "Path", Input::Text, "globs: * and ?"),
    Field::new("status", "Status", Input::Text, "404, 4*"),
    Field::new("method", "Method", Input::Text, ""),
];

/// The other fields.
const FURTHER: [Field; 7] = [
    Field::new("action", "Command", Input::Text, "start, stop, execute"),
    Field::new(
        "scope",
        "Scope",
        Input::Text,
        "project, mesh or project key",
    ),
    Field::new("caller", "Caller", Input::Text, ""),
    Field::new("evidence", "Evidence", Input::Text, "inferred*"),
    Field::new("since", "Since", Input::Text, "2030-01-01T00:00:00Z"),
    Field::new("unknown_route", "Unknown route", Input::Boolean, ""),
    Field::new(
        CONDITIONS,
        "Conditions",
        Input::Lines,
        "one a line: query.action_id=stop, headers.x-language=en-us, body./name=shop",
    ),
];

/// The filter of a page.
pub(super) struct PageFilter {
    pairs: Vec<(String, String)>,
}

impl PageFilter {
    /// The filter in the query of a page, without the fields that a form has left empty.
    pub(super) fn new(query: &str) -> Self {
        let mut pairs = Vec::new();
        for (name, value) in decoded_pairs(query) {
            if name == CONDITIONS {
                let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
                pairs.extend(lines.map(|line| {
                    let (name, value) = line.split_once('=').unwrap_or((line, ""));
                    (name.trim().to_owned(), value.trim().to_owned())
                }));
            } else if !value.is_empty() {
                pairs.push((name.into_owned(), value.into_owned()));
            }
        }
        Self { pairs }
    }

    pub(super) fn value(&self, name: &str) -> Cow<'_, str> {
        if name == CONDITIONS {
            let nested = self.pairs.iter().filter(|(name, _)| is_nested(name));
            let lines: Vec<String> = nested
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            return lines.join("\n").into();
        }
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value).into()
    }

    /// True if it selects all requests.
    pub(super) fn is_empty(&self) -> bool {
        self.conditions().next().is_none()
    }

    /// The parameters of the API.
    fn conditions(&self) -> impl Iterator<Item = &(String, String)> {
        let is_known = |name: &str| {
            let mut known = FIRST.iter().chain(&FURTHER);
            is_nested(name) || known.any(|field| field.name == name && name != CONDITIONS)
        };
        self.pairs.iter().filter(move |(name, _)| is_known(name))
    }

    /// The filter as the query of the API has it.
    pub(super) fn query(&self) -> String {
        let conditions = self.conditions().map(|(name, value)| {
            let encoded = utf8_percent_encode(value, NON_ALPHANUMERIC);
            format!("{}={encoded}", utf8_percent_encode(name, super::IN_QUERY))
        });
        conditions.collect::<Vec<_>>().join("&")
    }

    /// Its fields.
    pub(super) fn fields(&self) -> Markup {
        let is_open = FURTHER
            .iter()
            .any(|field| !self.value(field.name).is_empty());
        html! {
            div.fields { @for field in &FIRST { (field.show(&self.value(field.name))) } }
            details.further id="further-conditions" open[is_open] {
                summary { "More conditions" }
                div.fields { @for field in &FURTHER { (field.show(&self.value(field.name))) } }
            }
            datalist id=(OPERATIONS) {
                @for operation in operations() { option value=(operation.id) {} }
            }
        }
    }
}

fn is_nested(name: &str) -> bool {
    NESTED.iter().any(|outer| {
        let inner = name.strip_prefix(outer);
        inner.is_some_and(|inner| inner.starts_with(['.', '[']))
    })
}

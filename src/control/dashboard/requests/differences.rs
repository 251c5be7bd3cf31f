//! The differences between a refused request and one that was wanted or accepted.

use crate::control::dashboard::shown::Shown;

/// The most differences that are listed.
const MOST: usize = 12;

/// A field with the wanted and the actual value; an empty text: there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) field: String,
    pub(super) wanted: String,
    pub(super) got: String,
}

impl Difference {
    fn new(field: impl Into<String>, wanted: &str, got: &str) -> Self {
        Self {
            field: field.into(),
            wanted: wanted.to_owned(),
            got: got.to_owned(),
        }
    }
}

/// The differences of a route from the nearest that an operation serves, such as `GET /v3/{project_id}/pipeline/pipelines`.
pub(super) fn of_route(method: &str, path: &str, nearest: &str) -> Vec<Difference> {
    let Some((wanted_method, template)) = nearest.split_once(' ') else {
        return Vec::new();
    };
    let mut differences = Vec::new();
    if method != wanted_method {
        differences.push(Difference::new("method", wanted_method, method));
    }
    let segments = |path: &'_ str| -> Vec<String> {
        path.trim_end_matches('/')
            .split('/')
            .map(str::to_owned)
            .collect()
    };
    let (wanted, got) = (segments(template), segments(path));
    if wanted.len() != got.len() {
        differences.push(Difference::new("path", template, path));
        return differences;
    }
    for (n, (wanted, got)) in wanted.iter().zip(&got).enumerate() {
        if wanted != got && !wanted.starts_with('{') {
            differences.push(Difference::new(
                format!("segment {n} of the path"),
                wanted,
                got,
            ));
        }
    }
    differences
}

/// The differences of a refused request from an accepted one of the same operation: in the query and the body.
pub(super) fn of_requests(refused: &Shown, accepted: &Shown) -> Vec<Difference> {
    let [got, wanted] = [refused, accepted].map(|record| {
        let mut values = Vec::new();
        let query = record.get("query").text();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            values.push((format!("query.{name}"), value.to_owned()));
        }
        flatten("body.", &record.at("request.body"), &mut values);
        values
    });
    let value_in = |values: &[(String, String)], field: &str| {
        let mut values = values.iter();
        let found = values.find(|(name, _)| name == field);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let missing = wanted
        .iter()
        .filter(|(name, _)| got.iter().all(|(other, _)| other != name));
    let fields = got.iter().chain(missing).map(|(field, _)| field);
    let differences = fields.filter_map(|field| {
        let (wanted, got) = (value_in(&wanted, field), value_in(&got, field));
        (wanted != got).then(|| Difference::new(field, &wanted, &got))
    });
    differences.take(MOST).collect()
}

/// The scalars in a value by their JSON pointers.
fn flatten(path: &str, value: &Shown, into: &mut Vec<(String, String)>) {
    let (fields, entries) = (value.fields(), value.entries());
    for (name, field) in &fields {
        flatten(&format!("{path}/{name}"), field, into);
    }
    for (n, entry) in entries.iter().enumerate() {
        flatten(&format!("{path}/{n}"), entry, into);
    }
    if fields.is_empty() && entries.is_empty() && !value.is_null() {
        into.push((path.to_owned(), value.json()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn difference(field: &str, wanted: &str, got: &str) -> Difference {
        Difference::new(field, wanted, got)
    }

    #[test]
    fn a_route_differs_in_its_method_and_in_segments_that_are_no_names() {
        assert_eq!(
            of_route(
                "POST",
                "/v3/p1/pipeline/pipeline",
                "GET /v3/{project_id}/pipeline/pipelines"
            ),
            [
                difference("method", "GET", "POST"),
                difference("segment 4 of the path", "pipelines", "pipeline"),
            ]
        );
        assert_eq!(
            of_route("GET", "/v3/p1", "GET /v3/{project_id}/pipelines"),
            [difference("path", "/v3/{project_id}/pipelines", "/v3/p1")]
        );
    }

    #[test]
    fn requests_differ_in_values_that_only_one_has_or_that_differ() {
        let record = |query: &str, body: serde_json::Value| {
            Shown::of_masked(&json!({"query": query, "request": {"body": body}}))
        };
        let refused = record(
            "a=1",
            json!({"name": "shop", "stages": [{"name": "s"}], "x": null}),
        );
        let accepted = record("a=2", json!({"name": "shop", "stages": [], "version": 2}));
        assert_eq!(
            of_requests(&refused, &accepted),
            [
                difference("query.a", "2", "1"),
                difference("body./stages/0/name", "", "\"s\""),
                difference("body./stages", "[]", ""),
                difference("body./version", "2", ""),
            ]
        );
    }
}

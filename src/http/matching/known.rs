//! The refusal of patterns that no request can match, since they are probably misspelt.

use super::body::not_a_pointer;
use super::overlap::{overlaps_glob, overlaps_template};
use super::pattern::{RequestFilter, RequestPattern};
use crate::http::closest_route::closest_route;
use crate::http::json::ValidationError;
use crate::http::json::pointer::is_pointer;
use crate::http::openapi::field_tree::KnownField;
use crate::http::openapi::request_schema::RequestSchema;
use crate::http::operation::Operation;
use crate::sim::fuzzy::{nearest, suggestion};
use crate::sim::glob::Glob;

/// The beginnings of the evidence for an answer.
const EVIDENCE: [&str; 5] = [
    "documented",
    "documented; recorded *",
    "observed; *",
    "inferred; *",
    "injected; fault=*",
];

/// The list to look a word up in.
const SEE: &str = "see GET /_emulator/v1/operations";

/// An operation with the requests that it takes.
#[derive(Clone, Copy, Debug)]
pub struct KnownOperation {
    pub operation: &'static Operation,
    pub request: &'static RequestSchema,
    /// True if HEAD is served like GET.
    pub is_head_served: bool,
}

impl KnownOperation {
    fn methods(&self) -> impl Iterator<Item = &'static str> {
        let method = self.operation.method.as_str();
        let head = (method == "GET" && self.is_head_served).then_some("HEAD");
        std::iter::once(method).chain(head)
    }
}

/// An error in a pattern, with the nearest thing that would match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    pub error: ValidationError,
    pub hint: Option<String>,
}

impl PatternError {
    fn new(
        field: impl Into<String>,
        wrong: impl Into<String>,
        near: Option<impl ToString>,
    ) -> Self {
        let near = near.map(|near| near.to_string());
        let wrong = wrong.into();
        Self {
            error: ValidationError::new(
                field.into(),
                format!("{wrong}{}", suggestion(near.as_ref())),
            ),
            hint: near.map(|near| format!("did you mean {near}?")),
        }
    }

    /// An error that needs no suggestion.
    pub fn plain(error: ValidationError) -> Self {
        Self { error, hint: None }
    }
}

/// The errors of a filter of recorded requests.
pub fn check_filter(filter: &RequestFilter, known: &[KnownOperation]) -> Vec<PatternError> {
    let sent = filter.sent();
    let mut errors = if filter.unknown_route == Some(true) {
        check_unknown_route(&sent)
    } else {
        let mut errors = check_pattern(&sent, known);
        let is_about_route = |error: &PatternError| {
            matches!(error.error.path.as_str(), "method" | "path") && error.hint.is_none()
        };
        for error in errors.iter_mut().filter(|error| is_about_route(error)) {
            let hint = "requests that no operation serves are selected by \"unknown_route\": true";
            error.hint = Some(hint.to_owned());
        }
        errors
    };
    if let Some(status) = &filter.status
        && !(100..=599).any(|code: u16| status.matches(&code.to_string()))
    {
        let wrong = "matches no status; must be a number such as 404, or a glob such as 4*";
        errors.push(PatternError::plain(ValidationError::new("status", wrong)));
    }
    if let Some(evidence) = &filter.evidence
        && !EVIDENCE
            .iter()
            .any(|known| overlaps_glob(evidence.as_str(), known))
    {
        let word = evidence
            .as_str()
            .split([';', '*'])
            .next()
            .unwrap_or_default();
        let near = nearest(word, ["documented", "observed", "inferred", "injected"]);
        let wrong =
            "matches no evidence, which begins with documented, observed, inferred or injected";
        errors.push(PatternError::new("evidence", wrong, near));
    }
    errors
}

/// Requests that no operation serves have neither of these.
fn check_unknown_route(pattern: &RequestPattern) -> Vec<PatternError> {
    let fields = [
        ("family", &pattern.family),
        ("operation", &pattern.operation),
        ("action", &pattern.action),
        ("scope", &pattern.scope),
        ("caller", &pattern.caller),
    ];
    let given = fields.into_iter().filter(|(_, glob)| glob.is_some());
    let refuse = |(field, _)| {
        PatternError::plain(ValidationError::new(
            field,
            "goes without \"unknown_route\": true",
        ))
    };
    given.map(refuse).chain(check_path(pattern)).collect()
}

/// The errors of a pattern, each field alone first: their combination says nothing while one of them is wrong.
pub fn check_pattern(pattern: &RequestPattern, known: &[KnownOperation]) -> Vec<PatternError> {
    let mut errors = check_words(pattern, known);
    errors.extend(check_path(pattern));
    errors.extend(check_route(pattern, known));
    errors.extend(check_headers(pattern));
    errors.extend(check_pointers(pattern));
    if errors.is_empty() {
        errors = check_together(pattern, known);
    }
    errors
}

fn check_words(pattern: &RequestPattern, known: &[KnownOperation]) -> Vec<PatternError> {
    let all = || known.iter();
    let families = distinct(all().map(|known| known.operation.family.as_str()));
    let ids = distinct(all().map(|known| known.operation.id.as_str()));
    let methods = distinct(all().flat_map(KnownOperation::methods));
    let actions = distinct(all().flat_map(|known| known.operation.commands.words()));
    let few = |words: &[&str]| format!("; known: {}", words.join(", "));
    let fields = [
        (
            "family",
            "matches no family",
            &pattern.family,
            &families,
            few(&families),
        ),
        (
            "operation",
            "matches no operation",
            &pattern.operation,
            &ids,
            format!("; {SEE}"),
        ),
        (
            "method",
            "matches no operation's method",
            &pattern.method,
            &methods,
            few(&methods),
        ),
        (
            "action",
            "matches no operation's action",
            &pattern.action,
            &actions,
            few(&actions),
        ),
    ];
    let mut errors = Vec::new();
    for (field, wrong, glob, known, otherwise) in fields {
        let Some(glob) = glob else { continue };
        if known.iter().any(|known| glob.matches(known)) {
            continue;
        }
        let near = nearest(glob.as_str(), known.iter().copied());
        let otherwise = if near.is_some() { "" } else { &otherwise };
        errors.push(PatternError::new(
            field,
            format!("{wrong}{otherwise}"),
            near,
        ));
    }
    errors
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}

/// Refuses a path with a query, which globs would read as a wildcard.
fn check_path(pattern: &RequestPattern) -> Option<PatternError> {
    let (_, query) = pattern.path.as_ref()?.as_str().split_once('?')?;
    let (name, value) = query.split('&').next()?.split_once('=')?;
    let wrong = format!("has a query, which goes in query: {{{name:?}: {value:?}}}");
    Some(PatternError::plain(ValidationError::new("path", wrong)))
}

/// Refuses a path that no operation has.
fn check_route(pattern: &RequestPattern, known: &[KnownOperation]) -> Option<PatternError> {
    let path = pattern.path.as_ref()?.as_str();
    let has = |known: &KnownOperation| overlaps_template(path, &known.operation.path);
    if check_path(pattern).is_some() || known.iter().any(has) {
        return None;
    }
    let method = pattern.method.as_ref().map_or("GET", Glob::as_str);
    let routes = known.iter().map(|known| known.operation.route());
    let near = closest_route(method, path, routes).map(|(method, path)| format!("{method} {path}"));
    let otherwise = if near.is_some() {
        String::new()
    } else {
        format!("; {SEE}")
    };
    Some(PatternError::new(
        "path",
        format!("is the path of no operation{otherwise}"),
        near,
    ))
}

/// Refuses pointers in another notation, which only the builders let through.
fn check_pointers(pattern: &RequestPattern) -> impl Iterator<Item = PatternError> {
    let wrong = pattern
        .body
        .iter()
        .filter(|(pointer, _)| !is_pointer(pointer));
    wrong.map(|(pointer, _)| {
        PatternError::plain(ValidationError::new("body", not_a_pointer(pointer)))
    })
}

fn check_headers(pattern: &RequestPattern) -> Vec<PatternError> {
    let is_name = |name: &str| axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok();
    let wrong = pattern.headers.keys().filter(|name| !is_name(name));
    let refuse = |name: &String| {
        let error = ValidationError::new(format!("headers.{name}"), "is not the name of a header");
        PatternError::plain(error)
    };
    wrong.map(refuse).collect()
}

/// Refuses fields that hold for operations, but not together for one. The operation that comes nearest is named.
fn check_together(pattern: &RequestPattern, known: &[KnownOperation]) -> Vec<PatternError> {
    let misfits = known.iter().map(|known| misfits(pattern, known));
    // Of equally near ones the first, and those of the operation that is asked for before all others.
    let is_chosen = |known: &KnownOperation| {
        let operation = &pattern.operation;
        operation
            .as_ref()
            .is_none_or(|glob| glob.matches(&known.operation.id))
    };
    let nearest = misfits
        .zip(known)
        .min_by_key(|(misfits, known)| (!is_chosen(known), misfits.len()));
    nearest.map_or_else(Vec::new, |(misfits, _)| misfits)
}

fn is_other<'a>(glob: Option<&Glob>, words: impl IntoIterator<Item = &'a str>) -> bool {
    glob.is_some_and(|glob| !words.into_iter().any(|word| glob.matches(word)))
}

/// The fields of a pattern that no request of an operation can match.
fn misfits(pattern: &RequestPattern, known: &KnownOperation) -> Vec<PatternError> {
    let KnownOperation {
        operation, request, ..
    } = known;
    let id = operation.id.as_str();
    let mut misfits = Vec::new();
    if is_other(pattern.operation.as_ref(), [id]) {
        misfits.push(PatternError::new(
            "operation",
            "does not go with the other fields",
            Some(id),
        ));
    }
    if is_other(pattern.family.as_ref(), [operation.family.as_str()]) {
        let wrong = format!("{id} is an operation of another family");
        misfits.push(PatternError::new("family", wrong, Some(&operation.family)));
    }
    if is_other(pattern.method.as_ref(), known.methods()) {
        let wrong = format!("{id} has another method");
        misfits.push(PatternError::new("method", wrong, Some(&operation.method)));
    }
    if let Some(path) = &pattern.path
        && !overlaps_template(path.as_str(), &operation.path)
    {
        let wrong = format!("{id} has another path");
        misfits.push(PatternError::new("path", wrong, Some(&operation.path)));
    }
    if is_other(pattern.action.as_ref(), operation.commands.words()) {
        let actions: Vec<&str> = operation.commands.words().collect();
        let action = pattern.action.as_ref().map_or("", Glob::as_str);
        let near = nearest(action, actions.iter().copied());
        let wrong = match &actions[..] {
            [] => format!("{id} has no actions"),
            actions => format!("{id} has the actions {}", actions.join(", ")),
        };
        misfits.push(PatternError::new("action", wrong, near));
    }
    for name in pattern.query.keys() {
        if !request.parameters().iter().any(|known| known == name) {
            let near = nearest(name, request.parameters().iter().map(String::as_str));
            let wrong = format!("{id} has no such parameter");
            misfits.push(PatternError::new(format!("query.{name}"), wrong, near));
        }
    }
    for (pointer, _) in pattern.body.iter() {
        let (wrong, near) = match request.field(pointer) {
            KnownField::Known => continue,
            KnownField::NoBody => ("takes no body", None),
            KnownField::Unknown(near) => ("has no such field", near),
        };
        misfits.push(PatternError::new(
            format!("body.{pointer}"),
            format!("{id} {wrong}"),
            near,
        ));
    }
    misfits
}

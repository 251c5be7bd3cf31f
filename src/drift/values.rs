//! The comparison of two bodies, beside the schema of their answer.

use indexmap::IndexMap;
use serde_json::{Number, Value};

use super::kinds::{Difference, DriftKind};
use super::messages::text_difference;
use super::question::Comparison;
use super::times::{TimeUnit, is_time_field};
use crate::corpus::forms::TextForm;
use crate::corpus::schema::{KeyStanding, SchemaNode};
use crate::corpus::value::Recorded;

/// The fields that count the items of a list beyond its page.
const COUNTS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

/// The fields of error codes.
const CODES: [&str; 5] = ["code", "errorCode", "error_code", "err_code", "errcode"];

/// The families that write times as RFC 3339 texts.
const TEXT_TIMES: [&str; 2] = ["asm", "iam"];

/// The ends of names of fields that hold a status.
const STATUSES: [&str; 4] = ["status", "phase", "state", "Status"];

/// A place in a body: its path, the name of its field, and what the schema says of it.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    path: &'p str,
    name: &'p str,
    node: &'p SchemaNode,
}

impl<'p> Place<'p> {
    /// The body itself.
    pub(super) const fn body(node: &'p SchemaNode) -> Self {
        Self {
            path: "",
            name: "",
            node,
        }
    }
}

/// Compares the values of two bodies.
pub(super) struct ValueComparison<'a> {
    comparison: &'a Comparison<'a>,
    is_error: bool,
    differences: &'a mut Vec<Difference>,
    /// The name of the schema around the present place.
    schema: Option<&'static str>,
}

impl<'a> ValueComparison<'a> {
    pub(super) const fn new(
        comparison: &'a Comparison<'a>,
        status: u16,
        differences: &'a mut Vec<Difference>,
    ) -> Self {
        Self {
            comparison,
            is_error: status >= 400,
            differences,
            schema: None,
        }
    }

    fn add(
        &mut self,
        kind: DriftKind,
        path: &str,
        recorded: impl Into<String>,
        ours: impl Into<String>,
    ) {
        let field = if path.is_empty() { "body" } else { path };
        self.differences.push(Difference {
            kind,
            field: field.to_owned(),
            recorded: recorded.into(),
            ours: ours.into(),
            schema: self.schema,
        });
    }

    pub(super) fn compare(&mut self, place: Place<'_>, recorded: &Recorded, ours: &Recorded) {
        let Place { path, node, .. } = place;
        match (recorded, ours) {
            (Recorded::Object(theirs), Recorded::Object(own)) => {
                self.objects(place, theirs, own);
            }
            (Recorded::Array(theirs), Recorded::Array(own)) => {
                self.arrays(place, theirs, own);
            }
            (Recorded::Null, Recorded::Null) => {}
            (Recorded::Null, own) => {
                if !node.allows("null") {
                    self.add(DriftKind::Type, path, "null", own.kind());
                }
            }
            (theirs, Recorded::Null) => {
                if !node.is_unknown() && !allows(node, theirs) {
                    self.add(DriftKind::Type, path, theirs.kind(), "null");
                }
            }
            _ if recorded.kind() == ours.kind() => self.scalars(place, recorded, ours),
            _ => {
                // If the schema allows both, the resource decides.
                if allows(node, recorded) && allows(node, ours) && node.allows("null") {
                    return;
                }
                let kinds = [recorded.kind(), ours.kind()];
                let is_number_or_text = kinds.contains(&"a number") && kinds.contains(&"a text");
                let kind = if is_number_or_text {
                    DriftKind::NumberOrText
                } else {
                    DriftKind::Type
                };
                self.add(kind, path, recorded.kind(), ours.kind());
            }
        }
    }

    fn objects(
        &mut self,
        Place { path, node, .. }: Place<'_>,
        theirs: &IndexMap<String, Recorded>,
        own: &IndexMap<String, Recorded>,
    ) {
        let outer = self.schema;
        self.schema = node.name().or(outer);
        let mut common = Vec::new();
        for (key, value) in theirs {
            let inner = join(path, key);
            let node = match node.key(key) {
                KeyStanding::Known(node) => node,
                // The keys of a free map are its users'.
                KeyStanding::Free(_) => continue,
                KeyStanding::Unknown => SchemaNode::default(),
            };
            match own.get(key) {
                Some(own) => {
                    common.push(key);
                    let place = Place {
                        path: &inner,
                        name: key,
                        node: &node,
                    };
                    self.compare(place, value, own);
                }
                None if *value == Recorded::Null => {
                    self.add(DriftKind::NullOrAbsent, &inner, "null", "absent");
                }
                None => self.add(DriftKind::KeyMissing, &inner, value.kind(), "absent"),
            }
        }
        for (key, value) in own {
            if theirs.contains_key(key) || matches!(node.key(key), KeyStanding::Free(_)) {
                continue;
            }
            let inner = join(path, key);
            if *value == Recorded::Null {
                self.add(DriftKind::NullOrAbsent, &inner, "absent", "null");
            } else {
                self.add(DriftKind::KeyExtra, &inner, "absent", value.kind());
            }
        }
        let order: Vec<&String> = own.keys().filter(|key| common.contains(key)).collect();
        if order != common {
            let words = |keys: &[&String]| {
                let keys: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
                keys.join(", ")
            };
            let (theirs, ours) = (words(&common), words(&order));
            self.add(DriftKind::KeyOrder, path, theirs, ours);
        }
        self.schema = outer;
    }

    fn arrays(
        &mut self,
        Place { path, name, node }: Place<'_>,
        theirs: &[Recorded],
        own: &[Recorded],
    ) {
        let inner = Place {
            path: &format!("{path}[]"),
            name,
            node: &node.items(),
        };
        for (theirs, own) in theirs.iter().zip(own) {
            self.compare(inner, theirs, own);
        }
        // Within an item the number of things is the resource's own.
        let is_list = self.comparison.is_list && !path.contains(['[', '.']);
        if is_list && theirs.len() != own.len() {
            let count = |items: &[Recorded]| format!("{} items", items.len());
            self.add(DriftKind::Paging, path, count(theirs), count(own));
        }
    }

    fn scalars(&mut self, place: Place<'_>, recorded: &Recorded, ours: &Recorded) {
        let Place { path, name, node } = place;
        match (recorded, ours) {
            (Recorded::Message(theirs), Recorded::Message(own)) => {
                if let Some(kind) = text_difference(theirs, own) {
                    self.add(kind, path, theirs.clone(), own.clone());
                }
            }
            (Recorded::Number(theirs), Recorded::Number(own)) => {
                self.numbers(place, theirs, own);
            }
            (Recorded::Word(theirs), Recorded::Word(own)) => {
                self.words(place, theirs, own);
            }
            (Recorded::Text { form, length }, Recorded::Word(own))
                if is_status(name, node) && !own.is_empty() =>
            {
                let theirs = format!("a text that was not written ({form}, {length} characters)");
                self.add(DriftKind::Enumeration, path, theirs, own.clone());
            }
            (theirs, own) => self.forms(path, theirs, own),
        }
    }

    fn numbers(&mut self, Place { path, name, node }: Place<'_>, theirs: &Number, own: &Number) {
        if self.is_error && CODES.contains(&name) {
            if theirs != own {
                self.add(
                    DriftKind::ErrorCode,
                    path,
                    theirs.to_string(),
                    own.to_string(),
                );
            }
            return;
        }
        if COUNTS.contains(&name) && !self.comparison.is_list {
            return;
        }
        if COUNTS.contains(&name) && theirs != own {
            self.add(DriftKind::Paging, path, theirs.to_string(), own.to_string());
            return;
        }
        let mut words = node.words().peekable();
        if !node.is_guessed() && words.peek().is_some() {
            let is_known = words.any(|word| *word == Value::Number(theirs.clone()));
            let is_other = theirs != own && !self.comparison.is_state_guessed;
            if !is_known || is_other {
                self.add(
                    DriftKind::Enumeration,
                    path,
                    theirs.to_string(),
                    own.to_string(),
                );
            }
            return;
        }
        if is_time_field(name) {
            let unit = |number: &Number| number.as_i64().and_then(TimeUnit::of);
            let family = &self.comparison.entry.operation.family;
            let expected = TimeUnit::of_family(family).or_else(|| unit(own));
            if let (Some(theirs), Some(expected)) = (unit(theirs), expected)
                && theirs != expected
            {
                self.add(DriftKind::Units, path, theirs.as_str(), expected.as_str());
            }
        }
    }

    fn words(&mut self, Place { path, name, node }: Place<'_>, theirs: &str, own: &str) {
        if self.is_error && CODES.contains(&name) {
            if theirs != own {
                self.add(DriftKind::ErrorCode, path, theirs, own);
            }
            return;
        }
        if theirs.is_empty() || own.is_empty() {
            return;
        }
        let [their_form, own_form] = [theirs, own].map(TextForm::of);
        if their_form.is_time() || own_form.is_time() {
            // A world that was given a time says it as it was given.
            let family = self.comparison.entry.operation.family.as_str();
            let is_usual = TEXT_TIMES.contains(&family) && is_time_field(name);
            let own_form = if is_usual {
                TextForm::Rfc3339
            } else {
                own_form
            };
            self.formats(path, their_form, own_form);
            return;
        }
        if !is_status(name, node) {
            return;
        }
        let mut words = node.words().peekable();
        let is_known = if words.peek().is_some() {
            words.any(|word| word == theirs)
        } else {
            theirs == own && !self.comparison.is_seeded
                || self
                    .comparison
                    .status_words
                    .iter()
                    .any(|word| word == theirs)
        };
        let is_other = theirs != own && !self.comparison.is_state_guessed;
        if !is_known || is_other {
            self.add(DriftKind::Enumeration, path, theirs, own);
        }
    }

    fn forms(&mut self, path: &str, theirs: &Recorded, own: &Recorded) {
        let form = |value: &Recorded| match value {
            Recorded::Word(text) | Recorded::StandIn(text) => Some(TextForm::of(text)),
            _ => None,
        };
        if let (Some(theirs), Some(own)) = (form(theirs), form(own)) {
            self.formats(path, theirs, own);
        }
    }

    fn formats(&mut self, path: &str, theirs: TextForm, own: TextForm) {
        // Any other text may have any of the other forms.
        let is_strict =
            |form: TextForm| matches!(form, TextForm::Uuid | TextForm::Hex) || form.is_time();
        let is_empty = theirs == TextForm::Empty || own == TextForm::Empty;
        if theirs != own && !is_empty && is_strict(theirs) && is_strict(own)
            || (theirs.is_time() != own.is_time()) && !is_empty
        {
            self.add(DriftKind::Format, path, theirs.as_str(), own.as_str());
        }
    }

    /// Compares a page with the number of items that were asked for.
    pub(super) fn page(&mut self, body: &Recorded, limit: usize) {
        let lists: Vec<(&str, &[Recorded])> = match body {
            Recorded::Array(items) => vec![("", items.as_slice())],
            Recorded::Object(fields) => fields
                .iter()
                .filter_map(|(key, value)| match value {
                    Recorded::Array(items) => Some((key.as_str(), items.as_slice())),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        for (key, items) in lists {
            if items.len() > limit && limit > 0 {
                let theirs = format!("{} items", items.len());
                self.add(DriftKind::Paging, key, theirs, format!("at most {limit}"));
            }
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// True for a field that holds a word of an enumeration, or a status.
fn is_status(name: &str, node: &SchemaNode) -> bool {
    !node.is_guessed() && node.words().next().is_some()
        || STATUSES.iter().any(|end| name.ends_with(end))
}

/// True if the schema allows values of the kind.
fn allows(node: &SchemaNode, value: &Recorded) -> bool {
    match value {
        Recorded::Null => node.allows("null"),
        Recorded::Array(_) => node.allows("array"),
        Recorded::Object(_) => node.allows("object"),
        Recorded::Boolean(_) | Recorded::Flag => node.allows("boolean"),
        Recorded::Number(_) | Recorded::Numeric { .. } => {
            node.allows("integer") || node.allows("number")
        }
        _ => node.allows("string"),
    }
}

//! The redaction of bodies, beside the schema of their place.

use indexmap::IndexMap;
use serde_json::Value;

use super::value::Redacted;
use super::{Place, Redactor};
use crate::corpus::clean::{is_clean, is_error_code};
use crate::corpus::error_text::masked;
use crate::corpus::forms::{TextForm, is_version};
use crate::corpus::schema::{KeyStanding, SchemaNode};
use crate::corpus::vocabulary::{is_enumerated, is_known_identifier};
use crate::http::auth::redact::Mask;
use crate::http::auth::redact::names::{is_fact, is_secret, is_secret_text};
use crate::http::json::value::OrderedValue;

/// The longest text that is taken for a name.
const LONGEST_NAME: usize = 512;

/// The longest key of an object that may be written.
const LONGEST_KEY: usize = 64;

/// The deepest nesting that is followed.
const DEEPEST: usize = 64;

/// The fields of answers that tell the reason of an error.
const MESSAGES: [&str; 16] = [
    "detail",
    "details",
    "err_msg",
    "errmsg",
    "error",
    "errorMessage",
    "errorMsg",
    "error_description",
    "error_message",
    "error_msg",
    "external_check_failed_reason",
    "fail_message",
    "message",
    "msg",
    "reason",
    "rollback_fail_message",
];

/// The fields that tell the reason in the body of an error only.
const MESSAGES_OF_ERRORS: [&str; 2] = ["description", "title"];

/// The fields of error codes.
const CODES: [&str; 6] = [
    "code",
    "errorCode",
    "error_code",
    "err_code",
    "errcode",
    "resultCode",
];

/// The fields of errors that some service has, though their operation declares none.
const FIELDS_OF_ERRORS: [&str; 14] = [
    "code",
    "description",
    "error",
    "errorCode",
    "errorMessage",
    "errorMsg",
    "error_code",
    "error_msg",
    "extra",
    "message",
    "request_id",
    "status",
    "title",
    "type",
];

/// The ends of the names of fields whose texts are words of the service, though the schema does not list them.
const WORD_FIELDS: [&str; 14] = [
    "action",
    "category",
    "interface",
    "kind",
    "mode",
    "operator",
    "phase",
    "policy",
    "provider",
    "rel",
    "source",
    "status",
    "type",
    "apiVersion",
];

impl Redactor {
    /// Redacts a value.
    pub(super) fn value(
        &mut self,
        name: &str,
        value: &OrderedValue,
        node: &SchemaNode,
        place: Place,
        depth: usize,
    ) -> Redacted {
        if depth > DEEPEST {
            return Redacted::Opaque("deep", 0);
        }
        match value {
            OrderedValue::Array(items) => {
                let node = node.items();
                let items = items.iter();
                Redacted::Array(
                    items
                        .map(|item| self.value(name, item, &node, place, depth + 1))
                        .collect(),
                )
            }
            OrderedValue::Object(fields) => {
                if is_secret(name) && node.is_unknown() {
                    return Redacted::Secret;
                }
                self.object(fields, node, place, depth)
            }
            OrderedValue::Scalar(Value::Null) => Redacted::Null,
            OrderedValue::Scalar(scalar) if is_secret_text(name) && !is_fact(name, scalar) => {
                Redacted::Secret
            }
            OrderedValue::Scalar(Value::Bool(flag)) if node.allows("boolean") || node.is_open() => {
                Redacted::Boolean(*flag)
            }
            OrderedValue::Scalar(Value::Bool(_)) => Redacted::Flag,
            OrderedValue::Scalar(Value::Number(number)) => {
                let is_code = place.is_error && CODES.contains(&name);
                let is_short =
                    node.is_open() && number.as_u64().is_some_and(|number| number < 10_000);
                if node.allows("integer") || node.allows("number") || is_code || is_short {
                    Redacted::Number(number.clone())
                } else {
                    Redacted::shape_of(number)
                }
            }
            OrderedValue::Scalar(Value::String(text)) => self.text(name, text, node, place),
            OrderedValue::Scalar(_) => Redacted::Secret,
        }
    }

    fn object(
        &mut self,
        fields: &IndexMap<String, OrderedValue>,
        node: &SchemaNode,
        place: Place,
        depth: usize,
    ) -> Redacted {
        let mut redacted = IndexMap::with_capacity(fields.len());
        for (key, value) in fields {
            let (written, node) = match node.key(key) {
                KeyStanding::Known(node) => (Some(key.clone()), node),
                KeyStanding::Free(node) => {
                    // The parts that a service keeps verbatim have words of other documents, such as those of Kubernetes.
                    let is_public =
                        node.is_open() && is_known_identifier(key) && !self.learned.has_secret(key);
                    (is_public.then(|| key.clone()), node)
                }
                KeyStanding::Unknown => {
                    let is_of_error = place.is_error && FIELDS_OF_ERRORS.contains(&key.as_str());
                    let is_own = place.is_answer && is_clean(key) && !self.learned.was_sent(key);
                    let is_public = is_known_identifier(key) && !self.learned.has_secret(key);
                    let is_written = is_of_error || is_own || is_public;
                    (
                        (is_written && key.len() <= LONGEST_KEY).then(|| key.clone()),
                        SchemaNode::default(),
                    )
                }
            };
            let key_of_value = if written.is_some() { key.as_str() } else { "" };
            let name = if is_secret(key) {
                key.as_str()
            } else {
                key_of_value
            };
            let value = self.value(name, value, &node, place, depth + 1);
            let written = written.unwrap_or_else(|| self.key(key));
            redacted.insert(written, value);
        }
        Redacted::Object(redacted)
    }

    /// The stand-in of a key. Keys are texts of users, and may be anything.
    fn key(&mut self, key: &str) -> String {
        let is_short = key.len() <= LONGEST_NAME && !self.learned.has_secret(key);
        let stand_in = is_short.then(|| self.stand_ins.of(key)).flatten();
        stand_in.unwrap_or_else(|| {
            self.n_keys += 1;
            format!("key-{}", self.n_keys)
        })
    }

    /// Redacts a text.
    pub(super) fn text(
        &mut self,
        name: &str,
        text: &str,
        node: &SchemaNode,
        place: Place,
    ) -> Redacted {
        if text.is_empty() {
            return Redacted::Word(String::new());
        }
        if self.learned.has_secret(text) && !MESSAGES.contains(&name) {
            return if is_enumerated(text) && node.words().any(|word| word == text) {
                Redacted::Word(text.to_owned())
            } else {
                Redacted::shape_of_text(text)
            };
        }
        let is_message = place.is_answer
            && (MESSAGES.contains(&name) || place.is_error && MESSAGES_OF_ERRORS.contains(&name));
        if is_message {
            return self.message(text);
        }
        if place.is_error
            && CODES.contains(&name)
            && is_error_code(text)
            && !self.learned.was_sent(text)
        {
            return Redacted::Word(text.to_owned());
        }
        if node.is_unknown() {
            let is_word =
                place.is_error && FIELDS_OF_ERRORS.contains(&name) && is_known_identifier(text);
            return if is_word && !self.learned.was_sent(text) {
                Redacted::Word(text.to_owned())
            } else {
                Redacted::shape_of_text(text)
            };
        }
        if self.is_data(name, text, node, place) {
            return Redacted::Word(text.to_owned());
        }
        let is_name = text.len() <= LONGEST_NAME && !text.contains(char::is_whitespace);
        // A name that breaks the rules of its field shall still break them.
        let is_name = is_name
            || text.len() <= LONGEST_NAME && (node.has_pattern() || self.stand_ins.is_name(text));
        match is_name.then(|| self.stand_ins.of(text)).flatten() {
            Some(stand_in) => Redacted::StandIn(stand_in),
            None => Redacted::shape_of_text(text),
        }
    }

    /// True if the schema calls the text data: a word of its enumeration, a time, a number, a sign.
    fn is_data(&self, name: &str, text: &str, node: &SchemaNode, place: Place) -> bool {
        if node.words().any(|word| word == text) {
            return true;
        }
        let form = TextForm::of(text);
        let is_number = matches!(form, TextForm::Digits | TextForm::Number);
        let is_numeric = node.allows("integer") || node.allows("number");
        let is_flag = form == TextForm::Boolean && node.allows("boolean");
        let is_sign = text.len() <= 3 && !text.contains(char::is_alphanumeric);
        let is_version = name.to_ascii_lowercase().contains("version") && is_version(text);
        if form.is_time() || is_flag || is_sign || is_version || is_number && is_numeric {
            return true;
        }
        if is_number && text.len() <= 3 {
            return true;
        }
        let is_word_field = WORD_FIELDS.iter().any(|end| {
            name.len() >= end.len() && name[name.len() - end.len()..].eq_ignore_ascii_case(end)
        });
        let is_listed = node.words().next().is_some();
        if is_enumerated(text) && (is_word_field || is_listed) {
            return true;
        }
        // A status word that our schema lacks is the very thing to find. It is the service's own if nobody has sent it.
        (is_word_field || is_listed)
            && place.is_answer
            && is_clean(text)
            && !self.learned.was_sent(text)
            || is_word_field && is_known_identifier(text) && text.len() <= 24
    }

    fn message(&self, text: &str) -> Redacted {
        let text = Mask::new(None).text(text).into_owned();
        Redacted::Message(masked(&text, &self.stand_ins, &self.learned.private()))
    }
}

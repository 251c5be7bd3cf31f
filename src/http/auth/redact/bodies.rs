//! Secrets in JSON bodies, by the places that are read as credentials and by the names of fields.

use indexmap::IndexMap;
use serde_json::Value;

use super::names::{is_fact, is_secret, is_secret_text};
use crate::http::json::value::OrderedValue;

/// The fields below secret names that are no secrets, in bodies that the services document: of IAM's logins
/// (`identity.password.user`, `identity.token.duration_seconds`) and of its description of a token.
const KNOWN_FIELDS: [(&str, &[&str]); 2] = [
    ("password", &["user"]),
    (
        "token",
        &[
            "assumed_by",
            "catalog",
            "domain",
            "duration-seconds",
            "duration_seconds",
            "expires_at",
            "issued_at",
            "methods",
            "project",
            "roles",
            "user",
        ],
    ),
];

/// The lists of a state below secret names, by a field that their entries have.
const KNOWN_LISTS: [(&str, &str); 1] = [("tokens", "token")];

/// The lists of headers in which any value may be a secret: of the requests for a pipeline's template.
const HEADER_LISTS: [&str; 1] = ["http_headers"];

/// Replaces the secrets in a body, and shows each of them to `on_secret`.
pub fn mask(body: &mut OrderedValue, replacement: &str, on_secret: &mut dyn FnMut(&str)) {
    Masker {
        replacement,
        on_secret,
    }
    .visit(body);
}

/// Replaces texts, and names of fields, by what `replace` makes of them, if anything.
pub fn replace_texts(value: &mut OrderedValue, replace: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        OrderedValue::Object(fields) => {
            for value in fields.values_mut() {
                replace_texts(value, replace);
            }
            if fields.keys().any(|name| replace(name).is_some()) {
                let renamed = std::mem::take(fields).into_iter();
                *fields = renamed
                    .map(|(name, value)| (replace(&name).unwrap_or(name), value))
                    .collect::<IndexMap<_, _>>();
            }
        }
        OrderedValue::Array(items) => {
            for item in items {
                replace_texts(item, replace);
            }
        }
        OrderedValue::Scalar(Value::String(text)) => {
            if let Some(replaced) = replace(text) {
                *text = replaced;
            }
        }
        OrderedValue::Scalar(scalar @ Value::Number(_)) => {
            if let Some(replaced) = replace(&scalar.to_string()) {
                *scalar = Value::from(replaced);
            }
        }
        OrderedValue::Scalar(_) => {}
    }
}

struct Masker<'a> {
    replacement: &'a str,
    on_secret: &'a mut dyn FnMut(&str),
}

impl Masker<'_> {
    fn visit(&mut self, value: &mut OrderedValue) {
        match value {
            OrderedValue::Object(fields) => {
                for (name, value) in fields {
                    self.visit_field(name, value);
                }
            }
            OrderedValue::Array(items) => {
                for item in items {
                    self.visit(item);
                }
            }
            OrderedValue::Scalar(_) => {}
        }
    }

    fn visit_field(&mut self, name: &str, value: &mut OrderedValue) {
        if HEADER_LISTS.contains(&name) {
            self.visit_headers(value);
            return;
        }
        match value {
            OrderedValue::Scalar(scalar) => {
                if is_secret_text(name) && !is_fact(name, scalar) {
                    self.replace(value);
                }
            }
            _ if !is_secret(name) => self.visit(value),
            OrderedValue::Object(fields) => {
                let lower = name.to_ascii_lowercase();
                let known = KNOWN_FIELDS.iter().find(|(known, _)| *known == lower);
                let known = known.map_or(&[][..], |(_, fields)| fields);
                // The parts of logins whose only field is the secret itself keep their form: {"secret": {"key": …}}.
                let is_known =
                    |field: &str| known.contains(&field) || matches!(field, "id" | "key");
                if fields.is_empty() || !fields.keys().all(|field| is_known(field)) {
                    self.replace(value);
                    return;
                }
                for (field, value) in fields {
                    if known.contains(&field.as_str()) {
                        self.visit_field(field, value);
                    } else {
                        self.replace(value);
                    }
                }
            }
            OrderedValue::Array(items) => {
                let lower = name.to_ascii_lowercase();
                let list = KNOWN_LISTS.iter().find(|(known, _)| *known == lower);
                let is_known = |item: &OrderedValue| match (list, item) {
                    (Some((_, field)), OrderedValue::Object(fields)) => fields.contains_key(*field),
                    _ => false,
                };
                if items.iter().all(is_known) {
                    self.visit(value);
                } else {
                    self.replace(value);
                }
            }
        }
    }

    /// Masks the values of headers, whose names stay readable.
    fn visit_headers(&mut self, value: &mut OrderedValue) {
        match value {
            OrderedValue::Array(items) => {
                for item in items {
                    match item {
                        OrderedValue::Object(fields) => {
                            for (name, value) in fields {
                                if name != "key" {
                                    self.replace(value);
                                }
                            }
                        }
                        other => self.replace(other),
                    }
                }
            }
            OrderedValue::Object(fields) => {
                for value in fields.values_mut() {
                    self.replace(value);
                }
            }
            OrderedValue::Scalar(_) => self.replace(value),
        }
    }

    fn replace(&mut self, value: &mut OrderedValue) {
        if *value == OrderedValue::Scalar(Value::Null) {
            return;
        }
        self.show(value);
        *value = OrderedValue::Scalar(Value::from(self.replacement));
    }

    /// Shows the texts and numbers of a value that is replaced.
    fn show(&mut self, value: &OrderedValue) {
        match value {
            OrderedValue::Object(fields) => fields.values().for_each(|value| self.show(value)),
            OrderedValue::Array(items) => items.iter().for_each(|item| self.show(item)),
            OrderedValue::Scalar(Value::String(text)) => (self.on_secret)(text),
            OrderedValue::Scalar(Value::Number(number)) => (self.on_secret)(&number.to_string()),
            OrderedValue::Scalar(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn assert_masked(body: &Value, masked: &Value, secrets: &[&str]) {
        let mut value = serde_json::from_value(body.clone()).unwrap();
        let mut shown = Vec::new();
        mask(&mut value, "***", &mut |secret| {
            shown.push(secret.to_owned());
        });
        assert_eq!(&serde_json::to_value(value).unwrap(), masked);
        shown.sort();
        assert_eq!(shown, secrets);
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        assert_masked(
            &json!({"a": [{"Token": 7, "pasword": "x", "name": "n"}], "api_key": {"k": ["y"]}, "secret": null}),
            &json!({"a": [{"Token": "***", "pasword": "***", "name": "n"}], "api_key": "***", "secret": null}),
            &["7", "x", "y"],
        );
    }

    #[test]
    fn every_login_is_masked_and_tells_who_it_is_for() {
        let user = |password: &str| json!({"name": "ann", "password": password, "domain": {"name": "acme"}});
        assert_masked(
            &json!({"auth": {"identity": {"methods": ["password", "token"],
                "password": {"user": user("hush")}, "token": {"id": "hush-2", "duration_seconds": 900},
                "hw_ak_sk": {"access": {"key": "AK"}, "secret": {"key": "hush-3"}},
                "totp": {"user": {"id": "u", "passcode": "hush-4"}}}}}),
            &json!({"auth": {"identity": {"methods": ["password", "token"],
                "password": {"user": user("***")}, "token": {"id": "***", "duration_seconds": 900},
                "hw_ak_sk": {"access": {"key": "AK"}, "secret": {"key": "***"}},
                "totp": {"user": {"id": "u", "passcode": "***"}}}}}),
            &["hush", "hush-2", "hush-3", "hush-4"],
        );
        assert_masked(
            &json!({"identity": {"token": {"ID": "hush"}, "password": "hush", "secret": ["hush"]}}),
            &json!({"identity": {"token": "***", "password": "***", "secret": "***"}}),
            &["hush", "hush", "hush"],
        );
    }

    #[test]
    fn headers_of_templates_keep_their_names_only() {
        assert_masked(
            &json!({"http_headers": [{"key": "X-A", "value": "hush"}], "http_password": "hush", "http_username": "ann"}),
            &json!({"http_headers": [{"key": "X-A", "value": "***"}], "http_password": "***", "http_username": "ann"}),
            &["hush", "hush"],
        );
    }

    #[test]
    fn texts_and_names_are_replaced() {
        let mut value = serde_json::from_value(json!({"hush": ["a hush", 481_516]})).unwrap();
        replace_texts(&mut value, &mut |text| {
            let replaced = text.replace("hush", "***").replace("481516", "***");
            (replaced != text).then_some(replaced)
        });
        assert_eq!(
            serde_json::to_value(value).unwrap(),
            json!({"***": ["a ***", "***"]})
        );
    }
}

//! A mask: all layers of the redaction, applied to what is shown.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use serde_json::Value;

use super::bodies;
use super::encodings::in_every_form;
use super::known::{KnownSecrets, SecretSet};
use super::names::{MARKER, MASK, is_fact_text, is_secret, is_secret_header, mentions_secret};
use super::texts;
use crate::http::json::value::OrderedValue;
use crate::http::query::parameter_name;

/// The shortest value of a secret name that is looked for elsewhere in the same request.
const SHORTEST_OWN: usize = 8;

/// Masks secrets: by names, by the known values, and by the values that the same request has under secret names.
#[derive(Debug)]
pub struct Mask<'a> {
    known: Option<&'a KnownSecrets>,
    own: SecretSet,
    replacement: &'static str,
}

impl<'a> Mask<'a> {
    /// A mask that knows the secrets of a world.
    pub fn new(known: Option<&'a KnownSecrets>) -> Self {
        Self {
            known,
            own: SecretSet::default(),
            replacement: MASK,
        }
    }

    /// A mask for a state, whose marker tells that it was masked.
    pub fn for_state(known: &'a KnownSecrets) -> Self {
        Self {
            replacement: MARKER,
            ..Self::new(Some(known))
        }
    }

    /// Learns the values under secret names in a query.
    pub fn learn_query(&mut self, query: &str) {
        for (name, value) in crate::http::query::decoded_pairs(query) {
            if is_secret(&name) && !is_fact_text(&name, &value) {
                self.learn(&value);
            }
        }
    }

    /// Learns the value of a header with a secret name.
    pub fn learn_header(&mut self, name: &str, value: &str) {
        if !is_secret_header(name) {
            return;
        }
        match value.trim().split_once(' ') {
            // A signature is valid for one request, and its other parts are public.
            Some((_, credential)) if !credential.contains(' ') => self.learn(credential),
            Some(_) => {}
            None => self.learn(value.trim()),
        }
    }

    fn learn(&mut self, secret: &str) {
        if secret.len() >= SHORTEST_OWN {
            self.own.add(secret);
        }
    }

    /// Masks the values under secret names in a body, and learns them.
    pub fn fields(&mut self, body: &mut OrderedValue) {
        let replacement = self.replacement;
        let mut secrets: Vec<String> = Vec::new();
        bodies::mask(body, replacement, &mut |secret| {
            secrets.push(secret.to_owned());
        });
        for secret in &secrets {
            self.learn(secret);
        }
    }

    /// Masks the secrets in all texts of a body.
    pub fn texts(&self, body: &mut OrderedValue) {
        bodies::replace_texts(body, &mut |text| match self.text(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        });
    }

    /// Masks a body.
    pub fn body(&mut self, body: &mut OrderedValue) {
        self.fields(body);
        self.texts(body);
    }

    /// Masks known values in a text, and those of secret names that it quotes.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text, true)
    }

    /// Masks known values in a text of the emulator's own.
    pub fn values<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.masked(text, false)
    }

    fn masked<'t>(&self, text: &'t str, by_name: bool) -> Cow<'t, str> {
        let ranges = in_every_form(text.as_bytes(), &mut |form, ranges| {
            if by_name {
                texts::find(form, ranges);
            }
            self.find_values(form, ranges);
        });
        replaced(text, ranges, self.replacement)
    }

    fn find_values(&self, text: &[u8], ranges: &mut Vec<Range<usize>>) {
        self.own.find(text, ranges);
        if let Some(known) = self.known {
            known.find(text, ranges);
        }
    }

    /// Masks a query, by the decoded names of its parameters too.
    pub fn query(&self, query: &str) -> String {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => {
                let decoded = parameter_name(pair);
                if is_secret(&decoded) && !is_fact_text(&decoded, value) {
                    return format!("{}={}", self.text(name), self.replacement);
                }
                self.text(pair).into_owned()
            }
            None => self.text(pair).into_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Masks the value of a header.
    pub fn header<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        if is_secret_header(name) {
            self.replacement.into()
        } else if name.starts_with("x-emulator-") {
            // The emulator's own words.
            self.values(value)
        } else {
            self.text(value)
        }
    }

    /// Masks a body that is not JSON, or only its beginning. The place of a secret in it is unknown, so a text that
    /// mentions one is masked as a whole.
    pub fn plain_body(&self, text: &str) -> String {
        if mentions_secret(text) {
            self.replacement.to_owned()
        } else {
            self.text(text).into_owned()
        }
    }

    /// Masks a document that is shown as it is: JSON by its fields, anything else as a text.
    pub fn document(&mut self, bytes: &[u8]) -> String {
        match serde_json::from_slice(bytes) {
            Ok(mut body) => {
                self.body(&mut body);
                serde_json::to_string(&body).unwrap_or_default()
            }
            Err(_) => self.text(&String::from_utf8_lossy(bytes)).into_owned(),
        }
    }

    /// Masks known values in an answer; none if there are none in it.
    pub fn answer(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.own.is_empty() && self.known.is_none_or(KnownSecrets::is_empty) {
            return None;
        }
        let mut has_escapes = false;
        let ranges = in_every_form(bytes, &mut |form, ranges| {
            has_escapes |= form.contains(&b'\\');
            self.find_values(form, ranges);
        });
        // Behind escapes a secret looks different.
        if ranges.is_empty() && !has_escapes {
            return None;
        }
        let Ok(mut body) = serde_json::from_slice::<OrderedValue>(bytes) else {
            let text = std::str::from_utf8(bytes).ok()?;
            return Some(replaced(text, ranges, self.replacement).into_owned().into());
        };
        let mut is_found = false;
        bodies::replace_texts(&mut body, &mut |text| match self.values(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => {
                is_found = true;
                Some(masked)
            }
        });
        let mut masked = serde_json::to_vec(&body).ok()?;
        if bytes.ends_with(b"\n") {
            masked.push(b'\n');
        }
        is_found.then_some(masked)
    }
}

/// Replaces ranges of a text, which may overlap.
fn replaced<'t>(text: &'t str, mut ranges: Vec<Range<usize>>, replacement: &str) -> Cow<'t, str> {
    ranges.retain(|range| !range.is_empty());
    if ranges.is_empty() {
        return text.into();
    }
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut masked = String::new();
    let mut end = 0;
    for range in ranges {
        if range.start >= end {
            let between = &text.as_bytes()[end..range.start];
            let _ = write!(masked, "{}{replacement}", String::from_utf8_lossy(between));
        }
        end = end.max(range.end);
    }
    masked.push_str(&String::from_utf8_lossy(&text.as_bytes()[end..]));
    masked.into()
}

/// Returns the paths of the places in a state that were masked.
pub fn masked_places(state: &OrderedValue) -> Vec<String> {
    let mut places = Vec::new();
    collect_places(state, &mut String::new(), &mut places);
    places
}

fn collect_places(value: &OrderedValue, path: &mut String, places: &mut Vec<String>) {
    let length = path.len();
    match value {
        OrderedValue::Object(fields) => {
            for (name, value) in fields {
                let dot = if length == 0 { "" } else { "." };
                let _ = write!(path, "{dot}{name}");
                if name.contains(MARKER) {
                    places.push(path.clone());
                }
                collect_places(value, path, places);
                path.truncate(length);
            }
        }
        OrderedValue::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                let _ = write!(path, "[{n}]");
                collect_places(item, path, places);
                path.truncate(length);
            }
        }
        OrderedValue::Scalar(Value::String(text)) if text.contains(MARKER) => {
            places.push(path.clone());
        }
        OrderedValue::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_is_masked_by_decoded_names_and_by_values() {
        let known = KnownSecrets::default();
        known.configure(["s3cret+value/x"].into_iter());
        let mask = Mask::new(Some(&known));
        for (query, masked) in [
            ("a=1&token=s&b", "a=1&token=***&b"),
            ("?%74oken=s", "?%74oken=***"),
            ("X-Sdk-Signature=s&page=1", "X-Sdk-Signature=***&page=1"),
            ("a=b;token=s;c", "a=b;token=***;c"),
            (
                "to=https%3A%2F%2Fx%2F%3Ftoken%3Ds%26a%3D1",
                "to=https%3A%2F%2Fx%2F%3Ftoken%3D***%26a%3D1",
            ),
            ("a=s3cret%2Bvalue%2Fx", "a=***"),
            ("a=xs3cret%2bvalue/xy&b=2", "a=x***y&b=2"),
            ("token_type=bearer&token=", "token_type=bearer&token="),
        ] {
            assert_eq!(mask.query(query), masked, "{query}");
        }
    }

    #[test]
    fn what_a_request_has_under_a_secret_name_is_masked_in_the_rest_of_it() {
        let mut mask = Mask::new(None);
        mask.learn_header("x-auth-token", "s3cret-1");
        mask.learn_header("authorization", "Bearer s3cret-2");
        mask.learn_query("password=s3cret%2D3&page=shown-page");
        let mut body =
            serde_json::from_value(json!({"sk": "s3cret-4", "name": "shown-name"})).unwrap();
        mask.fields(&mut body);
        let text = "/s3cret-1/s3cret-2/s3cret-3/s3cret-4/shown-page/shown-name";
        assert_eq!(mask.text(text), "/***/***/***/***/shown-page/shown-name");
    }

    #[test]
    fn an_answer_stays_json() {
        let known = KnownSecrets::default();
        known.configure(["babcdef-", "quo\"ted-secret"].into_iter());
        let mask = Mask::new(Some(&known));
        assert_eq!(mask.answer(b"{\"a\": \"shown\"}\n"), None);
        assert_eq!(mask.answer(br#"{"a": "shown \n"}"#), None);
        let masked = |text: &str| String::from_utf8(mask.answer(text.as_bytes()).unwrap()).unwrap();
        assert_eq!(masked("{\"a\":\"babcdef-\"}\n"), "{\"a\":\"***\"}\n");
        assert_eq!(masked(r#"{"a":"\nbabcdef-"}"#), r#"{"a":"\n***"}"#);
        assert_eq!(masked(r#"{"a":"a quo\"ted-secret"}"#), r#"{"a":"a ***"}"#);
        assert_eq!(masked("# babcdef-"), "# ***");
    }

    #[test]
    fn a_masked_state_tells_its_places() {
        let known = KnownSecrets::default();
        let state = json!({"identities": {"users": [{"name": "ann", "password": "***"}],
            "tokens": [{"token": "t", "user": "ann"}], "access_keys": [{"ak": "AK", "sk": "s", "user": "ann"}]}});
        let mut state = serde_json::from_value(state).unwrap();
        assert_eq!(masked_places(&state), Vec::<String>::new());
        Mask::for_state(&known).body(&mut state);
        assert_eq!(
            masked_places(&state),
            ["identities.access_keys[0].sk", "identities.tokens[0].token"]
        );
    }
}

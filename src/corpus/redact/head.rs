//! The redaction of targets and headers.

use axum::http::HeaderMap;

use super::value::Redacted;
use super::{Place, Redactor};
use crate::corpus::catalog::Found;
use crate::corpus::clean::is_clean;
use crate::corpus::forms::TextForm;
use crate::corpus::headers::{HeaderValueKind, is_known_header, is_plain_media_type, kind_of};
use crate::corpus::schema::SchemaNode;
use crate::corpus::vocabulary::is_known_identifier;
use crate::http::auth::redact::is_secret_header;
use crate::http::auth::redact::names::{is_fact_text, is_secret};
use crate::http::query::decoded_pairs;

/// The longest parameter that is taken for a name.
const LONGEST_PARAMETER: usize = 256;

/// The schemes of credentials, which tell nothing of one.
const SCHEMES: [&str; 7] = [
    "Basic",
    "Bearer",
    "SDK-ECDSA-P256-SHA256",
    "SDK-HMAC-SHA256",
    "SDK-HMAC-SM3",
    "SDK-SM2-SM3",
    "V11-HMAC-SHA256",
];

impl Redactor {
    /// Redacts the parameters of a path.
    pub(super) fn path(&mut self, found: &Found) -> Vec<(&'static str, Redacted)> {
        let parameters = found.parameters.iter();
        parameters
            .map(|(name, value)| {
                let node = known(found.entry.parameter("path", name));
                (*name, self.parameter(name, value, &node))
            })
            .collect()
    }

    /// Redacts a query.
    pub(super) fn query(&mut self, found: &Found, query: &str) -> Vec<(String, Redacted)> {
        let pairs = decoded_pairs(query);
        pairs
            .map(|(name, value)| {
                let is_known = found.entry.has_query_parameter(&name);
                let secret = is_secret(&name) && !is_fact_text(&name, &value);
                let written = if is_known || secret && is_clean(&name) {
                    name.clone().into_owned()
                } else {
                    self.stand_ins
                        .of(&name)
                        .unwrap_or_else(|| "parameter".to_owned())
                };
                let redacted = if secret {
                    Redacted::Secret
                } else if is_known {
                    let node = known(found.entry.parameter("query", &name));
                    self.parameter(&name, &value, &node)
                } else {
                    Redacted::shape_of_text(&value)
                };
                (written, redacted)
            })
            .collect()
    }

    fn parameter(&mut self, name: &str, value: &str, node: &SchemaNode) -> Redacted {
        let place = Place {
            is_answer: false,
            is_error: false,
        };
        // A client that fills in nothing sends the name of the parameter.
        let placeholder = value
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        if placeholder.is_some_and(is_known_identifier) {
            return Redacted::Word(value.to_owned());
        }
        if value.len() <= LONGEST_PARAMETER && !self.learned.has_secret(value) {
            // It is known as a name from now on.
            let _ = self.stand_ins.of_parameter(value);
        }
        self.text(name, value, node, place)
    }

    /// Redacts headers.
    pub(super) fn headers(
        &mut self,
        headers: &HeaderMap,
        is_answer: bool,
    ) -> Vec<(String, Redacted)> {
        let mut redacted = Vec::with_capacity(headers.len());
        for (name, value) in headers {
            let name = name.as_str();
            let text = String::from_utf8_lossy(value.as_bytes());
            let written = if is_known_header(name)
                || is_answer && is_clean(name) && !self.learned.was_sent(name)
            {
                name.to_owned()
            } else {
                self.stand_ins.of(name).unwrap_or_else(|| "name".to_owned())
            };
            let value = self.header(name, &text, is_answer);
            redacted.push((written, value));
        }
        redacted
    }

    fn header(&mut self, name: &str, text: &str, is_answer: bool) -> Redacted {
        if is_secret_header(name) {
            let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
            let is_public = |scheme: &&str| SCHEMES.contains(scheme);
            // The scheme tells how to authenticate when the exchange is replayed.
            return match scheme.filter(is_public) {
                Some(scheme) => Redacted::Word(scheme.to_owned()),
                None => Redacted::Secret,
            };
        }
        if self.learned.has_secret(text) {
            return Redacted::shape_of_text(text);
        }
        match kind_of(name) {
            HeaderValueKind::MediaType if is_plain_media_type(text) => {
                Redacted::Word(text.to_owned())
            }
            // Words of a client may be anybody's; those of a service are its own unless a client has sent them.
            HeaderValueKind::Word
                if is_public(text)
                    || is_answer && is_clean(text) && !self.learned.was_sent(text) =>
            {
                Redacted::Word(text.to_owned())
            }
            HeaderValueKind::Number
                if TextForm::of(text) == TextForm::Digits && text.len() <= 10 =>
            {
                Redacted::Word(text.to_owned())
            }
            HeaderValueKind::Name if text.len() <= 256 => match self.stand_ins.of(text) {
                Some(stand_in) => Redacted::StandIn(stand_in),
                None => Redacted::shape_of_text(text),
            },
            _ => Redacted::shape_of_text(text),
        }
    }
}

/// True for words of the documents, and for tags of languages such as `en-us`.
fn is_public(text: &str) -> bool {
    let is_tag = |text: &str| {
        text.len() == 5
            && text.char_indices().all(|(n, c)| match n {
                2 => c == '-',
                _ => c.is_ascii_alphabetic(),
            })
    };
    is_tag(text) || text == "*/*" || is_known_identifier(text)
}

/// A parameter that the document declares without a schema of its own is a text.
fn known(node: SchemaNode) -> SchemaNode {
    if node.is_unknown() {
        SchemaNode::text()
    } else {
        node
    }
}

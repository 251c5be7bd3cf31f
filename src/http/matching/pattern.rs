//! Patterns of requests: what was sent, and for recorded requests also the answer.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::BodyPattern;
use super::condition::Condition;
use super::request::MatchedRequest;
use crate::http::auth::redact::{self, Mask};
use crate::http::json::default_if_null;
use crate::http::json::value::OrderedValue;
use crate::sim::glob::Glob;

/// Declares a pattern of requests with the fields that both kinds have, and with its own.
macro_rules! request_pattern {
    ($(#[$attribute:meta])* $name:ident { $($(#[$own:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(utoipa::IntoParams, utoipa::ToSchema))]
        #[serde(deny_unknown_fields)]
        #[cfg_attr(test, into_params(parameter_in = Query))]
        $(#[$attribute])*
        #[must_use = "a pattern does nothing by itself"]
        pub struct $name {
            /// `iam`, `asm`, `plans`, `pipelines` or `zadig`.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) family: Option<Glob>,
            /// The operation's id, as `GET /_emulator/v1/operations` lists it.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) operation: Option<Glob>,
            /// The command that the request gives, such as `start` or `stop`; the operations list theirs.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) action: Option<Glob>,
            /// The method.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) method: Option<Glob>,
            /// The path, as it is sent, without the query.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) path: Option<Glob>,
            /// Conditions on the query, by the name of the parameter: `{"action_id": "stop"}`.
            #[serde(default, deserialize_with = "default_if_null", skip_serializing_if = "IndexMap::is_empty")]
            #[cfg_attr(test, schema(value_type = Option<Object>, additional_properties), param(value_type = Option<Object>, style = DeepObject, explode))]
            pub(crate) query: IndexMap<String, Condition>,
            /// Conditions on headers, by their names in any case: `{"X-Language": "en-us"}`.
            #[serde(default, deserialize_with = "default_if_null", skip_serializing_if = "IndexMap::is_empty")]
            #[cfg_attr(test, schema(value_type = Option<Object>, additional_properties), param(value_type = Option<Object>, style = DeepObject, explode))]
            pub(crate) headers: IndexMap<String, Condition>,
            /// Conditions on the JSON body, by JSON pointer: `{"/name": "shop", "/stages/0": {"exists": true}}`.
            #[serde(default, deserialize_with = "default_if_null", skip_serializing_if = "BodyPattern::is_empty")]
            #[cfg_attr(test, schema(value_type = Option<Object>, additional_properties), param(value_type = Option<Object>, style = DeepObject, explode))]
            pub(crate) body: BodyPattern,
            /// The project, mesh or project key.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) scope: Option<Glob>,
            /// The caller's name.
            #[serde(skip_serializing_if = "Option::is_none")]
            #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
            pub(crate) caller: Option<Glob>,
            $($(#[$own])* pub(crate) $field: $type,)*
        }
    };
}

request_pattern! {
    /// A pattern of requests; every field that is given must match. Texts are globs with `*` and `?`. A condition is such
    /// a text, another value that must be equal, or an object with `equals`, `matches` (a glob) or `exists`.
    #[cfg_attr(test, schema(as = FaultMatch))]
    RequestPattern {}
}

request_pattern! {
    /// A filter of recorded requests; every field that is given must match. Texts are globs with `*` and `?`. A condition
    /// is such a text, another value that must be equal, or an object with `equals`, `matches` (a glob) or `exists`.
    #[cfg_attr(test, schema(as = RequestFilter))]
    RequestFilter {
        /// The status of the answer, such as `201` or `4*`.
        #[serde(default, deserialize_with = "text_or_number", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schema(value_type = Option<StatusPattern>), param(value_type = Option<String>))]
        status: Option<Glob>,
        /// The evidence for the answer, such as `inferred*` or `*error=SVCSTG.00100400*`.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schema(value_type = Option<String>), param(value_type = Option<String>))]
        evidence: Option<Glob>,
        /// Not before this instant of the world's clock, RFC 3339.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schema(format = DateTime), param(format = DateTime))]
        since: Option<String>,
        /// `true`: requests that no operation serves, whose path and method are then free; `false`: all others.
        #[serde(default, deserialize_with = "flag", skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schema(value_type = Option<bool>), param(value_type = Option<bool>))]
        unknown_route: Option<bool>,
    }
}

/// A text, or a number as its digits.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum StatusPattern {
    Text(String),
    Number(u16),
}

fn text_or_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Glob>, D::Error> {
    let status = Option::<StatusPattern>::deserialize(deserializer)?;
    let text = status.map(|status| match status {
        StatusPattern::Text(text) => text,
        StatusPattern::Number(number) => number.to_string(),
    });
    let glob = text.map(Glob::read).transpose();
    glob.map_err(serde::de::Error::custom)
}

/// A boolean, or its word in a query.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be true or false")]
enum Flag {
    Boolean(bool),
    Word(FlagWord),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum FlagWord {
    True,
    False,
}

fn flag<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let flag = Option::<Flag>::deserialize(deserializer)?;
    Ok(flag.map(|flag| match flag {
        Flag::Boolean(flag) => flag,
        Flag::Word(word) => matches!(word, FlagWord::True),
    }))
}

/// A field of a pattern in which a request differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Difference {
    /// The field of `match`; a part of one such as `query.action_id` or `body./name`.
    pub field: String,
    /// The condition.
    #[cfg_attr(test, schema(value_type = Value))]
    pub wanted: OrderedValue,
    /// The value in the request; null: none. Secrets are `***`.
    #[cfg_attr(test, schema(value_type = Value))]
    pub got: OrderedValue,
}

impl Difference {
    /// A difference between scalars; no value is null.
    pub(super) fn new(
        field: impl Into<String>,
        wanted: impl Into<Value>,
        got: impl Into<Value>,
    ) -> Self {
        Self {
            field: field.into(),
            wanted: OrderedValue::Scalar(wanted.into()),
            got: OrderedValue::Scalar(got.into()),
        }
    }

    fn of_condition(field: String, condition: &Condition, got: Option<OrderedValue>) -> Self {
        Self {
            field,
            wanted: condition.given().clone(),
            got: got.unwrap_or(OrderedValue::Scalar(Value::Null)),
        }
    }

    /// Masks the secrets in both values.
    pub(crate) fn mask(&mut self, mask: &Mask) {
        mask.texts(&mut self.wanted);
        mask.texts(&mut self.got);
    }

    fn masked(mut self) -> Self {
        let mask = || OrderedValue::Scalar(redact::MASK.into());
        self.wanted = mask();
        if self.got != OrderedValue::Scalar(Value::Null) {
            self.got = mask();
        }
        self
    }
}

impl RequestFilter {
    /// The part of the filter that is about what was sent.
    pub(crate) fn sent(&self) -> RequestPattern {
        let filter = self.clone();
        RequestPattern {
            family: filter.family,
            operation: filter.operation,
            action: filter.action,
            method: filter.method,
            path: filter.path,
            query: filter.query,
            headers: filter.headers,
            body: filter.body,
            scope: filter.scope,
            caller: filter.caller,
        }
    }
}

impl RequestPattern {
    /// Returns true if the body must be known before it is clear which requests match.
    pub fn needs_body(&self) -> bool {
        !self.body.is_empty()
    }

    /// The fields that are texts, with the glob and the text in a request.
    fn texts<'a>(
        &'a self,
        request: &'a MatchedRequest,
    ) -> [(&'static str, Option<&'a Glob>, Option<&'a str>); 7] {
        [
            ("family", self.family.as_ref(), request.family),
            ("operation", self.operation.as_ref(), request.operation),
            ("action", self.action.as_ref(), request.action),
            ("method", self.method.as_ref(), Some(request.method)),
            ("path", self.path.as_ref(), Some(request.path)),
            ("scope", self.scope.as_ref(), request.scope),
            ("caller", self.caller.as_ref(), request.caller),
        ]
    }

    /// Returns true if a request matches.
    pub fn matches(&self, request: &MatchedRequest) -> bool {
        let texts = self.texts(request);
        texts.iter().all(|(_, glob, text)| is_met(*glob, *text))
            && self.query.iter().all(|(name, condition)| {
                condition.holds_for_text(request.parameter(name).as_deref())
            })
            && self
                .headers
                .iter()
                .all(|(name, condition)| is_met_by_header(request, name, condition))
            && self.body.iter().all(|(pointer, condition)| {
                let body = request.body.value();
                condition.holds_for(body.and_then(|body| body.pointer(pointer)))
            })
    }

    /// The fields in which a request differs.
    pub fn differences(&self, request: &MatchedRequest) -> Vec<Difference> {
        let texts = self.texts(request).into_iter();
        let mut differences: Vec<Difference> = texts
            .filter(|(_, glob, text)| !is_met(*glob, *text))
            .map(|(field, glob, text)| Difference::new(field, glob.map(Glob::as_str), text))
            .collect();
        for (name, condition) in &self.query {
            let value = request.parameter(name);
            if !condition.holds_for_text(value.as_deref()) {
                let got = value.map(|value| OrderedValue::Scalar(Value::from(value)));
                let difference = Difference::of_condition(format!("query.{name}"), condition, got);
                let is_secret = redact::is_secret(name);
                differences.push(if is_secret {
                    difference.masked()
                } else {
                    difference
                });
            }
        }
        for (name, condition) in &self.headers {
            if is_met_by_header(request, name, condition) {
                continue;
            }
            let name = name.to_ascii_lowercase();
            let values = request.headers.values(&name);
            let joined = (!values.is_empty()).then(|| values.join(", "));
            let got = joined.map(|joined| OrderedValue::Scalar(Value::from(joined)));
            let difference = Difference::of_condition(format!("headers.{name}"), condition, got);
            let is_secret = redact::is_secret_header(&name);
            differences.push(if is_secret {
                difference.masked()
            } else {
                difference
            });
        }
        let masked = self
            .needs_body()
            .then(|| request.body.masked_value())
            .flatten();
        for (pointer, condition) in self.body.iter() {
            let part = request.body.value().and_then(|body| body.pointer(pointer));
            if condition.holds_for(part) {
                continue;
            }
            let got = masked
                .as_ref()
                .and_then(|body| body.pointer(pointer))
                .cloned();
            let difference = Difference::of_condition(format!("body.{pointer}"), condition, got);
            let is_secret = difference.got == OrderedValue::Scalar(redact::MASK.into());
            differences.push(if is_secret {
                difference.masked()
            } else {
                difference
            });
        }
        differences
    }
}

fn is_met(glob: Option<&Glob>, text: Option<&str>) -> bool {
    glob.is_none_or(|glob| text.is_some_and(|text| glob.matches(text)))
}

/// True if the condition holds for one of the header's values, or for its absence.
fn is_met_by_header(request: &MatchedRequest, name: &str, condition: &Condition) -> bool {
    let values = request.headers.values(&name.to_ascii_lowercase());
    match &values[..] {
        [] => condition.holds_for_text(None),
        values => values
            .iter()
            .any(|value| condition.holds_for_text(Some(value))),
    }
}

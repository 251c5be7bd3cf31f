//! Conditions on a part of a request: its value, its existence, its text.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::http::json::value::OrderedValue;
use crate::sim::glob::Glob;

/// The expected forms of a condition.
const FORMS: &str = "must be a value, or an object with equals, exists or matches (an object as a value goes in equals)";

/// A condition on a value. All that it says must hold; a bare text is a glob, any other bare value must be equal.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The condition as it was given.
    given: OrderedValue,
    equals: Option<OrderedValue>,
    exists: Option<bool>,
    matches: Option<Glob>,
}

impl Condition {
    /// Reads a condition from JSON.
    #[doc(hidden)]
    pub fn new(given: OrderedValue) -> Result<Self, String> {
        let mut condition = Self {
            given: given.clone(),
            equals: None,
            exists: None,
            matches: None,
        };
        match given {
            OrderedValue::Scalar(Value::String(text)) => {
                condition.matches = Some(Glob::read(text)?);
            }
            OrderedValue::Object(fields) if fields.is_empty() => return Err(FORMS.to_owned()),
            OrderedValue::Object(fields) => {
                for (name, value) in fields {
                    match (name.as_str(), value) {
                        ("equals", value) => condition.equals = Some(value),
                        ("exists", OrderedValue::Scalar(Value::Bool(exists))) => {
                            condition.exists = Some(exists);
                        }
                        ("matches", OrderedValue::Scalar(Value::String(text))) => {
                            let glob = Glob::read(text);
                            condition.matches =
                                Some(glob.map_err(|error| format!("matches: {error}"))?);
                        }
                        ("exists", _) => return Err("exists: must be true or false".to_owned()),
                        ("matches", _) => {
                            return Err("matches: must be a text with * and ?".to_owned());
                        }
                        _ => return Err(FORMS.to_owned()),
                    }
                }
            }
            value => condition.equals = Some(value),
        }
        let demands_value = condition.equals.is_some() || condition.matches.is_some();
        if condition.exists == Some(false) && demands_value {
            return Err("exists: false goes without equals and matches".to_owned());
        }
        Ok(condition)
    }

    /// A condition that a value is equal to another.
    pub(crate) fn equal_to(value: OrderedValue) -> Self {
        Self::of("equals", value.clone(), |condition| {
            condition.equals = Some(value);
        })
    }

    /// A condition that a text matches a glob.
    pub fn matches(glob: impl Into<String>) -> Self {
        let glob = Glob::new(glob);
        let text = OrderedValue::Scalar(glob.as_str().into());
        Self::of("matches", text, |condition| condition.matches = Some(glob))
    }

    /// A condition that there is a value, or none.
    pub fn exists(exists: bool) -> Self {
        let value = OrderedValue::Scalar(exists.into());
        Self::of("exists", value, |condition| condition.exists = Some(exists))
    }

    fn of(name: &str, value: OrderedValue, set: impl FnOnce(&mut Self)) -> Self {
        let mut condition = Self {
            given: OrderedValue::Object([(name.to_owned(), value)].into_iter().collect()),
            equals: None,
            exists: None,
            matches: None,
        };
        set(&mut condition);
        condition
    }

    /// The condition as it was given.
    #[doc(hidden)]
    pub fn given(&self) -> &OrderedValue {
        &self.given
    }

    /// Returns true if the condition holds for a part of a body.
    #[doc(hidden)]
    pub fn holds_for(&self, value: Option<&OrderedValue>) -> bool {
        let Some(value) = value else {
            return self.exists == Some(false);
        };
        self.exists != Some(false)
            && self
                .equals
                .as_ref()
                .is_none_or(|wanted| wanted.is_equal(value))
            && self.matches.as_ref().is_none_or(|glob| match value {
                OrderedValue::Scalar(scalar) => glob.matches(&text_of(scalar)),
                OrderedValue::Array(_) | OrderedValue::Object(_) => false,
            })
    }

    /// Returns true if the condition holds for a text: a parameter or a header.
    #[doc(hidden)]
    pub fn holds_for_text(&self, text: Option<&str>) -> bool {
        let Some(text) = text else {
            return self.exists == Some(false);
        };
        self.exists != Some(false)
            && self.equals.as_ref().is_none_or(|wanted| match wanted {
                OrderedValue::Scalar(scalar) => text_of(scalar) == text,
                OrderedValue::Array(_) | OrderedValue::Object(_) => false,
            })
            && self.matches.as_ref().is_none_or(|glob| glob.matches(text))
    }
}

/// A scalar as a text: a text itself, anything else as JSON.
fn text_of(scalar: &Value) -> std::borrow::Cow<'_, str> {
    match scalar {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(OrderedValue::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.given.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> OrderedValue {
        serde_json::from_str(text).unwrap()
    }

    fn condition(text: &str) -> Condition {
        Condition::new(value(text)).unwrap()
    }

    #[test]
    fn a_condition_holds_for_the_values_it_says() {
        for (given, holding, failing) in [
            (
                r#""sh*""#,
                &[r#""shop""#][..],
                &[r#""Shop""#, "1", "[]", "null"][..],
            ),
            ("2", &["2", "2.0"], &[r#""2""#, "20", "null"]),
            (r#""2""#, &["2", r#""2""#], &["20"]),
            ("null", &["null"], &["false", r#""""#]),
            ("[1, {\"a\": 2}]", &[r#"[1.0,{"a":2}]"#], &["[1]"]),
            (
                r#"{"equals": {"a": 1, "b": 2}}"#,
                &[r#"{"b":2,"a":1}"#],
                &[r#"{"a":1}"#],
            ),
            (r#"{"equals": "s*"}"#, &[r#""s*""#], &[r#""shop""#]),
            (
                r#"{"matches": "*p", "exists": true}"#,
                &[r#""shop""#],
                &[r#""pa""#],
            ),
            (r#"{"exists": true}"#, &["null", "{}"], &[]),
            (r#"{"exists": false}"#, &[], &["null"]),
        ] {
            let condition = condition(given);
            for one in holding {
                assert!(condition.holds_for(Some(&value(one))), "{given} {one}");
            }
            for one in failing {
                assert!(!condition.holds_for(Some(&value(one))), "{given} {one}");
            }
            let may_be_absent = given.contains("false");
            assert_eq!(condition.holds_for(None), may_be_absent, "{given}");
            assert_eq!(condition.holds_for_text(None), may_be_absent, "{given}");
            assert_eq!(
                serde_json::to_value(&condition).unwrap(),
                serde_json::from_str::<Value>(given).unwrap()
            );
        }
    }

    #[test]
    fn a_condition_holds_for_texts() {
        for (given, text, holds) in [
            (r#""st*""#, "start", true),
            ("10", "10", true),
            ("true", "true", true),
            (r#"{"equals": 10}"#, "10", true),
            (r#"{"equals": "s*"}"#, "start", false),
            ("[]", "[]", false),
        ] {
            assert_eq!(
                condition(given).holds_for_text(Some(text)),
                holds,
                "{given}"
            );
        }
    }

    #[test]
    fn a_condition_of_another_form_is_refused() {
        for (given, wrong) in [
            ("{}", "must be a value, or an object with equals"),
            (r#"{"a": 1}"#, "must be a value, or an object with equals"),
            (r#"{"exists": 1}"#, "exists: must be true or false"),
            (r#"{"matches": 1}"#, "matches: must be a text"),
            (
                r#"{"exists": false, "equals": 1}"#,
                "exists: false goes without",
            ),
        ] {
            let error = Condition::new(value(given)).unwrap_err();
            assert!(error.starts_with(wrong), "{given}: {error}");
        }
    }
}

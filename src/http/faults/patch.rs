//! JSON Patch (RFC 6902) on values that keep the order of their keys, which `serde_json` values do not.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::http::json::pointer::{index, is_pointer, parts};
use crate::http::json::value::OrderedValue;

/// A change of a JSON document (RFC 6902, section 4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchOperation {
    /// The kind of change.
    pub op: PatchKind,
    /// The place, as a JSON pointer.
    pub path: String,
    /// The place to move or copy from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value to add, to put in place or to compare with.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(test, schema(value_type = Option<Value>))]
    pub value: Option<OrderedValue>,
}

/// The kind of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PatchKind {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

/// A field in which null is a value.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OrderedValue>, D::Error> {
    OrderedValue::deserialize(deserializer).map(Some)
}

/// The place and the reason of a change that does not apply.
pub type PatchFailure = String;

impl PatchOperation {
    /// Adds a member or an item, or puts a value in the place of a member.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn add(path: impl Into<String>, value: impl Serialize) -> Self {
        Self::new(PatchKind::Add, path, None, Some(ordered(value)))
    }

    /// Puts a value in the place of another.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn replace(path: impl Into<String>, value: impl Serialize) -> Self {
        Self::new(PatchKind::Replace, path, None, Some(ordered(value)))
    }

    /// Removes a value.
    pub fn remove(path: impl Into<String>) -> Self {
        Self::new(PatchKind::Remove, path, None, None)
    }

    /// Moves a value.
    pub fn move_from(from: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(PatchKind::Move, path, Some(from.into()), None)
    }

    /// Copies a value.
    pub fn copy_from(from: impl Into<String>, path: impl Into<String>) -> Self {
        Self::new(PatchKind::Copy, path, Some(from.into()), None)
    }

    /// Lets the changes apply only where there is this value.
    ///
    /// # Panics
    /// If the value has a map whose keys are not strings.
    pub fn test(path: impl Into<String>, value: impl Serialize) -> Self {
        Self::new(PatchKind::Test, path, None, Some(ordered(value)))
    }

    fn new(
        op: PatchKind,
        path: impl Into<String>,
        from: Option<String>,
        value: Option<OrderedValue>,
    ) -> Self {
        Self {
            op,
            path: path.into(),
            from,
            value,
        }
    }

    /// The field that is wrong whatever the document is, and the reason.
    pub fn misfit(&self) -> Option<(&'static str, String)> {
        let not_a_pointer =
            |text: &str| format!("{text:?} is not a JSON pointer (example: /0/status)");
        if !is_pointer(&self.path) {
            return Some(("path", not_a_pointer(&self.path)));
        }
        match self.op {
            PatchKind::Add | PatchKind::Replace | PatchKind::Test => {
                let is_missing = self.value.is_none();
                is_missing.then(|| ("value", "is required".to_owned()))
            }
            PatchKind::Move | PatchKind::Copy => match &self.from {
                None => Some(("from", "is required".to_owned())),
                Some(from) if !is_pointer(from) => Some(("from", not_a_pointer(from))),
                Some(from)
                    if self.op == PatchKind::Move && self.path.starts_with(&format!("{from}/")) =>
                {
                    Some(("path", "must not be within from".to_owned()))
                }
                Some(_) => None,
            },
            PatchKind::Remove => None,
        }
    }

    fn apply(&self, document: &mut OrderedValue) -> Result<(), PatchFailure> {
        let value = || {
            self.value
                .clone()
                .unwrap_or(OrderedValue::Scalar(Value::Null))
        };
        let from = self.from.as_deref().unwrap_or_default();
        match self.op {
            PatchKind::Add => add(document, &self.path, value()),
            PatchKind::Remove => remove(document, &self.path).map(drop),
            PatchKind::Replace => {
                *find_mut(document, &self.path)? = value();
                Ok(())
            }
            PatchKind::Move => {
                let moved = remove(document, from)?;
                add(document, &self.path, moved)
            }
            PatchKind::Copy => {
                let copied = document.pointer(from).cloned();
                add(document, &self.path, copied.ok_or_else(|| nothing(from))?)
            }
            PatchKind::Test => {
                let found = document
                    .pointer(&self.path)
                    .ok_or_else(|| nothing(&self.path))?;
                let is_equal = found.is_equal(&value());
                is_equal
                    .then_some(())
                    .ok_or_else(|| format!("{:?} has another value", self.path))
            }
        }
    }
}

fn ordered(value: impl Serialize) -> OrderedValue {
    let text = serde_json::to_string(&value).expect("keys are strings");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Applies changes one after the other. If one does not apply, the document is not to be used.
pub fn apply(
    operations: &[PatchOperation],
    document: &mut OrderedValue,
) -> Result<(), PatchFailure> {
    operations
        .iter()
        .try_for_each(|operation| operation.apply(document))
}

fn nothing(path: &str) -> PatchFailure {
    format!("there is nothing at {path:?}")
}

fn find_mut<'a>(
    document: &'a mut OrderedValue,
    path: &str,
) -> Result<&'a mut OrderedValue, PatchFailure> {
    document.pointer_mut(path).ok_or_else(|| nothing(path))
}

/// The value around a place, and the place's own name.
fn split(path: &str) -> Option<(&str, String)> {
    let (outer, _) = path.rsplit_once('/')?;
    let name = parts(&path[outer.len()..]).next()?;
    Some((outer, name.into_owned()))
}

fn add(document: &mut OrderedValue, path: &str, value: OrderedValue) -> Result<(), PatchFailure> {
    let Some((outer, name)) = split(path) else {
        *document = value;
        return Ok(());
    };
    match find_mut(document, outer)? {
        OrderedValue::Object(fields) => {
            fields.insert(name, value);
            Ok(())
        }
        OrderedValue::Array(items) => {
            let end = items.len();
            let place = if name == "-" {
                Some(end)
            } else {
                index(&name, end + 1)
            };
            items.insert(place.ok_or_else(|| nothing(path))?, value);
            Ok(())
        }
        OrderedValue::Scalar(_) => Err(nothing(outer)),
    }
}

fn remove(document: &mut OrderedValue, path: &str) -> Result<OrderedValue, PatchFailure> {
    let Some((outer, name)) = split(path) else {
        return Ok(std::mem::replace(
            document,
            OrderedValue::Scalar(Value::Null),
        ));
    };
    let removed = match find_mut(document, outer)? {
        OrderedValue::Object(fields) => fields.shift_remove(&name),
        OrderedValue::Array(items) => index(&name, items.len()).map(|place| items.remove(place)),
        OrderedValue::Scalar(_) => None,
    };
    removed.ok_or_else(|| nothing(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(document: &str, operations: &str) -> Result<String, PatchFailure> {
        let mut value = serde_json::from_str(document).unwrap();
        let operations: Vec<PatchOperation> = serde_json::from_str(operations).unwrap();
        assert!(operations.iter().all(|one| one.misfit().is_none()));
        apply(&operations, &mut value)?;
        Ok(serde_json::to_string(&value).unwrap())
    }

    #[test]
    fn a_change_does_what_the_standard_says_and_keeps_the_order_of_keys() {
        // Source: RFC 6902, appendix A.
        for (document, operations, expected) in [
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/baz","value":"qux"}]"#,
                r#"{"foo":"bar","baz":"qux"}"#,
            ),
            (
                r#"{"foo":["bar","baz"]}"#,
                r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
                r#"{"foo":["bar","qux","baz"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":"bar"}"#,
                r#"[{"op":"remove","path":"/baz"}]"#,
                r#"{"foo":"bar"}"#,
            ),
            (
                r#"{"foo":["bar","qux","baz"]}"#,
                r#"[{"op":"remove","path":"/foo/1"}]"#,
                r#"{"foo":["bar","baz"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":"bar"}"#,
                r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
                r#"{"baz":"boo","foo":"bar"}"#,
            ),
            (
                r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
                r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
                r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
            ),
            (
                r#"{"foo":["all","grass","cows","eat"]}"#,
                r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
                r#"{"foo":["all","cows","eat","grass"]}"#,
            ),
            (
                r#"{"baz":"qux","foo":["a",2,"c"]}"#,
                r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2.0}]"#,
                r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            ),
            (
                r#"{"foo":"bar"}"#,
                r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
                r#"{"foo":"bar","child":{"grandchild":{}}}"#,
            ),
            (
                r#"{"/":9,"~1":10}"#,
                r#"[{"op":"test","path":"/~01","value":10}]"#,
                r#"{"/":9,"~1":10}"#,
            ),
            (
                r#"{"foo":["bar"]}"#,
                r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
                r#"{"foo":["bar",["abc","def"]]}"#,
            ),
            (
                r#"{"a":{"b":1}}"#,
                r#"[{"op":"copy","from":"/a","path":"/a/c"}]"#,
                r#"{"a":{"b":1,"c":{"b":1}}}"#,
            ),
            ("[]", r#"[{"op":"add","path":"","value":null}]"#, "null"),
            (
                r#"{"foo":null}"#,
                r#"[{"op":"replace","path":"/foo","value":"truthy"}]"#,
                r#"{"foo":"truthy"}"#,
            ),
        ] {
            assert_eq!(
                patched(document, operations).as_deref(),
                Ok(expected),
                "{operations}"
            );
        }
    }

    #[test]
    fn a_change_that_does_not_apply_is_named() {
        for (operations, wrong) in [
            (
                r#"[{"op":"test","path":"/baz","value":"bar"}]"#,
                r#""/baz" has another value"#,
            ),
            (
                r#"[{"op":"add","path":"/a/b","value":1}]"#,
                r#"there is nothing at "/a""#,
            ),
            (
                r#"[{"op":"add","path":"/list/2","value":1}]"#,
                r#"there is nothing at "/list/2""#,
            ),
            (
                r#"[{"op":"replace","path":"/nope","value":1}]"#,
                r#"there is nothing at "/nope""#,
            ),
            (
                r#"[{"op":"remove","path":"/list/01"}]"#,
                r#"there is nothing at "/list/01""#,
            ),
            (
                r#"[{"op":"move","from":"/x","path":"/y"}]"#,
                r#"there is nothing at "/x""#,
            ),
            (
                r#"[{"op":"copy","from":"/x","path":"/y"}]"#,
                r#"there is nothing at "/x""#,
            ),
            (
                r#"[{"op":"add","path":"/baz/x","value":1}]"#,
                r#"there is nothing at "/baz""#,
            ),
        ] {
            let document = r#"{"baz":"qux","list":[0]}"#;
            assert_eq!(
                patched(document, operations),
                Err(wrong.to_owned()),
                "{operations}"
            );
        }
    }

    #[test]
    fn a_change_that_never_applies_is_a_misfit() {
        for (operation, field) in [
            (r#"{"op":"add","path":"/a"}"#, "value"),
            (r#"{"op":"remove","path":"a"}"#, "path"),
            (r#"{"op":"move","path":"/a"}"#, "from"),
            (r#"{"op":"copy","path":"/a","from":"b"}"#, "from"),
            (r#"{"op":"move","path":"/a/b","from":"/a"}"#, "path"),
        ] {
            let operation: PatchOperation = serde_json::from_str(operation).unwrap();
            assert_eq!(operation.misfit().map(|(field, _)| field), Some(field));
        }
    }
}

//! A strict JSON reader: structs must be objects, and an error names the path of the value at fault.

use serde::Deserialize;

use super::validation_error::ValidationError;
use super::value_reader::{Document, MAX_DEPTH};
use super::wording::explain;

/// Reads a body. `ignored` is called with the path of every unknown field.
pub fn read<'a, T: Deserialize<'a>>(
    text: &'a [u8],
    ignored: &mut dyn FnMut(String),
) -> Result<T, ValidationError> {
    if nests_deeper(text, MAX_DEPTH) {
        let message = format!("the body nests deeper than {MAX_DEPTH} levels");
        return Err(ValidationError::new("", message));
    }
    read_document("the body", text, ignored)
}

/// Reads a document, such as "the body", whose raw parts may be nested deeper than it.
pub fn read_document<'a, T: Deserialize<'a>>(
    name: &str,
    text: &'a [u8],
    ignored: &mut dyn FnMut(String),
) -> Result<T, ValidationError> {
    let mut document =
        Document::new(text, ignored).map_err(|error| explain(name, text, &"", &error))?;
    let value = document.read();
    value.map_err(|error| explain(name, text, &document.into_error_path(), &error))
}

/// Reads a part of a document, in which unknown fields are permitted.
pub fn read_part<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ValidationError> {
    read_document("the body", text.as_bytes(), &mut |_| {})
}

fn nests_deeper(text: &[u8], limit: usize) -> bool {
    // Hardly any text has as many brackets, and counting them is fast.
    let is_opening = |byte: &&u8| matches!(byte, b'[' | b'{');
    text.iter().filter(is_opening).count() > limit && depth(text) > limit
}

fn depth(text: &[u8]) -> usize {
    let (mut deepest, mut depth) = (0, 0_usize);
    for (_, byte) in outside_strings(text) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The bytes of a JSON text that are not within strings, with their offsets.
pub(super) fn outside_strings(text: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut in_string, mut escaped) = (false, false);
    let bytes = text.iter().copied().enumerate();
    bytes.filter(move |(_, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ => return !in_string,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json::RawJson;

    #[derive(Debug, Deserialize)]
    struct Order {
        #[serde(default)]
        items: Vec<OrderLine>,
    }

    #[derive(Debug, Deserialize)]
    struct OrderLine {
        name: String,
        #[serde(default)]
        rest: Option<RawJson>,
    }

    #[derive(Deserialize)]
    struct Optional {
        #[serde(rename = "order")]
        _order: Option<Order>,
    }

    #[track_caller]
    fn assert_refused(text: &str, expected: &str) {
        let error = read::<Order>(text.as_bytes(), &mut |_| {}).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }

    #[test]
    fn an_error_names_the_path() {
        assert_refused(
            r#"{"items":[{"name":"a"},{"name":7}]}"#,
            "items[1].name: must be a string, not 7",
        );
        assert_refused("[1]", "must be an object, not an array");
        assert_refused(
            r#"{"items":[["a"]]}"#,
            "items[0]: must be an object, not an array",
        );
        assert_refused(
            "{} x",
            "the body is not JSON: unexpected text after the value at line 1 column 4",
        );
        assert_refused(
            "{",
            "the body is not JSON: unexpected end at line 1 column 1",
        );
    }

    #[test]
    fn unknown_fields_are_reported_with_their_path() {
        let mut ignored = Vec::new();
        read::<Order>(
            br#"{"items":[{"name":"a","nmae":1}],"x":{}}"#,
            &mut |path| {
                ignored.push(path);
            },
        )
        .unwrap();
        assert_eq!(ignored, ["items[0].nmae", "x"]);

        read::<Optional>(br#"{"order":{"x":1}}"#, &mut |path| ignored.push(path)).unwrap();
        assert_eq!(ignored.last().unwrap(), "order.x");
    }

    #[test]
    fn a_raw_part_loses_only_white_space() {
        let text = br#"{"items":[{"name":"a","rest":{ "b\" " : 1.50,  "a":[10000000000000000000000, 1e2], "a": null }}]}"#;
        let order: Order = read(text, &mut |_| {}).unwrap();
        let rest = order.items[0].rest.clone().unwrap();
        assert_eq!(order.items[0].name, "a");
        assert_eq!(
            rest.text(),
            r#"{"b\" ":1.50,"a":[10000000000000000000000,1e2],"a":null}"#
        );
    }

    #[test]
    fn an_error_in_a_part_can_be_nested() {
        let part: RawJson = serde_json::from_str(r#"[{"name":"a","x":1},{}]"#).unwrap();
        let error = part.read::<Vec<OrderLine>>().unwrap_err();
        assert_eq!(
            error.nested_in("stages").to_string(),
            "stages[1].name: is required"
        );
    }

    #[test]
    fn depth_is_limited_even_in_unknown_fields() {
        let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        assert_refused(&deep, "the body nests deeper than 128 levels");
    }
}

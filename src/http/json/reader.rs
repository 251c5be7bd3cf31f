//! A strict JSON reader: structs must be objects, and an error names the path of the value at fault.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error_path::ErrorPath;
use super::strict;
use super::validation_error::ValidationError;
use super::wording::explain;

/// The maximum depth of a body. Serde limits only the parts that it understands.
const MAX_DEPTH: usize = 128;

/// Reads a body. `ignored` is called with the path of every unknown field.
pub fn read<T: DeserializeOwned>(
    text: &[u8],
    mut ignored: impl FnMut(String),
) -> Result<T, ValidationError> {
    if nests_deeper(text, MAX_DEPTH) {
        let message = format!("the body nests deeper than {MAX_DEPTH} levels");
        return Err(ValidationError::new("", message));
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let mut callback = |path: serde_ignored::Path| ignored(path_string(&path));
    let tracked = serde_ignored::Deserializer::new(&mut json, &mut callback);
    let path = ErrorPath::default();
    strict::deserialize_at(tracked, &path)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| explain("the body", text, &path, &error))
}

/// Reads a part of a document, in which unknown fields are permitted.
pub(super) fn read_part<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, ValidationError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let path = ErrorPath::default();
    strict::deserialize_at(&mut json, &path)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| explain("the body", text.as_bytes(), &path, &error))
}

/// The path of a field in the value with another path; the whole document has none.
pub fn field_path(outer: &str, name: &str) -> String {
    match outer {
        "" => name.to_owned(),
        outer => format!("{outer}.{name}"),
    }
}

/// The JSON path of an unknown field.
pub fn path_string(path: &serde_ignored::Path) -> String {
    use serde_ignored::Path as P;
    match path {
        P::Root => String::new(),
        P::Seq { parent, index } => format!("{}[{index}]", path_string(parent)),
        P::Map { parent, key } => field_path(&path_string(parent), key),
        P::Some { parent } | P::NewtypeStruct { parent } | P::NewtypeVariant { parent } => {
            path_string(parent)
        }
    }
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
        let error = read::<Order>(text.as_bytes(), |_| {}).unwrap_err();
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
        read::<Order>(br#"{"items":[{"name":"a","nmae":1}],"x":{}}"#, |path| {
            ignored.push(path);
        })
        .unwrap();
        assert_eq!(ignored, ["items[0].nmae", "x"]);

        read::<Optional>(br#"{"order":{"x":1}}"#, |path| ignored.push(path)).unwrap();
        assert_eq!(ignored.last().unwrap(), "order.x");
    }

    #[test]
    fn a_raw_part_loses_only_white_space() {
        let text = br#"{"items":[{"name":"a","rest":{ "b\" " : 1.50,  "a":[10000000000000000000000, 1e2], "a": null }}]}"#;
        let order: Order = read(text, |_| {}).unwrap();
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

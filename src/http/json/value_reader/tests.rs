use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::*;
use crate::http::json::{RawJson, ValidationError, object, read_document};

fn read<T: DeserializeOwned>(text: &str) -> Result<T, ValidationError> {
    read_document("the body", text.as_bytes(), &mut |_| {})
}

#[expect(dead_code, reason = "only the errors of reading count")]
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Basket {
    #[serde(default)]
    lines: Vec<Entry>,
    #[serde(default)]
    by_day: BTreeMap<Day, Option<Entry>>,
    #[serde(default)]
    by_name: BTreeMap<String, u8>,
    #[serde(default)]
    either: Option<Either>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Day(String);

#[expect(dead_code, reason = "only the errors of reading count")]
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Entry {
    Nothing,
    Item { count: u8 },
    Note(String),
    Pair(u8, u8),
}

#[expect(dead_code, reason = "only the errors of reading count")]
#[derive(Debug, serde::Deserialize)]
#[serde(untagged, expecting = "must be a number or a count")]
enum Either {
    Number(u8),
    Counted(#[serde(deserialize_with = "object")] Counted),
}

#[expect(dead_code, reason = "only the errors of reading count")]
#[derive(Debug, serde::Deserialize)]
struct Counted {
    count: u8,
}

#[test]
fn an_error_names_the_path_to_the_value_at_fault() {
    for (text, expected) in [
        ("7", "must be an object, not 7"),
        ("[]", "must be an object, not an array"),
        (r#"{"lines":7}"#, "lines: must be an array, not 7"),
        (
            r#"{"lines":[{"note":"a"},7]}"#,
            "lines[1]: must be a string, not 7",
        ),
        (
            r#"{"lines":[{"item":{"count":300}}]}"#,
            "lines[0].item.count: must be an integer from 0 to 255, not 300",
        ),
        (
            r#"{"lines":[{"item":{}}]}"#,
            "lines[0].item.count: is required",
        ),
        (
            r#"{"lines":[{"item":[1]}]}"#,
            "lines[0].item: must be an object, not an array",
        ),
        (
            r#"{"lines":[{"note":7}]}"#,
            "lines[0].note: must be a string, not 7",
        ),
        (
            r#"{"lines":[{"note":"\ud800"}]}"#,
            "lines[0].note: must be a string",
        ),
        (
            r#"{"lines":[{"pair":[1,"x"]}]}"#,
            "lines[0].pair[1]: must be a non-negative integer, not \"x\"",
        ),
        (
            r#"{"lines":[{"pair":[1,2,3]}]}"#,
            "lines[0].pair: must be an array of 2, not of more",
        ),
        (
            r#"{"lines":[{"other":7}]}"#,
            "lines[0]: must be nothing, item, note or pair, not \"other\"",
        ),
        (
            r#"{"lines":[{"note":"a","item":{"count":1}}]}"#,
            "lines[0]: must be a string, or an object with one field",
        ),
        (
            r#"{"lines":[{}]}"#,
            "lines[0]: must be a string, or an object with one field",
        ),
        (
            r#"{"lines":[{"nothing":{}}]}"#,
            "lines[0].nothing: must be null, not an object",
        ),
        (
            r#"{"by_day":{"3":{"note":7}}}"#,
            "by_day.3.note: must be a string, not 7",
        ),
        (
            r#"{"by_name":{"a\tb":"x"}}"#,
            "by_name.a\tb: must be a non-negative integer, not \"x\"",
        ),
        (r#"{"by_name":{"a":1e999}}"#, "by_name.a: is out of range"),
        (
            r#"{"lines":[],"unknown":7}"#,
            "unknown: is not a known field; known: lines, by_day, by_name, either",
        ),
        (r#"{"lines":[],"lines":[]}"#, "lines: is given twice"),
        (r#"{"either":[1]}"#, "either: must be a number or a count"),
    ] {
        let error = read::<Basket>(text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
    let error = read::<Vec<Vec<u8>>>("[[1],[2,300]]").unwrap_err();
    assert_eq!(error.path, "[1][1]");
}

#[test]
fn what_fits_is_read() {
    for text in [
        r#"{"lines":["nothing",{"nothing":null},{"item":{"count":1}},{"pair":[1,2]}],"by_day":{"3":null}}"#,
        r#"{"either":{"count":1}}"#,
        r#"{"either":1}"#,
        r#" { "by_name" : { "a\"\\" : 1 } , "lines" : [ { "item" : { "count" : 1 } } , "nothing" ] } "#,
    ] {
        read::<Basket>(text).unwrap();
    }
}

#[test]
fn only_understood_parts_are_limited_in_depth() {
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read::<Value>(&deep(MAX_DEPTH)).is_ok());
    let error = read::<Value>(&deep(MAX_DEPTH + 1)).unwrap_err();
    assert_eq!(error.message, "nests too deeply");
    assert!(read::<RawJson>(&deep(10_000)).is_ok());
    assert!(read::<IgnoredAny>(&deep(10_000)).is_ok());
}

/// Any JSON value.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        r#"[\\"\[\]{},: \n\u{0}a]*"#.prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".*", inner, 0..4).prop_map(|fields| json!(fields)),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_read_as_serde_json_reads_it(value in any_value(), is_pretty: bool) {
        let text = if is_pretty {
            serde_json::to_string_pretty(&value)?
        } else {
            value.to_string()
        };
        // A float may be read as another one close to it, as by `serde_json`.
        let expected: Value = serde_json::from_str(&text)?;
        prop_assert_eq!(read::<Value>(&text), Ok(expected));
        let raw: RawJson = read(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(raw.text(), value.to_string());
    }

    #[test]
    fn a_text_is_refused_as_serde_json_refuses_it(text in r#"[\[\]{}:, "\\a1\-.etrufalsn]{0,12}"#) {
        let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(read::<IgnoredAny>(&text).is_ok(), is_json);
    }
}

//! Errors of serde and `serde_json` in the words of a document's author: `must be an integer, not "x"`.
//!
//! Serde hands out its errors as texts only. Their formats are those of the default methods of [`serde::de::Error`], which
//! derived types use.

use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::guess::looks_like;
use super::validation_error::{REQUIRED, ValidationError, cut};
use crate::http::auth::redact::{MASK, may_be_secret};

/// The beginning of the error of an unknown field. The known ones follow, separated by commas.
const UNKNOWN_FIELD: &str = "is not a known field; known: ";

/// Explains the error of a document, such as "the body". The value at fault is repeated unless it may be secret.
pub fn explain(
    document: &str,
    text: &[u8],
    path: &dyn std::fmt::Display,
    error: &serde_json::Error,
) -> ValidationError {
    let (words, position) = split_position(error.to_string());
    match error.classify() {
        Category::Data => at_field(path, &words),
        // The reader of a type also gives up where another type would go on.
        _ if serde_json::from_slice::<IgnoredAny>(text).is_ok() => {
            ValidationError::new(path, misfit(&words))
        }
        _ => {
            let wrong = syntax(&words);
            let guess = looks_like(text).map(|guess| format!(", {guess}"));
            let guess = guess.unwrap_or_default();
            ValidationError::new(
                "",
                format!("{document} is not JSON: {wrong}{position}{guess}"),
            )
        }
    }
}

/// Explains serde's error at a path.
pub fn at_field(path: &dyn std::fmt::Display, error: &str) -> ValidationError {
    let at_path = |message: String| ValidationError::new(path, message);
    for (prefix, wrong) in [
        ("missing field `", REQUIRED),
        ("duplicate field `", "is given twice"),
        // Serde itself goes on with the known fields.
        ("unknown field `", "is not a known field"),
    ] {
        let field = error.strip_prefix(prefix);
        if let Some(field) = field.and_then(|field| field.strip_suffix('`'))
            && !field.contains('`')
        {
            return ValidationError::new(field, wrong).nested_in(at_path(String::new()).path);
        }
    }
    if error.starts_with("unknown field `") {
        return at_path(match error.rsplit_once("`, expected ") {
            Some((_, known)) => format!("{UNKNOWN_FIELD}{}", names(known).join(", ")),
            None => "is not a known field".to_owned(),
        });
    }
    let hide = may_be_secret(&path.to_string());
    let value = |value: &str| {
        if hide && value.contains(['"', '`']) {
            MASK.to_owned()
        } else {
            shown(value)
        }
    };
    if let Some(variant) = error.strip_prefix("unknown variant `")
        && let Some((variant, known)) = variant.rsplit_once("`, expected ")
    {
        let value = value(&format!("{variant:?}"));
        return at_path(format!("must be {}, not {value}", either(&names(known))));
    }
    if let Some(misfit) = error.strip_prefix("invalid ")
        && let Some((actual, expected)) = misfit.rsplit_once(", expected ")
    {
        if let Some(actual) = actual.strip_prefix("type: ") {
            return at_path(format!("must be {}, not {}", kind(expected), value(actual)));
        }
        if let Some(actual) = actual.strip_prefix("value: ") {
            return at_path(format!(
                "must be {}, not {}",
                range(expected),
                value(actual)
            ));
        }
        if let Some(length) = actual.strip_prefix("length ") {
            return at_path(format!("must be {}, not {length} items", kind(expected)));
        }
    }
    if error.starts_with("data did not match any variant") {
        return at_path("has none of the expected forms".to_owned());
    }
    if error.contains("found in string") || error.contains("from empty string") {
        return at_path("must be an integer".to_owned());
    }
    at_path(error.to_owned())
}

/// The unknown name that an error is about, and the names that would have been accepted.
pub fn known_names(error: &ValidationError) -> Option<(&str, Vec<&str>)> {
    let (unknown, known) = if let Some(known) = error.message.strip_prefix(UNKNOWN_FIELD) {
        (error.path.rsplit('.').next()?, known)
    } else {
        let words = error.message.strip_prefix("must be ")?;
        let (known, unknown) = words.rsplit_once(", not \"")?;
        (unknown.trim_end_matches('"'), known)
    };
    let known = known.split(", ").flat_map(|names| names.split(" or "));
    Some((unknown, known.collect()))
}

/// Cuts line and column from the end of an error of `serde_json`.
fn split_position(mut error: String) -> (String, String) {
    let position = match error.rfind(" at line ") {
        Some(end) => error.split_off(end),
        None => String::new(),
    };
    (error, position)
}

/// The words for broken JSON.
fn syntax(error: &str) -> &str {
    match error {
        "trailing characters" => "unexpected text after the value",
        "trailing comma" => "a comma without a value behind it",
        "expected value" | "expected ident" => "a value is expected",
        "expected `:`" => "a colon is expected",
        "expected `,` or `]`" => "a comma or ] is expected",
        "expected `,` or `}`" => "a comma or } is expected",
        "key must be a string" => "a key must be a string",
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a control character in a string"
        }
        _ if error.starts_with("EOF") => "unexpected end",
        other => other,
    }
}

/// The words for JSON that does not fit its type, and at which `serde_json` reports broken JSON.
fn misfit(error: &str) -> &'static str {
    match error {
        "recursion limit exceeded" => "nests too deeply",
        "number out of range" => "is out of range",
        // It expects the name of a variant.
        _ => "must be a string",
    }
}

/// The type that was expected.
fn kind(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "isize" => "an integer",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a non-negative integer",
        "f32" | "f64" => "a number",
        "a borrowed string" | "a character" => "a string",
        "a sequence" => "an array",
        "a map" | "map" => "an object",
        "string or map" => "a string or an object",
        "unit" => "null",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("tuple ") => "an array",
        _ if expected.starts_with("enum ") => "a string",
        other => other,
    }
}

/// The values that were expected.
fn range(expected: &str) -> &str {
    match expected {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "usize" => "an integer from 0 to 18446744073709551615",
        "i32" => "an integer from -2147483648 to 2147483647",
        "i64" | "isize" => "an integer from -9223372036854775808 to 9223372036854775807",
        other => kind(other),
    }
}

/// The value that was there, from texts like ``integer `7` `` and `string "x"`.
fn shown(actual: &str) -> String {
    let value = match actual {
        "sequence" => "an array",
        "map" => "an object",
        "unit value" => "null",
        _ if actual.ends_with('`') => actual.split('`').nth(1).unwrap_or(actual),
        _ => actual.strip_prefix("string ").unwrap_or(actual),
    };
    cut(value).into_owned()
}

/// The names in a list like ``one of `a`, `b` ``.
fn names(list: &str) -> Vec<&str> {
    list.split('`').skip(1).step_by(2).collect()
}

/// A list like "a, b or c".
pub fn either(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        names => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_explained(path: &str, error: &str, expected: &str) {
        assert_eq!(at_field(&path, error).to_string(), expected);
    }

    #[test]
    fn an_error_of_serde_is_said_in_the_words_of_the_field() {
        for (path, error, expected) in [
            ("a[0]", "missing field `name`", "a[0].name: is required"),
            ("", "duplicate field `limit`", "limit: is given twice"),
            (
                "a.nmae",
                "unknown field `nmae`, expected `id` or `name`",
                "a.nmae: is not a known field; known: id, name",
            ),
            (
                "mode",
                "unknown variant `x`, expected one of `a`, `b`, `c`",
                "mode: must be a, b or c, not \"x\"",
            ),
            (
                "seq",
                "invalid type: string \"x, expected y\", expected i64",
                "seq: must be an integer, not \"x, expected y\"",
            ),
            (
                "status",
                "invalid value: integer `-1`, expected u8",
                "status: must be an integer from 0 to 255, not -1",
            ),
            (
                "tags",
                "invalid type: map, expected a sequence",
                "tags: must be an array, not an object",
            ),
            ("x", "must be odd", "x: must be odd"),
        ] {
            assert_explained(path, error, expected);
        }
    }

    #[test]
    fn a_value_that_may_be_secret_or_is_long_is_not_repeated() {
        let error = "invalid type: integer `7`, expected a string";
        for path in [
            "sources[0].template_source.http_password",
            "identities.users[0].name",
            "a.http_headers[0].value",
            "totp.passcode",
        ] {
            assert_explained(path, error, &format!("{path}: must be a string, not ***"));
        }
        let error_of_a_list = "invalid type: sequence, expected an object";
        let expected = "identities: must be an object, not an array";
        assert_explained("identities", error_of_a_list, expected);
        let error = format!("invalid type: string {:?}, expected i64", "x".repeat(100));
        let expected = format!("a: must be an integer, not \"{}…", "x".repeat(63));
        assert_explained("a", &error, &expected);
    }

    #[test]
    fn the_known_names_are_found_in_the_words() {
        let error = at_field(&"a.nmae", "unknown field `nmae`, expected `id` or `name`");
        assert_eq!(known_names(&error), Some(("nmae", vec!["id", "name"])));
        let error = at_field(&"a", "unknown variant `x`, expected one of `a`, `b`, `c`");
        assert_eq!(known_names(&error), Some(("x", vec!["a", "b", "c"])));
    }
}

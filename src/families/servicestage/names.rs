//! The names of plans, components and pipelines.

use crate::http::json::ValidationError;

/// Checks the name of a plan, component or pipeline: 2 to 64 letters, digits, `-` and `_`, the first a letter, the last a
/// letter or a digit. Source: `ServiceStage` API reference, page 0230, and user guide, page 0245, read 2026-08.
pub fn check_name(name: &str) -> Result<(), ValidationError> {
    if is_name(name) {
        Ok(())
    } else {
        let expected = "must have 2 to 64 letters, digits, - and _, begin with a letter and end with a letter \
            or digit";
        Err(ValidationError::unlike(
            "name",
            expected,
            format_args!("{name:?}"),
        ))
    }
}

/// The default name of a plan or pipeline in a fixture: `release-` and six letters or digits of its id, in the style of
/// the console.
pub fn name_after(id: &str) -> String {
    let letters = id.chars().filter(char::is_ascii_alphanumeric);
    let six = letters.chain("000000".chars()).take(6);
    format!("release-{}", six.collect::<String>().to_ascii_lowercase())
}

fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (2..=64).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_each_bound() {
        let long = |n: usize| format!("a{}", "b".repeat(n - 1));
        for name in ["ab", "a-b", "a_9", "Release-1zws2j", &long(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a", "1a", "-a", "a-", "a_", "a b", "aé", &long(65)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn the_default_name_is_valid_for_any_id() {
        for (id, name) in [
            ("4105b37a-947e", "release-4105b3"),
            ("P-1", "release-p10000"),
            ("--é", "release-000000"),
        ] {
            assert_eq!(name_after(id), name);
            assert!(is_name(name));
        }
    }
}

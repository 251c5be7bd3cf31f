//! Checks of single fields, shared by requests and fixtures.

use std::fmt::Display;

use crate::world::fixture::ValidationError;

/// The rule for names of releases and meshes.
const NAME_RULE: &str = "must have 4 to 64 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen";

/// Refuses a value that breaks a rule.
pub(super) fn ensure(
    holds: bool,
    path: impl Display,
    rule: impl Into<String>,
) -> Result<(), ValidationError> {
    if holds {
        Ok(())
    } else {
        Err(ValidationError::new(path, rule))
    }
}

/// Refuses a text that is not as a rule says.
pub(super) fn ensure_like(
    holds: bool,
    path: impl Display,
    rule: impl Display,
    text: &str,
) -> Result<(), ValidationError> {
    if holds {
        Ok(())
    } else {
        Err(ValidationError::unlike(
            path,
            rule,
            format_args!("{text:?}"),
        ))
    }
}

/// Returns the value of a required field.
pub(super) fn required<T>(path: impl Display, value: Option<T>) -> Result<T, ValidationError> {
    value.ok_or_else(|| ValidationError::new(path, "is required"))
}

/// Checks an optional field that has a single valid value.
pub(super) fn fixed(path: &str, value: Option<&str>, valid: &str) -> Result<(), ValidationError> {
    let rule = format_args!("must be {valid}");
    value.map_or(Ok(()), |value| {
        ensure_like(value == valid, path, rule, value)
    })
}

/// Checks the name of a release or a mesh.
pub(super) fn check_name(path: impl Display, name: &str) -> Result<(), ValidationError> {
    ensure_like(is_name(name), path, NAME_RULE, name)
}

/// Checks the version of a mesh. The `v` is optional, because the documented examples omit it.
pub(super) fn check_version(path: &str, version: &str) -> Result<(), ValidationError> {
    let rule = "must be vX.Y, vX.Y.Z or vX.Y.Z-rN";
    ensure_like(is_version(version), path, rule, version)
}

fn is_name(text: &str) -> bool {
    let is_allowed = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (4..=64).contains(&text.len())
        && text.as_bytes().iter().all(is_allowed)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

fn is_version(text: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('v').unwrap_or(text);
    let (base, revision) = match text.split_once("-r") {
        Some((base, revision)) => (base, Some(revision)),
        None => (text, None),
    };
    let n_parts = base.split('.').count();
    base.split('.').all(is_number)
        && match revision {
            Some(revision) => n_parts == 3 && is_number(revision),
            None => n_parts == 2 || n_parts == 3,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_to_every_part_of_the_rule() {
        let longest = format!("a{}", "1".repeat(63));
        for good in ["abcd", "a-b1", "a--b", "a123", &longest] {
            assert!(is_name(good), "{good}");
        }
        let too_long = format!("{longest}1");
        for bad in [
            "", "abc", &too_long, "1abc", "-abc", "abc-", "Abcd", "abCd", "ab_d", "ab.d", "äbcd",
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn versions_hold_to_the_documented_forms() {
        for good in ["v1.18", "v1.18.7", "v1.18.7-r5", "1.15.7-r1"] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "v",
            "v1",
            "v1.",
            "v1.18-r5",
            "v1.18.7-r",
            "v1.18.7-5",
            "v1.18.7.2",
            "latest",
            "vv1.18",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}

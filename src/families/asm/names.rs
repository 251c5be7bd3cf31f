//! The documented rules for names and versions.

/// The family's name in scripts and transitions.
pub const FAMILY: &str = "asm";

/// The rule for names of releases and meshes, as error messages state it.
pub const NAME: &str = "must have 4 to 64 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen";

/// The rule for versions of meshes, as error messages state it.
pub const VERSION: &str = "must read vX.Y, vX.Y.Z or vX.Y.Z-rN";

/// Returns true for a valid name of a release or a mesh.
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (4..=64).contains(&text.len())
        && text.as_bytes().iter().all(allowed)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
}

/// Returns true for a valid version of a mesh: `vX.Y`, `vX.Y.Z` or `vX.Y.Z-rN`. The `v` is optional, because the
/// documented examples omit it.
pub fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('v').unwrap_or(text);
    let (base, revision) = match text.split_once("-r") {
        Some((base, revision)) => (base, Some(revision)),
        None => (text, None),
    };
    let parts = base.split('.').count();
    base.split('.').all(number)
        && match revision {
            Some(revision) => parts == 3 && number(revision),
            None => parts == 2 || parts == 3,
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

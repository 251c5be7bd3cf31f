//! The rule for names, which the console states for plans, components and pipelines alike.

use super::Error;

/// 2 to 64 letters, digits, `-` and `_`; first a letter, last a letter or digit. Errors: 400 at `name`.
pub fn check_name(name: &str) -> Result<(), Error> {
    if is_name(name) {
        Ok(())
    } else {
        Err(Error::at("name", NAME_RULE))
    }
}

/// What a name must be.
pub const NAME_RULE: &str = "must have 2 to 64 letters, digits, - and _, begin with a letter and end with a letter or digit";

/// Whether the rule holds.
pub fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (2..=64).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes[0].is_ascii_alphabetic()
        && bytes[bytes.len() - 1].is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_each_bound() {
        let long = |n: usize| format!("a{}", "b".repeat(n - 1));
        for name in ["ab", "a-b", "a_9", "Release-1zws2j", &long(64)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a", "1a", "-a", "a-", "a_", "a b", "aé", &long(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}

//! Words that a service has chosen and no user: keys and status words that look like nothing else.

use super::vocabulary::{is_known, is_known_identifier, parts};

/// The longest identifier that is taken for a word of a service.
const LONGEST: usize = 40;

/// The longest part that no document knows.
const LONGEST_PART: usize = 12;

/// True for an identifier in which nobody would hide anything: letters in a few plain words, such as `lane_type`,
/// `gmtCreate` or `ROLLING_BACK`. Random texts have digits, or letters of both cases in no order.
pub(super) fn is_clean(identifier: &str) -> bool {
    if is_known_identifier(identifier) {
        return true;
    }
    let is_allowed = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' ');
    if identifier.len() > LONGEST || !identifier.chars().all(is_allowed) {
        return false;
    }
    let parts = parts(identifier);
    let is_plain = |part: &&str| {
        let rest = part.get(1..).unwrap_or_default();
        let is_cased = rest.bytes().all(|byte| byte.is_ascii_lowercase())
            || part.bytes().all(|byte| byte.is_ascii_uppercase());
        // An abbreviation of a few letters beside known words.
        let is_short = part.len() <= 4 && parts.iter().any(|part| is_known(part));
        let has_vowel = part.contains(['a', 'e', 'i', 'o', 'u', 'y', 'A', 'E', 'I', 'O', 'U', 'Y']);
        is_known(part)
            || is_cased && (3..=LONGEST_PART).contains(&part.len()) && (has_vowel || is_short)
    };
    !parts.is_empty() && parts.len() <= 5 && parts.iter().all(is_plain)
}

/// True for the code of an error, such as `SVCSTG.00100433`, `APIGW.0301` or `ASM.01010001`: letters, a dot, digits.
pub(super) fn is_error_code(text: &str) -> bool {
    let Some((letters, digits)) = text.split_once(['.', '_', '-']) else {
        return is_known_identifier(text) && text.len() <= LONGEST;
    };
    let is_number =
        (2..=10).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_name =
        (2..=12).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name && is_number || is_known_identifier(text) && text.len() <= LONGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_services_are_clean() {
        for clean in [
            "lane_type",
            "gmtCreate",
            "ROLLING_BACK",
            "pipeline_id",
            "releaseName",
            "surprise",
        ] {
            assert!(is_clean(clean), "{clean}");
        }
        for unclean in [
            "aGVsbG8",
            "hunter2",
            "xkcdqwrtz",
            "abc-123",
            "AKIAQWERTYUIOPASDFGH",
            "a b@c",
            "correcthorsebatterystaple",
        ] {
            assert!(!is_clean(unclean), "{unclean}");
        }
    }

    #[test]
    fn codes_are_letters_and_digits() {
        assert!(is_error_code("SVCSTG.00100433") && is_error_code("APIGW.0301"));
        assert!(!is_error_code("hunter2") && !is_error_code("AB12.77"));
    }
}

//! Error texts without what they echo: only words that the documents know are left.

use super::stand_ins::StandIns;
use super::vocabulary::is_known;

/// The text in place of what is left out.
pub(super) const GAP: &str = "…";

/// The longest number that is kept.
const LONGEST_NUMBER: usize = 3;

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 8 << 10;

/// Masks a text. `is_private` tells the texts that somebody has sent; they are left out even if they are plain words.
pub(super) fn masked(text: &str, stand_ins: &StandIns, private: &[&str]) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = text[..end].to_owned();
    for secret in private {
        if text.contains(secret) {
            text = text.replace(secret, GAP);
        }
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let length = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if length == 0 {
            written.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (word, behind) = rest.split_at(length);
        let is_joined = is_digit_joined(&written, behind);
        // A name may have hyphens, of which every part may be a plain word.
        let whole = name_around(&text, word);
        let is_number =
            word.len() <= LONGEST_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_kept = (is_number && !written.ends_with('%') && !is_joined || is_known(word))
            && stand_ins.known(word).is_none()
            && whole.is_none_or(|whole| stand_ins.known(whole).is_none());
        if is_kept {
            written.push_str(word);
        } else if !written.ends_with(GAP) {
            written.push_str(GAP);
        }
        rest = behind;
    }
    written
}

/// True for a part of an address, or of another number that is written in several.
fn is_digit_joined(before: &str, behind: &str) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let before = before.strip_suffix(['.', ':']);
    let behind = behind.strip_prefix(['.', ':']);
    before.is_some_and(|before| is_digit(before.chars().next_back()) || before.ends_with(GAP))
        || behind.is_some_and(|behind| is_digit(behind.chars().next()))
}

/// The run of letters, digits, hyphens and underscores around a part of a text.
fn name_around<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    // Both are slices of the same text.
    let begin = (word.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let before = text.get(..begin)?;
    let first = before.trim_end_matches(is_of_name).len();
    let after = text.get(begin..)?;
    let last = begin + after.find(|c: char| !is_of_name(c)).unwrap_or(after.len());
    text.get(first..last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_documents_are_left() {
        let mut stand_ins = StandIns::default();
        stand_ins.of("error-shop").unwrap();
        let masked = |text: &str| masked(text, &stand_ins, &["my secret value"]);
        assert_eq!(
            masked("the pipeline error-shop does not exist"),
            "the pipeline …-… does not exist"
        );
        assert_eq!(
            masked("stages[0].name: hunter2 is invalid"),
            "stages[0].name: … is invalid"
        );
        assert_eq!(
            masked("the password my secret value is wrong"),
            "the password … is wrong"
        );
        assert_eq!(masked("code 123456"), "code …");
        assert_eq!(masked("host 10.0.0.1 at line 1"), "host ….….….… at line 1");
    }
}

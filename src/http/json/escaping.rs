//! JSON strings, which are copied whole unless a character needs an escape.

use std::io::Write;

/// The characters that are escaped in strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaping {
    /// Those that JSON requires.
    Minimal,
    /// Also `<`, `>`, `&`, U+2028 and U+2029.
    HtmlSafe,
}

impl Escaping {
    pub(super) fn may_apply(self, value: &str) -> bool {
        may_need_escapes(value.as_bytes()) || self == Self::HtmlSafe && value.contains(is_unsafe)
    }

    /// Writes a string with its quotes.
    pub(super) fn write_string(self, value: &str, text: &mut Vec<u8>) {
        if !self.may_apply(value) {
            // Asked for once, and not by each of the three pieces.
            text.reserve(value.len() + 2);
            text.push(b'"');
            text.extend_from_slice(value.as_bytes());
            text.push(b'"');
            return;
        }
        let begin = text.len();
        serde_json::to_writer(&mut *text, value).expect("a string can be written");
        if self == Self::HtmlSafe {
            let escaped = text.split_off(begin);
            for character in String::from_utf8_lossy(&escaped).chars() {
                if is_unsafe(character) {
                    let code = u32::from(character);
                    write!(text, "\\u{code:04x}").expect("a buffer can be written to");
                } else {
                    write!(text, "{character}").expect("a buffer can be written to");
                }
            }
        }
    }
}

fn is_unsafe(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
}

/// Returns true if any byte is a control character, a quote or a backslash. Eight bytes are tested at once; the last
/// eight may overlap with those before.
fn may_need_escapes(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else {
        let mut bytes = bytes.iter();
        return bytes.any(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
    };
    let (chunks, _) = bytes.as_chunks();
    let special = chunks.iter().fold(special_bytes(*last), |special, chunk| {
        special | special_bytes(*chunk)
    });
    special != 0
}

/// Returns 0 unless one of eight bytes is a control character, a quote or a backslash. The highest bit of each byte is
/// set if that byte is special; bytes above a special one may be set as well.
fn special_bytes(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let bytes = u64::from_ne_bytes(chunk);
    let below = |bytes: u64, bound: u8| bytes.wrapping_sub(ONES * u64::from(bound)) & !bytes;
    let equal = |byte: u8| below(bytes ^ (ONES * u64::from(byte)), 1);
    (below(bytes, 0x20) | equal(b'"') | equal(b'\\')) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_byte_that_needs_an_escape_is_found_at_any_place(
            before in "[!#-\\[\\]-~ü]{0,20}", special in "[\"\\\\\u{0}-\u{1f}]?", after in "[!#-\\[\\]-~]{0,20}",
        ) {
            let text = before + &special + &after;
            prop_assert_eq!(may_need_escapes(text.as_bytes()), !special.is_empty());
        }
    }
}

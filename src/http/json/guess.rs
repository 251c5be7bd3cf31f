//! The guess at what a body is that is not JSON.

/// The format that a text looks like, as a clause; `None` if it begins as JSON does, or like nothing that is known.
pub fn looks_like(text: &[u8]) -> Option<&'static str> {
    let text = text.trim_ascii_start();
    match text {
        [b'{' | b'[', rest @ ..] => match rest.trim_ascii_start() {
            [b'\'', ..] => Some("it has single quotes in place of double ones"),
            [b'a'..=b'z' | b'A'..=b'Z', ..] if text[0] == b'{' => {
                Some("it has a key without double quotes")
            }
            _ => None,
        },
        [b'<', ..] => Some("it looks like XML or HTML"),
        [b'@', ..] => {
            Some("it looks like the name of a file, which curl reads with -d or --data-binary")
        }
        [b'-', b'-', b'-', b'\r' | b'\n', ..] | [b'-', b' ', ..] => Some("it looks like YAML"),
        [b'-', b'-', ..] => Some("it looks like a multipart form"),
        [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => looks_like_pairs(text),
        _ => None,
    }
}

/// The format of a text that begins with a word.
fn looks_like_pairs(text: &[u8]) -> Option<&'static str> {
    let line = text.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.%+[]".contains(byte);
    let end = line.iter().position(|byte| !is_word(byte))?;
    match &line[end..] {
        [b'=', ..] => Some("it looks like a form"),
        [b':'] | [b':', b' ', ..] => Some("it looks like YAML"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_beginning() {
        for (text, expected) in [
            ("name=shop&mode=ui", "it looks like a form"),
            ("a%5Bb%5D=c", "it looks like a form"),
            ("name: shop\nstages:\n", "it looks like YAML"),
            ("stages:\n- name: build\n", "it looks like YAML"),
            ("---\nname: shop", "it looks like YAML"),
            ("- name: shop", "it looks like YAML"),
            ("<html>", "it looks like XML or HTML"),
            (
                "--boundary\r\nContent-Disposition: form-data",
                "it looks like a multipart form",
            ),
            (
                "{'name': 'shop'}",
                "it has single quotes in place of double ones",
            ),
            ("{name: \"shop\"}", "it has a key without double quotes"),
        ] {
            assert_eq!(looks_like(text.as_bytes()), Some(expected), "{text}");
        }
        assert!(looks_like(b"@shop.json").is_some());
        for text in [
            "",
            "{}",
            " [1]",
            "{\"a\":1}",
            "null",
            "true",
            "7",
            "hello",
            "[true]",
            "\u{1}",
        ] {
            assert_eq!(looks_like(text.as_bytes()), None, "{text}");
        }
    }
}

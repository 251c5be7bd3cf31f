//! A scanner that finds the first JSON value of a text, with the syntax errors of Go's `encoding/json`.
//!
//! An error names the unexpected character and its context. Text after the first value is ignored.

use crate::families::zadig::go_json::quote::quote;

const MAX_DEPTH: usize = 10_000;

/// Finds the first value; the error is the text of Go's scanner.
pub fn first_value(text: &[u8]) -> Result<&[u8], String> {
    let mut scan = Scan {
        text,
        at: 0,
        open: Vec::new(),
    };
    scan.space();
    let begin = scan.at;
    if begin == text.len() {
        return Err("EOF".to_owned());
    }
    scan.whole_value()?;
    Ok(&text[begin..scan.at])
}

/// An open bracket.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bracket {
    Object,
    Array,
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Bracket>,
}

impl Scan<'_> {
    /// Reads one value and all within, without recursion.
    fn whole_value(&mut self) -> Result<(), String> {
        loop {
            let opened = self.begin_value()?;
            if opened && !self.is_empty()? {
                continue;
            }
            // Here a value has ended. A closing bracket ends another one.
            loop {
                let Some(open) = self.open.last().copied() else {
                    return Ok(());
                };
                self.space();
                match (open, self.next()?) {
                    (Bracket::Array, b',') => break,
                    (Bracket::Object, b',') => {
                        self.space();
                        self.key()?;
                        break;
                    }
                    (Bracket::Array, b']') | (Bracket::Object, b'}') => {
                        self.open.pop();
                    }
                    (Bracket::Array, c) => return Err(invalid(c, "after array element")),
                    (Bracket::Object, c) => return Err(invalid(c, "after object key:value pair")),
                }
            }
        }
    }

    /// Reads a scalar or an opening bracket. Returns true for a bracket.
    fn begin_value(&mut self) -> Result<bool, String> {
        self.space();
        match self.next()? {
            b'{' => self.push(Bracket::Object),
            b'[' => self.push(Bracket::Array),
            b'"' => self.string().map(|()| false),
            b'-' => match self.next()? {
                c @ b'0'..=b'9' => self.number(c).map(|()| false),
                c => Err(invalid(c, "in numeric literal")),
            },
            c @ b'0'..=b'9' => self.number(c).map(|()| false),
            b't' => self.literal("true").map(|()| false),
            b'f' => self.literal("false").map(|()| false),
            b'n' => self.literal("null").map(|()| false),
            c => Err(invalid(c, "looking for beginning of value")),
        }
    }

    fn push(&mut self, open: Bracket) -> Result<bool, String> {
        if self.open.len() == MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.open.push(open);
        Ok(true)
    }

    /// Returns true if the bracket just opened closes at once. Otherwise reads the first key of an object.
    fn is_empty(&mut self) -> Result<bool, String> {
        self.space();
        let open = self.open.last().copied();
        match (open, self.peek()?) {
            (Some(Bracket::Array), b']') | (Some(Bracket::Object), b'}') => {
                self.at += 1;
                self.open.pop();
                Ok(true)
            }
            (Some(Bracket::Object), _) => self.key().map(|()| false),
            _ => Ok(false),
        }
    }

    fn key(&mut self) -> Result<(), String> {
        match self.next()? {
            b'"' => self.string()?,
            c => return Err(invalid(c, "looking for beginning of object key string")),
        }
        self.space();
        match self.next()? {
            b':' => Ok(()),
            c => Err(invalid(c, "after object key")),
        }
    }

    /// Reads a string after its opening quote.
    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let c = self.next()?;
                            if !c.is_ascii_hexdigit() {
                                return Err(invalid(c, "in \\u hexadecimal character escape"));
                            }
                        }
                    }
                    c => return Err(invalid(c, "in string escape code")),
                },
                c if c < 0x20 => return Err(invalid(c, "in string literal")),
                _ => {}
            }
        }
    }

    /// Reads a number after its first digit.
    fn number(&mut self, first: u8) -> Result<(), String> {
        if first != b'0' {
            self.digits();
        }
        if self.take(b".") {
            self.digit("after decimal point in numeric literal")?;
        }
        if self.take(b"eE") {
            self.take(b"+-");
            self.digit("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digit(&mut self, place: &str) -> Result<(), String> {
        match self.next()? {
            b'0'..=b'9' => {
                self.digits();
                Ok(())
            }
            c => Err(invalid(c, place)),
        }
    }

    fn digits(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    fn take(&mut self, any_of: &[u8]) -> bool {
        let fits = self.text.get(self.at).is_some_and(|c| any_of.contains(c));
        self.at += usize::from(fits);
        fits
    }

    /// Reads a literal after its first letter.
    fn literal(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let c = self.next()?;
            if c != expected {
                let expected = char::from(expected);
                let place = format!("in literal {word} (expecting '{expected}')");
                return Err(invalid(c, &place));
            }
        }
        Ok(())
    }

    fn space(&mut self) {
        let is_space = |c: &u8| matches!(c, b' ' | b'\t' | b'\r' | b'\n');
        while self.text.get(self.at).is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, String> {
        let c = self.text.get(self.at).copied();
        c.ok_or_else(|| "unexpected EOF".to_owned())
    }

    fn next(&mut self) -> Result<u8, String> {
        let c = self.peek()?;
        self.at += 1;
        Ok(c)
    }
}

/// Go reads single bytes, and prints each as the character with that code point.
fn invalid(c: u8, place: &str) -> String {
    let shown = match c {
        b'\'' => r"\'".to_owned(),
        b'"' => "\"".to_owned(),
        c => quote(char::from(c).encode_utf8(&mut [0; 4]))
            .trim_matches('"')
            .to_owned(),
    };
    format!("invalid character '{shown}' {place}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error_of(text: &str) -> String {
        first_value(text.as_bytes()).expect_err(text)
    }

    #[test]
    fn an_empty_text_and_a_truncated_value_have_different_errors() {
        for empty in ["", " \n\t"] {
            assert_eq!(error_of(empty), "EOF");
        }
        for cut in [
            "{", "[", "\"a", "nul", "-", "1.", "1e", "{\"a\"", "{\"a\":", "[1,", "\"\\u12",
        ] {
            assert_eq!(error_of(cut), "unexpected EOF", "{cut}");
        }
    }

    #[test]
    fn an_unexpected_character_is_named_with_its_context() {
        for (text, expected) in [
            ("not json", "'o' in literal null (expecting 'u')"),
            ("tx", "'x' in literal true (expecting 'r')"),
            ("fals!", "'!' in literal false (expecting 'e')"),
            ("<a>", "'<' looking for beginning of value"),
            ("'a'", r"'\'' looking for beginning of value"),
            ("{a", "'a' looking for beginning of object key string"),
            (
                "{\"a\":1,}",
                "'}' looking for beginning of object key string",
            ),
            ("{\"a\" 1", "'1' after object key"),
            ("{\"a\":1 \"b\"", "'\"' after object key:value pair"),
            ("[1 2]", "'2' after array element"),
            ("[1,]", "']' looking for beginning of value"),
            ("{]", "']' looking for beginning of object key string"),
            ("\"a\nb\"", r"'\n' in string literal"),
            (r#""\x""#, "'x' in string escape code"),
            (r#""\u12g""#, r"'g' in \u hexadecimal character escape"),
            ("-a", "'a' in numeric literal"),
            ("1.a", "'a' after decimal point in numeric literal"),
            ("1e+a", "'a' in exponent of numeric literal"),
            ("\u{feff}{}", "'ï' looking for beginning of value"),
        ] {
            assert_eq!(
                error_of(text),
                format!("invalid character {expected}"),
                "{text}"
            );
        }
    }

    #[test]
    fn text_after_the_first_value_is_ignored() {
        for (text, value) in [
            (" {\"a\":[1,{}]} x", "{\"a\":[1,{}]}"),
            ("123abc", "123"),
            ("\"a\"]", "\"a\""),
            ("01", "0"),
            ("-1.5e+3,", "-1.5e+3"),
            ("null}", "null"),
            ("[][", "[]"),
        ] {
            assert_eq!(first_value(text.as_bytes()), Ok(value.as_bytes()), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(first_value(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(error_of(&nested(MAX_DEPTH + 1)), "exceeded max depth");
    }

    proptest! {
        #[test]
        fn a_value_that_serde_reads_is_one_value(text in r#"[\[\]{}",:0-9a-e.+\-\\ tru]{0,24}"#) {
            let ours = first_value(text.as_bytes());
            if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
                prop_assert_eq!(ours, Ok(text.trim().as_bytes()));
            } else if let Ok(value) = ours {
                prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok());
            }
        }
    }
}

//! A scanner that reads JSON with the syntax errors of Go's `encoding/json`: the first value of a text, as its decoder
//! does, or a whole text, as `json.Unmarshal` does.
//!
//! An error names the unexpected character and its context.

use std::borrow::Cow;

use crate::families::zadig::go_json::quote::quote;

const MAX_DEPTH: usize = 10_000;

/// A part of a JSON value. The keys of an object are strings before their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonToken {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(Box<str>),
    String(String),
    /// The beginning of an array.
    Array,
    /// The beginning of an object.
    Object,
    /// The end of the innermost array or object.
    End,
}

/// The tokens of the first value, whatever follows it; the error is the text of Go's decoder.
pub fn first_value(text: &[u8]) -> Result<Vec<JsonToken>, String> {
    let mut scan = Scan::new(text);
    scan.whole_value()?;
    Ok(scan.tokens)
}

/// The tokens of a text that is one value; the error is the text of `json.Unmarshal`.
pub fn only_value(text: &[u8]) -> Result<Vec<JsonToken>, String> {
    let mut scan = Scan::new(text);
    scan.whole_value().map_err(|error| match &*error {
        EMPTY | CUT => "unexpected end of JSON input".to_owned(),
        _ => error,
    })?;
    scan.space();
    match scan.text.get(scan.at) {
        Some(c) => Err(invalid(*c, "after top-level value")),
        None => Ok(scan.tokens),
    }
}

/// The decoder's text on a body without a value.
const EMPTY: &str = "EOF";

/// The decoder's text on a value without an end.
const CUT: &str = "unexpected EOF";

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// The brackets that close the open ones.
    closing: Vec<u8>,
    tokens: Vec<JsonToken>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            closing: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// Reads one value and all within, without recursion.
    fn whole_value(&mut self) -> Result<(), String> {
        self.space();
        if self.at == self.text.len() {
            return Err(EMPTY.to_owned());
        }
        loop {
            self.begin_value()?;
            // A closing bracket ends a value too, so the next one begins after a comma or an opening bracket.
            loop {
                let Some(closing) = self.closing.last().copied() else {
                    return Ok(());
                };
                let last = self.tokens.last();
                let has_opened = matches!(last, Some(JsonToken::Array | JsonToken::Object));
                self.space();
                match self.peek()? {
                    c if c == closing => {
                        self.at += 1;
                        self.closing.pop();
                        self.tokens.push(JsonToken::End);
                        continue;
                    }
                    _ if has_opened => {}
                    b',' => self.at += 1,
                    c if closing == b']' => return Err(invalid(c, "after array element")),
                    c => return Err(invalid(c, "after object key:value pair")),
                }
                if closing == b'}' {
                    self.key()?;
                }
                break;
            }
        }
    }

    /// Reads a scalar or an opening bracket.
    fn begin_value(&mut self) -> Result<(), String> {
        self.space();
        match self.next()? {
            b'{' => self.open(b'}', JsonToken::Object),
            b'[' => self.open(b']', JsonToken::Array),
            b'"' => self.string(),
            b'-' => match self.next()? {
                c @ b'0'..=b'9' => self.number(c),
                c => Err(invalid(c, "in numeric literal")),
            },
            c @ b'0'..=b'9' => self.number(c),
            b't' => self.literal("true", JsonToken::Bool(true)),
            b'f' => self.literal("false", JsonToken::Bool(false)),
            b'n' => self.literal("null", JsonToken::Null),
            c => Err(invalid(c, "looking for beginning of value")),
        }
    }

    fn open(&mut self, closing: u8, token: JsonToken) -> Result<(), String> {
        if self.closing.len() == MAX_DEPTH {
            return Err("exceeded max depth".to_owned());
        }
        self.closing.push(closing);
        self.tokens.push(token);
        Ok(())
    }

    fn key(&mut self) -> Result<(), String> {
        self.space();
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
        let begin = self.at;
        loop {
            match self.next()? {
                b'"' => break,
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
        // The service reads invalid UTF-8 as replacement characters.
        let text = String::from_utf8_lossy(&self.text[begin..self.at - 1]);
        self.tokens.push(JsonToken::String(unescape(text)));
        Ok(())
    }

    /// Reads a number after its first digit.
    fn number(&mut self, first: u8) -> Result<(), String> {
        let is_negative = self.at > 1 && self.text[self.at - 2] == b'-';
        let begin = self.at - 1 - usize::from(is_negative);
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
        let number = String::from_utf8_lossy(&self.text[begin..self.at]);
        self.tokens.push(JsonToken::Number(number.into()));
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
        self.skip(u8::is_ascii_digit);
    }

    fn take(&mut self, any_of: &[u8]) -> bool {
        let fits = self.text.get(self.at).is_some_and(|c| any_of.contains(c));
        self.at += usize::from(fits);
        fits
    }

    /// Reads a literal after its first letter.
    fn literal(&mut self, word: &str, token: JsonToken) -> Result<(), String> {
        for expected in word.bytes().skip(1) {
            let c = self.next()?;
            if c != expected {
                let expected = char::from(expected);
                let place = format!("in literal {word} (expecting '{expected}')");
                return Err(invalid(c, &place));
            }
        }
        self.tokens.push(token);
        Ok(())
    }

    fn space(&mut self) {
        self.skip(|c| matches!(c, b' ' | b'\t' | b'\r' | b'\n'));
    }

    fn skip(&mut self, is_skipped: impl Fn(&u8) -> bool) {
        while self.text.get(self.at).is_some_and(&is_skipped) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, String> {
        let c = self.text.get(self.at).copied();
        c.ok_or_else(|| CUT.to_owned())
    }

    fn next(&mut self) -> Result<u8, String> {
        let c = self.peek()?;
        self.at += 1;
        Ok(c)
    }
}

/// Decodes the escapes of a string. An unpaired surrogate becomes a replacement character.
fn unescape(text: Cow<str>) -> String {
    if !text.contains('\\') {
        return text.into_owned();
    }
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' {
            match chars.next() {
                Some('u') => {
                    let (digits, rest) = chars.as_str().split_at(4);
                    chars = rest.chars();
                    units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
                    continue;
                }
                Some('b') => '\x08',
                Some('f') => '\x0c',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(c) => c,
                None => break,
            }
        } else {
            c
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16_lossy(&units)
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

    fn value_of(text: &str) -> Result<&[u8], String> {
        let mut scan = Scan::new(text.as_bytes());
        scan.whole_value()?;
        Ok(text.as_bytes()[..scan.at].trim_ascii_start())
    }

    fn error_of(text: &str) -> String {
        value_of(text).expect_err(text)
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
            assert_eq!(value_of(text), Ok(value.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_text_of_one_value_has_nothing_after_it() {
        let error_of = |text: &str| only_value(text.as_bytes()).expect_err(text);
        for cut in ["", " ", "{", "[1,", "\"a"] {
            assert_eq!(error_of(cut), "unexpected end of JSON input", "{cut}");
        }
        assert_eq!(
            error_of("{} x"),
            "invalid character 'x' after top-level value"
        );
        assert_eq!(
            error_of("{x"),
            "invalid character 'x' looking for beginning of object key string"
        );
        let number = |text: &str| JsonToken::Number(text.into());
        let tokens = only_value(b"[-1.5e3, 20 ] \n");
        let expected = vec![
            JsonToken::Array,
            number("-1.5e3"),
            number("20"),
            JsonToken::End,
        ];
        assert_eq!(tokens, Ok(expected));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(value_of(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(error_of(&nested(MAX_DEPTH + 1)), "exceeded max depth");
    }

    proptest! {
        #[test]
        fn a_value_that_serde_reads_is_one_value(text in r#"[\[\]{}",:0-9a-e.+\-\\ tru]{0,24}"#) {
            let ours = value_of(&text);
            if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() {
                prop_assert_eq!(ours, Ok(text.trim().as_bytes()));
            } else if let Ok(value) = ours {
                prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok());
            }
        }
    }
}

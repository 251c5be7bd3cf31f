//! A cursor over a valid JSON text, which splits it into its values.
//!
//! `serde_json` has read the text before, so the cursor takes for granted that a value, a colon or a bracket follows where
//! one must.

use std::borrow::Cow;

use serde::de::Unexpected;
use serde_json::value::RawValue;
use serde_json::{Error, Number};

/// A place in a valid JSON text.
#[derive(Debug)]
pub(super) struct Cursor<'de> {
    text: &'de str,
    at: usize,
}

/// The kind of a value, by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

/// A value without parts.
#[derive(Debug)]
pub(super) enum Scalar<'de> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Negative(i64),
    Float(f64),
    String(Cow<'de, str>),
}

impl Scalar<'_> {
    pub(super) fn as_unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Unit,
            Self::Bool(flag) => Unexpected::Bool(*flag),
            Self::Unsigned(number) => Unexpected::Unsigned(*number),
            Self::Negative(number) => Unexpected::Signed(*number),
            Self::Float(number) => Unexpected::Float(*number),
            Self::String(text) => Unexpected::Str(text),
        }
    }
}

impl<'de> Cursor<'de> {
    /// Stands before the only value of a text. Refuses a text that is not JSON.
    pub(super) fn new(text: &'de [u8]) -> Result<Self, Error> {
        let text = serde_json::from_slice::<&RawValue>(text)?.get();
        Ok(Self { text, at: 0 })
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> u8 {
        let rest = &self.text.as_bytes()[self.at..];
        let space = rest.iter().take_while(|byte| **byte <= b' ').count();
        self.at += space;
        rest.get(space).copied().unwrap_or_default()
    }

    /// The kind of the next value.
    pub(super) fn kind(&mut self) -> Kind {
        match self.peek() {
            b'n' => Kind::Null,
            b't' | b'f' => Kind::Bool,
            b'"' => Kind::String,
            b'[' => Kind::Array,
            b'{' => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// Passes a bracket that opens a container.
    pub(super) fn open(&mut self) {
        self.peek();
        self.at += 1;
    }

    /// Goes to the next element or key of a container. False if there is none: the container is passed then.
    pub(super) fn advance(&mut self) -> bool {
        match self.peek() {
            b']' | b'}' => {
                self.at += 1;
                false
            }
            b',' => {
                self.at += 1;
                true
            }
            // The first one.
            _ => true,
        }
    }

    /// Passes a key and the colon behind it.
    pub(super) fn key(&mut self) -> Result<Cow<'de, str>, Error> {
        self.peek();
        let key = self.string()?;
        self.peek();
        self.at += 1;
        Ok(key)
    }

    /// Passes a value that has no parts.
    pub(super) fn scalar(&mut self) -> Result<Scalar<'de>, Error> {
        Ok(match self.peek() {
            b'"' => Scalar::String(self.string()?),
            b'n' => {
                self.at += "null".len();
                Scalar::Null
            }
            b't' => {
                self.at += "true".len();
                Scalar::Bool(true)
            }
            b'f' => {
                self.at += "false".len();
                Scalar::Bool(false)
            }
            _ => number(self.number_text())?,
        })
    }

    /// Passes any value: its text.
    pub(super) fn raw(&mut self) -> &'de str {
        let first = self.peek();
        let begin = self.at;
        match first {
            b'"' => {
                self.pass_string();
            }
            b'[' | b'{' => self.pass_container(),
            _ => {
                self.number_text();
            }
        }
        &self.text[begin..self.at]
    }

    /// Passes a string, before which there is no white space.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, Error> {
        let begin = self.at;
        let has_escapes = self.pass_string();
        let quoted = &self.text[begin..self.at];
        if has_escapes {
            serde_json::from_str(quoted).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(&quoted[1..quoted.len() - 1]))
        }
    }

    /// Passes a string. True if characters in it are escaped.
    fn pass_string(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        let mut has_escapes = false;
        self.at += 1;
        loop {
            let rest = &bytes[self.at..];
            let plain = rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\'));
            self.at += plain.count();
            if bytes[self.at] == b'"' {
                self.at += 1;
                return has_escapes;
            }
            // The backslash and what it escapes, which may be a quotation mark.
            self.at += 2;
            has_escapes = true;
        }
    }

    /// Passes an array or object.
    fn pass_container(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.text.as_bytes()[self.at] {
                b'"' => {
                    self.pass_string();
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Passes a number or a word: its text.
    fn number_text(&mut self) -> &'de str {
        let rest = &self.text[self.at..];
        let end = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']);
        let text = &rest[..end.unwrap_or(rest.len())];
        self.at += text.len();
        text
    }
}

fn number(text: &str) -> Result<Scalar<'static>, Error> {
    // Hardly any number is something else.
    if text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let digits = text.bytes().map(|byte| u64::from(byte - b'0'));
        return Ok(Scalar::Unsigned(
            digits.fold(0, |all, digit| all * 10 + digit),
        ));
    }
    let number: Number = serde_json::from_str(text)?;
    Ok(if let Some(number) = number.as_u64() {
        Scalar::Unsigned(number)
    } else if let Some(number) = number.as_i64() {
        Scalar::Negative(number)
    } else {
        Scalar::Float(number.as_f64().unwrap_or_default())
    })
}

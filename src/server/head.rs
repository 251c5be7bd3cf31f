//! The lenient reading of a head that hyper cannot read.
//!
//! The rules are those of nginx and of RFC 9112: carriage returns at the end of a line are trimmed, folded lines are
//! joined, and a field that cannot be read is ignored, unless it tells the length of the body. Anything else is refused.

use std::borrow::Cow;

use axum::http::Uri;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::http::head::{MalformedHead, UnreadableField, UnreadableFields};

/// The most fields that hyper reads.
const MOST_FIELDS: usize = 100;

/// The characters that are escaped in the path of a stand-in.
const NOT_IN_URI: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`');

/// The longest name that a hint repeats. A longer one may be part of a folded value, such as a token.
const LONGEST_NAME: usize = 40;

/// The fields that tell the length of the body. A request without one of them would end elsewhere.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// A head, line by line.
#[derive(Debug)]
pub(super) struct LenientHead<'a> {
    request_line: RequestLine<'a>,
    fields: Vec<HeadField<'a>>,
    unreadable: UnreadableFields,
}

/// The words of a request line, as far as it has them.
#[derive(Debug)]
struct RequestLine<'a> {
    method: &'a [u8],
    target: &'a [u8],
    version: &'a [u8],
    is_longer: bool,
}

/// A field that can be read.
#[derive(Debug)]
struct HeadField<'a> {
    name: &'a str,
    value: Cow<'a, [u8]>,
}

/// The length of a head with its last, empty line; `None` if that has not arrived.
pub(super) fn length(input: &[u8]) -> Option<usize> {
    let mut length = leading_lines(input);
    for line in input[length..].split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        if line.ends_with(b"\n") && trimmed_line(line).is_empty() {
            return Some(length);
        }
    }
    None
}

/// The head at the end of `input`, if a whole one is there.
pub(super) fn last_complete(input: &[u8]) -> Option<&[u8]> {
    let mut from = input.len();
    for line in input.split_inclusive(|byte| *byte == b'\n').rev() {
        from -= line.len();
        if RequestLine::new(line).fault().is_none() {
            let head = &input[from..];
            return (length(head) == Some(head.len())).then_some(head);
        }
    }
    None
}

impl<'a> LenientHead<'a> {
    /// Reads a head, or its beginning.
    pub(super) fn new(input: &'a [u8]) -> Self {
        let mut lines = input[leading_lines(input)..]
            .split(|byte| *byte == b'\n')
            .map(trimmed_line);
        let mut head = Self {
            request_line: RequestLine::new(lines.next().unwrap_or_default()),
            fields: Vec::new(),
            unreadable: UnreadableFields::default(),
        };
        // A folded line belongs to the field before it, unless that was ignored.
        let mut may_continue = false;
        for (n, line) in lines.take_while(|line| !line.is_empty()).enumerate() {
            let read = match line {
                [b' ' | b'\t', ..] if may_continue => head.unfold(line.trim_ascii()),
                [b' ' | b'\t', ..] => Err((None, "it begins with a blank and continues no field")),
                _ => read_field(line).map(|field| head.fields.push(field)),
            };
            may_continue = read.is_ok();
            if let Err((name, why)) = read {
                let (name, line) = (name.map(printable), n + 1);
                head.unreadable.0.push(UnreadableField { name, line, why });
            }
        }
        head
    }

    /// Appends a folded line to the last field.
    fn unfold(&mut self, text: &[u8]) -> Result<(), Unreadable<'a>> {
        let Some(field) = self.fields.last_mut().filter(|_| is_value(text)) else {
            return Err((None, "it has a control character"));
        };
        let value = field.value.to_mut();
        value.push(b' ');
        value.extend_from_slice(text);
        Ok(())
    }

    /// The rule that the request line breaks.
    pub(super) fn request_line_fault(&self) -> Option<MalformedHead> {
        self.request_line.fault()
    }

    /// The fault in the target or in the fields that tell the length of the body. Hyper finds these only after it has
    /// removed the head from its buffer.
    pub(super) fn framing_fault(&self) -> Option<MalformedHead> {
        if Uri::try_from(self.request_line.target).is_err() {
            return Some(MalformedHead::new(
                "the path or query has a character that no URI may have",
            ));
        }
        let unreadable = self.unreadable.0.iter();
        for (field, name) in unreadable.filter_map(|field| Some((field, field.name.as_ref()?))) {
            let loose: String = name.chars().filter(|c| !c.is_whitespace()).collect();
            if FRAMING
                .iter()
                .any(|framing| framing.eq_ignore_ascii_case(&loose))
            {
                let why = field.why;
                return Some(MalformedHead::new(format!("{loose} cannot be read: {why}")));
            }
        }
        let coding = self.values("transfer-encoding").last();
        if let Some(coding) = coding {
            if self.request_line.version == b"HTTP/1.0" {
                return Some(MalformedHead::new("HTTP/1.0 has no Transfer-Encoding"));
            }
            let last = coding
                .rsplit(|byte| *byte == b',')
                .next()
                .unwrap_or_default();
            if !last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Some(MalformedHead::new(
                    "the last Transfer-Encoding must be chunked",
                ));
            }
            return None;
        }
        let mut lengths = self.values("content-length");
        let first = lengths.next()?;
        if first.is_empty() || !first.iter().all(u8::is_ascii_digit) {
            return Some(MalformedHead::new(
                "Content-Length is not a non-negative integer",
            ));
        }
        if std::str::from_utf8(first).is_ok_and(|digits| digits.parse::<u64>().is_err()) {
            return Some(MalformedHead::new("Content-Length is too large"));
        }
        lengths
            .any(|other| other != first)
            .then(|| MalformedHead::new("there are two different values of Content-Length"))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name))
            .map(|field| &*field.value)
    }

    /// True if hyper would refuse the number of fields.
    pub(super) fn has_too_many_fields(&self) -> bool {
        self.fields.len() > MOST_FIELDS
    }

    /// The same head as hyper reads it, and the fields that were left out.
    pub(super) fn into_repaired(self) -> (Vec<u8>, UnreadableFields) {
        let line = &self.request_line;
        let mut text = [line.method, line.target, line.version].join(&b' ');
        text.extend_from_slice(b"\r\n");
        write_fields(&mut text, &self.fields);
        (text, self.unreadable)
    }

    /// A request without a body that stands for one that cannot be read: the method, the path and the fields of the
    /// head, as far as they can be read and are not about the connection.
    pub(super) fn into_stand_in(self) -> Vec<u8> {
        const MOST: usize = 32;
        const LONGEST: usize = 2_048;
        let RequestLine { method, target, .. } = self.request_line;
        let is_method = is_token(method) && method.len() <= 20 && method != b"CONNECT";
        let method = if is_method { method } else { b"GET" };
        let target = &target[..target.len().min(LONGEST)];
        let target = percent_encode(target, NOT_IN_URI).to_string();
        let is_path = target.starts_with('/') && Uri::try_from(&target).is_ok();
        let target = if is_path { &target } else { "/" };
        let mut text = [method, target.as_bytes(), b"HTTP/1.1\r\n"].join(&b' ');
        let mut fields = self.fields;
        fields.retain(|field| {
            let about_connection = [
                "connection",
                "content-length",
                "expect",
                "transfer-encoding",
                "upgrade",
            ];
            let mut names = about_connection.iter();
            !names.any(|name| field.name.eq_ignore_ascii_case(name)) && field.value.len() <= LONGEST
        });
        fields.truncate(MOST);
        write_fields(&mut text, &fields);
        text
    }
}

impl<'a> RequestLine<'a> {
    fn new(line: &'a [u8]) -> Self {
        let mut words = trimmed_line(line).splitn(3, |byte| *byte == b' ');
        let mut word = || words.next().unwrap_or_default();
        let (method, target, version) = (word(), word(), word());
        let is_longer = version.contains(&b' ');
        Self {
            method,
            target,
            version,
            is_longer,
        }
    }

    fn fault(&self) -> Option<MalformedHead> {
        let wrong = match self {
            Self {
                method: [0x16, ..], ..
            } => {
                return Some(MalformedHead::other_protocol(
                    "a TLS handshake; this port speaks plain HTTP, so begin the URL with http://, or ask the port of --tls",
                ));
            }
            Self {
                version: b"HTTP/2.0",
                ..
            } => {
                return Some(MalformedHead::other_protocol(
                    "HTTP/2.0 is not supported; use HTTP/1.1",
                ));
            }
            Self {
                method,
                target,
                version: b"HTTP/1.1" | b"HTTP/1.0",
                ..
            } if is_token(method) && !target.is_empty() => {
                let is_target = |byte: &u8| *byte > b' ' && *byte != 0x7f;
                if target.iter().all(is_target) && std::str::from_utf8(target).is_ok() {
                    return None;
                }
                "the path or query has a character that must be percent-encoded"
            }
            Self {
                version, is_longer, ..
            } if *is_longer || version.is_empty() || !version.starts_with(b"HTTP/") => {
                "the request line must be a method, a path without blanks, and HTTP/1.1"
            }
            Self { method, .. } if !is_token(method) => {
                "the method has a character that is not allowed"
            }
            _ => "the version must be HTTP/1.1 or HTTP/1.0",
        };
        Some(MalformedHead::new(wrong))
    }
}

/// The number of bytes in the empty lines before a request line, which servers skip.
fn leading_lines(input: &[u8]) -> usize {
    let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    input.iter().take_while(|byte| is_line_end(byte)).count()
}

/// A line without its line feed and the carriage returns before it.
fn trimmed_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let n_kept = line.iter().rposition(|byte| *byte != b'\r');
    &line[..n_kept.map_or(0, |last| last + 1)]
}

/// The name of a field, if it has one, and the reason it cannot be read.
type Unreadable<'a> = (Option<&'a [u8]>, &'static str);

fn read_field(line: &[u8]) -> Result<HeadField<'_>, Unreadable<'_>> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return Err((None, "it has no colon"));
    };
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    let name_text = std::str::from_utf8(name).ok().filter(|_| is_token(name));
    let Some(name_text) = name_text else {
        return Err((Some(name), "its name has a character that is not allowed"));
    };
    if !is_value(value) {
        return Err((Some(name), "its value has a control character"));
    }
    Ok(HeadField {
        name: name_text,
        value: value.into(),
    })
}

/// True if a text may be a method or the name of a field.
fn is_token(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

/// True if a text may be the value of a field.
fn is_value(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| *byte == b'\t' || *byte >= b' ' && *byte != 0x7f)
}

/// The beginning of a name, for a hint.
fn printable(name: &[u8]) -> String {
    let beginning = &name[..name.len().min(LONGEST_NAME)];
    String::from_utf8_lossy(beginning).trim().to_owned()
}

fn write_fields(text: &mut Vec<u8>, fields: &[HeadField]) {
    for HeadField { name, value } in fields {
        text.extend_from_slice(name.as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
}

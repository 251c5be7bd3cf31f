//! Secrets that a text quotes by their names: `token=…`, `"password": "…"`, `Authorization: …`, `https://user:…@host`.

use std::ops::Range;

use super::names::{is_fact_text, is_secret_text};

/// The longest name that is looked at.
const LONGEST_NAME: usize = 128;

/// The schemes of credentials.
const SCHEMES: [&[u8]; 2] = [b"bearer ", b"basic "];

/// The shortest credential behind the name of its scheme: shorter words are prose.
const SHORTEST_CREDENTIAL: usize = 8;

/// Finds the values of secret names in a text.
pub fn find(text: &[u8], ranges: &mut Vec<Range<usize>>) {
    for (n, byte) in text.iter().enumerate() {
        match byte {
            b'=' | b':' => {
                ranges.extend(assigned(text, n));
                ranges.extend(user_info(text, n));
            }
            b'B' | b'b' => ranges.extend(credential(text, n)),
            _ => {}
        }
    }
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']')
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}

const fn ends_value(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || is_quote(byte)
        || matches!(byte, b'&' | b';' | b',' | b'<' | b'>' | b')' | b'}' | b'\\')
}

/// The value behind the sign at `n`, if the name before it is that of a secret.
fn assigned(text: &[u8], n: usize) -> Option<Range<usize>> {
    let mut end = n;
    while end > 0 && text[end - 1] == b' ' {
        end -= 1;
    }
    let is_quoted = end > 0 && is_quote(text[end - 1]);
    if is_quoted {
        end -= 1;
        // A document in a text of another has escaped quotes.
        end -= usize::from(end > 0 && text[end - 1] == b'\\');
    } else if end < n {
        return None;
    }
    let name = text[..end].iter().rev();
    let length = name
        .take(LONGEST_NAME + 1)
        .take_while(|byte| is_of_name(**byte))
        .count();
    if length == 0 || length > LONGEST_NAME {
        return None;
    }
    let name = std::str::from_utf8(&text[end - length..end]).ok()?;
    if !is_secret_text(name) {
        return None;
    }
    let name = name.rsplit(['.', '[']).next().unwrap_or(name);
    let behind = n + 1;
    let blanks = text[behind..]
        .iter()
        .take_while(|byte| **byte == b' ')
        .count();
    let is_header = {
        let name = name.to_ascii_lowercase();
        name.contains("authorization") || name.contains("cookie")
    };
    // In prose a colon and a blank come before words: "token: is required".
    if blanks > 0 && !is_quoted && !is_header {
        return None;
    }
    let begin = behind + blanks;
    let (begin, length) = match &text[begin..] {
        [b'\\', b'"', value @ ..] => {
            let end = value.windows(2).position(|bytes| bytes == b"\\\"");
            (begin + 2, end.unwrap_or(value.len()))
        }
        [quote, value @ ..] if is_quote(*quote) => (begin + 1, quoted_length(value, *quote)),
        value if is_header && text[n] == b':' => {
            let ends = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'|' | b'"');
            (begin, value.iter().take_while(|byte| !ends(byte)).count())
        }
        value => (
            begin,
            value.iter().take_while(|byte| !ends_value(**byte)).count(),
        ),
    };
    let value = String::from_utf8_lossy(&text[begin..begin + length]);
    (!is_fact_text(name, &value)).then(|| begin..begin + length)
}

/// The length of a value up to its quote.
fn quoted_length(value: &[u8], quote: u8) -> usize {
    let mut is_escaped = false;
    let within = value.iter().take_while(|byte| {
        let ends = **byte == quote && !is_escaped;
        is_escaped = **byte == b'\\' && !is_escaped;
        !ends
    });
    within.count()
}

/// The user with the password in the authority of a URL whose scheme ends at `n`.
fn user_info(text: &[u8], n: usize) -> Option<Range<usize>> {
    let authority = text[n..].strip_prefix(b"://")?;
    let ends = |byte: &u8| ends_value(*byte) || matches!(byte, b'/' | b'?' | b'#');
    let length = authority.iter().take_while(|byte| !ends(byte)).count();
    let at = authority[..length].iter().rposition(|byte| *byte == b'@')?;
    let begin = n + b"://".len();
    // Without a password the user is a token.
    let colon = authority[..at].iter().position(|byte| *byte == b':');
    let password = colon.map_or(0, |colon| colon + 1);
    (password < at).then(|| begin + password..begin + at)
}

/// The credential behind the scheme at `n`.
fn credential(text: &[u8], n: usize) -> Option<Range<usize>> {
    let follows = n > 0 && text[n - 1].is_ascii_alphanumeric();
    let scheme = SCHEMES.iter().find(|scheme| {
        let word = text.get(n..n + scheme.len());
        word.is_some_and(|word| word.eq_ignore_ascii_case(scheme))
    })?;
    let begin = n + scheme.len();
    let length = text[begin..]
        .iter()
        .take_while(|byte| !ends_value(**byte))
        .count();
    let value = &text[begin..begin + length];
    let is_word = value.iter().all(u8::is_ascii_lowercase);
    (!follows && !is_word && length >= SHORTEST_CREDENTIAL).then(|| begin..begin + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut ranges = Vec::new();
        find(text.as_bytes(), &mut ranges);
        ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_value_is_found_behind_a_secret_name() {
        for (text, secret) in [
            ("https://x/?a=1&token=s3cret&b=2", "s3cret"),
            ("a;token=s3cret;b", "s3cret"),
            (r#"{"password": "s3 cret", "a": 1}"#, "s3 cret"),
            (r#"{\"password\":\"s3cret\"}"#, "s3cret"),
            ("{'api_key': 's3cret'}", "s3cret"),
            ("X-Api-Key:s3cret", "s3cret"),
            (
                "Authorization: Bearer s3cret-s3cret",
                "Bearer s3cret-s3cret",
            ),
            ("curl -H 'x: Bearer s3cret-s3cret'", "s3cret-s3cret"),
            ("git clone https://ann:s3cret@host/x", "s3cret"),
            ("git clone https://s3cret@host/x", "s3cret"),
            ("user[password]=s3cret", "s3cret"),
        ] {
            assert!(found(text).contains(&secret), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn prose_about_secrets_is_left_alone() {
        for text in [
            "auth.identity.token: is required",
            "the token was revoked; log in again",
            "a bearer token, or basic authentication",
            "https://host/path:80?x=user@host",
            "token_type=bearer, password=***",
            "12:30:45",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}

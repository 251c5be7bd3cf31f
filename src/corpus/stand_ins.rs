//! Stand-ins for names, ids, hosts and addresses: the same original has the same stand-in within a session.
//!
//! They are counted, and not computed: a hash of a name can be found by trying names, a number cannot. A stand-in has the
//! form of its original, so that a service would accept the one where it accepts the other.

use std::collections::{HashMap, HashSet};

use super::forms::is_uuid;

/// The most originals of a session. All others are written as shapes.
const MOST: usize = 500_000;

/// The words before `://` that are kept.
const SCHEMES: [&str; 7] = ["http", "https", "git", "ssh", "oci", "ftp", "file"];

/// The longest number that is kept within a text.
const LONGEST_KEPT: usize = 2;

/// The length up to which a stand-in has the letters, digits and signs of its original in the same places.
const SHORT: usize = 6;

/// The length from which a stand-in is as long as its original, since limits may depend on it.
const LONG: usize = 30;

/// The stand-ins of a session.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    known: HashMap<String, String>,
    /// The originals with blanks, which are names because a path or a query has them.
    with_blanks: HashSet<String>,
    count: usize,
}

impl StandIns {
    /// The text with stand-ins for everything in it that may tell something. None if there are too many originals.
    pub(super) fn of(&mut self, text: &str) -> Option<String> {
        if is_uuid(text) {
            return self.token(text);
        }
        let mut written = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(length) = address_length(rest) {
                written.push_str(&self.address(&rest[..length])?);
                rest = &rest[length..];
                continue;
            }
            let length = token_length(rest);
            if length == 0 {
                written.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
            let (token, behind) = rest.split_at(length);
            let is_scheme = behind.starts_with("://") && SCHEMES.contains(&token);
            let is_short =
                token.len() <= LONGEST_KEPT && token.bytes().all(|byte| byte.is_ascii_digit());
            // Behind a percent sign digits are a character.
            if is_scheme || is_short && !written.ends_with('%') {
                written.push_str(token);
            } else {
                written.push_str(&self.token(token)?);
            }
            rest = behind;
        }
        Some(written)
    }

    /// The same for a name that may have blanks. From now on it is one wherever it turns up.
    pub(super) fn of_parameter(&mut self, text: &str) -> Option<String> {
        if text.contains(char::is_whitespace) && self.with_blanks.len() < MOST {
            self.with_blanks.insert(text.to_owned());
        }
        self.of(text)
    }

    /// True for a text with blanks that is a name.
    pub(super) fn is_name(&self, text: &str) -> bool {
        self.with_blanks.contains(text)
    }

    /// The stand-in of an original, if it has one.
    pub(super) fn known(&self, original: &str) -> Option<&str> {
        self.known.get(original).map(String::as_str)
    }

    fn token(&mut self, token: &str) -> Option<String> {
        self.stand_in(token, form_of)
    }

    fn address(&mut self, address: &str) -> Option<String> {
        // Addresses of documentation. Source: RFC 5737.
        self.stand_in(address, |_, n| format!("192.0.2.{}", n % 254 + 1))
    }

    fn stand_in(&mut self, original: &str, form: impl Fn(&str, usize) -> String) -> Option<String> {
        if let Some(known) = self.known.get(original) {
            return Some(known.clone());
        }
        if self.known.len() >= MOST {
            return None;
        }
        self.count += 1;
        let stand_in = form(original, self.count);
        self.known.insert(original.to_owned(), stand_in.clone());
        Some(stand_in)
    }
}

/// The length of the token at the beginning of a text; 0: there is none.
fn token_length(text: &str) -> usize {
    let is_of_token = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    text.find(|c: char| !is_of_token(c)).unwrap_or(text.len())
}

/// The length of the IPv4 address at the beginning of a text.
fn address_length(text: &str) -> Option<usize> {
    let length = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let address = text[..length].trim_end_matches('.');
    let is_part = |part: &str| (1..=3).contains(&part.len());
    (address.split('.').count() == 4 && address.split('.').all(is_part)).then_some(address.len())
}

/// The stand-in number `n` in the form of an original.
fn form_of(original: &str, n: usize) -> String {
    let length = original.chars().count();
    let all = |is: fn(u8) -> bool| original.bytes().all(is);
    if is_uuid(original) {
        return format!("00000000-0000-4000-8000-{n:012x}");
    }
    if all(|byte| byte.is_ascii_digit()) {
        return format!("9{n:0>width$}", width = length.saturating_sub(1));
    }
    if length >= 16 && all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return format!("a{n:0>width$x}", width = length - 1);
    }
    if length < SHORT
        && let Some(short) = short_form(original, n)
    {
        return short;
    }
    let has = |is: fn(char) -> bool| original.chars().any(is);
    let first = original.chars().next().unwrap_or('n');
    let last = original.chars().next_back().unwrap_or('n');
    let mut word = String::new();
    if matches!(first, '-' | '_') {
        word.push(first);
    } else if first.is_ascii_digit() {
        word.push('1');
    }
    word.push_str(
        match (
            first.is_uppercase(),
            has(char::is_uppercase),
            has(char::is_lowercase),
        ) {
            (true, _, false) | (false, true, false) => "NAME",
            (true, _, true) => "Name",
            (false, true, true) => "naMe",
            _ => "name",
        },
    );
    if has(|c| !c.is_ascii()) {
        word.push('名');
    }
    if original.contains('_') {
        word.push('_');
    } else if original.contains('-') {
        word.push('-');
    }
    let mut end = n.to_string();
    if matches!(last, '-' | '_') && length > 1 {
        end.push(last);
    }
    let filled = word.chars().count() + end.len();
    if length >= LONG && filled < length {
        word.extend(std::iter::repeat_n('x', length - filled));
    }
    word + &end
}

/// The stand-in of a short name, of the same length and with letters, digits and signs in the same places, since a rule may
/// be about any of them. None if there are more names than such stand-ins.
fn short_form(original: &str, n: usize) -> Option<String> {
    let mut left = n;
    let mut places: Vec<char> = Vec::new();
    for c in original.chars().rev() {
        let (first, radix) = match c {
            'a'..='z' => (b'a', 26),
            'A'..='Z' => (b'A', 26),
            '0'..='9' => (b'0', 10),
            other if other.is_alphanumeric() => {
                places.push('名');
                continue;
            }
            sign => {
                places.push(sign);
                continue;
            }
        };
        let digit = u8::try_from(left % radix).ok()?;
        left /= radix;
        places.push(char::from(first + digit));
    }
    let short: String = places.into_iter().rev().collect();
    (left == 0 && short != original).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<String> {
        let mut stand_ins = StandIns::default();
        texts
            .iter()
            .map(|text| stand_ins.of(text).unwrap())
            .collect()
    }

    #[test]
    fn the_same_original_has_the_same_stand_in_in_every_text() {
        let stand_ins = of(&[
            "shop",
            "registry.acme.example:5000/team/shop:v7",
            "other",
            "shop",
        ]);
        assert_eq!(stand_ins[0], stand_ins[3]);
        assert!(
            stand_ins[1].contains(&format!("/{}:", stand_ins[0])),
            "{stand_ins:?}"
        );
        assert_ne!(stand_ins[0], stand_ins[2]);
        for original in ["shop", "acme", "registry", "team", "5000", "v7"] {
            assert!(
                stand_ins.iter().all(|text| !text.contains(original)),
                "{original} {stand_ins:?}"
            );
        }
    }

    #[test]
    fn a_stand_in_has_the_form_of_its_original() {
        let stand_ins = of(&[
            "4105b37a-947e-4aca-90d8-cec7c04c6f38",
            "0605767aee00d2562f3cc0123456789a",
            "66287b110b8b8a631910f5ae",
            "1234567",
            "Bad Name!",
            "UPPER",
            "a_b",
            "10.0.0.1/16",
            "https://u:p@host.example/a",
        ]);
        assert!(is_uuid(&stand_ins[0]));
        assert_eq!(stand_ins[1].len(), 32);
        assert_eq!(stand_ins[2].len(), 24);
        assert_eq!(stand_ins[3].len(), 7);
        assert!(stand_ins[3].bytes().all(|byte| byte.is_ascii_digit()));
        assert!(
            stand_ins[4].contains(' ') && stand_ins[4].ends_with('!'),
            "{stand_ins:?}"
        );
        assert!(stand_ins[5].bytes().all(|byte| byte.is_ascii_uppercase()));
        assert!(stand_ins[6].contains('_'));
        assert!(
            stand_ins[7].starts_with("192.0.2.") && stand_ins[7].ends_with("/16"),
            "{stand_ins:?}"
        );
        assert!(stand_ins[8].starts_with("https://"), "{stand_ins:?}");
    }

    #[test]
    fn percent_encoded_letters_are_not_kept() {
        let stand_ins = of(&["%61%62%63"]);
        assert!(!stand_ins[0].contains("61"), "{stand_ins:?}");
    }
}

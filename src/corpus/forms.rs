//! The forms of texts: what can be said of a text without saying the text.

use crate::sim::time::parse_rfc3339;

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum TextForm {
    Empty,
    Uuid,
    /// Lower-case hexadecimal digits, 16 or more.
    Hex,
    /// Decimal digits only.
    Digits,
    /// A number with a sign, a fraction or an exponent.
    Number,
    /// An RFC 3339 timestamp.
    Rfc3339,
    /// A date and a time with a blank between them.
    DateTime,
    /// A date.
    Date,
    Cron,
    Url,
    Json,
    Boolean,
    /// A word, as of a name.
    Word,
    /// Words on one line.
    Words,
    /// Several lines.
    Lines,
}

impl TextForm {
    pub fn of(text: &str) -> Self {
        let all = |is: fn(u8) -> bool| text.bytes().all(is);
        if text.is_empty() {
            Self::Empty
        } else if is_uuid(text) {
            Self::Uuid
        } else if all(|byte| byte.is_ascii_digit()) {
            Self::Digits
        } else if text.len() >= 16 && all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            Self::Hex
        } else if matches!(text, "true" | "false") {
            Self::Boolean
        } else if is_number(text) {
            Self::Number
        } else if parse_rfc3339(text).is_some() || is_basic_time(text) {
            Self::Rfc3339
        } else if is_like(text, "dddd-dd-dd dd:dd:dd") {
            Self::DateTime
        } else if is_like(text, "dddd-dd-dd") {
            Self::Date
        } else if is_cron(text) {
            Self::Cron
        } else if text.contains('\n') {
            Self::Lines
        } else if is_json(text) {
            Self::Json
        } else if is_url(text) {
            Self::Url
        } else if text.contains(char::is_whitespace) {
            Self::Words
        } else {
            Self::Word
        }
    }

    /// True if texts of this form tell a time or nothing at all, and so nothing of anybody.
    pub const fn is_time(self) -> bool {
        matches!(
            self,
            Self::Rfc3339 | Self::DateTime | Self::Date | Self::Cron
        )
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

pub fn is_uuid(text: &str) -> bool {
    is_like(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

/// The form of the clock of signatures, `20300101T120000Z`.
fn is_basic_time(text: &str) -> bool {
    is_like(text, "ddddddddTddddddZ")
        || is_like(
            text.split('.').next().unwrap_or_default(),
            "dddd-dd-ddTdd:dd:dd",
        )
}

/// Compares a text with a picture, in which `d` is a digit, `x` a hexadecimal one, and others are themselves. What a
/// picture of a time leaves out may follow: a fraction and a zone.
fn is_like(text: &str, picture: &str) -> bool {
    text.len() == picture.len()
        && text
            .bytes()
            .zip(picture.bytes())
            .all(|(byte, picture)| match picture {
                b'd' => byte.is_ascii_digit(),
                b'x' => byte.is_ascii_hexdigit(),
                other => byte == other,
            })
}

fn is_number(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    let begins = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_digit() || byte == b'-');
    begins && text.len() <= 32 && text.bytes().all(is_part) && text.parse::<f64>().is_ok()
}

/// A schedule: five to seven fields, each of one or two digits, signs, and names of days or months.
fn is_cron(text: &str) -> bool {
    const NAMES: [&str; 19] = [
        "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
        "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ];
    let is_part = |part: &str| {
        let is_short = part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_year = part.len() == 4 && (part.starts_with("19") || part.starts_with("20"));
        is_short
            || is_year && part.bytes().all(|byte| byte.is_ascii_digit())
            || matches!(part, "*" | "?" | "L" | "W" | "LW")
            || NAMES.contains(&&*part.to_ascii_uppercase())
    };
    let is_field = |field: &str| field.split(['-', ',', '/', '#']).all(is_part);
    let fields = text.split(' ').filter(|field| !field.is_empty());
    let n_fields = fields.clone().count();
    (5..=7).contains(&n_fields)
        && text.len() <= 100
        && text.contains(['*', '?'])
        && fields.clone().all(is_field)
}

fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        !scheme.is_empty()
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'+')
    };
    scheme.is_some_and(is_scheme) && !text.contains(char::is_whitespace)
}

/// The number of a version, such as `1.13.9-r4`: two or three short numbers. Four may be an address.
pub fn is_version(text: &str) -> bool {
    let digits = |part: &str| {
        (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (numbers, revision) = text
        .split_once("-r")
        .map_or((text, None), |(numbers, r)| (numbers, Some(r)));
    let numbers = numbers.strip_prefix('v').unwrap_or(numbers);
    let n_numbers = numbers.split('.').count();
    (2..=3).contains(&n_numbers) && numbers.split('.').all(digits) && revision.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_the_narrowest_form() {
        for (text, form) in [
            ("", TextForm::Empty),
            ("4105b37a-947e-4aca-90d8-cec7c04c6f38", TextForm::Uuid),
            ("0605767aee00d2562f3cc0123456789a", TextForm::Hex),
            ("66287b110b8b8a631910f5ae", TextForm::Hex),
            ("12345", TextForm::Digits),
            ("-1.5", TextForm::Number),
            ("2030-01-01T00:00:00Z", TextForm::Rfc3339),
            ("2030-01-01T00:00:00.000000", TextForm::Rfc3339),
            ("20300101T120000Z", TextForm::Rfc3339),
            ("2030-01-01 00:00:00", TextForm::DateTime),
            ("2030-01-01", TextForm::Date),
            ("0 00-59/10 00-00 ? * MON *", TextForm::Cron),
            ("1234 5678 9012 3456 *", TextForm::Words),
            ("https://a.example/b", TextForm::Url),
            ("{\"a\":1}", TextForm::Json),
            ("release-1", TextForm::Word),
            ("one two", TextForm::Words),
            ("one\ntwo", TextForm::Lines),
        ] {
            assert_eq!(TextForm::of(text), form, "{text}");
        }
    }

    #[test]
    fn versions_are_short_numbers() {
        assert!(is_version("1.13.9-r4") && is_version("v1.2"));
        assert!(
            !is_version("1")
                && !is_version("10.0.0.1")
                && !is_version("12345.1")
                && !is_version("1.2.x")
        );
    }
}

//! YAML as the service writes it: blocks of two blanks, sorted keys, lists at the depth of their key, quotes only where a
//! text would be read as something else.

use std::fmt::Write as _;

use serde_json::Value;

/// The words that YAML 1.1 reads as something else than a text.
const WORDS: [&str; 12] = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<", "=",
];

/// Writes a document.
pub(super) fn write_yaml(value: &Value) -> String {
    let mut text = String::new();
    write_value(value, 0, &mut text);
    text
}

/// Writes a value that begins a line, and ends it.
fn write_value(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (n, (key, value)) in fields.iter().enumerate() {
                // The first field may stand behind a dash.
                if n > 0 {
                    push_indent(indent, text);
                }
                write_key(key, text);
                text.push(':');
                write_below(value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    push_indent(indent, text);
                }
                text.push_str("- ");
                write_value(item, indent + 2, text);
            }
        }
        scalar => {
            write_scalar(scalar, indent, text);
            text.push('\n');
        }
    }
}

/// Writes the value of a key.
fn write_below(value: &Value, indent: usize, text: &mut String) {
    let below = match value {
        Value::Object(fields) if !fields.is_empty() => indent + 2,
        Value::Array(items) if !items.is_empty() => indent,
        scalar => {
            text.push(' ');
            write_scalar(scalar, indent + 2, text);
            text.push('\n');
            return;
        }
    };
    text.push('\n');
    push_indent(below, text);
    write_value(value, below, text);
}

/// A key stands on one line.
fn write_key(key: &str, text: &mut String) {
    if key.contains('\n') {
        let _ = write!(text, "{}", Value::from(key));
    } else {
        write_text(key, 0, text);
    }
}

fn write_scalar(scalar: &Value, indent: usize, text: &mut String) {
    match scalar {
        Value::String(string) => write_text(string, indent, text),
        // Numbers, words, and the empty object and list are written as in JSON.
        other => {
            let _ = write!(text, "{other}");
        }
    }
}

fn write_text(string: &str, indent: usize, text: &mut String) {
    let is_printable = |c: char| c == '\n' || !c.is_control();
    if string.contains('\n') && string.chars().all(is_printable) && !string.starts_with([' ', '\n'])
    {
        write_lines(string, indent, text);
    } else if is_plain(string) {
        text.push_str(string);
    } else if !is_other(string) && string.chars().all(|c| !c.is_control()) && !string.is_empty() {
        let _ = write!(text, "'{}'", string.replace('\'', "''"));
    } else {
        // JSON's escapes are YAML's too.
        let _ = write!(text, "{}", Value::from(string));
    }
}

/// Writes a text of several lines as a block.
fn write_lines(string: &str, indent: usize, text: &mut String) {
    let (lines, end) = match string.strip_suffix('\n') {
        None => (string, "-"),
        Some(lines) if lines.ends_with('\n') => (lines, "+"),
        Some(lines) => (lines, ""),
    };
    text.push('|');
    text.push_str(end);
    for line in lines.split('\n') {
        text.push('\n');
        if !line.is_empty() {
            push_indent(indent.max(2), text);
            text.push_str(line);
        }
    }
}

fn push_indent(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n(' ', indent));
}

/// True if a text would be read as a number, a time, or a word of YAML.
fn is_other(string: &str) -> bool {
    let word = string.to_ascii_lowercase();
    if string.is_empty() || WORDS.contains(&&*word) {
        return true;
    }
    let number = word.trim_start_matches(['+', '-']).replace('_', "");
    let is_word_number = matches!(&*number, ".inf" | ".nan");
    let begins_like_one = number.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let is_hex = number.strip_prefix("0x").is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let is_sexagesimal = number.contains(':')
        && number
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    let is_date = number.len() >= 10
        && number.as_bytes()[..10]
            .iter()
            .enumerate()
            .all(|(n, byte)| match n {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    is_word_number
        || is_hex
        || is_date
        || begins_like_one && (is_sexagesimal || number.parse::<f64>().is_ok())
}

/// True if a text needs no quotes.
fn is_plain(string: &str) -> bool {
    let begins = |c: char| "-?:,[]{}#&*!|>'\"%@`".contains(c);
    let first_is_plain = match string.chars().next() {
        None => return false,
        // These three may begin a text if no blank follows.
        Some('-' | '?' | ':') => string.chars().nth(1).is_some_and(|next| next != ' '),
        Some(first) => !begins(first),
    };
    first_is_plain
        && !is_other(string)
        && !string.starts_with(' ')
        && !string.ends_with([' ', ':'])
        && !string.contains(": ")
        && !string.contains(" #")
        && !string.starts_with("---")
        && !string.starts_with("...")
        && !string.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_have_quotes_only_where_they_need_them() {
        for (text, written) in [
            ("web", "web"),
            ("r/web:1", "r/web:1"),
            ("1.0", "\"1.0\""),
            ("yes", "\"yes\""),
            ("", "\"\""),
            ("0x1F", "\"0x1F\""),
            ("2030-01-01", "\"2030-01-01\""),
            ("- a", "'- a'"),
            ("a: b", "'a: b'"),
            ("it's # x", "'it''s # x'"),
            ("@x", "'@x'"),
            ("a\tb", "\"a\\tb\""),
            ("a\nb", "|-\n  a\n  b"),
            ("a\n\nb\n", "|\n  a\n\n  b"),
        ] {
            assert_eq!(write_yaml(&json!({ "k": text })), format!("k: {written}\n"));
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = r"[ -~]{0,12}|[a-z\n ]{0,8}|-?[0-9]{1,3}(\.[0-9])?|é{0,2}";
        let leaf = prop_oneof![
            text.prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z0-9.: ]{1,6}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_reader_gets_back_every_value(value in any_value()) {
            let written = write_yaml(&json!({ "k": value }));
            let read: Value = serde_saphyr::from_str(&written).map_err(|error| {
                TestCaseError::fail(format!("{error}\n{written}"))
            })?;
            prop_assert_eq!(&read["k"], &value, "{}", written);
        }
    }
}

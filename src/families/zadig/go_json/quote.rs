//! Quoted texts, in the form of Go's `%q`.

use std::fmt::Write;

/// A text in quotes, in the form of Go's `%q`.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        escape(c, &mut quoted);
    }
    quoted.push('"');
    quoted
}

fn escape(c: char, to: &mut String) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\x07' => "\\a",
        '\x08' => "\\b",
        '\x0c' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\x0b' => "\\v",
        _ => "",
    };
    let unprintable = c != '\'' && c.escape_debug().len() > 1;
    let written = match u32::from(c) {
        _ if !short.is_empty() => to.write_str(short),
        _ if !unprintable => to.write_char(c),
        code if code < 0x80 => write!(to, "\\x{code:02x}"),
        code if code < 0x1_0000 => write!(to, "\\u{code:04x}"),
        code => write!(to, "\\U{code:08x}"),
    };
    written.expect("a String takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_those_of_go() {
        assert_eq!(
            quote("ä'\u{7f}\u{200b}\u{e0001}"),
            "\"ä'\\x7f\\u200b\\U000e0001\""
        );
    }
}

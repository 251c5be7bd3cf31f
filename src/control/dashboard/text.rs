//! Texts as pages show them: those of users, instants, lengths of time, numbers.

use maud::{Markup, html};

use crate::sim::Millis;
use crate::sim::time::rfc3339;
pub(super) use crate::world::controls::encoded as segment;

/// The most characters of a user's text in a list.
const SHORT: usize = 80;

/// The most characters of a user's text where it is the subject.
const LONG: usize = 2_000;

/// A user's text in a list: shortened, and isolated from the direction of the text around it.
pub(super) fn short(text: &str) -> Markup {
    html! { bdi { (shortened(text, SHORT)) } }
}

/// A user's text where it is the subject.
pub(super) fn long(text: &str) -> Markup {
    html! { bdi { (shortened(text, LONG)) } }
}

/// The beginning of a text, with an ellipsis if there is more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// An instant, its day in small letters before its time.
pub(super) fn instant(at: Millis) -> Markup {
    let text = rfc3339(at);
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    let time = time.trim_end_matches('Z');
    html! { time datetime=(text) { span.day { (day) } " " (time) } }
}

/// The time of an instant without its day.
pub(super) fn time_of_day(at: Millis) -> Markup {
    let text = rfc3339(at);
    let (_, time) = text.split_once('T').unwrap_or(("", &text));
    html! { time datetime=(text) { (time.trim_end_matches('Z')) } }
}

/// The time until an instant, which the script keeps up to date.
pub(super) fn countdown(at: Millis, now: Millis) -> Markup {
    html! { span.countdown data-due=(at) { (distance(at - now)) } }
}

/// A length of time relative to the present: `in 5 s`, `3 min ago`.
fn distance(length: Millis) -> String {
    match length {
        0 => "now".to_owned(),
        1.. => format!("in {}", words(length)),
        _ => format!("{} ago", words(-length)),
    }
}

/// A length of time in its largest two units.
pub(super) fn words(length: Millis) -> String {
    const UNITS: [(Millis, &str); 4] = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "min"),
        (1_000, "s"),
    ];
    if length < 1_000 {
        return format!("{length} ms");
    }
    let first = UNITS.iter().position(|(unit, _)| length >= *unit);
    let mut rest = length;
    let mut words = Vec::new();
    for (unit, name) in UNITS.iter().skip(first.unwrap_or(0)).take(2) {
        let n = rest / unit;
        rest %= unit;
        if n > 0 {
            words.push(format!("{n} {name}"));
        }
    }
    words.join(" ")
}

/// A number with its noun.
pub(super) fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_its_largest_two_units() {
        for (length, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h"),
            (3_661_000, "1 h 1 min"),
            (90_061_000, "1 d 1 h"),
        ] {
            assert_eq!(words(length), expected);
        }
        assert_eq!(distance(-2_000), "2 s ago");
    }

    #[test]
    fn a_text_is_cut_between_characters_and_escaped() {
        assert_eq!(shortened("äöü", 2), "äö…");
        assert_eq!(shortened("äö", 2), "äö");
        let shown = short("<script>\"\u{202e}&").into_string();
        assert_eq!(shown, "<bdi>&lt;script&gt;&quot;\u{202e}&amp;</bdi>",);
    }
}

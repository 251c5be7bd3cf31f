//! The texts of the document: paragraphs with code in backticks and addresses.

use maud::{Markup, html};

/// A text as paragraphs.
pub(super) fn paragraphs(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (line(paragraph)) }
        }
    }
}

/// A text in a line.
pub(super) fn line(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (linked(part)) }
        }
    }
}

/// A text with its addresses as links.
fn linked(text: &str) -> Markup {
    html! {
        @for (n, word) in text.split(' ').enumerate() {
            @if n > 0 { " " }
            @if word.starts_with("https://") {
                @let address = word.trim_end_matches([',', ';', '.', ')']);
                a href=(address) rel="noreferrer" { (address) } (word[address.len()..])
            } @else { (word) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_addresses_are_marked_and_everything_is_escaped() {
        let shown = line("see `a<b`, https://example.com/a?b=\"c\", <i>").into_string();
        assert_eq!(
            shown,
            "see <code>a&lt;b</code>, <a href=\"https://example.com/a?b=&quot;c&quot;\" rel=\"noreferrer\">\
             https://example.com/a?b=&quot;c&quot;</a>, &lt;i&gt;"
        );
    }
}

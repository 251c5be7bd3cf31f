//! Requests: the journal, a single request with the reasons of its answer, and assertions on them.

mod differences;
mod entry;
mod filter;
mod list;
mod verify;

use maud::{Markup, html};
use percent_encoding::{AsciiSet, CONTROLS};

use super::shown::Shown;
use super::text::{long, short};
pub(super) use entry::show_entry;
pub(super) use filter::FAMILIES;
pub(super) use list::show_list;
pub(super) use verify::show_verification;

/// The characters that mean something in a query. Names of parameters stay readable.
const IN_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>');

/// The hint of an answer, decoded; empty if it has none.
fn hint(record: &Shown) -> String {
    let hint = record.at("response.headers").get("x-emulator-hint").text();
    let decoded = percent_encoding::percent_decode_str(&hint);
    decoded.decode_utf8_lossy().into_owned()
}

/// A status, in the colour of its class.
fn status(status: u64) -> Markup {
    let class = match status {
        0..400 => "good",
        400..500 => "refused",
        _ => "failed",
    };
    html! { span class={ "status-code " (class) } { (status) } }
}

/// The requests that come nearest to a filter, with the fields that differ.
fn near_misses(misses: &[Shown]) -> Markup {
    html! {
        ol.misses {
            @for miss in misses {
                li {
                    a href={ "/_emulator/requests/" (miss.get("id").text()) } {
                        (status(miss.get("status").number().unwrap_or_default())) " "
                        b { (miss.get("method").text()) } " " code { (short(&miss.get("path").text())) }
                    }
                    (differences_table(&miss.get("differs").entries()))
                }
            }
        }
    }
}

/// Fields with the wanted and the actual value.
fn differences_table(differences: &[Shown]) -> Markup {
    html! {
        table.differences {
            thead { tr { th scope="col" { "Field" } th scope="col" { "Wanted" } th scope="col" { "Got" } } }
            tbody {
                @for difference in differences {
                    tr {
                        th scope="row" { code { (short(&difference.get("field").text())) } }
                        td { (value(&difference.get("wanted"))) }
                        td { (value(&difference.get("got"))) }
                    }
                }
            }
        }
    }
}

fn value(value: &Shown) -> Markup {
    html! {
        @if value.is_null() { span.none { "none" } } @else { code { (long(&value.text())) } }
    }
}

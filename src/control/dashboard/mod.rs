//! The dashboard: the control plane as pages for people, at `/_emulator/`.
//!
//! The server renders each page whole ([`layout`]); `dashboard.js` refreshes its live parts whenever the stream of events
//! has something new, and sends requests. A page is confined by its policy to the scripts and styles of the binary, so
//! neither may be inline. Texts of users go through [`text`], which shortens and isolates them.
//!
//! # What elements ask of the script
//!
//! | attribute | effect |
//! |---|---|
//! | `data-live` with an `id` | the element follows the page that the server renders now |
//! | `data-hold` with `data-live` | it stands still while somebody points at it or has the focus in it |
//! | `data-keep` | the element and all in it stay as they are when the page is refreshed |
//! | `data-send="POST /path"` on a button or form | sends that request; `{name}` in the path is a field of the form |
//! | `data-body='{"json":1}'` | its body; the fields of a form are put into it by their dotted names, such as `do.status` |
//! | `data-type` on a field | `number`, `boolean`, `json`, `lines` (an array) or `instant`; absent: a text. An empty field is left out |
//! | `data-credential="X-Auth-Token"` | the header with which a service is called, filled in by the script |
//! | `data-confirm="…"` | asks first |
//! | `data-done="…"` | the message after success; `{name}` in it is a field of the answer |
//! | `data-then="/path"` | the page that opens after success |
//! | `data-curl` on a button in a form, or beside its button | shows the request as curl without sending it |
//! | `data-copy="text"`, `data-copy-from="id"` | copies the text, or that of the element |
//! | `data-now` | the clock, which ticks |
//! | `data-due="ms"` | the time until a virtual instant |
//! | `data-load="GET /path"` on `details` | shows the answer in its `pre` when it is opened |
//!
//! A page without a policy of its own, and thus a new part, is a row in [`parts`] and a line in [`routes`].

mod assets;
mod clock_bar;
mod curl;
mod demo;
mod failures;
mod fields;
pub(super) mod layout;
mod look;
mod overview;
mod parts;
mod reference;
mod release;
mod requests;
mod shown;
mod sign_in;
mod text;
mod tone;

use axum::routing::MethodFilter;

use super::dialect::Control;
use crate::http::routes::{Route, Routes};
pub(super) use layout::Visit;
pub(super) use overview::overview;
pub(super) use parts::is_page;
pub(super) use sign_in::{is_asset, sign_in};

/// The routes. No document declares them: they are for people.
pub(super) fn routes() -> Routes<Control> {
    let page = |path: &'static str| Route::new(path);
    let get = MethodFilter::GET;
    Routes::default()
        .with(page("/_emulator/dashboard/{file}").and_on(get, assets::show_asset))
        .with(page("/_emulator/releases/{family}/{id}").and_on(get, release::show_release))
        .with(
            page("/_emulator/releases/{family}/{id}/failures/{at}")
                .and_on(get, release::show_failures),
        )
        .with(page("/_emulator/requests").and_on(get, requests::show_list))
        .with(page("/_emulator/requests/verify").and_on(get, requests::show_verification))
        .with(page("/_emulator/requests/{id}").and_on(get, requests::show_entry))
        .with(page("/_emulator/failures").and_on(get, failures::show_failures))
        .with(page("/_emulator/failures/script").and_on(get, failures::new_script))
        .with(page("/_emulator/failures/script/{id}").and_on(get, failures::edit_script))
        .with(page("/_emulator/failures/fault").and_on(get, failures::new_fault))
        .with(page("/_emulator/failures/fault/{id}").and_on(get, failures::edit_fault))
        .with(page("/_emulator/demo").and_on(get, demo::show_demo))
        .with(page("/_emulator/reference").and_on(get, reference::show_reference))
        .with(page("/_emulator/reference/{id}").and_on(get, reference::show_operation))
}

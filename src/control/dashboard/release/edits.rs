//! The commands that need a body: forms that begin with the JSON of the resource as it is.

use maud::{Markup, html};

use crate::control::dashboard::shown::Shown;
use crate::registry::World;
use crate::world::controls::{EditRequest, ResourceControls};

/// The length of the longest body in a form, in bytes. A page with more would be slow to load.
const LONGEST_BODY: usize = 20_000;

/// The most lines of a form that are seen at once.
const MOST_LINES: usize = 24;

/// An edit, with the body to begin with.
pub(super) struct Draft<'a> {
    request: &'a EditRequest,
    body: String,
    /// True if the body has secrets, which are not shown.
    has_secrets: bool,
}

/// The edits whose bodies fit into a form.
pub(super) fn drafts<'a>(world: &World, controls: &'a ResourceControls) -> Vec<Draft<'a>> {
    let edits = controls.edits.iter();
    let drafts = edits.map(|request| {
        let (shown, has_secrets) = Shown::of_text(world, &request.body);
        let body = shown.pretty();
        Draft {
            request,
            body,
            has_secrets,
        }
    });
    drafts
        .filter(|draft| draft.body.len() <= LONGEST_BODY)
        .collect()
}

impl Draft<'_> {
    pub(super) fn command(&self) -> &'static str {
        self.request.command
    }

    /// The form, which is closed at first.
    pub(super) fn form(&self, credential: &str) -> Markup {
        let EditRequest {
            command,
            label,
            method,
            path,
            ..
        } = self.request;
        let id = format!("edit-{command}");
        let lines = self.body.lines().count().clamp(4, MOST_LINES);
        html! {
            details.draft data-key=(id) {
                summary { (label) "…" }
                form.draft data-send={ (method) " " (path) } data-credential=(credential) data-done={ (label) ": accepted" } {
                    label for=(id) { "Body (JSON)" }
                    textarea id=(id) name="." data-type="json" rows=(lines) spellcheck="false" { (self.body) }
                    @if self.has_secrets { p.hint { "Secrets are masked: write them anew, or they are replaced by their masks." } }
                    div.actions {
                        button type="submit" { (label) }
                        button.quiet type="button" data-curl { "curl" }
                    }
                }
            }
        }
    }
}

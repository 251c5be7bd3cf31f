//! The rules in force with their use counts, and the templates for new ones.

use axum::response::Response;
use maud::{Markup, html};

use super::Kind;
use super::templates::templates;
use crate::control::dashboard::Visit;
use crate::control::dashboard::parts::FAILURES;
use crate::control::dashboard::shown::Shown;
use crate::control::dashboard::text::{counted, segment, short};
use crate::control::faults::listed_faults;
use crate::control::scripts::listed_scripts;

/// The fields of a rule that are not part of what it does.
const ABOUT_ITSELF: [&str; 7] = ["id", "used", "fits", "misfit", "nearest", "enabled", "seed"];

pub(in crate::control::dashboard) async fn show_failures(visit: Visit) -> Response {
    let world = &visit.world;
    let scripts = Shown::new(world, &listed_scripts(world));
    let faults = Shown::new(world, &listed_faults(world));
    let main = html! {
        h1 { "Make it fail" }
        p.lead { "Scripts decide how work ends: it fails, takes longer, hangs. Faults break requests: a status, a delay, a dropped connection." }
        section aria-label="Templates" {
            h2 { "Templates" }
            (templates())
        }
        (rules(Kind::Script, "Scripts", &scripts.get("scripts").entries()))
        (rules(Kind::Fault, "Faults", &faults.get("faults").entries()))
    };
    visit.page(FAILURES, FAILURES.name, &main)
}

fn rules(kind: Kind, title: &str, rules: &[Shown]) -> Markup {
    let noun = kind.noun();
    html! {
        section aria-label=(title) {
            div.section-head {
                h2 { (title) }
                p.actions {
                    a.button href=(kind.form()) { "New " (noun) }
                    button.danger type="button" data-send={ "DELETE " (kind.api()) } data-confirm={ "Remove all " (noun) "s?" } data-done={ "Removed all " (noun) "s" } { "Remove all " (noun) "s" }
                }
            }
            div id={ (noun) "s" } data-live {
                @if rules.is_empty() { p.empty { "There are no " (noun) "s." } }
                ol.rules { @for rule in rules { (listed(kind, rule)) } }
            }
        }
    }
}

/// A rule in the list.
fn listed(kind: Kind, rule: &Shown) -> Markup {
    let id = rule.get("id").text();
    let path = format!("{}/{}", kind.api(), segment(&id));
    let used = rule.get("used").number().unwrap_or_default();
    let is_enabled = rule.get("enabled").is_null();
    let (misfit, nearest) = (rule.get("misfit").text(), rule.get("nearest").text());
    html! {
        li.rule id={ (kind.noun()) "-" (id) } {
            div.rule-head {
                a href={ (kind.form()) "/" (segment(&id)) } { code { (short(&id)) } }
                " "
                @if !is_enabled { span.badge.off { "off" } }
                @else if used == 0 { span.badge.unused { "unused" } }
                @else { span.badge.used { "used " (counted(usize::try_from(used).unwrap_or(usize::MAX), "time", "times")) } }
            }
            p.words {
                @for (name, value) in rule.fields() {
                    @if !ABOUT_ITSELF.contains(&name.as_str()) {
                        span.word { b { (name) } " " (words(&value)) }
                    }
                }
            }
            @if !misfit.is_empty() {
                p.why {
                    "Fits nothing that exists: " code { "match." (misfit) }
                    @if !nearest.is_empty() { "; the nearest is " code { (short(&nearest)) } }
                }
            }
            p.actions {
                a.button href={ (kind.form()) "/" (segment(&id)) } aria-label={ "Edit " (id) } { "Edit" }
                @let word = if is_enabled { "Turn off" } else { "Turn on" };
                button type="button" data-send={ "PUT " (path) } data-body=(rule.with("enabled", !is_enabled).json())
                    data-done={ (word) ": done" } aria-label={ (word) " " (id) } { (word) }
                button.danger type="button" data-send={ "DELETE " (path) } data-done={ "Removed the " (kind.noun()) } aria-label={ "Remove " (id) } { "Remove" }
            }
        }
    }
}

/// A value in the words of the API: the fields of an object one by one.
fn words(value: &Shown) -> Markup {
    let fields = value.fields();
    html! {
        @if fields.is_empty() {
            @let text = value.text();
            code { @if text == "{}" { "everything" } @else { (short(&text)) } }
        } @else {
            @for (name, value) in fields { code { (name) " " (short(&value.text())) } " " }
        }
    }
}

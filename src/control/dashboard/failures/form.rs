//! The forms of scripts and faults. The names of the fields are those of the API.

use axum::response::Response;
use maud::{Markup, html};

use super::Kind;
use crate::control::dashboard::Visit;
use crate::control::dashboard::fields::{Field, Input};
use crate::control::dashboard::parts::FAILURES;
use crate::control::dashboard::shown::Shown;
use crate::control::dashboard::text::{segment, short};
use crate::control::faults::FaultView;
use crate::control::scripts::ScriptView;
use crate::http::extract::Path;
use crate::http::query::value_of;
use crate::registry::operations;

/// A group of fields.
struct Group {
    title: &'static str,
    fields: &'static [Field],
}

const LENGTH: &str = r#"3000, {"min":1000,"max":5000} or {"median":2000,"sigma":0.5}"#;

const SCRIPT: [Group; 3] = [
    Group {
        title: "match: the work",
        fields: &[
            Field::new(
                "match.family",
                "family",
                Input::Choice(&["", "asm", "plans", "pipelines", "zadig"]),
                "",
            ),
            Field::new(
                "match.name",
                "name",
                Input::Text,
                "name or id of the resource; globs: * and ?",
            ),
            Field::new(
                "match.stage",
                "stage",
                Input::Text,
                "stage of a pipeline, seq of a plan's batch",
            ),
            Field::new(
                "match.step",
                "step",
                Input::Text,
                "task, component, image, chart",
            ),
            Field::new(
                "match.service",
                "service",
                Input::Text,
                "service of a delivery version",
            ),
            Field::new(
                "match.scope",
                "scope",
                Input::Text,
                "project, mesh or project key",
            ),
            Field::new(
                "match.work",
                "work",
                Input::Choice(&["run", "rollback", "abort", "create", "delete"]),
                "",
            ),
        ],
    },
    Group {
        title: "the outcome",
        fields: &[
            Field::new(
                "outcome",
                "outcome",
                Input::Choice(&["", "succeed", "fail", "hang"]),
                "",
            ),
            Field::new("message", "message", Input::Text, "reason, only with fail"),
            Field::new("takes_ms", "takes_ms", Input::Json, LENGTH),
            Field::new(
                "times",
                "times",
                Input::Number,
                "how many steps it decides; empty: any number",
            ),
            Field::new(
                "sequence",
                "sequence",
                Input::Json,
                r#"in place of these four: [{"outcome":"fail"},{"outcome":"succeed"}]"#,
            ),
        ],
    },
    Group {
        title: "the rule itself",
        fields: RULE,
    },
];

/// The fields that both kinds have.
const RULE: &[Field] = &[
    Field::new(
        "priority",
        "priority",
        Input::Number,
        "the highest decides, then the first added",
    ),
    Field::new("enabled", "enabled", Input::Boolean, ""),
    Field::new("probability", "probability", Input::Number, "from 0 to 1"),
    Field::new(
        "seed",
        "seed",
        Input::Number,
        "the same seed draws the same",
    ),
];

const FAULT: [Group; 4] = [
    Group {
        title: "match: the requests",
        fields: &[
            Field::new(
                "match.family",
                "family",
                Input::Choice(super::super::requests::FAMILIES),
                "",
            ),
            Field::new(
                "match.operation",
                "operation",
                Input::Suggested("operations"),
                "globs: * and ?",
            ),
            Field::new(
                "match.action",
                "action",
                Input::Text,
                "start, stop, execute",
            ),
            Field::new("match.method", "method", Input::Text, ""),
            Field::new("match.path", "path", Input::Text, ""),
            Field::new(
                "match.scope",
                "scope",
                Input::Text,
                "project, mesh or project key",
            ),
            Field::new("match.caller", "caller", Input::Text, ""),
            Field::new(
                "match.query",
                "query",
                Input::Json,
                r#"{"action_id":"stop"}"#,
            ),
            Field::new(
                "match.headers",
                "headers",
                Input::Json,
                r#"{"X-Language":"en-us"}"#,
            ),
            Field::new("match.body", "body", Input::Json, r#"{"/name":"shop"}"#),
        ],
    },
    Group {
        title: "do: the effect",
        fields: &[
            Field::new(
                "do.status",
                "status",
                Input::Number,
                "in place of the service's answer",
            ),
            Field::new(
                "do.code",
                "code",
                Input::Text,
                "the service's own by default",
            ),
            Field::new(
                "do.message",
                "message",
                Input::Text,
                "the service's own by default",
            ),
            Field::new("do.delay_ms", "delay_ms", Input::Json, LENGTH),
            Field::new(
                "do.drop",
                "drop",
                Input::Choice(&["", "before", "midway"]),
                "closes the connection",
            ),
            Field::new(
                "do.garbage",
                "garbage",
                Input::Boolean,
                "makes the body unreadable",
            ),
            Field::new("do.slow_bytes_per_s", "slow_bytes_per_s", Input::Number, ""),
            Field::new(
                "do.headers",
                "headers",
                Input::Json,
                r#"{"Retry-After":"5"}"#,
            ),
            Field::new("do.body", "body", Input::Json, "JSON; a text in quotes"),
            Field::new(
                "do.patch",
                "patch",
                Input::Json,
                r#"[{"op":"remove","path":"/name"}]"#,
            ),
        ],
    },
    Group {
        title: "how often",
        fields: &[
            Field::new(
                "times",
                "times",
                Input::Number,
                "how many requests it hits; empty: any number",
            ),
            Field::new("after", "after", Input::Number, "how many pass first"),
            Field::new(
                "ttl_ms",
                "ttl_ms",
                Input::Number,
                "real time in force, in milliseconds",
            ),
        ],
    },
    Group {
        title: "the rule itself",
        fields: RULE,
    },
];

impl Kind {
    fn groups(self) -> &'static [Group] {
        match self {
            Self::Script => &SCRIPT,
            Self::Fault => &FAULT,
        }
    }
}

pub(in crate::control::dashboard) async fn new_script(visit: Visit) -> Response {
    new(&visit, Kind::Script)
}

pub(in crate::control::dashboard) async fn new_fault(visit: Visit) -> Response {
    new(&visit, Kind::Fault)
}

/// The form for a rule, with the values of the query.
fn new(visit: &Visit, kind: Kind) -> Response {
    let value = |name: &str| {
        let value = value_of(&visit.query, name);
        value.map(std::borrow::Cow::into_owned).unwrap_or_default()
    };
    let title = format!("New {}", kind.noun());
    let lead = match kind {
        Kind::Script => {
            "A script decides how future work ends. Outcomes are fixed when a run starts, so add it before."
        }
        Kind::Fault => {
            "A fault breaks requests to the services, never those to this dashboard's own API."
        }
    };
    let main = html! {
        p.crumb { a href=(FAILURES.path) { (FAILURES.name) } " / " (title) }
        h1 { (title) }
        p.lead { (lead) }
        form.rule-form id="rule" data-send={ "POST " (kind.api()) } data-then=(FAILURES.path) data-done={ "Added the " (kind.noun()) " {id}" } {
            (Field::new("id", "id", Input::Text, "generated if it is empty").show(&value("id")))
            (groups(kind, &value))
            p.actions {
                button.primary type="submit" { "Add the " (kind.noun()) }
                button type="button" data-curl { "As curl" }
            }
        }
    };
    visit.page(FAILURES, &title, &main)
}

pub(in crate::control::dashboard) async fn edit_script(
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let scripts = |id: &str| {
        let world = &visit.world;
        let listed = world.read(|database, _| database.shared.scripts.get(id).cloned());
        listed.map(|listed| Shown::new(world, &ScriptView::from(listed)))
    };
    edit(&visit, Kind::Script, &id, scripts(&id).as_ref())
}

pub(in crate::control::dashboard) async fn edit_fault(
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let listed = visit.world.recorder().faults.get(&id);
    let fault = listed.map(|listed| Shown::new(&visit.world, &FaultView::from(listed)));
    edit(&visit, Kind::Fault, &id, fault.as_ref())
}

fn edit(visit: &Visit, kind: Kind, id: &str, rule: Option<&Shown>) -> Response {
    let noun = kind.noun();
    let Some(rule) = rule else {
        let title = format!("No such {noun}");
        let main = html! {
            h1 { (title) }
            p.lead { "There is no " (noun) " " (short(id)) ": it was removed, or a reset has removed it." }
            p { a.button href=(FAILURES.path) { "All rules" } }
        };
        return visit.missing(FAILURES, &title, &main);
    };
    let value = |name: &str| rule.at(name).text();
    let path = format!("{}/{}", kind.api(), segment(id));
    let title = format!("Edit a {noun}");
    let main = html! {
        p.crumb { a href=(FAILURES.path) { (FAILURES.name) } " / " (short(id)) }
        h1 { "Edit the " (noun) " " code { (short(id)) } }
        p.lead { "Its use count stays: it was used " (rule.get("used").text()) " times." }
        form.rule-form id="rule" data-send={ "PUT " (path) } data-then=(FAILURES.path) data-done={ "Saved the " (noun) " {id}" } {
            (groups(kind, &value))
            p.actions {
                button.primary type="submit" { "Save" }
                button type="button" data-curl { "As curl" }
                button.danger type="button" data-send={ "DELETE " (path) } data-then=(FAILURES.path) data-done={ "Removed the " (noun) } { "Remove" }
            }
        }
    };
    visit.page(FAILURES, &title, &main)
}

fn groups(kind: Kind, value: &dyn Fn(&str) -> String) -> Markup {
    html! {
        @for group in kind.groups() {
            fieldset {
                legend { (group.title) }
                div.fields { @for field in group.fields { (field.show(&value(field.name))) } }
            }
        }
        @if kind == Kind::Fault {
            datalist id="operations" { @for operation in operations() { option value=(operation.id) {} } }
        }
    }
}

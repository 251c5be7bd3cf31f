//! The history of a world: the commands that have changed it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::dialect::{Control, json};
use crate::http::auth::redact::Mask;
use crate::http::extract::Query;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::replay::CommandHead;
use crate::registry::World;
use crate::registry::history::command::Command;
use crate::registry::history::log::LoggedCommand;
use crate::registry::history::past::Place;
use crate::registry::operations;
use crate::sim::Millis;
use crate::sim::time::{parse_rfc3339, rfc3339};

/// The most commands of a page, which is also the usual number.
const MOST_COMMANDS: usize = 1_000;

/// The part of the history that is listed.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields, default)]
pub(super) struct HistoryQuery {
    /// The number of the command after which the list begins, or the instant at which it does, RFC 3339; absent: all.
    #[cfg_attr(test, param(value_type = Option<String>))]
    since: Option<String>,
    /// The most commands: 1 to 1,000; absent: 1,000.
    #[cfg_attr(test, param(minimum = 1, maximum = 1_000))]
    limit: Option<usize>,
}

/// A command of the history. Secrets are masked.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = HistoryCommand))]
pub(super) struct CommandView {
    /// Its number, from 1.
    command: u64,
    /// The instant at which it was carried out, RFC 3339 in UTC.
    at: String,
    /// The operation, or what the control plane did.
    operation: String,
    /// The family; absent: the control plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    family: Option<String>,
    /// The method and the path with its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    request: Option<String>,
    /// The project, mesh or project key, if the request named it in its head.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    scope: Option<String>,
    /// The resource, script, fault or snapshot that the command is about, if its path named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    resource: Option<String>,
    /// The name of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    caller: Option<String>,
}

/// A page of the history.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = History))]
pub(super) struct HistoryPage {
    /// Oldest first.
    commands: Vec<CommandView>,
    /// The number of the last command of the world; 0: there was none.
    last: u64,
    /// The earliest place that can be reached; null: the world keeps no history.
    #[cfg_attr(test, schema(required = true))]
    earliest: Option<Place>,
}

/// Lists the commands that have changed the world.
///
/// Requests that were accepted, and what the control plane and the Rust API did; reads and refused requests only if they
/// changed something: uses of counted or random faults, and moves under `--progress reads`. Bodies are not shown, and
/// secrets are masked. Errors: 400.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/history", operation_id = "ListHistory", tag = "control",
    params(HistoryQuery),
    responses((status = 200, body = HistoryPage),
    ProblemWith::<400>)))]
pub(super) async fn list_history(
    State(Control(world)): State<Control>,
    Query(part): Query<HistoryQuery>,
) -> Result<Response, Problem> {
    let mut wrong = Vec::new();
    let since = part.since.as_deref().map(since);
    if let Some(Err(error)) = &since {
        wrong.push(format!("since: {error}"));
    }
    let limit = part.limit.unwrap_or(MOST_COMMANDS);
    if !(1..=MOST_COMMANDS).contains(&limit) {
        wrong.push(format!("limit: must be from 1 to {MOST_COMMANDS}"));
    }
    if !wrong.is_empty() {
        return Err(Problem::BadRequest(wrong.join("; ")));
    }
    let logged = match since {
        Some(Ok(Since::Instant(at))) => {
            let mut all = world.commands_since(0, usize::MAX);
            let first = all.iter().position(|logged| logged.at >= at);
            let mut logged = all.split_off(first.unwrap_or(all.len()));
            logged.truncate(limit);
            logged
        }
        Some(Ok(Since::Command(number))) => world.commands_since(number, limit),
        _ => world.commands_since(0, limit),
    };
    let page = HistoryPage {
        commands: views(&world, &logged),
        last: world.present().command,
        earliest: world.earliest(),
    };
    Ok(json(StatusCode::OK, &page))
}

/// The beginning of a list.
enum Since {
    Command(u64),
    Instant(Millis),
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(number) = text.parse() {
        return Ok(Since::Command(number));
    }
    let at = parse_rfc3339(text).map(Since::Instant);
    at.ok_or_else(|| {
        format!("must be the number of a command or an instant in RFC 3339, not {text:?}")
    })
}

/// Commands as they are listed.
pub(super) fn views(world: &World, logged: &[LoggedCommand]) -> Vec<CommandView> {
    let mask = Mask::new(Some(&world.recorder().secrets));
    logged.iter().map(|logged| view(logged, &mask)).collect()
}

fn view(logged: &LoggedCommand, mask: &Mask) -> CommandView {
    let command = Command::read(&logged.bytes)
        .ok()
        .map(|(command, _)| command);
    let mut view = CommandView {
        command: logged.number,
        at: rfc3339(logged.at),
        operation: command
            .as_ref()
            .map_or_else(String::new, |command| command.word().into_owned()),
        family: None,
        request: None,
        scope: None,
        resource: None,
        caller: None,
    };
    match command {
        Some(Command::Request(head)) => {
            view.resource = resource(&head).map(|id| mask.text(&id).into_owned());
            let target = match head.target.split_once('?') {
                Some((path, query)) => format!("{}?{}", mask.text(path), mask.query(query)),
                None => mask.text(&head.target).into_owned(),
            };
            view.request = Some(format!("{} {target}", head.method));
            view.family = Some(head.family.into_owned());
            view.scope = head.scope.map(|scope| mask.text(&scope).into_owned());
            view.caller = Some(head.caller.name.clone().into_owned());
        }
        Some(
            Command::ReplaceScript { id, .. }
            | Command::ReplaceFault { id, .. }
            | Command::RemoveScript(id)
            | Command::RemoveFault(id)
            | Command::Snapshot(id)
            | Command::RemoveSnapshot(id),
        ) => view.resource = Some(id),
        Some(Command::AddScript(script)) => view.resource = script.id,
        Some(Command::AddFault(fault) | Command::AddTimedFault { fault, .. }) => {
            view.resource = fault.id;
        }
        Some(Command::FaultUses(uses)) => {
            let ids: Vec<&str> = uses.iter().map(|one| &*one.id).collect();
            view.resource = Some(ids.join(", "));
        }
        _ => {}
    }
    view
}

/// The resource in a path: the last of its parameters that is an id or a key.
fn resource(head: &CommandHead) -> Option<String> {
    let declared = operations().find(|operation| operation.id == head.operation)?;
    let path = head.target.split('?').next().unwrap_or_default();
    let pairs = declared.path.split('/').zip(path.split('/'));
    let named = pairs.filter(|(name, _)| name.starts_with('{'));
    let ids = named.filter(|(name, _)| {
        !["{project_id}", "{mesh_id}", "{namespace}", "{status}"].contains(name)
    });
    let (_, value) = ids.last()?;
    let decoded = percent_encoding::percent_decode_str(value);
    Some(decoded.decode_utf8_lossy().into_owned())
}

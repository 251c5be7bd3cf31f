//! Further worlds of the process, each on a port of its own.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Deserializer, Serialize};

use super::apart::apart;
use super::clock::{pace, time};
use super::dialect::{Control, json};
use super::past;
use super::state::{hold, invalid as invalid_state};
use crate::http::extract::{Json, Path};
use crate::http::json::RawJson;
use crate::http::problem::Problem;
#[cfg(test)]
use crate::http::problem::ProblemWith;
use crate::http::response;
use crate::registry::State as WorldState;
use crate::registry::World;
use crate::server::worlds::{MAIN, WorldContext, WorldError, WorldInfo};
use crate::world::fixture::ValidationError;
use crate::world::public_url::PublicUrl;
use crate::world::settings::{
    self, Auth, Fidelity, PipelinesList, Progress, References, STATE_WEIGHT, Settings,
    ZadigGeneration,
};

/// The length limit of a name.
const LONGEST_NAME: usize = 64;

/// The server adds the context of its world to each request.
impl FromRequestParts<Control> for WorldContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Control) -> Result<Self, Problem> {
        let context = parts.extensions.get::<Self>().cloned();
        context.ok_or(Problem::NoHost)
    }
}

/// The settings of a world. Absent ones are those of the process, fixtures included.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schema(as = WorldRequest))]
pub(super) struct NewWorld {
    /// Its name: up to 64 letters, digits, dots, underscores and hyphens; absent: a generated name.
    #[cfg_attr(test, schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$"))]
    name: Option<String>,
    /// The world that it is a copy of, scripts, faults, clock and settings included; of the others only `name`, `at` and
    /// `command` go with it. Webhooks, journal and events are not copied.
    from: Option<String>,
    /// The instant of that world as which it begins, RFC 3339; absent: now.
    #[cfg_attr(test, schema(format = DateTime))]
    at: Option<String>,
    /// The number of that world's command right after which it begins, in place of `at`.
    command: Option<u64>,
    /// The state that it starts with and resets to, in the fixture format.
    #[cfg_attr(test, schema(value_type = Option<WorldState>))]
    fixtures: Option<RawJson>,
    /// The instant at which its clock is frozen, RFC 3339; null: it runs.
    #[serde(default)]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    freeze: Freeze,
    /// The credentials that pass.
    auth: Option<Auth>,
    /// The authority where the documentation and the service differ.
    fidelity: Option<Fidelity>,
    /// The check of references to resources that the emulator does not own.
    references: Option<References>,
    /// The length of one step of work, as in `--step`: `2s`, `500ms`.
    step: Option<String>,
    /// Virtual seconds per real second: over 0, at most 1,000,000.
    #[cfg_attr(test, schema(exclusive_minimum = 0, maximum = 1_000_000))]
    pace: Option<f64>,
    /// The form of the pipelines list.
    pipelines_list: Option<PipelinesList>,
    /// The generation of Zadig; absent here and in the process: that of the fixtures, or `v3`.
    zadig: Option<ZadigGeneration>,
    /// The cause for which runs proceed.
    progress: Option<Progress>,
    /// The approximate size of the journal in bytes; 0: it is off.
    #[cfg_attr(test, schema(maximum = 18_446_744_073_709_551_615_u64))]
    journal_bytes: Option<usize>,
    /// The approximate size of the history in bytes; 0: the past cannot be reached.
    #[cfg_attr(test, schema(value_type = Option<u64>))]
    history_bytes: Option<usize>,
}

/// The field `freeze`, in which null differs from absence.
#[derive(Debug, Default)]
enum Freeze {
    #[default]
    Absent,
    Runs,
    At(String),
}

impl<'de> Deserialize<'de> for Freeze {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let freeze = Option::deserialize(deserializer)?;
        Ok(freeze.map_or(Self::Runs, Self::At))
    }
}

impl NewWorld {
    /// The fields that contradict `from`.
    fn own_fields(&self) -> impl Iterator<Item = &'static str> {
        let is_given = [
            ("fixtures", self.fixtures.is_some()),
            ("freeze", !matches!(self.freeze, Freeze::Absent)),
            ("auth", self.auth.is_some()),
            ("fidelity", self.fidelity.is_some()),
            ("references", self.references.is_some()),
            ("step", self.step.is_some()),
            ("pace", self.pace.is_some()),
            ("pipelines_list", self.pipelines_list.is_some()),
            ("zadig", self.zadig.is_some()),
            ("progress", self.progress.is_some()),
            ("journal_bytes", self.journal_bytes.is_some()),
            ("history_bytes", self.history_bytes.is_some()),
        ];
        let given = is_given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(field, _)| field)
    }

    /// Makes a world of another one, as that is or was, and returns the chosen name.
    async fn fork(self, context: &WorldContext) -> Result<(Option<String>, World), Problem> {
        let wrong: Vec<String> = self
            .own_fields()
            .map(|field| format!("{field}: goes without from"))
            .collect();
        if !wrong.is_empty() {
            return Err(Problem::BadRequest(wrong.join("; ")));
        }
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let past = past::read("at", self.at.as_deref(), self.command)?;
        let from = self.from.as_deref().unwrap_or(MAIN);
        let found = context.host.world(from);
        let origin = found.map_err(|error| with_hint(context, error))?;
        let world = match past {
            Some(_) => past::world_at(&origin, past).await?,
            None => apart(origin.is_large(), move || origin.fork()).await,
        };
        if world.is_beyond_memory() {
            return Err(Problem::NoRoom("resources"));
        }
        Ok((self.name, world))
    }

    /// Makes a world like another, and returns the chosen name.
    fn make(self, like: &World) -> Result<(Option<String>, World), Problem> {
        for (field, is_given) in [
            ("at", self.at.is_some()),
            ("command", self.command.is_some()),
        ] {
            if is_given {
                return Err(invalid(field, "goes with from"));
            }
        }
        let defaults = like.settings();
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let freeze = match self.freeze {
            Freeze::Absent => defaults.freeze,
            Freeze::Runs => None,
            Freeze::At(text) => Some(time("freeze", &text)?),
        };
        let step = match self.step.as_deref() {
            None => defaults.step,
            Some(text) => settings::length(text).map_err(|error| invalid("step", error))?,
        };
        let settings = Settings {
            auth: self.auth.unwrap_or(defaults.auth),
            fidelity: self.fidelity.unwrap_or(defaults.fidelity),
            references: self.references.unwrap_or(defaults.references),
            pipelines_list: self.pipelines_list.unwrap_or(defaults.pipelines_list),
            zadig: self.zadig.or(defaults.zadig),
            progress: self.progress.unwrap_or(defaults.progress),
            step,
            pace: pace(self.pace.unwrap_or(defaults.pace))?,
            freeze,
            journal_bytes: self.journal_bytes.unwrap_or(defaults.journal_bytes),
            history_bytes: self.history_bytes.unwrap_or(defaults.history_bytes),
            answer_cache_bytes: defaults.answer_cache_bytes,
            is_durable: defaults.is_durable,
            memory: defaults.memory.clone(),
            max_state: defaults.max_state,
            longest_pause: defaults.longest_pause,
            seed: defaults.seed,
            public_url: defaults.public_url.clone(),
            trusts_proxy: defaults.trusts_proxy,
            webhooks_anywhere: defaults.webhooks_anywhere,
            control_access: defaults.control_access.clone(),
            cors: defaults.cors.clone(),
            recorded: Arc::clone(&defaults.recorded),
        };
        // Until the world is made.
        let _reading;
        let fixtures = match &self.fixtures {
            None => like.fixtures().clone(),
            // Read as a document of its own, so that an error does not repeat its secrets.
            Some(fixtures) => {
                let size = fixtures.text().len();
                _reading = hold(like, STATE_WEIGHT * size)?;
                WorldState::from_json(fixtures.text()).map_err(invalid_fixtures)?
            }
        };
        let world = World::new(settings, fixtures).map_err(invalid_fixtures)?;
        if world.is_beyond_memory() {
            return Err(Problem::NoRoom("resources"));
        }
        Ok((self.name, world))
    }
}

pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // `.` and `..` cannot be named in a path.
    if (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_allowed)
        && !matches!(name, "." | "..")
    {
        return Ok(());
    }
    let expected = format!(
        "must be 1 to {LONGEST_NAME} letters, digits, dots, underscores or hyphens, and not `.` or `..`"
    );
    Err(invalid("name", expected))
}

fn invalid(path: &str, error: impl std::fmt::Display) -> Problem {
    Problem::BadRequest(format!("{path}: {error}"))
}

fn invalid_fixtures(validation_error: ValidationError) -> Problem {
    if validation_error.is_no_room() {
        return invalid_state(validation_error);
    }
    Problem::BadRequest(validation_error.nested_in("fixtures").to_string())
}

/// An open world.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = World))]
pub(super) struct WorldView {
    /// Its name.
    name: String,
    /// Its base URL without a trailing slash, which its control plane is below too. The host is the one that was asked, or
    /// that of `--public-url`.
    url: String,
    /// The same in TLS, if the process speaks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(nullable = false))]
    https_url: Option<String>,
}

impl WorldView {
    /// `asked` is the world that answers.
    fn new(info: WorldInfo, context: &WorldContext, asked: &World, headers: &HeaderMap) -> Self {
        let url = url_of(&info, context, asked, headers);
        let https_url = info
            .tls_port
            .map(|port| asked.base_url(headers).in_tls(port).to_string());
        Self {
            name: info.name,
            url: url.to_string(),
            https_url,
        }
    }
}

/// The base URL of a world. `asked` is the one that answers, which has the place `context` among them.
pub(super) fn url_of(
    info: &WorldInfo,
    context: &WorldContext,
    asked: &World,
    headers: &HeaderMap,
) -> PublicUrl {
    let base_url = asked.base_url(headers);
    match &asked.settings().public_url {
        _ if *info.name == *context.name => base_url,
        Some(public_url) if info.name == MAIN => public_url.clone(),
        None if base_url.is_https() => base_url.with_port(info.tls_port.unwrap_or(info.port)),
        _ => base_url.with_port(info.port),
    }
}

/// The open worlds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = WorldList))]
pub(super) struct WorldsBody {
    /// In the order in which they were opened; the first is `main`.
    worlds: Vec<WorldView>,
}

/// Lists the worlds of the process.
///
/// Every world returns the same list. Errors: 501 if the world was opened without a process that can hold others.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/worlds", operation_id = "ListWorlds", tag = "control",
    responses((status = 200, body = WorldsBody),
    ProblemWith::<501>)))]
pub(super) async fn list_worlds(
    State(Control(asked)): State<Control>,
    context: WorldContext,
    headers: HeaderMap,
) -> Response {
    let open = context.host.list().into_iter();
    let worlds = open
        .map(|info| WorldView::new(info, &context, &asked, &headers))
        .collect();
    json(StatusCode::OK, &WorldsBody { worlds })
}

/// Opens a world with a state, clock, ids, scripts and port of its own.
///
/// It has its own control plane too, and is ready at once. With `from` it begins as another world is, or was at an instant of
/// its history. Errors: 400 with the JSON path; 404 for an unknown world; 410 for an instant before the earliest; 409 for one that is
/// yet to come, and for a name that is already used; 429 if `--max-worlds` is reached, or no port or no file descriptor is left; 507 if the memory for
/// resources is full.
#[cfg_attr(test, utoipa::path(post, path = "/_emulator/v1/worlds", operation_id = "AddWorld", tag = "control",
    request_body(content = Option<NewWorld>,
        example = json!({"freeze": "2030-01-01T00:00:00Z"})), responses((status = 201, body = WorldView),
    ProblemWith::<400>,
    ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<410>,
    ProblemWith::<429>,
    ProblemWith::<501>,
    ProblemWith::<507>)))]
pub(super) async fn add_world(
    State(Control(asked)): State<Control>,
    context: WorldContext,
    headers: HeaderMap,
    Json(chosen): Json<NewWorld>,
) -> Result<Response, Problem> {
    let (name, world) = if chosen.from.is_some() {
        chosen.fork(&context).await?
    } else {
        chosen.make(context.host.first())?
    };
    let info = context.host.open(name, world)?;
    let view = WorldView::new(info, &context, &asked, &headers);
    Ok(json(StatusCode::CREATED, &view))
}

/// Shows the URL of a world.
///
/// Errors: 404 for an unknown name.
#[cfg_attr(test, utoipa::path(get, path = "/_emulator/v1/worlds/{name}", operation_id = "ShowWorld", tag = "control",
    responses((status = 200, body = WorldView),
    ProblemWith::<404>,
    ProblemWith::<501>)))]
pub(super) async fn show_world(
    State(Control(asked)): State<Control>,
    context: WorldContext,
    headers: HeaderMap,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = context.host.find(&name);
    let info = found.map_err(|error| with_hint(&context, error))?;
    let view = WorldView::new(info, &context, &asked, &headers);
    Ok(json(StatusCode::OK, &view))
}

/// Closes a world, and returns once its port and connections are closed.
///
/// Requests in progress are cut off after 100 ms. Errors: 404 for an unknown name; 409 for `main`, which ends with the
/// process, and for the world that receives the request, which could no longer answer.
#[cfg_attr(test, utoipa::path(delete, path = "/_emulator/v1/worlds/{name}", operation_id = "RemoveWorld", tag = "control",
    responses((status = 204), ProblemWith::<404>,
    ProblemWith::<409>,
    ProblemWith::<501>)))]
pub(super) async fn remove_world(
    context: WorldContext,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if name == *context.name && name != MAIN {
        return Err(Problem::Conflict(format!(
            "the world {name} cannot close itself; send the request to another world"
        )));
    }
    let closed = context.host.close(&name).await;
    closed.map_err(|error| with_hint(&context, error))?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Adds a hint at the open worlds if the error is an unknown name.
fn with_hint(context: &WorldContext, error: WorldError) -> Problem {
    if let WorldError::Unknown(name) = &error {
        let open = context.host.list();
        return Problem::unknown("world", name, open.iter().map(|world| &*world.name));
    }
    error.into()
}

impl From<WorldError> for Problem {
    fn from(error: WorldError) -> Self {
        let text = error.to_string();
        match error {
            WorldError::Taken(_) => Self::Conflict(format!("name: {text}")),
            WorldError::First => Self::Conflict(text),
            WorldError::TooMany(_) | WorldError::NoPort { .. } | WorldError::NoFile(_) => {
                Self::TooMany(text)
            }
            WorldError::NotKept(error) => Self::NotStored(error.to_string()),
            WorldError::Unknown(name) => Self::NotFound(format!("world {name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::auth::Secret;
    use crate::http::cors::CorsOrigin;
    use crate::sim::memory::Memory;
    use crate::world::settings::ControlAccess;

    /// The settings of a world that is made like one with unusual settings.
    fn made(chosen: &str) -> Settings {
        let like = World::new(like(), WorldState::default()).unwrap();
        let chosen: NewWorld = serde_json::from_str(chosen).unwrap();
        let (_, world) = chosen.make(&like).unwrap();
        world.settings().clone()
    }

    fn like() -> Settings {
        Settings {
            auth: Auth::Strict,
            fidelity: Fidelity::Strict,
            references: References::Checked,
            pipelines_list: PipelinesList::Object,
            zadig: Some(ZadigGeneration::V4),
            progress: Progress::Reads,
            step: 5_000,
            pace: 60.0,
            freeze: Some(7),
            journal_bytes: 1_000,
            history_bytes: 2_000,
            answer_cache_bytes: 3_000,
            is_durable: false,
            memory: Memory::new(1 << 30, 7),
            max_state: Some(1 << 20),
            longest_pause: Settings::default().longest_pause,
            seed: 4711,
            public_url: "https://emulator.test".parse().ok(),
            trusts_proxy: true,
            webhooks_anywhere: true,
            control_access: ControlAccess {
                hosts: vec!["emulator.example.com".parse().unwrap()],
                origins: vec!["http://localhost:5173".parse().unwrap()],
                token: Some(Secret::new("hush")),
            },
            cors: vec![CorsOrigin::Any],
            recorded: Arc::new([("ListPipelines".to_owned(), "2026-11-30".to_owned())].into()),
        }
    }

    #[test]
    fn absent_settings_are_those_of_the_model_world() {
        assert_eq!(made("{}"), like());
    }

    #[test]
    fn every_setting_can_be_chosen() {
        let chosen = r#"{"freeze": "1970-01-01T00:00:01Z", "auth": "shape", "fidelity": "documented",
            "references": "lenient", "step": "1m 30s", "pace": 0.5, "pipelines_list": "array", "zadig": "v3", "progress": "clock",
            "journal_bytes": 8388608, "history_bytes": 33554432}"#;
        let expected = Settings {
            zadig: Some(ZadigGeneration::V3),
            step: 90_000,
            pace: 0.5,
            freeze: Some(1_000),
            seed: 4711,
            answer_cache_bytes: like().answer_cache_bytes,
            memory: like().memory,
            max_state: like().max_state,
            public_url: like().public_url,
            trusts_proxy: true,
            webhooks_anywhere: true,
            control_access: like().control_access,
            cors: like().cors,
            recorded: like().recorded,
            ..Settings::default()
        };
        assert_eq!(made(chosen), expected);
        assert_eq!(made(r#"{"freeze": null}"#).freeze, None);
    }
}

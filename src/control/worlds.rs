//! Further worlds of the process, each on a port of its own.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::clock::{pace, time};
use super::dialect::Control;
use super::problem::Problem;
use super::problem::{ProblemBody, note_known};
use crate::http::extract::{Json, Path};
use crate::http::json::RawJson;
use crate::http::response;
use crate::registry::World;
use crate::registry::state;
use crate::server::worlds::{MAIN, Refused, WorldContext, WorldInfo};
use crate::world::settings::{self, Auth, Fidelity, PipelinesList, References, Settings};

/// The most characters of a name.
const LONGEST_NAME: usize = 64;

/// The world's place among others, which its host says of each request.
impl FromRequestParts<Control> for WorldContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Control) -> Result<Self, Problem> {
        let seat = parts.extensions.get::<Self>().cloned();
        seat.ok_or(Problem::NoHost)
    }
}

/// What is chosen for a world. What is absent is as the process was started, fixtures included.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWorld {
    /// Its name: up to 64 letters, digits, dots, underscores and hyphens; absent: one is made up.
    #[schema(max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    name: Option<String>,
    /// What it holds at first and a reset goes back to, in the fixture format.
    #[schema(value_type = Option<state::State>)]
    fixtures: Option<RawJson>,
    /// The instant at which its clock stands, RFC 3339; null: it runs.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    freeze: Freeze,
    /// Which credentials pass.
    auth: Option<Auth>,
    /// What is followed where a document and the service differ.
    fidelity: Option<Fidelity>,
    /// Whether what a request refers to must exist.
    references: Option<References>,
    /// The length of one step of work, as in `--step`: `2s`, `500ms`.
    step: Option<String>,
    /// Virtual seconds per real second: over 0, at most 1,000,000.
    #[schema(exclusive_minimum = 0, maximum = 1_000_000)]
    pace: Option<f64>,
    /// How the pipelines list is wrapped.
    pipelines_list: Option<PipelinesList>,
    /// About how many bytes the journal holds; 0: it is off.
    #[schema(maximum = 18_446_744_073_709_551_615_u64)]
    journal_bytes: Option<usize>,
}

/// A field for which null says something else than absence.
#[derive(Debug, Default)]
enum Freeze {
    #[default]
    Absent,
    Runs,
    Stands(String),
}

impl<'de> Deserialize<'de> for Freeze {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::deserialize(deserializer)?;
        Ok(given.map_or(Self::Runs, Self::Stands))
    }
}

impl NewWorld {
    /// Makes the world, and says the name it is to have.
    fn make(self, like: &World) -> Result<(Option<String>, World), Problem> {
        let of = like.settings();
        if let Some(name) = &self.name {
            check_name(name)?;
        }
        let freeze = match self.freeze {
            Freeze::Absent => of.freeze,
            Freeze::Runs => None,
            Freeze::Stands(text) => Some(time("freeze", &text)?),
        };
        let step = match self.step.as_deref() {
            None => of.step,
            Some(text) => settings::length(text).map_err(|expected| wrong("step", expected))?,
        };
        let settings = Settings {
            auth: self.auth.unwrap_or(of.auth),
            fidelity: self.fidelity.unwrap_or(of.fidelity),
            references: self.references.unwrap_or(of.references),
            pipelines_list: self.pipelines_list.unwrap_or(of.pipelines_list),
            step,
            pace: pace(self.pace.unwrap_or(of.pace))?,
            freeze,
            journal_bytes: self.journal_bytes.unwrap_or(of.journal_bytes),
            seed: of.seed,
        };
        let fixtures = match &self.fixtures {
            None => like.fixtures().clone(),
            // A document of its own, so that what is secret in it is not repeated where it does not fit.
            Some(given) => state::State::from_json(given.text()).map_err(|validation_error| {
                misfit_of_fixtures(validation_error.without_position())
            })?,
        };
        let world = World::new(settings, fixtures).map_err(misfit_of_fixtures)?;
        Ok((self.name, world))
    }
}

fn check_name(name: &str) -> Result<(), Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // A path can name neither of the two that are dots alone.
    if (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(fits)
        && !matches!(name, "." | "..")
    {
        return Ok(());
    }
    let expected = format!(
        "must be 1 to {LONGEST_NAME} letters, digits, dots, underscores and hyphens, and not dots alone"
    );
    Err(wrong("name", expected))
}

fn wrong(path: &str, what: impl std::fmt::Display) -> Problem {
    Problem::BadRequest(format!("{path}: {what}"))
}

fn misfit_of_fixtures(validation_error: state::ValidationError) -> Problem {
    Problem::BadRequest(validation_error.nested_in("fixtures").to_string())
}

/// A world that is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = World)]
pub(super) struct WorldBody {
    /// Its name.
    name: String,
    /// Where it answers, its control plane included.
    url: String,
}

impl WorldBody {
    fn of(WorldInfo { name, url }: WorldInfo) -> Self {
        Self { name, url }
    }

    fn answer(status: StatusCode, listed: WorldInfo) -> Response {
        response::json(status, response::to_json(&Self::of(listed), 96))
    }
}

/// The worlds that are there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worlds)]
pub(super) struct WorldsBody {
    /// In the order in which they were made; the first is `main`.
    worlds: Vec<WorldBody>,
}

/// Lists the worlds of the process, whichever of them is asked.
#[utoipa::path(get, path = "/_emulator/v1/worlds", operation_id = "ListWorlds", tag = "control",
    responses((status = 200, body = WorldsBody),
    (status = 501, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn list_worlds(seat: WorldContext) -> Response {
    let worlds = seat.host.list().into_iter().map(WorldBody::of).collect();
    response::json(
        StatusCode::OK,
        response::to_json(&WorldsBody { worlds }, 256),
    )
}

/// Opens a world with a memory, a clock, ids, scripts and a control plane of its own, on a port of its own. It
/// answers at once. Errors: 400 with the JSON path; 409 for a name that is taken; 429 where `--max-worlds`
/// allows no more or no port is left.
#[utoipa::path(post, path = "/_emulator/v1/worlds", operation_id = "AddWorld", tag = "control",
    request_body(content = Option<NewWorld>,
        example = json!({"freeze": "2030-01-01T00:00:00Z"})), responses((status = 201, body = WorldBody),
    (status = 400, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 429, body = ProblemBody, content_type = "application/problem+json"),
    (status = 501, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn add_world(
    seat: WorldContext,
    Json(chosen): Json<NewWorld>,
) -> Result<Response, Problem> {
    let (name, world) = chosen.make(seat.host.first())?;
    let listed = seat.host.open(name, world).map_err(refused)?;
    Ok(WorldBody::answer(StatusCode::CREATED, listed))
}

/// Shows where a world answers. Errors: 404.
#[utoipa::path(get, path = "/_emulator/v1/worlds/{name}", operation_id = "ShowWorld", tag = "control",
    responses((status = 200, body = WorldBody),
    (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 501, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn show_world(
    seat: WorldContext,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let listed = seat.host.find(&name).map_err(|why| unknown(&seat, why))?;
    Ok(WorldBody::answer(StatusCode::OK, listed))
}

/// Closes a world. Answered once its port and its connections are closed; what it was at is cut off after 100 ms.
/// Errors: 404; 409 for `main`, which ends with the process, and for the world that is asked, which could not
/// answer any more.
#[utoipa::path(delete, path = "/_emulator/v1/worlds/{name}", operation_id = "RemoveWorld", tag = "control",
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, body = ProblemBody, content_type = "application/problem+json"),
    (status = 501, body = ProblemBody, content_type = "application/problem+json")))]
pub(super) async fn remove_world(
    seat: WorldContext,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if name == *seat.name && name != MAIN {
        return Err(Problem::Conflict(format!(
            "the world {name} cannot close itself and still answer; ask another one"
        )));
    }
    let closed = seat.host.close(&name).await;
    closed.map_err(|why| unknown(&seat, why))?;
    Ok(response::empty(StatusCode::NO_CONTENT))
}

/// Why there is nothing to be had of a world; names those that there are.
fn unknown(seat: &WorldContext, why: Refused) -> Problem {
    if let Refused::Unknown(name) = &why {
        let open = seat.host.list();
        note_known("world", name, open.iter().map(|world| &*world.name));
    }
    refused(why)
}

fn refused(refused: Refused) -> Problem {
    let said = refused.to_string();
    match refused {
        Refused::Taken(_) => Problem::Conflict(format!("name: {said}")),
        Refused::First => Problem::Conflict(said),
        Refused::TooMany(_) | Refused::NoPort { .. } => Problem::TooMany(said),
        Refused::Unknown(name) => Problem::NotFound(format!("world {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a world that is made like one with other settings than usual.
    fn made(chosen: &str) -> Settings {
        let like = World::new(like(), state::State::default()).unwrap();
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
            step: 5_000,
            pace: 60.0,
            freeze: Some(7),
            journal_bytes: 1_000,
            seed: 4711,
        }
    }

    #[test]
    fn what_is_absent_is_as_in_the_world_it_is_like() {
        assert_eq!(made("{}"), like());
    }

    #[test]
    fn every_setting_can_be_chosen() {
        let chosen = r#"{"freeze": "1970-01-01T00:00:01Z", "auth": "shape", "fidelity": "documented",
            "references": "lenient", "step": "1m 30s", "pace": 0.5, "pipelines_list": "array",
            "journal_bytes": 8388608}"#;
        let expected = Settings {
            step: 90_000,
            pace: 0.5,
            freeze: Some(1_000),
            seed: 4711,
            ..Settings::default()
        };
        assert_eq!(made(chosen), expected);
        assert_eq!(made(r#"{"freeze": null}"#).freeze, None);
    }
}

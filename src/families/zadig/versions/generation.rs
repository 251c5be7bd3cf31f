//! Requests of the other generation: refused in documented fidelity, and answered as by the real service in strict
//! fidelity, with a hint at the flag in both.

use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;

use super::wire::request::{HelmBody, K8sBody};
use super::wire::request_v4::{HelmBodyV4, K8sBodyV4};
use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
use crate::families::zadig::extract::bind_body;
use crate::families::zadig::go_json::decode::GoStruct;
use crate::families::zadig::query::decoded_path;
use crate::http::context::{add_hint, with_details};
use crate::http::extract::Body;
use crate::world::settings::{Fidelity, Settings, ZadigGeneration};

/// The hint at the flag for what belongs to a generation.
fn flag_hint(generation: ZadigGeneration) -> String {
    format!(
        "start with --zadig {generation}, or set \"zadig\": {{\"generation\": \"{generation}\"}} in the fixtures"
    )
}

/// Refuses a path of another generation in documented fidelity; in strict fidelity there is only a hint.
pub(super) fn check_path(
    parts: &Parts,
    of: ZadigGeneration,
    settings: &Settings,
) -> Result<(), Error> {
    let (method, path) = (&parts.method, decoded_path(parts.uri.path()));
    check(format!("only Zadig {of} has {method} {path}"), of, settings)
}

fn check(wrong: String, of: ZadigGeneration, settings: &Settings) -> Result<(), Error> {
    let hint = flag_hint(of);
    if settings.fidelity == Fidelity::Strict {
        add_hint(format!("{wrong}: {hint}"));
        return Ok(());
    }
    Err(Error::other_generation(wrong).with_hint(hint))
}

/// A body of a generation.
pub trait GenerationBody: GoStruct {
    const GENERATION: ZadigGeneration;
    /// The fields by which a body of the other generation is known.
    const OTHER_FIELDS: &'static [&'static str];

    /// True if a field is filled that the other generation lacks.
    fn is_own(&self) -> bool;
}

const FIELDS_OF_V3: &[&str] = &["yaml_datas", "chart_datas", "retry"];
const FIELDS_OF_V4: &[&str] = &["services", "source", "original_version_name"];

impl GenerationBody for K8sBody {
    const GENERATION: ZadigGeneration = ZadigGeneration::V3;
    const OTHER_FIELDS: &'static [&'static str] = FIELDS_OF_V4;

    fn is_own(&self) -> bool {
        !self.yaml_datas.is_empty()
    }
}

impl GenerationBody for HelmBody {
    const GENERATION: ZadigGeneration = ZadigGeneration::V3;
    const OTHER_FIELDS: &'static [&'static str] = FIELDS_OF_V4;

    fn is_own(&self) -> bool {
        !self.chart_datas.is_empty()
    }
}

impl GenerationBody for K8sBodyV4 {
    const GENERATION: ZadigGeneration = ZadigGeneration::V4;
    const OTHER_FIELDS: &'static [&'static str] = FIELDS_OF_V3;

    fn is_own(&self) -> bool {
        !self.services.is_empty() || !self.source.0.is_empty()
    }
}

impl GenerationBody for HelmBodyV4 {
    const GENERATION: ZadigGeneration = ZadigGeneration::V4;
    const OTHER_FIELDS: &'static [&'static str] = FIELDS_OF_V3;

    fn is_own(&self) -> bool {
        !self.services.is_empty() || !self.source.0.is_empty()
    }
}

/// A body in the form of the world's generation.
#[derive(Debug)]
pub enum CreationBody<First, Second> {
    V3(First),
    V4(Second),
}

impl<First: GenerationBody, Second: GenerationBody> FromRequest<Zadig>
    for CreationBody<First, Second>
{
    type Rejection = Error;

    async fn from_request(request: Request, zadig: &Zadig) -> Result<Self, Error> {
        let Body(body) = Body::from_request(request, zadig).await?;
        let settings = zadig.0.settings();
        Ok(match zadig.generation() {
            ZadigGeneration::V3 => Self::V3(bind_own(&body, settings)?),
            ZadigGeneration::V4 => Self::V4(bind_own(&body, settings)?),
        })
    }
}

/// Binds a body, unless it is that of the other generation.
fn bind_own<T: GenerationBody>(body: &[u8], settings: &Settings) -> Result<T, Error> {
    let bound: Option<T> = bind_body(body)?;
    let bound = bound.ok_or_else(|| Error::crash("a null body"))?;
    if bound.is_own() {
        return Ok(bound);
    }
    let of_others = with_details(|details| {
        let unknown = details.unknown_fields.iter();
        let of_others =
            unknown.filter(|field| T::OTHER_FIELDS.contains(&&*field.to_ascii_lowercase()));
        of_others.cloned().collect::<Vec<_>>()
    });
    let of_others = of_others.unwrap_or_default();
    if of_others.is_empty() {
        return Ok(bound);
    }
    let other = match T::GENERATION {
        ZadigGeneration::V3 => ZadigGeneration::V4,
        ZadigGeneration::V4 => ZadigGeneration::V3,
    };
    let fields = of_others.join(", ");
    check(
        format!("only Zadig {other} has the fields {fields}"),
        other,
        settings,
    )?;
    Ok(bound)
}

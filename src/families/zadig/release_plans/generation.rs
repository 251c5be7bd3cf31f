//! The requests for plans that only the second generation knows.

use crate::families::zadig::dialect::Zadig;
use crate::families::zadig::error::Error;
use crate::http::Rejection;
use crate::http::context::add_hint;
use crate::world::settings::{Fidelity, ZadigGeneration};

/// The hint on what a world of the first generation lacks.
fn hint(what: &str) -> String {
    format!("{what} exists since Zadig v4: start with --zadig v4")
}

/// Refuses a path or a method of the second generation: as a bad request, or under strict fidelity as the first generation
/// does, with `strict`.
pub(super) fn check_path(
    zadig: &Zadig,
    what: &str,
    strict: impl FnOnce() -> Error,
) -> Result<(), Error> {
    if zadig.generation() == ZadigGeneration::V4 {
        return Ok(());
    }
    let error = match zadig.0.settings().fidelity {
        Fidelity::Strict => strict(),
        _ => Rejection::BadBody(format!("{what} is not part of Zadig v3")).into(),
    };
    Err(error.with_hint(hint(what)))
}

/// Refuses a field of the second generation; under strict fidelity it is ignored. Returns true if it counts.
pub(super) fn check_field(zadig: &Zadig, field: &str, is_sent: bool) -> Result<bool, Error> {
    if !is_sent || zadig.generation() == ZadigGeneration::V4 {
        return Ok(true);
    }
    if zadig.0.settings().fidelity == Fidelity::Strict {
        add_hint(hint(field));
        return Ok(false);
    }
    let text = format!("{field} is not part of Zadig v3");
    Err(Error::from(Rejection::BadBody(text)).with_hint(hint(field)))
}

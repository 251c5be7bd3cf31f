//! The answers to refused requests on release plans.

use super::table::Refusal;
use crate::families::servicestage::error::{Error, ErrorKind};

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoSuchPlan => Self::from(ErrorKind::ReleaseNotFound),
            Refusal::NameTaken(name) => {
                Self::at("name", format!("{name:?} is already used in the project"))
            }
            Refusal::ValidationError(validation_error) => validation_error.into(),
            Refusal::InvalidState(invalid_state) => {
                let fits: Vec<_> = invalid_state
                    .command
                    .fits()
                    .iter()
                    .map(|it| it.as_str())
                    .collect();
                let (command, status) = (invalid_state.command.as_str(), invalid_state.status);
                let fits = fits.join(", ");
                Self::at(
                    "status",
                    format!(
                        "{command} needs a plan that is one of {fits}, and this one is {status}"
                    ),
                )
            }
        }
    }
}

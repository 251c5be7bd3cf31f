//! The refusal of a command or a definition.

use crate::http::json::ValidationError;

/// The reason a request is refused, and a request that would work. A refused request changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The parameter or field at fault, and the reason.
    pub error: ValidationError,
    pub hint: String,
    pub cause: RefusalCause,
}

/// The side that a refusal is due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCause {
    /// The request names something that there is not.
    Request,
    /// The request would be accepted in another state.
    State,
}

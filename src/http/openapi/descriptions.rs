//! Descriptions of responses, which OpenAPI demands.

use axum::http::StatusCode;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::Operation;

/// Gives the responses without a description the words for their status.
pub fn describe_responses(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            let status = status.parse::<StatusCode>().ok();
            let reason = status.and_then(|status| status.canonical_reason());
            reason
                .unwrap_or("An answer")
                .clone_into(&mut response.description);
        }
    }
}

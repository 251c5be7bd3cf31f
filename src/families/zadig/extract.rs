//! Extractors: ids in the path, and bodies that are decoded as Go does it.

use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;

use super::dialect::Zadig;
use super::error::Error;
use super::go_json::decode::{GoStruct, bind, unmarshal};
use super::query;
use crate::http::Rejection;
use crate::http::context::{add_hint, with_details};
use crate::http::extract::Body;
use crate::http::json::looks_like;

/// The id in the last segment of the path, well-formed or not.
#[derive(Debug)]
pub struct Id(pub String);

impl axum::extract::FromRequestParts<Zadig> for Id {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Zadig) -> Result<Self, Self::Rejection> {
        let last = parts.uri.path().rsplit('/').next().unwrap_or_default();
        Ok(Self(query::decoded_path(last)))
    }
}

/// A body that is decoded as Go does it. The service crashes on null.
#[derive(Debug)]
pub struct Bound<T>(pub T);

impl<T: GoStruct> FromRequest<Zadig> for Bound<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &Zadig) -> Result<Self, Error> {
        Self::read(request, state).await
    }
}

impl<T: GoStruct> Bound<T> {
    /// Reads the body of a request, for a handler that has something to check before.
    pub async fn read(request: Request, state: &Zadig) -> Result<Self, Error> {
        let bound = read_body(request, state).await?;
        bound.map(Self).ok_or_else(|| Error::crash("a null body"))
    }
}

/// A body that is decoded as Go does it, in which null stands for an empty object.
#[derive(Debug)]
pub struct Filled<T>(pub T);

impl<T: GoStruct> FromRequest<Zadig> for Filled<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &Zadig) -> Result<Self, Error> {
        Self::read(request, state).await
    }
}

impl<T: GoStruct> Filled<T> {
    /// Reads the body of a request, for a handler that has something to check before.
    pub async fn read(request: Request, state: &Zadig) -> Result<Self, Error> {
        let bound = read_body(request, state).await?;
        Ok(Self(bound.unwrap_or_default()))
    }
}

/// Binds the body of a request; `None` if it is null.
async fn read_body<T: GoStruct>(request: Request, state: &Zadig) -> Result<Option<T>, Error> {
    let Body(body) = Body::from_request(request, state).await?;
    bind_body(&body)
}

/// Binds a body as Go does it, and notes its unknown fields; `None` if it is null.
pub fn bind_body<T: GoStruct>(body: &[u8]) -> Result<Option<T>, Error> {
    let mut unknown = Vec::new();
    let bound = bind::<T>(body, |place| unknown.push(place));
    with_details(|details| details.unknown_fields = unknown);
    let bound = bound.map_err(|wrong| {
        if let Some(guess) = looks_like(body) {
            add_hint(format!("the body is not JSON, {guess}"));
        }
        Rejection::BadBody(wrong)
    })?;
    Ok(bound)
}

/// Binds a body as `json.Unmarshal` does, and notes its unknown fields; `None` if it is `null`. The error is the service's
/// text.
pub fn unmarshal_body<T: GoStruct>(body: &[u8]) -> Result<Option<T>, String> {
    let mut unknown = Vec::new();
    let bound = unmarshal::<T>(body, |place| unknown.push(place));
    with_details(|details| details.unknown_fields = unknown);
    bound.inspect_err(|_| {
        if let Some(guess) = looks_like(body) {
            add_hint(format!("the body is not JSON, {guess}"));
        }
    })
}

//! Extractors that refuse in the family's own words: they learn the dialect from the router's state.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use http_body_util::{LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::body::collect;
use super::context::RequestContext;
use super::{Caller, Dialect, Rejection, json};

/// A JSON body, whatever its content type says. An absent body reads as `{}`.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, D: Dialect> FromRequest<D> for Json<T> {
    type Rejection = D::Error;

    async fn from_request(request: Request, state: &D) -> Result<Self, D::Error> {
        let context = request.extensions().get::<RequestContext>().cloned();
        let Body(bytes) = Body::from_request(request, state).await?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) {
            b"{}"
        } else {
            &bytes
        };
        let mut ignored = Vec::new();
        let read = json::read(text, |place| ignored.push(place));
        if let Some(context) = context {
            let mut details = context.details();
            details.unknown_fields = ignored;
            details.body = bytes;
        }
        read.map(Self).map_err(|why| Rejection::BadBody(why).into())
    }
}

/// The bytes of the body.
#[derive(Debug)]
pub struct Body(pub Bytes);

impl<D: Dialect> FromRequest<D> for Body {
    type Rejection = D::Error;

    async fn from_request(request: Request, _: &D) -> Result<Self, D::Error> {
        Ok(Self(whole(request.into_body(), D::MAX_BODY).await?))
    }
}

/// Reads a body that may have up to `most` bytes.
pub async fn whole(body: axum::body::Body, most: usize) -> Result<Bytes, Rejection> {
    match collect(Limited::new(body, most)).await {
        Ok(body) => Ok(body),
        Err(error) if error.is::<LengthLimitError>() => Err(Rejection::TooLarge),
        Err(error) => Err(Rejection::BadBody(format!(
            "the body could not be read: {error}"
        ))),
    }
}

/// The parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, D: Dialect> FromRequestParts<D> for Path<T> {
    type Rejection = D::Error;

    async fn from_request_parts(parts: &mut Parts, state: &D) -> Result<Self, D::Error> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection| {
            let text = rejection.body_text();
            Rejection::BadPath(text.trim_start_matches("Invalid URL: ").to_owned()).into()
        })
    }
}

/// The parameters of the query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, D: Dialect> FromRequestParts<D> for Query<T> {
    type Rejection = D::Error;

    async fn from_request_parts(parts: &mut Parts, state: &D) -> Result<Self, D::Error> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection| {
            let text = rejection.body_text();
            Rejection::BadQuery(
                text.trim_start_matches("Failed to deserialize query string: ")
                    .to_owned(),
            )
            .into()
        })
    }
}

/// Who calls: whom the gate recognised, before any other extractor could refuse.
impl<D: Dialect> FromRequestParts<D> for Caller {
    type Rejection = D::Error;

    async fn from_request_parts(parts: &mut Parts, _: &D) -> Result<Self, D::Error> {
        let context = parts.extensions.get::<RequestContext>();
        // Every route is behind the gate, and no handler asks twice.
        Ok(context
            .and_then(|context| context.details().authorized.take())
            .ok_or(Rejection::Internal)?)
    }
}

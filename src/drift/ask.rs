//! Questions to a world in the process, without a socket.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::app::app;
use crate::corpus::materialize::MadeRequest;
use crate::corpus::{RawAnswer, RawExchange, RawRequest};
use crate::http::body::collect;
use crate::registry::World;

/// The host that requests name.
const HOST: &str = "localhost";

/// A world that can be asked.
#[derive(Clone)]
pub(super) struct AskedWorld {
    pub world: World,
    service: TowerToHyperService<Router>,
}

impl AskedWorld {
    pub(super) fn new(world: World) -> Self {
        world.open();
        let service = TowerToHyperService::new(app(&world));
        Self { world, service }
    }

    /// A world like this one, which goes on by itself.
    pub(super) fn fork(&self) -> Self {
        Self::new(self.world.fork())
    }

    /// Asks, and returns the exchange.
    pub(super) async fn ask(&self, made: &MadeRequest) -> RawExchange {
        let mut headers = made.headers.clone();
        headers.insert(header::HOST, header::HeaderValue::from_static(HOST));
        if !made.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, made.body.len().into());
        }
        let sent = RawRequest {
            method: made.method.clone(),
            target: made.target.clone(),
            headers: headers.clone(),
            body: made.body.clone(),
            length: made.body.len() as u64,
        };
        let request = Request::builder()
            .method(made.method.clone())
            .uri(&made.target)
            .body(Body::from(made.body.clone()));
        let answer = match request {
            Ok(mut request) => {
                *request.headers_mut() = headers;
                self.answer(request).await
            }
            Err(_) => RawAnswer {
                status: StatusCode::BAD_REQUEST,
                headers: HeaderMap::new(),
                body: axum::body::Bytes::new(),
                length: 0,
            },
        };
        RawExchange {
            at: 0,
            took: 0,
            upstream: String::new(),
            request: sent,
            answer,
        }
    }

    async fn answer(&self, request: Request) -> RawAnswer {
        let Ok(response) = self.service.call(request).await;
        let (parts, body) = response.into_parts();
        // The body is complete in memory, so this does not wait.
        let body = collect(body).await.unwrap_or_default();
        RawAnswer {
            status: parts.status,
            headers: parts.headers,
            length: body.len() as u64,
            body,
        }
    }
}

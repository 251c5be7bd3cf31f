//! A service that answers as the emulator does, but for what was planted: a double of the real one, on a port.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::common::App;

/// A change of a body, by the path of its request.
pub type Planted = fn(path: &str, body: &mut serde_json::Value);

/// Serves the documented examples with planted differences, and returns the URL.
pub async fn start(app: App, planted: Planted) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(app);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let app = Arc::clone(&app);
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let app = Arc::clone(&app);
                async move { Ok::<_, hyper::Error>(answer(&app, planted, request).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    url
}

async fn answer(
    app: &App,
    planted: Planted,
    request: Request<hyper::body::Incoming>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let headers = parts.headers.iter();
    let headers: Vec<(&str, &str)> = headers
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let target = parts.uri.path_and_query().unwrap().as_str();
    let reply = app
        .send(parts.method.as_str(), target, &headers, body)
        .await;
    let bytes =
        match serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(&reply.body)) {
            Ok(mut body) => {
                planted(parts.uri.path(), &mut body);
                serde_json::to_vec(&body).unwrap()
            }
            Err(_) => reply.body.to_vec(),
        };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = reply.status.try_into().unwrap();
    *response.headers_mut() = reply.headers;
    response.headers_mut().remove("content-length");
    response
}

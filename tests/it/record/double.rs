//! A service that answers as the emulator does, but for what was planted: a double of the real one, on a port.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::session::Answer;
use crate::common::App;

/// A change of an answer, by the path of its request.
type Alter = dyn Fn(&str, &mut Answer) + Send + Sync;

/// Serves an app whose answers are altered, and returns the URL.
pub async fn start(app: App, alter: impl Fn(&str, &mut Answer) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = Arc::new(app);
    let alter: Arc<Alter> = Arc::new(alter);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (app, alter) = (Arc::clone(&app), Arc::clone(&alter));
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let (app, alter) = (Arc::clone(&app), Arc::clone(&alter));
                async move { Ok::<_, hyper::Error>(answer(&app, &*alter, request).await) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    url
}

async fn answer(
    app: &App,
    alter: &Alter,
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
    let mut answer = Answer {
        status: reply.status,
        headers: reply.headers.clone(),
        body: serde_json::from_slice(&reply.body).unwrap_or_default(),
    };
    let is_json = !answer.body.is_null();
    alter(parts.uri.path(), &mut answer);
    let bytes = match (is_json, answer.body.is_null()) {
        (false, _) => reply.body.to_vec(),
        (true, true) => Vec::new(),
        (true, false) => serde_json::to_vec(&answer.body).unwrap(),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = answer.status.try_into().unwrap();
    *response.headers_mut() = answer.headers;
    response.headers_mut().remove("content-length");
    response
}

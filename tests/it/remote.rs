//! An emulator at the other end of a connection.

use axum::body::Body;
use axum::http::{Method, Request, Uri, header};
use http_body_util::BodyExt;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::common::{CREDENTIALS, Reply};

/// A client of one world.
pub struct Remote {
    pub url: String,
}

impl Remote {
    /// A client of the world at an url.
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: url.into() }
    }

    /// A client of a world that is opened by this one.
    pub async fn open(&self, chosen: Value) -> Self {
        let opened = self
            .post("/_emulator/v1/worlds", chosen)
            .await
            .assert_status(201);
        Self::at(opened["url"].as_str().expect("a url"))
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, CREDENTIALS, String::new())
            .await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, CREDENTIALS, String::new())
            .await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, CREDENTIALS, body.to_string())
            .await
    }

    /// Any request, with just these headers.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Reply {
        let request_line = format!("{method} {}{path}", self.url);
        let address: Uri = self.url.parse().expect("a url");
        let authority = address.authority().expect("an authority").as_str();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONNECTION, "close");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, authority);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let exchange = async {
            let stream = TcpStream::connect(authority).await?;
            let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            let (head, body) = sender.send_request(request).await?.into_parts();
            Ok::<_, Box<dyn std::error::Error>>((head, body.collect().await?.to_bytes()))
        };
        let (head, body) = exchange
            .await
            .unwrap_or_else(|error| panic!("{request_line}: {error:?}"));
        Reply {
            request: request_line,
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }

    /// Moves the clock; answers the transitions on the way.
    pub async fn advance(&self, ms: i64) -> Vec<Value> {
        let body = serde_json::json!({ "ms": ms });
        let reply = self.post("/_emulator/v1/clock/advance", body).await;
        let transitions = reply.assert_status(200)["transitions"].take();
        transitions.as_array().expect("transitions").clone()
    }
}

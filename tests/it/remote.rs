//! An emulator at the other end of a connection.

use axum::http::Method;
use serde_json::Value;

use crate::common::{CREDENTIALS, Reply};

/// A client of one world.
pub struct Remote {
    pub url: String,
    client: reqwest::Client,
}

impl Remote {
    /// A client of the world at an url.
    pub fn at(url: impl Into<String>) -> Self {
        let client = reqwest::Client::builder().no_proxy().build();
        Self {
            url: url.into(),
            client: client.expect("a client"),
        }
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
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body).send().await;
        let response = response.unwrap_or_else(|error| panic!("{request_line}: {error:?}"));
        Reply {
            request: request_line,
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.bytes().await.expect("a whole body"),
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

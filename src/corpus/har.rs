//! HAR files, in which browsers and proxies save what they have seen. Source: HAR 1.2.

use axum::http::Method;
use serde::Deserialize;

use crate::http::auth::redact::encodings::base64_decoded;
use crate::http::json::value::OrderedValue;

/// A saved session.
#[derive(Debug, Deserialize)]
pub struct Har {
    log: HarLog,
}

#[derive(Debug, Deserialize)]
struct HarLog {
    entries: Vec<HarEntry>,
}

#[derive(Debug, Deserialize)]
struct HarEntry {
    request: HarRequest,
    response: HarResponse,
}

#[derive(Debug, Deserialize)]
struct HarRequest {
    method: String,
    url: String,
}

#[derive(Debug, Deserialize)]
struct HarResponse {
    status: u16,
    #[serde(default)]
    content: HarContent,
}

#[derive(Debug, Default, Deserialize)]
struct HarContent {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

/// A request with its answer, as it was saved.
pub struct HarExchange {
    pub method: Method,
    /// The path and the query.
    pub target: String,
    pub status: u16,
    /// None: the body was not saved, or is no JSON.
    pub body: Option<OrderedValue>,
}

impl Har {
    /// Reads a file; `None` if it is something else.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        serde_json::from_str(text).ok()
    }

    pub fn exchanges(self) -> impl Iterator<Item = HarExchange> {
        self.log.entries.into_iter().map(|entry| {
            let content = entry.response.content;
            let bytes = match (content.text, content.encoding.as_deref()) {
                (Some(text), Some("base64")) => {
                    let digits = text
                        .bytes()
                        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
                    Some(base64_decoded(&digits.collect::<Vec<u8>>()))
                }
                (text, _) => text.map(String::into_bytes),
            };
            HarExchange {
                method: entry.request.method.parse().unwrap_or(Method::GET),
                target: target_of(&entry.request.url).to_owned(),
                status: entry.response.status,
                body: bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
            }
        })
    }
}

/// The path and the query of a URL, without its fragment.
fn target_of(url: &str) -> &str {
    let url = url.split('#').next().unwrap_or_default();
    let behind = url.split_once("://").map_or(url, |(_, rest)| rest);
    behind.find('/').map_or("/", |at| &behind[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_may_be_in_base64() {
        let har = r#"{"log": {"entries": [
            {"request": {"method": "GET", "url": "https://a.example/v3/p1/x?a=1#b"},
             "response": {"status": 200, "content": {"text": "eyJhIjoxfQ==", "encoding": "base64"}}},
            {"request": {"method": "GET", "url": "https://a.example"}, "response": {"status": 204}}]}}"#;
        let exchanges: Vec<HarExchange> = Har::read(har).unwrap().exchanges().collect();
        assert_eq!(exchanges[0].target, "/v3/p1/x?a=1");
        assert_eq!(
            exchanges[0].body,
            Some(serde_json::from_str(r#"{"a":1}"#).unwrap())
        );
        assert_eq!(exchanges[1].target, "/");
        assert!(exchanges[1].body.is_none());
    }
}

//! An exchange as it is read from a corpus. It cannot be written.

use serde::{Deserialize, Deserializer};

use super::value::Recorded;
use crate::sim::Millis;

/// A recorded exchange.
#[derive(Clone, Debug, Deserialize)]
pub struct Exchange {
    /// The id of the operation.
    pub operation: String,
    pub family: String,
    /// The run of the recorder: stand-ins mean the same within it.
    pub session: String,
    /// The number within the session.
    pub n: u64,
    /// The beginning of the request, as an RFC 3339 timestamp.
    pub recorded: String,
    /// The time since the beginning of the session.
    pub at_ms: Millis,
    #[serde(default)]
    pub took_ms: Millis,
    pub versions: Versions,
    /// The stand-in of the service's URL.
    #[serde(default)]
    pub upstream: String,
    pub request: RecordedRequest,
    #[serde(rename = "response")]
    pub answer: RecordedAnswer,
    /// The number of the line in its file.
    #[serde(skip)]
    pub line: usize,
}

/// The versions of a line.
#[derive(Clone, Debug, Deserialize)]
pub struct Versions {
    pub format: u32,
    #[serde(default)]
    pub emulator: String,
}

/// A recorded request.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedRequest {
    pub method: String,
    #[serde(default)]
    pub path: Vec<(String, Recorded)>,
    #[serde(default)]
    pub query: Vec<(String, Recorded)>,
    #[serde(default)]
    pub headers: Vec<(String, Recorded)>,
    /// Absent: there was none. JSON's null is a body.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Recorded>,
}

/// A recorded answer.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedAnswer {
    pub status: u16,
    #[serde(default)]
    pub headers: Vec<(String, Recorded)>,
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Recorded>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Recorded>, D::Error> {
    Recorded::deserialize(deserializer).map(Some)
}

impl Exchange {
    /// The date of the recording.
    pub fn date(&self) -> &str {
        self.recorded.get(..10).unwrap_or(&self.recorded)
    }

    /// True if the request only reads.
    pub fn is_read(&self) -> bool {
        matches!(self.request.method.as_str(), "GET" | "HEAD")
    }

    /// True if the answer is a success.
    pub const fn is_success(&self) -> bool {
        self.answer.status >= 200 && self.answer.status < 300
    }
}

impl RecordedRequest {
    /// The text of a parameter of the path or the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let all = self.path.iter().chain(&self.query);
        let mut named = all.filter(|(known, _)| known == name);
        named.find_map(|(_, value)| value.text())
    }

    pub fn header(&self, name: &str) -> Option<&Recorded> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

impl RecordedAnswer {
    pub fn header(&self, name: &str) -> Option<&Recorded> {
        let mut headers = self.headers.iter();
        headers
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The media type, without its parameters.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?.text()?;
        let media_type = value.split(';').next().unwrap_or_default();
        Some(media_type.trim().to_ascii_lowercase())
    }
}

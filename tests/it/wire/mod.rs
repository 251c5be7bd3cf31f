//! The wire: heads, bodies and header names, byte for byte, on raw sockets.

mod bodies;
mod heads;
mod malformed;
mod other_protocols;
mod queries;
mod spelling;

use serde_json::Value;

use crate::socket::Server;

/// An answer, as it was sent.
#[derive(Debug)]
struct RawAnswer {
    status: u16,
    /// The header fields, with their names as they were sent.
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl RawAnswer {
    /// Reads the first answer of `bytes`, and returns the rest.
    fn read(bytes: &[u8]) -> (Self, &[u8]) {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let shown = String::from_utf8_lossy(bytes);
        let end = end.unwrap_or_else(|| panic!("no answer: {shown:?}"));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer = Self {
            status: status.parse().unwrap(),
            fields,
            body: Vec::new(),
        };
        let length = answer.field("content-length").parse().unwrap_or(0);
        let (body, rest) = bytes[end + 4..].split_at(length);
        answer.body = body.to_vec();
        (answer, rest)
    }

    /// A header, or an empty text.
    fn field(&self, name: &str) -> &str {
        let named = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .find(named)
            .map_or("", |(_, value)| value)
    }

    fn hint(&self) -> &str {
        self.field("x-emulator-hint")
    }

    #[track_caller]
    fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    /// Asserts the status, a request id, and a hint that has a text.
    #[track_caller]
    fn assert_hinted(&self, status: u16, hint: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.field("x-request-id").len(), 32, "{self:?}");
        assert!(self.hint().contains(hint), "{hint:?} in {:?}", self.hint());
    }
}

/// Sends bytes, and reads the answers until the connection closes.
async fn answers(server: &Server, bytes: &[u8]) -> Vec<RawAnswer> {
    let text = server.raw_bytes(bytes).await;
    let (mut rest, mut answers) = (&*text, Vec::new());
    while !rest.is_empty() {
        let (answer, behind) = RawAnswer::read(rest);
        answers.push(answer);
        rest = behind;
    }
    answers
}

/// Sends bytes, and reads the only answer.
async fn answer(server: &Server, bytes: &[u8]) -> RawAnswer {
    let mut answers = answers(server, bytes).await;
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

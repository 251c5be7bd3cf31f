//! The log lines of requests: each at info, a refused one with its reason at warn or debug.

use std::borrow::Cow;
use std::fmt::Write;
use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use crate::http::auth::redact::{KnownSecrets, Mask};
use crate::http::context::RequestDetails;

/// The target of the lines about refused requests at warn. The process turns it off where nobody reads along.
pub const REFUSALS: &str = "release_emulator::refusals";

/// The most characters of a reason in a line.
const LONGEST_REASON: usize = 600;

/// A request that was answered.
pub(super) struct LoggedRequest<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub details: &'a RequestDetails,
    pub world: &'a str,
    pub secrets: &'a KnownSecrets,
    pub status: u16,
    pub duration: Duration,
    /// True if the emulator failed.
    pub is_failure: bool,
}

/// The body of a refusal, with the hints of its header.
pub(super) struct Refusal<'a> {
    pub body: &'a [u8],
    pub hints: &'a str,
}

impl LoggedRequest<'_> {
    /// Logs the request in a line: with its reason if it was refused and somebody reads that.
    pub(super) fn log(&self, refusal: Option<&Refusal>) {
        let is_logged = if self.is_failure {
            tracing::enabled!(tracing::Level::ERROR)
        } else {
            tracing::enabled!(tracing::Level::INFO)
        };
        if refusal.is_none() && !is_logged && !self.details.is_other_protocol {
            return;
        }
        let mask = Mask::new(Some(self.secrets));
        let path = mask.text(self.path);
        let (method, path, status) = (self.method, &*path, self.status);
        let duration_us = u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX);
        let (request_id, world) = (self.details.id.as_str(), self.world);
        let operation = self.details.operation;
        let operation = operation.map_or("-", |operation| operation.id.as_str());
        if self.details.is_other_protocol {
            // Such a client tells its user little of the answer.
            let hints = self.details.hints.join("; ");
            tracing::warn!(status, request_id, world, "a client was refused: {hints}");
            return;
        }
        let Some(refusal) = refusal.filter(|_| logs_refusals()) else {
            if self.is_failure {
                tracing::error!(%method, path, status, duration_us, operation, request_id, world, "{method} {path} answered {status}");
            } else {
                tracing::info!(%method, path, status, duration_us, operation, request_id, world, "{method} {path} answered {status}");
            }
            return;
        };
        let Refusal { body, hints } = refusal;
        let Reason { code, text } = Reason::of(body);
        let (code, text) = (mask.values(&code), mask.text(&text));
        let line = self.line(path, &code, &text, hints);
        let code = &*code;
        if self.is_failure {
            tracing::error!(target: REFUSALS, %method, path, status, code, hints, duration_us, operation, request_id, world, "{line}");
        } else {
            tracing::warn!(target: REFUSALS, %method, path, status, code, hints, duration_us, operation, request_id, world, "{line}");
        }
    }

    /// The method, the path, the status, and the code, the text and the hints that explain it.
    fn line(&self, path: &str, code: &str, text: &str, hints: &str) -> String {
        let mut line = format!("{} {path} {}", self.method, self.status);
        // Zadig's code is the status.
        if !code.is_empty() && *code != self.status.to_string() {
            let _ = write!(line, " {code}");
        }
        let hint = if hints.is_empty() || text.contains(hints) {
            String::new()
        } else {
            format!("hint: {hints}")
        };
        let fault = self.details.fault.as_ref();
        let fault = fault.map(|fault| format!("by the fault {fault}"));
        let parts = [text, &hint, fault.as_deref().unwrap_or_default()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            let _ = write!(line, ": {}", parts.join("; "));
        }
        line
    }

    /// Logs the whole answer of a refused request.
    pub(super) fn log_answer(&self, refusal: &Refusal) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let mut mask = Mask::new(Some(self.secrets));
        let answer = mask.document(refusal.body);
        let path = mask.text(self.path);
        let (method, path, status) = (self.method, &*path, self.status);
        let (request_id, world) = (self.details.id.as_str(), self.world);
        let hints = refusal.hints;
        tracing::debug!(%method, path, status, %answer, hints, request_id, world, "{method} {path} was refused: {answer} {hints}");
    }
}

/// True if lines about refused requests are read.
pub(super) fn logs_refusals() -> bool {
    tracing::enabled!(target: REFUSALS, tracing::Level::WARN)
}

/// The code and the text of a refusal, by whatever names its family has for them.
#[derive(Debug, PartialEq, Eq)]
struct Reason {
    code: String,
    text: String,
}

impl Reason {
    fn of(body: &[u8]) -> Self {
        const CODES: [&str; 3] = ["error_code", "errorCode", "code"];
        const TEXTS: [&str; 6] = [
            "error_msg",
            "errorMessage",
            "errorMsg",
            "detail",
            "description",
            "message",
        ];
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = value.get("error").filter(|error| error.is_object());
        let error = error.unwrap_or(&value);
        let first = |names: &[&str]| {
            let texts = names.iter().filter_map(|name| match error.get(name)? {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            });
            texts.into_iter().find(|text| !text.is_empty())
        };
        let text = first(&TEXTS).unwrap_or_default();
        Self {
            code: on_one_line(&first(&CODES).unwrap_or_default()).into_owned(),
            text: on_one_line(&text).into_owned(),
        }
    }
}

/// The beginning of a text without control characters, which could lead a terminal astray.
fn on_one_line(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_REASON && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for c in text.chars().take(LONGEST_REASON) {
        match c {
            '\n' => line.push(' '),
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    if text.chars().nth(LONGEST_REASON).is_some() {
        line.push('…');
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_found_in_the_shape_of_each_family() {
        for (body, code, text) in [
            (
                r#"{"error_code":"SVCSTG.00100400","error_msg":"parameter invalid"}"#,
                "SVCSTG.00100400",
                "parameter invalid",
            ),
            (
                r#"{"errorCode":"ASM.01000002","errorMessage":"Forbidden."}"#,
                "ASM.01000002",
                "Forbidden.",
            ),
            (
                r#"{"error":{"code":404,"message":"Could not find agency","title":"Not Found"}}"#,
                "404",
                "Could not find agency",
            ),
            (
                r#"{"code":400,"description":"no projectKey","extra":{},"message":"Bad Request","type":"error"}"#,
                "400",
                "no projectKey",
            ),
            (
                r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no world x"}"#,
                "",
                "there is no world x",
            ),
            ("not JSON", "", ""),
        ] {
            let (code, text) = (code.to_owned(), text.to_owned());
            assert_eq!(Reason::of(body.as_bytes()), Reason { code, text });
        }
    }

    #[test]
    fn a_reason_is_one_line_without_orders_to_a_terminal() {
        assert_eq!(on_one_line("a\nb\u{1b}[31mc"), "a b\\u{1b}[31mc");
        let long = on_one_line(&"é".repeat(LONGEST_REASON + 1)).into_owned();
        assert_eq!(long.chars().count(), LONGEST_REASON + 1);
        assert!(long.ends_with("é…"));
    }
}

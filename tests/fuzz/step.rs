//! A request of a sequence, and its form for a shell.

use std::fmt::Write;

/// The name of the first world.
pub(crate) const MAIN: &str = "main";

/// A request to a world.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The name of the world.
    pub(crate) world: String,
    pub(crate) method: String,
    /// The path, with the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// The number of bytes of the body after which the client closes. Only on a socket.
    pub(crate) cut: Option<usize>,
}

impl Step {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            world: MAIN.to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: None,
            cut: None,
        }
    }

    /// True if it says itself where its body ends. The next request on the connection may be taken for the rest of it.
    pub(crate) fn has_own_framing(&self) -> bool {
        let mut names = self.headers.iter().map(|(name, _)| name.as_str());
        names.any(|name| matches!(name, "content-length" | "transfer-encoding"))
    }

    pub(crate) fn with_json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into_bytes());
        self
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a credential that every family accepts unless it is strict.
    pub(crate) fn with_token(self, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        self.with_header("x-auth-token", token)
            .with_header("authorization", &bearer)
    }

    /// The path, also of a target that is a whole URL.
    pub(crate) fn path(&self) -> &str {
        let path = self.target.split('?').next().expect("a first part");
        match path.strip_prefix("http://") {
            Some(rest) => rest.find('/').map_or("/", |begin| &rest[begin..]),
            None => path,
        }
    }

    /// True if the control plane answers it.
    pub(crate) fn is_control(&self) -> bool {
        self.path() == "/_emulator" || self.path().starts_with("/_emulator/")
    }

    /// True if it can change nothing, unless reads bring progress.
    pub(crate) fn is_read(&self) -> bool {
        self.method == "GET" || self.method == "HEAD"
    }

    /// The command line that sends it.
    pub(crate) fn curl(&self, base: &str) -> String {
        let mut line = "curl -si".to_owned();
        match (&*self.method, &self.body) {
            ("GET", None) | ("POST", Some(_)) => {}
            ("HEAD", None) => line.push_str(" -I"),
            (method, _) if method.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                let _ = write!(line, " -X {method}");
            }
            (method, _) => {
                let _ = write!(line, " -X {}", quoted(method));
            }
        }
        if self.target.starts_with('/') {
            let _ = write!(line, " {}", quoted(&format!("{base}{}", self.target)));
        } else {
            let target = quoted(&self.target);
            let _ = write!(line, " --request-target {target} {base}");
        }
        for (name, value) in &self.headers {
            let _ = write!(line, " -H {}", quoted(&format!("{name}: {value}")));
        }
        let is_media_type =
            |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if self.body.is_some() && !self.headers.iter().any(is_media_type) {
            // curl would send that of a form.
            line.push_str(" -H 'Content-Type:'");
        }
        match &self.body {
            None => {}
            Some(body) => match std::str::from_utf8(body) {
                Ok(text) if !text.contains('\0') => {
                    // A leading @ would name a file.
                    let option = if text.starts_with('@') {
                        "--data-raw"
                    } else {
                        "-d"
                    };
                    let _ = write!(line, " {option} {}", quoted(text));
                }
                _ => {
                    let mut escaped = String::new();
                    for byte in body {
                        let _ = write!(escaped, "\\x{byte:02x}");
                    }
                    line = format!("printf '{escaped}' | {line} --data-binary @-");
                }
            },
        }
        if let Some(cut) = self.cut {
            let _ = write!(line, "   # closed after {cut} bytes of the body");
        }
        line
    }
}

/// A text in single quotes, for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

//! Requests as lines for a shell.

use super::shown::Shown;

/// Headers that curl sends by itself, or that belong to one connection.
const OWN_HEADERS: [&str; 8] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
];

/// A text in single quotes, within which a shell changes nothing.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A request of the journal.
pub(super) fn of_record(base: &str, record: &Shown) -> String {
    let (method, path) = (record.get("method").text(), record.get("path").text());
    let query = record.get("query").text();
    let query = if query.is_empty() {
        query
    } else {
        format!("?{query}")
    };
    let headers = record.at("request.headers").fields();
    let headers = headers
        .into_iter()
        .filter(|(name, _)| !OWN_HEADERS.contains(&name.as_str()) && !name.starts_with("sec-"))
        .map(|(name, value)| format!("{name}: {}", value.text()));
    let body = record.at("request.body");
    let body = (!body.is_null()).then(|| body.text());
    command(
        &method,
        &format!("{base}{path}{query}"),
        headers,
        body.as_deref(),
    )
}

/// A command.
pub(super) fn command(
    method: &str,
    url: &str,
    headers: impl Iterator<Item = String>,
    body: Option<&str>,
) -> String {
    let mut command = String::from("curl");
    let is_usual = method == if body.is_some() { "POST" } else { "GET" };
    if !is_usual {
        let is_plain = method.bytes().all(|byte| byte.is_ascii_uppercase());
        let method = if is_plain {
            method.to_owned()
        } else {
            quoted(method)
        };
        command.extend([" -X ", &method]);
    }
    command.extend([" ", &quoted(url)]);
    for header in headers {
        command.extend([" \\\n  -H ", &quoted(&header)]);
    }
    if let Some(body) = body {
        command.extend([" \\\n  --data-raw ", &quoted(body)]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_changes_nothing_in_a_command() {
        let headers = ["x-a: it's $HOME".to_owned()];
        let text = command(
            "PUT",
            "http://localhost/a?b=`c`",
            headers.into_iter(),
            Some(r#"{"a":"'"}"#),
        );
        assert_eq!(
            text,
            "curl -X PUT 'http://localhost/a?b=`c`' \\\n  -H 'x-a: it'\\''s $HOME' \\\n  \
             --data-raw '{\"a\":\"'\\''\"}'"
        );
    }
}

//! The diagnosis of a signature that does not verify.
//!
//! A signature does not reveal the text that was signed. But the emulator has the secret key, so it can try the common
//! mistakes: if the signature is valid for one of them, the client has made this mistake.

use std::fmt::Write;

use axum::http::{HeaderName, header};

use super::canonical::{Canonical, CanonicalForms, Request, UNSIGNED};
use super::signature::Algorithm;
use crate::http::forwarded::FORWARDED_HOST;

/// The headers in which a proxy names the host that the client called, or those through which it was reached, and the words
/// for each.
const NAMING_HOST: [(HeaderName, &str); 4] = [
    (FORWARDED_HOST, "the Host of X-Forwarded-Host"),
    (
        HeaderName::from_static("x-original-host"),
        "the Host of X-Original-Host",
    ),
    (
        HeaderName::from_static("x-forwarded-server"),
        "the Host of X-Forwarded-Server",
    ),
    (HeaderName::from_static("x-host"), "the Host of X-Host"),
];

/// The mark of a line that differs.
const MARK: &str = ">> ";

/// Explains why the signature is not valid for any form. The result is one line; `\n` in it stands for a line feed.
pub fn explain(
    request: &Request,
    algorithm: Algorithm,
    forms: &CanonicalForms,
    is_signed: impl Fn(&Canonical) -> bool,
) -> String {
    let ours = forms.first();
    let mistake = mistakes(request, algorithm, ours)
        .into_iter()
        .find(|(_, theirs)| is_signed(theirs));
    if let Some((mistake, theirs)) = mistake {
        let (theirs, ours) = marked(&theirs, ours);
        return format!("the client signed {mistake}: {theirs} -- but the request is: {ours}");
    }
    let mut cause = "the client has another secret key, or a proxy changed the request".to_owned();
    let host = ours
        .headers
        .iter()
        .find(|(name, _)| name == header::HOST.as_str());
    if let Some((_, host)) = host {
        let host = String::from_utf8_lossy(host);
        let _ = write!(cause, ", most likely its Host, which arrived as {host}");
    }
    let as_sent = forms.as_sent();
    if as_sent == *ours {
        let ours = ours.masked_lines().join("\\n");
        return format!("{cause}; the canonical request is: {ours}");
    }
    let (sorted, as_sent) = marked(ours, &as_sent);
    format!(
        "{cause}; the canonical request is, with a sorted query: {sorted} -- or as sent: {as_sent}"
    )
}

/// Both canonical requests with marks at the lines that differ.
fn marked(one: &Canonical, other: &Canonical) -> (String, String) {
    let (one, other) = (one.masked_lines(), other.masked_lines());
    let mark = |lines: &[String], others: &[String]| {
        let lines = lines.iter().enumerate().map(|(n, line)| {
            let mark = if others.get(n) == Some(line) {
                ""
            } else {
                MARK
            };
            format!("{mark}{line}")
        });
        lines.collect::<Vec<_>>().join("\\n")
    };
    (mark(&one, &other), mark(&other, &one))
}

/// The common mistakes of clients, each with the canonical request that it leads to.
fn mistakes(request: &Request, algorithm: Algorithm, ours: &Canonical) -> Vec<(String, Canonical)> {
    let mut mistakes = Vec::new();
    let mut add = |mistake: String, change: &dyn Fn(&mut Canonical)| {
        let mut theirs = ours.clone();
        change(&mut theirs);
        if theirs != *ours {
            mistakes.push((mistake, theirs));
        }
    };
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"] {
        add("another method".to_owned(), &|theirs| {
            method.clone_into(&mut theirs.method);
        });
    }
    add(
        "a path without the slash at its end".to_owned(),
        &|theirs| {
            theirs.path.truncate(theirs.path.len() - 1);
        },
    );
    add("a path that is escaped twice".to_owned(), &|theirs| {
        theirs.path = theirs.path.replace('%', "%25");
    });
    add("a path that is not escaped".to_owned(), &|theirs| {
        theirs.path = percent_encoding::percent_decode_str(&theirs.path)
            .decode_utf8_lossy()
            .into_owned();
    });
    add("no query".to_owned(), &|theirs| theirs.query.clear());
    add(
        "a plus sign where the query has a space".to_owned(),
        &|theirs| {
            theirs.query = theirs.query.replace("%20", "%2B");
        },
    );
    add("the host without its port".to_owned(), &|theirs| {
        for (name, value) in &mut theirs.headers {
            if name == header::HOST.as_str()
                && let Some(colon) = value.iter().position(|byte| *byte == b':')
            {
                value.truncate(colon);
            }
        }
    });
    let arrived = request.headers.get(header::HOST);
    let arrived = arrived.map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    for (source, host) in other_hosts(request, arrived.as_deref().unwrap_or_default()) {
        let mistake = format!(
            "{source} {host}, which a proxy replaced (let it pass Host on, or send X-Forwarded-Host and start with --trust-proxy)"
        );
        add(mistake, &|theirs| {
            for (name, value) in &mut theirs.headers {
                if name == header::HOST.as_str() {
                    *value = host.clone().into_bytes();
                }
            }
        });
    }
    let bodies: [(_, &[u8]); 4] = [
        ("the digest of an empty body", b""),
        ("the digest of the body", request.body),
        (
            "the body with a line feed at its end",
            &[request.body, b"\n"].concat(),
        ),
        (
            "the body without the line feed at its end",
            request.body.trim_ascii_end(),
        ),
    ];
    for (mistake, body) in bodies {
        add(mistake.to_owned(), &|theirs| {
            theirs.payload = algorithm.digest(body);
        });
    }
    add(
        "UNSIGNED-PAYLOAD without sending it in a header".to_owned(),
        &|theirs| UNSIGNED.clone_into(&mut theirs.payload),
    );
    mistakes
}

/// The hosts that the client of a proxy may have signed, each with the words for where it is from: those that the proxy
/// names, and the names of this machine.
fn other_hosts(request: &Request, arrived: &str) -> Vec<(&'static str, String)> {
    let mut hosts = Vec::new();
    for (header, source) in &NAMING_HOST {
        let values = request
            .headers
            .get(header)
            .and_then(|value| value.to_str().ok());
        let values = values.unwrap_or_default().split(',').map(str::trim);
        hosts.extend(values.map(|host| (*source, host.to_owned())));
    }
    let port = arrived
        .rsplit_once(':')
        .filter(|(_, port)| port.parse::<u16>().is_ok());
    let port = port.map_or_else(String::new, |(_, port)| format!(":{port}"));
    for name in ["localhost", "127.0.0.1", "[::1]"] {
        hosts.push(("the Host", name.to_owned()));
        hosts.push(("the Host", format!("{name}{port}")));
    }
    hosts.retain(|(_, host)| !host.is_empty() && host != arrived);
    hosts
}

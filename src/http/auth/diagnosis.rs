//! The diagnosis of a signature that does not verify.
//!
//! A signature does not reveal the text that was signed. But the emulator has the secret key, so it can try the common
//! mistakes: if the signature is valid for one of them, the client has made this mistake.

use std::fmt::Write;

use axum::http::{HeaderName, header};

use super::canonical::{Canonical, CanonicalForms, Request, UNSIGNED};
use super::signature::Algorithm;

/// The header in which a proxy names the host that the client called.
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

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
fn mistakes(
    request: &Request,
    algorithm: Algorithm,
    ours: &Canonical,
) -> Vec<(&'static str, Canonical)> {
    let mut mistakes = Vec::new();
    let mut add = |mistake, change: &dyn Fn(&mut Canonical)| {
        let mut theirs = ours.clone();
        change(&mut theirs);
        if theirs != *ours {
            mistakes.push((mistake, theirs));
        }
    };
    for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"] {
        add("another method", &|theirs| {
            method.clone_into(&mut theirs.method);
        });
    }
    add("a path without the slash at its end", &|theirs| {
        theirs.path.truncate(theirs.path.len() - 1);
    });
    add("a path that is escaped twice", &|theirs| {
        theirs.path = theirs.path.replace('%', "%25");
    });
    add("a path that is not escaped", &|theirs| {
        theirs.path = percent_encoding::percent_decode_str(&theirs.path)
            .decode_utf8_lossy()
            .into_owned();
    });
    add("no query", &|theirs| theirs.query.clear());
    add("a plus sign where the query has a space", &|theirs| {
        theirs.query = theirs.query.replace("%20", "%2B");
    });
    add("the host without its port", &|theirs| {
        for (name, value) in &mut theirs.headers {
            if name == header::HOST.as_str()
                && let Some(colon) = value.iter().position(|byte| *byte == b':')
            {
                value.truncate(colon);
            }
        }
    });
    if let Some(forwarded) = request.headers.get(FORWARDED_HOST) {
        add(
            "the Host of X-Forwarded-Host, which a proxy replaced",
            &|theirs| {
                for (name, value) in &mut theirs.headers {
                    if name == header::HOST.as_str() {
                        *value = forwarded.as_bytes().to_vec();
                    }
                }
            },
        );
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
        add(mistake, &|theirs| theirs.payload = algorithm.digest(body));
    }
    add(
        "UNSIGNED-PAYLOAD without sending it in a header",
        &|theirs| UNSIGNED.clone_into(&mut theirs.payload),
    );
    mistakes
}

//! The reason a signature does not verify: the client's canonical request beside the emulator's, if it can be guessed.
//!
//! A signature tells nothing of the text that was signed. But the secret key is known here, so the usual
//! mistakes can be tried: if one of them verifies, that is what the client has signed.

use axum::http::{Method, header};

use super::canonical::{Canonical, CanonicalForms, Request, UNSIGNED};
use super::signature::Algorithm;

/// What stands before a line that differs.
const MARK: &str = ">> ";

/// Says why no spelling holds: one line, in which `\n` stands for the ends of lines.
pub fn explain(
    request: &Request,
    algorithm: Algorithm,
    forms: &CanonicalForms,
    holds: impl Fn(Vec<u8>) -> bool,
) -> String {
    let ours = forms.first();
    let mistake = mistakes(request, algorithm, ours)
        .into_iter()
        .find(|(_, theirs)| holds(theirs.text()));
    if let Some((what, theirs)) = mistake {
        let (theirs, ours) = marked(&theirs, ours);
        return format!("the client signed {what}: {theirs} -- but the request is: {ours}");
    }
    let because = "the secret key is another one, or something between client and emulator changed what is signed";
    let as_sent = forms.as_sent();
    if as_sent == *ours {
        let ours = ours.shown().join("\\n");
        return format!(
            "{because}; the canonical request is, with the query sorted and as sent alike: {ours}"
        );
    }
    let (sorted, as_sent) = marked(ours, &as_sent);
    format!(
        "{because}; the canonical request is, with the query sorted: {sorted} -- or as sent: {as_sent}"
    )
}

/// Two canonical requests, each in a line, with the lines marked in which they differ.
fn marked(one: &Canonical, other: &Canonical) -> (String, String) {
    let (one, other) = (one.shown(), other.shown());
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

/// What clients are known to sign by mistake, each with one part of the request changed.
fn mistakes(request: &Request, algorithm: Algorithm, ours: &Canonical) -> Vec<(String, Canonical)> {
    let mut mistakes = Vec::new();
    let mut of = |what: &str, change: &dyn Fn(&mut Canonical)| {
        let mut theirs = ours.clone();
        change(&mut theirs);
        if theirs != *ours {
            mistakes.push((what.to_owned(), theirs));
        }
    };
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::PATCH,
    ] {
        of("another method", &|theirs| {
            method.as_str().clone_into(&mut theirs.method);
        });
    }
    of("the path without the slash that must end it", &|theirs| {
        theirs.path.truncate(theirs.path.len() - 1);
    });
    of("a path that is escaped twice", &|theirs| {
        theirs.path = theirs.path.replace('%', "%25");
    });
    of("a path that is not escaped", &|theirs| {
        theirs.path = percent_encoding::percent_decode_str(&theirs.path)
            .decode_utf8_lossy()
            .into_owned();
    });
    of("no query", &|theirs| theirs.query.clear());
    of("a plus sign where the query has a space", &|theirs| {
        theirs.query = theirs.query.replace("%20", "%2B");
    });
    of("the host without its port", &|theirs| {
        for (name, value) in &mut theirs.headers {
            if name == header::HOST.as_str()
                && let Some(colon) = value.iter().position(|byte| *byte == b':')
            {
                value.truncate(colon);
            }
        }
    });
    of("the digest of an empty body", &|theirs| {
        theirs.payload = algorithm.digest(b"");
    });
    of("the digest of the body", &|theirs| {
        theirs.payload = algorithm.digest(request.body);
    });
    of("the body with a line feed at its end", &|theirs| {
        theirs.payload = algorithm.digest(&[request.body, b"\n"].concat());
    });
    of("the body without the line feed at its end", &|theirs| {
        theirs.payload = algorithm.digest(request.body.trim_ascii_end());
    });
    of(
        "no body, though the digest is not said to be left out",
        &|theirs| UNSIGNED.clone_into(&mut theirs.payload),
    );
    mistakes
}

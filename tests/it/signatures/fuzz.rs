//! Property tests: no header panics, and no request that was changed after signing is accepted.

use std::cell::Cell;

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use percent_encoding::percent_decode_str;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;
use release_emulator::internals::http::auth::canonical::{CanonicalForms, Request};
use release_emulator::internals::http::auth::{Signature, huawei, zadig};
use release_emulator::internals::world::settings::Fidelity;
use tokio::runtime::{Builder, Runtime};

use super::{AK, DATE, SK, Signed, escaped, now, pair, sha256, with_fidelity};
use crate::common::cases;

const CASES: u32 = 10_000;

const WELL_FORMED: &str = "SDK-HMAC-SHA256 Access=AK1, SignedHeaders=host;x-sdk-date, \
    Signature=39999c9366b9daca76960691026e9981cfc3eb8dee75548486049716d15f6d86";

/// A well-formed signature header with some bytes replaced, added and removed.
fn nearly_a_header() -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<Index>(), 0..3, any::<u8>()), 0..6);
    let words = select(vec![
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SM3",
        "V11-HMAC-SHA256",
        "Bearer",
    ]);
    (words, edits).prop_map(|(word, edits)| {
        let mut text = WELL_FORMED
            .replacen("SDK-HMAC-SHA256", word, 1)
            .into_bytes();
        for (at, kind, byte) in edits {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => text.truncate(at.max(1)),
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(cases(CASES))]

    #[test]
    fn the_parsers_never_panic(
        authorization in prop_oneof![nearly_a_header(), vec(any::<u8>(), 0..80)],
        token in vec(any::<u8>(), 0..20),
        query in proptest::option::of("\\PC{0,20}"),
    ) {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::AUTHORIZATION.as_str(), &authorization), ("x-auth-token", &token)] {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.insert(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value);
            }
        }
        let _ = huawei(&headers);
        let _ = zadig(&headers, query.as_deref());
        if let Ok(text) = std::str::from_utf8(&authorization) {
            let _ = Signature::read(text);
        }
    }

    #[test]
    fn every_canonical_form_means_the_same_request(
        target in "/[a-z0-9%/+:*'|^~é]{0,24}(\\?[a-z0-9%=&+;*é]{0,24})?",
        agent in select(vec!["python", "huaweicloud-usdk-nodejs/3.0"]),
    ) {
        assert_same_meaning(&target, agent)?;
    }
}

#[test]
fn an_escaped_slash_at_the_end_is_kept_beside_the_added_one() {
    for target in ["/%2f", "/a%2F", "/a/%2f/"] {
        assert_same_meaning(target, "python").unwrap();
    }
}

fn assert_same_meaning(target: &str, agent: &'static str) -> TestCaseResult {
    let Ok(uri) = target.parse::<Uri>() else {
        return Ok(());
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-sdk-date", HeaderValue::from_static(DATE));
    headers.insert(header::HOST, HeaderValue::from_static("localhost"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(agent));
    let request = Request {
        method: &Method::GET,
        uri: &uri,
        headers: &headers,
        body: b"",
        is_strict: false,
    };
    let signature = Signature::read(WELL_FORMED).unwrap().unwrap();

    for canonical in CanonicalForms::new(&request, &signature).unwrap().iter() {
        prop_assert_eq!(
            pairs(&canonical.query),
            pairs(uri.query().unwrap_or_default())
        );
        prop_assert!(canonical.path.ends_with('/'));
        // The Node SDK escapes the escapes again.
        if agent == "python" {
            let (path, sent) = (path_of(&canonical.path), path_of(uri.path()));
            // Clients end the path with a slash even if it decodes to one.
            let ended = [&sent[..], b"/"].concat();
            prop_assert!(
                path == sent || path == ended,
                "{} of {target}",
                canonical.path
            );
        }
        prop_assert!(!canonical.text().is_empty() && !canonical.masked_lines().is_empty());
    }
    Ok(())
}

/// The decoded path.
fn path_of(path: &str) -> Vec<u8> {
    percent_decode_str(path).collect()
}

/// The decoded pairs of a query, sorted.
fn pairs(query: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).collect();
    let mut pairs: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    pairs.sort();
    pairs
}

/// The canonical form that a client signs. All are built here without the emulator's code.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    /// Decoded, encoded again, the query sorted: the Python SDK.
    Sorted,
    /// The same with the query as it is sent.
    AsSent,
    /// Path and query byte for byte as they are sent.
    Raw,
    /// The Node SDK, which escapes the escaped path.
    Node,
}

/// A change to a request between signing and sending.
#[derive(Clone, Debug)]
enum Change {
    /// A character of the target is replaced, added or removed.
    Target(Index, u8, char),
    /// An escape in the target is decoded, or a letter escaped.
    Escape(Index),
    /// A pair is added to the query.
    Pair(String, String),
    Method(&'static str),
    /// A character of a signed header is replaced or added.
    Header(Index, Index, char, bool),
    /// A signed header is removed.
    Remove(Index),
    /// A signed header is repeated.
    Repeat(Index),
    /// A byte of the body is replaced, added or removed.
    Body(Index, u8, u8),
    /// A character of the `Authorization` header is replaced.
    Authorization(Index, char),
}

const CHARACTERS: &str = "abcXYZ019-_.~%/?&=+:*'|^()@!,; éü";

fn text() -> impl Strategy<Value = String> {
    let letters: Vec<char> = CHARACTERS.chars().filter(|c| !"/?".contains(*c)).collect();
    vec(select(letters), 1..6).prop_map(String::from_iter)
}

fn letter() -> impl Strategy<Value = char> {
    select(
        CHARACTERS
            .chars()
            .filter(char::is_ascii)
            .collect::<Vec<_>>(),
    )
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), 0..3_u8, letter()).prop_map(|(at, kind, c)| Change::Target(at, kind, c)),
        3 => index().prop_map(Change::Escape),
        1 => (text(), text()).prop_map(|(key, value)| Change::Pair(key, value)),
        1 => select(vec!["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]).prop_map(Change::Method),
        2 => (index(), index(), letter(), any::<bool>())
            .prop_map(|(which, at, c, add)| Change::Header(which, at, c, add)),
        1 => index().prop_map(Change::Remove),
        1 => index().prop_map(Change::Repeat),
        2 => (index(), 0..3_u8, any::<u8>()).prop_map(|(at, kind, byte)| Change::Body(at, kind, byte)),
        1 => (index(), letter()).prop_map(|(at, c)| Change::Authorization(at, c)),
    ]
}

fn request() -> impl Strategy<Value = (Signed, Spelling)> {
    let spelling = select(vec![
        Spelling::Sorted,
        Spelling::AsSent,
        Spelling::Raw,
        Spelling::Node,
    ]);
    let project = text();
    let query = vec((text(), text()), 0..4);
    let description = proptest::option::of(text());
    (spelling, project, query, description).prop_map(|(spelling, project, query, description)| {
        let body = description.map(|description| {
            serde_json::json!({"name": "release-a", "model_version": 2, "config_mode": "ui",
                "description": description, "stages": [{"name": "s", "tasks": []}]})
            .to_string()
        });
        let method = if body.is_some() { "POST" } else { "GET" };
        let mut request = Signed::new(
            method,
            "/v3/p/pipeline/pipelines",
            &body.unwrap_or_default(),
        )
        .with("content-type", "application/json")
        .with("x-project-id", "p1")
        .with("x-sdk-date", &now());
        request.path[1] = project;
        request.query = query;
        // The list reads these two.
        request
            .query
            .retain(|(key, _)| !["limit", "offset", "order", "order_by"].contains(&key.as_str()));
        (request, spelling)
    })
}

/// A request as it is sent.
#[derive(Clone, Debug, PartialEq)]
struct Wire {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    authorization: String,
}

impl Wire {
    fn signed(request: &Signed, spelling: Spelling) -> Self {
        let mut headers = request.headers.clone();
        let payload = sha256(&request.body);
        let sorted = request.canonical(&payload);
        let mut target = request.target();
        let (first, rest) = sorted.split_once('\n').expect("a method");
        let (path, rest) = rest.split_once('\n').expect("a path");
        let (query, rest) = rest.split_once('\n').expect("a query");
        let sent = |target: &str| target.split_once('?').unwrap_or_default().1.to_owned();
        let (path, query) = match spelling {
            Spelling::Sorted => (path.to_owned(), query.to_owned()),
            Spelling::AsSent => (path.to_owned(), sent(&target)),
            Spelling::Raw => {
                // A client that escapes less than it should.
                for (escape, c) in [("%3A", ":"), ("%40", "@"), ("%2A", "*"), ("%21", "!")] {
                    target = target.replace(escape, c);
                }
                let path = target.split('?').next().unwrap_or_default();
                (format!("{path}/"), sent(&target))
            }
            Spelling::Node => {
                let agent = "huaweicloud-usdk-nodejs/3.0; any";
                headers.push(("user-agent".to_owned(), agent.to_owned()));
                (node_path(request), query.to_owned())
            }
        };
        let canonical = format!("{first}\n{path}\n{query}\n{rest}");
        let authorization = request.authorization_over(AK, SK, &canonical);
        Self {
            method: request.method.clone(),
            target,
            headers,
            body: request.body.clone(),
            authorization,
        }
    }

    /// Applies a change; `None` if the result cannot be sent.
    fn changed(&self, change: &Change) -> Option<Self> {
        let mut wire = self.clone();
        let edit = |text: &mut String, at: &Index, kind: u8, c: char| {
            // After the slash at the beginning.
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
            let at = *at.get(&places);
            match kind {
                0 => {
                    text.remove(at);
                    text.insert(at, c);
                }
                1 => text.insert(at, c),
                _ => {
                    text.remove(at);
                }
            }
        };
        // The User-Agent is not signed, so it may change.
        let signed = |wire: &Self, which: &Index| {
            let signed = |(_, (name, _)): &(usize, &(String, String))| name != "user-agent";
            let places: Vec<usize> = wire
                .headers
                .iter()
                .enumerate()
                .filter(signed)
                .map(|(n, _)| n)
                .collect();
            *which.get(&places)
        };
        match change {
            Change::Target(at, kind, c) => edit(&mut wire.target, at, *kind, *c),
            Change::Escape(at) => {
                let places: Vec<usize> = wire
                    .target
                    .char_indices()
                    .map(|(at, _)| at)
                    .skip(1)
                    .collect();
                let at = *at.get(&places);
                let hex = wire
                    .target
                    .get(at + 1..at + 3)
                    .map(|hex| u8::from_str_radix(hex, 16));
                match (wire.target[at..].starts_with('%'), hex) {
                    (true, Some(Ok(byte))) if byte.is_ascii_graphic() => {
                        wire.target
                            .replace_range(at..at + 3, &char::from(byte).to_string());
                    }
                    _ => {
                        let c = wire.target[at..].chars().next().expect("a character");
                        let escape = every_byte(c);
                        wire.target.replace_range(at..at + c.len_utf8(), &escape);
                    }
                }
            }
            Change::Pair(key, value) => {
                wire.target
                    .push(if wire.target.contains('?') { '&' } else { '?' });
                wire.target.push_str(&pair(key, value));
            }
            Change::Method(method) => (*method).clone_into(&mut wire.method),
            Change::Header(which, at, c, add) => {
                let which = signed(&wire, which);
                let (_, value) = &mut wire.headers[which];
                let places: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
                let at = *at.get(&places);
                if !add {
                    value.remove(at);
                }
                value.insert(at, *c);
            }
            Change::Remove(which) => {
                let which = signed(&wire, which);
                wire.headers.remove(which);
            }
            Change::Repeat(which) => {
                let which = signed(&wire, which);
                let header = wire.headers[which].clone();
                wire.headers.push(header);
            }
            Change::Body(at, kind, byte) => {
                let at = at.index(wire.body.len() + 1);
                match kind {
                    0 if at < wire.body.len() => wire.body[at] = *byte,
                    1 if at < wire.body.len() => {
                        wire.body.remove(at);
                    }
                    _ => wire.body.insert(at, *byte),
                }
            }
            Change::Authorization(at, c) => edit(&mut wire.authorization, at, 0, *c),
        }
        let sendable = wire.target.parse::<Uri>().is_ok()
            && wire
                .headers
                .iter()
                .all(|(_, value)| HeaderValue::from_str(value).is_ok());
        sendable.then_some(wire)
    }

    /// The meaning of the signed parts, equal for equivalent requests.
    fn meaning(&self) -> impl PartialEq + std::fmt::Debug {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .filter(|(name, _)| name != "user-agent")
            .map(|(name, value)| (name.clone(), value.trim().to_owned()))
            .collect();
        headers.sort();
        (
            self.method.clone(),
            path_of(path),
            pairs(query),
            headers,
            self.body.clone(),
        )
    }

    async fn send(&self, app: &crate::common::App) -> u16 {
        let mut headers: Vec<(&str, &str)> = vec![("authorization", &self.authorization)];
        for (name, value) in &self.headers {
            headers.push((name, value));
        }
        app.send(&self.method, &self.target, &headers, self.body.clone())
            .await
            .status
    }
}

/// The escapes of a character, even if it needs none.
fn every_byte(c: char) -> String {
    let escapes: Vec<String> = c
        .to_string()
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect();
    escapes.concat()
}

/// The path in the encoding of the Node SDK: its URL parser escapes some characters, then everything is escaped.
fn node_path(request: &Signed) -> String {
    let segments = request.path.iter().map(|segment| {
        let parsed: String = segment
            .chars()
            .map(|c| {
                let escapes = c.is_ascii() && !c.is_ascii_alphanumeric() && !"-_.~".contains(c);
                if escapes {
                    escaped(&c.to_string())
                } else {
                    c.to_string()
                }
            })
            .collect();
        format!("/{}", escaped(&parsed))
    });
    segments.collect::<String>() + "/"
}

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

#[test]
fn a_request_that_was_changed_after_signing_is_never_accepted() {
    // Full fidelity refuses the paths of the Node SDK.
    let (app, runtime) = (with_fidelity(Fidelity::Documented), runtime());
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    proptest!(cases(CASES), |((request, spelling) in request(), change in change())| {
        // The previous case may have used the same name.
        let empty = serde_json::json!({"identities": identities()});
        runtime.block_on(app.put("/_emulator/v1/state", empty)).assert_status(204);
        let wire = Wire::signed(&request, spelling);
        let before = runtime.block_on(wire.send(&app));
        prop_assert!(before == 200, "{:?} as it was signed: {}", wire, before);
        let Some(changed) = wire.changed(&change) else { return Ok(()) };
        let status = runtime.block_on(changed.send(&app));
        // The versions of IAM need no signature.
        let path = changed.target.split('?').next().unwrap_or_default();
        if ["/", "/v3", "/v3/"].contains(&path) {
            return Ok(());
        }
        if changed.meaning() != wire.meaning() {
            prop_assert!(!(200..300).contains(&status), "{:?} passed: {}", changed, status);
            refused.set(refused.get() + 1);
        } else if status == 200 {
            accepted.set(accepted.get() + 1);
        }
    });
    assert!(
        refused.get() > CASES / 2,
        "{refused:?} of the changes matter"
    );
    assert!(
        accepted.get() > 0,
        "another spelling of the same request may pass"
    );
}

fn identities() -> serde_json::Value {
    serde_json::json!({"users": [{"name": "ann"}], "access_keys": [{"ak": AK, "sk": SK, "user": "ann"}]})
}

//! The canonical request: the text that client and gateway must derive alike from a request.
//!
//! It has six parts, separated by line feeds: the method, the path, the query, a line `name:value` for each signed header
//! with an empty line after the last, the names of these headers, and the digest of the body. Clients encode path and
//! query differently, so a request has several canonical forms, and a signature of any of them is valid.
//!
//! **Every form decodes to the path and the query of the request.** This makes it safe to accept several: no signature is
//! valid for two requests with different meanings. (Two differences have no meaning: the order of the query's
//! parameters, even of the values of one, since most clients sort them, and a slash at the end of the path, since clients add it.) So the path is
//! never encoded twice, except for the one client that always does this; the real gateway refuses that, and so does
//! `--fidelity strict`.

use std::fmt::Write;

use axum::http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::redact::Mask;
use super::signature::{Algorithm, Signature};

/// The characters that are escaped in a query: all but the unreserved ones.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The characters that are escaped in a path: the same but the slash.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// The header with the time of the signature.
pub(super) const DATE: &str = "x-sdk-date";

/// The value in place of the digest if the client does not sign the body.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// The prefix of the User-Agent of the official Node SDK.
const NODE_AGENT: &[u8] = b"huaweicloud-usdk-nodejs/";

/// A request to verify, as it was sent.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// True to accept only the encodings of the real gateway.
    pub is_strict: bool,
}

/// A canonical request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    pub method: String,
    /// The path; it ends with a slash.
    pub path: String,
    /// The query, without the question mark.
    pub query: String,
    /// The lines of the signed headers in the order of the signature, with trimmed values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The names of the signed headers.
    pub names: String,
    /// The digest of the body, or `UNSIGNED-PAYLOAD`.
    pub payload: String,
}

/// All canonical forms of a request.
#[derive(Clone, Debug)]
pub struct CanonicalForms {
    paths: Vec<String>,
    queries: Vec<String>,
    payloads: Vec<String>,
    /// The lines of the headers, in both forms if a signed header has several values.
    headers: Vec<Vec<(String, Vec<u8>)>>,
    first: Canonical,
}

impl CanonicalForms {
    /// Derives the forms; the error explains why no signature can be valid.
    pub fn new(request: &Request, signature: &Signature) -> Result<Self, String> {
        let (paths, queries) = (paths(request), queries(request.uri.query()));
        let payloads = payloads(request, signature.algorithm)?;
        let names = signed_names(signature.signed_headers);
        check_signed_headers(request.headers, signature.signed_headers)?;
        let headers = header_lines(request.headers, &names);
        let first = Canonical {
            method: request.method.as_str().to_owned(),
            path: paths[0].clone(),
            query: queries[0].clone(),
            headers: headers[0].clone(),
            names: names.join(";"),
            payload: payloads[0].clone(),
        };
        Ok(Self {
            paths,
            queries,
            payloads,
            headers,
            first,
        })
    }

    /// All forms, the most likely one first.
    pub fn iter(&self) -> impl Iterator<Item = Canonical> {
        self.headers.iter().flat_map(move |headers| {
            self.payloads.iter().flat_map(move |payload| {
                self.queries.iter().flat_map(move |query| {
                    self.paths.iter().map(move |path| Canonical {
                        method: self.first.method.clone(),
                        path: path.clone(),
                        query: query.clone(),
                        headers: headers.clone(),
                        names: self.first.names.clone(),
                        payload: payload.clone(),
                    })
                })
            })
        })
    }

    /// The most likely form, with a sorted query.
    pub fn first(&self) -> &Canonical {
        &self.first
    }

    /// The first form with the query in the order in which it was sent.
    pub fn as_sent(&self) -> Canonical {
        Canonical {
            query: self.queries.get(1).unwrap_or(&self.queries[0]).clone(),
            ..self.first.clone()
        }
    }
}

impl Canonical {
    /// The text that is hashed.
    pub fn text(&self) -> Vec<u8> {
        let [method, path, query] = [&self.method, &self.path, &self.query].map(String::as_bytes);
        let mut text = [method, path, query, b""].join(&b'\n');
        for (name, value) in &self.headers {
            text.extend_from_slice(&[name.as_bytes(), b":", value, b"\n"].concat());
        }
        let (names, payload) = (self.names.as_bytes(), self.payload.as_bytes());
        text.extend_from_slice(&[&b""[..], names, payload].join(&b'\n'));
        text
    }

    /// The lines of the text, with masked secrets, for a hint.
    pub fn masked_lines(&self) -> Vec<String> {
        let mask = Mask::new(None);
        let mut lines = vec![
            self.method.clone(),
            mask.text(&self.path).into_owned(),
            mask.query(&self.query),
        ];
        lines.extend(self.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value);
            format!("{name}:{}", mask.header(name, &value))
        }));
        lines.extend([String::new(), self.names.clone(), self.payload.clone()]);
        lines
    }
}

/// Encodes a path like most signers: decoded as a whole, then encoded again.
pub fn encoded_path(path: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    percent_encode(&decoded, PATH).to_string()
}

fn paths(request: &Request) -> Vec<String> {
    let raw = request.uri.path();
    let agent = request.headers.get(axum::http::header::USER_AGENT);
    let is_node = agent.is_some_and(|agent| agent.as_bytes().starts_with(NODE_AGENT));
    let mut paths = if is_node && !request.is_strict {
        [node_path(raw, false), node_path(raw, true)]
    } else {
        [encoded_path(raw), raw.to_owned()]
    };
    for path in &mut paths {
        if !path.ends_with('/') {
            path.push('/');
        }
    }
    distinct(paths)
}

/// The path in the encoding of the Node SDK, which escapes the escapes of the URL again: those of ASCII characters, and
/// the others if the caller wrote them. No other path leads to the same text.
fn node_path(raw: &str, escaped_by_caller: bool) -> String {
    let mut path = String::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [byte, after @ ..] = rest {
        let is_escape = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
        match (byte, after) {
            (b'%', [high, low, ..])
                if is_escape(&[*high, *low]) && *high >= b'8' && !escaped_by_caller =>
            {
                path.push('%');
            }
            // The URL parser of the SDK escapes these three, but its HTTP client does not.
            (b'\'' | b'|' | b'^', _) => {
                let _ = write!(path, "%25{byte:02X}");
            }
            _ => {
                let _ = write!(path, "{}", percent_encode(&[*byte], PATH));
            }
        }
        rest = after;
    }
    path
}

fn queries(query: Option<&str>) -> Vec<String> {
    let raw = query.unwrap_or_default();
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = raw
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        })
        .collect();
    let as_sent = encoded_query(&pairs);
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    let by_name = encoded_query(&pairs);
    pairs.sort();
    let sorted = encoded_query(&pairs);
    distinct([sorted, as_sent, by_name, raw.to_owned()])
}

fn decoded(text: &str) -> Vec<u8> {
    percent_decode_str(&text.replace('+', " ")).collect()
}

fn encoded_query(pairs: &[(Vec<u8>, Vec<u8>)]) -> String {
    let mut query = String::new();
    for (key, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        let (key, value) = (percent_encode(key, QUERY), percent_encode(value, QUERY));
        let _ = write!(query, "{key}={value}");
    }
    query
}

fn signed_names(signed_headers: &str) -> Vec<String> {
    let names = signed_headers.split(';').map(str::trim);
    names.map(str::to_ascii_lowercase).collect()
}

/// Checks that the date is signed and that every signed header was sent. The error is a text for the user.
pub(super) fn check_signed_headers(
    headers: &HeaderMap,
    signed_headers: &str,
) -> Result<(), String> {
    let mut names = signed_headers.split(';').map(str::trim);
    if !names.clone().any(|name| name.eq_ignore_ascii_case(DATE)) {
        return Err(format!("{DATE} must be among the SignedHeaders"));
    }
    match names.find(|name| !headers.contains_key(*name)) {
        Some(name) => Err(format!(
            "the signed header {:?} is not in the request; a proxy may have removed it",
            name.to_ascii_lowercase()
        )),
        None => Ok(()),
    }
}

/// The lines of the signed headers: one for each header, and if there are several values, also one for each value as the
/// signers in Go write them.
fn header_lines(headers: &HeaderMap, names: &[String]) -> Vec<Vec<(String, Vec<u8>)>> {
    let values = |name: &str| {
        let values = headers.get_all(name).iter();
        values.map(|value| value.as_bytes().trim_ascii())
    };
    let joined = names.iter().map(|name| {
        let values: Vec<&[u8]> = values(name).collect();
        (name.clone(), values.join(&b","[..]))
    });
    let joined: Vec<_> = joined.collect();
    let single = names
        .iter()
        .flat_map(|name| values(name).map(|value| (name.clone(), value.to_vec())));
    let single: Vec<_> = single.collect();
    if single == joined {
        vec![joined]
    } else {
        vec![joined, single]
    }
}

/// The possible digests of the body. A digest that the client sends must be that of the body.
fn payloads(request: &Request, algorithm: Algorithm) -> Result<Vec<String>, String> {
    let header = algorithm.content_header();
    let claimed = request
        .headers
        .get(header)
        .map(|value| value.to_str().unwrap_or_default().trim());
    if claimed == Some(UNSIGNED) && !request.body.is_empty() {
        return Ok(vec![UNSIGNED.to_owned()]);
    }
    let digest = algorithm.digest(request.body);
    match claimed {
        // Some clients sign the digest of an empty body although they send this.
        Some(UNSIGNED) => Ok(vec![UNSIGNED.to_owned(), digest]),
        Some(claimed) if claimed.eq_ignore_ascii_case(&digest) => {
            Ok(distinct([claimed.to_owned(), digest]))
        }
        Some(_) if !request.body.is_empty() => {
            Err(format!("{header} is not the digest of the body"))
        }
        _ => Ok(vec![digest]),
    }
}

/// Removes duplicates and keeps the order.
fn distinct<const N: usize>(texts: [String; N]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(&text) {
            distinct.push(text);
        }
    }
    distinct
}

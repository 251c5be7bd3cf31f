//! The canonical request: the text on which a client and the gateway must agree.
//!
//! Six parts, each ended by a line feed but the last: method, path, query, one `name:value` for each signed
//! header and then an empty line, the names of these headers, the digest of the body. Clients spell path and
//! query differently, so a request has several spellings, and a signature of any of them holds.
//!
//! **Every spelling decodes to the path and the query of the request.** That is what makes it safe to accept
//! several: no signature fits two requests that mean different things. (Of pairs in a query the order alone
//! may differ, since most clients sort them; and clients end a path in a slash where it does not.) So the path is never encoded twice, with the one exception of a
//! client that always does.

use std::fmt::Write;

use axum::http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use super::redact;
use super::signature::{Algorithm, Signature};

/// What stays as it is in a query; all else is escaped.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What stays as it is in a path: the slash too.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// The header that carries the time of a signature.
pub(super) const DATE: &str = "x-sdk-date";

/// What a client sends in place of a digest whose body it does not sign.
pub(super) const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// How the User-Agent of the official Node SDK begins.
const NODE: &[u8] = b"huaweicloud-usdk-nodejs/";

#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a Method,
    /// The target: path and query.
    pub uri: &'a Uri,
    /// The headers, of which the signature names the signed ones.
    pub headers: &'a HeaderMap,
    /// The body as it was sent.
    pub body: &'a [u8],
}

/// One spelling of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The method in capitals.
    pub method: String,
    /// The path, which ends in a slash.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// The signed headers in the order of their names in the signature; values are trimmed.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The digest of the body, or `UNSIGNED-PAYLOAD`.
    pub payload: String,
}

/// All spellings of a request under a signature.
#[derive(Clone, Debug)]
pub struct CanonicalForms {
    paths: Vec<String>,
    queries: Vec<String>,
    payloads: Vec<String>,
    first: Canonical,
}

impl CanonicalForms {
    /// Spells a request; the error says why no signature of it can hold.
    pub fn new(request: &Request, signature: &Signature) -> Result<Self, String> {
        let (paths, queries) = (paths(request), queries(request.uri.query()));
        let payloads = payloads(request, signature.algorithm)?;
        let first = Canonical {
            method: request.method.as_str().to_owned(),
            path: paths[0].clone(),
            query: queries[0].clone(),
            headers: headers(request.headers, signature.signed_headers)?,
            payload: payloads[0].clone(),
        };
        Ok(Self {
            paths,
            queries,
            payloads,
            first,
        })
    }

    /// Each of them, the likeliest first.
    pub fn each(&self) -> impl Iterator<Item = Canonical> {
        let pairs = self.payloads.iter().flat_map(|payload| {
            let queries = self.queries.iter();
            queries.map(move |query| (payload, query))
        });
        pairs.flat_map(|(payload, query)| {
            self.paths.iter().map(|path| Canonical {
                path: path.clone(),
                query: query.clone(),
                payload: payload.clone(),
                ..self.first.clone()
            })
        })
    }

    /// The likeliest, with the query sorted.
    #[must_use]
    pub fn first(&self) -> &Canonical {
        &self.first
    }

    /// The same with the query in the order in which it was sent.
    #[must_use]
    pub fn as_sent(&self) -> Canonical {
        Canonical {
            query: self.queries.get(1).unwrap_or(&self.queries[0]).clone(),
            ..self.first.clone()
        }
    }
}

impl Canonical {
    /// The text that is hashed.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(512);
        let mut line = |parts: &[&[u8]]| {
            for part in parts {
                text.extend_from_slice(part);
            }
            text.push(b'\n');
        };
        line(&[self.method.as_bytes()]);
        line(&[self.path.as_bytes()]);
        line(&[self.query.as_bytes()]);
        for (name, value) in &self.headers {
            line(&[name.as_bytes(), b":", value]);
        }
        line(&[]);
        line(&[self.names().as_bytes()]);
        text.extend_from_slice(self.payload.as_bytes());
        text
    }

    /// The same for people, line by line, with what is secret masked.
    #[must_use]
    pub fn shown(&self) -> Vec<String> {
        let mut lines = vec![
            self.method.clone(),
            self.path.clone(),
            redact::query(&self.query),
        ];
        lines.extend(self.headers.iter().map(|(name, value)| {
            let secret = redact::is_secret_header(&name.to_ascii_lowercase());
            let value = String::from_utf8_lossy(value);
            format!("{name}:{}", if secret { redact::MASK } else { &value })
        }));
        lines.extend([String::new(), self.names(), self.payload.clone()]);
        lines
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.join(";")
    }
}

/// Escapes a path as most signers do: decoded as a whole, and encoded again.
#[must_use]
pub fn encoded_path(path: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    percent_encode(&decoded, PATH).to_string()
}

fn paths(request: &Request) -> Vec<String> {
    let raw = request.uri.path();
    let agent = request.headers.get(axum::http::header::USER_AGENT);
    let is_node = agent.is_some_and(|agent| agent.as_bytes().starts_with(NODE));
    let spelt = if is_node {
        vec![node_path(raw, false), node_path(raw, true)]
    } else {
        vec![encoded_path(raw), raw.to_owned()]
    };
    let ended = spelt.into_iter().map(|mut path| {
        if !path.ends_with('/') {
            path.push('/');
        }
        path
    });
    distinct(ended)
}

/// The path as the Node SDK signs it, which escapes what the address has escaped once more: all that is ASCII,
/// and the rest too if the caller had escaped it. Nothing else can lead to the same text.
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
            // These three the SDK's own parser of addresses escapes, and the sender does not.
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
    distinct([sorted, as_sent, by_name, raw.to_owned()].into_iter())
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

fn headers(headers: &HeaderMap, names: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    let names: Vec<String> = names.split(';').map(str::to_ascii_lowercase).collect();
    if !names.iter().any(|name| name == DATE) {
        return Err(format!("{DATE} must be among the SignedHeaders"));
    }
    let value = |name: String| {
        let values: Vec<&[u8]> = headers
            .get_all(name.as_str())
            .iter()
            .map(|value| value.as_bytes().trim_ascii())
            .collect();
        if values.is_empty() {
            return Err(format!(
                "the signed header {name:?} is not in the request: something between took it away"
            ));
        }
        Ok((name, values.join(&b","[..])))
    };
    names.into_iter().map(value).collect()
}

/// What may stand for the body. A digest that the client says counts only if it is that of the body.
fn payloads(request: &Request, algorithm: Algorithm) -> Result<Vec<String>, String> {
    let header = algorithm.content_header();
    let said = request
        .headers
        .get(header)
        .map(|value| value.to_str().unwrap_or_default().trim());
    let digest = || algorithm.digest(request.body);
    let unsigned = || UNSIGNED.to_owned();
    match said {
        None => Ok(vec![digest()]),
        // Some clients hash an empty body whatever they say of it.
        Some(UNSIGNED) if request.body.is_empty() => Ok(vec![unsigned(), digest()]),
        Some(UNSIGNED) => Ok(vec![unsigned()]),
        Some(said) => {
            let digest = digest();
            if said.eq_ignore_ascii_case(&digest) {
                Ok(distinct([said.to_owned(), digest].into_iter()))
            } else if request.body.is_empty() {
                Ok(vec![digest])
            } else {
                Err(format!("{header} is not the digest of the body"))
            }
        }
    }
}

fn distinct(spelt: impl Iterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for one in spelt {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

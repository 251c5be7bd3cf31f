//! Requests with secrets in random places of random operations.

use std::fmt;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use release_emulator::internals::corpus::{RawAnswer, RawExchange, RawRequest};
use serde_json::{Map, Value, json};

use super::sinks::base64;
use crate::common::{App, NOON, PROJECT, Reply};

/// A sequence of random numbers.
pub(super) struct Draw(pub(super) u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).expect("small")).expect("small")
    }

    fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let n = self.below(all.len());
        &all[n]
    }

    fn is_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A random text that nothing else has, of characters that headers may have.
    fn secret(&mut self) -> String {
        const CHARACTERS: &[u8] =
            b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_.~+/=!$*";
        let random = (0..20).map(|_| char::from(*self.one(CHARACTERS)));
        format!("Zq{}9", random.collect::<String>())
    }

    /// A secret as it may stand in a text.
    fn encoded(&mut self, secret: &str) -> String {
        let whole = || utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        match self.below(6) {
            0 => whole(),
            1 => with_small_digits(&whole()),
            2 => utf8_percent_encode(&whole(), NON_ALPHANUMERIC).to_string(),
            3 => base64(format!("{}{secret}", "a:bc".split_at(self.below(4)).0).as_bytes()),
            4 => all_encoded(secret),
            _ => secret.to_owned(),
        }
    }
}

/// A percent-encoded text with its digits in lower case.
fn with_small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        text.extend(["%", &digits.to_ascii_lowercase(), rest]);
    }
    text
}

/// A text of which every byte is percent-encoded.
fn all_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        encoded.extend(["%", &format!("{byte:02X}")]);
    }
    encoded
}

/// The secrets of a run.
pub(super) struct Secrets {
    /// Password, secret of an MFA device, secret key, session token, token, token of Zadig.
    pub(super) configured: [String; 6],
    pub(super) webhook: String,
    /// Those that the emulator knows: configured, issued, revoked.
    pub(super) known: Vec<String>,
}

impl Secrets {
    pub(super) fn new(seed: u64) -> Self {
        let mut draw = Draw(seed.wrapping_mul(31) | 1);
        let mut configured: [String; 6] = std::array::from_fn(|_| draw.secret());
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".clone_into(&mut configured[1]);
        Self {
            known: configured.to_vec(),
            configured,
            webhook: draw.secret(),
        }
    }
}

/// The names that are secrets anywhere.
const NAMES: [&str; 24] = [
    "token",
    "access_token",
    "X-Auth-Token",
    "refreshToken",
    "private-token",
    "password",
    "adminPassword",
    "http_password",
    "pasword",
    "passwd",
    "pwd",
    "secret",
    "client_secret",
    "X-Secret-Token",
    "signature",
    "X-Sdk-Signature",
    "X-Amz-Signature",
    "api_key",
    "apikey",
    "x-api-key",
    "cookie",
    "private_key",
    "Proxy-Authorization",
    "X-Access-Key",
];

/// Fields and parameters in which anything may stand.
const ORDINARY: [&str; 6] = [
    "name",
    "description",
    "page",
    "referer",
    "x-note",
    "user-agent",
];

struct Operation {
    method: String,
    path: String,
    parameters: Vec<(String, String)>,
    body: Option<Value>,
    schema: Option<Value>,
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let read = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            let reply = App::new().get("/_emulator/v1/openapi.json").await;
            reply.assert_status(200)
        })
    };
    // A runtime cannot be entered within another.
    std::thread::spawn(read).join().expect("a document")
});

/// All operations but those that wait, never end, or forget what the test has planted.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    const LEFT_OUT: [&str; 9] = [
        "Listen",
        "Reset",
        "ClearRequests",
        "AddFault",
        "ReplaceFault",
        "ClearWebhooks",
        "ReplaceState",
        "MergeState",
        "ReplaceClock",
    ];
    let mut operations = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().expect("paths") {
        for method in ["get", "post", "put", "patch", "delete"] {
            let operation = &item[method];
            let id = operation["operationId"].as_str().unwrap_or_default();
            if operation.is_null() || LEFT_OUT.contains(&id) || path.contains("/clock") {
                continue;
            }
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters.map(|parameter| {
                let text = |field: &str| parameter[field].as_str().unwrap_or_default().to_owned();
                (text("in"), text("name"))
            });
            let content = &operation["requestBody"]["content"]["application/json"];
            operations.push(Operation {
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                parameters: parameters.collect(),
                body: content.get("example").cloned(),
                schema: content.get("schema").cloned(),
            });
        }
    }
    assert!(operations.len() > 60, "{}", operations.len());
    operations
});

/// A request with the secrets that it carries.
pub(super) struct Planted {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    /// The secrets of its own, which are in places for secrets only.
    pub(super) own: Vec<String>,
    known: Vec<String>,
}

impl fmt::Debug for Planted {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "curl -X {} '{}'", self.method, self.target)?;
        for (name, value) in &self.headers {
            write!(formatter, " -H '{name}: {value}'")?;
        }
        write!(formatter, " -d '{}'", self.body)
    }
}

impl Planted {
    pub(super) fn new(draw: &mut Draw, secrets: &Secrets) -> Self {
        let operation = draw.one(&OPERATIONS[..]);
        let mut planter = Planter {
            draw,
            own: Vec::new(),
            known: &secrets.known,
        };
        let path = planter.path(operation);
        let query = planter.query(operation);
        let headers = planter.headers(operation, secrets);
        let body = match operation.method.as_str() {
            "GET" => String::new(),
            _ => planter.body(operation),
        };
        Self {
            method: operation.method.clone(),
            target: format!("{path}?{query}"),
            headers,
            body,
            own: planter.own,
            known: secrets.known.clone(),
        }
    }

    /// The secrets that no hint may show.
    pub(super) fn hidden(&self) -> Vec<String> {
        self.own.iter().chain(&self.known).cloned().collect()
    }

    /// The exchange that a recorder would see.
    pub(super) fn exchange(&self, reply: &Reply) -> RawExchange {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
            {
                headers.append(name, value);
            }
        }
        RawExchange {
            at: NOON,
            took: 1,
            upstream: "https://service.example".to_owned(),
            request: RawRequest {
                method: self.method.parse().expect("a method"),
                target: self.target.clone(),
                headers,
                body: self.body.clone().into(),
                length: self.body.len() as u64,
            },
            answer: RawAnswer {
                status: StatusCode::from_u16(reply.status).expect("a status"),
                headers: reply.headers.clone(),
                body: reply.body.clone(),
                length: reply.body.len() as u64,
            },
        }
    }

    /// Sends it; returns the reply and its headers of the emulator's own.
    pub(super) async fn send(&self, app: &App) -> (Reply, String) {
        let headers = self.headers.iter();
        let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (&**name, &**value)).collect();
        let reply = app
            .send(&self.method, &self.target, &headers, self.body.clone())
            .await;
        let names = ["x-emulator-hint", "x-emulator-evidence", "x-request-id"];
        let own = names.map(|name| reply.header(name).to_owned()).join("\n");
        (reply, own)
    }
}

struct Planter<'a> {
    draw: &'a mut Draw,
    own: Vec<String>,
    known: &'a [String],
}

impl Planter<'_> {
    /// A secret of the request's own.
    fn fresh(&mut self) -> String {
        let secret = self.draw.secret();
        self.own.push(secret.clone());
        secret
    }

    /// A value for a secret name: one of the request's own, a known one, or something the emulator refuses to read.
    fn for_secret_name(&mut self) -> String {
        match self.draw.below(3) {
            0 => self.draw.one(self.known).clone(),
            _ => self.fresh(),
        }
    }

    /// A value for any place: a known secret in any encoding, alone or within other words.
    fn for_any_place(&mut self) -> String {
        let secret = self.draw.one(self.known).clone();
        let secret = self.draw.encoded(&secret);
        match self.draw.below(4) {
            0 => format!("before{secret}after"),
            1 => format!("a;token={secret};b"),
            2 => format!("https://x.example/?a=1&token={secret}&b=2"),
            _ => secret,
        }
    }

    fn escaped(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    fn path(&mut self, operation: &Operation) -> String {
        let mut path = String::new();
        for part in operation.path.split('/').skip(1) {
            path.push('/');
            if part.starts_with('{') {
                let value = match self.draw.below(4) {
                    0 => Self::escaped(&self.for_any_place()),
                    1 => "unknown".to_owned(),
                    _ => PROJECT.to_owned(),
                };
                path.push_str(&value);
            } else {
                path.push_str(part);
            }
        }
        if self.draw.is_in(12) {
            path = format!("/{}{path}", Self::escaped(&self.for_any_place()));
        }
        path
    }

    fn query(&mut self, operation: &Operation) -> String {
        let mut pairs = Vec::new();
        for (place, name) in &operation.parameters {
            if place == "query" && self.draw.is_in(3) {
                pairs.push(format!("{name}={}", Self::escaped(&self.for_any_place())));
            }
        }
        for _ in 0..self.draw.below(3) {
            let mut name = (*self.draw.one(&NAMES)).to_owned();
            if self.draw.is_in(2) {
                let first = name.remove(0);
                name = format!("%{:02x}{name}", u32::from(first));
            }
            pairs.push(format!("{name}={}", Self::escaped(&self.for_secret_name())));
        }
        if self.draw.is_in(3) {
            let name = *self.draw.one(&ORDINARY);
            pairs.push(format!("{name}={}", Self::escaped(&self.for_any_place())));
        }
        pairs.join("&")
    }

    fn headers(&mut self, operation: &Operation, secrets: &Secrets) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        let mut add = |name: &str, value: String| headers.push((name.to_ascii_lowercase(), value));
        match self.draw.below(6) {
            0 => add(
                "authorization",
                format!("Bearer {}", self.for_secret_name()),
            ),
            1 => {
                let secret = self.for_secret_name();
                add(
                    "authorization",
                    format!("Basic {}", base64(format!("ann:{secret}").as_bytes())),
                );
            }
            2 => {
                let code = self.fresh();
                let signed =
                    "SDK-HMAC-SHA256 Access=AKANN, SignedHeaders=host;x-sdk-date, Signature";
                add("authorization", format!("{signed}={code}"));
                add("x-sdk-date", "20260101T120000Z".to_owned());
            }
            3 => {
                add("authorization", format!("Bearer {}", secrets.configured[5]));
                add("x-auth-token", secrets.configured[4].clone());
            }
            _ => add("x-auth-token", self.for_secret_name()),
        }
        for (place, name) in &operation.parameters {
            if place == "header" && !name.eq_ignore_ascii_case("x-auth-token") {
                add(name, self.for_secret_name());
            }
        }
        for _ in 0..self.draw.below(3) {
            let name = *self.draw.one(&NAMES);
            let is_read = matches!(name, "X-Auth-Token" | "Proxy-Authorization");
            if !is_read {
                add(name, self.for_secret_name());
            }
        }
        if self.draw.is_in(2) {
            let name = *self.draw.one(&ORDINARY);
            add(name, self.for_any_place());
        }
        headers
    }

    fn body(&mut self, operation: &Operation) -> String {
        let mut body = match (&operation.body, &operation.schema, self.draw.below(3)) {
            (_, Some(schema), 0) | (None, Some(schema), _) => self.of_schema(schema, "", 0),
            (Some(example), _, _) => example.clone(),
            _ => json!({}),
        };
        if operation.path == "/v3/auth/tokens" || operation.path.ends_with("/securitytokens") {
            body = self.login();
        }
        self.plant(&mut body, "");
        if let Value::Object(fields) = &mut body {
            for _ in 0..self.draw.below(3) {
                let name = (*self.draw.one(&NAMES)).to_owned();
                let secret = json!(self.for_secret_name());
                let value = match self.draw.below(4) {
                    0 => json!({ "nested": secret }),
                    1 => json!([secret]),
                    _ => secret,
                };
                let outer = (*self.draw.one(&ORDINARY)).to_owned();
                match self.draw.below(3) {
                    0 => fields.insert(outer, json!([{ (name): value }])),
                    _ => fields.insert(name, value),
                };
            }
        }
        let text = body.to_string();
        match self.draw.below(10) {
            // Not JSON any more.
            0 => text[..text.len() - 1].to_owned(),
            _ => text,
        }
    }

    /// A login by one of the methods, or by several.
    fn login(&mut self) -> Value {
        let mut identity = Map::new();
        let methods = ["password", "token", "hw_ak_sk", "totp", "assume_role"];
        let method = *self.draw.one(&methods);
        identity.insert("methods".to_owned(), json!([method]));
        let secret = json!(self.for_secret_name());
        let part = match method {
            "password" => {
                json!({"user": {"name": "ann", "password": secret, "domain": {"name": "acme"}}})
            }
            "token" => json!({"id": secret, "duration_seconds": 900}),
            "hw_ak_sk" => json!({"access": {"key": "AKANN"}, "secret": {"key": secret}}),
            "totp" => json!({"user": {"id": "x", "passcode": secret}}),
            _ => {
                json!({"agency_name": "ops", "domain_name": "acme", "session_user": {"name": "a-name"}})
            }
        };
        identity.insert(method.to_owned(), part);
        json!({"auth": {"identity": identity, "scope": {"project": {"name": "cn-north-4"}}}})
    }

    /// Puts secrets into the fields of a body that may have them.
    fn plant(&mut self, body: &mut Value, outer: &str) {
        match body {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.plant(value, name);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.plant(item, outer);
                }
            }
            Value::String(text) if is_credential(outer) => *text = self.for_secret_name(),
            Value::String(text) if self.draw.is_in(6) && outer != "methods" => {
                *text = self.for_any_place();
            }
            _ => {}
        }
    }

    /// A value that a schema describes, with all of its fields.
    fn of_schema(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let schema = DOCUMENT.pointer(&reference[1..]).expect(reference);
            return self.of_schema(schema, name, depth);
        }
        for several in ["oneOf", "anyOf", "allOf"] {
            if let Some(all) = schema[several].as_array() {
                let schema = self.draw.one(all).clone();
                return self.of_schema(&schema, name, depth);
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.draw.one(words).clone();
        }
        if depth > 8 {
            return Value::Null;
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str().unwrap_or_default().to_owned(),
            kind => kind.as_str().unwrap_or("object").to_owned(),
        };
        match &*kind {
            "object" => {
                let fields = schema["properties"].as_object().into_iter().flatten();
                let value = fields.map(|(field, schema)| {
                    // A header of a template.
                    let name = if name == "http_headers" && field == "value" {
                        name
                    } else {
                        field
                    };
                    (field.clone(), self.of_schema(schema, name, depth + 1))
                });
                Value::Object(value.collect())
            }
            "array" => json!([self.of_schema(&schema["items"], name, depth + 1)]),
            "integer" | "number" => json!(1),
            "boolean" => json!(true),
            _ if is_credential(name) || name == "http_headers" => json!(self.for_secret_name()),
            _ => json!("x"),
        }
    }
}

/// True for the fields of bodies that the services document as credentials.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "passcode"]
        .iter()
        .any(|part| name.contains(part))
}

//! The questions to a real service: what its lists show, and the details of that. Its answers are redacted as they come,
//! and compared as those of a recording.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::credentials::signing_date;
use super::parameters::{
    PAGES, Parameters, SOURCES, Source, UNASKED, collect, needed_lists, target_of,
};
use super::report::{Report, ReportBuilder};
use super::verify::verify_session;
use super::writes::{NAME, RESOURCES, WrittenResource, is_empty_list};
use crate::corpus::materialize::encoded;
use crate::corpus::{Exchange, RawAnswer, RawExchange, RawRequest, Redactor, Session};
use crate::http::Operation;
use crate::http::auth::sign::{ClientKey, sign};
use crate::http::auth::{AUTH_TOKEN, Secret};
use crate::record::upstream::{Connector, Upstream};
use crate::registry;
use crate::sim::clock::{Stopwatch, system_now};
use crate::sim::time::millis;
use crate::world::settings::Settings;

/// The most bytes of an answer.
const LONGEST_ANSWER: usize = 16 << 20;

/// The most details of a kind that are asked for.
const MOST_DETAILS: usize = 3;

/// The most requests.
const MOST_REQUESTS: usize = 500;

/// A service that is asked, and the credentials for it.
pub struct LiveService {
    pub upstream: Upstream,
    pub connector: Connector,
    pub key: Option<ClientKey>,
    pub project: Option<String>,
    pub zadig_token: Option<Secret>,
    /// Further headers of each request.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The operations to ask for; none: all that can be.
    pub operations: BTreeSet<String>,
    pub allows_writes: bool,
}

impl LiveService {
    /// True for an operation that is to be asked for.
    fn asks_for(&self, id: &str) -> bool {
        self.operations.is_empty() || self.operations.contains(id)
    }
}

/// The requests that were sent, and what the answers have shown.
struct Crawl<'a> {
    service: &'a LiveService,
    redactor: Redactor,
    lines: Vec<u8>,
    /// The parameters and the body of each answer, by operation.
    shown: BTreeMap<&'static str, Vec<(Parameters, Value)>>,
    n_requests: usize,
}

/// Asks a service, and compares its answers. The error is the reason that it cannot be asked at all.
pub async fn verify_live(service: &LiveService, settings: &Settings) -> Result<Report, String> {
    let mut crawl = Crawl {
        service,
        redactor: Redactor::new(Session::new(system_now())),
        lines: Vec::new(),
        shown: BTreeMap::new(),
        n_requests: 0,
    };
    let mut builder = ReportBuilder::default();
    // An operation may need what a later one in the list shows.
    let mut open: Vec<&'static Operation> = registry::operations()
        .filter(|operation| service.asks_for(&operation.id))
        .collect();
    let mut lists = needed_lists(&open);
    lists.retain(|list| !open.iter().any(|operation| operation.id == list.id));
    let asked_for: Vec<&'static Operation> = open.clone();
    open.extend(lists);
    let mut reasons: BTreeMap<&'static str, String> = BTreeMap::new();
    loop {
        let n_before = open.len();
        let mut left = Vec::new();
        for operation in open {
            match crawl.ask_for(operation).await? {
                Ok(()) => drop(reasons.remove(operation.id.as_str())),
                Err(reason) => {
                    reasons.insert(&operation.id, reason);
                    left.push(operation);
                }
            }
        }
        open = left;
        if open.is_empty() || open.len() == n_before {
            break;
        }
    }
    if service.allows_writes {
        crawl.write(&mut builder, &mut reasons).await?;
    }
    for operation in asked_for {
        if let Some(reason) = reasons.get(operation.id.as_str()) {
            builder.not_asked(operation, reason);
        }
    }
    let exchanges = crawl.exchanges()?;
    let name = service.upstream.url();
    verify_session(&name, &exchanges, settings, &mut builder).await;
    Ok(builder.finish(vec![name]))
}

impl Crawl<'_> {
    /// Asks for an operation with the parameters that are known. The inner error is the reason that it was not asked.
    async fn ask_for(
        &mut self,
        operation: &'static Operation,
    ) -> Result<Result<(), String>, String> {
        let id = operation.id.as_str();
        if operation.method != "GET" {
            let reason = if self.service.allows_writes {
                "it changes something, and no rule says in which order"
            } else {
                "it changes something, which takes --allow-writes"
            };
            return Ok(Err(reason.to_owned()));
        }
        if UNASKED.contains(&id) {
            return Ok(Err("no list shows what it needs".to_owned()));
        }
        if let Some(missing) = self.missing_credential(operation) {
            return Ok(Err(missing));
        }
        let parameters = match self.parameters(operation) {
            Ok(parameters) => parameters,
            Err(reason) => return Ok(Err(reason)),
        };
        for parameters in parameters {
            let target = target_of(operation, &parameters);
            let body = self.send(Method::GET, &target, Bytes::new()).await?;
            if let Some(body) = body {
                self.shown.entry(id).or_default().push((parameters, body));
            }
        }
        Ok(Ok(()))
    }

    /// The credential that an operation needs and that is missing.
    fn missing_credential(&self, operation: &Operation) -> Option<String> {
        let service = self.service;
        let has_header =
            |wanted: &HeaderName| service.headers.iter().any(|(name, _)| name == wanted);
        if matches!(operation.id.as_str(), "ListApiVersions" | "ShowApiVersion") {
            return None;
        }
        if operation.family == "zadig" {
            let is_there = service.zadig_token.is_some() || has_header(&header::AUTHORIZATION);
            return (!is_there).then(|| "ZADIG_TOKEN is not set".to_owned());
        }
        let is_there =
            service.key.is_some() || has_header(&AUTH_TOKEN) || has_header(&header::AUTHORIZATION);
        (!is_there).then(|| {
            "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set, nor a header with a token"
                .to_owned()
        })
    }

    /// The parameters to ask with, a set for each request.
    fn parameters(&self, operation: &'static Operation) -> Result<Vec<Parameters>, String> {
        let id = operation.id.as_str();
        let mut names: Vec<&'static str> = operation
            .path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let sources = || SOURCES.iter().filter(|source| source.of.contains(&id));
        for source in sources() {
            if !names.contains(&source.parameter) {
                names.push(source.parameter);
            }
        }
        let mut sets = vec![Parameters::new()];
        if operation.family == "zadig" && id.starts_with("List") && id != "ListWorkflows" {
            sets[0].extend(PAGES.map(|(name, value)| (name, value.to_owned())));
        }
        for name in names {
            if name == "project_id" && id != "ShowProject" {
                let project = self.service.project.as_ref();
                let project = project.ok_or("HUAWEICLOUD_SDK_PROJECT_ID is not set")?;
                for set in &mut sets {
                    set.insert(name, project.clone());
                }
                continue;
            }
            let mut next = Vec::new();
            for source in sources().filter(|source| source.parameter == name) {
                for set in &sets {
                    next.extend(self.values(source, set));
                }
            }
            if next.is_empty() {
                return Err(format!("the lists show no {name}"));
            }
            next.truncate(MOST_DETAILS);
            sets = next;
        }
        Ok(sets)
    }

    /// A set of parameters with each value that a source shows in answers with the same parameters.
    fn values(&self, source: &Source, set: &Parameters) -> Vec<Parameters> {
        let shown = self.shown.get(source.from).into_iter().flatten();
        let agrees = |parameters: &Parameters| {
            set.iter()
                .all(|(name, value)| parameters.get(name).is_none_or(|own| own == value))
        };
        let mut sets = Vec::new();
        for (parameters, body) in shown.filter(|(parameters, _)| agrees(parameters)) {
            let mut found = Vec::new();
            collect(body, source.path, &mut found);
            for value in found {
                let mut with = parameters.clone();
                with.extend(set.clone());
                with.insert(source.parameter, value);
                sets.push(with);
            }
        }
        sets
    }

    /// Sends a request, and returns the JSON of a successful answer, null if it has none. The error is that the service
    /// cannot be reached.
    async fn send(
        &mut self,
        method: Method,
        target: &str,
        body: Bytes,
    ) -> Result<Option<Value>, String> {
        self.n_requests += 1;
        if self.n_requests > MOST_REQUESTS {
            return Ok(None);
        }
        let upstream = &self.service.upstream;
        let target = format!("{}{target}", upstream.base_path);
        let uri: Uri = target.parse().map_err(|_| format!("{target} is no path"))?;
        let headers = self.headers(&method, &uri, &body)?;
        let stopwatch = Stopwatch::start();
        let at = system_now();
        let url = upstream.url();
        let unreachable = |error: &dyn std::fmt::Display| format!("no answer from {url}: {error}");
        let connected = self.service.connector.connect(upstream).await;
        let connection = connected.map_err(|error| unreachable(&error))?;
        let shaken = handshake(TokioIo::new(connection)).await;
        let (mut sender, connection) = shaken.map_err(|error| unreachable(&error))?;
        tokio::spawn(async move {
            // An error of the connection is one of its exchange too.
            let _ = connection.await;
        });
        let mut request = hyper::Request::new(Full::new(body.clone()));
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers.clone();
        let answered = sender.send_request(request).await;
        let (parts, answer) = answered.map_err(|error| unreachable(&error))?.into_parts();
        let answer = Limited::new(answer, LONGEST_ANSWER).collect().await;
        let answer = answer.map_err(|error| unreachable(&error))?.to_bytes();
        let is_success = parts.status.is_success();
        let shown = is_success.then(|| serde_json::from_slice(&answer).unwrap_or_default());
        let exchange = RawExchange {
            at,
            took: millis(stopwatch.elapsed()),
            upstream: upstream.url(),
            request: RawRequest {
                method,
                target: target[upstream.base_path.len()..].to_owned(),
                headers,
                length: body.len() as u64,
                body,
            },
            answer: RawAnswer {
                status: parts.status,
                headers: parts.headers,
                length: answer.len() as u64,
                body: answer,
            },
        };
        if let Some(redacted) = self.redactor.redact(&exchange) {
            let line = redacted.line().map_err(|error| error.to_string())?;
            self.lines.extend_from_slice(&line);
        }
        Ok(shown)
    }

    fn headers(&self, method: &Method, uri: &Uri, body: &[u8]) -> Result<HeaderMap, String> {
        let service = self.service;
        let value = |text: &str| HeaderValue::try_from(text).map_err(|error| error.to_string());
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value(&service.upstream.authority)?);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let path = uri.path();
        let is_zadig = path.contains("/openapi/") || path.contains("/api/aslan/");
        if is_zadig {
            if let Some(token) = &service.zadig_token {
                let bearer = format!("Bearer {}", token.expose());
                headers.insert(header::AUTHORIZATION, value(&bearer)?);
            }
        } else if let Some(key) = &service.key {
            if let Some(project) = &service.project {
                headers.insert("x-project-id", value(project)?);
            }
            sign(key, &signing_date(), method, uri, &mut headers, body)?;
        }
        for (name, value) in &service.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(headers)
    }

    /// The exchanges, as a corpus has them.
    fn exchanges(&self) -> Result<Vec<Exchange>, String> {
        let text = String::from_utf8_lossy(&self.lines);
        let read = crate::corpus::read_lines("the answers", &text, &mut Vec::new());
        read.map_err(|error| error.to_string())
    }

    /// Creates, changes and deletes resources, of each kind in a project that has none.
    async fn write(
        &mut self,
        builder: &mut ReportBuilder,
        reasons: &mut BTreeMap<&'static str, String>,
    ) -> Result<(), String> {
        let Some(project) = self.service.project.clone() else {
            return Ok(());
        };
        for resource in RESOURCES {
            let mut operations = resource.operations();
            if !operations.any(|id| self.service.asks_for(id)) {
                continue;
            }
            let list = resource.path.replace("{project_id}", &encoded(&project));
            let listed = self.send(Method::GET, &list, Bytes::new()).await?;
            let refused = match listed {
                None => Some("the list of its project is refused"),
                Some(listed) if !is_empty_list(&listed) => {
                    Some("the project is in use, and writes have one of their own")
                }
                Some(_) => None,
            };
            let sent = match refused {
                None => self.write_resource(&resource, &list, builder).await?,
                Some(_) => Vec::new(),
            };
            for id in resource.operations() {
                if sent.contains(&id) {
                    reasons.remove(id);
                } else {
                    let reason = refused.unwrap_or("nothing was created");
                    reasons.insert(id, reason.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Sends the changes of a resource, and returns their operations.
    async fn write_resource(
        &mut self,
        resource: &WrittenResource,
        list: &str,
        builder: &mut ReportBuilder,
    ) -> Result<Vec<&'static str>, String> {
        let body = Bytes::from((resource.body)().to_string());
        let created = self.send(Method::POST, list, body.clone()).await?;
        let mut sent = vec![resource.create];
        let Some(id) = created.as_ref().and_then(|created| created["id"].as_str()) else {
            return Ok(sent);
        };
        let own = format!("{list}/{}", encoded(id));
        self.send(Method::GET, &own, Bytes::new()).await?;
        self.send(Method::PUT, &own, body).await?;
        sent.push(resource.update);
        let noun = resource.noun;
        let mut is_deleted = false;
        if let Some(delete) = resource.delete {
            is_deleted = self
                .send(Method::DELETE, &own, Bytes::new())
                .await?
                .is_some();
            sent.push(delete);
        }
        if !is_deleted {
            let note = match resource.delete {
                Some(_) => format!("the {noun} {NAME} may be left in the project"),
                None => format!(
                    "the {noun} {NAME} is left in the project: the service cannot delete it"
                ),
            };
            builder.notes.insert(note);
        }
        Ok(sent)
    }
}

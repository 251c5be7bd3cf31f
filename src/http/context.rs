//! The context of a request: a record that the layers fill while it is served.
//!
//! It travels twice: as a request extension for the layers that hold the request, and as a task-local value for code
//! that does not. A hint is added with [`add_hint`], from anywhere below [`instrument`]; `instrument` joins all hints
//! in the header `x-emulator-hint` of the response.
//!
//! [`instrument`]: crate::http::middleware::instrument::instrument

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::openapi::request_schema::RequestSchema;
use super::{Caller, Operation};

/// Characters that a hint may not hold as a header value; `%` itself stays readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// The approximate limit of the hint header: clients and proxies reject long ones.
const LONGEST_HINT: usize = 2_000;

tokio::task_local! {
    /// The context of the request that the task serves.
    static CURRENT: RequestContext;
}

/// Serves a request with its context available to the task.
pub async fn scope<R>(context: RequestContext, served: impl Future<Output = R>) -> R {
    CURRENT.scope(context, served).await
}

/// Records scripts that decided a step for the current request, if there is one.
pub fn note_scripts(rules: Vec<String>) {
    if !rules.is_empty() {
        // Work that starts by time alone belongs to no request.
        let _ = CURRENT.try_with(|context| context.scripts(rules));
    }
}

/// Records the project of the current request where only its body names it.
pub fn note_scope(scope: &str) {
    let _ = CURRENT.try_with(|context| context.scope(scope.to_owned()));
}

/// Adds a hint to the response of the current request.
pub fn add_hint(hint: String) {
    let _ = CURRENT.try_with(|context| context.lock().hints.push(hint));
}

/// A shared handle on the record of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestContext(Arc<Mutex<RequestDetails>>);

/// The record of a request.
#[derive(Clone, Debug, Default)]
pub struct RequestDetails {
    /// The operation that serves the request.
    pub operation: Option<&'static Operation>,
    /// The closest operation, if none serves the request.
    pub nearest: Option<&'static Operation>,
    /// The hints for the caller.
    pub hints: Vec<String>,
    /// The fields and parameters that the request may have.
    request_schema: Option<&'static RequestSchema>,
    /// The body, where a refusal may be due to its spelling.
    body: Bytes,
    /// The paths of unknown fields in the body.
    ignored: Vec<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The name of the caller.
    pub caller: Option<Cow<'static, str>>,
    /// The authorized caller, until the handler takes it.
    admitted: Option<Caller>,
    /// The injected fault.
    pub fault: Option<String>,
    /// The scripts that decided a step.
    pub scripts: Vec<String>,
}

impl RequestContext {
    /// Records the operation that serves the request.
    pub fn serve(&self, operation: &'static Operation) {
        self.lock().operation = Some(operation);
    }

    /// Records the closest operation, where none serves the request.
    pub fn nearest(&self, operation: &'static Operation) {
        self.lock().nearest = Some(operation);
    }

    /// Records the fields and parameters that the request may have.
    pub fn request_schema(&self, request_schema: &'static RequestSchema) {
        self.lock().request_schema = Some(request_schema);
    }

    /// Records the body, since a refusal may be due to its spelling.
    pub fn body(&self, body: Bytes) {
        self.lock().body = body;
    }

    /// Records the paths of unknown fields in the body.
    pub fn ignored(&self, places: Vec<String>) {
        if !places.is_empty() {
            self.lock().ignored = places;
        }
    }

    /// Adds hints on unknown names in the request that may be misspelt. They come first: a misspelt name is usually the
    /// cause of the refusal that the other hints explain.
    pub fn check_spelling(&self, query: Option<&str>, is_refused: bool) {
        let record = &mut *self.lock();
        let Some(request_schema) = record.request_schema else {
            return;
        };
        let mut hints = Vec::new();
        if let Some(query) = query {
            hints.extend(request_schema.on_query(query));
        }
        let ignored = std::mem::take(&mut record.ignored);
        hints.extend(ignored.iter().map(|place| request_schema.on_ignored(place)));
        if is_refused {
            let body = std::mem::take(&mut record.body);
            hints.extend(request_schema.on_refused(&body, &ignored));
        }
        record.hints.splice(..0, hints);
    }

    /// Records the project, mesh or project key of the request.
    pub fn scope(&self, scope: String) {
        self.lock().scope = Some(scope);
    }

    /// Records the name of the caller.
    pub fn caller(&self, name: Cow<'static, str>) {
        self.lock().caller = Some(name);
    }

    /// Records the authorized caller.
    pub fn admit(&self, caller: Caller) {
        self.lock().admitted = Some(caller);
    }

    /// Takes the authorized caller, for the handler.
    #[must_use]
    pub fn admitted(&self) -> Option<Caller> {
        self.lock().admitted.take()
    }

    /// Records scripts that decided a step.
    pub fn scripts(&self, rules: Vec<String>) {
        self.lock().scripts.extend(rules);
    }

    /// Records the injected fault.
    pub fn fault(&self, rule: &str) {
        self.lock().fault = Some(rule.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, RequestDetails> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the record.
    #[must_use]
    pub fn take(&self) -> RequestDetails {
        std::mem::take(&mut *self.lock())
    }
}

impl RequestDetails {
    /// The hints as one line of ASCII, cut where it gets too long; `None` if there are none.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let mut line = String::new();
        for character in self.hints.join("; ").chars() {
            if line.len() >= LONGEST_HINT {
                line.push_str(" ...");
                break;
            }
            let text = character.encode_utf8(&mut [0; 4]).to_owned();
            line.extend(utf8_percent_encode(&text, UNPRINTABLE));
        }
        (!line.is_empty()).then_some(line)
    }
}

//! The context of a request: notes that the layers take while it is served.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::openapi::request_schema::RequestSchema;
use super::{Caller, Operation};

/// What a hint may not hold as a header value; `%` itself stays readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// About how long the header of hints may get: clients and proxies give up on long ones.
const LONGEST_HINT: usize = 2_000;

tokio::task_local! {
    /// The notes of the request that the task serves.
    static CURRENT: RequestContext;
}

/// Serves a request with its notes at hand, for those who are handed nothing of it.
pub async fn scope<R>(context: RequestContext, served: impl Future<Output = R>) -> R {
    CURRENT.scope(context, served).await
}

/// Notes the scripts that have decided something for the request that is being served, if one is.
pub fn note_scripts(rules: Vec<String>) {
    if !rules.is_empty() {
        // Time alone starts work too, and serves nobody.
        let _ = CURRENT.try_with(|context| context.scripts(rules));
    }
}

/// Notes the project that the request being served is about, where only its body names it.
pub fn note_scope(scope: &str) {
    let _ = CURRENT.try_with(|context| context.scope(scope.to_owned()));
}

/// Adds a word to whoever sent the request that is being served.
pub fn note_hint(hint: String) {
    let _ = CURRENT.try_with(|context| context.hint(hint));
}

/// What the layers below write down about a request while it is served.
#[derive(Clone, Debug, Default)]
pub struct RequestContext(Arc<Mutex<RequestRecord>>);

/// What was written down.
#[derive(Clone, Debug, Default)]
pub struct RequestRecord {
    /// The operation that serves the request.
    pub operation: Option<&'static Operation>,
    /// The one that comes nearest, where none does.
    pub nearest: Option<&'static Operation>,
    /// What the caller is told, piece by piece.
    pub hints: Vec<String>,
    /// What the request may be made of.
    request_schema: Option<&'static RequestSchema>,
    /// The body, where a refusal may be due to its spelling.
    body: Bytes,
    /// The places in the body of what its type did not know.
    ignored: Vec<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The name of who calls.
    pub caller: Option<Cow<'static, str>>,
    /// Who was let through, until the handler asks for it.
    admitted: Option<Caller>,
    /// The fault that hit.
    pub fault: Option<String>,
    /// The scripts that decided something.
    pub scripts: Vec<String>,
}

impl RequestContext {
    /// Notes which operation serves the request.
    pub fn serve(&self, operation: &'static Operation) {
        self.lock().operation = Some(operation);
    }

    /// Notes which operation comes nearest, where none serves the request.
    pub fn nearest(&self, operation: &'static Operation) {
        self.lock().nearest = Some(operation);
    }

    /// Notes what the request may be made of.
    pub fn request_schema(&self, request_schema: &'static RequestSchema) {
        self.lock().request_schema = Some(request_schema);
    }

    /// Notes the body, where a refusal may be due to its spelling.
    pub fn body(&self, body: Bytes) {
        self.lock().body = body;
    }

    /// Notes the places in the body of what its type did not know.
    pub fn ignored(&self, places: Vec<String>) {
        if !places.is_empty() {
            self.lock().ignored = places;
        }
    }

    /// Adds a word on what in the request is not known and may be misspelt.
    pub fn check_spelling(&self, query: Option<&str>, is_refused: bool) {
        let record = &mut *self.lock();
        let Some(request_schema) = record.request_schema else {
            return;
        };
        if let Some(query) = query {
            record.hints.extend(request_schema.on_query(query));
        }
        let ignored = std::mem::take(&mut record.ignored);
        let on_ignored = ignored.iter().map(|place| request_schema.on_ignored(place));
        record.hints.extend(on_ignored);
        if is_refused {
            let body = std::mem::take(&mut record.body);
            record
                .hints
                .extend(request_schema.on_refused(&body, &ignored));
        }
    }

    /// Adds a word to the caller, which goes into the header `x-emulator-hint`.
    pub fn hint(&self, hint: String) {
        self.lock().hints.push(hint);
    }

    /// Notes the project, mesh or project key that the request is about.
    pub fn scope(&self, scope: String) {
        self.lock().scope = Some(scope);
    }

    /// Notes the name of who calls.
    pub fn caller(&self, name: Cow<'static, str>) {
        self.lock().caller = Some(name);
    }

    /// Notes who was let through to the handler.
    pub fn admit(&self, caller: Caller) {
        self.lock().admitted = Some(caller);
    }

    /// Takes who was let through, for the handler.
    #[must_use]
    pub fn admitted(&self) -> Option<Caller> {
        self.lock().admitted.take()
    }

    /// Notes the scripts that have decided something.
    pub fn scripts(&self, rules: Vec<String>) {
        self.lock().scripts.extend(rules);
    }

    /// Notes the fault that hits.
    pub fn fault(&self, rule: &str) {
        self.lock().fault = Some(rule.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, RequestRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was written down.
    #[must_use]
    pub fn take(&self) -> RequestRecord {
        std::mem::take(&mut *self.lock())
    }
}

impl RequestRecord {
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

//! The context of a request: details that are collected while it is served.
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

use super::faults::rules::FaultEffect;
use super::openapi::request_schema::RequestSchema;
use super::{Caller, Operation};

/// The characters that a header value must not contain. `%` is not among them, so that hints stay readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// The approximate limit of the hint header, since clients and proxies reject long headers.
const LONGEST_HINT: usize = 2_000;

tokio::task_local! {
    /// The context of the request that the task serves.
    static CURRENT: RequestContext;
}

/// Runs a future with the context available to its task.
pub async fn scope<F: Future>(context: RequestContext, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// Records scripts that decided a step for the current request, if there is one.
pub fn note_scripts(scripts: Vec<String>) {
    if !scripts.is_empty() {
        // Steps that start by time alone belong to no request.
        let _ = CURRENT.try_with(|context| context.details().scripts.extend(scripts));
    }
}

/// Records the project of the current request where only its body names it.
pub fn note_scope(scope: &str) {
    let _ = CURRENT.try_with(|context| context.details().scope = Some(scope.to_owned()));
}

/// Adds a hint to the response of the current request.
pub fn add_hint(hint: String) {
    let _ = CURRENT.try_with(|context| context.details().hints.push(hint));
}

/// The id of the current request; empty outside of one.
pub fn request_id() -> String {
    CURRENT
        .try_with(|context| context.details().id.clone())
        .unwrap_or_default()
}

/// A shared handle on the details of a request.
#[derive(Clone, Debug)]
pub struct RequestContext(Arc<Mutex<RequestDetails>>);

impl RequestContext {
    /// The context of the request with this id.
    pub fn new(id: String) -> Self {
        let details = RequestDetails {
            id,
            ..RequestDetails::default()
        };
        Self(Arc::new(Mutex::new(details)))
    }

    /// Locks the details, to read or change them.
    pub fn details(&self) -> MutexGuard<'_, RequestDetails> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the details.
    pub fn take(&self) -> RequestDetails {
        std::mem::take(&mut *self.details())
    }
}

/// The details of a request, filled while it is served.
#[derive(Debug, Default)]
pub struct RequestDetails {
    /// The request id.
    pub id: String,
    /// The operation that serves the request.
    pub operation: Option<&'static Operation>,
    /// The closest operation, if none serves the request.
    pub nearest: Option<&'static Operation>,
    /// The hints for the caller.
    pub hints: Vec<String>,
    /// The fields and parameters that the request may have.
    pub request_schema: Option<&'static RequestSchema>,
    /// The body, kept since a refusal may be due to its spelling.
    pub body: Bytes,
    /// The paths of unknown fields in the body.
    pub unknown_fields: Vec<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The name of the caller.
    pub caller: Option<Cow<'static, str>>,
    /// The authorized caller, until the handler takes it.
    pub authorized: Option<Caller>,
    /// The id of the injected fault.
    pub fault: Option<String>,
    /// The effect of that fault, if it applies to the response.
    pub fault_effect: FaultEffect,
    /// The ids of the scripts that decided a step.
    pub scripts: Vec<String>,
}

impl RequestDetails {
    /// Adds hints on unknown names in the request that may be misspelt. They come first, since a misspelt name is usually
    /// the cause of the refusal that the other hints explain.
    pub fn check_spelling(&mut self, query: Option<&str>, is_refused: bool) {
        let Some(request_schema) = self.request_schema else {
            return;
        };
        let mut hints = Vec::new();
        if let Some(query) = query {
            hints.extend(request_schema.on_query(query));
        }
        let unknown_fields = self.unknown_fields.iter();
        hints.extend(unknown_fields.map(|path| request_schema.on_ignored(path)));
        if is_refused {
            hints.extend(request_schema.on_refused(&self.body, &self.unknown_fields));
        }
        self.hints.splice(..0, hints);
    }

    /// The hints as one line of ASCII, truncated to about [`LONGEST_HINT`]; `None` if there are none.
    pub fn hint_line(&self) -> Option<String> {
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

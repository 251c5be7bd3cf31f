//! The context of a request: details that are collected while it is served.
//!
//! They are a task-local value, so that a hint can be added with [`add_hint`] from anywhere below [`instrument`], which
//! joins all hints in the header `x-emulator-hint` of the response.
//!
//! [`instrument`]: crate::http::middleware::instrument::instrument

use std::borrow::Cow;
use std::cell::RefCell;

use axum::body::Bytes;
use bytestring::ByteString;
use futures_util::FutureExt;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::answers::ReadStamp;
use super::evidence::error_row::ErrorRow;
use super::evidence::operation::OperationEvidence;
use super::evidence::tree::{EvidenceTree, Part};
use super::evidence::{AnswerEvidence, Evidence, RecordedDates};
use super::faults::effect::FaultEffect;
use super::head::WithinTls;
use super::json::fast_writer::BodyEvidence;
use super::openapi::request_schema::RequestSchema;
use super::query::repetition_hints;
use super::replay::RequestCommand;
use super::{Caller, Operation};

/// The characters that a header value must not contain. `%` is not among them, so that hints stay readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// The approximate limit of the hint header, since clients and proxies reject long headers.
const LONGEST_HINT: usize = 2_000;

tokio::task_local! {
    /// The details of the request that the task serves. In a box, since each poll moves the value in and out.
    static CURRENT: RefCell<Option<Box<RequestDetails>>>;
}

/// Runs a future that serves the request with this id. Returns the details that were collected meanwhile, too.
///
/// Not an `async fn`, which would need room for the future twice.
pub fn scope<F: Future>(
    id: String,
    within_tls: Option<WithinTls>,
    future: F,
) -> impl Future<Output = (F::Output, Box<RequestDetails>)> {
    let details = Box::new(RequestDetails {
        id,
        within_tls,
        ..RequestDetails::default()
    });
    let take = || CURRENT.with(RefCell::take).unwrap_or_default();
    let collected = future.map(move |output| (output, take()));
    CURRENT.scope(RefCell::new(Some(details)), collected)
}

/// Reads or changes the details of the current request; `None` outside of one.
pub fn with_details<R>(access: impl FnOnce(&mut RequestDetails) -> R) -> Option<R> {
    let mut result = None;
    let mut access = Some(access);
    visit_details(&mut |details| result = access.take().map(|access| access(details)));
    result
}

/// Not generic, since [`with_details`] is compiled for each of its many callers.
fn visit_details(visit: &mut dyn FnMut(&mut RequestDetails)) {
    let visit = |details: &RefCell<Option<Box<RequestDetails>>>| {
        details.borrow_mut().as_deref_mut().map(visit);
    };
    // Outside of a request there is nothing to visit.
    let _ = CURRENT.try_with(visit);
}

/// Adds a hint to the response of the current request.
pub fn add_hint(hint: String) {
    with_details(|details| details.hints.push(hint));
}

/// Records the row of an error table that words the response to the current request.
pub fn note_error(row: &ErrorRow) {
    with_details(|details| details.evidence.note_error(row.evidence, row.name()));
}

/// Records the permission by which the caller may use the operation of the current request, if its name is a guess.
pub fn note_permission(permission: &str) {
    with_details(|details| {
        let permissions = details
            .operation
            .map(|operation| &operation.inferred_permissions);
        let inferred = permissions.and_then(|all| all.iter().find(|name| *name == permission));
        if let Some(inferred) = inferred {
            details
                .evidence
                .note_permission(Evidence::Inferred, inferred);
        }
    });
}

/// Records a part of the response to the current request that is a guess, where only the handler knows that it is.
pub fn note_inferred(path: &'static str) {
    note_response(path, Evidence::Inferred);
}

/// Records a part of the response to the current request that is only observed, where only the handler knows that it is.
pub fn note_observed(path: &'static str) {
    note_response(path, Evidence::Observed);
}

fn note_response(path: &'static str, evidence: Evidence) {
    let part = Part {
        path,
        value: None,
        evidence,
    };
    with_details(|details| details.evidence.note_response(part));
}

/// Writes a body, and records the undocumented parts that it has if it is the response to the current request.
pub(crate) fn trace_body<T>(write: impl FnOnce(&mut BodyEvidence) -> T) -> T {
    let mut body_evidence = begin_trace();
    let written = write(&mut body_evidence);
    finish_trace(body_evidence);
    written
}

fn begin_trace() -> BodyEvidence {
    let declared = with_details(|details| details.declared_evidence);
    let tree = declared.flatten().and_then(OperationEvidence::response);
    BodyEvidence {
        tree,
        parts: tree.and_then(EvidenceTree::own_part).into_iter().collect(),
    }
}

fn finish_trace(BodyEvidence { parts, .. }: BodyEvidence) {
    if !parts.is_empty() {
        with_details(|details| details.evidence.note_body(parts));
    }
}

/// Notes that the answer to the current request is the emulator's own, and not that of a service.
pub fn note_own_answer() {
    with_details(|details| {
        details.answerer = Answerer::Emulator;
        details.operation = None;
        details.declared_evidence = None;
        details.evidence = AnswerEvidence::default();
    });
}

/// The id of the current request; empty outside of one.
pub fn request_id() -> String {
    with_details(|details| details.id.clone()).unwrap_or_default()
}

/// The scheme of the URL that the current request was sent to.
pub fn scheme() -> &'static str {
    match with_details(|details| details.within_tls).flatten() {
        Some(WithinTls) => "https",
        None => "http",
    }
}

/// The owner of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answerer {
    #[default]
    Service,
    /// The emulator itself, at the path of a service: the request is neither recorded nor counted.
    Emulator,
}

/// The details of a request, filled while it is served.
#[derive(Debug, Default)]
pub struct RequestDetails {
    /// The request id.
    pub id: String,
    /// The operation that serves the request.
    pub operation: Option<&'static Operation>,
    /// True if the method is GET.
    pub is_get: bool,
    /// The closest operation, if none serves the request.
    pub nearest: Option<&'static Operation>,
    /// True if the client speaks another protocol than HTTP/1.1.
    pub is_other_protocol: bool,
    /// The mark of a request that has come within TLS.
    pub within_tls: Option<WithinTls>,
    /// The hints for the caller.
    pub hints: Vec<String>,
    /// The fields and parameters that the request may have.
    pub request_schema: Option<&'static RequestSchema>,
    /// The parts of request and response that are not documented, once the request was admitted.
    pub declared_evidence: Option<&'static OperationEvidence>,
    /// The parts that the response uses.
    pub evidence: AnswerEvidence,
    /// The evidence as one line, if the answer was kept with it.
    pub kept_evidence: Option<ByteString>,
    /// The reads of the memory.
    pub read_stamp: ReadStamp,
    /// The body, kept since a refusal may be due to its spelling.
    pub body: Bytes,
    /// The length of the body, as far as it was read.
    pub body_length: usize,
    /// The body as it was unpacked, if it was sent packed.
    pub unpacked_body: Option<Bytes>,
    /// The owner of the answer.
    pub answerer: Answerer,
    /// The reason that the body's encoding cannot be read.
    pub unread_encoding: Option<&'static str>,
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
    /// The effect of that fault.
    pub fault_effect: Option<Box<FaultEffect>>,
    /// True if the emulator itself failed while it served the request.
    pub has_failed: bool,
    /// The ids of the scripts that decided a step.
    pub scripts: Vec<String>,
    /// The request as it is kept if it changes the memory, until it has.
    pub command: Option<RequestCommand>,
}

impl RequestDetails {
    /// Adds hints on unknown names in the request that may be misspelt, and on repeated ones. They come first, since a
    /// misspelt name is usually the cause of the refusal that the other hints explain.
    pub fn check_spelling(&mut self, query: Option<&str>, is_refused: bool) {
        let Some(request_schema) = self.request_schema else {
            return;
        };
        let mut hints = Vec::new();
        hints.extend(
            self.unread_encoding
                .filter(|_| is_refused)
                .map(str::to_owned),
        );
        hints.extend(self.hints_on_query(query));
        let unknown_fields = self.unknown_fields.iter();
        hints.extend(unknown_fields.map(|path| request_schema.on_ignored(path)));
        hints.extend(request_schema.on_misspelt(&self.body, &self.unknown_fields, is_refused));
        self.hints.splice(..0, hints);
    }

    /// The hints on unknown and repeated names in the query.
    pub fn hints_on_query(&self, query: Option<&str>) -> Vec<String> {
        let Some((request_schema, query)) = self.request_schema.zip(query) else {
            return Vec::new();
        };
        let mut hints = Vec::new();
        hints.extend(request_schema.on_query(query));
        hints.extend(repetition_hints(query));
        hints
    }

    /// The evidence for the response as one line, with the date of a recording that agrees with the operation; `None` for a
    /// response of the emulator itself.
    pub fn evidence_line(
        &mut self,
        query: Option<&str>,
        recorded: &RecordedDates,
    ) -> Option<ByteString> {
        if let Some(fault) = &self.fault
            && let Some(fault_effect) = &self.fault_effect
            && fault_effect.changes_response()
        {
            return Some(format!("injected; fault={fault}").into());
        }
        if self.kept_evidence.is_some() {
            return self.kept_evidence.clone();
        }
        if let (Some(operation), Some(declared)) = (self.operation, self.declared_evidence) {
            let request = declared.parts_of_request(query, &self.body);
            self.evidence
                .note_operation(operation.evidence, &operation.id);
            self.evidence.note_request(request);
        }
        let summary = self.evidence.summary()?;
        match self
            .operation
            .and_then(|operation| recorded.get(&operation.id))
        {
            Some(date) => Some(format!("{summary}; recorded {date}").into()),
            None => Some(summary),
        }
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

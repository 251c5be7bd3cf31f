//! The fault that hits a request: its selection, and its changes to the answer of the handler.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::response::Response;

use super::request_body::BodyLimits;
use crate::http::context::{add_hint, with_details};
use crate::http::faults::alter::alter;
use crate::http::faults::injection::{InjectedFault, LooksAt};
use crate::http::matching::request::{MatchedRequest, SentBody, SentHeaders};
use crate::http::observe::Recorder;
use crate::http::{Caller, Dialect, Operation, Rejection};

/// Selects the fault that hits a request, and records it with the caller. Reads the body only if a fault looks at it; not
/// without limits, when it is too large.
pub(super) async fn inject_fault<D: Dialect>(
    dialect: &D,
    operation: &'static Operation,
    caller: Option<&Caller>,
    parts: &Parts,
    mut body: Body,
    limits: Option<BodyLimits<'_>>,
) -> Result<(Option<Box<InjectedFault>>, Body), Rejection> {
    with_details(|details| details.caller = caller.map(|caller| caller.name.clone()));
    let faults = &dialect.recorder().faults;
    let looks_at = faults.looks_at();
    if looks_at == LooksAt::Nothing {
        return Ok((None, body));
    }
    let mut scope = with_details(|details| details.scope.clone()).flatten();
    let is_scope_hidden = looks_at >= LooksAt::Scope && scope.is_none();
    let mut bytes = Bytes::new();
    if (looks_at == LooksAt::Body || is_scope_hidden)
        && let Some(limits) = limits
    {
        bytes = limits.read(body).await?;
        body = bytes.clone().into();
        if is_scope_hidden {
            scope = dialect.scope_in_body(operation, &bytes);
            with_details(|details| details.scope.clone_from(&scope));
        }
    }
    let fault = faults.evaluate(&MatchedRequest {
        family: Some(&operation.family),
        operation: Some(&operation.id),
        action: operation.commands.given(parts.uri.query()),
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: SentHeaders::Arriving(&parts.headers),
        body: SentBody::new(&bytes, true),
        scope: scope.as_deref(),
        caller: caller.map(|caller| &*caller.name),
    });
    with_details(|details| {
        details.fault = fault.as_ref().map(|fault| fault.id.clone());
        details.fault_effect = fault.as_ref().map(|fault| fault.effect.clone().into());
    });
    Ok((fault.map(Box::new), body))
}

/// Lets a fault alter an answer. If its patch does not apply, it has not hit, unless the answer is its own.
pub(super) async fn alter_answer(
    response: Response,
    fault: Box<InjectedFault>,
    recorder: Arc<Recorder>,
) -> Response {
    match alter(response, &fault.effect).await {
        Ok(response) => response,
        Err((response, misfit)) => {
            let id = fault.id;
            add_hint(format!(
                "the patch of the fault {id} does not apply: {misfit}"
            ));
            if fault.effect.stub_response().is_some() {
                return response;
            }
            recorder.faults.undo_hit(&id);
            with_details(|details| {
                details.fault = None;
                details.fault_effect = None;
            });
            response
        }
    }
}

//! The answers that are kept for those who ask the same again.

use axum::http::StatusCode;
use axum::response::Response;

use crate::http::answers::{AskedAgain, KeptAnswer};
use crate::http::body::collect;
use crate::http::context::{Answerer, with_details};
use crate::http::observe::Recorder;

/// Holds a kept answer to that of the handler, in a debug build: so every test that polls is a test of what is kept.
pub(super) async fn check(kept: &KeptAnswer, response: Response) {
    let read_stamp = with_details(|details| details.read_stamp);
    let (head, body) = response.into_parts();
    let body = collect(body).await.unwrap_or_default();
    // Time may have gone on in between.
    if read_stamp == Some(kept.read_stamp) {
        assert_eq!(head.status, StatusCode::OK);
        assert_eq!(head.headers, kept.headers);
        assert_eq!(body, kept.body, "the answer depends on more than was kept");
    }
}

/// Keeps an answer for those who ask the same again, if nothing but the question and the world has decided it.
pub(super) async fn keep(
    response: Response,
    recorder: &Recorder,
    question: Box<AskedAgain>,
) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (head, body) = response.into_parts();
    // The body is complete in memory, so this does not wait.
    let body = collect(body).await.unwrap_or_default();
    let kept = with_details(|details| {
        let is_own = details.hints.is_empty()
            && details.fault.is_none()
            && details.answerer == Answerer::Service;
        is_own.then(|| {
            (
                details.read_stamp,
                details.evidence_line(question.query(), &recorder.recorded),
                details.hints_on_query(question.query()).is_empty(),
            )
        })
    });
    if let Some((read_stamp, evidence, has_known_query)) = kept.flatten() {
        let answer = KeptAnswer {
            headers: head.headers.clone(),
            body: body.clone(),
            evidence,
            has_known_query,
            read_stamp,
        };
        recorder.answers.keep(question, answer);
    }
    Response::from_parts(head, body.into())
}

//! The check of an answer against its declaration.

use super::{Checks, Failure, fail};
use crate::document::Operation;
use crate::emulator::Answer;
use crate::step::Step;

impl Checks<'_> {
    pub(super) fn check_answer(
        &mut self,
        step: &Step,
        operation: Option<&Operation>,
        answer: &Answer,
    ) -> Result<(), Failure> {
        let request_id = answer.header("x-request-id");
        self.count("every answer has an id");
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if request_id.len() != 32 || !request_id.bytes().all(is_hex) {
            // A head that cannot be read is refused before it gets one.
            if super::is_well_formed(step) {
                return fail("every answer has an id", format!("{request_id:?}"));
            }
        }
        // Zadig's router has no HEAD.
        let operation = operation.filter(|_| step.method != "HEAD" || answer.status != 405);
        let Some(operation) = operation else {
            self.count("an unknown path is refused");
            let is_refused = (300..500).contains(&answer.status);
            if is_refused || answer.is_success() && is_page(step) {
                return Ok(());
            }
            return fail("an unknown path is refused", describe(answer));
        };
        self.count("status, type and body are declared");
        let check = "status, type and body are declared";
        // The frame of a request, not the operation, can be refused.
        let is_frame = matches!(answer.status, 400 | 408 | 413 | 414 | 417 | 431);
        if is_frame && (step.cut.is_some() || !super::is_well_formed(step)) {
            return Ok(());
        }
        // Bodies may come in gzip; the operations do not say so each.
        let is_packed = step
            .headers
            .iter()
            .any(|(name, _)| name == "content-encoding");
        if (is_packed && answer.status == 415) || super::is_redirect_of_browser(step, answer) {
            return Ok(());
        }
        if operation.is_control && answer.status == 403 && is_from_page(step) {
            return Ok(());
        }
        let Some(declared) = operation.response(answer.status) else {
            return fail(check, format!("{}: {}", operation.id, describe(answer)));
        };
        if step.method == "HEAD" {
            return if answer.body.is_empty() {
                Ok(())
            } else {
                fail(check, "HEAD has a body")
            };
        }
        if declared.is_empty() {
            return if answer.body.is_empty() {
                Ok(())
            } else {
                fail(check, format!("{}: {}", operation.id, describe(answer)))
            };
        }
        // As the service's router answers a panic, such as that of a body that is null.
        if operation.template.starts_with("/openapi/")
            && answer.status == 500
            && answer.body.is_empty()
        {
            return Ok(());
        }
        let Some(schema) = declared.get(answer.media_type()) else {
            return fail(check, format!("{}: {}", operation.id, describe(answer)));
        };
        let Some(schema) = schema.as_ref().filter(|_| is_json(answer.media_type())) else {
            return Ok(());
        };
        let Ok(body) = serde_json::from_slice(&answer.body) else {
            return fail(check, format!("{}: {}", operation.id, describe(answer)));
        };
        let violations = self.document.violations(schema, &body);
        if violations.is_empty() {
            Ok(())
        } else {
            let text = format!("{}: {violations:?}\n{}", operation.id, describe(answer));
            fail(check, text)
        }
    }
}

fn is_json(media_type: &str) -> bool {
    media_type.ends_with("json")
}

/// True if a request has marks of a web page, or a host that somebody could own: the control plane refuses these.
fn is_from_page(step: &Step) -> bool {
    let marks = ["host", "origin", "referer", "sec-fetch-site"];
    let mut names = step.headers.iter().map(|(name, _)| name);
    names.any(|name| marks.contains(&&**name))
}

/// True for the pages beside the operations.
fn is_page(step: &Step) -> bool {
    // IAM shows its version with and without the slash.
    step.is_control()
        || super::is_usual_path(step.path())
        || step.path() == "/v3/"
        || step.method == "OPTIONS"
}

fn describe(answer: &Answer) -> String {
    let text: String = answer.text().chars().take(600).collect();
    format!("{} {} {text}", answer.status, answer.header("content-type"))
}

//! The evidence for an answer, collected while its request is served.

use bytestring::ByteString;

use super::level::Evidence;
use super::tree::Part;

/// The capacity for a summary with a few names.
const USUAL_LENGTH: usize = 96;

/// The parts that an answer uses, with their evidence.
#[derive(Debug, Default)]
pub struct AnswerEvidence {
    /// The operation, once the request was admitted.
    operation: Option<(Evidence, &'static str)>,
    /// The permission that the caller has and the operation requires.
    permission: Option<(Evidence, &'static str)>,
    /// The row of an error table, by its code.
    error: Option<(Evidence, &'static str)>,
    /// The parts of the response body.
    response: Vec<Part>,
    /// The parameters and fields of the request.
    request: Vec<Part>,
}

impl AnswerEvidence {
    pub fn note_operation(&mut self, evidence: Evidence, id: &'static str) {
        self.operation = Some((evidence, id));
    }

    pub fn note_permission(&mut self, evidence: Evidence, name: &'static str) {
        self.permission = Some((evidence, name));
    }

    pub fn note_error(&mut self, evidence: Evidence, name: &'static str) {
        self.error = Some((evidence, name));
    }

    /// Notes a part of the response that the body does not tell.
    pub fn note_response(&mut self, part: Part) {
        add_new(&mut self.response, [part]);
    }

    /// Notes the parts of the response body, each of which is listed once.
    pub fn note_body(&mut self, parts: Vec<Part>) {
        if self.response.is_empty() {
            self.response = parts;
        } else {
            add_new(&mut self.response, parts);
        }
    }

    pub fn note_request(&mut self, parts: impl IntoIterator<Item = Part>) {
        add_new(&mut self.request, parts);
    }

    /// The evidence for the whole answer as the header tells it: the weakest of the parts, and the names of those that
    /// are as weak, for example `inferred; fields=status,extend_info`. `None` if no part was noted.
    pub fn summary(&self) -> Option<ByteString> {
        let weakest = self.weakest()?;
        if weakest == Evidence::Documented {
            return Some(ByteString::from_static(weakest.as_str()));
        }
        let mut summary = String::with_capacity(USUAL_LENGTH);
        summary.push_str(weakest.as_str());
        let mut add = |label: &str, names: &mut dyn Iterator<Item = &str>| {
            for (n, name) in names.enumerate() {
                let separator = if n == 0 { "; " } else { "," };
                let label = if n == 0 { label } else { "" };
                summary.extend([separator, label, name]);
            }
        };
        let of_weakest = |part: &&Part| part.evidence == weakest;
        let named = |part: Option<(Evidence, &'static str)>| {
            part.filter(|(evidence, _)| *evidence == weakest)
                .map(|(_, name)| name)
        };
        add("operation=", &mut named(self.operation).into_iter());
        add("permission=", &mut named(self.permission).into_iter());
        add("error=", &mut named(self.error).into_iter());
        let response = || self.response().iter().filter(of_weakest);
        let request = || self.request.iter().filter(of_weakest);
        add("fields=", &mut distinct(response().map(|part| part.path)));
        add(
            "parameters=",
            &mut distinct(request().map(|part| part.path)),
        );
        let values = response().chain(request()).filter_map(|part| part.value);
        add("values=", &mut distinct(values));
        Some(summary.into())
    }

    /// The parts of the response. The body of an error has none of those that the operation declares.
    fn response(&self) -> &[Part] {
        match self.error {
            Some(_) => &[],
            None => &self.response,
        }
    }

    fn weakest(&self) -> Option<Evidence> {
        let operation = self.operation.map(|(evidence, _)| evidence);
        let permission = self.permission.map(|(evidence, _)| evidence);
        let error = self.error.map(|(evidence, _)| evidence);
        let parts = self.response().iter().chain(&self.request);
        let parts = parts.map(|part| part.evidence);
        let all = parts.chain(operation).chain(permission).chain(error);
        all.max()
    }
}

/// The names, each once.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    let mut listed = Vec::new();
    names.filter(move |name| {
        let is_new = !listed.contains(name);
        if is_new {
            listed.push(name);
        }
        is_new
    })
}

/// Adds the parts that are not listed yet.
fn add_new(known: &mut Vec<Part>, parts: impl IntoIterator<Item = Part>) {
    for part in parts {
        if !known.contains(&part) {
            known.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(path: &'static str, value: Option<&'static str>, evidence: Evidence) -> Part {
        Part {
            path,
            value,
            evidence,
        }
    }

    #[test]
    fn an_answer_is_documented_unless_a_part_is_not() {
        let mut answer = AnswerEvidence::default();
        assert_eq!(answer.summary(), None);
        answer.note_operation(Evidence::Documented, "ListPipelines");
        answer.note_error(Evidence::Documented, "APIGW.0301");
        assert_eq!(answer.summary().unwrap(), "documented");
    }

    #[test]
    fn the_weakest_parts_are_named_by_kind() {
        let mut answer = AnswerEvidence::default();
        answer.note_operation(Evidence::Observed, "GetRelease");
        assert_eq!(answer.summary().unwrap(), "observed; operation=GetRelease");
        let inferred = Evidence::Inferred;
        answer.note_body(vec![
            part("status", Some("RUNNING"), inferred),
            part("extend_info", None, inferred),
        ]);
        answer.note_body(vec![
            part("extend_info", None, inferred),
            part("creator", None, Evidence::Observed),
        ]);
        answer.note_request([part("limit", None, inferred)]);
        assert_eq!(
            answer.summary().unwrap(),
            "inferred; fields=status,extend_info; parameters=limit; values=RUNNING"
        );
        answer.note_error(inferred, "SVCSTG.00100400");
        answer.note_operation(inferred, "CreatePipeline");
        assert_eq!(
            answer.summary().unwrap(),
            "inferred; operation=CreatePipeline; error=SVCSTG.00100400; parameters=limit"
        );
    }
}

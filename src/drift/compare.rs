//! The comparison of a recorded answer with ours.

use super::kinds::{Difference, DriftKind};
use super::question::Comparison;
use super::values::{Place, ValueComparison};
use crate::corpus::RecordedAnswer;
use crate::corpus::headers::is_of_transport;
use crate::corpus::value::Recorded;

impl Comparison<'_> {
    /// The differences of two answers, each once.
    pub(super) fn differences(
        &self,
        recorded: &RecordedAnswer,
        ours: &RecordedAnswer,
    ) -> Vec<Difference> {
        let mut differences = Vec::new();
        if recorded.status != ours.status {
            differences.push(Difference {
                kind: DriftKind::Status,
                field: "status".to_owned(),
                recorded: recorded.status.to_string(),
                ours: ours.status.to_string(),
                schema: None,
            });
        }
        // Answers of another kind differ in everything, which would say the same again.
        if recorded.status / 100 != ours.status / 100 {
            return differences;
        }
        headers(recorded, ours, &mut differences);
        if !self.is_head {
            self.bodies(recorded, ours, &mut differences);
        }
        let mut seen: Vec<(DriftKind, String)> = Vec::new();
        differences.retain(|difference| {
            let key = (difference.kind, difference.field.clone());
            let is_new = !seen.contains(&key);
            if is_new {
                seen.push(key);
            }
            is_new
        });
        differences
    }

    fn bodies(
        &self,
        recorded: &RecordedAnswer,
        ours: &RecordedAnswer,
        differences: &mut Vec<Difference>,
    ) {
        let mut differ = |recorded: &str, ours: &str| {
            differences.push(Difference {
                kind: DriftKind::Body,
                field: "body".to_owned(),
                recorded: recorded.to_owned(),
                ours: ours.to_owned(),
                schema: None,
            });
        };
        match (&recorded.body, &ours.body) {
            (None, None) => {}
            (Some(body), None) => differ(body.kind(), "nothing"),
            (None, Some(body)) => differ("nothing", body.kind()),
            (Some(Recorded::Opaque { form, .. }), Some(Recorded::Opaque { form: own, .. })) => {
                if form != own {
                    differ(form, own);
                }
            }
            (Some(Recorded::Opaque { form, .. }), Some(body)) => differ(form, body.kind()),
            (Some(body), Some(Recorded::Opaque { form, .. })) => differ(body.kind(), form),
            (Some(theirs), Some(own)) => {
                let mut values = ValueComparison::new(self, ours.status, differences);
                let node = self.entry.answer_body(recorded.status);
                values.compare(Place::body(&node), theirs, own);
                if let Some(limit) = self.limit {
                    values.page(theirs, limit);
                }
            }
        }
    }
}

fn headers(recorded: &RecordedAnswer, ours: &RecordedAnswer, differences: &mut Vec<Difference>) {
    if let (Some(theirs), Some(own)) = (recorded.media_type(), ours.media_type())
        && theirs != own
    {
        differences.push(Difference {
            kind: DriftKind::ContentType,
            field: "header content-type".to_owned(),
            recorded: theirs,
            ours: own,
            schema: None,
        });
    }
    let mut add = |kind, name: &str, recorded: &str, ours: &str| {
        differences.push(Difference {
            kind,
            field: format!("header {name}"),
            recorded: recorded.to_owned(),
            ours: ours.to_owned(),
            schema: None,
        });
    };
    for (name, _) in &recorded.headers {
        if !is_of_transport(name) && ours.header(name).is_none() {
            add(DriftKind::HeaderMissing, name, "present", "absent");
        }
    }
    for (name, _) in &ours.headers {
        if !is_of_transport(name) && recorded.header(name).is_none() {
            add(DriftKind::HeaderExtra, name, "absent", "present");
        }
    }
}

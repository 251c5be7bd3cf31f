//! The spelling of stages and tasks: the sibling API has them in camelCase, this one answers in `snake_case`.

use crate::http::json::{RawFields, RawJson};

/// The fields of stages and tasks in the spelling of the sibling API, and in that of the document.
const SPELLINGS: [(&str, &str); 5] = [
    ("approvalType", "approval_type"),
    ("displayName", "display_name"),
    ("orderIndex", "order_index"),
    ("taskGroup", "task_group"),
    ("taskTypeId", "task_type_id"),
];

/// Respells the fields of stages and of their tasks. A field in both spellings is then repeated, and so refused.
pub(crate) fn respelt_stages(stages: RawJson) -> RawJson {
    let is_spelt = |(sibling, _): &(&str, &str)| stages.text().contains(sibling);
    if SPELLINGS.iter().any(is_spelt) {
        each(&stages, |stage| {
            respelt(stage, |name, value| match name {
                "tasks" => each(&value, |task| respelt(task, |_, value| value)),
                _ => value,
            })
        })
    } else {
        stages
    }
}

/// Changes the items of a list. Anything else stays, to be refused with its place.
fn each(list: &RawJson, change: impl Fn(&RawJson) -> RawJson) -> RawJson {
    match list.read::<Vec<RawJson>>() {
        Ok(items) => RawJson::new(&items.iter().map(change).collect::<Vec<_>>()),
        Err(_) => list.clone(),
    }
}

/// Respells the fields of an object, and changes their values. Anything else stays, to be refused with its place.
fn respelt(object: &RawJson, change: impl Fn(&str, RawJson) -> RawJson) -> RawJson {
    let Ok(RawFields(fields)) = object.read() else {
        return object.clone();
    };
    let fields = fields.into_iter().map(|(name, value)| {
        let value = change(&name, value);
        match SPELLINGS.iter().find(|(sibling, _)| *sibling == name) {
            Some((_, spelling)) => ((*spelling).to_owned(), value),
            None => (name, value),
        }
    });
    RawJson::new(&RawFields(fields.collect()))
}

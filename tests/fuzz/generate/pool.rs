//! Ids and words that answers have shown, for the requests that follow.

use std::collections::HashMap;

use serde_json::Value;

use super::Collections;
use crate::document::{Operation, array, parameter_name};
use crate::emulator::Answer;
use crate::step::{MAIN, Step};

/// The most that is kept of each kind.
const MOST: usize = 24;

/// An id with the values that led to it.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct KnownId {
    pub(crate) id: String,
    /// The parameters of its collection's path, and of the query.
    pub(crate) parameters: Vec<(String, String)>,
}

/// What answers have shown.
#[derive(Default)]
pub(crate) struct Pool {
    /// By the name of the parameter, see [`Collections`].
    ids: HashMap<String, Vec<KnownId>>,
    /// Texts by the field in which they stood.
    words: HashMap<String, Vec<String>>,
    /// Families with ids.
    pub(crate) resources: Vec<(String, String)>,
    pub(crate) tokens: Vec<String>,
    pub(crate) worlds: Vec<String>,
    /// An earlier export.
    pub(crate) state: Option<Vec<u8>>,
}

impl Pool {
    pub(crate) fn ids(&self, parameter: &str) -> &[KnownId] {
        self.ids.get(parameter).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn words(&self, field: &str) -> &[String] {
        self.words.get(field).map_or(&[], Vec::as_slice)
    }

    /// Learns from an answer.
    pub(crate) fn learn(
        &mut self,
        collections: &Collections,
        operation: &Operation,
        step: &Step,
        answer: &Answer,
    ) {
        if !answer.is_success() {
            return;
        }
        let token = answer.header("x-subject-token");
        if !token.is_empty() {
            keep(&mut self.tokens, token.to_owned());
        }
        let json = answer.json();
        if operation.id == "ShowState" && step.world == MAIN {
            self.state = Some(answer.body.to_vec());
            return;
        }
        if operation.id == "AddWorld" {
            let name = json["name"].as_str().unwrap_or_default();
            keep(&mut self.worlds, name.to_owned());
        }
        if step.world != MAIN {
            return;
        }
        if operation.id == "ListResources" {
            for resource in array(&json["resources"]) {
                let text = |field: &str| resource[field].as_str().unwrap_or_default().to_owned();
                keep(&mut self.resources, (text("family"), text("id")));
            }
        }
        if let Some(parameter) = collections.member_of(&operation.template) {
            let parameters = values(operation, step);
            for id in ids_in(&json) {
                let known = KnownId {
                    id,
                    parameters: parameters.clone(),
                };
                keep(self.ids.entry(parameter.to_owned()).or_default(), known);
            }
        }
        if !operation.is_control {
            self.learn_words(&json);
        }
    }

    fn learn_words(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_words(item)),
            Value::Object(fields) => {
                for (field, value) in fields {
                    match value.as_str() {
                        // Those are the emulator's own, which a webhook would have call itself.
                        Some(text) if text.starts_with("http://") => {}
                        Some(text) if !text.is_empty() && text.len() <= 64 => {
                            let words = self.words.entry(field.clone()).or_default();
                            keep(words, text.to_owned());
                        }
                        _ => self.learn_words(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Keeps a thing if it is new, in place of the oldest.
fn keep<T: PartialEq>(things: &mut Vec<T>, thing: T) {
    if !things.contains(&thing) {
        if things.len() == MOST {
            things.remove(0);
        }
        things.push(thing);
    }
}

/// The values of the parameters of a request's path and query.
fn values(operation: &Operation, step: &Step) -> Vec<(String, String)> {
    let (template, path) = (operation.template.split('/'), step.path().split('/'));
    let in_path = template.zip(path).filter_map(|(part, value)| {
        parameter_name(part).map(|name| (name.to_owned(), value.to_owned()))
    });
    let query = step.target.split_once('?').map_or("", |(_, query)| query);
    let in_query = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), value.to_owned()))
    });
    in_path.chain(in_query).collect()
}

/// The ids of an answer: its own, or those of the items of its lists.
fn ids_in(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |item: &Value| {
        for place in ["/id", "/metadata/uid", "/metadata/name"] {
            let id = item.pointer(place).and_then(Value::as_str);
            found.extend(id.map(str::to_owned));
        }
        if item["id"].is_null() && item["metadata"].is_null() {
            found.extend(item["name"].as_str().map(str::to_owned));
        }
    };
    add(json);
    array(json).for_each(&mut add);
    for (_, list) in crate::document::object(json) {
        array(list).for_each(&mut add);
    }
    found
}

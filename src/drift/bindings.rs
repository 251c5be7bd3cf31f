//! The texts of ours that stand for the stand-ins of a recording: ids that requests of its session have made.

use std::collections::{HashMap, HashSet};

use crate::corpus::Exchange;
use crate::corpus::value::Recorded;
use crate::http::json::value::OrderedValue;

/// The stand-ins of a session that are known.
#[derive(Default)]
pub(super) struct Bindings {
    /// Our text for a stand-in, where they differ.
    texts: HashMap<String, String>,
    /// The stand-ins for the ids of what requests of the session have made.
    made: HashSet<String>,
}

impl Bindings {
    /// Our text for a stand-in.
    pub(super) fn text<'a>(&'a self, stand_in: &'a str) -> &'a str {
        self.texts.get(stand_in).map_or(stand_in, String::as_str)
    }

    /// True if a request is for something that the session has made.
    pub(super) fn is_made(&self, exchange: &Exchange) -> bool {
        let parameters = exchange.request.path.iter().chain(&exchange.request.query);
        let mut texts = parameters.filter_map(|(_, value)| value.text());
        texts.any(|text| self.made.contains(text))
    }

    /// Learns which of the texts in our answer are those of the recorded one.
    pub(super) fn learn(&mut self, recorded: &Recorded, ours: &OrderedValue) {
        match (recorded, ours) {
            (Recorded::Object(theirs), OrderedValue::Object(own)) => {
                for (key, value) in theirs {
                    if let Some(own) = own.get(key) {
                        self.learn(value, own);
                    }
                }
            }
            (Recorded::Array(theirs), OrderedValue::Array(own)) => {
                for (theirs, own) in theirs.iter().zip(own) {
                    self.learn(theirs, own);
                }
            }
            (
                Recorded::StandIn(stand_in),
                OrderedValue::Scalar(serde_json::Value::String(text)),
            ) => {
                if stand_in == text {
                    self.texts.remove(stand_in);
                } else if !text.is_empty() {
                    self.texts.insert(stand_in.clone(), text.clone());
                    self.made.insert(stand_in.clone());
                }
            }
            _ => {}
        }
    }
}

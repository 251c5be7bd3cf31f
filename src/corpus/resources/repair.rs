//! The repair of a state that cannot be loaded: the parts that are in the way are taken out, one after the other.

use std::collections::HashSet;

use super::{Harvest, object};
use crate::http::json::value::OrderedValue;
use crate::registry::{State, World};
use crate::world::settings::Settings;

/// The most parts that are taken out of a state.
const MOST_REPAIRS: usize = 1_000;

impl Harvest {
    /// The state, which a world with these settings can load.
    pub fn state(&mut self, settings: &Settings) -> (State, OrderedValue) {
        let mut document = self.document();
        let mut removed = HashSet::new();
        for _ in 0..MOST_REPAIRS {
            let json = serde_json::to_string(&document).unwrap_or_default();
            let loaded = State::from_json(&json)
                .and_then(|state| World::new(settings.clone(), state.clone()).map(|_| state));
            let error = match loaded {
                Ok(state) => return (state, document),
                Err(error) => error,
            };
            self.unusable.push(error.to_string());
            let mut path = steps(&error.path);
            // A missing part cannot be taken out: then the one around it goes.
            while !path.is_empty() && (removed.contains(&path) || !remove(&mut document, &path)) {
                path.pop();
            }
            if path.is_empty() {
                break;
            }
            removed.insert(path);
        }
        (State::default(), object([]))
    }
}

/// The steps of a path such as `zadig.projects[0].versions`.
fn steps(path: &str) -> Vec<String> {
    let parts = path.split(['.', '[', ']']).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Takes the value at a path out. False: there is none.
fn remove(document: &mut OrderedValue, path: &[String]) -> bool {
    let Some((last, outer)) = path.split_last() else {
        return false;
    };
    let mut value = document;
    for step in outer {
        let inner = match value {
            OrderedValue::Object(fields) => fields.get_mut(step),
            OrderedValue::Array(items) => step.parse().ok().and_then(|n: usize| items.get_mut(n)),
            OrderedValue::Scalar(_) => None,
        };
        let Some(inner) = inner else {
            return false;
        };
        value = inner;
    }
    match value {
        OrderedValue::Object(fields) => fields.shift_remove(last).is_some(),
        OrderedValue::Array(items) => match last.parse::<usize>() {
            Ok(n) if n < items.len() => {
                items.remove(n);
                true
            }
            _ => false,
        },
        OrderedValue::Scalar(_) => false,
    }
}

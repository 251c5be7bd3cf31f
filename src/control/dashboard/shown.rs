//! Values as the JSON of the control plane shows them: without secrets.

use serde::Serialize;
use serde_json::Value;

use crate::http::auth::redact::Mask;
use crate::http::json::value::OrderedValue;
use crate::http::response;
use crate::registry::World;

const NULL: OrderedValue = OrderedValue::Scalar(Value::Null);

/// A JSON value without secrets.
#[derive(Clone, Debug)]
pub(super) struct Shown(OrderedValue);

impl Shown {
    /// A view that masks itself, as records of the journal do.
    pub(super) fn of_masked(view: &impl Serialize) -> Self {
        Self::read(&response::to_json(view, 1 << 10))
    }

    /// Any other view, in which the secrets of the world are masked.
    pub(super) fn new(world: &World, view: &impl Serialize) -> Self {
        let text = response::to_json(view, 1 << 10);
        let masked = Mask::new(Some(&world.recorder().secrets)).answer(&text);
        Self::read(&masked.unwrap_or(text))
    }

    /// JSON in which secrets are masked, and whether there were some.
    pub(super) fn of_text(world: &World, text: &str) -> (Self, bool) {
        let given = Self::read(text.as_bytes());
        let mut shown = given.clone();
        Mask::new(Some(&world.recorder().secrets)).body(&mut shown.0);
        let has_secrets = shown.0 != given.0;
        (shown, has_secrets)
    }

    fn read(text: &[u8]) -> Self {
        Self(serde_json::from_slice(text).unwrap_or(NULL))
    }

    /// The value of a field; null if there is none.
    pub(super) fn get(&self, field: &str) -> Self {
        let found = match &self.0 {
            OrderedValue::Object(fields) => fields.get(field).cloned(),
            _ => None,
        };
        Self(found.unwrap_or(NULL))
    }

    /// The value at a dotted path, such as `do.status`; null if there is none.
    pub(super) fn at(&self, path: &str) -> Self {
        let fields = path.split('.');
        fields.fold(self.clone(), |value, field| value.get(field))
    }

    /// An object with another value of a field.
    pub(super) fn with(&self, field: &str, value: bool) -> Self {
        let mut changed = self.clone();
        if let OrderedValue::Object(fields) = &mut changed.0 {
            fields.insert(field.to_owned(), OrderedValue::Scalar(Value::Bool(value)));
        }
        changed
    }

    /// The entries of an array.
    pub(super) fn entries(&self) -> Vec<Self> {
        match &self.0 {
            OrderedValue::Array(entries) => entries.iter().cloned().map(Self).collect(),
            _ => Vec::new(),
        }
    }

    /// The fields of an object.
    pub(super) fn fields(&self) -> Vec<(String, Self)> {
        match &self.0 {
            OrderedValue::Object(fields) => {
                let fields = fields.iter();
                fields
                    .map(|(name, value)| (name.clone(), Self(value.clone())))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.0 == NULL
    }

    pub(super) fn number(&self) -> Option<u64> {
        match &self.0 {
            OrderedValue::Scalar(value) => value.as_u64(),
            _ => None,
        }
    }

    /// A text as it is, nothing for null, and anything else as JSON in one line.
    pub(super) fn text(&self) -> String {
        match &self.0 {
            OrderedValue::Scalar(Value::String(text)) => text.clone(),
            OrderedValue::Scalar(Value::Null) => String::new(),
            value => serde_json::to_string(value).unwrap_or_default(),
        }
    }

    /// JSON in one line.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// JSON in several lines; a text as it is.
    pub(super) fn pretty(&self) -> String {
        match &self.0 {
            OrderedValue::Scalar(Value::String(text)) => text.clone(),
            value => serde_json::to_string_pretty(value).unwrap_or_default(),
        }
    }
}

//! Values of any type, and objects of structs that are not modelled, which are held as they are.

use serde_json::{Map, Value};

use super::decode::{GoField, GoValues};
use super::scan::JsonToken;

/// A value of any type: its tokens, none for null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnyValue(pub Vec<JsonToken>);

impl GoField for AnyValue {
    fn bind(&mut self, values: &mut GoValues) {
        self.0.clear();
        let mut depth = 0;
        loop {
            let token = values.next();
            match token {
                JsonToken::Null if depth == 0 => return,
                JsonToken::Array | JsonToken::Object => depth += 1,
                JsonToken::End => depth -= 1,
                _ => {}
            }
            self.0.push(token);
            if depth == 0 {
                return;
            }
        }
    }
}

/// Declares structs of the service whose objects are kept as they are.
macro_rules! go_objects {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident = $go_name:literal;)*) => {$(
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $(#[$attribute])*
        $visibility struct $name(pub $crate::families::zadig::go_json::any_value::AnyValue);

        impl $crate::families::zadig::go_json::decode::GoField for $name {
            fn bind(&mut self, values: &mut $crate::families::zadig::go_json::decode::GoValues) {
                self.0.bind_object($go_name, values);
            }
        }
    )*};
}
pub(in crate::families::zadig) use go_objects;

impl AnyValue {
    /// Reads the next value, which must be an object or null.
    pub(in crate::families::zadig) fn bind_object(&mut self, go_type: &str, values: &mut GoValues) {
        self.bind(values);
        if let Some(first) = self.0.first()
            && *first != JsonToken::Object
        {
            values.expect_read(first, go_type);
            self.0.clear();
        }
    }

    /// The value; of a key that comes twice, the last.
    pub fn to_json(&self) -> Value {
        let mut tokens = self.0.iter();
        tokens
            .next()
            .map_or(Value::Null, |first| json_of(first, &mut tokens))
    }
}

fn json_of<'a>(token: &JsonToken, rest: &mut impl Iterator<Item = &'a JsonToken>) -> Value {
    match token {
        JsonToken::Null | JsonToken::End => Value::Null,
        JsonToken::Bool(boolean) => Value::Bool(*boolean),
        JsonToken::Number(number) => serde_json::from_str(number).unwrap_or(Value::Null),
        JsonToken::String(text) => Value::String(text.clone()),
        JsonToken::Array => {
            let mut array = Vec::new();
            while let Some(token) = rest.next().filter(|token| **token != JsonToken::End) {
                array.push(json_of(token, rest));
            }
            Value::Array(array)
        }
        JsonToken::Object => {
            let mut object = Map::new();
            while let Some(JsonToken::String(key)) = rest.next()
                && let Some(value) = rest.next()
            {
                object.insert(key.clone(), json_of(value, rest));
            }
            Value::Object(object)
        }
    }
}

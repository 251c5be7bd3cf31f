//! Another reading of Go's rules for JSON: a description of structs, and a walk over the value that a common parser of
//! JSON has read.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

/// A type of Go.
pub enum GoType {
    /// A type whose values are texts, by its name.
    Text(&'static str),
    Bool,
    /// A type of integers, by its name.
    Int(&'static str),
    Ints,
    Texts,
    /// A value of any type.
    Any,
    /// An object whose fields are not read, by the type's name.
    Whole(&'static str),
    /// A pointer to a struct.
    Struct(&'static GoDescription),
    /// A list of pointers to structs.
    Structs(&'static GoDescription),
}

use GoType::{Any, Bool, Int, Ints, Struct, Structs, Text, Texts, Whole};

/// A struct of Go: its package, its name, and its fields.
pub struct GoDescription {
    pub package: &'static str,
    pub name: &'static str,
    pub fields: &'static [(&'static str, GoType)],
}

fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The first value that does not fit: its word, the innermost struct, the keys down to it, and the type.
struct Misfit {
    word: String,
    owner: Option<&'static str>,
    keys: String,
    go_type: String,
}

impl Misfit {
    fn text(&self) -> String {
        let Self {
            word,
            keys,
            go_type,
            ..
        } = self;
        match self.owner {
            Some(owner) => format!(
                "json: cannot unmarshal {word} into Go struct field {owner}.{keys} of type {go_type}"
            ),
            None => format!("json: cannot unmarshal {word} into Go value of type {go_type}"),
        }
    }
}

/// The place of a value: the innermost struct, and the keys down to it.
#[derive(Clone)]
struct Place {
    owner: Option<&'static str>,
    keys: String,
}

impl Place {
    fn check(&self, value: &Value, fits: bool, go_type: &str, first: &mut Option<Misfit>) -> bool {
        if fits || value.is_null() {
            return !value.is_null();
        }
        // A number that is no integer is shown.
        let word = match value {
            Value::Number(number) if go_type.starts_with("int") => format!("number {number}"),
            other => word(other).to_owned(),
        };
        first.get_or_insert_with(|| Misfit {
            word,
            owner: self.owner,
            keys: self.keys.clone(),
            go_type: go_type.to_owned(),
        });
        false
    }
}

fn walk_struct(
    value: &Value,
    description: &'static GoDescription,
    at: &Place,
    first: &mut Option<Misfit>,
) {
    let go_type = format!("{}.{}", description.package, description.name);
    if !at.check(value, value.is_object(), &go_type, first) {
        return;
    }
    for (key, value) in value.as_object().unwrap() {
        let mut fields = description.fields.iter();
        let exact = description.fields.iter().find(|(name, _)| name == key);
        // The names are ASCII, and the generated keys too.
        let field = exact.or_else(|| fields.find(|(name, _)| name.eq_ignore_ascii_case(key)));
        let Some((name, go_type)) = field else {
            continue;
        };
        let dot = if at.keys.is_empty() { "" } else { "." };
        let below = Place {
            owner: Some(description.name),
            keys: format!("{}{dot}{name}", at.keys),
        };
        walk(value, go_type, &below, first);
    }
}

fn walk(value: &Value, go_type: &GoType, at: &Place, first: &mut Option<Misfit>) {
    match go_type {
        Text(name) => {
            at.check(value, value.is_string(), name, first);
        }
        Bool => {
            at.check(value, value.is_boolean(), "bool", first);
        }
        Int(name) => {
            at.check(value, value.is_i64(), name, first);
        }
        Ints => {
            if at.check(value, value.is_array(), "[]int", first) {
                for item in value.as_array().unwrap() {
                    at.check(item, item.is_i64(), "int", first);
                }
            }
        }
        Any => {}
        Whole(name) => {
            at.check(value, value.is_object(), name, first);
        }
        Texts => {
            if at.check(value, value.is_array(), "[]string", first) {
                for item in value.as_array().unwrap() {
                    at.check(item, item.is_string(), "string", first);
                }
            }
        }
        Struct(description) => walk_struct(value, description, at, first),
        Structs(description) => {
            let list = format!("[]*{}.{}", description.package, description.name);
            if at.check(value, value.is_array(), &list, first) {
                for item in value.as_array().unwrap() {
                    walk_struct(item, description, at, first);
                }
            }
        }
    }
}

/// The refusal of a body by the rules; `Ok` tells if it is more than a null.
pub fn expected(body: &str, description: &'static GoDescription) -> Result<bool, String> {
    let value: Value = serde_json::from_str(body).expect("generated bodies are JSON");
    let mut first = None;
    let top = Place {
        owner: None,
        keys: String::new(),
    };
    walk_struct(&value, description, &top, &mut first);
    first.map_or(Ok(!value.is_null()), |misfit| Err(misfit.text()))
}

fn any_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{0,4}".prop_map(|text| format!("{text:?}")),
        1 => Just("null".to_owned()),
        1 => any::<bool>().prop_map(|value| value.to_string()),
        1 => any::<i16>().prop_map(|value| value.to_string()),
        1 => any::<i16>().prop_map(|value| format!("{value}.5")),
        1 => Just("{}".to_owned()),
        1 => Just("[]".to_owned()),
    ]
}

/// A key in any case, or an unknown one.
fn any_key(names: Vec<&'static str>) -> impl Strategy<Value = String> {
    let name = prop::sample::select(names);
    prop_oneof![
        6 => name.clone().prop_map(str::to_owned),
        2 => (name, any::<u32>()).prop_map(|(name, bits)| {
            let letters = name.chars().enumerate();
            let letters = letters.map(|(n, c)| if bits >> (n % 32) & 1 == 1 { c.to_ascii_uppercase() } else { c });
            letters.collect()
        }),
        1 => "[a-z_]{1,6}",
    ]
}

fn any_object(description: &'static GoDescription, depth: u32) -> BoxedStrategy<String> {
    let names: Vec<_> = description.fields.iter().map(|(name, _)| *name).collect();
    let field = any_key(names).prop_flat_map(move |key| {
        let mut fields = description.fields.iter();
        let known = fields.find(|(name, _)| name.eq_ignore_ascii_case(&key));
        let value = match known {
            Some((_, Bool)) => {
                prop_oneof![4 => any::<bool>().prop_map(|it| it.to_string()), 1 => any_scalar()]
                    .boxed()
            }
            Some((_, Int(_))) => {
                prop_oneof![4 => any::<i64>().prop_map(|it| it.to_string()), 1 => any_scalar()]
                    .boxed()
            }
            Some((_, Ints)) => {
                let number =
                    prop_oneof![4 => any::<i16>().prop_map(|it| it.to_string()), 1 => any_scalar()];
                let list = vec(number, 0..3).prop_map(|items| format!("[{}]", items.join(",")));
                prop_oneof![4 => list, 1 => any_scalar()].boxed()
            }
            Some((_, Texts)) => {
                let list =
                    vec(any_scalar(), 0..3).prop_map(|items| format!("[{}]", items.join(",")));
                prop_oneof![4 => list, 1 => any_scalar()].boxed()
            }
            Some((_, Struct(inner))) if depth > 0 => {
                prop_oneof![4 => any_object(inner, depth - 1), 1 => any_scalar()].boxed()
            }
            Some((_, Structs(inner))) if depth > 0 => {
                let item = prop_oneof![6 => any_object(inner, depth - 1), 1 => any_scalar()];
                let list = vec(item, 0..3).prop_map(|items| format!("[{}]", items.join(",")));
                prop_oneof![6 => list, 1 => any_scalar()].boxed()
            }
            _ => any_scalar().boxed(),
        };
        value.prop_map(move |value| format!("{key:?}:{value}"))
    });
    let fields = vec(field, 0..6);
    fields
        .prop_map(|fields| {
            // A repeated key would be a question of its own: which value counts.
            let mut seen = std::collections::HashSet::new();
            let key = |field: &str| {
                field
                    .split(':')
                    .next()
                    .unwrap_or_default()
                    .to_ascii_lowercase()
            };
            let fields: Vec<_> = fields
                .into_iter()
                .filter(|field| seen.insert(key(field)))
                .collect();
            format!("{{{}}}", fields.join(","))
        })
        .boxed()
}

pub fn any_body(description: &'static GoDescription) -> impl Strategy<Value = String> {
    prop_oneof![20 => any_object(description, 3), 1 => any_scalar()]
}

//! Schemas of published documents, followed beside the values that they describe.

use serde_json::Value;

use crate::http::evidence::schema::spellings;

/// The deepest nesting of references and combinations within one place.
const DEEPEST: usize = 16;

/// The schemas of a place, one for each form that the document allows; none: the place is unknown.
#[derive(Clone, Debug, Default)]
pub struct SchemaNode {
    forms: Vec<Concrete>,
    /// The components of a document that leaves the place to its users, as it does with what a service keeps verbatim.
    /// Keys in it mean what they mean elsewhere in the document.
    open: Option<&'static Value>,
}

/// A schema that is no reference and no combination, with the components of its document.
#[derive(Clone, Copy, Debug)]
struct Concrete {
    schema: &'static Value,
    components: &'static Value,
    /// The name of the component it is, if any.
    name: Option<&'static str>,
}

/// The standing of a key in an object.
pub enum KeyStanding {
    /// The schema names it.
    Known(SchemaNode),
    /// The object is a free map: keys are its users' own.
    Free(SchemaNode),
    Unknown,
}

impl SchemaNode {
    pub fn new(schemas: impl Iterator<Item = (&'static Value, &'static Value)>) -> Self {
        let mut node = Self::default();
        for (schema, components) in schemas {
            node.add(schema, components, None, DEEPEST);
        }
        node
    }

    fn add(
        &mut self,
        schema: &'static Value,
        components: &'static Value,
        name: Option<&'static str>,
        depth: usize,
    ) {
        if depth == 0 {
            return;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            self.add(
                &components["schemas"][name],
                components,
                Some(name),
                depth - 1,
            );
        }
        for key in ["oneOf", "allOf", "anyOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                self.add(part, components, name, depth - 1);
            }
        }
        if is_any(schema) {
            self.open = Some(components);
        } else if schema.is_object() {
            self.forms.push(Concrete {
                schema,
                components,
                name,
            });
        }
    }

    /// The schema of any text.
    pub fn text() -> Self {
        static TEXT: std::sync::LazyLock<Value> =
            std::sync::LazyLock::new(|| serde_json::json!({"type": "string"}));
        Self::new(std::iter::once((&*TEXT, &*TEXT)))
    }

    pub const fn is_unknown(&self) -> bool {
        self.forms.is_empty() && self.open.is_none()
    }

    /// True if the document leaves the place to its users.
    pub const fn is_open(&self) -> bool {
        self.forms.is_empty() && self.open.is_some()
    }

    /// The name of the component that describes the place.
    pub fn name(&self) -> Option<&'static str> {
        self.forms.iter().find_map(|concrete| concrete.name)
    }

    /// True if the document leaves the place to its users, though it uses the name elsewhere.
    pub const fn is_guessed(&self) -> bool {
        self.open.is_some()
    }

    /// True if the schema allows values of a JSON type.
    pub fn allows(&self, kind: &str) -> bool {
        self.forms
            .iter()
            .any(|concrete| match &concrete.schema["type"] {
                Value::Array(kinds) => kinds.iter().any(|one| one == kind),
                one => one == kind,
            })
    }

    /// The values of the enumeration of the place; empty: it has none.
    pub fn words(&self) -> impl Iterator<Item = &'static Value> {
        self.forms.iter().flat_map(|concrete| {
            let words = concrete.schema["enum"].as_array();
            words.into_iter().flatten()
        })
    }

    /// True if the schema gives texts a format.
    pub fn has_format(&self, format: &str) -> bool {
        self.forms
            .iter()
            .any(|concrete| concrete.schema["format"] == format)
    }

    /// True if the schema demands a pattern of the texts.
    pub fn has_pattern(&self) -> bool {
        self.forms
            .iter()
            .any(|concrete| concrete.schema["pattern"].is_string())
    }

    /// The schema of the items of an array.
    pub fn items(&self) -> Self {
        let items = self
            .forms
            .iter()
            .filter_map(|concrete| Some((concrete.schema.get("items")?, concrete.components)));
        let mut node = Self::new(items);
        node.open = node.open.or(self.open);
        node
    }

    /// The standing of a key, and the schema of its value.
    pub fn key(&self, key: &str) -> KeyStanding {
        let named = self.forms.iter().filter_map(|concrete| {
            let schema = concrete.schema["properties"].get(key)?;
            Some((schema, concrete.components))
        });
        let node = Self::new(named);
        if !node.is_unknown() {
            return KeyStanding::Known(node);
        }
        if self
            .forms
            .iter()
            .any(|concrete| spellings(concrete.schema).any(|known| known == key))
        {
            return KeyStanding::Known(Self::default());
        }
        let free = self.forms.iter().filter_map(|concrete| {
            let additional = concrete.schema.get("additionalProperties")?;
            additional
                .is_object()
                .then_some((additional, concrete.components))
        });
        let mut free = Self::new(free);
        if !free.is_unknown() {
            return KeyStanding::Free(free);
        }
        let bare = self
            .forms
            .iter()
            .find(|concrete| is_bare_object(concrete.schema));
        free.open = self
            .open
            .or_else(|| bare.map(|concrete| concrete.components));
        let Some(components) = free.open else {
            return KeyStanding::Unknown;
        };
        let elsewhere = components["schemas"].as_object().into_iter().flatten();
        let elsewhere = elsewhere.filter_map(|(_, schema)| schema["properties"].get(key));
        let mut node = Self::new(elsewhere.map(|schema| (schema, components)));
        if node.is_unknown() {
            return KeyStanding::Free(free);
        }
        node.open = free.open;
        KeyStanding::Known(node)
    }

    /// The evidence that the schema claims for the place, if it claims any.
    pub fn evidence(&self) -> Option<&'static str> {
        self.forms
            .iter()
            .find_map(|concrete| concrete.schema["x-evidence"].as_str())
    }
}

/// True for a schema that allows anything.
fn is_any(schema: &Value) -> bool {
    const SAYS: [&str; 8] = [
        "$ref",
        "type",
        "properties",
        "items",
        "enum",
        "oneOf",
        "allOf",
        "anyOf",
    ];
    schema.is_object() && SAYS.iter().all(|key| schema.get(key).is_none())
}

/// True for an object without declared keys.
fn is_bare_object(schema: &Value) -> bool {
    let is_object = schema["type"] == "object"
        || schema["type"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"));
    is_object && schema["properties"].is_null()
}

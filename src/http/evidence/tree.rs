//! The parts of a body that are not documented, as a tree of fields that is followed while the body is written or read.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

use super::level::Evidence;
use super::schema::{EXTENSION, spellings};
use crate::http::json::field_path;

/// The path of a body as a whole.
const WHOLE_BODY: &str = "*";

/// A part of a message that is not documented: a field, a word in it, or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The path of the field from the root of the body, or the name of the parameter. Items of arrays are not counted.
    pub path: &'static str,
    /// The word; absent if the field itself is not documented.
    pub value: Option<&'static str>,
    pub evidence: Evidence,
}

/// A value of a body with the parts of it that are not documented. An array is what its items are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct EvidenceTree {
    path: String,
    evidence: Evidence,
    /// The words that are not documented.
    words: Vec<(String, Evidence)>,
    /// The fields that are not documented, or have parts that are not.
    fields: Vec<(String, Self)>,
    /// The bits of the names of these fields. Most fields of a body are documented, and their bits tell so at once.
    name_bits: u64,
}

/// The bit of a name: one of 64, by its length and its last byte.
fn name_bit(name: &str) -> u64 {
    let last = name.as_bytes().last().copied().unwrap_or_default();
    1 << ((name.len() * 5 + usize::from(last)) % 64)
}

impl EvidenceTree {
    /// Reads the content of a request or a response; `None` if all of it is documented. The evidence for the message
    /// itself is that for the whole body.
    pub fn new(message: &Value, components: &Value) -> Option<Self> {
        let content = message["content"].as_object()?;
        let schema = content.values().next()?.get("schema")?;
        let whole = evidence_of(&message[EXTENSION]).unwrap_or_default();
        let tree = Self::read(schema, components, "", &mut Vec::new());
        if whole == Evidence::Documented {
            return tree;
        }
        Some(Self {
            path: WHOLE_BODY.to_owned(),
            evidence: whole,
            ..Self::default()
        })
    }

    /// Reads a schema. `within` are the names of the schemas around it, which may be recursive.
    fn read<'a>(
        schema: &'a Value,
        components: &'a Value,
        path: &str,
        within: &mut Vec<&'a str>,
    ) -> Option<Self> {
        let mut tree = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        tree.add(schema, components, within);
        let is_documented = tree.evidence == Evidence::Documented;
        (!is_documented || !tree.words.is_empty() || !tree.fields.is_empty()).then_some(tree)
    }

    fn add<'a>(&mut self, schema: &'a Value, components: &'a Value, within: &mut Vec<&'a str>) {
        if let Some(evidence) = evidence_of(&schema[EXTENSION]) {
            self.evidence = self.evidence.max(evidence);
        } else if let Some(words) = schema[EXTENSION].as_object() {
            let words = words.iter();
            self.words.extend(
                words.filter_map(|(word, evidence)| Some((word.clone(), evidence_of(evidence)?))),
            );
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            if !within.contains(&name) {
                within.push(name);
                self.add(&components["schemas"][name], components, within);
                within.pop();
            }
        }
        for alternatives in ["oneOf", "allOf", "anyOf"] {
            for part in schema[alternatives].as_array().into_iter().flatten() {
                self.add(part, components, within);
            }
        }
        if schema["items"].is_object() {
            self.add(&schema["items"], components, within);
        }
        for name in spellings(schema) {
            let field = Self {
                path: self.path_of(name),
                evidence: Evidence::Inferred,
                ..Self::default()
            };
            self.push_field(name, field);
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let path = self.path_of(name);
            if let Some(field) = Self::read(field, components, &path, within) {
                self.push_field(name, field);
            }
        }
    }

    fn path_of(&self, field: &str) -> String {
        field_path(&self.path, field)
    }

    fn push_field(&mut self, name: &str, field: Self) {
        self.name_bits |= name_bit(name);
        self.fields.push((name.to_owned(), field));
    }

    /// The tree of a field; `None` if all of it is documented.
    pub fn field(&self, name: &str) -> Option<&Self> {
        if self.name_bits & name_bit(name) == 0 {
            return None;
        }
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, field)| field)
    }

    /// True if the field itself or a word in it is not documented, and not only fields below it.
    pub fn is_undocumented(&self) -> bool {
        self.evidence != Evidence::Documented || !self.words.is_empty()
    }

    /// The field itself, if it is not documented.
    pub fn own_part(&'static self) -> Option<Part> {
        (self.evidence != Evidence::Documented).then_some(Part {
            path: &self.path,
            value: None,
            evidence: self.evidence,
        })
    }

    /// A word of the field, if it is not documented.
    pub fn word_part(&'static self, word: &[u8]) -> Option<Part> {
        let mut words = self.words.iter();
        let (word, evidence) = words.find(|(known, _)| known.as_bytes() == word)?;
        Some(Part {
            path: &self.path,
            value: Some(word),
            evidence: *evidence,
        })
    }

    /// Lists all parts that are not documented, as texts for readers.
    pub fn list(&self, kind: &str, listed: &mut Vec<String>) {
        let Self {
            path,
            evidence,
            words,
            fields,
            ..
        } = self;
        if *evidence != Evidence::Documented {
            listed.push(format!("{kind} {path} ({})", evidence.as_str()));
        }
        for (word, evidence) in words {
            listed.push(format!("{kind} {path}={word} ({})", evidence.as_str()));
        }
        for (_, field) in fields {
            field.list(kind, listed);
        }
    }

    /// The parts of a JSON text that are not documented. Of a text that is not valid, those before the mistake.
    pub fn parts_of(&'static self, text: &[u8]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut json = serde_json::Deserializer::from_slice(text);
        // The handler has reported a mistake already.
        let _ = PartCollector {
            tree: self,
            parts: &mut parts,
        }
        .deserialize(&mut json);
        parts
    }
}

/// The evidence that an extension states, unless it states that of words.
pub(super) fn evidence_of(extension: &Value) -> Option<Evidence> {
    let text = extension.as_str()?;
    let known = [Evidence::Documented, Evidence::Observed, Evidence::Inferred];
    known.into_iter().find(|evidence| evidence.as_str() == text)
}

/// The seed and visitor of a value, which collects the parts that are not documented.
struct PartCollector<'a> {
    tree: &'static EvidenceTree,
    parts: &'a mut Vec<Part>,
}

impl PartCollector<'_> {
    fn note_own(&mut self) {
        self.parts.extend(self.tree.own_part());
    }
}

impl<'de> DeserializeSeed<'de> for PartCollector<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PartCollector<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    // A null stands for a field that is absent.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(mut self, _: bool) -> Result<(), E> {
        self.note_own();
        Ok(())
    }

    fn visit_i64<E>(mut self, _: i64) -> Result<(), E> {
        self.note_own();
        Ok(())
    }

    fn visit_u64<E>(mut self, _: u64) -> Result<(), E> {
        self.note_own();
        Ok(())
    }

    fn visit_f64<E>(mut self, _: f64) -> Result<(), E> {
        self.note_own();
        Ok(())
    }

    fn visit_str<E>(mut self, word: &str) -> Result<(), E> {
        self.note_own();
        self.parts.extend(self.tree.word_part(word.as_bytes()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        self.note_own();
        let Self { tree, parts } = self;
        while items
            .next_element_seed(PartCollector {
                tree,
                parts: &mut *parts,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        self.note_own();
        let Self { tree, parts } = self;
        while let Some(field) = fields.next_key_seed(FieldName(tree))? {
            match field {
                Some(tree) => fields.next_value_seed(PartCollector {
                    tree,
                    parts: &mut *parts,
                })?,
                None => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The seed and visitor of a key, which looks up the tree of its field.
struct FieldName(&'static EvidenceTree);

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Option<&'static EvidenceTree>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Option<&'static EvidenceTree>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.field(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(schema: &Value) -> Value {
        json!({"content": {"application/json": {"schema": schema}}})
    }

    fn tree() -> &'static EvidenceTree {
        let components = json!({"schemas": {
            "Stage": {"properties": {
                "name": {"type": "string"},
                "approval": {"type": "string", "x-evidence": "inferred"},
                "inner": {"items": {"$ref": "#/components/schemas/Stage"}},
            }},
            "Status": {"enum": ["CREATED", "RUNNING"], "x-evidence": {"RUNNING": "inferred"}},
        }});
        let schema = json!({"items": {"properties": {
            "id": {"type": "string"},
            "status": {"allOf": [{"$ref": "#/components/schemas/Status"}, {"description": "Now."}]},
            "stages": {"type": "array", "items": {"$ref": "#/components/schemas/Stage"}},
            "creator": {"oneOf": [{"type": "null"}, {"type": "string", "x-evidence": "observed"}]},
        }}});
        Box::leak(Box::new(
            EvidenceTree::new(&message(&schema), &components).unwrap(),
        ))
    }

    fn parts(text: &str) -> Vec<(&'static str, Option<&'static str>)> {
        let parts = tree().parts_of(text.as_bytes()).into_iter();
        parts.map(|part| (part.path, part.value)).collect()
    }

    #[test]
    fn all_parts_are_listed() {
        let mut listed = Vec::new();
        tree().list("field", &mut listed);
        listed.sort_unstable();
        let expected = [
            "field creator (observed)",
            "field stages.approval (inferred)",
            "field status=RUNNING (inferred)",
        ];
        assert_eq!(listed, expected);
    }

    #[test]
    fn a_documented_body_has_no_tree() {
        let schema = json!({"properties": {"id": {"type": "string"}}});
        assert_eq!(EvidenceTree::new(&message(&schema), &json!({})), None);
    }

    #[test]
    fn a_body_can_be_undocumented_as_a_whole() {
        let mut whole = message(&json!({"properties": {"id": {"x-evidence": "observed"}}}));
        whole[EXTENSION] = json!("inferred");
        let tree = EvidenceTree::new(&whole, &json!({})).unwrap();
        let tree: &'static EvidenceTree = Box::leak(Box::new(tree));
        let parts = tree.parts_of(br#"{"id":1}"#);
        assert_eq!(
            parts.iter().map(|part| part.path).collect::<Vec<_>>(),
            ["*"]
        );
    }

    #[test]
    fn fields_and_words_are_found_below_arrays_and_references() {
        assert_eq!(
            parts(r#"[{"id":"1","status":"CREATED","stages":[{"name":"a"}]}]"#),
            []
        );
        assert_eq!(
            parts(
                r#"[{"status":"RUNNING","stages":[{"name":"a"},{"approval":"x"}],"creator":"c"}]"#
            ),
            [
                ("status", Some("RUNNING")),
                ("stages.approval", None),
                ("creator", None)
            ]
        );
    }

    #[test]
    fn a_null_and_a_field_elsewhere_do_not_count() {
        assert_eq!(
            parts(r#"{"creator":null,"approval":"x","id":{"status":"RUNNING"}}"#),
            []
        );
    }

    #[test]
    fn a_text_that_ends_early_has_the_parts_before() {
        assert_eq!(parts(r#"{"creator":"c","stages":["#), [("creator", None)]);
    }
}

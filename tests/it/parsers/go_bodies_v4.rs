//! The binder of generation 2's bodies, judged by another reading of Go's rules: a description of the structs, and a walk over
//! the value that a common parser of JSON has read.

use proptest::collection::vec;
use proptest::prelude::*;
use release_emulator::internals::families::zadig::go_json::decode::bind;
use release_emulator::internals::families::zadig::versions::wire::request_v4::{
    HelmBodyV4, K8sBodyV4,
};
use serde_json::Value;

use crate::common::cases;

/// A type of Go.
enum GoType {
    /// A type whose values are texts, by its name.
    Text(&'static str),
    Bool,
    Texts,
    Struct(&'static GoDescription),
    /// A list of pointers to structs.
    Structs(&'static GoDescription),
}

use GoType::{Bool, Struct, Structs, Text, Texts};

struct GoDescription {
    package: &'static str,
    name: &'static str,
    fields: &'static [(&'static str, GoType)],
}

static PATH: GoDescription = GoDescription {
    package: "models",
    name: "ImagePathSpec",
    fields: &[
        ("repo", Text("string")),
        ("namespace", Text("string")),
        ("image", Text("string")),
        ("tag", Text("string")),
    ],
};

static IMAGE: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIDeliveryVersionImage",
    fields: &[
        ("container_name", Text("string")),
        ("image_name", Text("string")),
        ("source_image", Text("string")),
        ("source_image_tag", Text("string")),
        ("target_image", Text("string")),
        ("target_image_tag", Text("string")),
        ("image_path", Struct(&PATH)),
        ("push_image", Bool),
        ("status", Text("config.Status")),
        ("error", Text("string")),
    ],
};

static SERVICE: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPIDeliveryVersionService",
    fields: &[
        ("service_name", Text("string")),
        ("chart_name", Text("string")),
        ("original_chart_version", Text("string")),
        ("chart_version", Text("string")),
        ("chart_status", Text("config.Status")),
        ("yaml_content", Text("string")),
        ("images", Structs(&IMAGE)),
        ("error", Text("string")),
    ],
};

static K8S: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPICreateK8SDeliveryVersionV2Request",
    fields: &[
        ("project_key", Text("string")),
        ("version_name", Text("string")),
        ("source", Text("setting.DeliveryVersionSource")),
        ("original_version_name", Text("string")),
        ("env_name", Text("string")),
        ("production", Bool),
        ("desc", Text("string")),
        ("labels", Texts),
        ("image_registry_id", Text("string")),
        ("services", Structs(&SERVICE)),
    ],
};

static HELM: GoDescription = GoDescription {
    package: "service",
    name: "OpenAPICreateHelmDeliveryVersionV2Request",
    fields: &[
        ("project_key", Text("string")),
        ("version_name", Text("string")),
        ("env_name", Text("string")),
        ("original_version_name", Text("string")),
        ("production", Bool),
        ("source", Text("setting.DeliveryVersionSource")),
        ("desc", Text("string")),
        ("labels", Texts),
        ("image_registry_id", Text("string")),
        ("chart_repo_name", Text("string")),
        ("original_chart_repo_name", Text("string")),
        ("services", Structs(&SERVICE)),
    ],
};

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
    word: &'static str,
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

/// Where a value stands.
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
        first.get_or_insert_with(|| Misfit {
            word: word(value),
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
fn expected(body: &str, description: &'static GoDescription) -> Result<bool, String> {
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

fn any_body(description: &'static GoDescription) -> impl Strategy<Value = String> {
    prop_oneof![20 => any_object(description, 3), 1 => any_scalar()]
}

proptest! {
    #![proptest_config(cases(6_000))]

    #[test]
    fn a_k8s_body_is_bound_as_its_description_says(body in any_body(&K8S)) {
        let bound = bind::<K8sBodyV4>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &K8S), "{}", body);
    }

    #[test]
    fn a_helm_body_is_bound_as_its_description_says(body in any_body(&HELM)) {
        let bound = bind::<HelmBodyV4>(body.as_bytes(), |_| {});
        prop_assert_eq!(bound.map(|body| body.is_some()), expected(&body, &HELM), "{}", body);
    }
}

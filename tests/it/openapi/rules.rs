//! Rules for the document beyond those of OpenAPI: what generators of clients, linters and forms need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Document;

/// Keys whose values are data, not descriptions of data.
const DATA: [&str; 3] = ["example", "examples", "enum"];

/// Every schema of the document with its place: named ones, those of parameters, headers and bodies, and those within.
fn schemas(document: &Document) -> Vec<(String, &Map<String, Value>)> {
    let mut found = Vec::new();
    for (name, schema) in document.named() {
        collect(name.clone(), schema, &mut found);
    }
    find("", &document.0["paths"], &mut found);
    find("headers", &document.0["components"]["headers"], &mut found);
    found
}

/// Finds the schemas of a part that is none.
fn find<'a>(place: &str, part: &'a Value, found: &mut Vec<(String, &'a Map<String, Value>)>) {
    match part {
        Value::Object(fields) => {
            for (key, value) in fields
                .iter()
                .filter(|(key, _)| !DATA.contains(&key.as_str()))
            {
                let inner = format!("{place}/{key}");
                match key.as_str() {
                    "schema" => collect(inner, value, found),
                    _ => find(&inner, value, found),
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                find(&format!("{place}/{n}"), item, found);
            }
        }
        _ => {}
    }
}

/// Adds a schema and those within it.
fn collect<'a>(
    place: String,
    schema: &'a Value,
    found: &mut Vec<(String, &'a Map<String, Value>)>,
) {
    let Some(keywords) = schema.as_object() else {
        return;
    };
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        collect(format!("{place}.{name}"), property, found);
    }
    for key in ["items", "additionalProperties", "not"] {
        if schema[key].is_object() {
            collect(format!("{place}/{key}"), &schema[key], found);
        }
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        for (n, part) in schema[key].as_array().into_iter().flatten().enumerate() {
            collect(format!("{place}/{key}/{n}"), part, found);
        }
    }
    found.push((place, keywords));
}

/// The types of JSON that a schema allows.
fn types(document: &Document, schema: &Value) -> BTreeSet<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return types(
            document,
            document.0.pointer(&reference[1..]).expect(reference),
        );
    }
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        Value::Array(several) => several
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => BTreeSet::from(["anything".to_owned()]),
    }
}

/// A name as generators write it in camel case.
fn camel_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.filter_map(|word| {
        let mut letters = word.chars();
        Some(letters.next()?.to_ascii_uppercase().to_string() + letters.as_str())
    });
    words.collect()
}

/// A name as generators write it in snake case.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in camel_case(name).chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// The names that several of the given ones become.
fn collisions<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Vec<&'a str>> {
    let mut known: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in names {
        known
            .entry(camel_case(name).to_lowercase())
            .or_default()
            .push(name);
    }
    known
        .into_values()
        .filter(|names| names.len() > 1)
        .collect()
}

/// True if a pattern only lists texts, which an enum does better: it has neither repetitions nor ranges.
fn is_alternation(pattern: &str) -> bool {
    let has_range = pattern.split('[').skip(1).any(|class| {
        class
            .split(']')
            .next()
            .is_some_and(|class| class.contains('-'))
    });
    !has_range && !pattern.contains(['+', '*', '{', '\\', '.'])
}

#[test]
fn no_schema_refines_another() {
    let document = Document::new();
    for (place, schema) in schemas(&document) {
        assert!(!schema.contains_key("allOf"), "{place}");
        assert!(!schema.contains_key("anyOf"), "{place}");
    }
}

#[test]
fn the_choices_of_a_schema_differ_in_the_type_of_json() {
    let document = Document::new();
    for (place, schema) in schemas(&document) {
        let mut known = BTreeSet::new();
        for choice in schema
            .get("oneOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            for one in types(&document, choice) {
                assert!(known.insert(one), "{place}: {schema:?}");
            }
        }
    }
}

#[test]
fn an_object_without_fields_says_that_it_may_have_any() {
    let document = Document::new();
    for (place, schema) in schemas(&document) {
        let schema = Value::Object(schema.clone());
        let is_object = types(&document, &schema).contains("object");
        let has_fields = schema["properties"]
            .as_object()
            .is_some_and(|fields| !fields.is_empty());
        if is_object && schema["$ref"].is_null() && !has_fields {
            assert!(!schema["additionalProperties"].is_null(), "{place}");
        }
    }
}

#[test]
fn what_is_kept_verbatim_may_have_further_fields() {
    let document = Document::new();
    for name in [
        "PipelineSource",
        "PipelineStage",
        "PipelineTask",
        "PipelineTaskType",
        "ReleasePlanComponent",
        "ReleasePlanLabel",
        "ReleasePlanRequestedComponent",
    ] {
        let schema = &document.0["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], true, "{name}");
    }
}

#[test]
fn no_schema_has_a_default() {
    for (place, schema) in schemas(&Document::new()) {
        assert!(!schema.contains_key("default"), "{place}");
    }
}

#[test]
fn parameters_have_one_type_and_those_of_paging_are_integers() {
    let document = Document::new();
    let mut paging = BTreeSet::new();
    for (name, operation) in document.operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let types = types(&document, &parameter["schema"]);
            assert_eq!(types.len(), 1, "{name}: {parameter}");
            assert!(!types.contains("object"), "{name}: {parameter}");
            let is_paging = ["limit", "offset", "page", "per_page", "pageNum", "pageSize"];
            if is_paging.iter().any(|one| parameter["name"] == *one) {
                assert!(types.contains("integer"), "{name}: {parameter}");
                paging.insert(parameter["name"].as_str().expect("a name"));
            }
        }
    }
    assert_eq!(paging.len(), 6);
}

#[test]
fn no_pattern_only_lists_texts() {
    for wrong in ["^v1$", "^[Mm]esh$", "^(start|stop)$", "^(desc|asc)?$"] {
        assert!(is_alternation(wrong), "{wrong}");
    }
    for (place, schema) in schemas(&Document::new()) {
        let pattern = schema.get("pattern").and_then(Value::as_str);
        assert!(!pattern.is_some_and(is_alternation), "{place}: {pattern:?}");
    }
}

#[test]
fn words_that_are_listed_are_enums() {
    let document = Document::new();
    let query = |id: &str, name: &str| {
        let (_, operation) = document.operation(id);
        let parameters = operation["parameters"].as_array().expect("parameters");
        let named = parameters
            .iter()
            .find(|parameter| parameter["name"] == name);
        named.expect(name)["schema"].clone()
    };
    for (id, name, words) in [
        ("OperatePipeline", "action_id", 6),
        ("DeleteRelease", "action", 3),
        ("ListPipelines", "order_by", 3),
        ("ListReleasePlans", "order", 2),
        ("ListEndpoints", "interface", 3),
    ] {
        let schema = query(id, name);
        assert_eq!(
            schema["enum"].as_array().map(Vec::len),
            Some(words),
            "{id} {name}"
        );
    }
    assert_eq!(query("ListProjects", "enabled")["type"], "boolean");
    let all = document.named();
    for (name, words) in [
        ("ScriptFamily", 4),
        ("AsmMeshPhase", 9),
        ("AsmReleaseKind", 1),
    ] {
        assert_eq!(
            all[name]["enum"].as_array().map(Vec::len),
            Some(words),
            "{name}"
        );
    }
}

#[test]
fn statuses_that_are_numbers_have_names_and_meanings() {
    let document = Document::new();
    let all = document.named();
    for name in [
        "PipelineStatus",
        "PipelineApprovalStatus",
        "PipelineTriggerType",
    ] {
        let schema = &all[name];
        assert_eq!(schema["type"], "integer", "{name}");
        let n = schema["enum"].as_array().expect(name).len();
        for key in ["x-enum-varnames", "x-enum-descriptions"] {
            assert_eq!(
                schema[key].as_array().map(Vec::len),
                Some(n),
                "{name} {key}"
            );
        }
    }
    let status = &all["PipelineStatus"];
    let fifth = status["enum"]
        .as_array()
        .expect("codes")
        .iter()
        .position(|code| *code == 5);
    let fifth = fifth.expect("the code 5");
    assert_eq!(status["x-enum-varnames"][fifth], "ToBeApproved");
    assert_eq!(status["x-enum-descriptions"][fifth], "to be approved");
    for name in [
        "PipelineRow",
        "Pipeline",
        "PipelineRecord",
        "PipelineActed",
        "PipelineTaskState",
    ] {
        let field = &all[name]["properties"]["status"];
        assert_eq!(
            field["$ref"], "#/components/schemas/PipelineStatus",
            "{name}"
        );
    }
}

#[test]
fn names_stay_different_in_every_spelling() {
    let document = Document::new();
    let all = document.named();
    let names = || all.keys().map(String::as_str);
    assert_eq!(collisions(names()), [[""; 0]; 0]);
    for name in names() {
        // Go's constructors are called like that.
        if let Some(made) = name.strip_prefix("New") {
            assert!(!all.contains_key(made), "{name}");
        }
        // The variable for an object would hide that for its field.
        assert!(
            all[name]["properties"].get(snake_case(name)).is_none(),
            "{name}"
        );
    }
    for (place, schema) in schemas(&document) {
        let fields = schema.get("properties").and_then(Value::as_object);
        let fields = fields.into_iter().flat_map(|fields| fields.keys());
        assert_eq!(
            collisions(fields.map(String::as_str)),
            [[""; 0]; 0],
            "{place}"
        );
        let words = schema.get("enum").and_then(Value::as_array);
        let words: Vec<&str> = words
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert!(
            // Generators have a name for the empty word.
            words
                .iter()
                .all(|word| word.is_empty() || !camel_case(word).is_empty()),
            "{place}: {words:?}"
        );
        assert_eq!(collisions(words.into_iter()), [[""; 0]; 0], "{place}");
    }
}

#[test]
fn summaries_are_single_plain_sentences_and_everything_is_described() {
    for (name, operation) in Document::new().operations() {
        let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
        let summary = text("summary");
        assert!(
            (1..=80).contains(&summary.chars().count()),
            "{name}: {summary}"
        );
        assert!(!summary.contains(['`', '\n']), "{name}: {summary}");
        let sentences = summary.trim_end_matches('.').split(". ").count();
        assert_eq!(sentences, 1, "{name}: {summary}");
        let description = text("description");
        assert!(
            !description.is_empty() && !description.contains("# Panics"),
            "{name}"
        );
    }
}

#[test]
fn the_control_plane_needs_no_credential_and_zadig_a_bearer() {
    let document = Document::new();
    for (name, operation) in document.operations() {
        if operation["tags"][0] == "control" {
            assert_eq!(operation["security"], serde_json::json!([]), "{name}");
        }
    }
    let token = &document.0["components"]["securitySchemes"]["zadig_token"];
    assert_eq!(
        (&token["type"], &token["scheme"]),
        (&"http".into(), &"bearer".into())
    );
}

#[test]
fn every_operation_has_a_success_and_media_types_without_parameters() {
    for (name, operation) in Document::new().operations() {
        let responses = operation["responses"].as_object().expect("responses");
        assert!(
            responses.keys().any(|status| status.starts_with('2')),
            "{name}"
        );
        let bodies = responses.values().chain(operation.get("requestBody"));
        for content in bodies.filter_map(|body| body["content"].as_object()) {
            for media_type in content.keys() {
                assert!(!media_type.contains(';'), "{name}: {media_type}");
            }
        }
    }
}

#[test]
fn every_schema_that_is_there_is_used() {
    let document = Document::new();
    let text = document.0.to_string();
    for name in document.named().keys() {
        let reference = format!("\"#/components/schemas/{name}\"");
        assert!(text.contains(&reference), "{name}");
    }
}

//! Values from schemas: valid ones, as far as a schema can tell.

use serde_json::{Map, Number, Value, json};

use super::pool::Pool;
use crate::document::Document;
use crate::random::Random;

/// Texts that requests are full of.
const WORDS: [&str; 10] = [
    "web", "db", "shop", "build", "deploy", "v1", "default", "1.0", "prod", "demo",
];

/// Values that fit the name of a field better than its schema does.
const KNOWN: [(&str, &[&str]); 42] = [
    ("secret", &["hush-4711-hush"]),
    ("project_key", &["demo", "demo", "demo-helm", "shop"]),
    ("projectKey", &["demo", "shop", "demo-helm", "shop"]),
    ("env_name", &["prod"]),
    ("workflow_key", &["release", "checked", "made-up"]),
    ("workflowKey", &["release", "checked", "made-up"]),
    ("workflow_name", &["release", "checked"]),
    ("taskID", &["1", "1", "2", "3"]),
    ("jobID", &["0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd"]),
    ("job_name", &["check", "job-0-0-0-check", "job-0-0-0-ask"]),
    (
        "job_type",
        &["freestyle", "zadig-build", "zadig-scanning", "approval"],
    ),
    ("stage_name", &["deploy", "job-0-0-0-ask"]),
    ("stageName", &["deploy"]),
    ("projectName", &["shop"]),
    ("decision", &["ignore", "reject"]),
    ("image_registry_id", &["62ce6231e0281143de477e60"]),
    ("chart_repo_name", &["test"]),
    ("family", &["asm", "plans", "pipelines", "zadig"]),
    ("namespace", &["default", "bookinfo"]),
    ("mesh_id", &["mesh-demo"]),
    ("project_id", &[PROJECT, PROJECT, PROJECT, "p1"]),
    (
        "schedule",
        &[
            "0 0 3 * * ?",
            "0 0/10 * * * ?",
            "0/30 * * * * ?",
            "0 00-59/10 00-00 ? * MON *",
            "0 0 0 29 2 ?",
            "0 0 12 1 1 ? 2030",
            "0 0 0 L * ?",
            "0 0 0 31 2 ?",
        ],
    ),
    ("timezone_operator", &["+", "-"]),
    ("url", &["http://127.0.0.1:9/hook"]),
    (
        "now",
        &[
            "2026-01-01T12:00:01Z",
            "2026-01-01T13:00:00Z",
            "2026-01-03T00:00:00+08:00",
            "2026-02-01T00:00:00.5Z",
            "2025-01-01T00:00:00Z",
        ],
    ),
    ("freeze", &["2030-01-01T00:00:00Z", "2026-01-01T12:00:00Z"]),
    ("domain_name", &["demo", "acme"]),
    ("agency_name", &["IAMAgency", "ops"]),
    ("user_name", &["demo"]),
    ("password", &["demo-password"]),
    ("ak", &["EMULATORACCESSKEY001"]),
    ("token", &["demo-token"]),
    (
        "operation",
        &[
            "ListPipelines",
            "CreatePipeline",
            "ExecuteReleasePlan",
            "Nothing",
        ],
    ),
    ("action", &["servicestage:pipeline:list", "*"]),
    ("method", &["GET", "POST"]),
    ("path", &["/v3/*", "*", "/openapi/**"]),
    ("scope", &[PROJECT, "demo", "p1"]),
    ("caller", &["demo", "emulator"]),
    ("evidence", &["documented", "inferred"]),
    ("work", &["run", "rollback", "create", "delete"]),
    ("outcome", &["fail", "succeed", "hang"]),
    ("status", &["2xx", "404", "SUCCESS", "succeeded", "5"]),
];

/// The project of the documented examples.
pub(crate) const PROJECT: &str = "0605767aee00d2562f3cc0123456789a";

/// A source of values.
pub(crate) struct Values<'a> {
    pub(crate) document: &'a Document,
    pub(crate) random: &'a mut Random,
    pub(crate) pool: &'a Pool,
}

impl Values<'_> {
    /// A value of a field.
    pub(crate) fn value(&mut self, field: &str, schema: &Value, depth: usize) -> Value {
        let document = self.document;
        let schema = document.resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let is_null = |choice: &&Value| choice["type"] == "null";
            let others: Vec<_> = choices.iter().filter(|choice| !is_null(choice)).collect();
            let is_optional = others.len() < choices.len();
            if is_optional && self.random.percent(5) {
                return Value::Null;
            }
            let choice = *self.random.pick(&others);
            return self.value(field, choice, depth);
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.random.pick(words).clone();
        }
        match &self.type_of(schema)[..] {
            "null" => Value::Null,
            "boolean" => json!(self.random.percent(60)),
            "integer" => self.integer(field, schema),
            "number" => self.number(schema),
            "array" => self.array(field, schema, depth),
            "object" => self.object(schema, depth),
            "string" => Value::String(self.text(field, schema)),
            _ => json!({"any": self.text(field, schema)}),
        }
    }

    fn type_of(&mut self, schema: &Value) -> String {
        match &schema["type"] {
            Value::Array(types) => {
                let n_kept = if self.random.percent(5) {
                    types.len()
                } else {
                    1
                };
                let others = types.iter().filter(|name| *name != "null");
                let nulls = types.iter().filter(|name| *name == "null");
                let ordered: Vec<_> = others.chain(nulls).take(n_kept).collect();
                crate::document::text(ordered[self.random.below(ordered.len())])
            }
            name => crate::document::text(name),
        }
    }

    fn integer(&mut self, field: &str, schema: &Value) -> Value {
        if let Some(known) = self.known_integer(field) {
            return known;
        }
        let bound = |name: &str| schema[name].as_f64();
        let (least, most) = (bound("minimum").unwrap_or(-3.0), bound("maximum"));
        let most = most.unwrap_or(20.0).min(least.abs() + 20.0);
        #[expect(clippy::cast_possible_truncation, reason = "the bounds are small")]
        let (least, most) = (least as i64, most as i64);
        let n_values = usize::try_from(most - least + 1).unwrap_or(1);
        let drawn = i64::try_from(self.random.below(n_values)).expect("it is small");
        json!(least + drawn)
    }

    fn known_integer(&mut self, field: &str) -> Option<Value> {
        let values: &[i64] = match field {
            "ms" => &[
                0, 1, 500, 2_000, 2_000, 4_000, 10_000, 3_600_000, 86_400_000,
            ],
            "takes_ms" => &[0, 1, 1_000, 5_000, 100_000],
            "within_ms" => &[1, 2],
            "limit" | "pageSize" | "per_page" => &[1, 2, 3, 10, 100],
            "offset" => &[0, 0, 1, 2],
            "pageNum" | "page" => &[1, 1, 1, 2],
            "duration_seconds" => &[900, 3_600],
            "seq" => &[0, 0, 1, 1, 2],
            "taskId" | "task_id" => &[1, 1, 2, 3],
            "timezone_hour" => &[0, 8, 12],
            _ => return None,
        };
        self.random
            .percent(90)
            .then(|| json!(*self.random.pick(values)))
    }

    fn number(&mut self, schema: &Value) -> Value {
        let is_small = schema["maximum"].as_f64().is_some_and(|most| most <= 1.0);
        let values: &[f64] = if is_small {
            &[0.0, 0.25, 0.5, 1.0]
        } else {
            &[0.5, 1.0, 2.5, 10.0, 1e6]
        };
        Number::from_f64(*self.random.pick(values)).map_or(Value::Null, Value::Number)
    }

    fn array(&mut self, field: &str, schema: &Value, depth: usize) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let least = usize::try_from(least).expect("it is small");
        let drawn = if depth > 6 { 0 } else { self.random.below(3) };
        let items = (0..drawn.max(least)).map(|_| self.value(field, &schema["items"], depth + 1));
        Value::Array(items.collect())
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<String> = crate::document::array(&schema["required"])
            .map(crate::document::text)
            .collect();
        let chance = if depth > 4 { 5 } else { 35 };
        let document = self.document;
        let mut fields = Map::new();
        for (name, schema) in document.properties(schema) {
            if required.contains(name) || self.random.percent(chance) {
                let value = self.value(name, schema, depth + 1);
                fields.insert(name.clone(), value);
            }
        }
        Value::Object(fields)
    }

    /// A text for a field or a parameter.
    pub(crate) fn text(&mut self, field: &str, schema: &Value) -> String {
        if matches!(field, "name" | "version_name") && self.random.percent(60) {
            return format!("n{}", self.random.below(40));
        }
        if field == "id" && self.random.percent(60) && !self.pool.resources.is_empty() {
            return self.random.pick(&self.pool.resources).1.clone();
        }
        let known = KNOWN.iter().find(|(known, _)| *known == field);
        // A secret is never a word that names have, since it is masked wherever it stands.
        let is_secret = field == "secret";
        if let Some((_, words)) = known
            && (is_secret || self.random.percent(80))
        {
            return (*self.random.pick(words)).to_owned();
        }
        // A gate goes by the name of its stage.
        let shown_as = match field {
            "task_name" | "stage_name" | "tasks" | "step" | "stage" => "name",
            field => field,
        };
        let shown = self.pool.words(shown_as);
        if !shown.is_empty() && self.random.percent(60) {
            return self.random.pick(shown).clone();
        }
        match schema["format"].as_str() {
            Some("date-time") => "2026-01-02T03:04:05Z".to_owned(),
            _ => (*self.random.pick(&WORDS)).to_owned(),
        }
    }

    /// Gives an example other names, and here and there other texts.
    pub(crate) fn vary(&mut self, field: &str, value: &mut Value) {
        match value {
            Value::String(text) => {
                let is_name = matches!(field, "name" | "version_name" | "serviceName");
                if is_name && self.random.percent(50) || self.random.percent(6) {
                    *text = self.text(field, &Value::Null);
                }
            }
            Value::Array(items) => {
                for item in items.iter_mut() {
                    self.vary(field, item);
                }
                if !items.is_empty() && self.random.percent(5) {
                    let copy = items[0].clone();
                    items.push(copy);
                }
            }
            Value::Object(fields) => {
                for (field, value) in fields.iter_mut() {
                    // A login that is right stays so.
                    if field != "password" && field != "scope" {
                        self.vary(field, value);
                    }
                }
                if self.random.percent(3)
                    && let Some(field) = fields.keys().next().cloned()
                {
                    fields.remove(&field);
                }
            }
            Value::Number(_) if self.random.percent(10) => *value = json!(self.random.below(5)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

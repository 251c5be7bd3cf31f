//! The OpenAPI document compared with responses.

mod document;
mod rules;
mod settings;

use release_emulator::internals::{Settings, control};
use serde_json::{Map, Value, json};

use crate::common::{App, CREDENTIALS, PROJECT, Reply};

/// The address of the usual document.
pub const BASE: &str = "http://127.0.0.1:4600";

/// The parsed document.
pub struct Document(pub Value);

impl Document {
    /// The document of a world with the usual settings.
    pub fn new() -> Self {
        Self::of(&Settings::default())
    }

    pub fn of(settings: &Settings) -> Self {
        Self(serde_json::from_str(&control::openapi(settings, BASE)).expect("JSON"))
    }

    /// Every operation: method with path, and declaration.
    fn operations(&self) -> Vec<(String, &Map<String, Value>)> {
        let paths = self.0["paths"].as_object().expect("paths").iter();
        let of_path = |(path, item): (&String, &'_ Value)| {
            let methods = item.as_object().expect("an item").keys();
            let names = methods.map(|method| format!("{method} {path}"));
            names.collect::<Vec<_>>()
        };
        let declared = |name: String| {
            let (method, path) = name.split_once(' ').expect("two words");
            let operation = self.0["paths"][path][method].as_object();
            (name.clone(), operation.expect("an operation"))
        };
        paths.flat_map(of_path).map(declared).collect()
    }

    /// The operation with an id.
    fn operation(&self, id: &str) -> (String, &Map<String, Value>) {
        let mut operations = self.operations().into_iter();
        operations
            .find(|(_, operation)| operation["operationId"] == id)
            .expect(id)
    }

    /// The named schemas.
    fn named(&self) -> &Map<String, Value> {
        let schemas = self.0["components"]["schemas"].as_object();
        schemas.expect("schemas")
    }

    /// Asserts that a response fits the declaration of its operation and status.
    #[track_caller]
    fn assert_declared(&self, template: &str, method: &str, reply: &Reply) {
        let declared = &self.0["paths"][template][method]["responses"][reply.status.to_string()];
        assert!(declared.is_object(), "{} is not declared", reply.request);
        let schema = &declared["content"]["application/json"]["schema"];
        if schema.is_null() {
            assert_eq!(reply.text(), "", "{}", reply.request);
            return;
        }
        let violations = self.violations(schema, &reply.json(), "$");
        assert!(violations.is_empty(), "{}: {violations:#?}", reply.request);
    }

    /// The places at which a value violates a schema. Undeclared keys count as violations.
    pub fn violations(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            let named = self.0.pointer(&reference[1..]).expect(reference);
            return self.violations(named, value, place);
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice| self.violations(choice, value, place).is_empty();
            if choices.iter().any(fits) {
                return Vec::new();
            }
            return vec![format!("{place}: {value} is none of {choices:?}")];
        }
        let own = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let allowed = match &schema["type"] {
            Value::Array(types) => types.clone(),
            Value::Null => vec![json!(own)],
            one => vec![one.clone()],
        };
        let is_number = own == "integer" && allowed.contains(&json!("number"));
        if !is_number && !allowed.contains(&json!(own)) {
            return vec![format!("{place}: {own} instead of {allowed:?}")];
        }
        let values = schema["enum"].as_array();
        if values.is_some_and(|values| !values.contains(value)) {
            return vec![format!("{place}: {value} is not in {values:?}")];
        }
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .flat_map(|(n, item)| {
                    self.violations(&schema["items"], item, &format!("{place}[{n}]"))
                })
                .collect(),
            Value::Object(fields) => self.violations_of_object(schema, fields, place),
            _ => Vec::new(),
        }
    }

    fn violations_of_object(
        &self,
        schema: &Value,
        fields: &serde_json::Map<String, Value>,
        place: &str,
    ) -> Vec<String> {
        let Some(properties) = schema["properties"].as_object() else {
            return Vec::new();
        };
        let required = schema["required"].as_array().into_iter().flatten();
        let missing = required
            .filter_map(Value::as_str)
            .filter(|key| !fields.contains_key(*key))
            .map(|key| format!("{place}.{key}: missing"));
        let inner = fields
            .iter()
            .flat_map(|(key, value)| match properties.get(key) {
                Some(schema) => self.violations(schema, value, &format!("{place}.{key}")),
                None if schema["additionalProperties"] == true => Vec::new(),
                None => vec![format!("{place}.{key}: not declared")],
            });
        missing.chain(inner).collect()
    }

    /// The keys of a schema that a response may lack.
    fn optional(&self, name: &str) -> Vec<&str> {
        let schema = &self.0["components"]["schemas"][name];
        let required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let properties = schema["properties"].as_object().expect(name);
        let keys = properties.keys().map(String::as_str);
        keys.filter(|key| !required.iter().any(|required| *required == key))
            .collect()
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_as_declared() {
    let (app, document) = (App::new(), Document::new());
    for (name, declared) in document.operations() {
        let (method, path) = name.split_once(' ').unwrap();
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { "%ff" } else { part });
        let broken = parts.collect::<Vec<_>>().join("/");
        if broken == path {
            continue;
        }
        let reply = app
            .send(&method.to_uppercase(), &broken, CREDENTIALS, "{}")
            .await;
        let statuses = declared["responses"].as_object().unwrap();
        assert!(
            statuses.contains_key(&reply.status.to_string()),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn responses_of_asm_fit_their_declarations() {
    let (app, document) = (App::new(), Document::new());
    let order = json!({
        "apiVersion": "v1", "kind": "Mesh", "metadata": {"name": "mesh-one"},
        "spec": {"type": "InCluster", "ipv6Enable": true, "config": {"proxyConfig": {"includeIPRanges": "*"}},
            "extendParams": {"clusters": [{"clusterID": "c", "projectID": "p",
                "installation": {"nodes": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["n"]}}},
                "injection": {"namespaces": {"fieldSelector": {"key": "UID", "operator": "In", "values": ["n"]}}}}]}}});
    let all = "/v1/{project_id}/meshes";
    let path = format!("/v1/{PROJECT}/meshes");
    let created = app.post(&path, order.clone()).await;
    document.assert_declared(all, "post", &created);
    document.assert_declared(all, "post", &app.post(&path, order).await);
    document.assert_declared(all, "get", &app.get(&path).await);
    let mesh = created.json()["metadata"]["uid"]
        .as_str()
        .unwrap()
        .to_owned();
    let one = "/v1/{project_id}/meshes/{mesh_id}";
    document.assert_declared(one, "get", &app.get(&format!("{path}/{mesh}")).await);
    document.assert_declared(one, "get", &app.get(&format!("{path}/none")).await);

    let all = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases";
    let one = "/v2/meshes/{mesh_id}/namespaces/{namespace}/releases/{release_id}";
    let listed = "/v2/meshes/{mesh_id}/releases";
    let path = format!("/v2/meshes/{mesh}/namespaces/default/releases");
    let order = json!({"metadata": {"name": "demo"}, "spec": {"serviceName": "s", "grayDeployments": [{"template": {}}]}});
    document.assert_declared(all, "post", &app.post(&path, order.clone()).await);
    document.assert_declared(all, "post", &app.post(&path, order).await);
    document.assert_declared(all, "post", &app.post(&path, json!({})).await);
    let list = app.get(&format!("/v2/meshes/{mesh}/releases")).await;
    document.assert_declared(listed, "get", &list);
    let path = format!("{path}/demo");
    document.assert_declared(one, "get", &app.get(&path).await);
    document.assert_declared(one, "put", &app.put(&path, json!({})).await);
    document.assert_declared(one, "delete", &app.delete(&path).await);
    document.assert_declared(
        one,
        "delete",
        &app.delete(&format!("{path}?action=end")).await,
    );

    let one = "/v1/{project_id}/meshes/{mesh_id}";
    let path = format!("/v1/{PROJECT}/meshes/{mesh}");
    document.assert_declared(one, "delete", &app.delete(&path).await);
}

#[tokio::test]
async fn responses_of_iam_fit_their_declarations() {
    let north = json!({"id": PROJECT, "name": "cn-north-4"});
    let fixtures = json!({"identities": {
        "users": [
            {"name": "ann", "password": "of-ann", "domain": "acme", "projects": [north]},
            {"name": "eve", "actions": []},
        ],
        "tokens": [{"token": "t", "user": "ann"}, {"token": "of-eve", "user": "eve"}],
    }});
    let (app, document) = (App::load(&fixtures), Document::new());
    let tokens = "/v3/auth/tokens";
    let login = async |password: &str, scope: Value| {
        let user = json!({"name": "ann", "password": password, "domain": {"name": "acme"}});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        app.post(tokens, body).await
    };
    for scope in [
        json!({"project": {"name": "cn-north-4"}}),
        json!({"domain": {"name": "acme"}}),
        json!({}),
    ] {
        let reply = login("of-ann", scope).await;
        reply.assert_status(201);
        document.assert_declared(tokens, "post", &reply);
    }
    document.assert_declared(tokens, "post", &login("wrong", json!({})).await);
    document.assert_declared(tokens, "post", &login("of-ann", json!(7)).await);
    let large = json!("x".repeat(12 << 20));
    document.assert_declared(tokens, "post", &app.post(tokens, large).await);
    let without = app.post(&format!("{tokens}?nocatalog=1"), json!({})).await;
    document.assert_declared(tokens, "post", &without);

    let ask = async |method: &str, by: &str, subject: &str| {
        let headers = [("x-auth-token", by), ("x-subject-token", subject)];
        app.send(method, tokens, &headers, "").await
    };
    for (by, subject, status) in [
        ("t", "t", 200),
        ("t", "", 400),
        ("of-eve", "t", 403),
        ("t", "nope", 404),
        ("", "t", 401),
    ] {
        let reply = ask("GET", by, subject).await;
        assert_eq!(reply.status, status);
        document.assert_declared(tokens, "get", &reply);
    }
    let projects = "/v3/projects";
    document.assert_declared(projects, "get", &app.get(projects).await);
    let eve = app.send("GET", projects, &[("x-auth-token", "of-eve")], "");
    document.assert_declared(projects, "get", &eve.await);
    let wrong = app.get(&format!("{projects}?page=0")).await;
    document.assert_declared(projects, "get", &wrong);
    let domains = "/v3/auth/domains";
    document.assert_declared(domains, "get", &app.get(domains).await);
    document.assert_declared(domains, "get", &app.send("GET", domains, &[], "").await);

    for (by, subject, status) in [
        ("t", "", 400),
        ("of-eve", "t", 403),
        ("t", "nope", 404),
        ("t", "of-eve", 204),
        ("of-eve", "of-eve", 401),
    ] {
        let reply = ask("DELETE", by, subject).await;
        assert_eq!(reply.status, status);
        document.assert_declared(tokens, "delete", &reply);
    }
    let keys = "/v3.0/OS-CREDENTIAL/securitytokens";
    for by in ["of-eve", "nope", ""] {
        let reply = app.send("POST", keys, &[("x-auth-token", by)], "{}").await;
        document.assert_declared(keys, "post", &reply);
    }
}

#[tokio::test]
async fn responses_of_zadig_fit_their_declarations() {
    let fixtures =
        release_emulator::State::from_json(include_str!("../../../src/registry/documented.json"));
    let fixtures = crate::common::json_of(&fixtures.expect("a state"));
    let (app, document) = (App::load(&fixtures), Document::new());
    let all = "/openapi/delivery/releases";
    let one = "/openapi/delivery/releases/{id}";
    let list = app
        .get(&format!("{all}?projectKey=demo&pageNum=1&pageSize=9"))
        .await;
    document.assert_declared(all, "get", &list);
    document.assert_declared(all, "get", &app.get(all).await);
    for version in list.json()["list"].as_array().expect("versions") {
        let path = format!("{all}/{}", version["id"].as_str().expect("an id"));
        document.assert_declared(one, "get", &app.get(&path).await);
    }
    document.assert_declared(one, "get", &app.get(&format!("{all}/none")).await);
    document.assert_declared(one, "delete", &app.delete(&format!("{all}/none")).await);
    for (kind, status) in [("k8s", 200), ("helm", 500)] {
        let path = format!("{all}/{kind}");
        let reply = app.post(&path, json!({})).await;
        assert_eq!(reply.status, status);
        document.assert_declared(&path, "post", &reply);
    }
}

#[tokio::test]
async fn responses_about_scripts_fit_their_declarations() {
    let app = App::new();
    let document = Document::new();
    let path = "/_emulator/v1/scripts";
    for rule in [
        json!({}),
        json!({"match": {"family": "zadig", "scope": "demo", "name": "v*", "step": "web", "work": "create"},
            "outcome": "fail", "message": "why", "takes_ms": 5, "times": 2}),
        json!({"outcome": "hang"}),
        json!({"takes_ms": {"min": 1, "max": 5}, "probability": 0.5, "seed": 7}),
        json!({"sequence": [{"takes_ms": {"median": 5, "sigma": 0.5}, "weight": 1}]}),
        json!({"sequence": [{"outcome": "hang"}, {"outcome": "fail", "message": "why", "takes_ms": 5}]}),
    ] {
        let given =
            &document.0["paths"][path]["post"]["requestBody"]["content"]["application/json"];
        let violations = document.violations(&given["schema"], &rule, "$");
        assert!(violations.is_empty(), "{rule}: {violations:#?}");
        document.assert_declared(path, "post", &app.post(path, rule).await);
    }
    document.assert_declared(path, "get", &app.get(path).await);
    assert_eq!(
        document.optional("ListedScript"),
        [
            "enabled",
            "fits",
            "message",
            "misfit",
            "nearest",
            "outcome",
            "priority",
            "probability",
            "seed",
            "sequence",
            "takes_ms",
            "times"
        ]
    );
}

#[tokio::test]
async fn timelines_fit_their_declarations() {
    let (app, document) = (App::new(), Document::new());
    let stages = json!([{"name": "s", "tasks": [{"name": "t0"}, {"name": "t1"}]}]);
    let body =
        json!({"name": "release-a", "model_version": 2, "config_mode": "ui", "stages": stages});
    let path = format!("/v3/{PROJECT}/pipeline/pipelines");
    let created = app.post(&path, body).await.assert_status(200);
    let id = created["id"].as_str().expect("an id");
    let template = "/_emulator/v1/resources/{family}/{id}/timeline";
    let timeline = format!("/_emulator/v1/resources/pipelines/{id}/timeline");
    document.assert_declared(template, "get", &app.get(&timeline).await);
    app.post(&format!("{path}/{id}/action?action_id=start"), json!({}))
        .await
        .assert_status(200);
    document.assert_declared(template, "get", &app.get(&timeline).await);
    assert_eq!(document.optional("Timeline"), ["code"]);
    let absent = [
        "began", "begins", "ended", "ends", "message", "service", "stage", "to",
    ];
    assert_eq!(document.optional("PlannedStep"), absent);
    let list = "/_emulator/v1/resources";
    document.assert_declared(list, "get", &app.get(list).await);
    assert_eq!(document.optional("Resource"), ["code"]);
    let named = ["service", "stage", "step"];
    assert_eq!(document.optional("NextTransition"), named);
    assert_eq!(document.optional("Transition"), named);
}

#[test]
fn keys_that_are_always_sent_are_declared_as_required() {
    let document = Document::new();
    for (schema, optional) in [
        ("IamToken", &["assumed_by", "domain", "project"][..]),
        ("IamTokenUser", &["password_expires_at"]),
        ("IamProject", &[]),
        ("IamLinks", &[]),
        ("IamDomain", &[]),
        ("IamErrorBody", &[]),
        ("KeystoneError", &[]),
        ("AsmRelease", &[]),
        ("AsmReleaseMetadata", &[]),
        ("AsmReleaseSpec", &[]),
        ("AsmReleaseStatus", &[]),
        ("AsmMeshSpec", &["config", "ipv6Enable"]),
        ("AsmMeshStatus", &["updateTimestamp"]),
        ("ZadigVersionInfo", &[]),
        ("ZadigProgress", &[]),
        ("ZadigVersionDetail", &[]),
        ("ZadigDeployInfo", &[]),
        ("ZadigDistributeInfo", &[]),
    ] {
        assert_eq!(document.optional(schema), optional, "{schema}");
    }
}

#[test]
fn mandatory_keys_of_a_mesh_are_declared_as_required() {
    let document = Document::new();
    for (schema, optional) in [
        ("AsmMeshBody", &["status"][..]),
        (
            "AsmMeshMetadataBody",
            &["annotations", "creationTimestamp", "labels", "uid"],
        ),
        (
            "AsmMeshSpecBody",
            &["config", "ipv6Enable", "region", "tags", "version"],
        ),
        ("AsmMeshExtendParamsBody", &[]),
        ("AsmMeshClusterBody", &["injection", "projectID"]),
        ("AsmFieldSelector", &[]),
        ("AsmAom", &[]),
        ("AsmTag", &[]),
    ] {
        assert_eq!(document.optional(schema), optional, "{schema}");
    }
}

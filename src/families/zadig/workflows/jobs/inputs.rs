//! The parameters of inputs, by type of job.

use foldhash::HashMap;
use serde_json::{Map, Value, json};

use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::go_json::decode::go_structs;

go_structs! {
    /// The parameters of a build.
    pub struct BuildInput = "ZadigBuildJobInput" in "workflow" {
        /// The registry of the images: its address and its namespace.
        registry: String as Option<String>,
        /// The services to build.
        service_list: Vec<Option<BuildServiceInput>> as Option<Vec<BuildServiceInput>>,
    }

    /// A service to build.
    pub struct BuildServiceInput = "ServiceInput" in "workflow" {
        service_name: String as Option<String>,
        service_module: String as Option<String>,
        repo_info: Vec<Option<RepoInput>> as Option<Vec<RepoInput>>,
        inputs: Vec<Option<KeyValueInput>> as Option<Vec<KeyValueInput>>,
    }

    /// A repository.
    pub struct RepoInput = "RepositoryInput" in "workflow" {
        codehost_name: String as Option<String>,
        repo_namespace: String as Option<String>,
        repo_name: String as Option<String>,
        branch: String as Option<String>,
        pr: i64 as Option<i64>,
        prs: Vec<i64> as Option<Vec<i64>>,
        enable_commit: bool as Option<bool>,
        commit_id: String as Option<String>,
    }

    /// A variable.
    pub struct KeyValueInput = "KV" in "workflow" {
        key: String as Option<String>,
        value: AnyValue as Option<Value>,
    }

    /// The parameters of a shell script.
    pub struct ScriptInput = "FreestyleJobInput" in "workflow" {
        kv: Vec<Option<KeyValueInput>> as Option<Vec<KeyValueInput>>,
        repo_info: Vec<Option<RepoInput>> as Option<Vec<RepoInput>>,
    }

    /// The parameters of a deployment.
    pub struct DeployInput = "ZadigDeployJobInput" in "workflow" {
        env_name: String as Option<String>,
        service_list: Vec<Option<DeployServiceInput>> as Option<Vec<DeployServiceInput>>,
    }

    /// A service to deploy.
    pub struct DeployServiceInput = "DeployServiceInput" in "workflow" {
        service_module: String as Option<String>,
        service_name: String as Option<String>,
        image_name: String as Option<String>,
        value_merge_strategy: String as Option<String>,
    }

    /// The parameters of a deployment of workloads.
    pub struct CustomDeployInput = "CustomDeployJobInput" in "workflow" {
        target_list: Vec<Option<TargetInput>> as Option<Vec<TargetInput>>,
    }

    /// A container of a workload.
    pub struct TargetInput = "CustomDeployTarget" in "workflow" {
        workload_type: String as Option<String>,
        workload_name: String as Option<String>,
        container_name: String as Option<String>,
        image_name: String as Option<String>,
    }

    /// The parameters of tests.
    pub struct TestsInput = "ZadigTestingJobInput" in "workflow" {
        testing_list: Vec<Option<TestInput>> as Option<Vec<TestInput>>,
    }

    /// A test.
    pub struct TestInput = "TestingInput" in "workflow" {
        testing_name: String as Option<String>,
        repo_info: Vec<Option<RepoInput>> as Option<Vec<RepoInput>>,
        inputs: Vec<Option<KeyValueInput>> as Option<Vec<KeyValueInput>>,
    }

    /// The parameters of a plugin.
    pub struct PluginInput = "PluginJobInput" in "workflow" {
        kv: Vec<Option<KeyValueInput>> as Option<Vec<KeyValueInput>>,
    }
}

impl KeyValueInput {
    /// The value as a text.
    pub fn text(&self) -> String {
        match self.value.to_json() {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }
}

/// A list of objects, in which inputs change those with the same name, and add the rest.
pub struct NamedObjects {
    objects: Vec<Value>,
    positions: HashMap<String, usize>,
}

impl NamedObjects {
    /// The objects of a list by the text of a field.
    pub fn new(known: &Value, name: &str) -> Self {
        let objects = known.as_array().cloned().unwrap_or_default();
        let names = objects.iter().map(|known| known[name].as_str());
        let positions = names.enumerate();
        let positions = positions.filter_map(|(n, name)| Some((name?.to_owned(), n)));
        Self {
            positions: positions.collect(),
            objects,
        }
    }

    /// Changes the object of a name, or adds a new one.
    pub fn set(&mut self, name: &str, fields: Map<String, Value>, new: impl FnOnce() -> Value) {
        let known = self.positions.get(name).copied();
        let n = known.unwrap_or(self.objects.len());
        if known.is_none() {
            self.positions.insert(name.to_owned(), n);
            self.objects.push(new());
        }
        if let Some(Value::Object(object)) = self.objects.get_mut(n) {
            object.extend(fields);
        }
    }

    pub fn into_json(self) -> Value {
        self.objects.into()
    }
}

/// A field of an object.
pub fn field(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}

/// The variables of a job, with those of the inputs in place of their defaults.
pub fn variables(known: &Value, inputs: &[Option<KeyValueInput>]) -> Value {
    let mut variables = NamedObjects::new(known, "key");
    for input in inputs.iter().flatten() {
        variables.set(&input.key, field("value", input.text()), || {
            json!({
                "key": input.key, "value": "", "type": "string", "registry_id": "",
                "is_credential": false, "description": "",
            })
        });
    }
    variables.into_json()
}

/// The repositories of a job, with what the inputs say of them.
pub fn repositories(known: &Value, inputs: &[Option<RepoInput>]) -> Value {
    let mut repositories = NamedObjects::new(known, "repo_name");
    for input in inputs.iter().flatten() {
        let mut said = Map::new();
        let mut say = |key: &str, value: Value| said.insert(key.to_owned(), value);
        say("repo_name", input.repo_name.clone().into());
        say("repo_namespace", input.repo_namespace.clone().into());
        say("codehost_name", input.codehost_name.clone().into());
        say("branch", input.branch.clone().into());
        say("prs", input.prs.clone().into());
        if input.pr != 0 {
            say("pr", input.pr.into());
        }
        if input.enable_commit {
            say("enable_commit", true.into());
            say("commit_id", input.commit_id.clone().into());
        }
        repositories.set(&input.repo_name, said, || Value::Object(Map::new()));
    }
    repositories.into_json()
}

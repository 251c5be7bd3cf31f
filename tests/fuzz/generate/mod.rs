//! The requests of a sequence: mostly valid, with ids that exist, for all operations of the document.

mod hostile;
mod pool;
mod values;

use std::collections::HashMap;

use release_emulator::Auth;
use serde_json::{Value, json};

pub(crate) use pool::Pool;
pub(crate) use values::PROJECT;
use values::Values;

use crate::document::{Document, Operation, parameter_name};
use crate::emulator::Answer;
use crate::random::Random;
use crate::setup::Setup;
use crate::step::Step;

/// The token of the documented examples.
pub(crate) const TOKEN: &str = "demo-token";

/// The collections whose members have paths of their own.
pub(crate) struct Collections(HashMap<String, String>);

impl Collections {
    pub(crate) fn of(document: &Document) -> Self {
        let mut members = HashMap::new();
        for operation in &document.operations {
            let parts: Vec<_> = operation.template.split('/').collect();
            for (n, part) in parts.iter().enumerate() {
                if let Some(parameter) = parameter_name(part) {
                    let collection = parts[..n].join("/");
                    let key = key(&collection, parameter);
                    members.insert(collection, key);
                }
            }
        }
        Self(members)
    }

    /// The name under which the ids of a collection are kept.
    fn member_of(&self, template: &str) -> Option<&str> {
        // The releases of a mesh are also listed beyond namespaces.
        let template = match template {
            "/v2/meshes/{mesh_id}/releases" => return Some("release_id"),
            template => template,
        };
        self.0.get(template).map(String::as_str)
    }
}

/// Ids that are called just so are told apart by their collections.
fn key(collection: &str, parameter: &str) -> String {
    match parameter {
        "id" | "name" => collection.to_owned(),
        parameter => parameter.to_owned(),
    }
}

/// A generator of steps.
pub(crate) struct Generator<'a> {
    document: &'a Document,
    collections: &'a Collections,
    setup: Setup,
    random: Random,
    pool: Pool,
    /// Each operation as often as it is wanted.
    weighted: Vec<&'a Operation>,
    /// The operations that this sequence is mostly about.
    preferred: Vec<&'a Operation>,
    /// True for a sequence whose first step brings some resources in some statuses.
    pub(crate) begins_with_state: bool,
    is_at_begin: bool,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(
        document: &'a Document,
        collections: &'a Collections,
        setup: Setup,
        mut random: Random,
        prefix: &str,
    ) -> Self {
        let weighted: Vec<_> = document
            .operations
            .iter()
            .filter(|operation| operation.template.starts_with(prefix))
            .flat_map(|operation| std::iter::repeat_n(operation, weight(operation)))
            .collect();
        let is_control = |operation: &&&Operation| operation.is_control;
        let families: Vec<_> = weighted.iter().filter(|one| !is_control(one)).collect();
        // Two folders of paths, so that some sequences go deep.
        let folders = [0, 1].map(|_| folder(&random.pick(&families).template));
        let is_preferred = |one: &&&Operation| folders.contains(&folder(&one.template));
        let preferred = weighted.iter().filter(is_preferred).copied().collect();
        let begins_with_state = prefix == "/" && random.percent(30);
        Self {
            begins_with_state,
            is_at_begin: true,
            document,
            collections,
            setup,
            random,
            pool: Pool::default(),
            weighted,
            preferred,
        }
    }

    /// Learns from the answer to a step.
    pub(crate) fn learn(&mut self, step: &Step, answer: &Answer) {
        if let Some(operation) = self.document.find(&step.method, step.path()) {
            self.pool.learn(self.collections, operation, step, answer);
        }
    }

    /// The next step.
    pub(crate) fn next(&mut self) -> Step {
        if std::mem::take(&mut self.is_at_begin) && self.begins_with_state {
            let body = self.some_state().to_string().into_bytes();
            let mut step = Step::new("PUT", "/_emulator/v1/state");
            step.body = Some(body);
            return step.with_header("content-type", "application/json");
        }
        let operation = if self.random.percent(50) {
            *self.random.pick(&self.preferred)
        } else if self.random.percent(30) {
            self.operation_on_known()
        } else {
            *self.random.pick(&self.weighted)
        };
        let mut step = self.valid(operation);
        if self.random.percent(2) {
            step.target = hostile::target(&mut self.random, &step.target);
        }
        if self.random.percent(3) {
            step.headers.push(hostile::header(&mut self.random));
        }
        if self.random.percent(1) {
            let methods = ["OPTIONS", "PATCH", "DELETE", "PUT", "TRACE", "BREW", "POST"];
            (*self.random.pick(&methods)).clone_into(&mut step.method);
        } else if step.method == "GET" && self.random.percent(2) {
            "HEAD".clone_into(&mut step.method);
        }
        if self.setup.is_over_socket {
            if self.random.percent(2) {
                hostile::head(&mut self.random, &mut step);
            }
            if let Some(body) = &step.body
                && !body.is_empty()
                && self.random.percent(3)
            {
                step.cut = Some(self.random.below(body.len()));
            }
        }
        let may_go_elsewhere = !step.target.contains("/worlds");
        if may_go_elsewhere && !self.pool.worlds.is_empty() && self.random.percent(6) {
            step.world = self.random.pick(&self.pool.worlds).clone();
        }
        step
    }

    /// An operation on something whose id is known, so that what is rarely made is used while it is there.
    fn operation_on_known(&mut self) -> &'a Operation {
        let mut operation = *self.random.pick(&self.weighted);
        for _ in 0..50 {
            if self.is_on_known(operation) {
                break;
            }
            operation = *self.random.pick(&self.weighted);
        }
        operation
    }

    /// True for an operation on something of which an id is known.
    fn is_on_known(&self, operation: &Operation) -> bool {
        let parts: Vec<&str> = operation.template.split('/').collect();
        let last = parts.iter().enumerate().rev();
        let last = last.filter_map(|(n, part)| Some((n, parameter_name(part)?)));
        last.take(1)
            .any(|(n, name)| !self.pool.ids(&key(&parts[..n].join("/"), name)).is_empty())
    }

    /// A request to an operation that should succeed, as far as one can tell.
    fn valid(&mut self, operation: &Operation) -> Step {
        let mut chosen: Vec<(String, String)> = Vec::new();
        let path = self.path(operation, &mut chosen);
        let mut query = Vec::new();
        let mut step = Step::new(&operation.method, "");
        for parameter in &operation.parameters {
            let is_wanted = if parameter.is_required { 97 } else { 25 };
            if !self.random.percent(is_wanted) {
                continue;
            }
            let name = &parameter.name;
            let known = chosen.iter().find(|(known, _)| known == name);
            let value = match known {
                Some((_, value)) if self.random.percent(95) => value.clone(),
                _ if name.eq_ignore_ascii_case("x-subject-token") => self.token(),
                _ => shown(&self.values().value(name, &parameter.schema, 0)),
            };
            if parameter.is_header {
                step = step.with_header(name, &value);
            } else {
                query.push(format!("{name}={}", escaped(&value)));
            }
        }
        step.target = if query.is_empty() {
            path
        } else {
            format!("{path}?{}", query.join("&"))
        };
        step = self.with_credential(operation, step);
        self.with_body(operation, step)
    }

    fn path(&mut self, operation: &Operation, chosen: &mut Vec<(String, String)>) -> String {
        let template = &operation.template;
        let parts: Vec<&str> = template.split('/').collect();
        if template.contains("/resources/{family}/{id}") && !self.pool.resources.is_empty() {
            let (family, id) = self.random.pick(&self.pool.resources).clone();
            chosen.extend([("family".to_owned(), family), ("id".to_owned(), id)]);
        }
        if template.contains("/workflows/custom/{name}") || template.contains("/workflow/{name}") {
            let name = *self
                .random
                .pick(&["release", "release", "checked", "made-up"]);
            chosen.push(("name".to_owned(), name.to_owned()));
            // The one task that waits for the start of a stage, as [`some_workflows`] has it.
            if name == "release"
                && ["manual-exec", "manualexec"]
                    .iter()
                    .any(|part| template.contains(part))
                && self.random.percent(70)
            {
                chosen.push(("taskID".to_owned(), "1".to_owned()));
                for parameter in ["projectKey", "projectName"] {
                    chosen.push((parameter.to_owned(), "shop".to_owned()));
                }
            }
        }
        for (folder, values) in ZADIG_NAMES {
            if let Some(rest) = template.strip_prefix(folder)
                && let Some(name) = rest.split('/').find_map(parameter_name)
                && self.random.percent(80)
            {
                chosen.push((name.to_owned(), (*self.random.pick(values)).to_owned()));
            }
        }
        // The last parameter decides on those before it.
        for (n, part) in parts.iter().enumerate().rev() {
            let Some(name) = parameter_name(part) else {
                continue;
            };
            if chosen.iter().any(|(known, _)| known == name) {
                continue;
            }
            let ids = self.pool.ids(&key(&parts[..n].join("/"), name));
            let value = if !ids.is_empty() && self.random.percent(95) {
                let known = self.random.pick(ids).clone();
                chosen.extend(known.parameters);
                known.id
            } else {
                let text = json!({"type": "string"});
                self.values().text(name, &text)
            };
            // Before those of the collection, which may have one of the same name.
            chosen.insert(0, (name.to_owned(), value));
        }
        let value_of = |part: &str| {
            let name = parameter_name(part)?;
            let (_, value) = chosen.iter().find(|(known, _)| known == name)?;
            Some(escaped(value))
        };
        let parts = parts
            .iter()
            .map(|part| value_of(part).unwrap_or_else(|| (*part).to_owned()));
        parts.collect::<Vec<_>>().join("/")
    }

    fn with_body(&mut self, operation: &Operation, step: Step) -> Step {
        let Some(declared) = &operation.body else {
            return step;
        };
        let is_wanted = if declared.is_required { 98 } else { 70 };
        if !self.random.percent(is_wanted) {
            return step;
        }
        if operation.id.ends_with("State") && self.random.percent(60) {
            return self.with_state(step);
        }
        if let Some(body) = waiting_body(operation)
            && self.random.percent(50)
        {
            let mut step = step;
            step.body = Some(body.to_string().into_bytes());
            return self.with_media_type(step);
        }
        let is_example = !declared.examples.is_empty() && self.random.percent(60);
        let mut body = if is_example {
            let mut body = self.random.pick(&declared.examples).clone();
            if self.random.percent(85) {
                self.values().vary("", &mut body);
            }
            body
        } else {
            self.values().value("", &declared.schema, 0)
        };
        if operation.is_control {
            keep_quick(&mut body);
        }
        let mut step = step;
        step.body = Some(if self.random.percent(10) {
            hostile::body(&mut self.random, body)
        } else {
            body.to_string().into_bytes()
        });
        self.with_media_type(step)
    }

    fn with_media_type(&mut self, step: Step) -> Step {
        let json = "application/json";
        let media_type = match self.random.below(40) {
            0 => return step,
            1 => "application/json; charset=utf-8",
            2 => "text/json",
            _ => json,
        };
        step.with_header("content-type", media_type)
    }

    /// An earlier export, or some resources in some statuses.
    fn with_state(&mut self, mut step: Step) -> Step {
        let body = match &self.pool.state {
            Some(state) if self.random.percent(50) => state.clone(),
            _ => self.some_state().to_string().into_bytes(),
        };
        step.body = Some(body);
        step.with_header("content-type", "application/json")
    }

    fn some_state(&mut self) -> Value {
        let random = &mut self.random;
        let stages = json!([
            {"name": "build", "tasks": [{"name": "compile"}, {"name": "test"}]},
            {"name": "deploy", "approval_type": 1, "tasks": [{"name": "roll-out"}]}]);
        let components = json!([
            {"seq": 0, "name": "web", "runtime_stack": {"name": "java"}},
            {"seq": 1, "name": "db", "runtime_stack": {"name": "java"}}]);
        let pipeline_status = *random.pick(&[1, 2, 3, 4, 5, 7, 10, 11, 12, 13, 14]);
        let plan_statuses = [
            "CREATED",
            "RUNNING",
            "SUCCESS",
            "FAILED",
            "PARTIALLY_FAILED",
            "ABORTED",
            "ROLLBACK_FAILED",
        ];
        let plan_status = *random.pick(&plan_statuses);
        let version_status = *random.pick(&["creating", "success", "failed", "retrying"]);
        json!({
            "servicestage": {"projects": [{"id": PROJECT, "pipelines": [
                {"id": "shop-pipeline", "name": "shop", "status": pipeline_status,
                    "pipeline_declaration": {"stages": stages}}],
                "release_plans": [
                {"id": "spring-plan", "name": "spring", "status": plan_status, "components": components}]}]},
            "asm": {"meshes": [{"id": "m1", "name": "mesh-one", "releases": [
                {"metadata": {"name": "reviews-v2", "namespace": "default"}, "spec": {"serviceName": "reviews",
                    "version": "v2", "grayDeployments": [{"template": {"kind": "Deployment", "spec": {"template":
                    {"spec": {"containers": [{"name": "app", "image": "shop/reviews:2"}]}}}}}]}}]}]},
            "zadig": {"release_plans": some_release_plans(random), "projects": [{"key": "shop",
                "environments": [{"name": "prod"}, {"name": "prod", "production": true}],
                "service_templates": [{"service_name": "web"}, {"service_name": "web", "production": true}], "versions": [
                {"id": "66287b110b8b8a631910f5ff", "version_name": "v1", "type": "K8SYaml", "status": version_status,
                    "labels": [], "description": "", "progress": null, "created_by": "demo", "create_time": 1}],
                "workflows": some_workflows()}]},
            "identities": {
                "users": [{"name": "demo", "password": "demo-password", "domain": "demo",
                        "projects": [{"id": PROJECT, "name": "cn-north-4"}, {"id": "p1", "name": "cn-south-1"}]},
                    {"name": "ann", "password": "secret", "domain": "acme", "projects": []}],
                "agencies": [{"name": "IAMAgency", "domain": "IAMDomainA", "trusted_domain": "demo", "projects": []}],
                "tokens": [{"token": TOKEN, "user": "demo"}],
                "zadig_users": [{"token": TOKEN, "name": "demo", "admin": true}]}})
    }

    fn with_credential(&mut self, operation: &Operation, step: Step) -> Step {
        if operation.is_control {
            return step;
        }
        let is_strict = self.setup.settings.auth == Auth::Strict;
        match self.random.below(30) {
            0 => step,
            1 => step.with_token("no-such-token"),
            2 | 3 if is_strict => {
                let token = self.token();
                step.with_token(&token)
            }
            _ if is_strict => step.with_token(TOKEN),
            _ => step.with_token("any"),
        }
    }

    fn token(&mut self) -> String {
        if self.pool.tokens.is_empty() || self.random.percent(15) {
            TOKEN.to_owned()
        } else {
            self.random.pick(&self.pool.tokens).clone()
        }
    }

    fn values(&mut self) -> Values<'_> {
        Values {
            document: self.document,
            random: &mut self.random,
            pool: &self.pool,
        }
    }
}

/// The body for a job or a stage that waits in [`some_workflows`].
fn waiting_body(operation: &Operation) -> Option<Value> {
    let approval = json!({"job_name": "job-0-0-0-ask", "stage_name": "job-0-0-0-ask", "workflow_key": "release",
        "workflow_name": "release", "task_id": 2, "approve": true});
    match &*operation.id {
        "ApproveJobInternally" | "ApproveWorkflowTask" => Some(approval),
        "HandleJobErrorInternally" => Some(
            json!({"job_name": "job-0-0-0-check", "workflow_name": "checked",
            "task_id": 1, "decision": "ignore"}),
        ),
        "StartManualStage" => Some(json!({"stage_name": "deploy"})),
        _ => None,
    }
}

/// The values of the first parameter behind a path that [`Generator::some_state`] has, and of the status of a plan.
const ZADIG_NAMES: [(&str, &[&str]); 6] = [
    ("/openapi/environments/", &["prod"]),
    ("/openapi/service/yaml/", &["web"]),
    (
        "/api/aslan/release_plan/v1/{id}/status/",
        &[
            "planning",
            "finish_planning",
            "wait_for_approval",
            "executing",
            "cancel",
        ],
    ),
    (
        "/api/aslan/release_plan/v1/{id}/retry",
        &["64f1a7cd1b7bd46ec353b50e"],
    ),
    ("/api/aslan/release_plan/v1/", &PLAN_IDS),
    ("/openapi/release_plan/v1/", &PLAN_IDS),
];

const PLAN_IDS: [&str; 3] = [
    "64f1a7cd1b7bd46ec353b50c",
    "64f1a7cd1b7bd46ec353b50d",
    "64f1a7cd1b7bd46ec353b50e",
];

/// A release plan that waits for an approval, one with a text to be done, and one whose workflow has failed. Their jobs have
/// the id of the documented one.
fn some_release_plans(random: &mut Random) -> Value {
    let users =
        ["emulator", "demo"].map(|id| json!({"type": "user", "user_id": id, "user_name": id}));
    let approval = json!({"enabled": true, "type": "native",
        "native_approval": {"needed_approvers": 1, "timeout": 60, "approve_users": users}});
    let job_id = "0b655ad6-5d08-4f1c-8ff6-7eb004c7c7bd";
    let text = |status: &str| {
        json!([{"id": job_id, "name": "Text-1", "type": "text", "status": status,
            "spec": {"content": "Hello", "remark": ""}}])
    };
    let workflow = json!([{"id": job_id, "name": "Workflow-1", "type": "workflow", "status": "failed", "spec": {
        "workflow_key": "release", "project_key": "shop", "task_id": 3, "status": "failed",
        "inputs": [{"job_name": "deploy", "job_type": "freestyle"}]}}]);
    let begin = *random.pick(&["planning", "executing", "executing"]);
    json!([
        {"id": PLAN_IDS[0], "index": 1, "name": "approved", "manager": "demo", "status": "wait_for_approval",
            "approval": approval, "jobs": text("")},
        {"id": PLAN_IDS[1], "index": 2, "name": "texts", "manager": "demo", "status": begin, "jobs": text("todo")},
        {"id": PLAN_IDS[2], "index": 3, "name": "workflows", "manager": "demo", "status": "executing", "jobs": workflow}])
}

/// A workflow with a task that waits for the start of a stage and one that waits for an approval, and another with a task
/// that waits for a decision on a failure.
fn some_workflows() -> Value {
    let users =
        ["emulator", "demo"].map(|id| json!({"type": "user", "user_id": id, "user_name": id}));
    let history = |record: Value, steps: Value| {
        json!({"progress": {"begun": record}, "creator_id": "demo", "created": 0, "queued": 0,
            "build_concurrency": 5, "jobs": [{"steps": steps, "timeout": 1_000}]})
    };
    let waiting = json!({"started": 0, "tree": {"step": 0}, "does": ["gate"], "rules": [{"step": 0, "fails_alone": true}],
        "lead": 0, "brake": 0});
    let failed = json!({"started": 0, "tree": {"seq": [{"step": 0}, {"step": 1}]},
        "does": [{"work": {"takes": 1, "fails": "no"}}, "gate"],
        "rules": [{"step": 0, "ignores_failure": true}, {"step": 1, "fails_alone": true}], "lead": 0, "brake": 0});
    let spec = json!({"type": "native", "native_approval": {"needed_approvers": 1, "approve_users": users}});
    let policy = json!({"policy": "manual_check", "maximum_retry": 0, "approval_users": users});
    let manual = json!({"enabled": true, "manual_exec_users": users});
    json!([
        {"workflow_key": "release", "stages": [
            {"name": "ask", "jobs": [{"name": "ask", "type": "approval", "spec": spec}]},
            {"name": "deploy", "manual_exec": manual, "jobs": [{"name": "deploy", "type": "freestyle"}]}],
         "tasks": [
            {"task_id": 1, "status": "pause", "stages": [{"name": "deploy", "status": "pause", "manual_exec": manual,
                "jobs": [{"name": "job-1-0-0-deploy", "origin_name": "deploy", "type": "freestyle"}]}]},
            {"task_id": 2, "status": "running", "stages": [{"name": "ask", "jobs": [
                {"name": "job-0-0-0-ask", "origin_name": "ask", "type": "approval", "spec": spec}]}],
             "emulator": history(waiting, json!({"work": 0}))},
            {"task_id": 3, "status": "failed", "stages": [{"name": "deploy", "status": "failed",
                "jobs": [{"name": "job-1-0-0-deploy", "origin_name": "deploy", "type": "freestyle", "status": "failed"}]}]}]},
        {"workflow_key": "checked", "stages": [{"name": "check", "jobs": [
            {"name": "check", "type": "freestyle", "error_policy": policy}]}],
         "tasks": [{"task_id": 1, "status": "running", "stages": [{"name": "check", "jobs": [
            {"name": "job-0-0-0-check", "origin_name": "check", "type": "freestyle", "error_policy": policy}]}],
            "emulator": history(failed, json!({"work": 0, "handling": 1}))}]}])
}

/// The number of times that an operation is in the draw.
fn weight(operation: &Operation) -> usize {
    match &*operation.id {
        "Reset" | "RewindClock" | "RestoreSnapshot" | "ReplaceState" | "MergeState"
        | "ShowOpenApi" | "ListOperations" | "Listen" => 1,
        "AdvanceClock" => 24,
        "OperatePipeline" | "RollbackReleasePlan" => 20,
        id if id.starts_with("Clear") => 2,
        "AddFault" => 4,
        "ShowFault" | "ReplaceFault" => 10,
        id if id.starts_with("Create") || id.starts_with("Execute") => 10,
        _ => 5,
    }
}

/// The first parts of a path, by which operations belong together.
fn folder(template: &str) -> String {
    let fixed = template
        .split('/')
        .filter(|part| parameter_name(part).is_none());
    fixed.take(4).collect::<Vec<_>>().join("/")
}

/// Changes what would make the fuzz itself wait: delays of faults, clocks that run, far instants.
fn keep_quick(body: &mut Value) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(keep_quick),
        Value::Object(fields) => {
            for (field, value) in fields {
                match &**field {
                    "delay_ms" => *value = json!(1),
                    "slow_bytes_per_s" => *value = json!(100_000_000),
                    "mode" => *value = json!("frozen"),
                    "within_ms" if value.as_u64().is_some_and(|ms| ms < 60_000) => {
                        *value = json!(1);
                    }
                    "now" if value.as_str().is_some_and(|now| now > "2026-06") => {
                        *value = json!("2026-01-20T00:00:00Z");
                    }
                    "ms" if value.as_f64().is_some_and(|ms| ms > 4e9) => *value = json!(7_000),
                    _ => keep_quick(value),
                }
            }
        }
        _ => {}
    }
}

/// A value as a parameter.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// A value in a URL.
pub(crate) fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%2E", ".")
        .replace("%5F", "_")
}

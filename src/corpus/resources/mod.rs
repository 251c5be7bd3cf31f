//! The resources that answers show, as a state document.
//!
//! Fixtures have the shape of answers, so a list or a detail that was seen is a fixture as it is. What a fixture cannot have
//! is taken out until the state can be loaded, and listed.

mod repair;
mod zadig;

use indexmap::IndexMap;
use serde_json::Value;

use crate::http::json::value::OrderedValue;

/// The key of the project for what belongs to none.
const ANY_PROJECT: &str = "imported";

/// A successful answer to a read.
pub struct SeenAnswer<'a> {
    pub operation: &'a str,
    /// A parameter of the path or the query.
    pub parameter: &'a dyn Fn(&str) -> Option<String>,
    pub body: &'a OrderedValue,
}

/// The resources of answers.
#[derive(Clone, Debug, Default)]
pub struct Harvest {
    asm: Keyed,
    servicestage: Keyed,
    zadig: Keyed,
    zadig_plans: Vec<OrderedValue>,
    registries: Vec<OrderedValue>,
    users: Keyed,
    is_v4: bool,
    /// The parts that cannot be used, a line each.
    pub unusable: Vec<String>,
}

/// Objects by an id.
type Keyed = IndexMap<String, OrderedValue>;

fn object(fields: impl IntoIterator<Item = (&'static str, OrderedValue)>) -> OrderedValue {
    let fields = fields.into_iter();
    OrderedValue::Object(
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn text(text: &str) -> OrderedValue {
    OrderedValue::Scalar(text.into())
}

fn field<'v>(value: &'v OrderedValue, name: &str) -> Option<&'v OrderedValue> {
    match value {
        OrderedValue::Object(fields) => fields.get(name),
        _ => None,
    }
}

fn text_of<'v>(value: &'v OrderedValue, name: &str) -> Option<&'v str> {
    match field(value, name)? {
        OrderedValue::Scalar(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn items(value: Option<&OrderedValue>) -> Option<&[OrderedValue]> {
    match value? {
        OrderedValue::Array(items) => Some(items),
        _ => None,
    }
}

/// The list of an object by its name, which is made if there is none.
fn list<'v>(value: &'v mut OrderedValue, name: &str) -> Option<&'v mut Vec<OrderedValue>> {
    let OrderedValue::Object(fields) = value else {
        return None;
    };
    let list = fields.entry(name.to_owned());
    match list.or_insert_with(|| OrderedValue::Array(Vec::new())) {
        OrderedValue::Array(items) => Some(items),
        _ => None,
    }
}

/// Adds an item to a list, or adds its fields to the one that has the same key. Both tell the key by `key_of`.
fn upsert(
    list: &mut Vec<OrderedValue>,
    item: OrderedValue,
    key_of: impl Fn(&OrderedValue) -> Option<String>,
) {
    let key = key_of(&item);
    let known = list
        .iter_mut()
        .find(|known| key.is_some() && key_of(known) == key);
    match (known, item) {
        (Some(OrderedValue::Object(known)), OrderedValue::Object(fields)) => {
            // The form of a list and that of a detail do not mix.
            if fields.contains_key("version_info") || known.contains_key("version_info") {
                if fields.contains_key("version_info") {
                    *known = fields;
                }
                return;
            }
            known.extend(fields);
        }
        (_, item) => list.push(item),
    }
}

fn by(name: &'static str) -> impl Fn(&OrderedValue) -> Option<String> {
    move |value| match field(value, name)? {
        OrderedValue::Scalar(Value::String(text)) => Some(text.clone()),
        OrderedValue::Scalar(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

fn with(value: &OrderedValue, name: &str, added: OrderedValue) -> OrderedValue {
    let mut value = value.clone();
    if let OrderedValue::Object(fields) = &mut value {
        fields.insert(name.to_owned(), added);
    }
    value
}

impl Harvest {
    /// Adds what an answer shows. False: it shows nothing that a fixture can have.
    pub fn add(&mut self, seen: &SeenAnswer) -> bool {
        let body = seen.body;
        let parameter = |name: &str| (seen.parameter)(name).unwrap_or_default();
        match seen.operation {
            "ListAccessibleMeshes" => self.meshes(items(field(body, "items")), ""),
            "ListMeshes" => self.meshes(items(field(body, "items")), &parameter("project_id")),
            "ShowMesh" => self.meshes(Some(std::slice::from_ref(body)), &parameter("project_id")),
            "GetAllReleases" => self.releases(items(field(body, "items")), &parameter("mesh_id")),
            "GetReleaseByName" => {
                self.releases(Some(std::slice::from_ref(body)), &parameter("mesh_id"))
            }
            "ListReleasePlans" => {
                let rows = items(field(body, "release_plans"));
                self.in_stage_project(&parameter("project_id"), "release_plans", rows)
            }
            "ShowReleasePlan" => {
                let row = Some(std::slice::from_ref(body));
                self.in_stage_project(&parameter("project_id"), "release_plans", row)
            }
            "ListPipelines" => {
                let rows = items(Some(body)).or_else(|| items(field(body, "pipelines")));
                self.in_stage_project(&parameter("project_id"), "pipelines", rows)
            }
            "ShowPipeline" => {
                let row = Some(std::slice::from_ref(body));
                self.in_stage_project(&parameter("project_id"), "pipelines", row)
            }
            "ShowPipelineHooks" => {
                let row = object([
                    ("id", text(&parameter("pipeline_id"))),
                    ("hooks", body.clone()),
                ]);
                self.in_stage_project(&parameter("project_id"), "pipelines", Some(&[row]))
            }
            _ => self.add_of_zadig(seen) || self.add_of_iam(seen),
        }
    }

    /// Adds what a request names and nothing has shown yet, with its id alone.
    pub fn add_named(&mut self, parameter: &dyn Fn(&str) -> Option<String>) {
        let project = parameter("project_id").unwrap_or_default();
        let row = |id: String| [object([("id", text(&id))])];
        if let Some(id) = parameter("pipeline_id") {
            self.in_stage_project(&project, "pipelines", Some(&row(id)));
        }
        if let Some(id) = parameter("release_plan_id") {
            self.in_stage_project(&project, "release_plans", Some(&row(id)));
        }
        if let Some(mesh) = parameter("mesh_id") {
            self.releases(Some(&[]), &mesh);
        }
    }

    fn meshes(&mut self, rows: Option<&[OrderedValue]>, project: &str) -> bool {
        let Some(rows) = rows else {
            return false;
        };
        for row in rows {
            let metadata = field(row, "metadata");
            let id = metadata.and_then(|metadata| text_of(metadata, "uid"));
            let Some(id) = id else {
                continue;
            };
            let name = metadata
                .and_then(|metadata| text_of(metadata, "name"))
                .unwrap_or(id);
            let mut emulator = IndexMap::from([("mesh".to_owned(), row.clone())]);
            if !project.is_empty() {
                emulator.insert("project".to_owned(), text(project));
            }
            let mesh = self
                .asm
                .entry(id.to_owned())
                .or_insert_with(|| object([("id", text(id))]));
            if let OrderedValue::Object(fields) = mesh {
                fields.insert("name".to_owned(), text(name));
                fields.insert("emulator".to_owned(), OrderedValue::Object(emulator));
            }
        }
        true
    }

    fn releases(&mut self, rows: Option<&[OrderedValue]>, mesh: &str) -> bool {
        let Some(rows) = rows else {
            return false;
        };
        let mesh = self
            .asm
            .entry(mesh.to_owned())
            .or_insert_with(|| object([("id", text(mesh))]));
        if let Some(releases) = list(mesh, "releases") {
            for row in rows {
                upsert(releases, row.clone(), |release| {
                    let metadata = field(release, "metadata")?;
                    let namespace = text_of(metadata, "namespace").unwrap_or_default();
                    Some(format!("{namespace}/{}", text_of(metadata, "name")?))
                });
            }
        }
        true
    }

    fn in_stage_project(
        &mut self,
        project: &str,
        name: &str,
        rows: Option<&[OrderedValue]>,
    ) -> bool {
        let Some(rows) = rows else {
            return false;
        };
        let new = || object([("id", text(project))]);
        let project = self
            .servicestage
            .entry(project.to_owned())
            .or_insert_with(new);
        if let Some(known) = list(project, name) {
            for row in rows {
                upsert(known, row.clone(), by("id"));
            }
        }
        true
    }

    fn add_of_iam(&mut self, seen: &SeenAnswer) -> bool {
        let body = seen.body;
        match seen.operation {
            "ListProjects" | "ListAuthProjects" => {
                let rows = items(field(body, "projects"));
                self.iam_projects(rows)
            }
            "ShowProject" => {
                let row = field(body, "project");
                self.iam_projects(row.map(std::slice::from_ref))
            }
            "ShowToken" | "CreateToken" => {
                let Some(token) = field(body, "token") else {
                    return false;
                };
                let Some(user) = field(token, "user") else {
                    return false;
                };
                let Some(name) = text_of(user, "name").map(str::to_owned) else {
                    return false;
                };
                let domain = field(user, "domain").and_then(|domain| text_of(domain, "name"));
                let domain = domain.unwrap_or_default().to_owned();
                let known = self.user(&name);
                if let OrderedValue::Object(fields) = &mut *known {
                    fields.insert("domain".to_owned(), text(&domain));
                }
                let project = field(token, "project");
                if let Some(project) = project {
                    let project = keep(project, &["id", "name"]);
                    if let Some(projects) = list(known, "projects") {
                        upsert(projects, project, by("id"));
                    }
                }
                true
            }
            "ListUsers" => {
                let rows = items(field(body, "users"));
                for row in rows.into_iter().flatten() {
                    if let Some(name) = text_of(row, "name") {
                        self.user(name);
                    }
                }
                rows.is_some()
            }
            _ => false,
        }
    }

    fn user(&mut self, name: &str) -> &mut OrderedValue {
        let new = || object([("name", text(name))]);
        self.users.entry(name.to_owned()).or_insert_with(new)
    }

    fn iam_projects(&mut self, rows: Option<&[OrderedValue]>) -> bool {
        let name = self.users.keys().next().cloned();
        let user = self.user(&name.unwrap_or_else(|| ANY_PROJECT.to_owned()));
        if let Some(projects) = list(user, "projects") {
            for row in rows.into_iter().flatten() {
                upsert(projects, keep(row, &["id", "name"]), by("id"));
            }
        }
        rows.is_some()
    }

    /// True if nothing was seen.
    pub fn is_empty(&self) -> bool {
        let keyed = [&self.asm, &self.servicestage, &self.zadig, &self.users];
        let lists = [&self.zadig_plans, &self.registries];
        keyed.iter().all(|keyed| keyed.is_empty()) && lists.iter().all(|list| list.is_empty())
    }

    /// True if the answers are those of Zadig's second generation.
    pub const fn is_v4(&self) -> bool {
        self.is_v4
    }

    fn document(&self) -> OrderedValue {
        let all = |keyed: &Keyed| OrderedValue::Array(keyed.values().cloned().collect());
        let mut parts = Vec::new();
        if !self.asm.is_empty() {
            parts.push(("asm", object([("meshes", all(&self.asm))])));
        }
        if !self.servicestage.is_empty() {
            parts.push((
                "servicestage",
                object([("projects", all(&self.servicestage))]),
            ));
        }
        let mut projects = self.zadig.clone();
        if !self.registries.is_empty() {
            let key = projects
                .keys()
                .next()
                .cloned()
                .unwrap_or_else(|| ANY_PROJECT.to_owned());
            let new = || object([("key", text(&key))]);
            let project = projects.entry(key.clone()).or_insert_with(new);
            if let Some(registries) = list(project, "registries") {
                registries.extend(self.registries.clone());
            }
        }
        let mut zadig = Vec::new();
        if self.is_v4 {
            zadig.push(("generation", text("v4")));
        }
        if !projects.is_empty() {
            zadig.push(("projects", all(&projects)));
        }
        if !self.zadig_plans.is_empty() {
            // The list is newest first, and fixtures are oldest first.
            let plans = self.zadig_plans.iter().rev().cloned().collect();
            zadig.push(("release_plans", OrderedValue::Array(plans)));
        }
        if !zadig.is_empty() {
            parts.push(("zadig", object(zadig)));
        }
        if !self.users.is_empty() {
            parts.push(("identities", object([("users", all(&self.users))])));
        }
        object(parts)
    }
}

fn keep(value: &OrderedValue, names: &[&'static str]) -> OrderedValue {
    object(
        names
            .iter()
            .filter_map(|name| Some((*name, field(value, name)?.clone()))),
    )
}

//! The resources of Zadig that answers show.

use super::{
    ANY_PROJECT, Harvest, SeenAnswer, by, field, items, list, object, text, text_of, upsert, with,
};
use crate::http::json::value::OrderedValue;

impl Harvest {
    pub(super) fn add_of_zadig(&mut self, seen: &SeenAnswer) -> bool {
        let body = seen.body;
        let parameter = |name: &str| (seen.parameter)(name).unwrap_or_default();
        let project = parameter("projectKey");
        let one = || Some(std::slice::from_ref(body));
        let is_production = seen.operation.contains("Production");
        let flagged = |row: &OrderedValue| {
            with(
                row,
                "production",
                OrderedValue::Scalar(is_production.into()),
            )
        };
        match seen.operation {
            "ListVersions" => {
                let rows = items(field(body, "list"));
                self.is_v4 |= rows
                    .into_iter()
                    .flatten()
                    .any(|row| field(row, "source").is_some());
                self.in_project(&project, "versions", rows, by("id"))
            }
            "GetVersion" => {
                if field(body, "version_info").is_some() {
                    return self.in_project(&project, "versions", one(), |version| {
                        let info = field(version, "version_info").unwrap_or(version);
                        text_of(info, "id").map(str::to_owned)
                    });
                }
                if field(body, "project_name").is_none() {
                    return false;
                }
                self.is_v4 = true;
                let row = with(body, "id", text(&parameter("id")));
                self.in_project(&project, "versions", Some(&[row]), by("id"))
            }
            "ListEnvironments" | "ListProductionEnvironments" => {
                self.in_project(&project, "environments", items(Some(body)), by("env_key"))
            }
            "GetEnvironment" | "GetProductionEnvironment" => self.in_project(
                &project,
                "environments",
                Some(&[flagged(body)]),
                by("env_key"),
            ),
            "ListYamlServices" | "ListProductionYamlServices" => {
                let rows: Vec<_> = items(Some(body))
                    .into_iter()
                    .flatten()
                    .map(flagged)
                    .collect();
                self.in_project(&project, "service_templates", Some(&rows), service_key)
            }
            "GetYamlService" | "GetProductionYamlService" => {
                let row = flagged(body);
                self.in_project(&project, "service_templates", Some(&[row]), service_key)
            }
            "ListRegistries" => self.registry_rows(items(Some(body))),
            "GetRegistry" => self.registry_rows(one()),
            "ListWorkflows" => {
                let rows = items(field(body, "workflows"));
                self.in_project(&project, "workflows", rows, by("workflow_key"))
            }
            "GetWorkflow" => self.in_project(&project, "workflows", one(), by("workflow_key")),
            "ListWorkflowTasks" => self.tasks(items(field(body, "workflow_tasks")), &project),
            "GetWorkflowTask" => self.tasks(one(), &project),
            "ListZadigProjects" => {
                let rows = items(field(body, "projects"));
                for row in rows.into_iter().flatten() {
                    self.project_of(row);
                }
                rows.is_some()
            }
            "GetZadigProject" => self.project_of(body),
            "ListZadigReleasePlans" => {
                let rows = items(field(body, "list"));
                for row in rows.into_iter().flatten() {
                    upsert(&mut self.zadig_plans, row.clone(), by("id"));
                }
                rows.is_some()
            }
            "GetZadigReleasePlan" => {
                upsert(&mut self.zadig_plans, body.clone(), by("id"));
                true
            }
            _ => false,
        }
    }

    fn zadig_project(&mut self, key: &str) -> &mut OrderedValue {
        let key = if key.is_empty() { ANY_PROJECT } else { key };
        let new = || object([("key", text(key))]);
        self.zadig.entry(key.to_owned()).or_insert_with(new)
    }

    fn in_project(
        &mut self,
        project: &str,
        name: &str,
        rows: Option<&[OrderedValue]>,
        key_of: impl Fn(&OrderedValue) -> Option<String>,
    ) -> bool {
        let Some(rows) = rows else {
            return false;
        };
        if let Some(known) = list(self.zadig_project(project), name) {
            for row in rows {
                upsert(known, row.clone(), &key_of);
            }
        }
        true
    }

    fn registry_rows(&mut self, rows: Option<&[OrderedValue]>) -> bool {
        for row in rows.into_iter().flatten() {
            upsert(&mut self.registries, row.clone(), by("registry_id"));
        }
        rows.is_some()
    }

    fn tasks(&mut self, rows: Option<&[OrderedValue]>, project: &str) -> bool {
        for row in rows.into_iter().flatten() {
            let project = text_of(row, "project_key").unwrap_or(project).to_owned();
            let Some(key) = text_of(row, "workflow_key").map(str::to_owned) else {
                continue;
            };
            let Some(workflows) = list(self.zadig_project(&project), "workflows") else {
                continue;
            };
            let name = by("workflow_key");
            if !workflows
                .iter()
                .any(|known| name(known).as_ref() == Some(&key))
            {
                workflows.push(object([("workflow_key", text(&key))]));
            }
            let workflow = workflows
                .iter_mut()
                .find(|known| name(known).as_ref() == Some(&key));
            if let Some(tasks) = workflow.and_then(|workflow| list(workflow, "tasks")) {
                upsert(tasks, row.clone(), by("task_id"));
            }
        }
        rows.is_some()
    }

    fn project_of(&mut self, row: &OrderedValue) -> bool {
        let Some(key) = text_of(row, "project_key").map(str::to_owned) else {
            return false;
        };
        let project = self.zadig_project(&key);
        let (OrderedValue::Object(project), OrderedValue::Object(fields)) = (project, row) else {
            return false;
        };
        for (name, value) in fields {
            let name = match name.as_str() {
                "project_key" => continue,
                "project_name" => "name",
                "desc" => "description",
                "is_public" => "public",
                name => name,
            };
            project.insert(name.to_owned(), value.clone());
        }
        true
    }
}

fn service_key(service: &OrderedValue) -> Option<String> {
    let is_production = field(service, "production") == Some(&OrderedValue::Scalar(true.into()));
    let name = text_of(service, "service_name").or_else(|| text_of(service, "name"))?;
    Some(format!("{is_production}/{name}"))
}

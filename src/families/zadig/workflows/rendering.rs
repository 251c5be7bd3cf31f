//! The variables of a workflow in the settings and the inputs of its jobs, of which a task gets the values.

use std::borrow::Cow;

use foldhash::HashMap;

use super::model::definition::Workflow;
use super::wire::request::{CustomTaskParam, JobInput};
use crate::families::zadig::go_json::any_value::AnyValue;
use crate::families::zadig::go_json::scan::JsonToken;
use crate::http::json::RawJson;

const OPENING: &str = "{{.workflow.params.";
const CLOSING: &str = "}}";

/// The values of the variables of a task.
pub struct ParamValues(HashMap<String, String>);

impl ParamValues {
    /// The values of a workflow's variables; one that is made up has those of the request.
    pub fn new(workflow: &Workflow, parameters: &[Option<CustomTaskParam>]) -> Self {
        let mut values = HashMap::default();
        if workflow.is_made_up {
            for given in parameters.iter().flatten() {
                values.insert(given.name.clone(), given.value.clone());
            }
        }
        for param in &workflow.params {
            values.insert(param.name.clone(), param.value.clone());
        }
        Self(values)
    }

    /// Puts the values into the settings of the jobs.
    pub fn render(&self, workflow: &mut Workflow) {
        for job in workflow.stages.iter_mut().flat_map(|stage| &mut stage.jobs) {
            let rendered = job.spec.as_ref().and_then(|spec| self.render_json(spec));
            if rendered.is_some() {
                job.spec = rendered;
            }
        }
    }

    /// The inputs with the values in them.
    pub fn render_inputs<'a>(&self, inputs: &'a [Option<JobInput>]) -> Cow<'a, [Option<JobInput>]> {
        let names_variable = |token: &JsonToken| match token {
            JsonToken::String(text) => text.contains(OPENING),
            _ => false,
        };
        let mut given = inputs.iter().flatten();
        if !given.any(|input| input.parameters.0.iter().any(names_variable)) {
            return Cow::Borrowed(inputs);
        }
        let mut inputs = inputs.to_vec();
        for input in inputs.iter_mut().flatten() {
            self.render_tokens(&mut input.parameters);
        }
        Cow::Owned(inputs)
    }

    fn render_tokens(&self, parameters: &mut AnyValue) {
        for token in &mut parameters.0 {
            if let JsonToken::String(text) = token {
                *text = self.render_text(text, str::to_owned);
            }
        }
    }

    /// JSON with the values in its strings; none if they name no variable.
    fn render_json(&self, json: &RawJson) -> Option<RawJson> {
        if !json.text().contains(OPENING) {
            return None;
        }
        let escaped = |value: &str| {
            let quoted = serde_json::Value::from(value).to_string();
            let inner = quoted
                .strip_prefix('"')
                .and_then(|quoted| quoted.strip_suffix('"'));
            inner.unwrap_or_default().to_owned()
        };
        serde_json::from_str(&self.render_text(json.text(), escaped)).ok()
    }

    /// A text with the values in place of the names. An unknown variable is empty, as in the service.
    fn render_text(&self, text: &str, written: impl Fn(&str) -> String) -> String {
        let mut rendered = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPENING) {
            rendered.push_str(before);
            match after.split_once(CLOSING) {
                // A name does not go beyond the end of a string.
                Some((name, behind)) if !name.contains('"') => {
                    let value = self.0.get(name).map(|value| written(value));
                    rendered.push_str(&value.unwrap_or_default());
                    rest = behind;
                }
                _ => {
                    rendered.push_str(OPENING);
                    rest = after;
                }
            }
        }
        rendered.push_str(rest);
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_values_and_unknown_ones_become_empty() {
        let values = [("env", "dev"), ("note", "a \"b\"\n")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values = ParamValues(HashMap::from_iter(values));
        let render = |text: &str| values.render_text(text, str::to_owned);
        assert_eq!(
            render("x-{{.workflow.params.env}}-{{.workflow.params.none}}."),
            "x-dev-."
        );
        for untouched in ["", "{{.job.a.IMAGE}}", "{{.workflow.params.env"] {
            assert_eq!(render(untouched), untouched);
        }
        let json = RawJson::new(&["{{.workflow.params.note}}", "{{.workflow.params.", "}}"]);
        let rendered = values.render_json(&json).unwrap();
        assert_eq!(
            rendered.text(),
            r#"["a \"b\"\n","{{.workflow.params.","}}"]"#
        );
        assert_eq!(values.render_json(&RawJson::empty_list()), None);
    }
}

//! A pattern of steps, by which a script selects those that it decides.

use serde::{Deserialize, Serialize};

use super::glob::Glob;
use super::step_name::{StepName, Unit};
use crate::sim::pack::{pack_enums, pack_structs};

/// The work that a step belongs to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(test, schema(as = ScriptedWork))]
#[non_exhaustive]
pub enum Work {
    /// A run.
    #[default]
    Run,
    /// A rollback.
    Rollback,
    /// Winding down after an abort.
    Abort,
    /// Creation of the resource itself.
    Create,
    /// Deletion of the resource itself.
    Delete,
}

/// A step of work about to be frozen, as scripts see it.
#[derive(Clone, Copy, Debug)]
pub struct StepQuery<'a> {
    /// The family (`asm`, `plans`, `pipelines`, `zadig`).
    pub family: &'static str,
    /// The project, mesh or project key.
    pub scope: &'a str,
    /// The resource's id.
    pub id: &'a str,
    /// The resource's name.
    pub name: &'a str,
    pub step: StepName<&'a str>,
    /// Another name of the step, if it has two.
    pub alias: Option<&'a str>,
    pub work: Work,
}

/// A kind of work that a family does.
#[derive(Clone, Copy, Debug)]
pub struct FamilyWork {
    /// The family.
    pub family: &'static str,
    pub work: Work,
    /// The part of a resource that its steps belong to.
    pub unit: Unit<()>,
    /// True if the request that starts the work may name a scope, a resource or steps that are not known before.
    pub names_its_steps: bool,
}

/// The name of a family whose work can be scripted. The registry knows them, and gives the schema its words.
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = ScriptFamily))]
pub struct FamilyName(#[expect(dead_code, reason = "only the schema is used")] String);

/// A pattern of steps; every field that is given must match. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(test, schema(as = ScriptMatch))]
pub struct StepPattern {
    /// The family.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<FamilyName>))]
    pub family: Option<String>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub scope: Option<Glob>,
    /// The resource's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub name: Option<Glob>,
    /// The stage of the step: of a pipeline its name, of a plan the `seq` of the batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub stage: Option<Glob>,
    /// The service of the step, in a delivery version.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub service: Option<Glob>,
    /// The step: a task, a component, an image, a chart; the resource's name if it has no steps. With a slash also its
    /// path: `stage/step` or `service/step`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>))]
    pub step: Option<Glob>,
    /// The work that the step belongs to.
    pub work: Work,
}

/// A field of a pattern, in the order in which they are compared.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum PatternField {
    Family,
    Work,
    Scope,
    Name,
    Stage,
    Service,
    Step,
}

impl StepPattern {
    pub(super) fn matches(&self, query: &StepQuery) -> bool {
        self.first_misfit(query).is_none()
    }

    /// The first field that a step does not match.
    pub fn first_misfit(&self, query: &StepQuery) -> Option<PatternField> {
        let misses = |glob: &Option<Glob>, text: Option<&&str>| {
            glob.as_ref()
                .is_some_and(|glob| !text.is_some_and(|text| glob.matches(text)))
        };
        let step = &query.step;
        let is_other_family = |family: &String| family != query.family;
        if self.family.as_ref().is_some_and(is_other_family) {
            Some(PatternField::Family)
        } else if self.work != query.work {
            Some(PatternField::Work)
        } else if misses(&self.scope, Some(&query.scope)) {
            Some(PatternField::Scope)
        } else if misses(&self.name, Some(&query.name)) && misses(&self.name, Some(&query.id)) {
            Some(PatternField::Name)
        } else if misses(&self.stage, step.stage()) {
            Some(PatternField::Stage)
        } else if misses(&self.service, step.service()) {
            Some(PatternField::Service)
        } else if misses(&self.step, Some(&step.step)) && !self.names_other(query) {
            Some(PatternField::Step)
        } else {
            None
        }
    }

    /// True if `step` matches the other name of a step, or has a slash and matches the path with either name. Without one it
    /// would also match every step below a unit: `b*` those of the stage `build`.
    fn names_other(&self, query: &StepQuery) -> bool {
        let Some(glob) = &self.step else {
            return false;
        };
        let alias = query.alias.map(|step| StepName {
            unit: query.step.unit,
            step,
        });
        if is_path(glob) {
            let is_path = |name: StepName<&str>| glob.matches(&name.path());
            return is_path(query.step) || alias.is_some_and(is_path);
        }
        alias.is_some_and(|alias| glob.matches(alias.step))
    }

    /// The text of a field, if the pattern has it.
    pub fn text(&self, field: PatternField) -> Option<&str> {
        let glob = match field {
            PatternField::Family => return self.family.as_deref(),
            PatternField::Work => return Some(self.work.into()),
            PatternField::Scope => &self.scope,
            PatternField::Name => &self.name,
            PatternField::Stage => &self.stage,
            PatternField::Service => &self.service,
            PatternField::Step => &self.step,
        };
        glob.as_ref().map(Glob::as_str)
    }

    /// The text of a step that is compared with a field.
    pub fn compared(&self, field: PatternField, query: &StepQuery) -> String {
        let text = match field {
            PatternField::Family => query.family,
            PatternField::Work => query.work.into(),
            PatternField::Scope => query.scope,
            PatternField::Name => query.name,
            PatternField::Stage => query.step.stage().copied().unwrap_or_default(),
            PatternField::Service => query.step.service().copied().unwrap_or_default(),
            PatternField::Step if self.step.as_ref().is_some_and(is_path) => {
                return query.step.path();
            }
            PatternField::Step => query.step.step,
        };
        text.to_owned()
    }
}

fn is_path(glob: &Glob) -> bool {
    glob.as_str().contains('/')
}

pack_enums! {
    Work { 0: Run, 1: Rollback, 2: Abort, 3: Create, 4: Delete }
}

pack_structs! {
    StepPattern { family, scope, name, stage, service, step, work }
}

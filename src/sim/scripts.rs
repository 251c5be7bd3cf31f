//! Scripts: outcomes set in advance for the work that starts next.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::glob::Glob;
use super::lifecycle::{Outcome, StepPlan};
use super::{Millis, NEVER};

/// The work that a step belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScriptedWork)]
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
    /// The step's name (task, component, image, chart), or the resource's if it has no steps.
    pub step: &'a str,
    pub work: Work,
}

/// A pattern of steps; every field that is given must match. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ScriptMatch)]
pub struct StepPattern {
    /// `asm`, `plans`, `pipelines` or `zadig`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^(asm|plans|pipelines|zadig)$")]
    pub family: Option<String>,
    /// The project, mesh or project key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub scope: Option<Glob>,
    /// The resource's name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Glob>,
    /// The step: a task, a component, an image, a chart; the resource's name if it has no steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub step: Option<Glob>,
    /// The work that the step belongs to.
    pub work: Work,
}

impl StepPattern {
    fn matches(&self, query: &StepQuery) -> bool {
        let matches = |glob: &Option<Glob>, texts: &[&str]| {
            glob.as_ref()
                .is_none_or(|glob| texts.iter().any(|text| glob.matches(text)))
        };
        self.work == query.work
            && self
                .family
                .as_ref()
                .is_none_or(|family| family == query.family)
            && matches(&self.scope, &[query.scope])
            && matches(&self.name, &[query.name, query.id])
            && matches(&self.step, &[query.step])
    }
}

/// The end of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScriptedOutcome {
    #[default]
    Succeed,
    Fail,
    Hang,
}

/// The course of one step of a sequence. The default is that of a step without a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedStep {
    /// The end of the step; absent: `succeed`.
    #[serde(default)]
    pub outcome: ScriptedOutcome,
    /// The reason of a failure; only with `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The length of the step in milliseconds; absent: the usual length. Not with `hang`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    pub takes_ms: Option<Millis>,
}

impl ScriptedStep {
    fn result(self) -> Outcome {
        match self.outcome {
            ScriptedOutcome::Fail => Outcome::Fail(self.message.unwrap_or_default().into()),
            ScriptedOutcome::Succeed | ScriptedOutcome::Hang => Outcome::Succeed,
        }
    }
}

/// The outcome of steps to come, and a pattern that selects the steps. Either every step gets the same (`outcome`,
/// `message`, `takes_ms`, `times`), or one after the other gets the next of a `sequence`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The steps it applies to; absent: all steps of runs.
    #[serde(default, rename = "match")]
    pub(crate) pattern: StepPattern,
    /// The end of the steps; absent: `succeed`, unless there is a `sequence`.
    pub(crate) outcome: Option<ScriptedOutcome>,
    /// The reason of a failure; only with `fail`.
    pub(crate) message: Option<String>,
    /// The length of a step in milliseconds; absent: the usual length. Not with `hang`.
    #[schema(minimum = 0, maximum = 9_223_372_036_854_775_806_i64, value_type = Option<i64>)]
    pub(crate) takes_ms: Option<Millis>,
    /// The number of steps it decides; absent: any number.
    #[schema(minimum = 1, maximum = 18_446_744_073_709_551_615_u64, value_type = Option<usize>)]
    pub(crate) times: Option<u64>,
    /// One step after the other, in place of the four fields above; used up after the last.
    #[schema(min_items = 1)]
    pub(crate) sequence: Option<Vec<ScriptedStep>>,
    /// The first misuse of the builder, refused when the script is added.
    #[serde(skip)]
    pub(crate) misuse: Option<&'static str>,
}

impl Script {
    /// The course of the next step after `used` others; none once the script is used up.
    pub(crate) fn nth_step(&self, used: u64) -> Option<ScriptedStep> {
        match &self.sequence {
            Some(steps) => steps.get(usize::try_from(used).ok()?).cloned(),
            None if self.times.is_some_and(|times| used >= times) => None,
            None => Some(ScriptedStep {
                outcome: self.outcome.unwrap_or_default(),
                message: self.message.clone(),
                takes_ms: self.takes_ms,
            }),
        }
    }
}

/// A script in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedScript {
    /// The id that it got when it was added.
    pub id: String,
    /// The script as it was added.
    pub script: Script,
    /// The number of steps it has decided.
    pub used: u64,
}

impl ListedScript {
    /// A script that has decided nothing yet.
    pub fn new(id: String, script: Script) -> Self {
        Self {
            id,
            script,
            used: 0,
        }
    }
}

/// The scripts in force, in the order they were added, and the usual length of a step.
#[derive(Clone, Debug)]
pub struct Scripts {
    list: Vec<ListedScript>,
    step: Millis,
    /// The ids of the scripts that decided something since they were last taken, each once.
    used_ids: Vec<String>,
}

impl Scripts {
    /// No scripts; a step of work takes `step`.
    pub fn new(step: Millis) -> Self {
        Self {
            list: Vec::new(),
            step,
            used_ids: Vec::new(),
        }
    }

    /// The usual length of a step of work, which is also that of brief phases (stopping, restarting).
    pub fn step(&self) -> Millis {
        self.step
    }

    /// Decides the course of a step, once and for all: that of the first script that matches and is not used up,
    /// else success after the usual length.
    pub fn decide(&mut self, query: &StepQuery) -> StepPlan {
        let step = self.choose(query, |_| true);
        if step.outcome == ScriptedOutcome::Hang {
            return StepPlan::HANG;
        }
        StepPlan::Work {
            takes: step.takes_ms.unwrap_or(self.step),
            outcome: step.result(),
        }
    }

    /// Decides the outcome of work that is done before its command is answered. It takes no time, so a script
    /// whose next step would hang is passed over.
    pub fn decide_instant(&mut self, query: &StepQuery) -> Outcome {
        self.choose(query, |step| step.outcome != ScriptedOutcome::Hang)
            .result()
    }

    /// Decides the length of work that cannot fail: [`NEVER`] if it hangs.
    pub fn decide_length(&mut self, query: &StepQuery) -> Millis {
        let step = self.choose(query, |_| true);
        match step.outcome {
            ScriptedOutcome::Hang => NEVER,
            _ => step.takes_ms.unwrap_or(self.step),
        }
    }

    /// Uses the first script that matches, is not used up and has a possible next step.
    fn choose(
        &mut self,
        query: &StepQuery,
        is_possible: impl Fn(&ScriptedStep) -> bool,
    ) -> ScriptedStep {
        let chosen = self.list.iter_mut().find_map(|listed| {
            let step = listed.script.nth_step(listed.used).filter(&is_possible)?;
            listed
                .script
                .pattern
                .matches(query)
                .then_some((listed, step))
        });
        let Some((listed, step)) = chosen else {
            return ScriptedStep::default();
        };
        listed.used += 1;
        if !self.used_ids.contains(&listed.id) {
            self.used_ids.push(listed.id.clone());
        }
        step
    }

    /// Takes the ids of the scripts that decided something since the last call, each once, in the order of their
    /// first decision.
    pub fn take_used_ids(&mut self) -> Vec<String> {
        std::mem::take(&mut self.used_ids)
    }

    /// Adds a script behind the others.
    pub fn add(&mut self, listed: ListedScript) {
        self.list.push(listed);
    }

    /// The scripts in the order they were added.
    pub fn list(&self) -> &[ListedScript] {
        &self.list
    }

    /// The scripts that decided nothing so far, in the order they were added.
    pub fn unused(&self) -> impl Iterator<Item = &ListedScript> {
        self.list.iter().filter(|listed| listed.used == 0)
    }

    /// Removes a script; returns false if none has that id.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|listed| listed.id != id);
        self.used_ids.retain(|used| used != id);
        self.list.len() < before
    }

    /// Removes all scripts.
    pub fn clear(&mut self) {
        self.list.clear();
        self.used_ids.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::ScriptedOutcome::{Fail, Hang, Succeed};
    use super::*;

    const QUERY: StepQuery = StepQuery {
        family: "pipelines",
        scope: "p1",
        id: "4105",
        name: "release-a",
        step: "t2",
        work: Work::Run,
    };

    fn script(id: &str, step: Option<&str>, script: Script) -> ListedScript {
        let pattern = StepPattern {
            step: step.map(Glob::new),
            ..StepPattern::default()
        };
        ListedScript::new(id.to_owned(), Script { pattern, ..script })
    }

    fn step(outcome: ScriptedOutcome, takes_ms: Option<Millis>) -> ScriptedStep {
        let message = (outcome == ScriptedOutcome::Fail).then(|| "no image".to_owned());
        ScriptedStep {
            outcome,
            message,
            takes_ms,
        }
    }

    fn repeat(step: ScriptedStep, times: Option<u64>) -> Script {
        Script {
            outcome: Some(step.outcome),
            message: step.message,
            takes_ms: step.takes_ms,
            times,
            ..Script::default()
        }
    }

    fn sequence(steps: impl Into<Vec<ScriptedStep>>) -> Script {
        Script {
            sequence: Some(steps.into()),
            ..Script::default()
        }
    }

    fn work(takes: Millis, outcome: Outcome) -> StepPlan {
        StepPlan::Work { takes, outcome }
    }

    fn scripts(listed: impl IntoIterator<Item = ListedScript>) -> Scripts {
        let mut scripts = Scripts::new(2_000);
        listed.into_iter().for_each(|listed| scripts.add(listed));
        scripts
    }

    #[test]
    fn without_a_script_a_step_succeeds_after_the_usual_length() {
        let mut scripts = scripts([]);
        assert_eq!(scripts.decide(&QUERY), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.decide_length(&QUERY), 2_000);
        assert_eq!(scripts.decide_instant(&QUERY), Outcome::Succeed);
    }

    #[test]
    fn a_script_applies_to_as_many_steps_as_it_says() {
        let mut scripts = scripts([script("r", None, repeat(step(Fail, Some(500)), Some(1)))]);

        let failing = work(500, Outcome::Fail("no image".into()));
        assert_eq!(scripts.decide(&QUERY), failing);
        assert_eq!(scripts.decide(&QUERY), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.list()[0].used, 1);
    }

    #[test]
    fn a_sequence_decides_one_step_after_the_other_and_is_used_up() {
        let steps = [
            step(Fail, None),
            step(Hang, None),
            step(Succeed, Some(90_000)),
        ];
        let mut scripts = scripts([script("r", Some("t?"), sequence(steps))]);

        let other = StepQuery {
            step: "u1",
            ..QUERY
        };
        let plans = [QUERY, other, QUERY, QUERY, QUERY].map(|query| scripts.decide(&query));

        assert_eq!(
            plans,
            [
                work(2_000, Outcome::Fail("no image".into())),
                work(2_000, Outcome::Succeed),
                StepPlan::HANG,
                work(90_000, Outcome::Succeed),
                work(2_000, Outcome::Succeed),
            ]
        );
        assert_eq!(scripts.list()[0].used, 3);
    }

    #[test]
    fn instant_work_passes_over_a_script_that_would_hang() {
        let mut scripts = scripts([
            script(
                "hangs",
                None,
                sequence([step(Hang, None), step(Fail, Some(500))]),
            ),
            script("fails", None, repeat(step(Fail, None), Some(1))),
        ]);

        let failed = Outcome::Fail("no image".into());
        assert_eq!(scripts.decide_instant(&QUERY), failed);
        assert_eq!(scripts.decide_instant(&QUERY), Outcome::Succeed);
        assert_eq!(scripts.decide_length(&QUERY), NEVER);
        assert_eq!(scripts.decide_instant(&QUERY), failed);
        let used: Vec<u64> = scripts.list().iter().map(|listed| listed.used).collect();
        assert_eq!(used, [2, 1]);
    }

    #[test]
    fn the_ids_of_used_scripts_are_taken_once() {
        let always = |id, name| script(id, Some(name), repeat(step(Hang, None), None));
        let mut scripts = scripts([always("r1", "t1"), always("r2", "t2"), always("r3", "t3")]);
        let decide = |scripts: &mut Scripts, steps: &[&'static str]| {
            for step in steps {
                scripts.decide(&StepQuery { step, ..QUERY });
            }
        };

        decide(&mut scripts, &["t2", "t1", "t2", "t4"]);
        assert_eq!(scripts.take_used_ids(), ["r2", "r1"]);
        assert!(scripts.take_used_ids().is_empty());
        let unused: Vec<&str> = scripts.unused().map(|listed| listed.id.as_str()).collect();
        assert_eq!(unused, ["r3"]);

        decide(&mut scripts, &["t1", "t3"]);
        assert!(scripts.remove("r1"));
        assert_eq!(scripts.take_used_ids(), ["r3"], "r1 is not there any more");
    }

    #[test]
    fn every_field_of_a_pattern_must_hold() {
        let text = |text: &str| Some(Glob::new(text));
        let whole = StepPattern {
            family: Some("pipelines".to_owned()),
            scope: text("p?"),
            name: text("41*"),
            step: text("t2"),
            work: Work::Run,
        };
        assert!(whole.matches(&QUERY));
        for pattern in [
            StepPattern {
                family: Some("plans".to_owned()),
                ..whole.clone()
            },
            StepPattern {
                scope: text("p"),
                ..whole.clone()
            },
            StepPattern {
                name: text("release-b"),
                ..whole.clone()
            },
            StepPattern {
                step: text("t"),
                ..whole.clone()
            },
            StepPattern {
                work: Work::Rollback,
                ..whole
            },
        ] {
            assert!(!pattern.matches(&QUERY), "{pattern:?}");
        }
    }
}

//! Outcomes to come: rules that say how the work that starts next will go.

use super::glob::Glob;
use super::lifecycle::{Outcome, StepPlan};
use super::{Millis, NEVER};

/// What a step of work belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// A step of work that is about to be frozen, as rules see it.
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
    /// The step's name (task, component, image, chart), or the resource's where it has no steps.
    pub step: &'a str,
    pub work: Work,
}

/// Which steps a rule is for; what is absent holds for all. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The family, literally.
    pub family: Option<String>,
    /// The project, mesh or project key.
    pub scope: Option<Glob>,
    /// The resource's name, or its id.
    pub name: Option<Glob>,
    /// The step's name.
    pub step: Option<Glob>,
    pub work: Work,
}

impl Pattern {
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

/// How a step will go, as a rule says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedOutcome {
    /// It ends.
    Ends {
        outcome: Outcome,
        /// How long it takes; absent: the usual length.
        takes: Option<Millis>,
    },
    /// It never ends by itself.
    Hangs,
}

/// What a rule says of the steps it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptSequence {
    /// The same of each.
    Repeat {
        fate: ScriptedOutcome,
        /// For how many steps it holds; absent: for any number.
        times: Option<u64>,
    },
    /// One thing after the other, for a step each; then it is used up.
    Sequence(Vec<ScriptedOutcome>),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRule {
    /// Its id.
    pub id: String,
    pub pattern: Pattern,
    pub says: ScriptSequence,
    /// How many steps it decided so far.
    pub used: u64,
}

impl ScriptRule {
    /// How the next step goes that it decides; nothing once it is used up.
    fn next(&self) -> Option<&ScriptedOutcome> {
        match &self.says {
            ScriptSequence::Repeat { fate, times } => {
                times.is_none_or(|times| self.used < times).then_some(fate)
            }
            ScriptSequence::Sequence(fates) => fates.get(usize::try_from(self.used).ok()?),
        }
    }
}

/// The rules in force, in the order they were given, and the usual length of a step.
#[derive(Clone, Debug)]
pub struct Scripts {
    rules: Vec<ScriptRule>,
    step: Millis,
    /// The ids of the rules that decided something since somebody asked, each once.
    hits: Vec<String>,
}

impl Scripts {
    /// No rules; a step of work takes `step`.
    #[must_use]
    pub fn new(step: Millis) -> Self {
        Self {
            rules: Vec::new(),
            step,
            hits: Vec::new(),
        }
    }

    /// The usual length of a step of work, which is also that of brief phases (stopping, restarting).
    #[must_use]
    pub fn step(&self) -> Millis {
        self.step
    }

    /// Decides how a step will go, once and for all: the first rule that fits and is not used up, else
    /// success after the usual length.
    pub fn decide(&mut self, query: &StepQuery) -> StepPlan {
        match self.choose(query, |_| true) {
            Some(ScriptedOutcome::Hangs) => StepPlan::HANG,
            Some(ScriptedOutcome::Ends { outcome, takes }) => StepPlan::Work {
                takes: takes.unwrap_or(self.step),
                outcome,
            },
            None => StepPlan::Work {
                takes: self.step,
                outcome: Outcome::Succeed,
            },
        }
    }

    /// Decides how something goes that is done before the command is answered. It takes no time, so a rule
    /// whose next step would hang is not for it.
    pub fn decide_instant(&mut self, query: &StepQuery) -> Outcome {
        match self.choose(query, |fate| *fate != ScriptedOutcome::Hangs) {
            Some(ScriptedOutcome::Ends { outcome, .. }) => outcome,
            Some(ScriptedOutcome::Hangs) | None => Outcome::Succeed,
        }
    }

    /// Decides how long something takes that cannot fail: [`NEVER`] if it hangs.
    pub fn decide_length(&mut self, query: &StepQuery) -> Millis {
        match self.choose(query, |_| true) {
            Some(ScriptedOutcome::Hangs) => NEVER,
            Some(ScriptedOutcome::Ends { takes, .. }) => takes.unwrap_or(self.step),
            None => self.step,
        }
    }

    /// What the first rule says that fits, is not used up and says something possible; it is used by that.
    fn choose(
        &mut self,
        query: &StepQuery,
        is_possible: impl Fn(&ScriptedOutcome) -> bool,
    ) -> Option<ScriptedOutcome> {
        self.rules.iter_mut().find_map(|rule| {
            let fate = rule.next().filter(|fate| is_possible(fate))?;
            if !rule.pattern.matches(query) {
                return None;
            }
            let fate = fate.clone();
            rule.used += 1;
            if !self.hits.contains(&rule.id) {
                self.hits.push(rule.id.clone());
            }
            Some(fate)
        })
    }

    /// The ids of the rules that decided something since this was last asked, each once, the first to decide
    /// first.
    pub fn take_used_ids(&mut self) -> Vec<String> {
        std::mem::take(&mut self.hits)
    }

    /// Adds a rule behind the others.
    pub fn add(&mut self, rule: ScriptRule) {
        self.rules.push(rule);
    }

    /// The rules in the order they were given.
    #[must_use]
    pub fn rules(&self) -> &[ScriptRule] {
        &self.rules
    }

    /// The rules that decided nothing so far, in the order they were given.
    pub fn unused(&self) -> impl Iterator<Item = &ScriptRule> {
        self.rules.iter().filter(|rule| rule.used == 0)
    }

    /// Takes a rule back; false if there is none of that id.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.hits.retain(|hit| hit != id);
        self.rules.len() < before
    }

    /// Takes all rules back.
    pub fn clear(&mut self) {
        self.rules.clear();
        self.hits.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: StepQuery = StepQuery {
        family: "pipelines",
        scope: "p1",
        id: "4105",
        name: "release-a",
        step: "t2",
        work: Work::Run,
    };

    fn rule(id: &str, step: Option<&str>, says: ScriptSequence) -> ScriptRule {
        ScriptRule {
            id: id.to_owned(),
            pattern: Pattern {
                step: step.map(Glob::new),
                ..Pattern::default()
            },
            says,
            used: 0,
        }
    }

    fn fails(takes: Option<Millis>) -> ScriptedOutcome {
        let outcome = Outcome::Fail("no image".into());
        ScriptedOutcome::Ends { outcome, takes }
    }

    fn same(fate: ScriptedOutcome, times: Option<u64>) -> ScriptSequence {
        ScriptSequence::Repeat { fate, times }
    }

    fn work(takes: Millis, outcome: Outcome) -> StepPlan {
        StepPlan::Work { takes, outcome }
    }

    fn scripts(rules: impl IntoIterator<Item = ScriptRule>) -> Scripts {
        let mut scripts = Scripts::new(2_000);
        rules.into_iter().for_each(|rule| scripts.add(rule));
        scripts
    }

    #[test]
    fn without_a_rule_a_step_succeeds_after_the_usual_length() {
        let mut scripts = scripts([]);
        assert_eq!(scripts.decide(&QUERY), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.decide_length(&QUERY), 2_000);
        assert_eq!(scripts.decide_instant(&QUERY), Outcome::Succeed);
    }

    #[test]
    fn a_rule_holds_for_as_many_steps_as_it_says() {
        let mut scripts = scripts([rule("r", None, same(fails(Some(500)), Some(1)))]);

        let failing = work(500, Outcome::Fail("no image".into()));
        assert_eq!(scripts.decide(&QUERY), failing);
        assert_eq!(scripts.decide(&QUERY), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.rules()[0].used, 1);
    }

    #[test]
    fn a_sequence_says_one_thing_after_the_other_and_is_used_up() {
        let succeeds = ScriptedOutcome::Ends {
            outcome: Outcome::Succeed,
            takes: Some(90_000),
        };
        let sequence =
            ScriptSequence::Sequence(vec![fails(None), ScriptedOutcome::Hangs, succeeds]);
        let mut scripts = scripts([rule("r", Some("t?"), sequence)]);

        let other = StepQuery {
            step: "u1",
            ..QUERY
        };
        let does = [QUERY, other, QUERY, QUERY, QUERY].map(|query| scripts.decide(&query));

        assert_eq!(
            does,
            [
                work(2_000, Outcome::Fail("no image".into())),
                work(2_000, Outcome::Succeed),
                StepPlan::HANG,
                work(90_000, Outcome::Succeed),
                work(2_000, Outcome::Succeed),
            ]
        );
        assert_eq!(scripts.rules()[0].used, 3);
    }

    #[test]
    fn what_is_done_at_once_passes_over_a_rule_that_would_hang() {
        let hangs_then_fails =
            ScriptSequence::Sequence(vec![ScriptedOutcome::Hangs, fails(Some(500))]);
        let mut scripts = scripts([
            rule("hangs", None, hangs_then_fails),
            rule("fails", None, same(fails(None), Some(1))),
        ]);

        let failed = Outcome::Fail("no image".into());
        assert_eq!(scripts.decide_instant(&QUERY), failed);
        assert_eq!(scripts.decide_instant(&QUERY), Outcome::Succeed);
        assert_eq!(scripts.decide_length(&QUERY), NEVER);
        assert_eq!(scripts.decide_instant(&QUERY), failed);
        let used: Vec<u64> = scripts.rules().iter().map(|rule| rule.used).collect();
        assert_eq!(used, [2, 1]);
    }

    #[test]
    fn whoever_asks_learns_which_rules_decided_since() {
        let always = |id, step| rule(id, Some(step), same(ScriptedOutcome::Hangs, None));
        let rules = [always("r1", "t1"), always("r2", "t2"), always("r3", "t3")];
        let mut scripts = scripts(rules);
        let decide = |scripts: &mut Scripts, steps: &[&'static str]| {
            for step in steps {
                scripts.decide(&StepQuery { step, ..QUERY });
            }
        };

        decide(&mut scripts, &["t2", "t1", "t2", "t4"]);
        assert_eq!(scripts.take_used_ids(), ["r2", "r1"]);
        assert!(scripts.take_used_ids().is_empty());
        let unused: Vec<&str> = scripts.unused().map(|rule| rule.id.as_str()).collect();
        assert_eq!(unused, ["r3"]);

        decide(&mut scripts, &["t1", "t3"]);
        assert!(scripts.remove("r1"));
        assert_eq!(scripts.take_used_ids(), ["r3"], "r1 is not there any more");
    }

    #[test]
    fn every_field_of_a_pattern_must_hold() {
        let text = |text: &str| Some(Glob::new(text));
        let whole = Pattern {
            family: Some("pipelines".to_owned()),
            scope: text("p?"),
            name: text("41*"),
            step: text("t2"),
            work: Work::Run,
        };
        assert!(whole.matches(&QUERY));
        for pattern in [
            Pattern {
                family: Some("plans".to_owned()),
                ..whole.clone()
            },
            Pattern {
                scope: text("p"),
                ..whole.clone()
            },
            Pattern {
                name: text("release-b"),
                ..whole.clone()
            },
            Pattern {
                step: text("t"),
                ..whole.clone()
            },
            Pattern {
                work: Work::Rollback,
                ..whole
            },
        ] {
            assert!(!pattern.matches(&QUERY), "{pattern:?}");
        }
    }
}

//! Outcomes to come: rules that say how the work that starts next will go.

use wildmatch::WildMatch;

use super::Ms;
use super::lifecycle::{Does, Outcome};

/// What a step of work belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
pub struct Ask<'a> {
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
    /// What it belongs to.
    pub work: Work,
}

/// Which steps a rule is for; what is absent holds for all. Texts are globs with `*` and `?`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    /// The family, literally.
    pub family: Option<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The resource's name, or its id.
    pub name: Option<String>,
    /// The step's name.
    pub step: Option<String>,
    /// What the step belongs to.
    pub work: Work,
}

impl Pattern {
    fn fits(&self, ask: &Ask) -> bool {
        let glob = |pattern: &Option<String>, texts: &[&str]| {
            pattern.as_ref().is_none_or(|pattern| {
                let pattern = WildMatch::new(pattern);
                texts.iter().any(|text| pattern.matches(text))
            })
        };
        self.work == ask.work
            && self
                .family
                .as_ref()
                .is_none_or(|family| family == ask.family)
            && glob(&self.scope, &[ask.scope])
            && glob(&self.name, &[ask.name, ask.id])
            && glob(&self.step, &[ask.step])
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Which steps it is for.
    pub pattern: Pattern,
    /// How they end.
    pub outcome: Outcome,
    /// How long they take; absent: the usual length.
    pub takes: Option<Ms>,
    /// For how many steps it holds; absent: for any number.
    pub times: Option<u64>,
    /// For how many steps it held so far.
    pub used: u64,
}

/// The rules in force, in the order they were given, and the usual length of a step.
#[derive(Clone, Debug)]
pub struct Scripts {
    rules: Vec<Rule>,
    step: Ms,
}

impl Scripts {
    /// No rules; a step of work takes `step`.
    #[must_use]
    pub fn new(step: Ms) -> Self {
        Self {
            rules: Vec::new(),
            step,
        }
    }

    /// The usual length of a step of work, which is also that of brief phases (stopping, restarting).
    #[must_use]
    pub fn step(&self) -> Ms {
        self.step
    }

    /// Decides how a step will go, once and for all: the first rule that fits and is not used up, else
    /// success after the usual length.
    pub fn decide(&mut self, ask: &Ask) -> Does {
        let rule = self.rules.iter_mut().find(|rule| {
            rule.times.is_none_or(|times| rule.used < times) && rule.pattern.fits(ask)
        });
        match rule {
            Some(rule) => {
                rule.used += 1;
                Does::Work {
                    takes: rule.takes.unwrap_or(self.step),
                    outcome: rule.outcome.clone(),
                }
            }
            None => Does::Work {
                takes: self.step,
                outcome: Outcome::Succeed,
            },
        }
    }

    /// Decides how long something takes that cannot fail.
    pub fn decide_length(&mut self, ask: &Ask) -> Ms {
        match self.decide(ask) {
            Does::Work { takes, .. } => takes,
            Does::Gate | Does::Skip | Does::Carried(_) => self.step,
        }
    }

    /// Adds a rule behind the others.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// The rules in the order they were given.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Takes a rule back; false if there is none of that id.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.rules.len();
        self.rules.retain(|rule| rule.id != id);
        self.rules.len() < before
    }

    /// Takes all rules back.
    pub fn clear(&mut self) {
        self.rules.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASK: Ask = Ask {
        family: "pipelines",
        scope: "p1",
        id: "4105",
        name: "release-a",
        step: "t2",
        work: Work::Run,
    };

    fn rule(pattern: Pattern, times: Option<u64>) -> Rule {
        let outcome = Outcome::Fail("no image".into());
        Rule {
            id: "r".to_owned(),
            pattern,
            outcome,
            takes: Some(500),
            times,
            used: 0,
        }
    }

    #[test]
    fn without_a_rule_a_step_succeeds_after_the_usual_length() {
        let does = Scripts::new(2_000).decide(&ASK);
        assert_eq!(
            does,
            Does::Work {
                takes: 2_000,
                outcome: Outcome::Succeed
            }
        );
    }

    #[test]
    fn a_rule_holds_for_as_many_steps_as_it_says() {
        let mut scripts = Scripts::new(2_000);
        scripts.add(rule(
            Pattern {
                name: Some("release-*".to_owned()),
                ..Pattern::default()
            },
            Some(1),
        ));

        let failing = Does::Work {
            takes: 500,
            outcome: Outcome::Fail("no image".into()),
        };
        assert_eq!(scripts.decide(&ASK), failing);
        assert_ne!(scripts.decide(&ASK), failing);
        assert_eq!(scripts.rules()[0].used, 1);
    }

    #[test]
    fn every_field_of_a_pattern_must_hold() {
        let text = |text: &str| Some(text.to_owned());
        let whole = Pattern {
            family: text("pipelines"),
            scope: text("p?"),
            name: text("41*"),
            step: text("t2"),
            work: Work::Run,
        };
        assert!(whole.fits(&ASK));
        for pattern in [
            Pattern {
                family: text("plans"),
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
                ..whole.clone()
            },
        ] {
            assert!(!pattern.fits(&ASK), "{pattern:?}");
        }
    }
}

//! Outcomes to come: rules that say how the work that starts next will go.

use wildmatch::WildMatch;

use super::lifecycle::{Does, Outcome};
use super::{Ms, NEVER};

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

/// How a step will go, as a rule says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It ends.
    Ends {
        /// How.
        outcome: Outcome,
        /// How long it takes; absent: the usual length.
        takes: Option<Ms>,
    },
    /// It never ends by itself.
    Hangs,
}

/// What a rule says of the steps it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// The same of each.
    Same {
        /// How each goes.
        fate: Fate,
        /// For how many steps it holds; absent: for any number.
        times: Option<u64>,
    },
    /// One thing after the other, for a step each; then it is used up.
    InTurn(Vec<Fate>),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Which steps it is for.
    pub pattern: Pattern,
    /// How they go.
    pub says: Says,
    /// How many steps it decided so far.
    pub used: u64,
}

impl Rule {
    /// How the next step goes that it decides; nothing once it is used up.
    fn next(&self) -> Option<&Fate> {
        match &self.says {
            Says::Same { fate, times } => {
                times.is_none_or(|times| self.used < times).then_some(fate)
            }
            Says::InTurn(fates) => fates.get(usize::try_from(self.used).ok()?),
        }
    }
}

/// The rules in force, in the order they were given, and the usual length of a step.
#[derive(Clone, Debug)]
pub struct Scripts {
    rules: Vec<Rule>,
    step: Ms,
    /// The ids of the rules that decided something since somebody asked, each once.
    hits: Vec<String>,
}

impl Scripts {
    /// No rules; a step of work takes `step`.
    #[must_use]
    pub fn new(step: Ms) -> Self {
        Self {
            rules: Vec::new(),
            step,
            hits: Vec::new(),
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
        match self.choose(ask, |_| true) {
            Some(Fate::Hangs) => Does::HANG,
            Some(Fate::Ends { outcome, takes }) => Does::Work {
                takes: takes.unwrap_or(self.step),
                outcome,
            },
            None => Does::Work {
                takes: self.step,
                outcome: Outcome::Succeed,
            },
        }
    }

    /// Decides how something goes that is done before the command is answered. It takes no time, so a rule
    /// whose next step would hang is not for it.
    pub fn decide_at_once(&mut self, ask: &Ask) -> Outcome {
        match self.choose(ask, |fate| *fate != Fate::Hangs) {
            Some(Fate::Ends { outcome, .. }) => outcome,
            Some(Fate::Hangs) | None => Outcome::Succeed,
        }
    }

    /// Decides how long something takes that cannot fail: [`NEVER`] if it hangs.
    pub fn decide_length(&mut self, ask: &Ask) -> Ms {
        match self.choose(ask, |_| true) {
            Some(Fate::Hangs) => NEVER,
            Some(Fate::Ends { takes, .. }) => takes.unwrap_or(self.step),
            None => self.step,
        }
    }

    /// What the first rule says that fits, is not used up and says something possible; it is used by that.
    fn choose(&mut self, ask: &Ask, is_possible: impl Fn(&Fate) -> bool) -> Option<Fate> {
        self.rules.iter_mut().find_map(|rule| {
            let fate = rule.next().filter(|fate| is_possible(fate))?;
            if !rule.pattern.fits(ask) {
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
    pub fn take_hits(&mut self) -> Vec<String> {
        std::mem::take(&mut self.hits)
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

    /// The rules that decided nothing so far, in the order they were given.
    pub fn unused(&self) -> impl Iterator<Item = &Rule> {
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

    const ASK: Ask = Ask {
        family: "pipelines",
        scope: "p1",
        id: "4105",
        name: "release-a",
        step: "t2",
        work: Work::Run,
    };

    fn rule(id: &str, step: Option<&str>, says: Says) -> Rule {
        Rule {
            id: id.to_owned(),
            pattern: Pattern {
                step: step.map(str::to_owned),
                ..Pattern::default()
            },
            says,
            used: 0,
        }
    }

    fn fails(takes: Option<Ms>) -> Fate {
        let outcome = Outcome::Fail("no image".into());
        Fate::Ends { outcome, takes }
    }

    fn same(fate: Fate, times: Option<u64>) -> Says {
        Says::Same { fate, times }
    }

    fn work(takes: Ms, outcome: Outcome) -> Does {
        Does::Work { takes, outcome }
    }

    fn scripts(rules: impl IntoIterator<Item = Rule>) -> Scripts {
        let mut scripts = Scripts::new(2_000);
        rules.into_iter().for_each(|rule| scripts.add(rule));
        scripts
    }

    #[test]
    fn without_a_rule_a_step_succeeds_after_the_usual_length() {
        let mut scripts = scripts([]);
        assert_eq!(scripts.decide(&ASK), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.decide_length(&ASK), 2_000);
        assert_eq!(scripts.decide_at_once(&ASK), Outcome::Succeed);
    }

    #[test]
    fn a_rule_holds_for_as_many_steps_as_it_says() {
        let mut scripts = scripts([rule("r", None, same(fails(Some(500)), Some(1)))]);

        let failing = work(500, Outcome::Fail("no image".into()));
        assert_eq!(scripts.decide(&ASK), failing);
        assert_eq!(scripts.decide(&ASK), work(2_000, Outcome::Succeed));
        assert_eq!(scripts.rules()[0].used, 1);
    }

    #[test]
    fn a_sequence_says_one_thing_after_the_other_and_is_used_up() {
        let succeeds = Fate::Ends {
            outcome: Outcome::Succeed,
            takes: Some(90_000),
        };
        let sequence = Says::InTurn(vec![fails(None), Fate::Hangs, succeeds]);
        let mut scripts = scripts([rule("r", Some("t?"), sequence)]);

        let other = Ask { step: "u1", ..ASK };
        let does = [ASK, other, ASK, ASK, ASK].map(|ask| scripts.decide(&ask));

        assert_eq!(
            does,
            [
                work(2_000, Outcome::Fail("no image".into())),
                work(2_000, Outcome::Succeed),
                Does::HANG,
                work(90_000, Outcome::Succeed),
                work(2_000, Outcome::Succeed),
            ]
        );
        assert_eq!(scripts.rules()[0].used, 3);
    }

    #[test]
    fn what_is_done_at_once_passes_over_a_rule_that_would_hang() {
        let hangs_then_fails = Says::InTurn(vec![Fate::Hangs, fails(Some(500))]);
        let mut scripts = scripts([
            rule("hangs", None, hangs_then_fails),
            rule("fails", None, same(fails(None), Some(1))),
        ]);

        let failed = Outcome::Fail("no image".into());
        assert_eq!(scripts.decide_at_once(&ASK), failed);
        assert_eq!(scripts.decide_at_once(&ASK), Outcome::Succeed);
        assert_eq!(scripts.decide_length(&ASK), NEVER);
        assert_eq!(scripts.decide_at_once(&ASK), failed);
        let used: Vec<u64> = scripts.rules().iter().map(|rule| rule.used).collect();
        assert_eq!(used, [2, 1]);
    }

    #[test]
    fn whoever_asks_learns_which_rules_decided_since() {
        let always = |id, step| rule(id, Some(step), same(Fate::Hangs, None));
        let rules = [always("r1", "t1"), always("r2", "t2"), always("r3", "t3")];
        let mut scripts = scripts(rules);
        let decide = |scripts: &mut Scripts, steps: &[&'static str]| {
            for step in steps {
                scripts.decide(&Ask { step, ..ASK });
            }
        };

        decide(&mut scripts, &["t2", "t1", "t2", "t4"]);
        assert_eq!(scripts.take_hits(), ["r2", "r1"]);
        assert!(scripts.take_hits().is_empty());
        let unused: Vec<&str> = scripts.unused().map(|rule| rule.id.as_str()).collect();
        assert_eq!(unused, ["r3"]);

        decide(&mut scripts, &["t1", "t3"]);
        assert!(scripts.remove("r1"));
        assert_eq!(scripts.take_hits(), ["r3"], "r1 is not there any more");
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

//! The scripts in force, which decide the outcome of the work that starts next.

use super::ids::mix;
use super::lifecycle::{Outcome, StepPlan};
use super::memory::Memory;
use super::pack::{Pack, Packer, UnpackError, Unpacker};
use super::rules::{Rule, RuleLimit, RuleList};
pub use super::script::{ListedScript, Misfit, Script, ScriptedOutcome, ScriptedStep};
use super::step_length::StepLength;
pub use super::step_pattern::{FamilyName, FamilyWork, PatternField, StepPattern, StepQuery, Work};
use super::{Millis, NEVER};

/// The scripts in force, in the order in which they are tried, and the usual length of a step.
#[derive(Clone, Debug)]
pub struct Scripts {
    list: RuleList<ListedScript>,
    step: Millis,
    /// The seed of the seeds of scripts without one.
    seed: u64,
    /// The number of scripts added so far.
    n_added: u64,
    /// The ids of the scripts that decided something since they were last taken, each once.
    used_ids: Vec<String>,
}

impl Scripts {
    /// Counts a copy that is there to stay.
    pub fn count_copied(&mut self) {
        self.list.count_copied();
    }

    /// No scripts; a step of work takes `step`. Scripts without a seed draw theirs from `seed`.
    pub fn new(step: Millis, seed: u64, memory: &Memory) -> Self {
        Self {
            list: RuleList::new(memory),
            step,
            seed,
            n_added: 0,
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
            takes: self.length(&step),
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
            _ => self.length(&step),
        }
    }

    /// The length of a step whose length was drawn.
    fn length(&self, step: &ScriptedStep) -> Millis {
        match step.takes_ms {
            Some(StepLength::Fixed(length)) => length,
            _ => self.step,
        }
    }

    /// Uses the first script that matches, is not used up and has a possible next step.
    fn choose(
        &mut self,
        query: &StepQuery,
        is_possible: impl Fn(&ScriptedStep) -> bool,
    ) -> ScriptedStep {
        let chosen = self.list.as_mut_slice().iter_mut().find_map(|listed| {
            let script = &listed.script;
            if !script.is_enabled()
                || script.is_used_up(listed.used)
                || !script.pattern.matches(query)
            {
                return None;
            }
            let n = listed.matched;
            listed.matched += 1;
            let step = script.course(listed.used, n).filter(&is_possible)?;
            Some((listed, step))
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

    /// Checks that there is room for more scripts.
    pub fn check_room<'a>(
        &self,
        more: impl Iterator<Item = &'a ListedScript>,
    ) -> Result<(), RuleLimit> {
        let (n_more, size) = more.fold((0, 0), |(n, size), one| (n + 1, size + one.size()));
        self.list.check_room(n_more, size)
    }

    /// Checks that there is room for a script in the place of the one with that id.
    pub fn check_replacement(&self, id: &str, script: &Script) -> Result<(), RuleLimit> {
        let old = self.get(id).map_or(0, Rule::size);
        let new = ListedScript::new(id.to_owned(), script.clone()).size();
        self.list.check_room(0, new.saturating_sub(old))
    }

    /// The approximate number of bytes that the scripts take.
    pub fn bytes(&self) -> usize {
        self.list.bytes()
    }

    /// Adds a script behind those of the same priority. Its id must be free. If it leaves something to chance and has no
    /// seed, it gets one, which depends only on the world's and on the number of scripts before it.
    ///
    /// # Panics
    /// Never: it finds what it has just added.
    pub fn add(&mut self, mut listed: ListedScript) -> &ListedScript {
        self.draw_seed(&mut listed.script);
        self.n_added += 1;
        let id = listed.id.clone();
        self.list.add(listed);
        self.list.get(&id).expect("it was added")
    }

    fn draw_seed(&self, script: &mut Script) {
        if script.has_chance() {
            // Short enough for a number in JSON that programs read as a float.
            let drawn = mix(self.seed ^ mix(self.n_added)) >> 11;
            script.seed.get_or_insert(drawn);
        }
    }

    /// Puts a script in the place of the one with that id. Its counts stay, and its seed if it needs one and names none.
    /// `None` if no script has the id.
    pub fn replace(&mut self, id: &str, mut script: Script) -> Option<&ListedScript> {
        let old = self.list.get(id)?;
        if script.has_chance() {
            script.seed = script.seed.or(old.script.seed);
        }
        let (used, matched) = (old.used, old.matched);
        self.draw_seed(&mut script);
        let mut listed = ListedScript::new(id.to_owned(), script);
        (listed.used, listed.matched) = (used, matched);
        self.list.replace(listed);
        self.list.get(id)
    }

    /// The script of an id.
    pub fn get(&self, id: &str) -> Option<&ListedScript> {
        self.list.get(id)
    }

    /// The scripts in the order in which they are tried.
    pub fn list(&self) -> &[ListedScript] {
        self.list.as_slice()
    }

    /// The scripts that decided nothing so far, in the order in which they are tried, without those that are turned off.
    pub fn unused(&self) -> impl Iterator<Item = &ListedScript> {
        let listed = self.list().iter();
        listed.filter(|listed| listed.used == 0 && listed.script.is_enabled())
    }

    /// Removes a script; returns false if none has that id.
    pub fn remove(&mut self, id: &str) -> bool {
        self.used_ids.retain(|used| used != id);
        self.list.remove(id)
    }

    /// Removes all scripts.
    pub fn clear(&mut self) {
        self.list.clear();
        self.used_ids.clear();
    }
}

impl Scripts {
    /// Packs the scripts with their counts.
    pub fn pack(&self, packer: &mut Packer) {
        self.list.pack(packer);
        self.n_added.pack(packer);
    }

    /// Puts the scripts that were packed in the place of the present ones.
    pub fn unpack(&mut self, unpacker: &mut Unpacker) -> Result<(), UnpackError> {
        self.clear();
        self.list.unpack(unpacker)?;
        self.n_added = Pack::unpack(unpacker)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ScriptedOutcome::{Fail, Hang, Succeed};
    use super::*;
    use crate::sim::glob::Glob;
    use crate::sim::step_name::{StepName, Unit};

    const QUERY: StepQuery = StepQuery {
        family: "pipelines",
        scope: "p1",
        id: "4105",
        name: "release-a",
        step: StepName {
            unit: Unit::Stage("s1"),
            step: "t2",
        },
        alias: None,
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
            takes_ms: takes_ms.map(StepLength::Fixed),
            weight: None,
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
        let mut scripts = Scripts::new(2_000, 7, &Memory::default());
        for listed in listed {
            scripts.add(listed);
        }
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
            step: StepName::whole("u1"),
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
                let step = StepName::whole(*step);
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
            stage: text("s*"),
            service: None,
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
                stage: text("t1"),
                ..whole.clone()
            },
            StepPattern {
                service: text("*"),
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

    #[test]
    fn a_step_with_a_slash_is_a_path_and_without_one_a_name() {
        let matches = |step: &str| {
            let step = Some(Glob::new(step));
            StepPattern {
                step,
                ..StepPattern::default()
            }
            .matches(&QUERY)
        };
        for fits in ["t2", "t*", "s1/t2", "s?/*", "*/t2"] {
            assert!(matches(fits), "{fits}");
        }
        for misses in ["s*", "s1", "s2/t2", "/t2", "s1/"] {
            assert!(!matches(misses), "{misses}");
        }
    }
}

//! Random commands, compared with a small model that lives through every second instead of foreseeing it.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use super::{body, component, create, path};
use crate::common::{App, cases};

/// The work of a component: seconds, and whether it fails.
type Fate = (u32, bool);

/// A command to a plan. Fates are those of its components by position; lengths are seconds.
#[derive(Clone, Debug)]
enum Act {
    Execute(Vec<Fate>),
    Rollback(Vec<Fate>),
    Abort(u32),
    Edit,
    Wait(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Idle,
    Working { left: u32, fails: bool },
    Done,
    Failed,
    Cut,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Resting(&'static str),
    Executing,
    RollingBack,
    /// For so many seconds, until it rests.
    Shortly {
        left: u32,
        status: &'static str,
        then: &'static str,
    },
}

struct Model {
    seqs: Vec<i64>,
    goes_on: bool,
    mode: Mode,
    parts: Vec<Part>,
    fates: Vec<Fate>,
    back: Vec<Option<Part>>,
}

impl Model {
    fn new(seqs: &[i64], goes_on: bool) -> Self {
        Self {
            seqs: seqs.to_vec(),
            goes_on,
            mode: Mode::Resting("CREATED"),
            parts: vec![Part::Idle; seqs.len()],
            fates: Vec::new(),
            back: vec![None; seqs.len()],
        }
    }

    fn status(&self) -> &'static str {
        match self.mode {
            Mode::Resting(status) | Mode::Shortly { status, .. } => status,
            Mode::Executing => "RUNNING",
            Mode::RollingBack => "ROLLING_BACK",
        }
    }

    fn part(&self, n: usize) -> &'static str {
        let released = match self.parts[n] {
            Part::Idle => "CREATED",
            Part::Working { .. } => "RUNNING",
            Part::Done => "SUCCESS",
            Part::Failed => "FAILED",
            Part::Cut => "ABORTED",
        };
        match self.back[n] {
            None | Some(Part::Idle | Part::Cut) => released,
            Some(Part::Working { .. }) => "ROLLING_BACK",
            Some(Part::Done) => "ROLLBACK_SUCCEED",
            Some(Part::Failed) => "ROLLBACK_FAILED",
        }
    }

    /// Returns true if the act is accepted; if so, it has been done.
    fn act(&mut self, act: &Act) -> bool {
        let status = self.status();
        match act {
            Act::Execute(fates) => {
                if ![
                    "CREATED",
                    "FAILED",
                    "PARTIALLY_FAILED",
                    "ABORTED",
                    "ROLLBACK_SUCCEED",
                ]
                .contains(&status)
                {
                    return false;
                }
                let again = status == "ROLLBACK_SUCCEED";
                for part in &mut self.parts {
                    if again || *part != Part::Done {
                        *part = Part::Idle;
                    }
                }
                self.back.fill(None);
                (self.mode, self.fates) = (Mode::Executing, fates.clone());
                self.proceed();
            }
            Act::Rollback(fates) => {
                if !["SUCCESS", "FAILED", "PARTIALLY_FAILED"].contains(&status) {
                    return false;
                }
                let released = |part: &Part| (*part == Part::Done).then_some(Part::Idle);
                self.back = self.parts.iter().map(released).collect();
                (self.mode, self.fates) = (Mode::RollingBack, fates.clone());
                if self.back.iter().all(Option::is_none) {
                    let (status, then) = ("ROLLING_BACK", "ROLLBACK_SUCCEED");
                    self.mode = Mode::Shortly {
                        left: 2,
                        status,
                        then,
                    };
                }
                self.proceed();
            }
            Act::Abort(takes) => {
                if status != "RUNNING" {
                    return false;
                }
                for part in &mut self.parts {
                    if matches!(part, Part::Working { .. }) {
                        *part = Part::Cut;
                    }
                }
                let (status, then) = ("ABORTING", "ABORTED");
                self.mode = match *takes {
                    0 => Mode::Resting(then),
                    left => Mode::Shortly { left, status, then },
                };
            }
            Act::Edit => {
                if ["RUNNING", "ABORTING", "ROLLING_BACK"].contains(&status) {
                    return false;
                }
                *self = Self::new(&self.seqs, self.goes_on);
            }
            Act::Wait(seconds) => {
                for _ in 0..*seconds {
                    self.second();
                }
            }
        }
        true
    }

    fn second(&mut self) {
        if let Mode::Shortly { left, then, .. } = &mut self.mode {
            *left -= 1;
            if *left == 0 {
                self.mode = Mode::Resting(then);
            }
            return;
        }
        let parts = self.parts.iter_mut().chain(self.back.iter_mut().flatten());
        for part in parts {
            if let Part::Working { left, .. } = part {
                *left -= 1;
            }
        }
        self.proceed();
    }

    /// Everything that needs no further time: work that is over ends, and batches that are next begin.
    fn proceed(&mut self) {
        loop {
            let (fates, seqs, goes_on) = (self.fates.clone(), self.seqs.clone(), self.goes_on);
            let mut parts: Vec<(usize, &mut Part)> = match self.mode {
                Mode::Executing => self.parts.iter_mut().enumerate().collect(),
                Mode::RollingBack => {
                    let back = self.back.iter_mut().enumerate();
                    back.filter_map(|(n, part)| Some((n, part.as_mut()?)))
                        .collect()
                }
                Mode::Resting(_) | Mode::Shortly { .. } => return,
            };
            let backwards = self.mode == Mode::RollingBack;
            for (_, part) in &mut parts {
                if let Part::Working { left: 0, fails } = part {
                    **part = if *fails { Part::Failed } else { Part::Done };
                }
            }
            if parts
                .iter()
                .any(|(_, part)| matches!(part, Part::Working { .. }))
            {
                return;
            }
            let failed = parts.iter().any(|(_, part)| **part == Part::Failed);
            let order = |n: usize| if backwards { -seqs[n] } else { seqs[n] };
            let idle = parts.iter().filter(|(_, part)| **part == Part::Idle);
            match idle.map(|(n, _)| order(*n)).min() {
                Some(next) if goes_on || !failed => {
                    for (n, part) in &mut parts {
                        if **part == Part::Idle && order(*n) == next {
                            let (left, fails) = fates[*n];
                            **part = Part::Working { left, fails };
                        }
                    }
                }
                _ => {
                    let some_done = parts.iter().any(|(_, part)| **part == Part::Done);
                    self.mode = Mode::Resting(match (backwards, failed) {
                        (false, false) => "SUCCESS",
                        (false, true) if goes_on && some_done => "PARTIALLY_FAILED",
                        (false, true) => "FAILED",
                        (true, false) => "ROLLBACK_SUCCEED",
                        (true, true) => "ROLLBACK_FAILED",
                    });
                }
            }
        }
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let fates = || proptest::collection::vec((0_u32..4, proptest::bool::weighted(0.2)), 5);
    let act = prop_oneof![
        4 => fates().prop_map(Act::Execute),
        2 => fates().prop_map(Act::Rollback),
        2 => (0_u32..3).prop_map(Act::Abort),
        1 => Just(Act::Edit),
        5 => (0_u32..6).prop_map(Act::Wait),
        2 => Just(Act::Wait(20)),
    ];
    proptest::collection::vec(act, 1..16)
}

async fn script(app: &App, work: &str, fates: &[Fate]) {
    app.delete("/_emulator/v1/scripts").await.assert_status(204);
    for (n, (seconds, fails)) in fates.iter().enumerate() {
        let outcome = if *fails { "fail" } else { "succeed" };
        let matches = json!({"family": "plans", "step": format!("part{n}"), "work": work});
        app.script(json!({"match": matches, "outcome": outcome, "takes_ms": seconds * 1_000}))
            .await;
    }
}

async fn follows(seqs: Vec<i64>, goes_on: bool, acts: Vec<Act>) -> Result<(), TestCaseError> {
    let app = App::new();
    let mut model = Model::new(&seqs, goes_on);
    let components: Vec<_> = seqs
        .iter()
        .enumerate()
        .map(|(n, seq)| component(*seq, &format!("part{n}")))
        .collect();
    let mut body = body("release-any", &components);
    body["fail_strategy"] = json!(if goes_on { "continue" } else { "stop" });
    let id = create(&app, body.clone()).await;
    let plan = path(&format!("/{id}"));
    for act in acts {
        let before = app.state().await;
        let reply = match &act {
            Act::Execute(fates) => {
                script(&app, "run", fates).await;
                app.post(&format!("{plan}/execute"), Value::Null).await
            }
            Act::Rollback(fates) => {
                script(&app, "rollback", fates).await;
                app.post(&format!("{plan}/rollback"), Value::Null).await
            }
            Act::Abort(takes) => {
                app.delete("/_emulator/v1/scripts").await.assert_status(204);
                app.script(json!({"match": {"work": "abort"}, "takes_ms": takes * 1_000}))
                    .await;
                app.post(&format!("{plan}/abort"), Value::Null).await
            }
            Act::Edit => app.put(&plan, body.clone()).await,
            Act::Wait(seconds) => {
                app.advance(i64::from(*seconds) * 1_000).await;
                app.get(&plan).await
            }
        };
        let accepted = model.act(&act);

        prop_assert_eq!(
            reply.status,
            if accepted { 200 } else { 400 },
            "{:?}: {}",
            act,
            reply.text()
        );
        if !accepted {
            prop_assert_eq!(app.state().await, before);
        }
        let shown = app.get(&plan).await.assert_status(200);
        prop_assert_eq!(
            shown["status"].as_str(),
            Some(model.status()),
            "after {:?}",
            act
        );
        let info = app
            .get(&format!("{plan}/deploy-info"))
            .await
            .assert_status(200);
        for n in 0..seqs.len() {
            let part = &info["components"][n];
            prop_assert_eq!(
                part["status"].as_str(),
                Some(model.part(n)),
                "{} after {:?}",
                part,
                act
            );
        }
    }
    Ok(())
}

#[test]
fn statuses_follow_a_model_that_lives_through_every_second() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let plans = (
        proptest::collection::vec(0_i64..3, 1..6),
        any::<bool>(),
        acts(),
    );
    proptest!(cases(256), |((seqs, goes_on, acts) in plans)| {
        runtime.block_on(follows(seqs, goes_on, acts))?;
    });
}

//! A second model of pipelines: time passes in ticks, and each step counts down to its end.
//!
//! It knows nothing of the kernel, which computes the future once and compares instants with it.

/// The definition of a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) stages: Vec<Stage>,
    /// True if later tasks run after a failed one.
    pub(super) careless: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) gated: bool,
    pub(super) tasks: Vec<Task>,
}

#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) group: Option<&'static str>,
    pub(super) approval: bool,
}

/// The outcome of future steps.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) rollback: bool,
    pub(super) step: Option<&'static str>,
    pub(super) fails: bool,
    pub(super) ticks: Option<u32>,
    pub(super) times: Option<u32>,
}

/// Tasks by the name of their stage.
pub(super) type Selection = Vec<(String, Vec<String>)>;

/// A command to the pipelines; `usize` is a pipeline.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Create(usize, Definition),
    Edit(usize, Definition),
    Start(usize, Option<Selection>),
    Stop(usize),
    Continue(usize),
    Retry(usize),
    Approval(usize, String, bool),
    Rollback(usize),
    Advance(u32),
}

/// The answer to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Done, and there is nothing to say about it.
    Done,
    /// The number of the execution and the status right after the command.
    Status(i64, u64),
    /// 400.
    Refused,
    /// 404.
    Unknown,
}

/// A pipeline in a list: its version and status, then of the latest execution the number, the
/// version and the statuses of gates and tasks. A stage without a gate has 0.
pub(super) type Sight = (u64, u64, Option<(i64, u64, Vec<(u64, Vec<u64>)>)>);

/// All pipelines, the rules in force and the length of a step in ticks.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) pipelines: [Option<Pipeline>; 2],
    rules: Vec<Rule>,
    step: u32,
    next: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) definition: Definition,
    version: u64,
    mode: Mode,
    run: Option<Run>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Fresh,
    Restarting(u32),
    Live,
    Stopping(u32),
    Paused,
    Ended { failed: bool },
    RollingBack { left: u32, fails: bool },
    RolledBack { failed: bool },
}

#[derive(Clone, Debug)]
struct Run {
    id: i64,
    version: u64,
    careless: bool,
    stages: Vec<(Option<Step>, Vec<Step>)>,
}

#[derive(Clone, Debug)]
struct Step {
    name: &'static str,
    group: Option<&'static str>,
    /// For how many ticks it works and whether it fails; a gate does neither.
    work: Option<(u32, bool)>,
    at: At,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Idle,
    Working(u32),
    Waiting,
    Done,
    Failed,
    Skipped,
}

impl Reference {
    pub(super) fn new(step: u32, rules: Vec<Rule>) -> Self {
        Self {
            pipelines: [None, None],
            rules,
            step,
            next: 286_541,
        }
    }

    pub(super) fn hear(&mut self, call: &Call) -> Answer {
        let which = match call {
            Call::Advance(ticks) => {
                for _ in 0..*ticks {
                    self.pipelines.iter_mut().flatten().for_each(Pipeline::tick);
                }
                return Answer::Done;
            }
            Call::Create(which, definition) => {
                let place = &mut self.pipelines[*which];
                if place.is_some() {
                    return Answer::Refused;
                }
                *place = Some(Pipeline {
                    definition: definition.clone(),
                    version: 1,
                    mode: Mode::Fresh,
                    run: None,
                });
                return Answer::Done;
            }
            Call::Edit(which, _)
            | Call::Start(which, _)
            | Call::Stop(which)
            | Call::Continue(which)
            | Call::Retry(which)
            | Call::Approval(which, ..)
            | Call::Rollback(which) => *which,
        };
        let Some(mut pipeline) = self.pipelines[which].clone() else {
            return Answer::Unknown;
        };
        let answer = self.command(&mut pipeline, call);
        if answer != Answer::Refused {
            pipeline.settle();
            self.pipelines[which] = Some(pipeline);
        }
        answer
    }

    fn command(&mut self, pipeline: &mut Pipeline, call: &Call) -> Answer {
        let status = pipeline.status();
        let at_rest = [1, 2, 3, 7, 11, 12].contains(&status);
        let answered = match call {
            Call::Edit(_, definition) if at_rest => {
                pipeline.definition = definition.clone();
                pipeline.version += 1;
                return Answer::Done;
            }
            Call::Start(_, selection) if at_rest && pipeline.can_select(selection.as_ref()) => {
                let run = self.start(pipeline, selection.as_ref());
                pipeline.run = Some(run);
                pipeline.mode = Mode::Live;
                4
            }
            Call::Stop(_) if status == 4 || status == 5 => {
                pipeline.mode = Mode::Stopping(self.step);
                13
            }
            Call::Continue(_) if status == 7 => {
                pipeline.mode = Mode::Live;
                4
            }
            Call::Retry(_) if status == 3 => {
                for step in pipeline.run.as_mut().expect("it failed").steps() {
                    if !matches!(step.at, At::Done | At::Skipped) {
                        step.at = At::Idle;
                        if step.work.is_some() {
                            step.work = Some(self.decide(step.name));
                        }
                    }
                }
                pipeline.mode = Mode::Restarting(self.step);
                14
            }
            Call::Approval(_, name, agree) if pipeline.waiting().contains(&name.as_str()) => {
                pipeline.answer(name, *agree);
                if *agree { 4 } else { 3 }
            }
            Call::Rollback(_) if status == 2 || status == 3 => {
                let (left, fails) = self.take(|rule| rule.rollback);
                pipeline.mode = Mode::RollingBack { left, fails };
                10
            }
            _ => return Answer::Refused,
        };
        Answer::Status(pipeline.run.as_ref().expect("a run").id, answered)
    }

    fn start(&mut self, pipeline: &Pipeline, selection: Option<&Selection>) -> Run {
        let mut stages = Vec::new();
        for stage in &pipeline.definition.stages {
            let entries = || {
                selection
                    .into_iter()
                    .flatten()
                    .filter(|(name, _)| name == stage.name)
            };
            let selects = |task: &Task| {
                selection.is_none()
                    || entries().any(|(_, tasks)| tasks.iter().any(|name| name == task.name))
            };
            let takes_part = if stage.tasks.is_empty() {
                selection.is_none() || entries().next().is_some()
            } else {
                stage.tasks.iter().any(selects)
            };
            let mut step = |name, group, runs, works| Step {
                name,
                group,
                work: (runs && works).then(|| self.decide(name)),
                at: if runs { At::Idle } else { At::Skipped },
            };
            let gate = stage
                .gated
                .then(|| step(stage.name, None, takes_part, false));
            let tasks = stage.tasks.iter();
            let tasks =
                tasks.map(|task| step(task.name, task.group, selects(task), !task.approval));
            stages.push((gate, tasks.collect()));
        }
        self.next += 1;
        Run {
            id: self.next - 1,
            version: pipeline.version,
            careless: pipeline.definition.careless,
            stages,
        }
    }

    fn decide(&mut self, name: &str) -> (u32, bool) {
        self.take(|rule| !rule.rollback && rule.step.is_none_or(|step| step == name))
    }

    fn take(&mut self, fits: impl Fn(&Rule) -> bool) -> (u32, bool) {
        let mut rules = self.rules.iter_mut();
        let Some(rule) = rules.find(|rule| rule.times != Some(0) && fits(rule)) else {
            return (self.step, false);
        };
        rule.times = rule.times.map(|times| times - 1);
        (rule.ticks.unwrap_or(self.step), rule.fails)
    }
}

impl Pipeline {
    pub(super) fn status(&self) -> u64 {
        match self.mode {
            Mode::Fresh => 1,
            Mode::Ended { failed: false } => 2,
            Mode::Ended { failed: true } => 3,
            Mode::Live if self.waiting().is_empty() => 4,
            Mode::Live => 5,
            Mode::Paused => 7,
            Mode::RollingBack { .. } => 10,
            Mode::RolledBack { failed: false } => 11,
            Mode::RolledBack { failed: true } => 12,
            Mode::Stopping(_) => 13,
            Mode::Restarting(_) => 14,
        }
    }

    /// The gates that can be answered.
    pub(super) fn waiting(&self) -> Vec<&'static str> {
        let live = self.run.iter().filter(|_| self.mode == Mode::Live);
        live.flat_map(|run| &run.stages)
            .flat_map(|(gate, tasks)| gate.iter().chain(tasks))
            .filter(|step| step.at == At::Waiting)
            .map(|step| step.name)
            .collect()
    }

    pub(super) fn sight(&self) -> Sight {
        let open = match self.mode {
            Mode::Stopping(_) => Some(13),
            Mode::Paused => Some(7),
            _ => None,
        };
        let code = |step: &Step| match step.at {
            At::Idle => 1,
            At::Done => 2,
            At::Failed => 3,
            At::Working(_) => open.unwrap_or(4),
            At::Waiting => open.unwrap_or(5),
            At::Skipped => 9,
        };
        let run = self.run.as_ref().map(|run| {
            let stages = run.stages.iter().map(|(gate, tasks)| {
                let gate = gate.as_ref().map_or(0, code);
                (gate, tasks.iter().map(code).collect())
            });
            (run.id, run.version, stages.collect())
        });
        (self.version, self.status(), run)
    }

    fn can_select(&self, selection: Option<&Selection>) -> bool {
        selection.is_none_or(|entries| {
            let knows = |(name, tasks): &(String, Vec<String>)| {
                let mut stages = self.definition.stages.iter();
                let stage = stages.find(|stage| stage.name == name);
                stage.is_some_and(|stage| {
                    let own: Vec<&str> = stage.tasks.iter().map(|task| task.name).collect();
                    tasks.iter().all(|task| own.contains(&task.as_str()))
                })
            };
            entries.iter().any(|(_, tasks)| !tasks.is_empty()) && entries.iter().all(knows)
        })
    }

    fn answer(&mut self, name: &str, agree: bool) {
        let run = self.run.as_mut().expect("a gate waits");
        let gate = run
            .steps()
            .find(|step| step.at == At::Waiting && step.name == name);
        let gate = gate.expect("it waits");
        if agree {
            gate.at = At::Done;
            return;
        }
        for step in run.steps() {
            if matches!(step.at, At::Working(_) | At::Waiting) {
                step.at = At::Failed;
            }
        }
        self.mode = Mode::Ended { failed: true };
    }

    fn tick(&mut self) {
        match &mut self.mode {
            Mode::Restarting(left) | Mode::Stopping(left) | Mode::RollingBack { left, .. } => {
                *left -= 1;
            }
            Mode::Live => {
                for step in self.run.as_mut().expect("it runs").steps() {
                    if let At::Working(left) = &mut step.at {
                        *left -= 1;
                    }
                }
            }
            Mode::Fresh | Mode::Paused | Mode::Ended { .. } | Mode::RolledBack { .. } => {}
        }
        self.settle();
    }

    /// Lets happen whatever takes no more time.
    fn settle(&mut self) {
        loop {
            self.mode = match self.mode {
                Mode::Restarting(0) => Mode::Live,
                Mode::Stopping(0) => Mode::Paused,
                Mode::RollingBack { left: 0, fails } => Mode::RolledBack { failed: fails },
                Mode::Live => match self.run.as_mut().expect("it runs").proceed() {
                    Progress::Made => Mode::Live,
                    Progress::Awaited => return,
                    Progress::Over { failed } => Mode::Ended { failed },
                },
                _ => return,
            };
        }
    }
}

enum Progress {
    Made,
    Awaited,
    Over { failed: bool },
}

impl Run {
    fn steps(&mut self) -> impl Iterator<Item = &mut Step> {
        let stages = self.stages.iter_mut();
        stages.flat_map(|(gate, tasks)| gate.iter_mut().chain(tasks))
    }

    /// Takes the next step that takes no time.
    fn proceed(&mut self) -> Progress {
        let mut failed = false;
        for (gate, tasks) in &mut self.stages {
            match gate {
                Some(gate) if gate.at == At::Idle => {
                    gate.at = At::Waiting;
                    return Progress::Made;
                }
                Some(gate) if gate.at == At::Waiting => return Progress::Awaited,
                _ => {}
            }
            let mut awaited = false;
            let mut groups: Vec<_> = tasks.iter().map(|task| task.group).collect();
            groups.dedup();
            for group in groups {
                // A group that was looked at before is simply looked at again.
                for task in tasks.iter_mut().filter(|task| task.group == group) {
                    match (task.at, task.work) {
                        (At::Idle, None) => task.at = At::Waiting,
                        (At::Idle, Some((ticks, _))) => task.at = At::Working(ticks),
                        (At::Working(0), Some((_, true))) => task.at = At::Failed,
                        (At::Working(0), _) => task.at = At::Done,
                        (At::Working(_) | At::Waiting, _) => {
                            awaited = true;
                            break;
                        }
                        (At::Failed, _) if !self.careless => break,
                        (At::Done | At::Failed | At::Skipped, _) => continue,
                    }
                    return Progress::Made;
                }
            }
            if awaited {
                return Progress::Awaited;
            }
            failed |= tasks.iter().any(|task| task.at == At::Failed);
            if failed && !self.careless {
                break;
            }
        }
        Progress::Over { failed }
    }
}

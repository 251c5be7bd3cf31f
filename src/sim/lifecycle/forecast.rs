//! The forecast of a run: one span per step, valid until the next command.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use foldhash::HashMap;

use super::plan::{
    AcceptedCommand, Command, Node, Outcome, RunRecord, Span, StepPlan, StepRule, Verdict,
};
use crate::sim::{Millis, NEVER};

/// One span per step, and the run's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forecast {
    pub(super) spans: Box<[Span]>,
    pub(super) end: Millis,
    pub(super) failed: bool,
    /// The beginnings and ends to come, in order: a beginning is twice the step's position, an end is one more.
    edges: Box<[u32]>,
    /// The stretches in which some gate is open, in order and without overlap.
    gate_windows: Box<[(Millis, Millis)]>,
}

/// The span of a step that never begins.
const UNBEGUN: Span = Span {
    begin: NEVER,
    end: NEVER,
    verdict: Verdict::Interrupted,
};

/// The end of a part of the tree.
#[derive(Clone, Copy)]
struct End {
    at: Millis,
    failed: bool,
}

impl Forecast {
    /// The forecast in the run's own time, which is also that of the commands.
    pub(super) fn new(record: &RunRecord, commands: &[AcceptedCommand]) -> Self {
        let started = record.started;
        // Skipped and inherited steps have ended from the start, not from their turn on.
        let spans = record
            .steps
            .iter()
            .map(|step| match step {
                StepPlan::Skip => Span {
                    begin: started,
                    end: started,
                    verdict: Verdict::Skipped,
                },
                StepPlan::Inherited { begin, end } => Span {
                    begin: *begin,
                    end: *end,
                    verdict: Verdict::Succeeded,
                },
                StepPlan::Work { .. } | StepPlan::Gate => UNBEGUN,
            })
            .collect();
        let mut planner = Planner {
            record,
            pauses: pauses(commands),
            answers: answers(commands),
            spans,
        };
        let end = planner.along(&record.tree, started.saturating_add(record.start_delay));
        let mut forecast = Self {
            spans: planner.spans.into(),
            end: end.at,
            failed: end.failed,
            edges: Box::default(),
            gate_windows: Box::default(),
        };
        if let Some(at) = interruption(record, commands) {
            forecast.interrupt(at);
        }
        forecast.edges = edges(&forecast.spans);
        forecast.gate_windows = gate_windows(record, &forecast.spans);
        forecast
    }

    /// The next instant after `now` at which a step begins or ends, or [`NEVER`].
    pub(super) fn next_edge(&self, now: Millis) -> Millis {
        let next = self.edges.get(self.edges_until(now));
        next.map_or(NEVER, |edge| edge_at(&self.spans, *edge))
    }

    /// The steps that begin or end at that instant, in ascending order.
    pub(super) fn steps_changing_at(&self, at: Millis) -> Vec<usize> {
        let edges = &self.edges[self.edges_until(at - 1)..self.edges_until(at)];
        let mut steps: Vec<_> = edges.iter().map(|edge| step_of(*edge)).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    pub(super) fn is_waiting(&self, now: Millis) -> bool {
        let begun = self
            .gate_windows
            .partition_point(|(begin, _)| *begin <= now);
        begun > 0 && now < self.gate_windows[begun - 1].1
    }

    fn edges_until(&self, now: Millis) -> usize {
        let is_past = |edge: &u32| edge_at(&self.spans, *edge) <= now;
        self.edges.partition_point(is_past)
    }

    /// Ends at `at` every step that is open then, including those that begin at that instant.
    fn interrupt(&mut self, at: Millis) {
        if self.end <= at {
            return;
        }
        for span in &mut self.spans {
            if span.begin > at {
                *span = UNBEGUN;
            } else if span.end > at {
                *span = Span {
                    begin: span.begin,
                    end: at,
                    verdict: Verdict::Interrupted,
                };
            }
        }
        (self.end, self.failed) = (at, true);
    }
}

/// The edges of spans, in order.
fn edges(spans: &[Span]) -> Box<[u32]> {
    let n_edges = u32::try_from(2 * spans.len()).expect("fewer than two billion steps");
    let comes = |edge: &u32| edge_at(spans, *edge) < NEVER;
    let mut edges: Box<[u32]> = (0..n_edges).filter(comes).collect();
    edges.sort_by_key(|edge| edge_at(spans, *edge));
    edges
}

fn step_of(edge: u32) -> usize {
    (edge / 2) as usize
}

fn edge_at(spans: &[Span], edge: u32) -> Millis {
    let span = &spans[step_of(edge)];
    if edge.is_multiple_of(2) {
        span.begin
    } else {
        span.end
    }
}

/// The stretches in which some gate is open.
fn gate_windows(record: &RunRecord, spans: &[Span]) -> Box<[(Millis, Millis)]> {
    let gates = record.steps.iter().zip(spans);
    let mut open: Vec<_> = gates
        .filter(|(step, span)| **step == StepPlan::Gate && span.begin < span.end)
        .map(|(_, span)| (span.begin, span.end))
        .collect();
    open.sort_unstable();
    let mut gate_windows: Vec<(Millis, Millis)> = Vec::new();
    for (begin, end) in open {
        match gate_windows.last_mut() {
            Some((_, last)) if begin <= *last => *last = end.max(*last),
            _ => gate_windows.push((begin, end)),
        }
    }
    gate_windows.into()
}

/// The stretches in which work stands still; the last may have no end.
fn pauses(commands: &[AcceptedCommand]) -> Vec<(Millis, Millis)> {
    let mut pauses = Vec::new();
    for accepted in commands {
        match (accepted.command, pauses.last_mut()) {
            (Command::Stop, _) => pauses.push((accepted.at, NEVER)),
            (Command::Continue, Some((_, continued))) => *continued = accepted.at,
            _ => {}
        }
    }
    pauses
}

/// The answers to gates.
fn answers(commands: &[AcceptedCommand]) -> HashMap<usize, (Millis, Verdict)> {
    let answer = |accepted: &AcceptedCommand| match accepted.command {
        Command::Approve(step) => Some((step, (accepted.at, Verdict::Succeeded))),
        Command::Refuse(step) => Some((step, (accepted.at, Verdict::Failed))),
        Command::Stop | Command::Continue | Command::Abort(_) | Command::Forward(_) => None,
    };
    commands.iter().filter_map(answer).collect()
}

/// The instant at which the whole run is interrupted: by a refusal, an abort, or its time limit.
fn interruption(record: &RunRecord, commands: &[AcceptedCommand]) -> Option<Millis> {
    let fails_alone = |step| record.rule(step).is_some_and(|rule| rule.fails_alone);
    let commanded = commands.iter().find_map(|accepted| match accepted.command {
        Command::Refuse(step) if fails_alone(step) => None,
        Command::Refuse(_) | Command::Abort(_) => Some(accepted.at),
        Command::Stop | Command::Continue | Command::Approve(_) | Command::Forward(_) => None,
    });
    let limit = record
        .limit
        .map(|limit| record.started.saturating_add(limit));
    commanded.into_iter().chain(limit).min()
}

struct Planner<'a> {
    record: &'a RunRecord,
    pauses: Vec<(Millis, Millis)>,
    answers: HashMap<usize, (Millis, Verdict)>,
    spans: Vec<Span>,
}

impl Planner<'_> {
    fn along(&mut self, node: &Node, start: Millis) -> End {
        let (nodes, is_sequence) = match node {
            Node::Step(step) => return self.step(*step, start),
            Node::Seq(nodes) => (nodes, true),
            Node::Par(nodes) => (nodes, false),
            Node::Pool { most, nodes } => return self.pool(*most, nodes, start),
        };
        let mut end = End {
            at: start,
            failed: false,
        };
        for node in nodes {
            let next = self.along(node, if is_sequence { end.at } else { start });
            end = End {
                at: end.at.max(next.at),
                failed: end.failed | next.failed,
            };
            let is_stopped = next.failed && !self.record.continue_on_failure;
            if is_sequence && (end.at == NEVER || is_stopped) {
                break;
            }
        }
        end
    }

    /// At most so many nodes at once. Each that waits for a place gets the first one that is free.
    fn pool(&mut self, most: usize, nodes: &[Node], start: Millis) -> End {
        let mut ends = BinaryHeap::with_capacity(most.min(nodes.len()));
        let mut end = End {
            at: start,
            failed: false,
        };
        for node in nodes {
            let mut begin = start;
            if ends.len() >= most {
                let Some(Reverse(free)) = ends.pop().filter(|Reverse(free)| *free < NEVER) else {
                    break;
                };
                begin = free;
            }
            let next = self.along(node, begin);
            ends.push(Reverse(next.at));
            end = End {
                at: end.at.max(next.at),
                failed: end.failed | next.failed,
            };
        }
        end
    }

    fn step(&mut self, step: usize, begin: Millis) -> End {
        let (mut end, mut verdict) = match &self.record.steps[step] {
            StepPlan::Skip | StepPlan::Inherited { .. } => {
                return End {
                    at: begin,
                    failed: false,
                };
            }
            StepPlan::Work {
                takes,
                outcome: Outcome::Succeed,
            } => (self.after(begin, *takes), Verdict::Succeeded),
            StepPlan::Work {
                takes,
                outcome: Outcome::Fail(_),
            } => (self.after(begin, *takes), Verdict::Failed),
            StepPlan::Gate => {
                let answer = self.answers.get(&step).copied();
                answer.unwrap_or((NEVER, Verdict::Interrupted))
            }
        };
        let rule = self.record.rule(step);
        // Work that is due at the instant of its limit is done.
        let limit = rule.and_then(|rule| rule.limit);
        if let Some(limit) = limit.map(|limit| self.after(begin, limit))
            && limit < end
        {
            (end, verdict) = (limit, Verdict::TimedOut);
        }
        self.spans[step] = Span {
            begin,
            end,
            verdict,
        };
        let is_allowed = |allows: fn(&StepRule) -> bool| rule.is_some_and(allows);
        let is_refused = verdict == Verdict::Failed && self.record.steps[step] == StepPlan::Gate;
        let failed = matches!(verdict, Verdict::Failed | Verdict::TimedOut)
            && (is_refused || !is_allowed(|rule| rule.ignores_failure));
        // A refusal that interrupts the run is never passed, not even if the run continues on a failure.
        let interrupts = is_refused && !is_allowed(|rule| rule.fails_alone);
        End {
            at: if interrupts { NEVER } else { end },
            failed,
        }
    }

    /// The end of work that begins at `begin` and takes that long outside pauses.
    fn after(&self, begin: Millis, takes: Millis) -> Millis {
        let mut end = begin.saturating_add(takes);
        for (stopped, continued) in &self.pauses {
            // Work that is due at the instant of the stop is done.
            if end <= *stopped {
                break;
            }
            if *continued == NEVER {
                return NEVER;
            }
            let pause = continued.saturating_sub(begin.max(*stopped));
            end = end.saturating_add(pause.max(0));
        }
        end
    }
}

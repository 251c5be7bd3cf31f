//! What will happen to a run if nobody says anything more.

use super::{Command, Does, Event, FailMode, Ms, NEVER, Node, Outcome, Script, Span, Verdict};

/// One span per step, and the run's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forecast {
    pub(super) spans: Vec<Span>,
    pub(super) end: Ms,
    pub(super) failed: bool,
}

/// The span of a step that never begins.
const UNBEGUN: Span = Span {
    begin: NEVER,
    end: NEVER,
    verdict: Verdict::Cut,
};

/// Where a part of the tree ends, and whether something in it failed.
#[derive(Clone, Copy)]
struct End {
    at: Ms,
    failed: bool,
}

impl Forecast {
    pub(super) fn of(started: Ms, script: &Script, events: &[Event]) -> Self {
        // Skipped and carried steps show from the start, not when their turn comes.
        let spans = script
            .does
            .iter()
            .map(|does| match does {
                Does::Skip => Span {
                    begin: started,
                    end: started,
                    verdict: Verdict::Skipped,
                },
                Does::Carried(span) => *span,
                Does::Work { .. } | Does::Gate => UNBEGUN,
            })
            .collect();
        let mut walk = Walk {
            script,
            events,
            spans,
        };
        let end = walk.along(&script.tree, started.saturating_add(script.lead));
        let mut forecast = Self {
            spans: walk.spans,
            end: end.at,
            failed: end.failed,
        };
        if let Some(at) = cut(started, script, events) {
            forecast.cut(at);
        }
        forecast
    }

    /// Ends at `at` whatever is open then. What begins at that very instant has begun.
    fn cut(&mut self, at: Ms) {
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
                    verdict: Verdict::Cut,
                };
            }
        }
        (self.end, self.failed) = (at, true);
    }
}

/// The instant that cuts the whole run: a refusal, an abort, or its time limit.
fn cut(started: Ms, script: &Script, events: &[Event]) -> Option<Ms> {
    let said = events.iter().find_map(|event| match event.command {
        Command::Refuse(_) | Command::Abort(_) => Some(event.at),
        Command::Stop | Command::Continue | Command::Approve(_) => None,
    });
    let limit = script.limit.map(|limit| started.saturating_add(limit));
    said.into_iter().chain(limit).min()
}

struct Walk<'a> {
    script: &'a Script,
    events: &'a [Event],
    spans: Vec<Span>,
}

impl Walk<'_> {
    fn along(&mut self, node: &Node, start: Ms) -> End {
        match node {
            Node::Step(step) => self.step(*step, start),
            Node::Seq(nodes) => {
                let mut end = End {
                    at: start,
                    failed: false,
                };
                for node in nodes {
                    let next = self.along(node, end.at);
                    end = End {
                        at: next.at,
                        failed: end.failed | next.failed,
                    };
                    if end.at == NEVER || (next.failed && self.script.fail == FailMode::Stop) {
                        break;
                    }
                }
                end
            }
            Node::Par(nodes) => {
                let mut end = End {
                    at: start,
                    failed: false,
                };
                for node in nodes {
                    let next = self.along(node, start);
                    end = End {
                        at: end.at.max(next.at),
                        failed: end.failed | next.failed,
                    };
                }
                end
            }
        }
    }

    fn step(&mut self, step: usize, begin: Ms) -> End {
        let (end, verdict) = match &self.script.does[step] {
            Does::Skip | Does::Carried(_) => {
                return End {
                    at: begin,
                    failed: false,
                };
            }
            Does::Work {
                takes,
                outcome: Outcome::Succeed,
            } => (self.after(begin, *takes), Verdict::Succeeded),
            Does::Work {
                takes,
                outcome: Outcome::Fail(_),
            } => (self.after(begin, *takes), Verdict::Failed),
            Does::Gate => self.answer(step).unwrap_or((NEVER, Verdict::Cut)),
        };
        self.spans[step] = Span {
            begin,
            end,
            verdict,
        };
        let failed = verdict == Verdict::Failed;
        // A refused gate is never passed, whatever a failure means: the cut ends the run.
        let is_refused = failed && self.script.does[step] == Does::Gate;
        End {
            at: if is_refused { NEVER } else { end },
            failed,
        }
    }

    /// The instant at which work that begins at `begin` has had `takes` of time outside pauses.
    fn after(&self, begin: Ms, takes: Ms) -> Ms {
        let mut end = begin.saturating_add(takes);
        let mut stopped = None;
        for event in self.events {
            match (event.command, stopped) {
                // What is due at the instant of the stop has happened.
                (Command::Stop, _) if end > event.at => stopped = Some(event.at.max(begin)),
                (Command::Continue, Some(since)) => {
                    end = end.saturating_add((event.at - since).max(0));
                    stopped = None;
                }
                _ => {}
            }
        }
        if stopped.is_some() { NEVER } else { end }
    }

    /// The answer a gate was given.
    fn answer(&self, step: usize) -> Option<(Ms, Verdict)> {
        self.events.iter().find_map(|event| match event.command {
            Command::Approve(to) if to == step => Some((event.at, Verdict::Succeeded)),
            Command::Refuse(to) if to == step => Some((event.at, Verdict::Failed)),
            _ => None,
        })
    }
}

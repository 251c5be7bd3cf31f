//! The bars of a chart: for each step the stretches in which it ran or waited, as transitions and forecast tell.

use std::collections::HashMap;

use crate::control::dashboard::tone::Tone;
use crate::sim::Millis;
use crate::sim::planned_step::PlannedStep;
use crate::sim::timeline::Timeline;

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) begin: Millis,
    /// Absent while it is open.
    pub(super) end: Option<Millis>,
    pub(super) kind: BarKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BarKind {
    /// It has happened, or is under way, in this tone.
    Past(Tone),
    /// It will happen if no command comes.
    Foreseen,
}

/// A row of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) kind: RowKind,
    pub(super) name: String,
    /// The present status in words; empty for a group.
    pub(super) word: String,
    pub(super) tone: Tone,
    /// The reason of a failure.
    pub(super) message: Option<String>,
    pub(super) bars: Vec<Bar>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// The resource itself.
    Whole,
    /// A stage or a service, whose steps follow.
    Group,
    Step,
}

/// The name of a step: its stage or service, and itself.
type StepKey = (String, String);

/// The rows of a resource: itself, and its steps in the order of the plan, group by group.
pub(super) fn rows(timeline: &Timeline, now: Millis, word: &dyn Fn(&str) -> String) -> Vec<Row> {
    let mut rows = vec![whole(timeline, now, word)];
    let mut past = stretches(timeline, word);
    let planned = timeline.forecast.iter().map(|step| (key_of(step), step));
    let planned: Vec<(StepKey, &PlannedStep)> = planned.collect();
    let mut group = String::new();
    for (key, step) in &planned {
        enter_group(&mut rows, &mut group, timeline.family, &key.0);
        let bars = past.remove(key).unwrap_or_default();
        rows.push(planned_row(key, step, bars, now, word));
    }
    // Steps of earlier runs, which the present plan no longer has.
    let mut earlier: Vec<(StepKey, Vec<Bar>)> = past.into_iter().collect();
    earlier.sort_by_key(|((group, _), bars)| (bars.first().map(|bar| bar.begin), group.clone()));
    group.clear();
    for (key, bars) in earlier {
        enter_group(&mut rows, &mut group, timeline.family, &key.0);
        let last = bars.last().map(|bar| bar.kind);
        let tone = match last {
            Some(BarKind::Past(tone)) => tone,
            _ => Tone::Idle,
        };
        rows.push(Row {
            kind: RowKind::Step,
            name: key.1,
            word: "earlier run".to_owned(),
            tone,
            message: None,
            bars,
        });
    }
    span_groups(&mut rows);
    rows
}

/// The range of instants that the bars take up, with the present.
pub(super) fn range(rows: &[Row], now: Millis) -> (Millis, Millis) {
    let bars = rows.iter().flat_map(|row| &row.bars);
    let (mut first, mut last) = (now, now);
    for bar in bars {
        first = first.min(bar.begin);
        last = last.max(bar.end.unwrap_or(bar.begin));
    }
    (first, last.max(first + 1))
}

fn enter_group(rows: &mut Vec<Row>, group: &mut String, family: &str, name: &str) {
    if !name.is_empty() && name != group {
        rows.push(Row {
            kind: RowKind::Group,
            // The stages of a plan are the numbers of its batches.
            name: match family {
                "plans" => format!("Batch {name}"),
                _ => name.to_owned(),
            },
            word: String::new(),
            tone: Tone::Idle,
            message: None,
            bars: Vec::new(),
        });
    }
    name.clone_into(group);
}

fn key_of(step: &PlannedStep) -> StepKey {
    let group = step.stage.as_deref().or(step.service.as_deref());
    (
        group.unwrap_or_default().to_owned(),
        (*step.step).to_owned(),
    )
}

/// The stretches in which the resource itself ran or waited.
fn whole(timeline: &Timeline, now: Millis, word: &dyn Fn(&str) -> String) -> Row {
    let own = timeline.transitions.iter();
    let own = own.filter(|transition| transition.step.is_none());
    let mut bars = Vec::new();
    for transition in own {
        follow(
            &mut bars,
            transition.at,
            &word(&transition.to),
            timeline.kind,
        );
    }
    let ends = timeline.forecast.iter().filter_map(|step| step.ends).max();
    if let Some(end) = ends {
        bars.push(Bar {
            begin: now,
            end: Some(end),
            kind: BarKind::Foreseen,
        });
    }
    Row {
        kind: RowKind::Whole,
        name: timeline.kind.to_owned(),
        word: timeline.word.to_string(),
        tone: Tone::of_resource(timeline.kind, &timeline.word, &timeline.allowed),
        message: None,
        bars,
    }
}

/// Ends the open bar at a change of status, and begins another one if time or somebody moves the new one.
fn follow(bars: &mut Vec<Bar>, at: Millis, word: &str, kind: &str) {
    let tone = Tone::of_resource(kind, word, &[]);
    if let Some(open) = bars.last_mut().filter(|bar| bar.end.is_none()) {
        open.end = Some(at);
        // The colour of work is that of its result.
        if matches!(tone, Tone::Done | Tone::Fails) && open.kind == BarKind::Past(Tone::Runs) {
            open.kind = BarKind::Past(tone);
        }
    }
    if matches!(tone, Tone::Runs | Tone::Waits) {
        bars.push(Bar {
            begin: at,
            end: None,
            kind: BarKind::Past(tone),
        });
    }
}

/// The stretches of each step by the transitions.
fn stretches(timeline: &Timeline, word: &dyn Fn(&str) -> String) -> HashMap<StepKey, Vec<Bar>> {
    let mut bars: HashMap<StepKey, Vec<Bar>> = HashMap::new();
    for transition in &timeline.transitions {
        let Some(step) = &transition.step else {
            continue;
        };
        let group = transition
            .stage
            .as_deref()
            .or(transition.service.as_deref());
        let key = (group.unwrap_or_default().to_owned(), (**step).to_owned());
        let bars = bars.entry(key).or_default();
        follow(bars, transition.at, &word(&transition.to), "step");
    }
    bars
}

fn planned_row(
    key: &StepKey,
    step: &PlannedStep,
    mut bars: Vec<Bar>,
    now: Millis,
    word: &dyn Fn(&str) -> String,
) -> Row {
    let status = word(&step.status);
    let tone = Tone::of(&status);
    // A step of a fixture has no transitions.
    let is_known = step.began.is_none_or(|began| {
        bars.iter()
            .any(|bar| bar.end.is_none_or(|end| end >= began))
    });
    if !is_known && let Some(begin) = step.began {
        bars.push(Bar {
            begin,
            end: step.ended,
            kind: BarKind::Past(tone),
        });
    }
    let coming = (step.begins.or(step.began.map(|_| now)), step.ends);
    if let (Some(begin), Some(end)) = coming {
        bars.push(Bar {
            begin,
            end: Some(end),
            kind: BarKind::Foreseen,
        });
    }
    Row {
        kind: RowKind::Step,
        name: key.1.clone(),
        word: status,
        tone,
        message: step.message.as_deref().map(str::to_owned),
        bars,
    }
}

/// Gives each group the stretch from the first beginning to the last end of its steps.
fn span_groups(rows: &mut [Row]) {
    for at in 0..rows.len() {
        if rows[at].kind != RowKind::Group {
            continue;
        }
        let steps = rows[at + 1..].iter();
        let steps: Vec<&Row> = steps.take_while(|row| row.kind == RowKind::Step).collect();
        let bars = || steps.iter().flat_map(|row| &row.bars);
        let span = |is_past: bool| {
            let bars = bars().filter(|bar| (bar.kind != BarKind::Foreseen) == is_past);
            let bars: Vec<&Bar> = bars.collect();
            let begin = bars.iter().map(|bar| bar.begin).min()?;
            let is_open = bars.iter().any(|bar| bar.end.is_none());
            let end = bars.iter().filter_map(|bar| bar.end).max();
            let end = if is_open { None } else { end };
            Some((begin, end))
        };
        let tones = [Tone::Fails, Tone::Waits, Tone::Runs, Tone::Done];
        let tone = tones
            .into_iter()
            .find(|tone| steps.iter().any(|row| row.tone == *tone));
        let tone = tone.unwrap_or(Tone::Idle);
        let past = span(true).map(|(begin, end)| Bar {
            begin,
            end,
            kind: BarKind::Past(tone),
        });
        let foreseen = span(false).map(|(begin, end)| Bar {
            begin,
            end,
            kind: BarKind::Foreseen,
        });
        rows[at].tone = tone;
        rows[at].bars = past.into_iter().chain(foreseen).collect();
    }
}

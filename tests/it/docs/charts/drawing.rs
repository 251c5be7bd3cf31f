//! A chart as SVG: boxes at given places, and an arrow for each change.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::explore::{Chart, TIME};
use super::subject::Status;
use super::text::{drawn, label};

const BOX: (f64, f64) = (150.0, 34.0);
const UNIT: (f64, f64) = (56.0, 46.0);
const MARGIN: (f64, f64) = (96.0, 26.0);

/// The distance of the creation and of the end from the nearest box.
const DOT: f64 = 72.0;

/// The most arrows with the same cause to the same status. More are noted below the drawing.
const MOST_ALIKE: usize = 4;

/// Colours for light and dark backgrounds. The class keeps them from other drawings on a page.
const STYLE: &str = "\
.states{max-width:100%;height:auto}\
.states text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#1f2328;text-anchor:middle}\
.states .box{fill:#f3f5f7;stroke:#8c959f}\
.states .name{font-weight:600}\
.states .line{fill:none;stroke:#0a58b5;stroke-width:1.4}\
.states .time{stroke:#8c959f;stroke-dasharray:5 3}\
.states .cause{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round;fill:#0a58b5}\
.states .cause.by{fill:#656d76}\
.states .note{text-anchor:start;fill:#656d76}\
.states .dot{fill:#1f2328}\
.states .ring{fill:none;stroke:#1f2328}\
.states .head{fill:#0a58b5}\
.states .head.by{fill:#8c959f}\
.states .back{fill:#fff}\
@media(prefers-color-scheme:dark){\
.states text{fill:#d1d7e0}\
.states .box{fill:#1f252d;stroke:#6e7781}\
.states .line{stroke:#6cb0ff}\
.states .time{stroke:#7d8590}\
.states .cause{stroke:#15191f;fill:#6cb0ff}\
.states .cause.by,.states .note{fill:#9198a1}\
.states .dot{fill:#d1d7e0}\
.states .ring{stroke:#d1d7e0}\
.states .head{fill:#6cb0ff}\
.states .head.by{fill:#7d8590}\
.states .back{fill:#15191f}}";

type Point = (f64, f64);

/// The changes between two statuses, with their causes.
type Arrows = BTreeMap<(String, String), Vec<String>>;

/// The drawing of a chart.
pub fn svg(chart: &Chart) -> String {
    let statuses = chart.subject.statuses();
    let (arrows, notes) = sorted(chart, drawn(chart));
    let columns = statuses.iter().map(|status| status.place.0).max();
    let rows = statuses.iter().map(|status| status.place.1).max();
    let (columns, rows) = (columns.expect("a status"), rows.expect("a status"));
    let has_end = arrows.keys().any(|(_, to)| to.is_empty());
    let right = if has_end { MARGIN.0 } else { MARGIN.1 };
    let width = f64::from(columns) * UNIT.0 + BOX.0 + MARGIN.0 + right;
    let lines = u32::try_from(notes.len()).expect("few notes");
    let height = f64::from(rows) * UNIT.1 + BOX.1 + 2.0 * MARGIN.1 + 20.0 * f64::from(lines);
    let mut text = format!(
        "<svg class=\"states\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <title>The states of a {}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n",
        chart.subject.name().replace('-', " ")
    );
    let mut names = String::new();
    for ((from, to), causes) in &arrows {
        let arrow = Arrow {
            start: end_point(statuses, from, true),
            end: end_point(statuses, to, false),
            has_reverse: !from.is_empty()
                && !to.is_empty()
                && arrows.contains_key(&(to.clone(), from.clone())),
            causes,
        };
        arrow.draw(statuses, &mut text, &mut names);
    }
    for Status { name, place, .. } in statuses {
        let (x, y) = at(*place);
        let (left, top) = (x - BOX.0 / 2.0, y - BOX.1 / 2.0);
        let _ = writeln!(
            text,
            "<rect class=\"box\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\
             <text class=\"name\" x=\"{x}\" y=\"{}\">{}</text>",
            BOX.0,
            BOX.1,
            y + 4.0,
            label(chart, name)
        );
    }
    text += &names;
    for (n, note) in (0_u32..).zip(&notes) {
        let y = height - 20.0 * f64::from(lines - n) + 2.0;
        let _ = writeln!(
            text,
            "<text class=\"note\" x=\"{}\" y=\"{y}\">{note}</text>",
            MARGIN.1
        );
    }
    text.push_str("</svg>\n");
    text
}

/// The arrows to draw, and notes in the place of those that would be too many.
fn sorted(chart: &Chart, mut arrows: Arrows) -> (Arrows, Vec<String>) {
    let mut alike: BTreeMap<(String, String), Vec<&str>> = BTreeMap::new();
    for Status { name, .. } in chart.subject.statuses() {
        for ((from, to), causes) in &arrows {
            for cause in causes.iter().filter(|_| from == name) {
                let sources = alike.entry((cause.clone(), to.clone())).or_default();
                sources.push(name);
            }
        }
    }
    let mut notes = Vec::new();
    for ((cause, to), sources) in alike
        .iter()
        .filter(|(_, sources)| sources.len() > MOST_ALIKE)
    {
        for from in &sources[1..] {
            let key = ((*from).to_owned(), to.clone());
            if let Some(causes) = arrows.get_mut(&key) {
                causes.retain(|kept| kept != cause);
                if causes.is_empty() {
                    arrows.remove(&key);
                }
            }
        }
        let others: Vec<String> = sources[1..].iter().map(|from| label(chart, from)).collect();
        let to = if to.is_empty() {
            "the end".to_owned()
        } else {
            label(chart, to)
        };
        notes.push(format!(
            "{cause} leads to {to} also from: {}",
            others.join(", ")
        ));
    }
    (arrows, notes)
}

fn at((column, row): (i32, i32)) -> Point {
    (
        MARGIN.0 + f64::from(column) * UNIT.0 + BOX.0 / 2.0,
        MARGIN.1 + f64::from(row) * UNIT.1 + BOX.1 / 2.0,
    )
}

/// The place of a status. A creation comes from the left of the first status, and the end is on the right of all.
fn end_point(statuses: &[Status], status: &str, is_start: bool) -> Point {
    if let Some(found) = statuses.iter().find(|known| known.name == status) {
        return at(found.place);
    }
    if is_start {
        let (x, y) = at(statuses[0].place);
        return (x - BOX.0 / 2.0 - DOT, y);
    }
    let columns = statuses.iter().map(|status| status.place.0).max();
    let (x, y) = at((columns.unwrap_or_default(), 2));
    (x + BOX.0 / 2.0 + DOT / 2.0, y)
}

/// An arrow between two places.
struct Arrow<'a> {
    start: Point,
    end: Point,
    has_reverse: bool,
    causes: &'a [String],
}

impl Arrow<'_> {
    /// The distance from the straight line: an arrow goes around other boxes, and keeps apart from its reverse.
    fn bow(&self, statuses: &[Status]) -> f64 {
        let (start, end) = (self.start, self.end);
        let crosses = |place: Point| {
            (1..40).any(|step| {
                let t = f64::from(step) / 40.0;
                let (x, y) = (
                    start.0 + (end.0 - start.0) * t,
                    start.1 + (end.1 - start.1) * t,
                );
                (x - place.0).abs() < BOX.0 / 2.0 && (y - place.1).abs() < BOX.1 / 2.0
            })
        };
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        let length = dx.hypot(dy);
        let places = statuses.iter().map(|status| at(status.place));
        let mut others = places.filter(|place| *place != start && *place != end);
        match (others.any(crosses), self.has_reverse) {
            (true, _) => (40.0 * dx.abs() + 108.0 * dy.abs()) / length,
            (false, true) => 26.0,
            (false, false) => 0.0,
        }
    }

    /// Draws the arrow, and its causes apart, so that no line crosses them.
    fn draw(&self, statuses: &[Status], lines: &mut String, names: &mut String) {
        let (start, end) = (self.start, self.end);
        let bow = self.bow(statuses);
        let (dx, dy) = (end.0 - start.0, end.1 - start.1);
        let length = dx.hypot(dy);
        // On the left of the direction, so that the arrows of both directions keep apart.
        let bend = (
            f64::midpoint(start.0, end.0) + dy / length * bow * 2.0,
            f64::midpoint(start.1, end.1) - dx / length * bow * 2.0,
        );
        let curve = |t: f64| {
            let weigh = |a: f64, b: f64, c: f64| {
                (1.0 - t) * (1.0 - t) * a + 2.0 * (1.0 - t) * t * b + t * t * c
            };
            (weigh(start.0, bend.0, end.0), weigh(start.1, bend.1, end.1))
        };
        let is_status = |point: Point| statuses.iter().any(|status| at(status.place) == point);
        let leaves = |point: Point, centre: Point| {
            if is_status(centre) {
                (point.0 - centre.0).abs() > BOX.0 / 2.0 + 3.0
                    || (point.1 - centre.1).abs() > BOX.1 / 2.0 + 3.0
            } else {
                (point.0 - centre.0).hypot(point.1 - centre.1) > 9.0
            }
        };
        let mut steps = (0..=300).map(|step| f64::from(step) / 300.0);
        let mut back = (0..=300).rev().map(|step| f64::from(step) / 300.0);
        let first = steps.find(|t| leaves(curve(*t), start)).unwrap_or(0.0);
        let last = back.find(|t| leaves(curve(*t), end)).unwrap_or(1.0);
        let is_time = self.causes.iter().all(|cause| cause == TIME);
        let (class, by) = if is_time {
            ("line time", " by")
        } else {
            ("line", "")
        };
        let points = (0..=20).map(|n| curve(first + (last - first) * f64::from(n) / 20.0));
        let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            lines,
            "<polyline class=\"{class}\" points=\"{}\"/>",
            points.join(" ")
        );
        let (tip, before) = (curve(last), curve((last - 0.03).max(0.0)));
        let angle = (tip.1 - before.1).atan2(tip.0 - before.0).to_degrees();
        let _ = writeln!(
            lines,
            "<path class=\"head{by}\" d=\"M0,0 L-8,-4 L-8,4 Z\" transform=\"translate({:.1},{:.1}) rotate({angle:.1})\"/>",
            tip.0, tip.1
        );
        for (point, mark) in [
            (start, "<circle class=\"dot\" r=\"5\""),
            (end, "<circle class=\"ring\" r=\"6\""),
        ] {
            if !is_status(point) {
                let _ = writeln!(
                    lines,
                    "{mark} cx=\"{:.1}\" cy=\"{:.1}\"/>",
                    point.0, point.1
                );
            }
        }
        // Arrows cross in the middle, if they are not straight.
        let is_straight = (dx.abs() < 1.0 || dy.abs() < 1.0) && bow < 30.0;
        let share = if is_straight { 0.5 } else { 0.34 };
        let (x, y) = curve(first + (last - first) * share);
        let _ = writeln!(
            names,
            "<text class=\"cause{by}\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
            y + 4.0,
            self.causes.join(", ")
        );
    }
}

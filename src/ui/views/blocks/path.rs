//! The path that something took through the lab, as a small tree: below each node those that had
//! it from there.
//!
//! ```text
//! miner          mined it
//! └─ central     ▇▇▇▇▇▇▇       241 ms
//!    └─ wallet   ▇▇▇▇▇▇▇▇▇▇▇▇  483 ms
//! ?              not known from whom
//! └─ relay3      ▇▇▇▇▇▇▇▇▇▇▇▇  490 ms
//! ```

use crate::lab::view::Arrival;
use crate::node::NodeIx;
use crate::ui::text::{self, Row, short_name};
use crate::ui::views::blocks::ways::Way;
use crate::ui::widgets::scene::Scene;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Steps that are indented; what comes further down stands below its like, and says from whom.
const DEEPEST: usize = 6;

/// Columns of a name.
const NAME: usize = 16;

/// The longest bar, in columns.
const BAR: u32 = 24;

/// A node on the path.
struct Step<'a> {
    arrival: Option<&'a Arrival>,
    /// The lines to its left, and its name.
    label: String,
    /// What stands behind it.
    note: Option<String>,
}

/// How the bars of a path are drawn.
struct Bars {
    /// Columns before them.
    label: usize,
    /// Columns of the longest, and what it stands for.
    longest: u32,
    slowest: Duration,
    ink: Style,
}

/// The lines of a path, in an ink of its own.
pub(super) fn lines(
    scene: Scene<'_>,
    way: &Way<'_>,
    ink: Style,
    room: usize,
) -> Vec<Line<'static>> {
    let steps = steps(scene, way);
    let widest = steps
        .iter()
        .map(|step| Span::raw(step.label.as_str()).width());
    let label = widest.max().unwrap_or(0);
    let slowest = way.arrivals.iter().map(|arrival| arrival.after).max();
    let slowest = slowest.unwrap_or_default();
    let bar_room = room.saturating_sub(label + 12);
    let longest = u32::try_from(bar_room).unwrap_or(BAR).min(BAR);
    let bars = Bars {
        label,
        longest,
        slowest,
        ink,
    };
    let line = |step| line(scene, step, &bars, room);
    steps.iter().map(line).collect()
}

fn line(scene: Scene<'_>, step: &Step<'_>, bars: &Bars, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let pad = bars
        .label
        .saturating_sub(Span::raw(step.label.as_str()).width());
    let name = format!("{}{}", step.label, " ".repeat(pad));
    let mut row = Row::new().text(0, 0, name, theme.text());
    if let Some(arrival) = step.arrival.filter(|arrival| !arrival.after.is_zero()) {
        let length = bar(arrival.after, bars);
        if length > 0 {
            let rest = usize::try_from(bars.longest)
                .unwrap_or(0)
                .saturating_sub(length);
            let bar = format!("{}{}", theme.bar().repeat(length), " ".repeat(rest));
            row = row.text(2, 2, bar, bars.ink);
        }
        let time = text::lapse(arrival.after);
        row = row.text(1, 2, format!("{time:>7}"), theme.strong());
    }
    if let Some(note) = &step.note {
        row = row.text(3, 2, note.clone(), theme.dim());
    }
    row.fit(room)
}

fn bar(after: Duration, bars: &Bars) -> usize {
    let whole = bars.slowest.as_micros().max(1);
    let part = (after.as_micros() * u128::from(bars.longest) + whole / 2) / whole;
    let least = usize::from(bars.longest > 0);
    usize::try_from(part).unwrap_or_default().max(least)
}

/// The nodes of the path, each below the one that it had it from.
fn steps<'a>(scene: Scene<'_>, way: &Way<'a>) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let how = match (way.is_own, way.what) {
        (true, crate::ui::views::blocks::ways::What::Block(_)) => "mined it",
        (true, crate::ui::views::blocks::ways::What::Tx(_)) => "made it",
        (false, _) => "had it first",
    };
    let first = way.arrivals.iter().find(|first| first.node == way.origin);
    steps.push(Step {
        arrival: first,
        label: short(scene, way.origin),
        note: Some(how.to_owned()),
    });
    // Who has it from somebody that had it before: so nobody is above itself.
    let giver = |at: usize, arrival: &Arrival| {
        let from = arrival.from?;
        let before = way.arrivals[..at].iter().any(|other| other.node == from);
        (before || from == way.origin).then_some(from)
    };
    let arrivals = way.arrivals.iter().enumerate();
    let others = arrivals.filter(|(_, arrival)| arrival.node != way.origin);
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (at, arrival) in others {
        match giver(at, arrival) {
            Some(from) => known.push((from, arrival)),
            None => unknown.push(arrival),
        }
    }
    below(scene, &known, way.origin, "", 0, &mut steps);
    if !unknown.is_empty() {
        steps.push(Step {
            arrival: None,
            label: "?".to_owned(),
            note: Some("not known from whom".to_owned()),
        });
        let count = unknown.len();
        for (nth, arrival) in unknown.into_iter().enumerate() {
            let (branch, bars) = branch(scene, nth + 1 == count);
            steps.push(Step {
                arrival: Some(arrival),
                label: format!("{branch}{}", short(scene, arrival.node)),
                note: None,
            });
            below(scene, &known, arrival.node, bars, 1, &mut steps);
        }
    }
    steps
}

/// Those who have it from this node, and below each those who have it from there.
fn below<'a>(
    scene: Scene<'_>,
    known: &[(NodeIx, &'a Arrival)],
    from: NodeIx,
    indent: &str,
    depth: usize,
    steps: &mut Vec<Step<'a>>,
) {
    let all: Vec<_> = match depth {
        DEEPEST.. => all_below(known, from),
        _ => known
            .iter()
            .filter(|(giver, _)| *giver == from)
            .copied()
            .collect(),
    };
    for (nth, (giver, arrival)) in all.iter().enumerate() {
        let (branch, bars) = branch(scene, nth + 1 == all.len());
        let note = (*giver != from).then(|| format!("from {}", short(scene, *giver)));
        steps.push(Step {
            arrival: Some(arrival),
            label: format!("{indent}{branch}{}", short(scene, arrival.node)),
            note,
        });
        if depth < DEEPEST {
            let indent = format!("{indent}{bars}");
            below(scene, known, arrival.node, &indent, depth + 1, steps);
        }
    }
}

/// Those who have it from this node, directly or not, in the order in which it came to them.
fn all_below<'a>(known: &[(NodeIx, &'a Arrival)], from: NodeIx) -> Vec<(NodeIx, &'a Arrival)> {
    let mut above = vec![from];
    let mut all = Vec::new();
    for (giver, arrival) in known {
        if above.contains(giver) {
            above.push(arrival.node);
            all.push((*giver, *arrival));
        }
    }
    all
}

/// What stands before a node, and before what is below it.
fn branch(scene: Scene<'_>, is_last: bool) -> (&'static str, &'static str) {
    match (scene.theme.ascii, is_last) {
        (false, false) => ("├─ ", "│  "),
        (false, true) => ("└─ ", "   "),
        (true, false) => ("|- ", "|  "),
        (true, true) => ("`- ", "   "),
    }
}

fn short(scene: Scene<'_>, ix: NodeIx) -> String {
    short_name(scene.name(ix), NAME, scene.theme.cut())
}

//! Messages as a sequence diagram: nodes as columns, time downwards, an arrow for each message.
//!
//! There may be more nodes than columns. Then those are shown that say or are told most of what is
//! in sight, and the focused one; of the others the names stand in the line.

use crate::lab::observe::transcript::{Party, Spoken};
use crate::node::NodeIx;
use crate::ui::text;
use crate::ui::widgets::message;
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table;
use ratatui::text::{Line, Span};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The least columns of the screen for a node, and the most: an arrow carries words.
const LANE: (usize, usize) = (14, 40);

/// Columns of what became of a message.
const FATE: usize = 10;

/// Lanes, by who has one.
struct Lanes {
    parties: Vec<Party>,
    width: usize,
    /// Columns before the first.
    indent: usize,
}

/// The head and the lines.
pub(super) fn diagram(
    scene: Scene<'_>,
    seen: &[&Spoken],
    chosen: Option<u64>,
    room: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let time = seen
        .iter()
        .map(|said| message::moment(scene, said.at()).len());
    let indent = time.max().unwrap_or_default().max(10) + 1;
    let lanes = Lanes::new(scene, seen, indent, room);
    let lines = seen.iter().map(|said| {
        let spans = lanes.line(scene, said, room);
        let is_chosen = Some(said.number) == chosen;
        let line = table::finish(scene, spans, is_chosen, room);
        let is_lit = message::is_lit(scene, said) && !is_chosen;
        if is_lit {
            table::lit(scene, line)
        } else {
            line
        }
    });
    (lanes.head(scene), lines.collect())
}

impl Lanes {
    fn new(scene: Scene<'_>, seen: &[&Spoken], indent: usize, room: usize) -> Self {
        let left = room.saturating_sub(indent + FATE + 1);
        let most = (left / LANE.0).max(2);
        let mut said: BTreeMap<&Party, usize> = BTreeMap::new();
        for party in seen.iter().flat_map(|said| [&said.from, &said.to]) {
            *said.entry(party).or_default() += 1;
        }
        let nodes = (0..scene.lab.nodes.len()).map(|ix| Party::Node(NodeIx(ix)));
        let mut parties: Vec<_> = nodes.collect();
        let strangers = said.keys().filter(|party| party.node().is_none());
        parties.extend(strangers.map(|party| (*party).clone()));
        if parties.len() > most {
            parties.sort_by_key(|party| {
                let is_focused = party.node() == Some(scene.viewer.focus);
                let said = said.get(party).copied().unwrap_or_default();
                Reverse((is_focused, said))
            });
            parties.truncate(most);
            parties.sort();
        }
        let width = (left / parties.len().max(1)).min(LANE.1);
        Self {
            parties,
            width,
            indent,
        }
    }

    /// The column of the screen in the middle of a lane.
    fn middle(&self, lane: usize) -> usize {
        self.indent + lane * self.width + self.width / 2
    }

    fn lane_of(&self, party: &Party) -> Option<usize> {
        self.parties.iter().position(|other| other == party)
    }

    fn head(&self, scene: Scene<'_>) -> Line<'static> {
        let mut spans = MeasuredLine::new(Span::styled("time", scene.theme.dim()));
        for (lane, party) in self.parties.iter().enumerate() {
            let name = message::name(scene, party, self.width.saturating_sub(2));
            let from = self.middle(lane).saturating_sub(name.chars().count() / 2);
            spans.pad(from);
            let style = match party.node() {
                Some(ix) if ix == scene.viewer.focus => scene.theme.focus(),
                Some(_) => scene.theme.strong(),
                None => scene.theme.dim(),
            };
            spans.push(Span::styled(name, style));
        }
        Line::from(spans.all)
    }

    fn line(&self, scene: Scene<'_>, said: &Spoken, room: usize) -> Vec<Span<'static>> {
        let theme = scene.theme;
        let time = message::moment(scene, said.at());
        let mut spans = MeasuredLine::new(Span::styled(time, theme.dim()));
        match (self.lane_of(&said.from), self.lane_of(&said.to)) {
            (Some(from), Some(to)) if from != to => self.arrow(scene, said, (from, to), &mut spans),
            _ => self.apart(scene, said, &mut spans),
        }
        let fate = message::fate(said);
        spans.pad(room.saturating_sub(fate.chars().count()));
        spans.push(Span::styled(fate, message::fate_style(scene, said)));
        spans.all
    }

    /// The lanes of a line, with an arrow from one to another.
    fn arrow(
        &self,
        scene: Scene<'_>,
        said: &Spoken,
        (from, to): (usize, usize),
        spans: &mut MeasuredLine,
    ) {
        let theme = scene.theme;
        let (low, high) = (from.min(to), from.max(to));
        for lane in 0..self.parties.len() {
            spans.pad(self.middle(lane));
            spans.push(Span::styled(theme.lane(), theme.faint()));
            if lane != low {
                continue;
            }
            let span = self.middle(high) - self.middle(low) - 1;
            let (head, tail) = match to > from {
                true => ("", theme.head_right()),
                false => (theme.head_left(), ""),
            };
            let style = match said.is_lost {
                true => theme.bad(),
                false => theme.dim(),
            };
            let label = label(scene, said, span.saturating_sub(4));
            let rest = span.saturating_sub(text::width(&label) + 1);
            let before = rest / 2;
            spans.push(Span::styled(head, style));
            spans.push(Span::styled(theme.rule().repeat(before), style));
            spans.extend(label);
            spans.push(Span::styled(theme.rule().repeat(rest - before), style));
            spans.push(Span::styled(tail, style));
            return self.lanes_after(scene, high, spans);
        }
    }

    fn lanes_after(&self, scene: Scene<'_>, first: usize, spans: &mut MeasuredLine) {
        for lane in first..self.parties.len() {
            spans.pad(self.middle(lane));
            spans.push(Span::styled(scene.theme.lane(), scene.theme.faint()));
        }
    }

    /// A line in words, of nodes that have no lane.
    fn apart(&self, scene: Scene<'_>, said: &Spoken, spans: &mut MeasuredLine) {
        let theme = scene.theme;
        spans.pad(self.indent);
        let name = |party| message::name(scene, party, 16);
        let ends = format!(
            "{} {} {}  ",
            name(&said.from),
            theme.arrow(),
            name(&said.to)
        );
        spans.push(Span::styled(ends, theme.dim()));
        let left = (self.indent + self.parties.len() * self.width).saturating_sub(spans.width);
        spans.extend(label(scene, said, left));
    }
}

/// What is written on an arrow: as much of it as fits.
fn label(scene: Scene<'_>, said: &Spoken, room: usize) -> Vec<Span<'static>> {
    let style = message::command_style(scene, said);
    let command = vec![Span::styled(format!(" {} ", said.command()), style)];
    let about = message::about(scene, said, style);
    if !about.is_empty() {
        let mut whole = command.clone();
        whole.extend(about);
        whole.push(Span::raw(" "));
        if text::width(&whole) <= room {
            return whole;
        }
    }
    match text::width(&command) <= room {
        true => command,
        false => Vec::new(),
    }
}

/// Spans of a line, with how many columns they take by now: a line has dozens.
struct MeasuredLine {
    all: Vec<Span<'static>>,
    width: usize,
}

impl MeasuredLine {
    fn new(first: Span<'static>) -> Self {
        let width = first.width();
        let all = vec![first];
        Self { all, width }
    }

    fn push(&mut self, span: Span<'static>) {
        self.width += span.width();
        self.all.push(span);
    }

    fn extend(&mut self, spans: Vec<Span<'static>>) {
        spans.into_iter().for_each(|span| self.push(span));
    }

    /// Spaces up to a column.
    fn pad(&mut self, to: usize) {
        let missing = to.saturating_sub(self.width);
        self.push(Span::raw(" ".repeat(missing)));
    }
}

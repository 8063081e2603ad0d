//! What every part of the screen needs to draw itself.

use crate::lab::observe::node_log::LogLine;
use crate::lab::view::Told;
use crate::lab::{LabView, NodeView};
use crate::node::io::words::{Piece, Tone};
use crate::node::snapshot::{BlockInfo, NodeSnapshot};
use crate::node::{BlockId, NodeIx, Time};
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::viewer::Viewer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// How long it is shown that a node's tip is new.
const NEW_FOR: Duration = Duration::from_secs(1);

/// When the next tip that is shown as new is it no more.
pub fn next_fading(lab: &LabView) -> Option<Time> {
    let changed = lab.nodes.iter().filter_map(|node| node.tip_changed);
    let fading = changed.map(|at| at + NEW_FOR);
    fading.filter(|at| *at > lab.now).min()
}

/// A lab and who looks at it, at one moment.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The lab.
    pub lab: &'a LabView,
    /// Who looks, and how.
    pub viewer: &'a Viewer,
    /// How everything looks.
    pub theme: Theme,
    /// The lab clock, in whole seconds since the lab began: ages change together, once a second.
    pub now: Time,
    /// What people are to read, also while the screen is held.
    pub caption: Option<&'a str>,
    /// The screen is held: the lab goes on, and is not seen.
    pub is_held: bool,
}

impl<'a> Scene<'a> {
    /// Of this lab.
    pub fn new(lab: &'a LabView, viewer: &'a Viewer) -> Self {
        let passed = lab.now.since(lab.since);
        let now = lab.since + Duration::from_secs(passed.as_secs());
        Self {
            lab,
            viewer,
            theme: viewer.theme,
            now,
            caption: lab.caption.as_deref(),
            is_held: false,
        }
    }

    /// What time stands still at.
    pub fn told(&self) -> Option<&'a Told> {
        let time = self.lab.time.as_ref().filter(|time| time.is_paused)?;
        time.told.as_ref().filter(|_| time.on_its_way.is_none())
    }

    /// Whether time stands still at something that happened at this node, or on its link there.
    pub fn is_lit(&self, node: NodeIx) -> bool {
        let told = self.told();
        told.is_some_and(|told| told.node == Some(node) || told.other == Some(node))
    }

    /// How long ago something was, as of the last whole second.
    pub fn age(&self, at: Time) -> String {
        text::age(self.now.since(at))
    }

    /// How long ago a node's tip was found; of the genesis block nothing, which no node found.
    pub fn tip_age(&self, snapshot: &NodeSnapshot) -> String {
        match snapshot.tip.height {
            0 => "genesis".to_owned(),
            _ => self.age(Time::from_block(snapshot.tip_time)),
        }
    }

    /// Whether a node's tip changed a moment ago.
    pub fn is_new(&self, node: &NodeView) -> bool {
        let changed = node.tip_changed.filter(|_| node.state.is_up());
        changed.is_some_and(|at| self.lab.now.since(at) < NEW_FOR)
    }

    /// A moment, as clocks are shown just now.
    pub fn moment(&self, at: Time) -> String {
        if !self.viewer.is_wall_clock {
            return text::clock(at.since(self.lab.since));
        }
        let wall = at.0.saturating_add_signed(-self.lab.wall_offset_us);
        text::time_of_day(wall / 1_000_000)
    }

    /// A block's chip.
    pub fn chip(&self, id: BlockId) -> Span<'static> {
        let chip = self.lab.chips.of(id);
        Span::styled(chip.to_string(), self.theme.chip(chip.colour()))
    }

    /// A bar or a border in the colour of a block's chip.
    pub fn chip_ink(&self, id: BlockId) -> Style {
        self.theme.chip_ink(self.lab.chips.colour(id))
    }

    /// The chips of the last of these blocks, the newest right: as many as have room.
    pub fn chip_row(&self, blocks: &[BlockInfo], room: usize) -> Vec<Span<'static>> {
        let mut left = room;
        let newest = blocks.iter().rev().map(|block| self.chip(block.id));
        let mut fitting: Vec<_> = newest
            .take_while(|chip| {
                let rest = left.checked_sub(chip.width());
                left = rest.unwrap_or(0);
                rest.is_some()
            })
            .collect();
        fitting.reverse();
        fitting
    }

    /// A block: its height and chip.
    pub fn block(&self, id: BlockId) -> Vec<Span<'static>> {
        vec![
            Span::styled(format!("#{} ", id.height), self.theme.strong()),
            self.chip(id),
        ]
    }

    /// Pieces of a line in words.
    pub fn pieces(
        &self,
        pieces: impl IntoIterator<Item = Piece>,
        style: Style,
    ) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(words) => spans.push(Span::styled(words, style)),
                Piece::Block(id) => {
                    spans.push(Span::styled(format!("#{} ", id.height), style));
                    spans.push(self.chip(id));
                }
                Piece::Tx(txid) => {
                    let short = txid.short();
                    let end = format!("tx {}", &short[short.len() - 4..]);
                    spans.push(Span::styled(end, style));
                }
            }
        }
        spans
    }

    /// A line of a node's log, with its time in front: in a list as wide as the screen.
    pub fn log_line(&self, line: &LogLine, room: usize) -> Vec<Span<'static>> {
        let time = Span::styled(self.moment(line.at) + " ", self.theme.dim());
        let left = room.saturating_sub(time.width());
        let words = self.pieces(line.pieces.iter().cloned(), self.tone(line.tone));
        let mut spans = vec![time];
        spans.extend(text::clip(words, left, self.theme.cut()));
        spans
    }

    /// A line of a node's log as a pane has it: what happened in front, the time at the right.
    pub fn pane_line(&self, line: LogLine, room: usize) -> Line<'static> {
        let time = Span::styled(self.moment(line.at), self.theme.dim());
        let left = room.saturating_sub(time.width() + 1);
        let words = self.pieces(line.pieces, self.tone(line.tone));
        let words = text::clip(words, left, self.theme.cut());
        text::ends(words, vec![time], room)
    }

    /// How a line of this tone looks.
    pub fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => self.theme.text(),
            Tone::Good => self.theme.good(),
            Tone::Warn => self.theme.warn(),
            Tone::Bad => self.theme.bad(),
        }
    }

    /// On the border of a view without panes: the node that keys act on.
    pub fn focus_title(&self) -> Line<'static> {
        let name = text::short_name(self.name(self.viewer.focus), 16, self.theme.cut());
        let words = format!(" keys act on {} {name} ", self.viewer.focus.0 + 1);
        Line::styled(words, self.theme.focus()).right_aligned()
    }

    /// A node's name.
    pub fn name(&self, ix: NodeIx) -> &'a str {
        self.lab.node(ix).map_or("", |node| &*node.name)
    }
}

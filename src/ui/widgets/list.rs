//! Lists with a chosen line.
//!
//! What a list holds is plain data ([`Item`]), made anew from the lab whenever it is looked at, so
//! that keys and drawing see the same. The chosen line is remembered by what it is about, not by
//! its place: when something new comes in above, the same line stays chosen. Only the line at which
//! a list begins keeps its place, so that a list that was not moved in shows what is new.

use super::scene::Scene;
use crate::chain::{BlockHash, Txid};
use crate::lab::LabView;
use crate::lab::observe::chips::Chip;
use crate::lab::observe::node_log::LogLine;
use crate::node::BlockId;
use crate::node::io::words::Piece;
use crate::ui::keymap::Action;
use crate::ui::text;
use ratatui::style::Style;
use ratatui::text::Span;
use std::ops::Range;

/// How a figure looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Look {
    Plain,
    Dim,
    Strong,
    Good,
    Warn,
    Bad,
}

impl Look {
    pub fn style(self, scene: Scene<'_>) -> Style {
        let theme = scene.theme;
        match self {
            Self::Plain => theme.text(),
            Self::Dim => theme.dim(),
            Self::Strong => theme.strong(),
            Self::Good => theme.good(),
            Self::Warn => theme.warn(),
            Self::Bad => theme.bad(),
        }
    }
}

/// A figure, or some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Cell {
    Words(String, Look),
    /// The long form where there is room for it, else the short one.
    Either {
        long: String,
        short: String,
        look: Look,
    },
    Chip(Chip),
    /// A line of a log, and what it says in words alone.
    Log(LogLine, String),
}

/// Words of no particular weight.
pub(in crate::ui) fn plain(words: impl ToString) -> Cell {
    Cell::Words(words.to_string(), Look::Plain)
}

/// A figure that is worth a look.
pub(in crate::ui) fn strong(words: impl ToString) -> Cell {
    Cell::Words(words.to_string(), Look::Strong)
}

/// A name that people gave; where there is no room for all of it, its beginning.
pub(in crate::ui) fn name(name: &str) -> Cell {
    /// Columns that a name takes at most beside figures.
    const NAME: usize = 16;
    Cell::Either {
        long: name.to_owned(),
        short: text::short_name(name, NAME, "~"),
        look: Look::Strong,
    }
}

/// A block's chip.
pub(in crate::ui) fn chip(lab: &LabView, id: BlockId) -> Cell {
    Cell::Chip(lab.chips.of(id))
}

/// A line of a log.
pub(in crate::ui) fn log(lab: &LabView, line: LogLine) -> Cell {
    let piece = |piece: &Piece| match piece {
        Piece::Text(words) => words.clone(),
        Piece::Block(id) => format!("#{} {}", id.height, lab.chips.of(*id)),
        Piece::Tx(txid) => txid.short()[4..].to_owned(),
    };
    let words = line.pieces.iter().map(piece).collect();
    Cell::Log(line, words)
}

/// What comes second.
pub(in crate::ui) fn dim(words: impl ToString) -> Cell {
    Cell::Words(words.to_string(), Look::Dim)
}

/// A hash or an address: whole where there is room, else its end.
pub(in crate::ui) fn long(whole: impl ToString, look: Look) -> Cell {
    let whole = whole.to_string();
    Cell::Either {
        short: ending(&whole),
        long: whole,
        look,
    }
}

/// The end of a hash or an address, by which people know it.
pub(in crate::ui) fn ending(whole: &str) -> String {
    let from = whole.len().saturating_sub(8);
    match whole.get(from..) {
        Some(end) if from > 0 => format!("..{end}"),
        _ => whole.to_owned(),
    }
}

impl Cell {
    fn shown(&self, is_long: bool) -> String {
        match self {
            Self::Words(words, _) => words.clone(),
            Self::Either { long, .. } if is_long => long.clone(),
            Self::Either { short, .. } => short.clone(),
            Self::Chip(chip) => chip.to_string(),
            Self::Log(_, words) => words.clone(),
        }
    }

    pub fn width(&self, is_long: bool) -> usize {
        Span::raw(self.shown(is_long)).width()
    }

    pub fn span(&self, scene: Scene<'_>, is_long: bool) -> Span<'static> {
        match self {
            Self::Words(_, look) | Self::Either { look, .. } => {
                Span::styled(self.shown(is_long), look.style(scene))
            }
            Self::Chip(chip) => Span::styled(self.shown(is_long), scene.theme.chip(chip.colour())),
            Self::Log(_, words) => Span::raw(words.clone()),
        }
    }
}

/// What can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ui) enum Target {
    Block(BlockHash),
    Tx(Txid),
    /// Of this wallet, what it did.
    History(String),
}

/// A line of a list.
#[derive(Clone, Debug, Default)]
pub(in crate::ui) struct Item {
    pub cells: Vec<Cell>,
    /// What Enter opens.
    pub opens: Option<Target>,
    /// What can be copied: what it is, and the text.
    pub copies: Option<(String, String)>,
    /// Hashes and addresses by whose ends a filter finds this line.
    pub whole: Vec<String>,
    /// What it is about; nothing for a line that never moves.
    pub key: Option<String>,
}

impl Item {
    pub fn new(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            ..Self::default()
        }
    }

    /// What is copied is also what it is found by.
    pub fn copies(mut self, what: impl Into<String>, text: impl ToString) -> Self {
        let text = text.to_string();
        self.whole.push(text.clone());
        self.copies = Some((what.into(), text));
        self
    }

    pub fn opens(mut self, target: Target) -> Self {
        self.opens = Some(target);
        self
    }

    pub fn about(mut self, key: impl ToString) -> Self {
        self.key = Some(key.to_string());
        self
    }

    /// Whether a filter lets it through.
    pub fn matches(&self, filter: &str) -> bool {
        let filter = filter.to_lowercase();
        let cells = self.cells.iter().map(|cell| cell.shown(false));
        let line = cells.collect::<Vec<_>>().join(" ").to_lowercase();
        let ends = |whole: &String| {
            let whole = whole.to_lowercase();
            whole.starts_with(&filter) || whole.ends_with(&filter)
        };
        line.contains(&filter) || self.whole.iter().any(ends)
    }
}

/// The chosen place in a list.
#[derive(Clone, Debug, Default)]
pub(in crate::ui) struct Cursor {
    at: usize,
    /// What the chosen line is about; nothing at the line where the list begins.
    key: Option<String>,
    pub filter: String,
    /// The list begins at its last line.
    begins_last: bool,
}

impl Cursor {
    pub fn at(at: usize) -> Self {
        Self {
            at,
            ..Self::default()
        }
    }

    /// For a list whose newest line is the last.
    pub fn at_the_end() -> Self {
        Self {
            begins_last: true,
            ..Self::default()
        }
    }

    /// Where the chosen line was last.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The chosen line of a list that is as it is now.
    pub fn index(&self, items: &[Item]) -> usize {
        let last = items.len().saturating_sub(1);
        let Some(key) = &self.key else {
            return if self.begins_last {
                last
            } else {
                self.at.min(last)
            };
        };
        let found = items.iter().position(|item| item.key.as_ref() == Some(key));
        found.unwrap_or(self.at.min(last))
    }

    /// Moves.
    pub fn step(&mut self, items: &[Item], action: Action, page: usize) {
        let to = moved(self.index(items), items.len(), action, page);
        let first = if self.begins_last {
            items.len().saturating_sub(1)
        } else {
            0
        };
        self.at = to;
        let key = items.get(to).and_then(|item| item.key.clone());
        self.key = key.filter(|_| to != first);
    }

    pub fn set_filter(&mut self, filter: &str) {
        *self = Self {
            filter: filter.to_owned(),
            begins_last: self.begins_last,
            ..Self::default()
        };
    }

    /// Time went back: what was chosen may not be there yet, and then nothing else is chosen in its place.
    pub fn went_back(&mut self, items: &[Item]) {
        let is_there = |key| items.iter().any(|item| item.key.as_ref() == Some(key));
        if self.key.as_ref().is_some_and(|key| !is_there(key)) {
            (self.at, self.key) = (0, None);
        }
    }

    /// Items that the filter lets through.
    pub fn filtered(&self, mut items: Vec<Item>) -> Vec<Item> {
        if !self.filter.is_empty() {
            items.retain(|item| item.matches(&self.filter));
        }
        items
    }
}

/// Where a key leads to, among so many lines.
pub(in crate::ui) fn moved(at: usize, len: usize, action: Action, page: usize) -> usize {
    let last = len.saturating_sub(1);
    let to = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => at + 1,
        Action::PageUp => at.saturating_sub(page),
        Action::PageDown => at + page,
        Action::First => 0,
        Action::Last => last,
        _ => at,
    };
    to.min(last)
}

/// The lines that are seen of so many: the chosen one in the middle, as far as that goes.
pub(in crate::ui) fn window(len: usize, chosen: usize, lines: usize) -> Range<usize> {
    let from = chosen
        .saturating_sub(lines / 2)
        .min(len.saturating_sub(lines));
    from..(from + lines).min(len)
}

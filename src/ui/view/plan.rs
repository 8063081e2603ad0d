//! Where everything goes on a screen of a given size.
//!
//! ```text
//! header                one line
//! body                  panes in a grid, or stacked, or a table; in zoom or the log, just that
//! blocks on their way   a box, if there is room
//! captions              a band, in a lab with a script
//! message line
//! footer
//! ```
//!
//! Drawing and the mouse both ask here, so that a click hits what is seen.

use crate::lab::{LabView, NodeIx};
use crate::ui::keymap::Action;
use crate::ui::state::{UiState, View};
use crate::ui::view::band;
use ratatui::layout::{Position, Rect};

/// The smallest screen that anything useful fits on.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Screens that are narrower have panes one above the other.
const GRID_WIDTH: u16 = 100;

/// The least columns and lines of a pane in a grid.
const PANE: (u16, u16) = (38, 8);

/// The least lines of a pane that is stacked.
const STACKED_LINES: u16 = 5;

/// Panes on a page: as many as there are digits.
const PANES_MAX: usize = 9;

/// From this many nodes on they are lines of a table.
const TABLE_NODES: usize = 16;

/// How nodes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Panes beside and below each other; so many columns.
    Grid(usize),
    /// Panes below each other, as wide as the screen.
    Stacked,
    /// A line each.
    Table,
}

/// Where everything goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The first line.
    pub header: Rect,
    /// What is in the middle.
    pub body: Rect,
    /// Blocks on their way.
    pub journeys: Option<Rect>,
    /// The captions of a lab with a script.
    pub caption: Option<Rect>,
    /// The line above the footer.
    pub message: Rect,
    /// The last line.
    pub footer: Rect,
    /// How nodes are shown.
    pub form: Form,
    /// The nodes of this page, each with its pane or line.
    pub cells: Vec<(NodeIx, Rect)>,
    /// This page, from 0 on, and how many there are.
    pub page: (usize, usize),
    /// All nodes.
    count: usize,
    /// Nodes on a page.
    capacity: usize,
}

impl Plan {
    /// For the lab as it is, on the screen as it was last heard of.
    pub fn new(lab: &LabView, ui: &UiState) -> Self {
        Self::sized(lab, ui, ui.size)
    }

    /// For a screen of this size.
    pub fn sized(lab: &LabView, ui: &UiState, (width, height): (u16, u16)) -> Self {
        let line = |y: u16| Rect::new(0, y.min(height), width, u16::from(y < height));
        let body = Rect::new(0, 1, width, height.saturating_sub(3));
        let mut plan = Self {
            header: line(0),
            body,
            journeys: None,
            caption: None,
            message: line(height.saturating_sub(2)),
            footer: line(height.saturating_sub(1)),
            form: Form::Table,
            cells: Vec::new(),
            page: (0, 1),
            count: lab.nodes.len(),
            capacity: 1,
        };
        if ui.view == View::Lab && ui.zoom.is_none() {
            plan.divide(lab, ui, (width, height));
        } else if lab.script.is_some() {
            plan.caption = Some(plan.cut_lines(caption_rows(lab, ui, (width, height))));
        }
        plan
    }

    /// Whether the screen is too small for anything.
    pub fn is_too_small(size: (u16, u16)) -> bool {
        size.0 < SMALLEST.0 || size.1 < SMALLEST.1
    }

    /// The nodes of this page, in order.
    pub fn shown(&self) -> impl Iterator<Item = NodeIx> {
        self.cells.iter().map(|(ix, _)| *ix)
    }

    /// What is at this place.
    pub fn hit(&self, at: Position) -> Option<NodeIx> {
        let found = self.cells.iter().find(|(_, area)| area.contains(at));
        found.map(|(ix, _)| *ix)
    }

    /// The node that a key leads to, from this one.
    pub fn step(&self, from: NodeIx, action: Action) -> Option<NodeIx> {
        let last = self.count.checked_sub(1)?;
        let (across, down) = match self.form {
            Form::Grid(columns) => (1, columns),
            Form::Stacked | Form::Table => (0, 1),
        };
        let at = from.0;
        let to = match action {
            Action::Left => at.checked_sub(across)?,
            Action::Right => at + across,
            Action::Up => at.checked_sub(down)?,
            Action::Down => at + down,
            Action::PageUp => at.saturating_sub(self.capacity),
            Action::PageDown => (at + self.capacity).min(last),
            Action::First => 0,
            Action::Last => last,
            _ => return None,
        };
        (to <= last).then_some(NodeIx(to))
    }

    fn divide(&mut self, lab: &LabView, ui: &UiState, size: (u16, u16)) {
        let (width, height) = (self.body.width, self.body.height);
        let wants_table = ui.spec.table.unwrap_or(self.count >= TABLE_NODES);
        let stacks = width < GRID_WIDTH;
        let box_lines: u16 = match height {
            0..20 => 0,
            20..24 => 3,
            24..32 => 5,
            32..45 => 7,
            _ => 10,
        };
        // Every line of a table is a node.
        let box_lines = if wants_table {
            box_lines.min(5)
        } else {
            box_lines
        };
        let has_box = box_lines > 0 && !lab.nodes.is_empty();
        if lab.script.is_some() {
            self.caption = Some(self.cut_lines(caption_rows(lab, ui, size)));
        }
        if has_box {
            self.journeys = Some(self.cut_lines(box_lines));
        }
        if wants_table {
            self.rows();
        } else if stacks {
            self.form = Form::Stacked;
            self.stack();
        } else {
            self.grid(ui.spec.columns);
        }
        let at = ui.focus.0.min(self.count.saturating_sub(1)) / self.capacity;
        self.page = (at, self.count.div_ceil(self.capacity).max(1));
        let first = at * self.capacity;
        self.cells.retain_mut(|(ix, _)| {
            ix.0 += first;
            ix.0 < self.count
        });
    }

    /// The lowest lines of the body, which has them no more.
    fn cut_lines(&mut self, lines: u16) -> Rect {
        self.body.height = self.body.height.saturating_sub(lines);
        Rect::new(0, self.body.bottom(), self.body.width, lines)
    }

    /// A line each, below the table's head.
    fn rows(&mut self) {
        self.form = Form::Table;
        // The border and the head.
        let lines = self.body.height.saturating_sub(3);
        self.capacity = usize::from(lines).max(1);
        let inner = Rect::new(1, self.body.y + 2, self.body.width.saturating_sub(2), 1);
        let row = |at: u16| (NodeIx(usize::from(at)), inner.offset_by(at));
        self.cells = (0..lines).map(row).collect();
    }

    fn stack(&mut self) {
        let fits = usize::from(self.body.height / STACKED_LINES).clamp(1, PANES_MAX);
        self.capacity = fits.min(self.count.max(1));
        // A last page that is not full looks like the others.
        self.cells = split(self.body, 1, self.capacity);
    }

    fn grid(&mut self, wanted: Option<u16>) {
        let columns_max = usize::from(self.body.width / PANE.0).max(1);
        let count = self.count.clamp(1, PANES_MAX);
        let columns = match (wanted, count) {
            (Some(wanted), _) => usize::from(wanted).max(1),
            (None, 0..=3) => count,
            (None, 4) => 2,
            (None, _) => 3,
        };
        let columns = columns.min(columns_max).min(count);
        let rows_max = usize::from(self.body.height / PANE.1).max(1);
        let rows = count.div_ceil(columns).min(rows_max);
        self.form = Form::Grid(columns);
        self.capacity = (columns * rows).min(PANES_MAX);
        self.cells = split(self.body, columns, rows);
        self.cells.truncate(self.capacity);
    }
}

/// Lines of the band for captions.
pub fn caption_rows(lab: &LabView, ui: &UiState, size: (u16, u16)) -> u16 {
    band::rows(lab, ui, size)
}

trait OffsetBy {
    fn offset_by(self, lines: u16) -> Self;
}

impl OffsetBy for Rect {
    fn offset_by(self, lines: u16) -> Self {
        Self {
            y: self.y + lines,
            ..self
        }
    }
}

/// Cells that fill an area, row by row; what does not divide goes to the first ones.
fn split(area: Rect, columns: usize, rows: usize) -> Vec<(NodeIx, Rect)> {
    let widths = shares(area.width, columns);
    let heights = shares(area.height, rows);
    let mut cells = Vec::new();
    let mut y = area.y;
    for height in heights {
        let mut x = area.x;
        for width in &widths {
            cells.push((NodeIx(cells.len()), Rect::new(x, y, *width, height)));
            x += width;
        }
        y += height;
    }
    cells
}

fn shares(whole: u16, parts: usize) -> Vec<u16> {
    let parts = u16::try_from(parts.max(1)).unwrap_or(u16::MAX);
    let (each, rest) = (whole / parts, whole % parts);
    (0..parts).map(|at| each + u16::from(at < rest)).collect()
}

//! Where panes, table and boxes go in an area of a given size.
//!
//! ```text
//! body                panes in a grid, or stacked, or a table
//! block propagation   below it, with the last blocks and the mempool where there is room
//! ```
//!
//! Panes get the lines that they can use, the rest is for what is below them. Where they would need
//! pages there is a table, in more than one column if that shows all nodes. All of it follows from the
//! size of the screen, the number of nodes and the layout, never from what happens in the lab: nothing
//! moves while it is looked at. Drawing and the mouse both ask here, so that a click hits what is seen.

use super::boxes::Boxes;
use super::pane;
use crate::lab::LabView;
use crate::node::NodeIx;
use crate::ui::keymap::Action;
use crate::ui::viewer::Viewer;
use ratatui::layout::{Position, Rect};

/// Areas that are narrower have panes one above the other.
pub(super) const GRID_WIDTH: u16 = 100;

/// The least columns of a pane in a grid.
const PANE_WIDTH: u16 = 38;

/// Panes on a page: as many as there are digits.
const PANES_MAX: usize = 9;

/// From this many lines of the body on panes are as tall as they can be.
const TALL: u16 = 45;

/// The least columns of a column of the table.
const TABLE_WIDTH: u16 = 38;

/// The border and the head of the table.
const TABLE_LINES: u16 = 3;

/// The least lines of a box below panes or table.
const BOX: u16 = 4;

/// How nodes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Panes beside and below each other; so many columns.
    Grid(usize),
    /// Panes below each other, as wide as the screen.
    Stacked,
    /// A line each, in so many columns.
    Table(usize),
}

/// Where everything goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The lowest line of the area, below which nothing goes.
    bottom: u16,
    /// The panes or the table.
    pub body: Rect,
    /// Block propagation.
    pub propagation: Option<Rect>,
    /// The last blocks, as a tree.
    pub blocks: Option<Rect>,
    /// What waits for a block.
    pub mempool: Option<Rect>,
    /// How nodes are shown.
    pub form: Form,
    /// The nodes of this page, each with its pane or line.
    pub cells: Vec<(NodeIx, Rect)>,
    /// Lines of the table between two groups of a partition, with the group that begins there.
    pub rules: Vec<(usize, Rect)>,
    /// This page, from 0 on, and how many there are.
    pub page: (usize, usize),
    /// All nodes as they are shown: the groups of a partition are together in a table.
    order: Vec<NodeIx>,
    /// How many of these Left and Right go over, and Up and Down.
    strides: (usize, usize),
    /// Nodes on a page.
    capacity: usize,
}

/// A line of the table.
#[derive(Clone, Copy)]
enum TableLine {
    Node(NodeIx),
    /// The group of this number begins.
    Rule(usize),
}

impl Plan {
    /// For the lab as it is, in this area.
    pub fn new(lab: &LabView, viewer: &Viewer, area: Rect) -> Self {
        let mut plan = Self {
            bottom: area.bottom(),
            body: area,
            propagation: None,
            blocks: None,
            mempool: None,
            form: Form::Table(1),
            cells: Vec::new(),
            rules: Vec::new(),
            page: (0, 1),
            order: (0..lab.nodes.len()).map(NodeIx).collect(),
            strides: (0, 1),
            capacity: 1,
        };
        plan.divide(lab, viewer);
        plan
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
        let last = self.order.len().checked_sub(1)?;
        let at = self.order.iter().position(|ix| *ix == from)?;
        let (across, down) = self.strides;
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
        self.order.get(to).copied()
    }

    /// Which page it is, and the key that turns it; of one page nothing.
    pub fn page_words(&self, viewer: &Viewer) -> Option<String> {
        let (page, pages) = self.page;
        let key = match page + 1 < pages {
            true => Action::PageDown,
            false => Action::PageUp,
        };
        let key = viewer.keymap.key_of(key);
        (pages > 1).then(|| format!(" page {} of {pages}  {key} ", page + 1))
    }

    fn divide(&mut self, lab: &LabView, viewer: &Viewer) {
        match self.panes(viewer) {
            Some((columns, rows, lines)) => self.grid(columns, rows, lines, viewer.focus),
            None => self.table(lab, viewer.focus),
        }
        if let Some(below) = self.below() {
            let boxes = Boxes::new(below, self.order.len());
            self.propagation = Some(boxes.propagation);
            (self.blocks, self.mempool) = (boxes.blocks, boxes.mempool);
        }
    }

    /// Columns and rows of panes, and the lines of each; `None`: a table shows more.
    fn panes(&self, viewer: &Viewer) -> Option<(usize, usize, u16)> {
        let (width, height) = (self.body.width, self.body.height);
        let stacks = width < GRID_WIDTH;
        let least = if stacks { pane::STACKED } else { pane::LINES };
        let count = self.order.len().clamp(1, PANES_MAX);
        let columns = match (stacks, viewer.spec.columns, count) {
            (true, ..) => 1,
            (_, Some(wanted), _) => usize::from(wanted).max(1),
            (_, None, 0..=3) => count,
            (_, None, 4) => 2,
            (_, None, _) => 3,
        };
        let columns_max = usize::from(width / PANE_WIDTH).max(1);
        let columns = columns.min(columns_max).min(count);
        let rows = count.div_ceil(columns);
        let lines = |rows: usize| least.saturating_mul(lines(rows));
        let fits = self.order.len() <= PANES_MAX && lines(rows).saturating_add(BOX) <= height;
        let rows = match viewer.spec.table {
            Some(true) => return None,
            None if !fits => return None,
            Some(false) if !fits => {
                let most = (1..=rows).rev().find(|rows| lines(*rows) <= height);
                most.unwrap_or(1)
            }
            _ => rows,
        };
        let tall = match stacks || height < TALL {
            true => pane::TALL,
            false => pane::TALLEST,
        };
        // A quarter of the room is for what is below.
        let room = match fits {
            true => height - BOX.max(height / 4).min(height - lines(rows)),
            false => height,
        };
        let each = room / self::lines(rows);
        Some((columns, rows, each.clamp(least.min(height), tall)))
    }

    fn grid(&mut self, columns: usize, rows: usize, lines: u16, focus: NodeIx) {
        let stacks = self.body.width < GRID_WIDTH;
        (self.form, self.strides) = match stacks {
            true => (Form::Stacked, (0, 1)),
            false => (Form::Grid(columns), (1, columns)),
        };
        self.capacity = (columns * rows).clamp(1, PANES_MAX);
        let widths = shares(self.body.width, columns);
        let page = self.turn_to(self.place_of(focus), self.order.len());
        let first = page * self.capacity;
        let shown = self.order.iter().skip(first).take(self.capacity);
        let mut area = Rect {
            height: lines,
            ..self.body
        };
        for (nth, ix) in shown.enumerate() {
            area.width = widths[nth % columns];
            self.cells.push((*ix, area));
            area.x += area.width;
            if nth % columns + 1 == columns {
                (area.x, area.y) = (self.body.x, area.y + lines);
            }
        }
        // A last page that is not full leaves the boxes below where they are.
        self.body.height = lines
            .saturating_mul(self::lines(rows))
            .min(self.body.height);
    }

    fn table(&mut self, lab: &LabView, focus: NodeIx) {
        let rows = self.table_rows(lab);
        let (columns, lines) = self.table_size();
        self.form = Form::Table(columns);
        let tall = lines.saturating_sub(TABLE_LINES);
        let on_page = (usize::from(tall) * columns).max(1);
        let nodes = self.order.len();
        // Rules give way to nodes; the letters of groups stay.
        let rows = match rows.len() > on_page && nodes <= on_page {
            true => self.order.iter().copied().map(TableLine::Node).collect(),
            false => rows,
        };
        self.capacity = on_page;
        self.strides = match columns {
            1 => (0, 1),
            _ => (usize::from(tall), 1),
        };
        let is_focus = |row: &TableLine| matches!(row, TableLine::Node(ix) if *ix == focus);
        let at = rows.iter().position(is_focus).unwrap_or_default();
        let page = self.turn_to(at, rows.len());
        self.body.height = lines;
        let inner = Rect {
            x: 1,
            y: self.body.y + TABLE_LINES - 1,
            width: self.body.width.saturating_sub(2),
            height: 1,
        };
        let widths = shares(inner.width, columns);
        for (nth, row) in rows.iter().skip(page * on_page).take(on_page).enumerate() {
            let nth = u16::try_from(nth).unwrap_or(u16::MAX);
            let (column, line) = (nth / tall.max(1), nth % tall.max(1));
            let left: u16 = widths.iter().take(usize::from(column)).sum();
            let area = Rect {
                x: inner.x + left,
                y: inner.y + line,
                width: widths.get(usize::from(column)).copied().unwrap_or(0),
                height: u16::from(tall > 0),
            };
            match row {
                TableLine::Node(ix) => self.cells.push((*ix, area)),
                TableLine::Rule(group) => self.rules.push((*group, area)),
            }
        }
    }

    /// The lines of the table: the groups of a partition one after the other.
    fn table_rows(&mut self, lab: &LabView) -> Vec<TableLine> {
        let Some(groups) = &lab.partition else {
            return self.order.iter().copied().map(TableLine::Node).collect();
        };
        let count = self.order.len();
        let mut rows = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            if at > 0 {
                rows.push(TableLine::Rule(at));
            }
            let mut nodes: Vec<_> = group.iter().filter(|ix| ix.0 < count).collect();
            nodes.sort_unstable();
            rows.extend(nodes.into_iter().copied().map(TableLine::Node));
        }
        let node = |row: &TableLine| match row {
            TableLine::Node(ix) => Some(*ix),
            TableLine::Rule(_) => None,
        };
        let named: Vec<_> = rows.iter().filter_map(node).collect();
        let rest = self.order.iter().filter(|ix| !named.contains(ix));
        rows.extend(rest.copied().map(TableLine::Node));
        self.order = rows.iter().filter_map(node).collect();
        rows
    }

    /// Columns and lines of the table: one column if all nodes fit above a box, else as few as it
    /// takes, else as many as there can be. Two more lines are kept for rules.
    fn table_size(&self) -> (usize, u16) {
        let (width, height) = (self.body.width, self.body.height);
        let count = self.order.len();
        let most = usize::from(width / TABLE_WIDTH).max(1);
        let needs = |columns: usize, rules: usize| {
            lines((count + rules).div_ceil(columns)).saturating_add(TABLE_LINES)
        };
        // Three groups at most come of the form.
        let rules = count.saturating_sub(1).min(2);
        let with_box =
            (1..=most).find(|columns| needs(*columns, rules).saturating_add(BOX) <= height);
        let columns = with_box.or_else(|| (1..=most).find(|columns| needs(*columns, 0) <= height));
        match (columns, with_box) {
            (Some(columns), Some(_)) => (columns, needs(columns, rules)),
            (Some(columns), None) => (columns, height),
            (None, _) => (most, height),
        }
    }

    /// Turns to the page with this place among so many, and says which one that is.
    fn turn_to(&mut self, at: usize, of: usize) -> usize {
        let page = at.min(of.saturating_sub(1)) / self.capacity;
        self.page = (page, of.div_ceil(self.capacity).max(1));
        page
    }

    fn place_of(&self, focus: NodeIx) -> usize {
        let at = self.order.iter().position(|ix| *ix == focus);
        at.unwrap_or_else(|| self.order.len().saturating_sub(1))
    }

    /// What is left below panes or table.
    fn below(&self) -> Option<Rect> {
        let area = Rect {
            y: self.body.bottom(),
            height: self.bottom.saturating_sub(self.body.bottom()),
            ..self.body
        };
        (area.height >= 3 && !self.order.is_empty()).then_some(area)
    }
}

/// Whether an area shows as many nodes in as many figures, and the same boxes, with a line less. It does not
/// depend on what happens in the lab, as nothing of a plan does.
pub fn can_spare_a_line(lab: &LabView, viewer: &Viewer, area: Rect) -> bool {
    let less = Rect {
        height: area.height.saturating_sub(1),
        ..area
    };
    let shape = |area: Rect| {
        let plan = Plan::new(lab, viewer, area);
        let boxes = [plan.propagation, plan.blocks, plan.mempool].map(|area| area.is_some());
        let is_full = |(_, cell): &(NodeIx, Rect)| cell.height >= pane::LINES;
        let are_full = plan.cells.iter().all(is_full);
        (plan.form, plan.capacity, boxes, are_full)
    };
    shape(area) == shape(less)
}

fn lines(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Widths that fill a line; what does not divide goes to the first ones.
fn shares(whole: u16, parts: usize) -> Vec<u16> {
    let parts = u16::try_from(parts.max(1)).unwrap_or(u16::MAX);
    let (each, rest) = (whole / parts, whole % parts);
    (0..parts).map(|at| each + u16::from(at < rest)).collect()
}

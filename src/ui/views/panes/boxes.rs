//! What stands below panes and tables: block propagation first, then the last blocks, then the mempool.
//!
//! ```text
//! wide enough for two beside each other     not so wide             narrow
//! ╭ propagation ──╮╭ blocks ──╮             ╭ propagation ───────╮  ╭ propagation ─╮
//! ╭ mempool ──────╮│          │             ╭ blocks ─╮╭ mempool ╮  ╭ blocks ──────╮
//!                                                                   ╭ mempool ─────╮
//! ```

use super::plan::GRID_WIDTH;
use super::propagation;
use ratatui::layout::{Constraint, Layout, Rect};

/// The least columns of the last blocks beside block propagation.
const TREE_WIDTH: u16 = 44;

/// With fewer lines there is one box above another less.
const TWO: u16 = 10;
const THREE: u16 = 16;

/// The boxes that there is room for.
pub(super) struct Boxes {
    pub propagation: Rect,
    pub blocks: Option<Rect>,
    pub mempool: Option<Rect>,
}

impl Boxes {
    /// Shares an area among them, in a lab of so many nodes.
    pub fn new(area: Rect, nodes: usize) -> Self {
        let (width, height) = (area.width, area.height);
        let wanted = propagation::wanted(nodes);
        if height < TWO {
            return Self {
                propagation: area,
                blocks: None,
                mempool: None,
            };
        }
        let (propagation, blocks, mempool) = if width >= wanted + TREE_WIDTH {
            let left = wanted + (width - wanted - TREE_WIDTH) / 2;
            let (left, blocks) = beside(area, left);
            let (propagation, mempool) = above(left, height * 3 / 5);
            (propagation, blocks, Some(mempool))
        } else if width >= GRID_WIDTH {
            let (propagation, below) = above(area, height / 2);
            let (blocks, mempool) = beside(below, width / 2);
            (propagation, blocks, Some(mempool))
        } else if height < THREE {
            let (propagation, blocks) = above(area, height / 2);
            (propagation, blocks, None)
        } else {
            let (propagation, rest) = above(area, height / 3);
            let (blocks, mempool) = above(rest, rest.height / 2);
            (propagation, blocks, Some(mempool))
        };
        Self {
            propagation,
            blocks: Some(blocks),
            mempool,
        }
    }
}

/// So many lines at the top, and the others.
fn above(area: Rect, lines: u16) -> (Rect, Rect) {
    let [first, rest] = Layout::vertical(parted(lines)).areas(area);
    (first, rest)
}

/// So many columns at the left, and the others.
fn beside(area: Rect, columns: u16) -> (Rect, Rect) {
    let [first, rest] = Layout::horizontal(parted(columns)).areas(area);
    (first, rest)
}

fn parted(first: u16) -> [Constraint; 2] {
    [Constraint::Length(first), Constraint::Min(0)]
}

//! What is shown of the blocks, to be drawn.

use super::areas::Areas;
use super::tab::Tab;
use crate::ui::widgets::forest::Forest;
use crate::ui::widgets::list::Item;

/// A tab, as it is looked at.
pub(super) struct Shown<'a> {
    pub tab: Tab,
    pub forest: &'a Forest,
    /// The lines of a list of what is on its way; of the tree none.
    pub items: Vec<Item>,
    /// How many lines there are, of the tree as well.
    pub len: usize,
    /// The chosen one of them.
    pub chosen: usize,
    pub filter: &'a str,
    pub areas: Areas,
}

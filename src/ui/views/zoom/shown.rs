//! What is shown of a node, to be drawn.

use super::mempool::Mempool;
use super::tab::Tab;
use crate::ui::widgets::chain::Chain;
use crate::ui::widgets::list::Item;
use crate::ui::widgets::subject::Subject;

/// A tab of a node, as it is looked at.
pub(super) struct Shown<'a> {
    pub subject: Subject<'a>,
    pub tab: Tab,
    pub filter: &'a str,
    pub chain: &'a Chain,
    pub mempool: &'a Mempool,
    /// Its lines; of the chain none, which may be long.
    pub items: Vec<Item>,
    /// The chosen one of them.
    pub chosen: usize,
}

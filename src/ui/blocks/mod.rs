//! All blocks of all nodes, as a tree, and how they came to where they are.
//!
//! ```text
//! ╭ blocks ───────────────────────────────────────────────────────────────────────────────────╮
//! │  Tree   On their way   Transactions                                                       │
//! │ reorganisation 3 deep at +01:42: #13 [a9], mined by miner, won over #12 [17] at wallet     │
//! │       height  block  nodes at this tip  mined by  txs   age  hash                         │
//! │ ●         13  [a9]   wallet central     miner       1   3 s  ..31f07ca9                   │
//! │ │ ○       12  [17]   lost               relay       0   9 s  ..99ab0017                   │
//! │ ●─┘       11  [5e]                      miner       0  14 s  ..00c1d25e                   │
//! ╰──────────────────────────────────────────────────────────────────────────────── 1 of 14 ──╯
//! ```
//!
//! The tree goes down to the first block: what was not seen is asked of a node. What is
//! opened is shown as zoom shows it, of a node that has it.

mod areas;
mod draw;
mod forest;
mod graph;
mod last;
pub(in crate::ui) mod news;
mod path;
mod spread;
mod tab;
mod ways;

use super::dialog::Dialog;
use super::keymap::Action;
use super::moved::Moved;
use super::state::{Effect, Purpose};
use super::view::scene::Scene;
use super::zoom::list::{Cursor, Item, Target, window};
use super::zoom::{Fetch, Zoom};
use crate::lab::LabView;
use crate::lab::observe::news::News;
use crate::node::io::Reply;
use crate::node::{NodeIx, Time};
use areas::Areas;
use forest::{Forest, Found};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use std::time::Duration;
use tab::Tab;

/// What stands before what was opened.
const ROOT: &str = "Blocks";

/// Lines that the screen has around the view: header, message and keys.
const AROUND: u16 = 3;

/// The view, as it is looked at.
pub struct BlocksPane {
    tab: Tab,
    /// The node that was focused last.
    focus: NodeIx,
    forest: Forest,
    /// Places in the lists of what is on its way.
    blocks: Cursor,
    txs: Cursor,
    /// A block or transaction that was opened.
    opened: Option<Zoom>,
}

impl Default for BlocksPane {
    fn default() -> Self {
        Self {
            tab: Tab::default(),
            focus: NodeIx(0),
            forest: Forest::default(),
            blocks: Cursor::default(),
            txs: Cursor::default(),
            opened: None,
        }
    }
}

impl BlocksPane {
    /// Takes in what the lab shows; says what is to be asked.
    pub fn collect(&mut self, lab: &LabView) -> Vec<Effect> {
        self.forest.tree.observe(lab);
        Vec::new()
    }

    /// While it is shown: brings it up to date, and says what is missing of what is looked at.
    pub fn refresh(&mut self, lab: &LabView, focus: NodeIx) -> Vec<Effect> {
        self.focus = focus;
        let mut effects = self.forest.refresh(lab, focus);
        if let Some(zoom) = &mut self.opened {
            effects.extend(own(zoom.refresh(lab, zoom.node())));
        }
        effects
    }

    /// Takes a key, with this node focused, in an area of this size.
    pub fn act(&mut self, lab: &LabView, focus: NodeIx, action: Action, size: Rect) -> Moved {
        let step = match action {
            Action::Left | Action::TabLeft => Tab::ALL.len() - 1,
            Action::Right | Action::TabRight => 1,
            _ => 0,
        };
        if step > 0 {
            self.opened = None;
            self.tab = self.tab.step(step);
        } else if let Some(zoom) = &mut self.opened {
            let screen = (size.width, size.height.saturating_add(AROUND));
            let mut moved = zoom.act(lab, zoom.node(), action, screen);
            if std::mem::take(&mut moved.is_over) {
                self.opened = None;
            }
            moved.effects = own(moved.effects);
            return moved;
        }
        let mut moved = Moved::default();
        match action {
            Action::Back => moved.is_over = !self.drop_filter(),
            Action::Find => match self.cursor() {
                None => moved.dialog = Some(Dialog::seek_block()),
                Some(cursor) => moved.filter = Some(cursor.filter.clone()),
            },
            Action::Copy => moved.copied = self.copies(lab),
            Action::Open => moved.effects = self.open(lab, focus),
            action => self.step(lab, action, size),
        }
        moved.effects.extend(self.refresh(lab, focus));
        moved
    }

    /// Takes a click.
    pub fn click(&mut self, lab: &LabView, at: Position, size: Rect) -> Moved {
        let mut moved = Moved::default();
        if self.opened.is_some() {
            return moved;
        }
        let areas = self.areas(lab, size);
        if areas.tabs.contains(at) {
            self.tab = Tab::hit(areas.tabs, at.x).unwrap_or(self.tab);
        } else if areas.list.contains(at) {
            let line = usize::from(at.y - areas.list.y);
            moved.effects = self.click_line(lab, line, usize::from(areas.list.height));
        }
        moved
    }

    /// The first click chooses a line, the second opens it.
    fn click_line(&mut self, lab: &LabView, line: usize, height: usize) -> Vec<Effect> {
        let (len, chosen) = self.len_and_chosen(lab);
        let at = window(len, chosen, height).start + line;
        if at >= len {
            return Vec::new();
        }
        if at == chosen {
            return self.open(lab, self.focus);
        }
        match self.tab {
            Tab::Tree => self.forest.choose(at),
            Tab::Blocks | Tab::Txs => {
                let items = self.items(lab);
                let (first, rest) = (Action::First, Action::PageDown);
                if let Some(cursor) = self.cursor_mut() {
                    cursor.step(&items, first, 0);
                    cursor.step(&items, rest, at);
                }
            }
        }
        Vec::new()
    }

    /// Shows only what fits a filter, in the lists; the tree is never filtered.
    pub fn set_filter(&mut self, filter: &str) {
        if let Some(zoom) = &mut self.opened {
            zoom.set_filter(filter);
        } else if let Some(cursor) = self.cursor_mut() {
            cursor.set_filter(filter);
        }
    }

    /// Goes to a block of the tree, by its height or either end of its hash.
    ///
    /// # Errors
    /// There is none, in words.
    pub fn seek(
        &mut self,
        lab: &LabView,
        focus: NodeIx,
        text: &str,
    ) -> Result<Vec<Effect>, String> {
        if let Found::Unseen(hash) = self.forest.seek(text)? {
            let mut zoom = Zoom::opening(focus, Target::Block(hash), ROOT);
            let effects = own(zoom.refresh(lab, focus));
            self.opened = Some(zoom);
            return Ok(effects);
        }
        Ok(self.refresh(lab, focus))
    }

    /// Takes an answer.
    pub fn fetched(
        &mut self,
        lab: &LabView,
        focus: NodeIx,
        fetch: Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        match (&fetch, &mut self.opened) {
            (Fetch::Chain { .. }, _) => self.forest.fetched(lab, focus, &fetch, reply),
            (_, Some(zoom)) => own(zoom.fetched(lab, zoom.node(), fetch, reply)),
            (_, None) => Vec::new(),
        }
    }

    /// Whether something on it moves, so that the next frame is another one.
    pub fn is_moving(&self, _lab: &LabView) -> bool {
        false
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        match &self.opened {
            Some(zoom) => zoom.render(frame, area, scene.lab, scene.ui),
            None => draw::render(self, frame, area, scene),
        }
    }

    /// Brings the rows of the tree up to date, of what was collected: for [`BlocksPane::render_last`].
    pub fn arrange(&mut self) {
        self.forest.tree.arrange();
    }

    /// Draws a box with the last blocks and their branches.
    pub fn render_last(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        last::render(self, frame, area, scene);
    }

    fn areas(&self, lab: &LabView, size: Rect) -> Areas {
        let (len, _) = self.len_and_chosen(lab);
        Areas::new(
            size,
            self.tab,
            News::current(&lab.reorganisations, lab.now).is_some(),
            len,
        )
    }

    /// The place in the list of the tab; the tree has its own.
    fn cursor(&self) -> Option<&Cursor> {
        match self.tab {
            Tab::Tree => None,
            Tab::Blocks => Some(&self.blocks),
            Tab::Txs => Some(&self.txs),
        }
    }

    fn cursor_mut(&mut self) -> Option<&mut Cursor> {
        match self.tab {
            Tab::Tree => None,
            Tab::Blocks => Some(&mut self.blocks),
            Tab::Txs => Some(&mut self.txs),
        }
    }

    fn drop_filter(&mut self) -> bool {
        let filtered = self.cursor_mut().filter(|cursor| !cursor.filter.is_empty());
        filtered.map(|cursor| cursor.set_filter("")).is_some()
    }

    /// The lines of a list of what is on its way.
    fn items(&self, lab: &LabView) -> Vec<Item> {
        let passed = lab.now.since(lab.since).as_secs();
        let now: Time = lab.since + Duration::from_secs(passed);
        let ways = match self.tab {
            Tab::Tree => Vec::new(),
            Tab::Blocks => ways::blocks(lab),
            Tab::Txs => ways::txs(lab),
        };
        let items = ways.iter().map(|way| way.item(lab, now)).collect();
        self.cursor()
            .map_or_else(Vec::new, |cursor| cursor.filtered(items))
    }

    fn len_and_chosen(&self, lab: &LabView) -> (usize, usize) {
        match self.cursor() {
            None => (self.forest.len(), self.forest.chosen()),
            Some(cursor) => {
                let items = self.items(lab);
                (items.len(), cursor.index(&items))
            }
        }
    }

    fn step(&mut self, lab: &LabView, action: Action, size: Rect) {
        let page = self.areas(lab, size).page();
        let items = self.items(lab);
        match self.cursor_mut() {
            None => self.forest.step(action, page),
            Some(cursor) => cursor.step(&items, action, page),
        }
    }

    /// The chosen line of a list.
    fn chosen_item(&self, lab: &LabView) -> Option<Item> {
        let items = self.items(lab);
        let at = self.cursor()?.index(&items);
        items.into_iter().nth(at)
    }

    fn copies(&self, lab: &LabView) -> Option<(String, String)> {
        if self.tab != Tab::Tree {
            return self.chosen_item(lab)?.copies;
        }
        let id = self.forest.chosen_block()?.id;
        let what = format!("the hash of block #{} {}", id.height, lab.chips.of(id));
        Some((what, id.hash.to_string()))
    }

    /// Opens what is chosen, of a node that has it.
    fn open(&mut self, lab: &LabView, focus: NodeIx) -> Vec<Effect> {
        let (target, node) = match self.tab {
            Tab::Tree => {
                let Some(info) = self.forest.chosen_block() else {
                    return Vec::new();
                };
                let node = self.forest.holder(lab, info.id, focus);
                (Target::Block(info.id.hash), node)
            }
            Tab::Blocks | Tab::Txs => {
                let Some((target, node)) = self.chosen_way(lab, focus) else {
                    return Vec::new();
                };
                (target, node)
            }
        };
        let mut zoom = Zoom::opening(node, target, ROOT);
        let effects = own(zoom.refresh(lab, node));
        self.opened = Some(zoom);
        effects
    }

    /// What is chosen among things on their way, and who has it: the focused node, if it does.
    fn chosen_way(&self, lab: &LabView, focus: NodeIx) -> Option<(Target, NodeIx)> {
        let target = self.chosen_item(lab)?.opens?;
        let ways = match self.tab {
            Tab::Txs => ways::txs(lab),
            Tab::Tree | Tab::Blocks => ways::blocks(lab),
        };
        let way = ways.iter().find(|way| way.target() == target)?;
        let is_up = |ix: &NodeIx| lab.node(*ix).is_some_and(|node| node.state.is_up());
        let holders = || {
            way.arrivals
                .iter()
                .map(|arrival| arrival.node)
                .filter(is_up)
        };
        let node = holders().find(|ix| *ix == focus).or(holders().next());
        Some((target, node.unwrap_or(way.origin)))
    }
}

/// The same, with answers that come here.
fn own(effects: Vec<Effect>) -> Vec<Effect> {
    let own = |effect| match effect {
        Effect::Ask(request, Purpose::Fetch(fetch)) => {
            Effect::Ask(request, Purpose::BlocksFetch(fetch))
        }
        other => other,
    };
    effects.into_iter().map(own).collect()
}

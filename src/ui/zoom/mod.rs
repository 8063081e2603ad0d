//! One node alone: tabs for its chain, mempool, peers, wallets and log, down to the detail of blocks
//! and transactions.
//!
//! ```text
//! ╭ central :3000  full node ──────────────────────────────────────────────────────────────── UP ╮
//! │ height  12 [a9]  ..31f07ca9  3 s  work 917504                                                │
//! │ mempool 1 tx  0.2 kB   peers 2   wallets 1                                                   │
//! │  Chain   Mempool   Peers   Wallets   Log                                                     │
//! │ height  block  hash        age  txs  miner    interval                                       │
//! │     12  [a9]   ..31f07ca9  3 s    1  rewards  4.8 s                                          │
//! ╰──────────────────────────────────────────────────────────────────────────────────── 1 of 13 ─╯
//! ```
//!
//! What a snapshot does not hold is asked of the node ([`Fetch`]) and shown when it comes. State
//! changes with keys, answers and the lab; drawing only reads it. Of a node that is down nothing
//! is asked: what was last known of it stays.

mod body;
pub(in crate::ui) mod chain;
mod detail;
mod draw;
mod fetch;
mod head;
mod level;
pub(in crate::ui) mod list;
mod log;
mod mempool;
mod peers;
pub(in crate::ui) mod subject;
mod tab;
pub(in crate::ui) mod table;
mod wallets;

pub use fetch::Fetch;

use super::keymap::Action;
use super::moved::Moved;
use super::state::{Effect, Purpose, UiState};
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::io::Reply;
use crate::node::message::Role;
use chain::Chain;
use level::{Content, Level};
use list::{Cursor, Item, Target};
use mempool::Mempool;
use ratatui::Frame;
use ratatui::layout::Rect;
use subject::Subject;
use tab::Tab;

/// Things opened one upon the other; with more, the first are forgotten.
const LEVELS_MAX: usize = 64;

/// One node, looked at closely.
pub struct Zoom {
    node: NodeIx,
    tab: Tab,
    chain: Chain,
    mempool: Mempool,
    /// Places in the lists of the other tabs.
    cursors: [Cursor; Tab::ALL.len()],
    /// What is open over the tab, the last on top.
    levels: Vec<Level>,
    /// The view from which something was opened without the tabs under it, by its name.
    root: Option<&'static str>,
    /// Questions that wait for their answers.
    asked: Vec<Fetch>,
    was_up: bool,
}

impl Zoom {
    /// Of a node.
    pub fn new(node: NodeIx) -> Self {
        let cursor = |tab| match tab {
            Tab::Log => Cursor::at_the_end(),
            _ => Cursor::default(),
        };
        Self {
            node,
            tab: Tab::default(),
            chain: Chain::default(),
            mempool: Mempool::default(),
            cursors: Tab::ALL.map(cursor),
            levels: Vec::new(),
            root: None,
            asked: Vec::new(),
            was_up: false,
        }
    }

    /// Of a block or transaction that a node is asked for; under it there is the view of this
    /// name, and no tabs.
    pub(in crate::ui) fn opening(node: NodeIx, target: Target, root: &'static str) -> Self {
        Self {
            levels: vec![Level::new(target)],
            root: Some(root),
            ..Self::new(node)
        }
    }

    /// The node that is looked at.
    pub(in crate::ui) fn node(&self) -> NodeIx {
        self.node
    }

    /// Looks at another node, on the same tab.
    pub fn turn_to(&mut self, lab: &LabView, node: NodeIx) -> Vec<Effect> {
        if node != self.node {
            let tab = self.tab;
            *self = Self::new(node);
            self.tab = tab;
        }
        self.refresh(lab, node)
    }

    /// The lab changed: asks for what is out of date.
    pub fn refresh(&mut self, lab: &LabView, node: NodeIx) -> Vec<Effect> {
        if node != self.node {
            return self.turn_to(lab, node);
        }
        let Some(subject) = Subject::new(lab, node) else {
            return Vec::new();
        };
        let is_up = subject.is_up();
        if is_up && !self.was_up {
            self.asked.clear();
            self.chain.restarted();
            self.mempool = Mempool::default();
            self.levels.iter_mut().for_each(Level::restarted);
        }
        self.was_up = is_up;
        self.chain.observe(subject);
        self.wanted(subject)
    }

    /// Takes a key.
    pub fn act(&mut self, lab: &LabView, node: NodeIx, action: Action, size: (u16, u16)) -> Moved {
        let mut moved = Moved::default();
        let mut effects = self.refresh(lab, node);
        let Some(subject) = Subject::new(lab, self.node) else {
            moved.is_over = action == Action::Back;
            return moved;
        };
        match action {
            Action::Back => moved.is_over = !self.back(),
            Action::Left | Action::TabLeft => self.go_to(self.tab.step(Tab::ALL.len() - 1)),
            Action::Right | Action::TabRight => self.go_to(self.tab.step(1)),
            Action::Find => moved.filter = Some(self.filter().to_owned()),
            Action::Copy => moved.copied = self.chosen(subject).and_then(|item| item.copies),
            Action::Open | Action::Zoom => self.open(subject),
            action => self.step(subject, action, draw::page(size)),
        }
        if !moved.is_over {
            effects.extend(self.wanted(subject));
        }
        moved.effects = effects;
        moved
    }

    /// Takes an answer.
    pub fn fetched(
        &mut self,
        lab: &LabView,
        _node: NodeIx,
        fetch: Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        let Some(at) = self.asked.iter().position(|asked| *asked == fetch) else {
            return Vec::new();
        };
        self.asked.remove(at);
        let Some(subject) = Subject::new(lab, self.node).filter(|_| fetch.node() == self.node)
        else {
            return Vec::new();
        };
        let odd = |reply: Reply| format!("no answer to that: {reply:?}");
        match &fetch {
            Fetch::Chain { from, .. } => {
                let page = reply.and_then(|reply| match reply {
                    Reply::Chain(page) => Ok(page),
                    other => Err(odd(other)),
                });
                self.chain.fetched(subject, *from, page);
            }
            Fetch::Mempool(_) => self.mempool.fetched(reply.and_then(|reply| match reply {
                Reply::Mempool(txs) => Ok(txs),
                other => Err(odd(other)),
            })),
            Fetch::Block(..) | Fetch::Tx(..) | Fetch::History { .. } => {
                for level in &mut self.levels {
                    level.fetched(subject, &fetch, reply.clone());
                }
            }
        }
        self.wanted(subject)
    }

    /// Shows only what has this in it.
    pub fn set_filter(&mut self, filter: &str) {
        match (self.levels.last_mut(), self.tab) {
            (Some(level), _) => level.cursor.set_filter(filter),
            (None, Tab::Chain) => self.chain.set_filter(filter),
            (None, tab) => self.cursors[tab.place()].set_filter(filter),
        }
    }

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, lab: &LabView, ui: &UiState) {
        draw::render(self, frame, area, lab, ui);
    }

    fn filter(&self) -> &str {
        match (self.levels.last(), self.tab) {
            (Some(level), _) => &level.cursor.filter,
            (None, Tab::Chain) => &self.chain.filter,
            (None, tab) => &self.cursors[tab.place()].filter,
        }
    }

    fn go_to(&mut self, tab: Tab) {
        self.tab = tab;
        self.levels.clear();
    }

    /// Up one level, if there is one: a filter is dropped, what was opened is closed.
    fn back(&mut self) -> bool {
        if !self.filter().is_empty() {
            self.set_filter("");
            return true;
        }
        if self.root.is_some() && self.levels.len() <= 1 {
            return false;
        }
        self.levels.pop().is_some()
    }

    /// The lines of the tab or of what is open over it; not those of the chain, which may be long.
    fn items(&self, subject: Subject<'_>) -> Vec<Item> {
        if let Some(level) = self.levels.last() {
            let sections = detail::sections(subject, &level.content);
            let items = sections.into_iter().flat_map(|section| section.items);
            return level.cursor.filtered(items.collect());
        }
        let items = match self.tab {
            Tab::Chain => Vec::new(),
            Tab::Mempool => self.mempool.items(subject),
            Tab::Peers => peers::items(subject),
            Tab::Wallets => wallets::items(subject),
            Tab::Log => log::items(subject),
        };
        self.cursors[self.tab.place()].filtered(items)
    }

    fn is_on_chain(&self) -> bool {
        self.levels.is_empty() && self.tab == Tab::Chain
    }

    fn cursor(&self) -> &Cursor {
        match self.levels.last() {
            Some(level) => &level.cursor,
            None => &self.cursors[self.tab.place()],
        }
    }

    /// The line that is chosen.
    fn chosen(&self, subject: Subject<'_>) -> Option<Item> {
        if self.is_on_chain() {
            let (heights, place) = self.chain.heights(subject);
            return Some(self.chain.line(subject, heights.nth(place)?));
        }
        let items = self.items(subject);
        let at = self.cursor().index(&items);
        items.into_iter().nth(at)
    }

    fn step(&mut self, subject: Subject<'_>, action: Action, page: usize) {
        if self.is_on_chain() {
            return self.chain.step(subject, action, page);
        }
        let items = self.items(subject);
        let cursor = match self.levels.last_mut() {
            Some(level) => &mut level.cursor,
            None => &mut self.cursors[self.tab.place()],
        };
        cursor.step(&items, action, page);
    }

    /// Opens what is chosen; what could not be had is asked for again.
    fn open(&mut self, subject: Subject<'_>) {
        let target = self.chosen(subject).and_then(|item| item.opens);
        let Some(target) = target else {
            if let Some(level) = self.levels.last_mut() {
                level.retry();
            }
            return;
        };
        let level = match (self.levels.last().map(|level| &level.content), &target) {
            (Some(Content::Block(block)), Target::Tx(txid)) => {
                let tx = block.txs.iter().find(|tx| tx.txid == *txid);
                tx.map(|tx| Level::of_block(subject, block, tx))
            }
            _ => None,
        };
        if self.levels.len() == LEVELS_MAX {
            self.levels.remove(0);
        }
        self.levels
            .push(level.unwrap_or_else(|| Level::new(target)));
    }

    /// What is missing of what is shown.
    fn wanted(&mut self, subject: Subject<'_>) -> Vec<Effect> {
        if !subject.is_up() {
            return Vec::new();
        }
        let mut blocks = 0;
        let fetch = match (self.levels.last_mut(), self.tab) {
            (Some(level), _) => {
                let fetch = level.wanted(subject);
                if fetch
                    .as_ref()
                    .is_some_and(|fetch| self.asked.contains(fetch))
                {
                    level.postpone();
                }
                fetch
            }
            (None, Tab::Chain) => self.chain.wanted(subject).map(|(fetch, limit)| {
                blocks = limit;
                fetch
            }),
            (None, Tab::Mempool) => self.mempool.wanted(subject),
            (None, _) => None,
        };
        let Some(fetch) = fetch.filter(|fetch| !self.asked.contains(fetch)) else {
            return Vec::new();
        };
        let request = Request::Ask(self.node, fetch.question(blocks));
        self.asked.push(fetch.clone());
        vec![Effect::Ask(request, Purpose::Fetch(fetch))]
    }
}

/// What a node is, in words: also one that only keeps wallets is a full node, which checks every block.
fn role(role: Role) -> &'static str {
    match role {
        Role::Full | Role::Wallet => "full node",
        Role::Miner => "mining node",
    }
}

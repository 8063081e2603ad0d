//! The tree as somebody walks through it: all rows from the newest block down to the first one.
//!
//! The tree has the blocks that were seen. What is below them is asked of a node that stands on
//! the best branch, in pages, as zoom's chain does it; pages that come next below the tree become
//! a part of it, as far as it has room. So there are two kinds of rows, one above the other:
//!
//! ```text
//! rows of the tree      all branches, down to the lowest block that the best one is known to
//! rows of the chain     the heights below that, one each; what has not come yet says so
//! ```
//!
//! The chosen row is remembered by its block, and stays it while new ones come in above; only the
//! first row is the newest one, whichever that is.

use crate::ui::widgets::chain::Chain;
use crate::ui::widgets::list::moved;
use crate::ui::widgets::subject::Subject;
mod graph;
mod lines;

pub(in crate::ui) use graph::mark;
pub(in crate::ui) use lines::{Detail, miner, tree_lines};

use crate::chain::BlockHash;
use crate::lab::observe::tree::{BlockTree, TreeRow};
use crate::lab::{LabView, Request};
use crate::node::io::Reply;
use crate::node::snapshot::BlockInfo;
use crate::node::{BlockId, NodeIx};
use crate::ui::keymap::Action;
use crate::ui::keymap::ViewId;
use crate::ui::viewer::{Effect, Fetch, Purpose};

/// Digits of a whole hash.
const HASH_DIGITS: usize = 64;

/// The tree, the chain below it, and the chosen row.
#[derive(Default)]
pub(in crate::ui) struct Forest {
    pub tree: BlockTree,
    chain: Chain,
    /// The node that is asked for what is below the tree.
    source: Option<NodeIx>,
    /// The question that waits for its answer.
    asked: Option<Fetch>,
    chosen: Chosen,
}

#[derive(Clone, Copy, Default)]
enum Chosen {
    #[default]
    Newest,
    Block(BlockId),
    /// The best branch at this height.
    Height(u32),
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui) enum BlockRow {
    Tree(TreeRow),
    /// Below the tree.
    Chain(u32),
}

/// What was found.
pub(in crate::ui) enum Found {
    /// A row, which is the chosen one now.
    Row,
    /// Nothing that was seen, but a node may know it.
    Unseen(BlockHash),
}

impl Forest {
    /// Brings the rows up to date, and says what is missing around the chosen one.
    pub fn refresh(&mut self, lab: &LabView, focus: NodeIx) -> Vec<Effect> {
        self.observe(lab);
        let source = self.pick_source(lab, focus);
        if source != self.source {
            // What another node was asked for is of no use any more.
            self.source = source;
            self.asked = None;
            self.chain.restarted();
        }
        let Some(subject) = source.and_then(|source| Subject::new(lab, source)) else {
            return Vec::new();
        };
        self.chain.observe(subject);
        self.absorb(subject.ix);
        let height = self.place(self.chosen()).map(BlockRow::height);
        self.chain.look_at(height);
        if self.asked.is_some() {
            return Vec::new();
        }
        let Some((fetch, blocks)) = self.chain.wanted(subject) else {
            return Vec::new();
        };
        self.asked = Some(fetch.clone());
        let request = Request::Ask(subject.ix, fetch.question(blocks));
        vec![Effect::Ask(request, Purpose::Fetch(ViewId::Blocks, fetch))]
    }

    /// Has the tree be that of the lab as it is.
    pub fn observe(&mut self, lab: &LabView) {
        if self.tree.observe(&lab.blocks, lab.stands()) {
            self.tree.arrange();
        }
    }

    /// Time went back: all is seen anew, and what is chosen stays so if it is there.
    pub fn went_back(&mut self, lab: &LabView) {
        *self = Self {
            chosen: self.chosen,
            ..Self::default()
        };
        self.observe(lab);
        let highest = self.tree.rows(0, 1).first().map(|row| row.id.height);
        self.chosen = match self.chosen {
            Chosen::Block(id) if self.tree.block(&id.hash).is_some() => Chosen::Block(id),
            // It had become a part of the tree from below.
            Chosen::Block(BlockId { height, .. }) if height < self.tree.floor() => {
                Chosen::Height(height)
            }
            Chosen::Height(height) if Some(height) <= highest => Chosen::Height(height),
            _ => Chosen::Newest,
        };
    }

    /// Whom to ask for the best branch: the focused node if it is on it, else the first that is.
    fn pick_source(&self, lab: &LabView, focus: NodeIx) -> Option<NodeIx> {
        let is_on_best = |(_, tip): &(NodeIx, BlockHash)| self.tree.is_best(tip);
        let running = || lab.running().map(|(ix, node)| (ix, node.tip.hash));
        let mut able = running().filter(is_on_best);
        let focused = running().filter(is_on_best).find(|(ix, _)| *ix == focus);
        // As long as it can be asked, the same one is.
        let same = running()
            .filter(is_on_best)
            .find(|(ix, _)| Some(*ix) == self.source);
        let first = focused.or(same).or_else(|| able.next());
        first.map(|(ix, _)| ix)
    }

    /// Takes pages that came next below the tree into it.
    fn absorb(&mut self, source: NodeIx) {
        let (mut height, mut grew) = (self.tree.floor(), false);
        let lowest = self.tree.best_at(height);
        let Some(mut previous) = lowest.map(|block| block.info.previous) else {
            return;
        };
        while height > 0 {
            let below = self.chain.block(height - 1);
            let Some(info) = below.filter(|info| info.id.hash == previous) else {
                break;
            };
            if !self.tree.absorb(source, info) {
                break;
            }
            grew = true;
            (height, previous) = (height - 1, info.previous);
        }
        if grew {
            self.tree.arrange();
        }
    }

    /// Takes an answer, if it is one to what was asked.
    pub fn fetched(
        &mut self,
        lab: &LabView,
        focus: NodeIx,
        fetch: &Fetch,
        reply: Result<Reply, String>,
    ) -> Vec<Effect> {
        if self.asked.as_ref() != Some(fetch) {
            return Vec::new();
        }
        self.asked = None;
        let subject = Subject::new(lab, fetch.node());
        if let (Some(subject), Fetch::Chain { from, .. }) = (subject, fetch) {
            let page = reply.and_then(|reply| match reply {
                Reply::Chain(page) => Ok(page),
                other => Err(format!("no answer to that: {other:?}")),
            });
            self.chain.fetched(subject, *from, page);
        }
        self.refresh(lab, focus)
    }

    /// Rows of the tree: those below are of the chain.
    fn tree_rows(&self) -> usize {
        let rows = self.tree.rows(0, usize::MAX);
        rows.partition_point(|row| row.id.height >= self.tree.floor())
    }

    pub fn len(&self) -> usize {
        self.tree_rows() + index(self.tree.floor())
    }

    /// A row, from the newest on.
    pub fn place(&self, at: usize) -> Option<BlockRow> {
        let rows = self.tree_rows();
        match at.checked_sub(rows) {
            None => self.tree.rows(at, 1).first().copied().map(BlockRow::Tree),
            Some(below) => {
                let below = u32::try_from(below).ok()?.checked_add(1)?;
                self.tree.floor().checked_sub(below).map(BlockRow::Chain)
            }
        }
    }

    /// Where the chosen row is.
    pub fn chosen(&self) -> usize {
        match self.chosen {
            Chosen::Newest => 0,
            Chosen::Block(id) => {
                let rows = self.tree.rows(0, self.tree_rows());
                let found = rows.iter().position(|row| row.id == id);
                found.unwrap_or_else(|| self.row_of(id.height))
            }
            Chosen::Height(height) => self.row_of(height),
        }
    }

    /// The row of the best branch at a height, or the next one below.
    fn row_of(&self, height: u32) -> usize {
        let rows = self.tree_rows();
        let at = match self.tree.floor().checked_sub(height) {
            None | Some(0) => {
                let rows = self.tree.rows(0, rows);
                rows.partition_point(|row| row.id.height > height)
            }
            Some(below) => rows + index(below) - 1,
        };
        at.min(self.len().saturating_sub(1))
    }

    /// The block of a row, if it was seen.
    pub fn info(&self, place: BlockRow) -> Option<&BlockInfo> {
        match place {
            BlockRow::Tree(row) => self.tree.block(&row.id.hash).map(|block| &block.info),
            BlockRow::Chain(height) => self.chain.block(height),
        }
    }

    /// The block of the chosen row, if it was seen.
    pub fn chosen_block(&self) -> Option<&BlockInfo> {
        self.info(self.place(self.chosen())?)
    }

    /// Why a row of the chain is empty.
    pub fn missing(&self) -> &str {
        match (&self.chain.failed, self.source) {
            (Some(why), Some(_)) => why,
            (None, Some(_)) => "on its way",
            (_, None) => "no node runs that could be asked",
        }
    }

    /// Who can be asked for a block: a node that has or had it.
    pub fn holder(&self, block: BlockId, focus: NodeIx) -> NodeIx {
        let holder = self.tree.holder(block, focus);
        holder.or(self.source).unwrap_or(focus)
    }

    /// Moves.
    pub fn step(&mut self, action: Action, page: usize) {
        self.choose(moved(self.chosen(), self.len(), action, page));
    }

    /// Chooses a row.
    pub fn choose(&mut self, at: usize) {
        self.chosen = match self.place(at) {
            Some(_) if at == 0 => Chosen::Newest,
            Some(BlockRow::Tree(row)) => Chosen::Block(row.id),
            Some(BlockRow::Chain(height)) => Chosen::Height(height),
            None => return,
        };
    }

    /// Goes to a block, by its height or either end of its hash.
    ///
    /// # Errors
    /// There is none, in words.
    pub fn seek(&mut self, text: &str) -> Result<Found, String> {
        let text = text.trim().to_lowercase();
        let number = text.strip_prefix('#').unwrap_or(&text);
        if number.is_empty() {
            return Err("a height, or one end of a hash".to_owned());
        }
        let highest = self.tree.rows(0, 1).first().map(|row| row.id.height);
        let Some(highest) = highest else {
            return Err("no block was seen yet".to_owned());
        };
        let height = number.parse::<u32>().ok();
        if let Some(height) = height.filter(|height| *height <= highest) {
            self.choose(self.row_of(height));
            return Ok(Found::Row);
        }
        if number.len() < text.len() {
            return Err(format!("no block {text}: the highest is #{highest}"));
        }
        if !text.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(format!("{text:?} is no height, and no end of a hash"));
        }
        self.seek_hash(&text, highest)
    }

    fn seek_hash(&mut self, end: &str, highest: u32) -> Result<Found, String> {
        let fits = |id: BlockId| {
            let hash = id.hash.to_string();
            hash.starts_with(end) || hash.ends_with(end)
        };
        let rows = self.tree.rows(0, self.tree_rows());
        if let Some(at) = rows.iter().position(|row| fits(row.id)) {
            self.choose(at);
            return Ok(Found::Row);
        }
        let floor = self.tree.floor();
        let below = self.chain.blocks().filter(|info| info.id.height < floor);
        let found = below.map(|info| info.id).find(|id| fits(*id));
        if let Some(id) = found {
            self.chosen = Chosen::Height(id.height);
            return Ok(Found::Row);
        }
        match end.parse::<BlockHash>() {
            Ok(hash) if end.len() == HASH_DIGITS => Ok(Found::Unseen(hash)),
            _ if end.chars().all(|digit| digit.is_ascii_digit()) => Err(format!(
                "the highest block is #{highest}, and no hash seen here begins or ends with {end}"
            )),
            _ => Err(format!(
                "no hash seen here begins or ends with {end}: blocks further down are found by \
                 height"
            )),
        }
    }
}

impl BlockRow {
    pub fn height(self) -> u32 {
        match self {
            Self::Tree(row) => row.id.height,
            Self::Chain(height) => height,
        }
    }
}

fn index(height: u32) -> usize {
    usize::try_from(height).unwrap_or(usize::MAX)
}

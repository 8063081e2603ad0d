//! Selfish mining: when blocks and payments are kept private, released and given up. What that means
//! is in [`private_chain`](super::private_chain).

use super::config::Strategy;
use super::conns::ConnTalk;
use super::io::{CommandError, EventKind, Reply};
use super::message::{GETBLOCKS_MAX, Item};
use super::{BlockId, ChainChange, Node, Store, Time};

impl<S: Store> Node<S> {
    /// The chain has changed, by a block that was found here or not: what no peer is to hear of,
    /// before any could.
    pub(super) fn keep_private(&mut self, change: &ChainChange, is_own: bool, now: Time) {
        if !self.private_chain.is_empty() {
            let gone: Vec<_> = change.disconnected.iter().map(|left| left.hash()).collect();
            let blocks = self.private_chain.left_behind(gone.iter());
            if blocks > 0 {
                self.event(now, EventKind::GaveUp { blocks });
            }
        }
        if is_own && self.private_chain.is_selfish() {
            let mut below = change.fork;
            for block in &change.connected {
                let (height, hash) = (below.height + 1, block.hash());
                self.private_chain.hold(below, block);
                below = BlockId { height, hash };
            }
        }
        self.sync.ask_from(self.private_chain.public_ends());
    }

    /// Says that the block that was just found is held back, if it is.
    pub(super) fn tell_kept_private(&mut self, block: BlockId, now: Time) {
        if self.private_chain.hides(&block.hash) {
            let count = self.private_chain.len();
            self.event(now, EventKind::Withheld { block, count });
        }
    }

    /// Looks at how far the public chain is, and releases what is to be released then.
    pub(super) fn look_at_public(&mut self, now: Time) {
        if self.private_chain.is_empty() {
            return;
        }
        let tree = self.chain.tree();
        self.private_chain
            .note_public(tree, self.sync.best_of_peers());
        self.sync.ask_from(self.private_chain.public_ends());
        if self.private_chain.is_due(tree) {
            self.release(now);
        }
    }

    /// Releases all that is private. Returns what that is, in words.
    pub(super) fn release(&mut self, now: Time) -> String {
        let tree = self.chain.tree();
        let branch = tree
            .path(self.private_chain.public_end(tree), tree.tip())
            .into_iter();
        // Who hears of so many asks for what follows.
        let branch = branch.take(GETBLOCKS_MAX).map(|id| tree.entry(id).hash);
        let branch: Vec<_> = branch.collect();
        let (blocks, txs) = self.private_chain.release();
        self.sync.ask_from(None);
        let tip = self.chain.tip();
        if blocks > 0 {
            self.relay.announce_branch(&branch, &mut self.conns.out);
            self.event(now, EventKind::Released { tip, blocks });
        }
        let waiting = self.mempool_in_order().into_iter();
        let waiting: Vec<_> = waiting.filter(|txid| txs.contains(txid)).collect();
        for txid in &waiting {
            self.announce_tx(*txid);
        }
        let counted = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        match (blocks, waiting.len()) {
            (0, 0) => format!("{} has nothing to release", self.conns.config.name),
            (blocks, 0) => format!("released {}", counted(blocks, "block")),
            (0, txs) => format!("released {}", counted(txs, "payment")),
            (blocks, txs) => format!(
                "released {} and {}",
                counted(blocks, "block"),
                counted(txs, "payment")
            ),
        }
    }

    /// A command wants it released.
    pub(super) fn asked_to_release(&mut self, now: Time) -> Result<Reply, CommandError> {
        if !self.private_chain.is_selfish() {
            let name = &self.conns.config.name;
            return Err(format!("{name} withholds nothing").into());
        }
        Ok(Reply::Done(self.release(now)))
    }

    /// From now on the miner does this with its blocks.
    pub(super) fn set_strategy(&mut self, strategy: Strategy, now: Time) -> Reply {
        let name = &self.conns.config.name;
        let words = match strategy {
            Strategy::Honest => format!("{name} announces what it finds"),
            Strategy::Selfish(release) => {
                format!("{name} withholds what it finds, release: {release}")
            }
        };
        self.private_chain.set_strategy(strategy);
        if strategy == Strategy::Honest {
            self.release(now);
        }
        self.event(now, EventKind::Mining(words.clone()));
        Reply::Done(words)
    }

    /// The end of the chain as others may see it.
    pub(super) fn public_tip(&self) -> BlockId {
        let tree = self.chain.tree();
        self.chain.id(self.private_chain.public_end(tree))
    }

    /// Whether there is something that no peer must hear of.
    pub(super) fn has_secrets(&self) -> bool {
        self.private_chain
            .has_secrets(|txid| self.mempool.contains(txid))
    }

    /// Whether others may hear of it.
    pub(super) fn is_public(&self, item: &Item) -> bool {
        match item {
            Item::Tx(txid) => !self.private_chain.hides_tx(txid),
            Item::Block(hash) => !self.private_chain.hides(hash),
        }
    }
}

//! Blocks: from peers and from our own miner into the chain, and the news to everybody.

use super::attack::Attack;
use super::chainstate::AcceptError;
use super::conns::ConnTalk;
use super::io::{ConnId, EventKind, Job, LOST_MAX, Output, Reply};
use super::mempool::RemovedWhy;
use super::message::Item;
use super::mining::Wanted;
use super::outbox::{MALICE, NUISANCE};
use super::snapshot::RECENT_BLOCKS;
use super::sync::Delivered;
use super::{ChainChange, Node, Store, StoreFault, Time, queries, template};
use crate::chain::headers::Origin;
use crate::chain::{Block, BlockHash, RuleError, Tx, Txid};
use std::collections::BTreeSet;
use std::sync::Arc;

type Done = Result<(), StoreFault>;

impl<S: Store> Node<S> {
    pub(super) fn received_block(&mut self, conn: ConnId, block: Arc<Block>, now: Time) -> Done {
        let hash = block.hash();
        self.relay.has(conn, Item::Block(hash));
        if !self.sync.received_block(conn, &hash, now) {
            self.conns
                .out
                .blame(conn, NUISANCE, "a block that nobody asked for");
            return Ok(());
        }
        self.deliver(conn, &block, now)?;
        self.deliver_orphans(now)?;
        self.tell_if_level(conn);
        Ok(())
    }

    /// Hands over what came before its parents, as far as those are here by now.
    pub(super) fn deliver_orphans(&mut self, now: Time) -> Done {
        while let Some((conn, block)) = self.sync.next_orphan(self.chain.tree()) {
            self.deliver(conn, &block, now)?;
        }
        Ok(())
    }

    pub(super) fn deliver(&mut self, conn: ConnId, block: &Arc<Block>, now: Time) -> Done {
        let taken = self.take_block(Some(conn), block, now)?;
        let delivered = match taken {
            Ok(()) => {
                self.private_chain.note_block(block);
                Delivered::Taken
            }
            Err(error) => Delivered::Refused(error),
        };
        let (sync, mut context) = self.sync_at(now);
        sync.block_delivered(conn, block, &delivered, &mut context);
        Ok(())
    }

    /// Hands a block to the chain, and the change to everybody.
    pub(super) fn take_block(
        &mut self,
        from: Option<ConnId>,
        block: &Arc<Block>,
        now: Time,
    ) -> Result<Result<(), RuleError>, StoreFault> {
        let origin = from.map_or(Origin::Own, |conn| Origin::Peer(conn.0));
        self.conns.unwritten(now);
        let accepted = match self
            .chain
            .accept_block(origin, block, self.conns.block_time(now))
        {
            Ok(accepted) => accepted,
            Err(AcceptError::Store(fault)) => return Err(fault),
            Err(AcceptError::Rule(error)) => {
                self.block_refused(from, block.hash(), &error, now);
                return Ok(Err(error));
            }
        };
        for (hash, error) in &accepted.invalid {
            // Of others that turned out bad on the way it is not known any more who sent them.
            let sender = from.filter(|_| *hash == block.hash());
            self.block_refused(sender, *hash, error, now);
        }
        if let Some(change) = accepted.change {
            self.chain_changed(&change, from, now)?;
        }
        let own = |(hash, _): &&(BlockHash, RuleError)| *hash == block.hash();
        let refused = accepted.invalid.iter().find(own);
        if let Some(conn) = from.filter(|_| accepted.new && refused.is_none()) {
            self.conns.peers.brought_block(conn, now);
        }
        Ok(refused.map_or(Ok(()), |(_, error)| Err(error.clone())))
    }

    pub(super) fn block_refused(
        &mut self,
        from: Option<ConnId>,
        hash: BlockHash,
        error: &RuleError,
        now: Time,
    ) {
        // A body that does not belong to its header is no accident either.
        let is_malice = error.is_permanent()
            || matches!(error, RuleError::MerkleRoot | RuleError::RepeatedTail);
        if let Some(conn) = from
            && is_malice
        {
            self.conns
                .out
                .blame(conn, MALICE, format!("block: {error}"));
        }
        let from = from.and_then(|conn| self.conns.peers.label(conn));
        let event = match waits_for(error) {
            Some(why) => EventKind::BlockWaits { hash, from, why },
            None => {
                let why = error.to_string();
                EventKind::BlockRefused { hash, from, why }
            }
        };
        self.event(now, event);
    }

    pub(super) fn chain_changed(
        &mut self,
        change: &ChainChange,
        from: Option<ConnId>,
        now: Time,
    ) -> Done {
        self.keep_private(change, from.is_none(), now);
        self.wallets.chain_changed(change, self.chain.store())?;
        let mempool = self.mempool.chain_changed(change, &self.chain, now)?;
        let mut back: Vec<Txid> = mempool.added.iter().map(|(txid, _)| *txid).collect();
        self.apply_mempool_change(mempool, None, now);
        self.mining.mempool_changed();
        if let Some(attack) = &mut self.attack {
            attack.connected(&change.connected);
        }
        let is_public = !self.private_chain.hides(&self.chain.tip().hash);
        if is_public {
            // Who is silent about a block asks for nothing again because of it.
            self.relay.forget_refused();
        }
        let in_blocks = change.connected.iter().flat_map(|block| block.txids());
        self.relay
            .tip_moved(in_blocks, !change.disconnected.is_empty());
        self.sync.tip_moved();
        self.note_recent(change);
        if let Some(last) = change.connected.last() {
            self.serve.keep(last);
        }
        self.tell_change(change, from, now)?;
        // Who is catching up has nothing to tell that others want to know, but for what was mined
        // here. (Not who knows of better headers: a peer that withholds their bodies must not
        // silence this node.)
        if from.is_none() || !self.sync.is_catching_up(self.chain.tree()) {
            let tip = self.chain.tip().hash;
            if is_public {
                self.relay.announce_block(tip, &mut self.conns.out);
            }
        }
        back.retain(|txid| !self.private_chain.hides_tx(txid));
        // Who stood on the other branch all along has never heard of what came back from ours.
        for txid in back {
            self.announce_tx(txid);
        }
        let in_blocks = change.connected.iter().flat_map(|block| block.txids());
        self.take_orphans_of(in_blocks.copied().collect(), now)?;
        if !change.disconnected.is_empty() {
            self.submit_own(now)?;
        }
        Ok(())
    }

    pub(super) fn tell_change(
        &mut self,
        change: &ChainChange,
        from: Option<ConnId>,
        now: Time,
    ) -> Done {
        let new = self.chain.tip();
        if let Some(old) = change.disconnected.first() {
            let depth = change.disconnected.len();
            let height = change.fork.height + u32::try_from(depth).unwrap_or(u32::MAX);
            let hash = old.hash();
            let left = self.left_behind(change)?;
            let event = EventKind::Reorganised {
                fork: change.fork,
                old: super::BlockId { height, hash },
                new,
                depth,
                returned: left.returned,
                confirmed: left.confirmed,
                held: left.held,
                held_why: left.held_why,
                lost: left.lost,
                lost_count: left.lost_count,
            };
            self.event(now, event);
            self.lost_later(left.late, now);
        }
        let lost = self.undone.connected(&change.connected);
        self.lost_later(lost, now);
        let txs = change.connected.iter().map(|block| block.txs().len() - 1);
        let event = EventKind::TipChanged {
            tip: new,
            blocks: change.connected.len(),
            txs: txs.sum(),
            from: from.and_then(|conn| self.conns.peers.label(conn)),
        };
        self.event(now, event);
        Ok(())
    }

    /// What became of the payments in blocks that were left behind, now that the mempool has taken
    /// back what it can. Lost is only what no block of this chain can have: its coin is spent in one
    /// otherwise, was the reward of a block that was left behind, or came from a payment that is lost.
    fn left_behind(&mut self, change: &ChainChange) -> Result<LeftBehind, StoreFault> {
        let new = change.connected.iter().flat_map(|block| block.txids());
        let new: BTreeSet<&Txid> = new.collect();
        let mut left = LeftBehind::default();
        // Transactions that make no coins any more, and those that may make them again.
        let (mut gone, mut waiting) = (BTreeSet::new(), BTreeSet::new());
        for block in change.disconnected.iter().rev() {
            let mut txs = block.txids().iter().zip(block.txs());
            if let Some((txid, coinbase)) = txs.next() {
                gone.insert(*txid);
                left.late.extend(self.undone.lost_with(*txid, coinbase));
            }
            for (txid, tx) in txs {
                if new.contains(txid) {
                    left.confirmed += 1;
                } else if self.is_gone(tx, &gone, &waiting)? {
                    gone.insert(*txid);
                    left.late.extend(self.undone.lost_with(*txid, tx));
                    left.loses(*txid);
                } else {
                    waiting.insert(*txid);
                    self.undone.note(*txid, tx);
                    left.waits(self.mempool.contains(txid), self.mempool.held(txid));
                }
            }
        }
        Ok(left)
    }

    /// Payments that were undone before, and waited since, are lost after all.
    fn lost_later(&mut self, mut lost: Vec<Txid>, now: Time) {
        let lost_count = lost.len();
        lost.truncate(LOST_MAX);
        if lost_count > 0 {
            self.event(now, EventKind::BecameInvalid { lost, lost_count });
        }
    }

    /// Whether a coin that a transaction spends cannot be there for it any more.
    fn is_gone(
        &self,
        tx: &Tx,
        gone: &BTreeSet<Txid>,
        waiting: &BTreeSet<Txid>,
    ) -> Result<bool, StoreFault> {
        let spent = tx.inputs.iter().map(|input| input.outpoint);
        let (mut made, settled): (Vec<_>, Vec<_>) = spent.partition(|outpoint| {
            gone.contains(&outpoint.txid) || waiting.contains(&outpoint.txid)
        });
        made.retain(|outpoint| gone.contains(&outpoint.txid));
        let coins = Store::coins(self.chain.store(), &settled)?;
        Ok(!made.is_empty() || coins.iter().any(Option::is_none))
    }

    pub(super) fn note_recent(&mut self, change: &ChainChange) {
        let fork = change.fork.height;
        self.recent.retain(|info| info.id.height <= fork);
        let skip = change.connected.len().saturating_sub(RECENT_BLOCKS);
        for (height, block) in (fork + 1..).zip(&change.connected).skip(skip) {
            let info = queries::block_info(block, height, self.chain.params());
            self.recent.push_back(info);
        }
        while self.recent.len() > RECENT_BLOCKS {
            self.recent.pop_front();
        }
    }

    /// Sees to it that the miner does what it should.
    pub(super) fn give_work(&mut self, now: Time) -> Done {
        let (tip, pending) = (self.chain.tip().hash, self.waiting());
        match self.mining.wanted(tip, pending, now) {
            Wanted::Same => {}
            Wanted::Stop => self.conns.outputs.push_back(Output::Mine(None)),
            Wanted::Job => {
                let owner = self.reward_owner(now)?;
                let forged = self.attack.as_ref().map_or(&[][..], Attack::forged);
                let extra = self.conns.random.nonce();
                let miner = template::Miner {
                    owner,
                    tag: tag(extra, &self.conns.config.name),
                    hashrate: self.mining.job_hashrate(),
                };
                let clock = self.conns.clock;
                let waiting = (&self.mempool, forged);
                let job = template::job(&self.chain, waiting, &miner, clock.shows(now));
                self.mining.given(job.height);
                let job = Arc::new(Job { clock, ..job });
                self.conns.outputs.push_back(Output::Mine(Some(job)));
            }
        }
        Ok(())
    }

    pub(super) fn solved(&mut self, block: Arc<Block>, now: Time) -> Done {
        self.mining.solved();
        let (txs, reward) = queries::work_of(&block);
        let taken = self.take_block(None, &block, now)?;
        let tip = self.chain.tip();
        if taken.is_err() || tip.hash != block.hash() {
            // Another miner was faster, and the next job is on its way.
            return Ok(());
        }
        self.mining.found += 1;
        let event = EventKind::Mined {
            block: tip,
            txs,
            reward,
        };
        self.event(now, event);
        self.tell_kept_private(tip, now);
        if let Some((id, since)) = self.mining.now.pop_front() {
            let after = now - since;
            let reply = Ok(Reply::Mined { block: tip, after });
            self.conns.outputs.push_back(Output::Reply(id, reply));
        }
        Ok(())
    }
}

/// What a block waits for that nothing is wrong with; `None`: something is.
fn waits_for(error: &RuleError) -> Option<String> {
    match error {
        RuleError::UnknownParent(parent) => {
            let parent = parent.short();
            Some(format!(
                "its parent ..{parent} is not here yet, and is asked for"
            ))
        }
        RuleError::LowWork => Some("the headers of its branch are asked for".to_owned()),
        RuleError::NoRoom => Some("there is no room for it yet".to_owned()),
        _ => None,
    }
}

/// What became of the payments in blocks that were left behind.
#[derive(Default)]
struct LeftBehind {
    returned: usize,
    confirmed: usize,
    held: usize,
    held_why: Option<String>,
    lost: Vec<Txid>,
    lost_count: usize,
    /// Lost, too, but from blocks that were left behind before.
    late: Vec<Txid>,
}

impl LeftBehind {
    /// Counts one that no block of this chain can have.
    fn loses(&mut self, txid: Txid) {
        self.lost_count += 1;
        if self.lost.len() < LOST_MAX {
            self.lost.push(txid);
        }
    }

    /// Counts one that a later block can have.
    fn waits(&mut self, is_in_mempool: bool, held: Option<&RemovedWhy>) {
        if is_in_mempool {
            self.returned += 1;
            return;
        }
        self.held += 1;
        // Parents come first, so the first reason is one by itself.
        let words = || held.map_or("the mempool has no room".to_owned(), RemovedWhy::to_string);
        self.held_why.get_or_insert_with(words);
    }
}

/// What a coinbase carries: a number that was never drawn before, and the name of the miner.
fn tag(extra: u64, name: &str) -> [u8; 64] {
    let mut tag = [0; 64];
    tag[..8].copy_from_slice(&extra.to_le_bytes());
    for (at, byte) in tag[8..].iter_mut().zip(name.bytes()) {
        *at = byte;
    }
    tag
}

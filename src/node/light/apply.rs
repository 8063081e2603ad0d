//! What follows from what was learnt: for the filter headers, the wallets, and those who watch.

use super::route::tools;
use super::scan::{Aim, Step};
use super::state::LightNode;
use super::words::Heard;
use crate::chain::rules::check_block;
use crate::chain::{Block, KeyHash, Txid};
use crate::node::chainstate::TipChange;
use crate::node::config::LightWay;
use crate::node::conns::ConnTalk;
use crate::node::io::{ConnId, EventKind};
use crate::node::message::FilterHeaders;
use crate::node::outbox::{MALICE, NUISANCE};
use crate::node::prover::concerns;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::Part;
use std::sync::Arc;

type Done = Result<(), StoreFault>;

impl<S: Store> LightNode<S> {
    /// The chain of headers has moved.
    pub(super) fn tip_moved(&mut self, change: &TipChange, from: ConnId, now: Time) -> Done {
        let new = self.chain.tip();
        if let Some(old) = change.disconnected.first() {
            let left = &change.disconnected;
            let rows = self.words.chain_left(change.fork, left, &self.chain)?;
            self.chain.put_meta(rows, false)?;
            let payments = self.left_by(change.fork)?;
            self.proofs.cut(change.fork.height);
            self.watchers.back_to(change.fork.height);
            self.roll_wallets_back(change.fork, now)?;
            for tx in payments {
                self.waits(&tx, now);
            }
            let waits = self.wallets.unconfirmed().count();
            let event = EventKind::Reorganised {
                fork: change.fork,
                old: *old,
                new,
                depth: change.disconnected.len(),
                returned: waits,
                confirmed: 0,
                held: 0,
                held_why: None,
                lost: Vec::new(),
                lost_count: 0,
            };
            self.event(now, event);
        }
        self.sync.tip_moved();
        let event = EventKind::TipChanged {
            tip: new,
            blocks: change.connected.len(),
            txs: 0,
            from: self.conns.peers.label(from),
        };
        self.event(now, event);
        self.is_stirred = true;
        Ok(())
    }

    /// Wallets forget what they have seen above a block of the chain, to see it anew.
    pub(super) fn roll_wallets_back(&mut self, to: BlockId, now: Time) -> Done {
        if self.wallets.tip().height > to.height {
            self.wallets.roll_back(to, self.chain.store())?;
            self.wallets.judge_sent(now);
            self.conns.unwritten(now);
        }
        self.scan.rolled_back(self.wallets.tip().height);
        Ok(())
    }

    pub(super) fn received_filter_headers(
        &mut self,
        conn: ConnId,
        said: &FilterHeaders,
        now: Time,
    ) -> Done {
        if self.ends.received(conn, said.range) {
            self.is_stirred = true;
            return Ok(());
        }
        let mut tools = tools(&mut self.conns, now);
        match self.words.received(conn, said, &self.chain, &mut tools)? {
            None if self.ends.peers.was_owed(conn) => {}
            None => {
                let out = &mut self.conns.out;
                out.blame(conn, NUISANCE, "filter headers that it was not asked for");
            }
            Some(Heard::Nothing) => {}
            Some(Heard::Rows(rows)) => self.chain.put_meta(rows, false)?,
            Some(Heard::Disputed(id)) => self.tell_dispute(id, now),
        }
        self.is_stirred = true;
        Ok(())
    }

    /// Two peers say different things of a block.
    pub(super) fn tell_dispute(&mut self, id: BlockId, now: Time) {
        let words = format!(
            "two peers say different things about the filter of block {id}: the block is fetched"
        );
        self.event(now, EventKind::Light(words));
    }

    pub(super) fn received_block(&mut self, conn: ConnId, block: &Arc<Block>, now: Time) -> Done {
        let hash = block.hash();
        if !self.bodies.was_asked(conn, &hash) {
            let out = &mut self.conns.out;
            out.blame(conn, NUISANCE, "a block that it was not asked for");
            return Ok(());
        }
        self.is_stirred = true;
        if let Err(error) = check_block(block, self.chain.params()) {
            self.bodies.has_not(conn, &hash);
            let out = &mut self.conns.out;
            out.blame(conn, MALICE, format!("block: {error}"));
            return Ok(());
        }
        let name = self.conns.peers.label(conn).map(|label| label.name);
        self.bodies.received(conn, block, &name.unwrap_or_default());
        if self.words.disputed().is_some_and(|id| id.hash == hash) {
            let mut tools = tools(&mut self.conns, now);
            let (rows, rolled) = self.words.resolve(block, &self.chain, &mut tools)?;
            self.chain.put_meta(rows, false)?;
            if let Some(to) = rolled {
                self.roll_wallets_back(to, now)?;
            }
        }
        Ok(())
    }

    /// Does and asks what can be done and asked now.
    pub(super) fn go_on(&mut self, now: Time) -> Done {
        self.ask_for_end(now);
        if self.wallets.first().is_none() {
            self.skip_all();
        }
        match self.way {
            LightWay::Filter => self.go_on_by_filter(now),
            LightWay::Address => self.go_on_by_address(now),
        }
    }

    /// There is no wallet that anything could concern.
    fn skip_all(&mut self) {
        let tip = self.chain.tip();
        if self.wallets.tip() != tip {
            self.wallets.skip_to(tip);
            self.scan.rolled_back(tip.height);
        }
        self.watchers.nothing_up_to(tip.height);
    }

    fn go_on_by_filter(&mut self, now: Time) -> Done {
        if self.wallets.first().is_some() {
            self.advance_wallets(now)?;
        }
        let owners: Vec<KeyHash> = self.wallets.owners().collect();
        let mut tools = tools(&mut self.conns, now);
        self.words.pump(self.chain.tree(), &mut tools);
        let aim = Aim {
            tip: self.wallets.tip().height,
            owners: &owners,
            usable: self.words.usable(),
        };
        self.scan.pump(self.chain.tree(), &aim, &mut tools);
        let disputed = self.words.disputed();
        self.bodies.want(self.scan.hits().chain(disputed));
        let unserved = self.bodies.pump(&mut tools);
        for id in unserved {
            self.is_unserved(id, now)?;
        }
        Ok(())
    }

    /// All peers were asked for a block, and none has sent it.
    fn is_unserved(&mut self, id: BlockId, now: Time) -> Done {
        let is_news = self.told_unserved != Some(id);
        self.told_unserved = Some(id);
        let dispute = self.words.unresolved(&id.hash, &self.chain, now)?;
        let words = match dispute {
            Some((rows, to)) => {
                self.chain.put_meta(rows, false)?;
                self.roll_wallets_back(to, now)?;
                format!(
                    "two peers say different things about the filter of block {id}, and no peer sends \
                     the block: neither is believed"
                )
            }
            None => format!("no peer sends block {id}, which may concern a wallet"),
        };
        if is_news {
            self.event(now, EventKind::Light(words));
        }
        Ok(())
    }

    /// Shows the wallets what is here of what comes next.
    fn advance_wallets(&mut self, now: Time) -> Done {
        let mut is_changed = false;
        while let Some(step) = {
            let (tree, tip) = (self.chain.tree(), self.wallets.tip().height);
            self.scan.step(tree, tip)
        } {
            match step {
                Step::SkipTo(height) => self.skip_to(height),
                Step::Look(id) => {
                    let Some(block) = self.body(id) else {
                        break;
                    };
                    self.look_at_block(id, &block, now)?;
                }
            }
            is_changed = true;
        }
        if is_changed {
            self.conns.unwritten(now);
        }
        Ok(())
    }

    /// A block that is here.
    fn body(&self, id: BlockId) -> Option<Arc<Block>> {
        match id.height {
            0 => Some(Arc::new(self.chain.params().genesis_block())),
            _ => self.bodies.body(&id.hash),
        }
    }

    /// Nothing below this height concerns those wallets that have not seen it.
    fn skip_to(&mut self, height: u32) {
        let tip = self.wallets.tip().height;
        if self.scan.position(tip) <= tip {
            self.scan.seen_below(height, tip);
        } else if let Some(last) = self.chain.tree().active_at(height.saturating_sub(1)) {
            self.wallets.skip_to(self.chain.id(last));
        }
    }

    fn look_at_block(&mut self, id: BlockId, block: &Block, now: Time) -> Done {
        let part = Part::of(id, block);
        let (tip, store) = (self.wallets.tip().height, self.chain.store());
        if id.height <= tip {
            for owner in self.scan.late_at(id.height) {
                self.wallets.earlier_block(owner, &part, store)?;
            }
            self.scan.seen_below(id.height + 1, tip);
        } else {
            self.wallets.next_block(&part, store)?;
        }
        self.keep_proofs(&part, block, &self.sorted_owners());
        self.was_looked_at(&part, now);
        Ok(())
    }

    /// Keeps the proofs of what a block has for these owners, who are in order.
    pub(super) fn keep_proofs(&mut self, part: &Part<'_>, block: &Block, owners: &[KeyHash]) {
        let txs = part.txs.iter().filter(|tx| concerns(tx.tx, owners));
        let places: Vec<u32> = txs.map(|tx| tx.index).collect();
        self.proofs.keep_of(part.id.height, block, &places);
    }

    /// What concerns these wallets and stands in a block has been shown to them.
    pub(super) fn was_looked_at(&mut self, part: &Part<'_>, now: Time) {
        for txid in self.wallets.judge_sent(now) {
            self.tell_lost(txid, part, now);
        }
        let waits: Vec<Txid> = self.wallets.unconfirmed().map(|(txid, _)| txid).collect();
        self.payments.keep(|txid| waits.contains(txid));
    }

    /// Whose coins are looked for, in order.
    pub(super) fn sorted_owners(&self) -> Vec<KeyHash> {
        let mut owners: Vec<KeyHash> = self.wallets.owners().collect();
        owners.sort_unstable();
        owners
    }

    /// A payment can be in no block any more.
    fn tell_lost(&mut self, txid: Txid, part: &Part<'_>, now: Time) {
        let rival = self.wallets.rival_in(&txid, part);
        let why = match rival {
            Some(rival) => double_spend(rival, part.id),
            None => "a coin of it does not exist any more".to_owned(),
        };
        self.event(now, EventKind::TxDropped { txid, why });
    }
}

/// Why a payment can be in no block any more.
pub(super) fn double_spend(rival: Txid, id: BlockId) -> String {
    format!(
        "a double spend: ..{} in block {id} spends its coin otherwise",
        rival.short()
    )
}

//! Questions to a light node, and its snapshot. It is looked at as it is, and stays so.

use super::state::LightNode;
use crate::chain::headers::HeaderId;
use crate::chain::{Tx, Txid};
use crate::node::conns::ConnTalk;
use crate::node::io::{CommandError, Halt, Question, RefusalKind, Reply};
use crate::node::mempool::Paid;
use crate::node::queries::tx_detail;
use crate::node::snapshot::{
    BlockInfo, LightInfo, LightProof, MEMPOOL_SHOWN, MempoolInfo, MempoolTx, NodeSnapshot,
    PAGE_MAX, RECENT_BLOCKS, TxDetail, TxProof, WalletInfo,
};
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::WalletError;
use std::ops::RangeInclusive;

/// Proofs that a snapshot tells of.
const PROVEN_SHOWN: usize = 8;

impl<S: Store> LightNode<S> {
    /// What a screen can show, at this moment.
    pub fn snapshot(&self, now: Time) -> NodeSnapshot {
        let (config, tree) = (&self.conns.config, self.chain.tree());
        let (end, tip) = (tree.entry(tree.tip()), self.chain.tip());
        let mut recent = self.recent_down();
        recent.reverse();
        NodeSnapshot {
            at: now,
            name: config.name.clone(),
            role: config.role,
            listen: config.listen,
            tip,
            tip_time: end.header.time,
            work: Some(end.work.to_string()),
            recent,
            mempool: MempoolInfo {
                count: self.waiting(),
                shown: self.waiting_shown(MEMPOOL_SHOWN),
                ..MempoolInfo::default()
            },
            peers: self.peer_infos(),
            wallets: self.wallet_infos(),
            mining: None,
            sync: self.sync.progress(tree),
            known_addresses: self.conns.book.len(),
            side_headers: tree.side_len(),
            program: None,
            attack: None,
            light: Some(Box::new(self.info())),
        }
    }

    /// The last blocks of the chain, [`RECENT_BLOCKS`] at most, the highest first. Nothing but their headers
    /// is known.
    pub fn recent_down(&self) -> Vec<BlockInfo> {
        self.blocks_down(0..=self.chain.tip().height, RECENT_BLOCKS)
    }

    /// What it knows, and from whom.
    pub fn info(&self) -> LightInfo {
        let own = self.wallets.unconfirmed();
        let tip = self.wallets.tip().height;
        LightInfo {
            way: self.way,
            headers: self.chain.tip().height,
            received_bytes: self.conns.peers.received(),
            filter_headers: self.words.taken(),
            compared: self.words.compared(),
            is_one_word: self.words.is_one_word(),
            filters: self.scan.position(tip).saturating_sub(1),
            proofs: self.proofs.len(),
            proven: self.proven(),
            confirmed_after: self.conns.config.confirmed_after,
            told: self.known_by.iter().cloned().collect(),
            searching: self.watchers.told().count(),
            searched: (self.watchers.searched(), self.watchers.by_two()),
            incoming: self.incoming.len(),
            serve_tip: self.ends.counts(),
            unserved: self.bodies.unserved(),
            fetched: self.bodies.fetched(),
            payments: own.map(|(txid, _)| self.payments.info(txid)).collect(),
        }
    }

    /// All wallets.
    pub fn wallet_infos(&self) -> Vec<WalletInfo> {
        self.wallets.info(&self.packages())
    }

    /// The height that it tries to reach; `None`: it knows of no headers that it is missing.
    pub fn sync_target(&self) -> Option<u32> {
        self.sync
            .progress(self.chain.tree())
            .map(|sync| sync.target)
    }

    /// Answers a question, as things are: as [`Node::ask`](crate::node::Node::ask).
    ///
    /// # Errors
    /// [`Halt`]: the node has stopped, or its machine fails it now; then its driver is to end it.
    pub fn ask(&self, now: Time, question: Question) -> Result<Result<Reply, CommandError>, Halt> {
        self.conns.check_running()?;
        Ok(self.answer_to(question, now)?)
    }

    fn answer_to(
        &self,
        question: Question,
        now: Time,
    ) -> Result<Result<Reply, CommandError>, StoreFault> {
        let answer = match question {
            Question::ExportWallet { name } => self.wallets.export(&name).map(Reply::Secret),
            Question::PlanSend(payment) => {
                self.draft(&payment).map(|draft| Reply::Plan(draft.plan))
            }
            Question::Snapshot => Ok(Reply::Snapshot(Box::new(self.snapshot(now)))),
            Question::Wallets => Ok(Reply::Wallets(self.wallet_infos())),
            Question::History { name, skip, limit } => {
                let page = (skip, limit.min(PAGE_MAX));
                let history = self.wallets.history(&name, page, self.chain.store());
                history.map(Reply::History)
            }
            Question::Coins { of } => {
                let owner = self.wallets.whose(&of);
                let words = || {
                    let words =
                        format!("{of} is no wallet here: a light node knows no other coins");
                    CommandError::new(RefusalKind::NoSuchWallet, words)
                };
                let coins = |owner| self.wallets.coins_in_blocks(&owner).ok_or_else(words);
                return Ok(owner.and_then(coins).map(Reply::Coins));
            }
            Question::Peers => Ok(Reply::Peers(self.peer_infos())),
            Question::Chain { from, to, limit } => {
                let heights = to..=from.min(self.chain.tip().height);
                Ok(Reply::Chain(self.blocks_down(heights, limit.min(PAGE_MAX))))
            }
            Question::Block { .. } | Question::BlockAt { .. } => {
                let words = "a light node keeps no blocks: ask a full one";
                return Ok(Err(CommandError::new(RefusalKind::NoSuchBlock, words)));
            }
            Question::Tx { txid } => {
                let found = self.tx_detail(txid)?;
                let found = found.map(|detail| Reply::Tx(Box::new(detail)));
                let words =
                    || format!("no transaction {txid} here: a light node has those of its wallets");
                return Ok(found.ok_or_else(|| CommandError::new(RefusalKind::NoSuchTx, words())));
            }
            Question::Mempool { limit } => {
                Ok(Reply::Mempool(self.waiting_shown(limit.min(PAGE_MAX))))
            }
        };
        match answer {
            Err(WalletError::Store(fault)) => Err(fault),
            answer => Ok(answer.map_err(CommandError::from)),
        }
    }

    /// Payments that wait for a block, of its wallets and, as far as it was told of them, to them.
    pub fn waiting(&self) -> usize {
        self.wallets.unconfirmed().count() + self.incoming.len()
    }

    /// So many of them.
    fn waiting_shown(&self, limit: usize) -> Vec<MempoolTx> {
        let waiting = self.wallets.unconfirmed().chain(self.incoming.iter());
        let params = self.chain.params();
        let shown = waiting.take(limit).map(|(txid, tx)| {
            let paid = Paid::by(tx, params);
            MempoolTx {
                txid,
                bytes: tx.encoded_len(),
                fee: None,
                amount: Some(paid.amount),
                to: paid.to,
                payees: paid.payees,
                since: self.wallets.waits_since(&txid).unwrap_or_default(),
                ancestors: 0,
                descendants: 0,
            }
        });
        shown.collect()
    }

    /// A transaction of its wallets, opened: with the proof that it stands in its block, if it does.
    fn tx_detail(&self, txid: Txid) -> Result<Option<TxDetail>, StoreFault> {
        let Some(place) = self.proofs.find(&txid) else {
            let own = self.wallets.unconfirmed();
            let own = own.filter(|(other, _)| *other == txid).map(|(_, tx)| tx);
            let waits = own.chain(self.incoming.get(&txid)).next();
            return waits.map(|tx| self.detail(tx, txid, None)).transpose();
        };
        let proven = self.proofs.get(place, self.chain.store())?;
        let mut detail = self.detail(&proven.tx, txid, self.id_at(place.0))?;
        let (tree, hash) = (self.chain.tree(), &proven.block);
        let root = tree.find(hash).map(|id| tree.entry(id).header.merkle_root);
        let proof = root.map(|root| Box::new(TxProof::of(&proven.proof, txid, root)));
        detail.proof = proof;
        Ok(Some(detail))
    }

    fn detail(&self, tx: &Tx, txid: Txid, block: Option<BlockId>) -> Result<TxDetail, StoreFault> {
        let mut coins = Vec::new();
        for input in &tx.inputs {
            let made_in = self.proofs.find(&input.outpoint.txid);
            let made_in = made_in.map(|place| self.proofs.get(place, self.chain.store()));
            let index = usize::try_from(input.outpoint.index).unwrap_or(usize::MAX);
            let coin = made_in
                .transpose()?
                .and_then(|from| from.tx.outputs.get(index).copied());
            coins.push(coin);
        }
        let params = self.chain.params();
        Ok(tx_detail(params, (tx, txid), block, &coins))
    }

    /// The block of the chain at this height.
    pub(super) fn id_at(&self, height: u32) -> Option<BlockId> {
        let active = self.chain.tree().active_at(height);
        active.map(|id| self.chain.id(id))
    }

    /// The last transactions that are proven, newest first.
    fn proven(&self) -> Vec<LightProof> {
        let tip = self.chain.tip().height;
        let last = self.proofs.last(PROVEN_SHOWN);
        let of = |(height, txid): (u32, Txid)| {
            let block = self.id_at(height)?;
            let confirmations = (tip + 1).saturating_sub(height);
            Some(LightProof {
                txid,
                block,
                confirmations,
            })
        };
        last.filter_map(of).collect()
    }

    /// Headers at these heights, highest first.
    fn blocks_down(&self, heights: RangeInclusive<u32>, limit: usize) -> Vec<BlockInfo> {
        let tree = self.chain.tree();
        let heights = heights.rev().take(limit);
        let ids = heights.filter_map(|height| tree.active_at(height));
        ids.map(|id| self.block_info(id)).collect()
    }

    fn block_info(&self, id: HeaderId) -> BlockInfo {
        let entry = self.chain.tree().entry(id);
        BlockInfo {
            id: self.chain.id(id),
            previous: entry.header.previous,
            time: entry.header.time,
            txs: None,
            miner: None,
        }
    }
}

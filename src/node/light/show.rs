//! Questions to a light node, and its snapshot. It is looked at as it is, and stays so.

use super::state::LightNode;
use crate::chain::headers::HeaderId;
use crate::node::config::{LightWay, NodeKind};
use crate::node::conns::ConnTalk;
use crate::node::io::{CommandError, Halt, Question, RefusalKind, Reply};
use crate::node::snapshot::{
    BlockInfo, LightInfo, MempoolInfo, NodeSnapshot, PAGE_MAX, RECENT_BLOCKS, WalletInfo,
};
use crate::node::store::{Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::WalletError;
use std::ops::RangeInclusive;

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
                count: self.wallets.unconfirmed().count(),
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
        let way = match self.conns.config.kind {
            NodeKind::Light(way) => way,
            NodeKind::Full | NodeKind::Attacker => LightWay::default(),
        };
        let tip = self.wallets.tip().height;
        LightInfo {
            way,
            headers: self.chain.tip().height,
            received_bytes: self.conns.peers.received(),
            filter_headers: self.words.taken(),
            compared: self.words.compared(),
            is_one_word: self.words.is_one_word(),
            filters: self.scan.position(tip).saturating_sub(1),
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
            Question::Coins { of } => self.wallets.coins(&of).map(|mut coins| {
                // Those in blocks, as a full node says it.
                coins.retain(|coin| coin.height.is_some());
                Reply::Coins(coins)
            }),
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
                let words =
                    format!("no transaction {txid} here: a light node has those of its wallets");
                return Ok(Err(CommandError::new(RefusalKind::NoSuchTx, words)));
            }
            Question::Mempool { .. } => Ok(Reply::Mempool(Vec::new())),
        };
        match answer {
            Err(WalletError::Store(fault)) => Err(fault),
            answer => Ok(answer.map_err(CommandError::from)),
        }
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

//! Questions, and the snapshot: a node that is only looked at reads everything and changes nothing.

use super::io::{CommandError, Halt, Question, RefusalKind, Reply};
use super::snapshot::{
    BlockDetail, BlockInfo, COINS_MAX, CoinInfo, MiningInfo, NodeSnapshot, PAGE_MAX, RECENT_BLOCKS,
    TxDetail, WalletInfo,
};
use super::wallets::WalletError;
use super::{BlockId, ChainState, Node, Store, StoreFault, Time};
use crate::chain::tx::TxOut;
use crate::chain::{Amount, Block, Coin, KeyHash, OutPoint, Params, Tx, Txid};
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// Blocks that are searched for a transaction, from the tip down.
const SEARCH_MAX: u32 = 10_000;

impl<S: Store> Node<S> {
    /// The last blocks of the chain, [`RECENT_BLOCKS`] at most, the lowest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = &BlockInfo> {
        self.recent.iter()
    }

    /// What a screen can show, at this moment.
    pub fn snapshot(&self, now: Time) -> NodeSnapshot {
        let tree = self.chain.tree();
        let tip = tree.entry(tree.tip());
        let mut mempool = self.mempool.info(super::snapshot::MEMPOOL_SHOWN);
        mempool.orphans = self.relay.orphans();
        NodeSnapshot {
            at: now,
            name: self.conns.config.name.clone(),
            role: self.conns.config.role,
            listen: self.conns.config.listen,
            tip: self.chain.tip(),
            tip_time: tip.header.time,
            work: Some(tip.work.to_string()),
            recent: self.recent.iter().cloned().collect(),
            mempool,
            peers: self.peers_shown(),
            wallets: self.wallet_infos(),
            mining: Some(self.mining_info()),
            sync: self.sync.progress(self.chain.tree()),
            known_addresses: self.conns.book.len(),
            side_headers: tree.side_len(),
            program: None,
            light: None,
            attack: self.attack_info(),
        }
    }

    /// The height that it tries to reach; `None`: it knows of no blocks that it is missing.
    pub fn sync_target(&self) -> Option<u32> {
        self.sync
            .progress(self.chain.tree())
            .map(|sync| sync.target)
    }

    /// All wallets.
    pub fn wallet_infos(&self) -> Vec<WalletInfo> {
        self.wallets.info(&self.mempool)
    }

    fn mining_info(&self) -> MiningInfo {
        let tree = self.chain.tree();
        let bits = tree.cursor(tree.tip()).next_bits(self.chain.params());
        let expected = bits
            .to_target()
            .map_or(0.0, |target| target.work().to_f64());
        MiningInfo {
            mode: self.mining.mode,
            hashrate: self.mining.hashrate,
            to: self.mining.to.clone(),
            height: self.mining.height,
            now: !self.mining.now.is_empty(),
            expected_hashes: expected,
            found: self.mining.found,
            strategy: self.private_chain.strategy(),
            withheld: self.private_chain.len(),
        }
    }

    /// Answers a question, as things are. The node sends, dials, mines and draws nothing for it, and
    /// what was due before is due as before.
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
        Ok(match question {
            Question::ExportWallet { name } => {
                let secret = self.wallets.export(&name).map(Reply::Secret);
                secret.map_err(CommandError::from)
            }
            Question::PlanSend(payment) => {
                let draft = self.draft(&payment, now)?;
                draft.map(|draft| Reply::Plan(draft.plan))
            }
            Question::Snapshot => Ok(Reply::Snapshot(Box::new(self.snapshot(now)))),
            Question::Wallets => Ok(Reply::Wallets(self.wallet_infos())),
            Question::History { name, skip, limit } => {
                self.history_of(&name, (skip, limit.min(PAGE_MAX)))?
            }
            Question::Coins { of } => self.coins_of(&of)?.map(Reply::Coins),
            Question::Peers => Ok(Reply::Peers(self.peers_shown())),
            Question::Chain { from, to, limit } => {
                let heights = to..=from.min(self.chain.tip().height);
                let infos = blocks_down(&self.chain, heights, limit.min(PAGE_MAX))?;
                Ok(Reply::Chain(infos))
            }
            Question::Block { hash } => {
                let missing = || format!("no block {hash} here");
                found_block(self.block_detail(&hash)?, missing)
            }
            Question::BlockAt { height } => {
                let tree = self.chain.tree();
                let hash = tree.active_at(height).map(|id| tree.entry(id).hash);
                let found = hash.map(|hash| self.block_detail(&hash)).transpose()?;
                let tip = self.chain.tip().height;
                let missing = || format!("no block {height} here: the chain ends at {tip}");
                found_block(found.flatten(), missing)
            }
            Question::Tx { txid } => {
                let found = self.tx_detail(&txid)?;
                let missing = || format!("no transaction {txid} here");
                let missing = || CommandError::new(RefusalKind::NoSuchTx, missing());
                let found = found.map(|detail| Reply::Tx(Box::new(detail)));
                found.ok_or_else(missing)
            }
            Question::Mempool { limit } => {
                Ok(Reply::Mempool(self.mempool.info(limit.min(PAGE_MAX)).shown))
            }
        })
    }

    fn history_of(
        &self,
        name: &str,
        page: (usize, usize),
    ) -> Result<Result<Reply, CommandError>, StoreFault> {
        match self.wallets.history(name, page, self.chain.store()) {
            Err(WalletError::Store(fault)) => Err(fault),
            history => Ok(history.map(Reply::History).map_err(CommandError::from)),
        }
    }

    fn coins_of(&self, of: &str) -> Result<Result<Vec<CoinInfo>, CommandError>, StoreFault> {
        let params = self.chain.params();
        let owner = match self.wallets.whose(of) {
            Ok(owner) => owner,
            Err(error) => return Ok(Err(error)),
        };
        let mut coins: Vec<CoinInfo> = Vec::new();
        self.chain.store().each_coin(&mut |outpoint, coin| {
            if coin.owner == owner && coins.len() < COINS_MAX {
                coins.push(CoinInfo {
                    outpoint,
                    amount: coin.amount,
                    owner: params.address(owner).to_string(),
                    height: Some(coin.height),
                    coinbase: coin.coinbase,
                });
            }
        })?;
        Ok(Ok(coins))
    }

    fn block_detail(
        &self,
        hash: &crate::chain::BlockHash,
    ) -> Result<Option<BlockDetail>, StoreFault> {
        let tree = self.chain.tree();
        let Some(id) = tree.find(hash) else {
            return Ok(None);
        };
        let Some(block) = self.chain.body(hash)? else {
            return Ok(None);
        };
        let entry = tree.entry(id);
        let spent = self.spent_by(self.chain.id(id))?;
        let mut spent = spent.into_iter();
        let txs = block.txs().iter().zip(block.txids()).take(PAGE_MAX);
        let at = Some(self.chain.id(id));
        let txs = txs.map(|(tx, txid)| {
            let coins = (!tx.is_coinbase()).then(|| spent.by_ref().take(tx.inputs.len()).collect());
            self.detail(tx, *txid, at, coins.unwrap_or_default())
        });
        let active = tree.is_active(id);
        Ok(Some(BlockDetail {
            info: block_info(&block, entry.height, self.chain.params()),
            active,
            confirmations: match active {
                true => self.chain.tip().height - entry.height + 1,
                false => 0,
            },
            version: entry.header.version,
            merkle_root: entry.header.merkle_root,
            bits: entry.header.bits.0,
            nonce: entry.header.nonce,
            bytes: block.encoded_len(),
            txs: txs.collect(),
        }))
    }

    /// The coins that a block spent, input by input, as far as that is known: on the chain.
    fn spent_by(&self, at: BlockId) -> Result<Vec<Coin>, StoreFault> {
        let undo = self.chain.store().undo(&at)?;
        Ok(undo.map_or_else(Vec::new, |undo| undo.spent))
    }

    fn tx_detail(&self, txid: &Txid) -> Result<Option<TxDetail>, StoreFault> {
        if let Some(entry) = self.mempool.get(txid) {
            let tx = &entry.tx;
            let mut coins = Vec::new();
            for input in &tx.inputs {
                let waiting = self.mempool.coin(&input.outpoint);
                coins.extend(match waiting {
                    Some(coin) => Some(coin),
                    None => self.chain.coin(&input.outpoint)?,
                });
            }
            return Ok(Some(self.detail(tx, *txid, None, coins)));
        }
        let tip = self.chain.tip().height;
        for height in (tip.saturating_sub(SEARCH_MAX)..=tip).rev() {
            let Some(id) = self.chain.tree().active_at(height) else {
                continue;
            };
            let at = self.chain.id(id);
            let Some(block) = self.chain.body(&at.hash)? else {
                continue;
            };
            let Some(index) = block.txids().iter().position(|other| other == txid) else {
                continue;
            };
            let tx = &block.txs()[index];
            let before = block.txs()[..index].iter().filter(|tx| !tx.is_coinbase());
            let skip = before.map(|tx| tx.inputs.len()).sum();
            let spent = self.spent_by(at)?.into_iter().skip(skip);
            let coins = match tx.is_coinbase() {
                true => Vec::new(),
                false => spent.take(tx.inputs.len()).collect(),
            };
            return Ok(Some(self.detail(tx, *txid, Some(at), coins)));
        }
        Ok(None)
    }

    fn detail(&self, tx: &Tx, txid: Txid, block: Option<BlockId>, coins: Vec<Coin>) -> TxDetail {
        let coins = coins.into_iter().map(|coin| {
            let (amount, owner) = (coin.amount, coin.owner);
            (!coin.is_conjured()).then_some(TxOut { amount, owner })
        });
        let coins: Vec<Option<TxOut>> = coins.collect();
        tx_detail(self.chain.params(), (tx, txid), block, &coins)
    }
}

/// A transaction opened; `coins` are those that it spends, as far as they are known.
pub(super) fn tx_detail(
    params: &Params,
    (tx, txid): (&Tx, Txid),
    block: Option<BlockId>,
    coins: &[Option<TxOut>],
) -> TxDetail {
    let address = |owner: KeyHash| params.address(owner).to_string();
    let coinbase = tx.is_coinbase();
    let is_whole = coins.len() == tx.inputs.len() && !coinbase;
    let made = Amount::checked_sum(tx.outputs.iter().map(|out| out.amount));
    let spent: Option<Vec<Amount>> = coins
        .iter()
        .map(|coin| Some(coin.as_ref()?.amount))
        .collect();
    let fee = spent
        .and_then(Amount::checked_sum)
        .zip(made)
        .and_then(|(spent, made)| spent.checked_sub(made));
    let coin_at = |at: usize| coins.get(at).filter(|_| is_whole)?.as_ref();
    let inputs = tx.inputs.iter().enumerate().filter(|_| !coinbase);
    let inputs = inputs.map(|(at, input)| -> (OutPoint, Option<(Amount, String)>) {
        let coin = coin_at(at).map(|coin| (coin.amount, address(coin.owner)));
        (input.outpoint, coin)
    });
    TxDetail {
        txid,
        block,
        bytes: tx.encoded_len(),
        lock_time: tx.lock_time,
        coinbase,
        inputs: inputs.collect(),
        outputs: tx
            .outputs
            .iter()
            .map(|out| (out.amount, address(out.owner)))
            .collect(),
        fee: fee.filter(|_| is_whole),
        proof: None,
    }
}

/// The block that was asked for, or the words for that there is none.
fn found_block(
    found: Option<BlockDetail>,
    missing: impl FnOnce() -> String,
) -> Result<Reply, CommandError> {
    let found = found.map(|detail| Reply::Block(Box::new(detail)));
    found.ok_or_else(|| CommandError::new(RefusalKind::NoSuchBlock, missing()))
}

/// A block in a line.
pub(super) fn block_info(block: &Block, height: u32, params: &Params) -> BlockInfo {
    let header = block.header();
    let reward = block.txs().first().and_then(|tx| tx.outputs.first());
    BlockInfo {
        id: BlockId {
            height,
            hash: block.hash(),
        },
        previous: header.previous,
        time: header.time,
        txs: Some(block.txs().len().saturating_sub(1)),
        miner: reward
            .filter(|_| height > 0)
            .map(|out| params.address(out.owner).to_string()),
    }
}

/// The last blocks of the chain, lowest first.
pub(super) fn recent_blocks<S: Store>(
    chain: &ChainState<S>,
) -> Result<VecDeque<BlockInfo>, StoreFault> {
    let mut infos = blocks_down(chain, 0..=chain.tip().height, RECENT_BLOCKS)?;
    infos.reverse();
    Ok(infos.into())
}

/// Blocks at these heights, highest first.
fn blocks_down<S: Store>(
    chain: &ChainState<S>,
    heights: RangeInclusive<u32>,
    limit: usize,
) -> Result<Vec<BlockInfo>, StoreFault> {
    let mut infos = Vec::new();
    for height in heights.rev().take(limit) {
        let Some(id) = chain.tree().active_at(height) else {
            continue;
        };
        if let Some(block) = chain.body(&chain.tree().entry(id).hash)? {
            infos.push(block_info(&block, height, chain.params()));
        }
    }
    Ok(infos)
}

/// Transactions in a block without its coinbase, and what that pays.
pub(super) fn work_of(block: &Block) -> (usize, Amount) {
    let coinbase = block.txs().first();
    let paid = coinbase.map(|tx| tx.outputs.iter().map(|out| out.amount));
    let reward = paid.and_then(Amount::checked_sum).unwrap_or(Amount::ZERO);
    (block.txs().len().saturating_sub(1), reward)
}

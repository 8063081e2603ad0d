//! The coins of wallets in blocks, and of each block what it takes to take it back.

use super::error::ChainError;
use super::keys::{Keys, Owner};
use super::limits::{BLOCKS_MAX, COINS_MAX, PARTS_MAX};
use super::moves::{Flow, Moves};
use crate::bitcoin::block::Block;
use crate::bitcoin::pay::COINS_MAX as MONEY_MAX;
use crate::bitcoin::tx::Transaction;
use crate::chain::amount::COIN;
use crate::chain::{Amount, BlockHash, OutPoint, Txid};
use crate::node::store::BlockId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A coin of a wallet.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub owner: Owner,
    pub amount: Amount,
    pub height: u32,
    pub coinbase: bool,
}

/// A transaction of a wallet in a block, with the coins of wallets that it spent.
#[derive(Clone, Debug)]
pub struct Record {
    pub moves: Moves,
    spent: Vec<(OutPoint, Held)>,
}

/// A block that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    hash: BlockHash,
    /// Seconds since 1970.
    pub time: u32,
    /// In the order of the block.
    pub records: Vec<Record>,
}

/// All blocks that were taken.
#[derive(Clone, Debug)]
pub struct Ledger {
    tip: Option<BlockId>,
    /// The last ones, up to the tip.
    blocks: VecDeque<Taken>,
    /// Inputs and outputs that `blocks` have.
    parts: usize,
    /// Transactions of `blocks`.
    txids: BTreeSet<Txid>,
    coins: BTreeMap<OutPoint, Held>,
    /// The coins of each wallet.
    owned: BTreeMap<Owner, BTreeSet<OutPoint>>,
    /// What all coins hold.
    total: Amount,
}

impl Record {
    pub fn flow(&self) -> Flow<'_> {
        let spent = self.spent.iter().map(|(_, coin)| (coin.owner, coin.amount));
        Flow {
            moves: &self.moves,
            spent: spent.collect(),
        }
    }
}

impl Ledger {
    pub const fn new() -> Self {
        Self {
            tip: None,
            blocks: VecDeque::new(),
            parts: 0,
            txids: BTreeSet::new(),
            coins: BTreeMap::new(),
            owned: BTreeMap::new(),
            total: Amount::ZERO,
        }
    }

    pub const fn tip(&self) -> Option<BlockId> {
        self.tip
    }

    pub fn block_at(&self, height: u32) -> Option<BlockHash> {
        let below = self.tip?.height.checked_sub(height)?;
        let mut from_tip = self.blocks.iter().rev();
        Some(from_tip.nth(usize::try_from(below).ok()?)?.hash)
    }

    /// The blocks that are known, with their heights, the tip first.
    pub fn blocks(&self) -> impl Iterator<Item = (BlockId, &Taken)> {
        let heights = self.tip.map(|tip| (0..=tip.height).rev());
        let heights = heights.into_iter().flatten();
        heights
            .zip(self.blocks.iter().rev())
            .map(|(height, taken)| {
                let hash = taken.hash;
                (BlockId { height, hash }, taken)
            })
    }

    /// Whether one of the known blocks has this transaction of a wallet.
    pub fn has(&self, txid: &Txid) -> bool {
        self.txids.contains(txid)
    }

    pub fn coin(&self, outpoint: &OutPoint) -> Option<&Held> {
        self.coins.get(outpoint)
    }

    pub fn coins_of(&self, owner: Owner) -> impl Iterator<Item = (OutPoint, &Held)> {
        let owned = self.owned.get(&owner).into_iter().flatten();
        owned.map(|outpoint| (*outpoint, &self.coins[outpoint]))
    }

    pub fn connect(&mut self, height: u32, block: &Block, keys: &Keys) -> Result<(), ChainError> {
        self.check_next(height, block)?;
        block.check()?;
        let mut records = Vec::new();
        for tx in block.txs() {
            match self.take_tx(&tx, height, keys) {
                Ok(record) => records.extend(record),
                Err(wrong) => {
                    self.undo(&records);
                    return Err(wrong);
                }
            }
        }
        self.tip = Some(BlockId {
            height,
            hash: block.hash(),
        });
        self.remember(Taken {
            hash: block.hash(),
            time: block.header().time,
            records,
        });
        Ok(())
    }

    /// Takes the last block back.
    pub fn disconnect(&mut self) -> Option<(BlockId, Taken)> {
        let left = self.tip?;
        let taken = self.blocks.pop_back()?;
        self.forget(&taken);
        self.undo(&taken.records);
        let hash = self.blocks.back().map(|below| below.hash);
        let below = hash.and_then(|hash| Some((left.height.checked_sub(1)?, hash)));
        self.tip = below.map(|(height, hash)| BlockId { height, hash });
        if self.tip.is_none() {
            // Coins that are left are of blocks that were forgotten, and their tip has no name.
            *self = Self::new();
        }
        Some((left, taken))
    }

    fn check_next(&self, height: u32, block: &Block) -> Result<(), ChainError> {
        let Some(tip) = self.tip else {
            return Ok(());
        };
        let previous = block.header().previous;
        if tip.height.checked_add(1) != Some(height) {
            return Err(ChainError::Height { height, tip });
        }
        match previous == tip.hash {
            true => Ok(()),
            false => Err(ChainError::Parent { previous, tip }),
        }
    }

    /// Spends and makes coins, if it is a transaction of a wallet.
    fn take_tx(
        &mut self,
        tx: &Transaction,
        height: u32,
        keys: &Keys,
    ) -> Result<Option<Record>, ChainError> {
        let owner_of = |outpoint: &OutPoint| Some(self.coins.get(outpoint)?.owner);
        let moves = Moves::of(tx, keys, owner_of);
        let Some(moves) = moves.map_err(|_| ChainError::TooMuch(tx.txid()))? else {
            return Ok(None);
        };
        let inputs = moves.inputs.iter().map(|input| input.spends);
        // In a map, as what a node says may name one coin twice.
        let spent: BTreeMap<OutPoint, Held> = inputs
            .filter_map(|spends| Some((spends, *self.coins.get(&spends)?)))
            .collect();
        self.check_made(&moves, &spent)?;
        spent.keys().for_each(|outpoint| self.take(outpoint));
        for (outpoint, owner, amount) in moves.made() {
            let coin = Held {
                owner,
                amount,
                height,
                coinbase: moves.coinbase,
            };
            self.put(outpoint, coin);
        }
        let spent = spent.into_iter().collect();
        Ok(Some(Record { moves, spent }))
    }

    /// That there is room for what a transaction makes, if it spends these coins.
    fn check_made(
        &self,
        moves: &Moves,
        spent: &BTreeMap<OutPoint, Held>,
    ) -> Result<(), ChainError> {
        if moves.made().any(|(at, ..)| self.coins.contains_key(&at)) {
            return Err(ChainError::Again(moves.txid));
        }
        if self.coins.len() - spent.len() + moves.made().count() > COINS_MAX {
            return Err(ChainError::TooManyCoins);
        }
        let gone = Amount::checked_sum(spent.values().map(|coin| coin.amount));
        let left = gone.and_then(|gone| self.total.checked_sub(gone));
        let amounts = left.into_iter().chain(moves.made().map(|made| made.2));
        let total = Amount::checked_sum(amounts).filter(|sum| sum.units() <= MONEY_MAX * COIN);
        total.map_or(Err(ChainError::TooMuch(moves.txid)), |_| Ok(()))
    }

    /// Gives back what the transactions of one block spent, and takes what they made.
    fn undo(&mut self, records: &[Record]) {
        for record in records.iter().rev() {
            for (outpoint, ..) in record.moves.made() {
                self.take(&outpoint);
            }
            for (outpoint, coin) in &record.spent {
                self.put(*outpoint, *coin);
            }
        }
    }

    fn put(&mut self, outpoint: OutPoint, coin: Held) {
        self.coins.insert(outpoint, coin);
        self.owned.entry(coin.owner).or_default().insert(outpoint);
        let total = self.total.checked_add(coin.amount);
        self.total = total.expect("checked before, or held before");
    }

    fn take(&mut self, outpoint: &OutPoint) {
        let coin = self.coins.remove(outpoint).expect("it is held");
        if let Some(owned) = self.owned.get_mut(&coin.owner) {
            owned.remove(outpoint);
            if owned.is_empty() {
                self.owned.remove(&coin.owner);
            }
        }
        let total = self.total.checked_sub(coin.amount);
        self.total = total.expect("it is a part of it");
    }

    fn remember(&mut self, taken: Taken) {
        for record in &taken.records {
            self.parts += record.moves.parts();
            self.txids.insert(record.moves.txid);
        }
        self.blocks.push_back(taken);
        let is_much = |ledger: &Self| {
            let blocks = ledger.blocks.len();
            blocks > BLOCKS_MAX || (blocks > 1 && ledger.parts > PARTS_MAX)
        };
        while is_much(self)
            && let Some(oldest) = self.blocks.pop_front()
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, taken: &Taken) {
        for record in &taken.records {
            self.parts -= record.moves.parts();
            self.txids.remove(&record.moves.txid);
        }
    }
}

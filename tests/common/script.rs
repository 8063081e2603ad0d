//! A chain whose every block is known beforehand: Alice pays Bob, and now and then a rival branch
//! takes over from two blocks back.

use super::*;
use std::collections::{BTreeMap, VecDeque};

/// A block that takes over is the third after so many that extend the tip.
const STEPS_PER_FORK: u64 = 9;

/// Every so many blocks carry a payment.
const STEPS_PER_PAYMENT: u64 = 4;

/// The blocks in the order in which a node gets them; the same in every process.
pub struct Script {
    params: Arc<Params>,
    /// The last three ends of the branch with most work.
    ends: VecDeque<End>,
    pending: VecDeque<Block>,
    step: u64,
}

#[derive(Clone)]
struct End {
    miner: Miner,
    /// What Alice has.
    purse: Spend,
}

impl Script {
    pub fn new(params: &Params) -> Self {
        let end = End {
            miner: Miner::new(params),
            purse: genesis_coin(params, ALICE),
        };
        Self {
            params: Arc::new(params.clone()),
            ends: VecDeque::from([end]),
            pending: VecDeque::new(),
            step: 0,
        }
    }

    fn extend(&mut self, mut end: End) -> End {
        self.step += 1;
        let mut txs = Vec::new();
        if self.step.is_multiple_of(STEPS_PER_PAYMENT) {
            let left = end.purse.1.amount.units() - 1_000;
            let outputs = [(BOB, 1_000), (ALICE, left)];
            txs.push(pay(&self.params, ALICE, &[end.purse], &outputs));
        }
        let (height, pays) = (end.miner.next_height(), !txs.is_empty());
        let block = end.miner.mine(txs);
        if pays {
            end.purse = made_by(&block, 1, height)[1];
        }
        self.pending.push_back(block);
        self.ends.push_back(end.clone());
        if self.ends.len() > 3 {
            self.ends.pop_front();
        }
        end
    }
}

impl Iterator for Script {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        if self.pending.is_empty() {
            let mut end = self.ends.back().expect("never empty").clone();
            if self.step % STEPS_PER_FORK == STEPS_PER_FORK - 1 && self.ends.len() == 3 {
                end = self.ends[0].clone();
                end.miner.tag = self.step;
                end = self.extend(end);
                end = self.extend(end);
            }
            self.extend(end);
        }
        self.pending.pop_front()
    }
}

pub type CoinSet = BTreeMap<OutPoint, Coin>;

pub fn all_coins<S: Store>(store: &S) -> CoinSet {
    let mut coins = CoinSet::new();
    store
        .each_coin(&mut |at, coin| {
            coins.insert(at, coin);
        })
        .expect("readable");
    coins
}

/// All tips that a node which follows the script ever commits, in order, by the blocks it got.
pub struct Tips {
    script: Script,
    memory: ChainState<MemStore>,
    /// Each tip with its place in the order.
    order: BTreeMap<BlockHash, usize>,
}

impl Tips {
    pub fn new(params: &Params) -> Self {
        let memory = new_chain(params);
        Self {
            script: Script::new(params),
            order: BTreeMap::from([(memory.tip().hash, 0)]),
            memory,
        }
    }

    /// Takes the next block; the chain in memory is then at the tip after it.
    pub fn advance(&mut self) -> Block {
        let block = self.script.next().expect("endless");
        let accepted = accept(&mut self.memory, &block).expect("valid");
        assert_eq!(accepted.invalid, []);
        let next = self.order.len();
        self.order.entry(self.memory.tip().hash).or_insert(next);
        block
    }

    pub fn chain(&self) -> &ChainState<MemStore> {
        &self.memory
    }

    /// The place of a tip in the order, if it is one.
    pub fn place(&mut self, tip: &BlockHash) -> Option<usize> {
        const FAR: usize = 50_000;
        while !self.order.contains_key(tip) && self.order.len() < FAR {
            self.advance();
        }
        self.order.get(tip).copied()
    }
}

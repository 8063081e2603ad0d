//! What tests, benches and fuzz targets build chains with: named owners, signed payments, and
//! blocks that are really solved, at a target that two hashes meet on average.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod bitcoin;
pub mod child;
pub mod control;
pub mod damage;
pub mod desk;
pub mod fake_door;
pub mod hostile;
pub mod lab;
pub mod lab_json;
pub mod lab_view;
pub mod live;
pub mod model;
pub mod node_ops;
pub mod peer;
pub mod raw;
pub mod run_files;
pub mod running;
pub mod script;
pub mod sim;
pub mod watched;

use chainlab::chain::block::{HEADER_VERSION, Midstate};
use chainlab::chain::headers::Origin;
use chainlab::chain::key::SecretKey;
use chainlab::chain::params::{Allocation, Retarget};
use chainlab::chain::tx::{TX_VERSION, TxIn, TxOut};
use chainlab::chain::{
    Amount, Block, BlockHash, BlockTime, Coin, CompactTarget, Cursor, Header, KeyHash, MerkleRoot,
    OutPoint, Params, SigCache, Tx, merkle,
};
use chainlab::node::chainstate::{AcceptError, BlockAccepted, HeadersAccepted};
use chainlab::node::{ChainState, MemStore, Store};
use std::sync::Arc;

/// The easiest target: every second hash meets it.
pub const EASY: CompactTarget = CompactTarget(0x207f_ffff);

/// Long after every block of a test.
pub const LATE: BlockTime = BlockTime(4_000_000_000_000);

/// Time between the blocks that [`Miner`] makes, in ms.
pub const INTERVAL_MS: u64 = 1_000;

/// The key of the actor with this number; the same in every run.
pub fn key(actor: u8) -> SecretKey {
    SecretKey::from_bytes([actor; 32]).expect("small and not zero")
}

pub fn owner(actor: u8) -> KeyHash {
    key(actor).public_key().hash()
}

pub fn units(units: u64) -> Amount {
    Amount::from_units(units).expect("below the maximum")
}

pub fn coins(coins: u64) -> Amount {
    Amount::from_coins(coins).expect("below the maximum")
}

pub const ALICE: u8 = 1;
pub const BOB: u8 = 2;
pub const CAROL: u8 = 3;
pub const MINER: u8 = 9;

/// A network where Alice and Bob have ten coins each from the start.
pub fn params() -> Params {
    Params {
        block_interval_ms: INTERVAL_MS,
        retarget: Retarget::Fixed,
        genesis_bits: EASY,
        limit_bits: EASY,
        future_drift_ms: 2_000,
        genesis: [ALICE, BOB]
            .map(|actor| Allocation {
                owner: owner(actor),
                amount: coins(10),
            })
            .to_vec(),
        ..Params::default()
    }
}

pub fn open<S: Store>(store: S, params: &Params) -> ChainState<S> {
    let (params, sigs) = (Arc::new(params.clone()), Arc::default());
    ChainState::open(store, params, sigs).expect("a sound store")
}

pub fn new_chain(params: &Params) -> ChainState<MemStore> {
    open(MemStore::new(), params)
}

/// Hands in a block as a peer would, at a time when no block is too new.
pub fn accept<S: Store>(
    state: &mut ChainState<S>,
    block: &Block,
) -> Result<BlockAccepted, AcceptError> {
    state.accept_block(Origin::Peer(1), &Arc::new(block.clone()), LATE)
}

/// A coin with its place, as a payment spends it.
pub type Spend = (OutPoint, Coin);

/// The output of the genesis block that belongs to `actor` (Alice or Bob), with its coin.
pub fn genesis_coin(params: &Params, actor: u8) -> Spend {
    let block = params.genesis_block();
    made_by(&block, 0, 0)
        .into_iter()
        .find(|(_, coin)| coin.owner == owner(actor))
        .expect("the actor has a coin in the genesis block")
}

/// The coins that the transaction at `index` of a block at `height` makes.
pub fn made_by(block: &Block, index: usize, height: u32) -> Vec<Spend> {
    chainlab::chain::rules::made_coins(block, index, height).collect()
}

/// A transaction that spends coins of `actor`, signed.
pub fn pay(params: &Params, actor: u8, spends: &[Spend], outputs: &[(u8, u64)]) -> Tx {
    let mut tx = unsigned(spends, outputs);
    sign(params, &mut tx, actor, spends);
    tx
}

pub fn unsigned(spends: &[Spend], outputs: &[(u8, u64)]) -> Tx {
    let input = |(outpoint, _): &Spend| TxIn {
        outpoint: *outpoint,
        key: chainlab::chain::key::PublicKey::NONE,
        signature: chainlab::chain::key::Signature::NONE,
    };
    let output = |(to, amount): &(u8, u64)| TxOut {
        amount: units(*amount),
        owner: owner(*to),
    };
    Tx {
        version: TX_VERSION,
        inputs: spends.iter().map(input).collect(),
        outputs: outputs.iter().map(output).collect(),
        lock_time: 0,
    }
}

pub fn sign(params: &Params, tx: &mut Tx, actor: u8, spends: &[Spend]) {
    let coins: Vec<Coin> = spends.iter().map(|(_, coin)| *coin).collect();
    let key = key(actor);
    let keys = vec![&key; coins.len()];
    tx.sign(network(params), &coins, &keys);
}

pub fn network(params: &Params) -> BlockHash {
    params.genesis_block().hash()
}

/// Makes blocks at the end of one branch, without any node.
#[derive(Clone)]
pub struct Miner {
    pub params: Arc<Params>,
    pub cursor: Cursor,
    /// Makes the blocks of two miners at one height different.
    pub tag: u64,
}

impl Miner {
    pub fn new(params: &Params) -> Self {
        Self {
            params: Arc::new(params.clone()),
            cursor: Cursor::genesis(params, network(params)),
            tag: 0,
        }
    }

    /// Another miner at the same place whose blocks differ.
    pub fn rival(&self, tag: u64) -> Self {
        let mut rival = self.clone();
        rival.tag = tag;
        rival
    }

    pub fn next_height(&self) -> u32 {
        self.cursor.height + 1
    }

    /// A valid block of `txs` (whose fees are left unclaimed), one interval later; moves on to it.
    pub fn mine(&mut self, txs: Vec<Tx>) -> Block {
        let block = self.block(txs, |_| {});
        self.step(&block);
        block
    }

    pub fn mine_empty(&mut self, count: usize) -> Vec<Block> {
        (0..count).map(|_| self.mine(Vec::new())).collect()
    }

    /// The coinbase of the next block, which takes the subsidy.
    pub fn coinbase(&self) -> Tx {
        let height = self.next_height();
        let mut tag = [0; 64];
        tag[..8].copy_from_slice(&self.tag.to_le_bytes());
        let reward = TxOut {
            amount: self.params.subsidy_at(height),
            owner: owner(MINER),
        };
        let outputs = if reward.amount.is_zero() {
            vec![]
        } else {
            vec![reward]
        };
        Tx::coinbase(height, outputs, tag)
    }

    /// A solved block of the coinbase and `txs`, after `change` had its way with the list.
    pub fn block(&self, txs: Vec<Tx>, change: impl FnOnce(&mut Vec<Tx>)) -> Block {
        let mut all = vec![self.coinbase()];
        all.extend(txs);
        change(&mut all);
        self.assemble(all)
    }

    /// A solved block of exactly these transactions, one interval later.
    pub fn assemble(&self, txs: Vec<Tx>) -> Block {
        let txids: Vec<_> = txs.iter().map(Tx::txid).collect();
        let header = Header {
            merkle_root: merkle::commitment(&txids),
            ..self.header()
        };
        Block::new(solve(header), txs)
    }

    /// The next block's header, without transactions and unsolved.
    pub fn header(&self) -> Header {
        Header {
            version: HEADER_VERSION,
            previous: self.cursor.hash,
            merkle_root: MerkleRoot::ZERO,
            time: self.cursor.time.saturating_add_ms(INTERVAL_MS),
            bits: self.cursor.next_bits(&self.params),
            nonce: 0,
        }
    }

    pub fn step(&mut self, block: &Block) {
        self.cursor
            .advance(block.header(), block.hash(), &self.params);
    }
}

/// Finds a nonce that meets the target the header names.
pub fn solve(mut header: Header) -> Header {
    let target = header.bits.to_target().expect("a target");
    let mut midstate = Midstate::new(&header);
    header.nonce = (0..u64::MAX)
        .find(|nonce| target.is_met_by(&midstate.hash(*nonce)))
        .expect("found long before");
    header
}

/// Proof that every check passes, and what was counted on the way.
pub fn sound<S: Store>(state: &ChainState<S>) -> chainlab::node::check::Report {
    let report = chainlab::node::check::check(state.store(), state.params()).expect("readable");
    assert!(report.is_sound(), "{:?}", report.problems);
    report
}

pub fn no_sigs() -> SigCache {
    SigCache::with_shards(1)
}

/// The coins that a transaction makes that is in no block yet.
pub fn made_by_tx(tx: &Tx) -> Vec<Spend> {
    let txid = tx.txid();
    let coin = |(index, output): (u32, &TxOut)| {
        let coin = Coin {
            amount: output.amount,
            owner: output.owner,
            height: 0,
            coinbase: false,
        };
        (OutPoint { txid, index }, coin)
    };
    (0..).zip(&tx.outputs).map(coin).collect()
}

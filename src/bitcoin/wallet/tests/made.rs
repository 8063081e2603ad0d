//! Chains and transactions made for tests of wallets.

use super::super::LabWallets;
use crate::bitcoin::block::Block;
use crate::bitcoin::header::Header;
use crate::bitcoin::network::Network;
use crate::bitcoin::pay::LabKey;
use crate::bitcoin::script::PaysTo;
use crate::bitcoin::tx::Transaction;
use crate::bitcoin::wire::{put_bytes, put_compact};
use crate::chain::hash::MerkleRoot;
use crate::chain::key::SecretKey;
use crate::chain::{Amount, OutPoint, Txid, merkle};

/// What a coinbase makes here.
pub const MINED: u64 = 5_000_000_000;

pub fn units(units: u64) -> Amount {
    Amount::from_units(units).expect("an amount")
}

pub fn key(byte: u8) -> LabKey {
    LabKey::new(SecretKey::from_bytes([byte; 32]).expect("a key"))
}

/// A script of no wallet.
pub fn foreign() -> Vec<u8> {
    PaysTo::WitnessKeyHash([9; 20]).script()
}

/// The blocks of a chain, with their heights.
pub struct Made {
    pub blocks: Vec<(u32, Block)>,
    /// How many were ever made, so that none is like another.
    count: u32,
}

impl Made {
    pub const fn new() -> Self {
        Self {
            blocks: Vec::new(),
            count: 0,
        }
    }

    pub fn height(&self) -> u32 {
        self.blocks.last().map_or(0, |(height, _)| *height)
    }

    /// The transactions of the block at a height.
    pub fn txs(&self, height: u32) -> Vec<Transaction> {
        let mut blocks = self.blocks.iter();
        let block = blocks.find(|(at, _)| *at == height);
        block.expect("a block").1.txs().collect()
    }

    /// Makes the next block, whose reward goes to a script.
    pub fn mine(&mut self, to: &[u8], txs: Vec<Transaction>) {
        let height = self.height() + 1;
        self.count += 1;
        let coinbase = Self::coinbase_of(height, self.count, to);
        let all = [vec![coinbase], txs].concat();
        let genesis = Network::Regtest.params().genesis();
        let tip = self.blocks.last();
        let parent = tip.map_or(genesis, |(_, block)| *block.header());
        self.blocks.push((height, block_of(&parent, &all)));
    }

    pub fn give_tip(&self, wallets: &mut LabWallets) {
        let (height, block) = self.blocks.last().expect("a block");
        wallets.connect(*height, block).expect("the next");
    }

    pub fn coinbase(height: u32, to: &[u8]) -> Transaction {
        Self::coinbase_of(height, 0, to)
    }

    fn coinbase_of(height: u32, salt: u32, to: &[u8]) -> Transaction {
        let [a, b, c, _] = height.to_le_bytes();
        let script = [&[3, a, b, c, 4][..], &salt.to_le_bytes()].concat();
        tx_of(&[(OutPoint::NONE, script)], &[(MINED, to.to_vec())])
    }
}

/// A block on top of another with these transactions, without its work.
pub fn block_of(parent: &Header, txs: &[Transaction]) -> Block {
    let txids: Vec<Txid> = txs.iter().map(Transaction::txid).collect();
    let header = Header {
        previous: parent.hash(),
        merkle_root: MerkleRoot(merkle::tree_root(&txids)),
        time: parent.time + 1,
        ..*parent
    };
    let mut bytes = header.to_bytes().to_vec();
    put_compact(txs.len() as u64, &mut bytes);
    txs.iter()
        .for_each(|tx| bytes.extend_from_slice(tx.bytes()));
    Block::new(bytes.into()).expect("it is made well")
}

/// A transaction that spends coins, each with this key or with no key of the lab's, and pays so much to
/// these scripts. Its signatures are zeros: wallets do not judge them.
pub fn spends(coins: &[(OutPoint, Option<&LabKey>)], outputs: &[(u64, Vec<u8>)]) -> Transaction {
    let shown = |key: &LabKey| {
        let key = key.secret().public_key().0;
        [&[71][..], &[0; 71], &[33], &key].concat()
    };
    let inputs: Vec<_> = coins
        .iter()
        .map(|(coin, key)| (*coin, key.map_or(vec![0x51], shown)))
        .collect();
    tx_of(&inputs, outputs)
}

/// A transaction with one input and one output.
pub fn pays(coin: OutPoint, key: Option<&LabKey>, to: &[u8], amount: u64) -> Transaction {
    spends(&[(coin, key)], &[(amount, to.to_vec())])
}

fn tx_of(inputs: &[(OutPoint, Vec<u8>)], outputs: &[(u64, Vec<u8>)]) -> Transaction {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    put_compact(inputs.len() as u64, &mut bytes);
    for (coin, script) in inputs {
        bytes.extend_from_slice(&coin.txid.0);
        bytes.extend_from_slice(&coin.index.to_le_bytes());
        put_bytes(script, &mut bytes);
        bytes.extend_from_slice(&[0xff; 4]);
    }
    put_compact(outputs.len() as u64, &mut bytes);
    for (value, script) in outputs {
        bytes.extend_from_slice(&value.to_le_bytes());
        put_bytes(script, &mut bytes);
    }
    bytes.extend_from_slice(&[0; 4]);
    Transaction::new(bytes.into()).expect("it is made well")
}

//! Transactions and blocks of regtest, made for tests.

// By way of `super` alone: tests/common includes this file as well.
use super::block::Block;
use super::chain::hash::{MerkleRoot, Txid};
use super::chain::{OutPoint, merkle};
use super::header::Header;
use super::network::{Network, NetworkParams};
use super::tx::Transaction;
use super::wire::{Message, Services, Version, put_bytes, put_compact};

/// The network.
pub const REGTEST: &NetworkParams = Network::Regtest.params();

/// What a played node says that it is.
pub fn version(services: Services) -> Version {
    Version {
        protocol: 70_016,
        services,
        time: 1_700_000_000,
        receiver: ([127, 0, 0, 1], 18_444).into(),
        nonce: 77,
        user_agent: b"/played:1/".to_vec().into(),
        height: 5,
        relay: true,
    }
}

/// The two messages by which a node of this version introduces itself.
pub fn introduction(version: Version) -> [Message; 2] {
    [Message::Version(Box::new(version)), Message::Verack]
}

/// Work is done by counting.
pub fn solved(mut header: Header) -> Header {
    while !header.meets_target(REGTEST) {
        header.nonce += 1;
    }
    header
}

/// A header on top of another; `salt` tells siblings apart.
pub fn header_on(parent: &Header, salt: u32) -> Header {
    solved(Header {
        previous: parent.hash(),
        time: parent.time + 1 + salt,
        nonce: 0,
        ..*parent
    })
}

/// The first output of a transaction.
pub fn coin(of: &Transaction) -> OutPoint {
    OutPoint {
        txid: of.txid(),
        index: 0,
    }
}

/// A transaction that spends these coins and pays so much to anyone.
pub fn tx(spends: &[OutPoint], pays: &[u64]) -> Transaction {
    let inputs: Vec<_> = spends.iter().map(|coin| (*coin, Vec::new())).collect();
    made(&inputs, pays)
}

/// A coinbase of a height, which `salt` makes another.
pub fn coinbase(height: u32, salt: u8) -> Transaction {
    let [a, b, c, _] = height.to_le_bytes();
    let script = vec![3, a, b, c, 1, salt];
    made(&[(OutPoint::NONE, script)], &[5_000_000_000])
}

fn made(inputs: &[(OutPoint, Vec<u8>)], pays: &[u64]) -> Transaction {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    put_compact(inputs.len() as u64, &mut bytes);
    for (coin, script) in inputs {
        bytes.extend_from_slice(&coin.txid.0);
        bytes.extend_from_slice(&coin.index.to_le_bytes());
        put_bytes(script, &mut bytes);
        bytes.extend_from_slice(&[0xff; 4]);
    }
    put_compact(pays.len() as u64, &mut bytes);
    for value in pays {
        bytes.extend_from_slice(&value.to_le_bytes());
        // Long enough that no transaction looks like two hashes.
        put_bytes(&[0x51; 25], &mut bytes);
    }
    bytes.extend_from_slice(&[0; 4]);
    Transaction::new(bytes.into()).expect("it is made well")
}

/// A block on top of another with a coinbase and these.
pub fn block_on(parent: &Header, height: u32, salt: u8, txs: &[Transaction]) -> Block {
    let all: Vec<_> = [coinbase(height, salt)]
        .into_iter()
        .chain(txs.iter().cloned())
        .collect();
    let txids: Vec<Txid> = all.iter().map(Transaction::txid).collect();
    let header = solved(Header {
        previous: parent.hash(),
        merkle_root: MerkleRoot(merkle::tree_root(&txids)),
        time: parent.time + 1,
        nonce: 0,
        ..*parent
    });
    let mut bytes = header.to_bytes().to_vec();
    put_compact(all.len() as u64, &mut bytes);
    all.iter()
        .for_each(|tx| bytes.extend_from_slice(tx.bytes()));
    Block::new(bytes.into()).expect("it is made well")
}
